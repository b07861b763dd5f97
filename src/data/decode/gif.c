/* gif.c: decodes the first frame of a GIF by giflib, which is opened on first use. The frame lies on the
 * screen that the file declares; what it does not cover is transparent if the frame has a transparent color,
 * else of color 0, as in Pillow. */
#include "base/error.h"
#include "base/library.h"
#include "data/decode/decoder.h"
#include <string.h>
#if OC_HAVE_GIF
#include "base/checked.h"
#include "base/memory.h"
#include <gif_lib.h>

#define FUNCTIONS(X)                                                                                         \
  X(DGifOpen)                                                                                                \
  X(DGifGetRecordType)                                                                                       \
  X(DGifGetExtension) X(DGifGetExtensionNext) X(DGifGetImageDesc) X(DGifGetLine) X(DGifCloseFile)
typedef struct giflib {
  FUNCTIONS(OC_LIBRARY_MEMBER)
} giflib;
static const char *const function_names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};

typedef struct decoder {
  const char *path;
  const unsigned char *bytes;
  size_t size, at;
  const oc_decode_options *how;
  giflib lib;
  GifFileType *gif;
  int transparent; /* the index; -1: none */
  bool gray;       /* so are all colors */
  oc_decoded image;
  oc_error *err;
} decoder;

static oc_status fail_corrupt(const decoder *d, const char *what) {
  return oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                 "corrupt GIF: %s, before byte %zu of %zu", what, d->at, d->size);
}

/* From the number that giflib gives; GIF_OK is 1. */
static oc_status fail_for(const decoder *d, int code) {
  if (code == D_GIF_ERR_NOT_ENOUGH_MEM)
    return oc_fail(d->err, OC_E_MEMORY, d->path, "Close other programs.", "no memory for a GIF decoder");
  if (d->at == d->size) return fail_corrupt(d, "truncated");
  if (code == D_GIF_ERR_EOF_TOO_SOON) return fail_corrupt(d, "the data of the image end too early");
  if (code == D_GIF_ERR_IMAGE_DEFECT) return fail_corrupt(d, "the data of the image are damaged");
  return fail_corrupt(d, "a block has an invalid form");
}

static int on_read(GifFileType *gif, GifByteType *to, int size) {
  decoder *d = gif->UserData;
  const size_t left = d->size - d->at, n = (size_t)size < left ? (size_t)size : left;
  memcpy(to, d->bytes + d->at, n);
  d->at += n;
  return (int)n;
}

/* ---- before the frame ---------------------------------------------------------------------------------- */

/* An extension; that of a frame names its transparent color. */
static oc_status read_extension(decoder *d) {
  enum { FRAME = 0xF9, HAS_TRANSPARENT = 1 };
  int code;
  GifByteType *block; /* its size first */
  if (d->lib.DGifGetExtension(d->gif, &code, &block) == GIF_ERROR) return fail_for(d, d->gif->Error);
  if (code == FRAME && block && block[0] >= 4) d->transparent = block[1] & HAS_TRANSPARENT ? block[4] : -1;
  while (block)
    if (d->lib.DGifGetExtensionNext(d->gif, &block) == GIF_ERROR) return fail_for(d, d->gif->Error);
  return OC_OK;
}

/* Reads up to the description of the first frame. */
static oc_status find_frame(decoder *d) {
  GifRecordType type;
  for (;;) {
    if (d->lib.DGifGetRecordType(d->gif, &type) == GIF_ERROR) return fail_for(d, d->gif->Error);
    if (type == TERMINATE_RECORD_TYPE) return fail_corrupt(d, "it contains no image");
    if (type == IMAGE_DESC_RECORD_TYPE) break;
    if (type == EXTENSION_RECORD_TYPE) TRY(read_extension(d));
  }
  return d->lib.DGifGetImageDesc(d->gif) == GIF_ERROR ? fail_for(d, d->gif->Error) : OC_OK;
}

static const ColorMapObject *palette_of(const decoder *d) {
  return d->gif->Image.ColorMap ? d->gif->Image.ColorMap : d->gif->SColorMap;
}

static bool is_gray(const ColorMapObject *palette) {
  for (int i = 0; i < palette->ColorCount; i++) {
    const GifColorType c = palette->Colors[i];
    if (c.Red != c.Green || c.Green != c.Blue) return false;
  }
  return true;
}

/* A code of 12 bits gives at most 4,096 pixels; a screen may be larger than its first frame. */
static oc_status check_size(const decoder *d) {
  enum { FREE = 1 << 22, BYTE = 2731 };
  const GifImageDesc *f = &d->gif->Image;
  const oc_image_shape size = d->image.size;
  TRY(oc_image_check(d->path, size, d->how, d->err));
  if (f->Width < 1 || f->Height < 1) return fail_corrupt(d, "the frame has no pixels");
  if ((int64_t)f->Width * f->Height / BYTE <= (int64_t)d->size &&
      (size.height * size.width - FREE) / BYTE <= (int64_t)d->size)
    return OC_OK;
  return oc_image_fail_size(d->path, "GIF", size, d->size, d->err);
}

