/* png.c: decodes PNG by libpng, with limits on everything that a file can request. libpng reports errors by
 * longjmp: the only setjmp is in run_guarded, which keeps nothing in local variables. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"
#include <stdio.h>
#include <string.h>
#if OC_HAVE_PNG
#include "data/decode/exif.h"
#include <png.h>
#include <setjmp.h>
#include <zlib.h>

/* What libpng and zlib need for any image (structures, a window of 32 KiB, a buffer of 8 KiB) with room to
 * spare. What grows with the image is added when its size is known to be justified. */
enum { FIXED_MEMORY = 1 << 20, DEFLATE_MAX = 1032 };

typedef struct decoder {
  const char *path;
  const unsigned char *bytes;
  size_t size, at;
  const oc_decode_options *how;
  const unsigned char *exif; /* the data of chunk eXIf, of exif_size bytes; NULL: none */
  size_t exif_size;
  size_t left;    /* bytes that libpng may still request */
  bool greedy;    /* it requested more */
  size_t refused; /* bytes of a failed request: its error then is a lack of memory */
  png_structp png;
  png_infop info;
  oc_decoded image;
  oc_status status;
  oc_error *err;
} decoder;

/* Freed bytes are not credited again, so endless requests fail. */
static png_voidp png_alloc(png_structp png, png_alloc_size_t size) {
  decoder *d = png_get_mem_ptr(png);
  d->greedy = d->greedy || size > d->left;
  if (d->greedy) return NULL;
  void *memory = oc_memory_alloc(size);
  if (!memory) d->refused = size;
  d->left -= size;
  return memory;
}
static void png_release(png_structp png, png_voidp memory) {
  (void)png;
  oc_memory_free(memory);
}
static void on_warning(png_structp png, png_const_charp message) {
  (void)png, (void)message;
}

static void on_error(png_structp png, png_const_charp message) {
  decoder *d = png_get_error_ptr(png);
  if (d->refused > 0)
    d->status = oc_fail_memory(d->err, d->refused);
  else if (d->status == OC_OK)
    d->status = oc_fail(d->err, OC_E_DATA, d->path, "Open it in an image program and save it again.",
                        "corrupt PNG: %s", d->greedy ? "it needs more memory than its size allows" : message);
  png_longjmp(png, 1);
}

static void on_read(png_structp png, png_bytep to, size_t size) {
  decoder *d = png_get_io_ptr(png);
  if (size > d->size - d->at) png_error(png, "truncated");
  memcpy(to, d->bytes + d->at, size);
  d->at += size;
}

/* ---- the header of the file ---------------------------------------------------------------------------- */

static uint32_t big_endian(const unsigned char *b) {
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Notes the EXIF data, if this is their chunk and its check sum fits. */
static void note_exif(decoder *d, const unsigned char *chunk, size_t length) {
  if (memcmp(chunk + 4, "eXIf", 4) != 0) return;
  if (crc32(0, chunk + 4, (uInt)length + 4) != big_endian(chunk + 8 + length)) return;
  d->exif = chunk + 8;
  d->exif_size = length;
}

/* Every chunk must be there before any is read: libpng allocates the memory that a chunk declares. */
static oc_status check_chunks(decoder *d) {
  enum { SIGNATURE = 8, AROUND = 12 }; /* length, name and check sum */
  size_t at = SIGNATURE;
  while (d->size - at >= AROUND) {
    const unsigned char *chunk = d->bytes + at;
    const size_t length = big_endian(chunk), left = d->size - at - AROUND;
    if (length > left)
      return oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                     "corrupt PNG: truncated: chunk %.4s at byte %zu declares %zu bytes, %zu are left",
                     (const char *)chunk + 4, at, length, left);
    if (memcmp(chunk + 4, "IEND", 4) == 0) return OC_OK;
    note_exif(d, chunk, length);
    at += AROUND + length;
  }
  return oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                 "corrupt PNG: truncated: the closing chunk IEND is missing");
}

/* The size against the limits and against what so few bytes can hold (deflate: at most 1032 times its
 * size). */
static oc_status check_size(const decoder *d, oc_image_shape stored) {
  const int depth = png_get_bit_depth(d->png, d->info), channels = png_get_channels(d->png, d->info);
  TRY(oc_image_check(d->path, stored, d->how, d->err));
  const uint64_t need = (uint64_t)(stored.height * stored.width) * (uint64_t)(depth * channels) / 8;
  if (need / DEFLATE_MAX <= d->size) return OC_OK;
  return oc_image_fail_size(d->path, "PNG", stored, d->size, d->err);
}

/* ---- decoding ------------------------------------------------------------------------------------------ */

/* Channels after expanding: gray or color, with alpha where the file has some. */
static int channels_of(const decoder *d) {
  const int type = png_get_color_type(d->png, d->info);
  const bool alpha = (type & PNG_COLOR_MASK_ALPHA) || png_get_valid(d->png, d->info, PNG_INFO_tRNS);
  return (type & PNG_COLOR_MASK_COLOR ? 3 : 1) + alpha;
}

static oc_status describe(decoder *d) {
  d->image.size = (oc_image_shape){png_get_image_height(d->png, d->info),
                                   png_get_image_width(d->png, d->info), channels_of(d)};
  if (d->exif) d->image.orientation = oc_exif_orientation(d->exif, d->exif_size);
  return check_size(d, d->image.size);
}

