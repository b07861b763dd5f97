/* tiff.c: decodes the first image of a TIFF by libtiff, which is opened on first use: gray, RGB, palette and
 * CMYK, of 1 to 16 bits, with alpha, in strips or tiles, samples together or in planes. libtiff decompresses;
 * samples become pixels in tiff_samples.c. */
#include "base/error.h"
#include "base/library.h"
#include "data/decode/decoder.h"
#include <string.h>
#if OC_HAVE_TIFF
#include "base/checked.h"
#include "base/memory.h"
#include "data/decode/tiff_samples.h"
#include <stdio.h>
#include <tiffio.h>

#define FUNCTIONS(X)                                                                                         \
  X(TIFFOpenOptionsAlloc)                                                                                    \
  X(TIFFOpenOptionsFree)                                                                                     \
  X(TIFFOpenOptionsSetMaxSingleMemAlloc)                                                                     \
  X(TIFFOpenOptionsSetErrorHandlerExtR)                                                                      \
  X(TIFFOpenOptionsSetWarningHandlerExtR)                                                                    \
  X(TIFFClientOpenExt)                                                                                       \
  X(TIFFGetField)                                                                                            \
  X(TIFFGetFieldDefaulted)                                                                                   \
  X(TIFFSetField)                                                                                            \
  X(TIFFIsTiled)                                                                                             \
  X(TIFFStripSize64) X(TIFFTileSize64) X(TIFFReadEncodedStrip) X(TIFFReadEncodedTile) X(TIFFClose)
typedef struct libtiff {
  FUNCTIONS(OC_LIBRARY_MEMBER)
} libtiff;
static const char *const function_names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};

typedef struct decoder {
  const char *path;
  const unsigned char *bytes;
  size_t size;
  uint64_t at; /* where libtiff reads */
  const oc_decode_options *how;
  libtiff lib;
  TIFF *tiff;
  char problem[160]; /* libtiff's first words on an error */
  oc_tiff_layout layout;
  uint32_t rows, cols;             /* of the image */
  uint32_t block_rows, block_cols; /* of a strip or a tile */
  uint16_t compression;
  oc_decoded image;
  oc_error *err;
} decoder;

static oc_status fail_corrupt(const decoder *d) {
  return oc_fail(d->err, OC_E_DATA, d->path, "Open it in an image program and save it again.",
                 "corrupt TIFF: %s", d->problem[0] ? d->problem : "a tag, or data of the image, are missing");
}

static oc_status fail_unsupported(const decoder *d, const char *what, unsigned value) {
  return oc_fail(d->err, OC_E_DATA, d->path, "Save it as PNG.", "unsupported TIFF: %s %u", what, value);
}

/* ---- libtiff's view of the bytes ----------------------------------------------------------------------- */

__attribute__((format(printf, 4, 0))) static int on_error(TIFF *tiff, void *data, const char *module,
                                                          const char *format, va_list arguments) {
  decoder *d = data;
  (void)tiff, (void)module;
  if (!d->problem[0]) (void)vsnprintf(d->problem, sizeof d->problem, format, arguments);
  return 1;
}

static int on_warning(TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)data, (void)module, (void)format, (void)arguments;
  return 1;
}

static tmsize_t on_read(thandle_t handle, void *to, tmsize_t size) {
  decoder *d = handle;
  const uint64_t left = d->at < d->size ? d->size - d->at : 0;
  const size_t n = (uint64_t)size < left ? (size_t)size : (size_t)left;
  if (n > 0) memcpy(to, d->bytes + d->at, n);
  d->at += n;
  return (tmsize_t)n;
}

static tmsize_t on_write(thandle_t handle, void *from, tmsize_t size) {
  (void)handle, (void)from, (void)size;
  return -1;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  decoder *d = handle;
  d->at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? d->at + offset : d->size + offset;
  return d->at;
}

static int on_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t on_size(thandle_t handle) {
  return ((decoder *)handle)->size;
}

/* The bytes are in memory already: libtiff then checks every offset against their size. It writes nothing. */
static int on_map(thandle_t handle, void **bytes, toff_t *size) {
  const decoder *d = handle;
  memcpy(bytes, &d->bytes, sizeof *bytes);
  *size = d->size;
  return 1;
}