static oc_status describe(decoder *d) {
  const GifImageDesc *f = &d->gif->Image;
  const ColorMapObject *palette = palette_of(d);
  if (!palette) return fail_corrupt(d, "it has no palette");
  d->gray = is_gray(palette);
  d->image.size = (oc_image_shape){oc_max_i64(d->gif->SHeight, f->Top + f->Height),
                                   oc_max_i64(d->gif->SWidth, f->Left + f->Width),
                                   (d->gray ? 1 : 3) + (d->transparent >= 0)};
  return check_size(d);
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

/* The color of an index, at `to`. False: it is not in the palette. */
static bool put_color(const decoder *d, int index, uint8_t *to) {
  const ColorMapObject *palette = palette_of(d);
  const int64_t channels = d->image.size.channels;
  const bool transparent = index == d->transparent;
  if (index >= palette->ColorCount && !transparent) return false;
  const GifColorType c = index < palette->ColorCount ? palette->Colors[index] : (GifColorType){0, 0, 0};
  const uint8_t values[] = {c.Red, c.Green, c.Blue};
  memcpy(to, values, d->gray ? 1 : 3);
  if (d->transparent >= 0) to[channels - 1] = transparent ? 0 : 255;
  return true;
}

static oc_status decode_row(decoder *d, GifPixelType *indices, int y) {
  const GifImageDesc *f = &d->gif->Image;
  if (d->lib.DGifGetLine(d->gif, indices, f->Width) == GIF_ERROR) return fail_for(d, d->gif->Error);
  uint8_t *to =
      d->image.pixels + ((int64_t)(f->Top + y) * d->image.size.width + f->Left) * d->image.size.channels;
  for (int x = 0; x < f->Width; x++, to += d->image.size.channels)
    if (!put_color(d, indices[x], to))
      return oc_fail(d->err, OC_E_DATA, d->path, "Fetch the file again.",
                     "corrupt GIF: the pixel in row %d, column %d has color %d of a palette of %d", y, x,
                     indices[x], palette_of(d)->ColorCount);
  return OC_OK;
}

/* Interlaced rows come in four passes. */
static oc_status decode_rows(decoder *d, GifPixelType *indices) {
  static const int first[] = {0, 4, 2, 1}, step[] = {8, 8, 4, 2};
  const bool interlaced = d->gif->Image.Interlace;
  for (int pass = 0; pass < (interlaced ? 4 : 1); pass++)
    for (int y = interlaced ? first[pass] : 0; y < d->gif->Image.Height; y += interlaced ? step[pass] : 1)
      TRY(decode_row(d, indices, y));
  return OC_OK;
}

/* Before the frame is laid over it. */
static void fill_screen(const decoder *d) {
  const int64_t pixels = d->image.size.height * d->image.size.width;
  for (int64_t i = 0; i < pixels; i++)
    (void)put_color(d, d->transparent >= 0 ? d->transparent : 0,
                    d->image.pixels + i * d->image.size.channels);
}

static oc_status decode_pixels(decoder *d) {
  const GifImageDesc *f = &d->gif->Image;
  const size_t bytes = (size_t)(d->image.size.height * d->image.size.width * d->image.size.channels);
  d->image.pixels = oc_memory_alloc_uninitialized(bytes);
  GifPixelType *indices = oc_memory_alloc((size_t)f->Width);
  oc_status status = d->image.pixels && indices ? OC_OK : oc_fail_memory(d->err, bytes);
  if (status == OC_OK) {
    if (f->Height < d->image.size.height || f->Width < d->image.size.width) fill_screen(d);
    status = decode_rows(d, indices);
  }
  oc_memory_free(indices);
  return status;
}

static oc_status decode_first(decoder *d) {
  TRY(find_frame(d));
  TRY(describe(d));
  return d->how->header_only ? OC_OK : decode_pixels(d);
}

static oc_status gif_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  decoder d = {.path = path, .bytes = bytes, .size = size, .how = how, .transparent = -1, .err = err};
  int code = 0;
  TRY(oc_library_load(OC_LIBRARY_gif, path, function_names, &d.lib, err));
  d.gif = d.lib.DGifOpen(&d, on_read, &code);
  if (!d.gif) return fail_for(&d, code);
  const oc_status status = decode_first(&d);
  d.lib.DGifCloseFile(d.gif, &code);
  if (status == OC_OK)
    *out = d.image;
  else
    oc_memory_free(d.image.pixels);
  return status;
}
#else
static oc_status gif_decode(const char *path, const unsigned char *bytes, size_t size,
                            const oc_decode_options *how, oc_decoded *out, oc_error *err) {
  (void)bytes, (void)size, (void)how, (void)out;
  return oc_library_absent(OC_LIBRARY_gif, path, err);
}
#endif

static bool gif_known(const unsigned char *first, size_t got) {
  return got >= 6 && memcmp(first, "GIF8", 4) == 0 && (first[4] == '7' || first[4] == '9') && first[5] == 'a';
}

OC_DEFINE_DECODER(gif, .formats = "GIF", .endings = {".gif"}, .known = gif_known, .decode = gif_decode);