static oc_status alloc_image(decoder *d) {
  const oc_image_shape stored = d->image.size;
  enum { ROWS = 4, PIXEL = 8 }; /* of at most four times sixteen bits */
  const size_t bytes = (size_t)(stored.height * stored.width * stored.channels);
  d->image.pixels = oc_memory_alloc(bytes);
  d->left += (size_t)stored.width * ROWS * PIXEL;
  return d->image.pixels ? OC_OK : oc_fail_memory(d->err, bytes);
}

static bool has_palette(const decoder *d) {
  return png_get_color_type(d->png, d->info) == PNG_COLOR_TYPE_PALETTE;
}

/* Everything becomes 8 bits, v * 255 / max to the nearest; gray or color, with or without alpha. Indices of a
 * palette stay what they are, a byte each: libpng would make black of those that are not in it. */
static void set_transforms(decoder *d) {
  const bool indices = has_palette(d);
  if (indices)
    png_set_packing(d->png);
  else
    png_set_expand(d->png); /* fewer than 8 bits, tRNS */
  png_set_scale_16(d->png);
  (void)png_set_interlace_handling(d->png);
  png_read_update_info(d->png, d->info);
  if (png_get_rowbytes(d->png, d->info) !=
      (size_t)(d->image.size.width * (indices ? 1 : d->image.size.channels)))
    png_error(d->png, "the length of the rows differs from the header");
}

typedef struct png_palette {
  png_colorp colors;
  png_bytep alpha; /* of the first `alphas` of them; the others are opaque */
  int count, alphas;
} png_palette;

/* Replaces the indices in the first bytes of row y by colors, from the end of the row on. */
static oc_status expand_row(decoder *d, const png_palette *p, int64_t y) {
  const int64_t width = d->image.size.width, channels = d->image.size.channels;
  uint8_t *row = d->image.pixels + y * width * channels;
  for (int64_t x = width - 1; x >= 0; x--) {
    const int index = row[x];
    if (index >= p->count)
      return oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                     "corrupt PNG: the pixel in row %lld, column %lld has color %d of a palette of %d",
                     (long long)y, (long long)x, index, p->count);
    const png_color c = p->colors[index];
    const uint8_t values[] = {c.red, c.green, c.blue, index < p->alphas ? p->alpha[index] : 255};
    memcpy(row + x * channels, values, (size_t)channels);
  }
  return OC_OK;
}

static oc_status expand_palette(decoder *d) {
  png_palette p = {0};
  (void)png_get_PLTE(d->png, d->info, &p.colors, &p.count);
  (void)png_get_tRNS(d->png, d->info, &p.alpha, &p.alphas, NULL);
  for (int64_t y = 0; y < d->image.size.height; y++) TRY(expand_row(d, &p, y));
  return OC_OK;
}

/* False after an error, which is then in d->status. */
static bool run_guarded(decoder *d) {
  if (setjmp(png_jmpbuf(d->png))) return false;
  /* only what determines pixels is read: IHDR, PLTE, tRNS, IDAT; texts and profiles cost nothing and break
   * nothing */
  png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(d->png, d->info);
  d->status = describe(d);
  if (d->status != OC_OK || d->how->header_only) return d->status == OC_OK;
  d->status = alloc_image(d);
  if (d->status != OC_OK) return false;
  set_transforms(d);
  const size_t row = (size_t)(d->image.size.width * d->image.size.channels);
  int passes = png_get_interlace_type(d->png, d->info) == PNG_INTERLACE_NONE ? 1 : 7;
  for (int pass = 0; pass < passes; pass++)
    for (int64_t y = 0; y < d->image.size.height; y++)
      png_read_row(d->png, d->image.pixels + (size_t)y * row, NULL);
  png_read_end(d->png, NULL);
  if (has_palette(d)) d->status = expand_palette(d);
  return d->status == OC_OK;
}

static oc_status start_decoder(decoder *d) {
  TRY(check_chunks(d));
  d->png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, on_error, on_warning, d, png_alloc, png_release);
  if (d->png) d->info = png_create_info_struct(d->png);
  if (!d->info) return oc_fail_memory(d->err, d->refused);
  png_set_user_limits(d->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* check_size has ours */
  png_set_chunk_malloc_max(d->png, FIXED_MEMORY);
  png_set_read_fn(d->png, d, on_read);
  return OC_OK;
}

static oc_status png_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  decoder d = {.path = path, .bytes = bytes, .size = size, .how = how, .left = FIXED_MEMORY, .err = err};
  d.status = start_decoder(&d);
  const bool done = d.status == OC_OK && run_guarded(&d);
  png_destroy_read_struct(&d.png, &d.info, NULL);
  if (done && d.refused > 0) d.status = oc_fail_memory(err, d.refused); /* it went on without */
  if (d.status == OC_OK)
    *out = d.image;
  else
    oc_memory_free(d.image.pixels);
  return d.status;
}
#else
static oc_status png_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_fail(err, OC_E_UNSUPPORTED, path, "Convert it to PGM or PPM, or build with libpng.",
                 "PNG is unsupported: this build has no libpng");
}
#endif

static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static bool png_known(const unsigned char *first, size_t got) {
  return got >= sizeof signature && memcmp(first, signature, sizeof signature) == 0;
}

OC_DEFINE_DECODER(png, .formats = "PNG", .endings = {".png"}, .known = png_known, .decode = png_decode);