static void on_unmap(thandle_t handle, void *bytes, toff_t size) {
  (void)handle, (void)bytes, (void)size;
}

static oc_status open_tiff(decoder *d) {
  enum {
    ROOM = 1 << 20,
    TIMES = 8
  }; /* of one allocation: tables of libtiff, or a strip of 64 bits a pixel */
  TIFFOpenOptions *options = d->lib.TIFFOpenOptionsAlloc();
  if (!options) return oc_fail_memory(d->err, sizeof(void *));
  const size_t most = d->how->max_bytes / TIMES > SIZE_MAX / 64 ? SIZE_MAX / 2 : TIMES * d->how->max_bytes;
  d->lib.TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)(most + ROOM));
  d->lib.TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, d);
  d->lib.TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, d);
  d->tiff = d->lib.TIFFClientOpenExt("image", "r", d, on_read, on_write, on_seek, on_close, on_size, on_map,
                                     on_unmap, options);
  d->lib.TIFFOpenOptionsFree(options);
  return d->tiff ? OC_OK : fail_corrupt(d);
}

/* ---- tags ---------------------------------------------------------------------------------------------- */

static unsigned tag16(const decoder *d, uint32_t tag, uint16_t missing) {
  uint16_t value = missing;
  return d->lib.TIFFGetFieldDefaulted(d->tiff, tag, &value) ? value : missing;
}

static bool is_known_compression(unsigned c) {
  return c == COMPRESSION_NONE || c == COMPRESSION_PACKBITS || c == COMPRESSION_LZW ||
         c == COMPRESSION_DEFLATE || c == COMPRESSION_ADOBE_DEFLATE || c == COMPRESSION_JPEG ||
         (c >= COMPRESSION_CCITTRLE && c <= COMPRESSION_CCITTFAX4);
}

/* Samples of color in a pixel; 0: a kind that is not read. */
static int colors_of(const decoder *d, unsigned photometric) {
  switch (photometric) {
  case PHOTOMETRIC_MINISWHITE:
  case PHOTOMETRIC_MINISBLACK:
  case PHOTOMETRIC_PALETTE:
    return 1;
  case PHOTOMETRIC_RGB:
    return 3;
  case PHOTOMETRIC_YCBCR:
    return d->compression == COMPRESSION_JPEG ? 3 : 0; /* libjpeg makes RGB of it */
  case PHOTOMETRIC_SEPARATED:
    return tag16(d, TIFFTAG_INKSET, INKSET_CMYK) == INKSET_CMYK ? 4 : 0;
  default:
    return 0;
  }
}

static void read_alpha(decoder *d) {
  uint16_t count = 0, *kinds = NULL;
  oc_tiff_layout *l = &d->layout;
  if (!d->lib.TIFFGetField(d->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) || count == 0) return;
  l->alpha =
      l->samples > l->colors && (kinds[0] == EXTRASAMPLE_ASSOCALPHA || kinds[0] == EXTRASAMPLE_UNASSALPHA);
  l->premultiplied = l->alpha && kinds[0] == EXTRASAMPLE_ASSOCALPHA;
}

static oc_status read_palette(decoder *d) {
  oc_tiff_layout *l = &d->layout;
  if (l->photometric != PHOTOMETRIC_PALETTE) return OC_OK;
  if (l->bits > 8) return fail_unsupported(d, "bits per index", l->bits);
  if (!d->lib.TIFFGetField(d->tiff, TIFFTAG_COLORMAP, &l->palette[0], &l->palette[1], &l->palette[2]))
    return fail_corrupt(d);
  return OC_OK;
}

static oc_status read_kind(decoder *d) {
  oc_tiff_layout *l = &d->layout;
  uint16_t photometric;
  d->compression = (uint16_t)tag16(d, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (!is_known_compression(d->compression)) return fail_unsupported(d, "compression", d->compression);
  if (!d->lib.TIFFGetField(d->tiff, TIFFTAG_PHOTOMETRIC, &photometric)) return fail_corrupt(d);
  l->photometric = photometric;
  l->colors = (unsigned)colors_of(d, photometric);
  l->samples = tag16(d, TIFFTAG_SAMPLESPERPIXEL, 1);
  l->bits = tag16(d, TIFFTAG_BITSPERSAMPLE, 1);
  l->planes = tag16(d, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE && l->samples > 1;
  if (l->colors == 0) return fail_unsupported(d, "photometric interpretation", photometric);
  if (l->samples < l->colors) return fail_unsupported(d, "samples per pixel:", l->samples);
  if (l->bits < 1 || l->bits > 16) return fail_unsupported(d, "bits per sample:", l->bits);
  const unsigned format = tag16(d, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    return fail_unsupported(d, "sample format", format);
  read_alpha(d);
  return read_palette(d);
}

static oc_status read_sizes(decoder *d) {
  const bool tiled = d->lib.TIFFIsTiled(d->tiff);
  if (!d->lib.TIFFGetField(d->tiff, TIFFTAG_IMAGEWIDTH, &d->cols) ||
      !d->lib.TIFFGetField(d->tiff, TIFFTAG_IMAGELENGTH, &d->rows))
    return fail_corrupt(d);
  d->block_cols = d->cols;
  d->block_rows = d->rows;
  if (tiled) {
    (void)d->lib.TIFFGetField(d->tiff, TIFFTAG_TILEWIDTH, &d->block_cols);
    (void)d->lib.TIFFGetField(d->tiff, TIFFTAG_TILELENGTH, &d->block_rows);
  } else {
    (void)d->lib.TIFFGetFieldDefaulted(d->tiff, TIFFTAG_ROWSPERSTRIP, &d->block_rows);
    if (d->block_rows > d->rows) d->block_rows = d->rows;
  }
  return d->block_rows > 0 && d->block_cols > 0 ? OC_OK : fail_corrupt(d);
}

/* ---- limits -------------------------------------------------------------------------------------------- */

/* True if so few bytes can hold so many pixels. CCITT needs a bit for a row, JPEG one for a block of 8x8. */
static bool is_justified(const decoder *d) {
  const uint64_t row = ((uint64_t)d->cols * d->layout.samples * d->layout.bits + 7) / 8, raw = row * d->rows;
  switch (d->compression) {
  case COMPRESSION_NONE:
    return raw <= d->size;
  case COMPRESSION_PACKBITS:
    return raw / 64 <= d->size;
  case COMPRESSION_LZW:
    return raw / 2731 <= d->size;
  case COMPRESSION_DEFLATE:
  case COMPRESSION_ADOBE_DEFLATE:
    return raw / 1032 <= d->size;
  case COMPRESSION_JPEG:
    return (uint64_t)d->rows * d->cols / 512 <= d->size;
  default:
    return d->rows / 8 <= d->size;
  }
}

static oc_status describe(decoder *d) {
  TRY(read_kind(d));
  TRY(read_sizes(d));
  d->image.size = (oc_image_shape){d->rows, d->cols, oc_tiff_channels(&d->layout)};
  d->image.orientation = (int)tag16(d, TIFFTAG_ORIENTATION, 1);
  if (d->image.orientation > 8) d->image.orientation = 1;
  TRY(oc_image_check(d->path, d->image.size, d->how, d->err));
  return is_justified(d) ? OC_OK : oc_image_fail_size(d->path, "TIFF", d->image.size, d->size, d->err);
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

/* A strip or a tile of all samples, or of one: decompresses it and stores its samples. */
static oc_status decode_block(decoder *d, const oc_tiff_block *block, uint32_t index, uint8_t *buffer,
                              size_t size) {
  const tmsize_t got = d->lib.TIFFIsTiled(d->tiff)
                           ? d->lib.TIFFReadEncodedTile(d->tiff, index, buffer, (tmsize_t)size)
                           : d->lib.TIFFReadEncodedStrip(d->tiff, index, buffer, (tmsize_t)size);
  const uint64_t need = (uint64_t)block->stride * (uint64_t)block->rows;
  if (got < 0 || (uint64_t)got < need) return fail_corrupt(d);
  oc_tiff_store(&d->layout, block, buffer, &d->image);
  return OC_OK;
}

/* Blocks stand row by row, of each sample if these are in planes. */
static oc_status decode_blocks(decoder *d, uint8_t *buffer, size_t size) {
  const unsigned planes = d->layout.planes ? d->layout.samples : 1, used = oc_tiff_used(&d->layout);
  const uint32_t samples = d->layout.planes ? 1 : d->layout.samples;
  uint32_t index = 0;
  for (unsigned plane = 0; plane < planes; plane++)
    for (int64_t y = 0; y < d->rows; y += d->block_rows)
      for (int64_t x = 0; x < d->cols; x += d->block_cols, index++) {
        if (plane >= used) continue;
        const oc_tiff_block block = {.y = y,
                                     .x = x,
                                     .rows = oc_min_i64(d->block_rows, d->rows - y),
                                     .cols = oc_min_i64(d->block_cols, d->cols - x),
                                     .stride = ((size_t)d->block_cols * samples * d->layout.bits + 7) / 8,
                                     .plane = plane};
        TRY(decode_block(d, &block, index, buffer, size));
      }
  return OC_OK;
}

/* The size of a decompressed block: what libtiff says, which must be what the sizes say. */
static oc_status block_size(const decoder *d, size_t *out) {
  const uint32_t samples = d->layout.planes ? 1 : d->layout.samples;
  const uint64_t row = ((uint64_t)d->block_cols * samples * d->layout.bits + 7) / 8;
  const uint64_t size =
      d->lib.TIFFIsTiled(d->tiff) ? d->lib.TIFFTileSize64(d->tiff) : d->lib.TIFFStripSize64(d->tiff);
  *out = (size_t)size;
  if (size != row * d->block_rows) return fail_corrupt(d);
  /* a tile may be larger than the image, but not by more than its edges */
  const uint64_t image = (uint64_t)d->rows * d->cols * samples * 2;
  if (size <= 4 * image + ((uint64_t)1 << 20)) return OC_OK;
  return fail_unsupported(d, "rows of a tile:", d->block_rows);
}

static oc_status decode_pixels(decoder *d) {
  size_t size;
  const int64_t wide = oc_max_i64(d->image.size.channels, oc_tiff_used(&d->layout));
  const size_t bytes = (size_t)(d->image.size.height * d->image.size.width * wide);
  if (d->compression == COMPRESSION_JPEG)
    (void)d->lib.TIFFSetField(d->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  TRY(block_size(d, &size));
  d->image.pixels = oc_memory_alloc(bytes);
  uint8_t *buffer = oc_memory_alloc(size);
  oc_status status =
      d->image.pixels && buffer ? OC_OK : oc_fail_memory(d->err, d->image.pixels ? size : bytes);
  if (status == OC_OK) status = decode_blocks(d, buffer, size);
  if (status == OC_OK) oc_tiff_finish(&d->layout, &d->image);
  oc_memory_free(buffer);
  return status;
}

static oc_status decode_first(decoder *d) {
  TRY(open_tiff(d));
  TRY(describe(d));
  return d->how->header_only ? OC_OK : decode_pixels(d);
}

static oc_status tiff_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  decoder d = {.path = path, .bytes = bytes, .size = size, .how = how, .err = err};
  TRY(oc_library_load(OC_LIBRARY_tiff, path, function_names, &d.lib, err));
  const oc_status status = decode_first(&d);
  if (d.tiff) d.lib.TIFFClose(d.tiff);
  if (status == OC_OK)
    *out = d.image;
  else
    oc_memory_free(d.image.pixels);
  return status;
}
#else
static oc_status tiff_decode(const char *path, const unsigned char *bytes, size_t size,
                             const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_library_absent(OC_LIBRARY_tiff, path, err);
}
#endif

/* 42, or 43 for files above 4 GiB, in the order of bytes that comes before it. */
static bool tiff_known(const unsigned char *first, size_t got) {
  return got >= 4 && (memcmp(first, "II*\0", 4) == 0 || memcmp(first, "MM\0*", 4) == 0 ||
                      memcmp(first, "II+\0", 4) == 0 || memcmp(first, "MM\0+", 4) == 0);
}

OC_DEFINE_DECODER(tiff, .formats = "TIFF", .endings = {".tif", ".tiff"}, .known = tiff_known,
                  .decode = tiff_decode);
