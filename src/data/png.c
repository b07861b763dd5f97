/* png.c: PNG by libpng, with limits on everything a file can ask for. libpng reports errors by longjmp: the
 * only setjmp is in run_guarded, which keeps nothing in local variables. */
#include "base/error.h"
#include "base/memory.h"
#include "data/picture.h"
#include <stdio.h>
#include <string.h>
#if OC_HAVE_PNG
#include <png.h>
#include <setjmp.h>

enum { MAX_SIDE = 1 << 20, MAX_CHUNK = 8 << 20, MAX_CHUNKS = 128 };

typedef struct decoder {
  const char *path;
  const unsigned char *bytes;
  size_t size, at;
  size_t refused; /* bytes that libpng asked for in vain: what it then calls an error is lack of memory */
  png_structp png;
  png_infop info;
  oc_picture_size picture;
  int stored; /* channels as decoded: 1, 2 (grey and alpha), 3, 4 */
  uint8_t *pixels;
  oc_status status;
  oc_error *err;
} decoder;

static png_voidp png_alloc(png_structp png, png_alloc_size_t size) {
  decoder *d = png_get_mem_ptr(png);
  void *memory = oc_memory_alloc(size);
  if (!memory) d->refused = size;
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
    d->status = oc_fail(d->err, OC_E_DATA, d->path, "Open it in a picture program and save it again.",
                        "corrupt PNG: %s", message);
  png_longjmp(png, 1);
}

static void on_read(png_structp png, png_bytep to, size_t size) {
  decoder *d = png_get_io_ptr(png);
  if (size > d->size - d->at) png_error(png, "truncated");
  memcpy(to, d->bytes + d->at, size);
  d->at += size;
}

/* Everything becomes 8 bits, grey or colour, with or without alpha. */
static void set_transforms(decoder *d) {
  png_set_expand(d->png); /* palettes, fewer than 8 bits, tRNS */
  png_set_strip_16(d->png);
  (void)png_set_interlace_handling(d->png);
  png_read_update_info(d->png, d->info);
  d->stored = png_get_channels(d->png, d->info);
}

/* Takes the memory after checking the size. */
static oc_status take_memory(decoder *d) {
  oc_picture_size stored = {png_get_image_height(d->png, d->info), png_get_image_width(d->png, d->info),
                            d->stored};
  TRY(oc_picture_check(d->path, stored, d->err));
  size_t bytes = (size_t)(stored.height * stored.width * stored.channels);
  d->pixels = oc_memory_alloc(bytes);
  if (!d->pixels) return oc_fail_memory(d->err, bytes);
  d->picture = (oc_picture_size){stored.height, stored.width, d->stored >= 3 ? 3 : 1};
  return OC_OK;
}

/* False after an error, which is then in d->status. */
static bool run_guarded(decoder *d) {
  if (setjmp(png_jmpbuf(d->png))) return false;
  png_read_info(d->png, d->info);
  set_transforms(d);
  d->status = take_memory(d);
  if (d->status != OC_OK) return false;
  size_t row = (size_t)d->picture.width * (size_t)d->stored;
  int passes = png_get_interlace_type(d->png, d->info) == PNG_INTERLACE_NONE ? 1 : 7;
  for (int pass = 0; pass < passes; pass++)
    for (int64_t y = 0; y < d->picture.height; y++) png_read_row(d->png, d->pixels + (size_t)y * row, NULL);
  png_read_end(d->png, NULL);
  return true;
}

/* Alpha over black, in place: a pixel's result lies at or before its source. */
static void drop_alpha(decoder *d) {
  size_t pixels = (size_t)(d->picture.height * d->picture.width), c = (size_t)d->picture.channels;
  if ((size_t)d->stored == c) return;
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t *from = d->pixels + i * (c + 1);
    unsigned alpha = from[c];
    for (size_t k = 0; k < c; k++) d->pixels[i * c + k] = (uint8_t)((from[k] * alpha + 127) / 255);
  }
}

static oc_status start(decoder *d) {
  d->png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, on_error, on_warning, d, png_alloc, png_release);
  if (d->png) d->info = png_create_info_struct(d->png);
  if (!d->info) return oc_fail_memory(d->err, d->refused);
  png_set_user_limits(d->png, MAX_SIDE, MAX_SIDE);
  png_set_chunk_malloc_max(d->png, MAX_CHUNK);
  png_set_chunk_cache_max(d->png, MAX_CHUNKS);
  png_set_read_fn(d->png, d, on_read);
  return OC_OK;
}

oc_status oc_png_decode(const char *path, const unsigned char *bytes, size_t size, oc_picture_size *picture,
                        uint8_t **pixels, oc_error *err) {
  decoder d = {.path = path, .bytes = bytes, .size = size, .err = err};
  d.status = start(&d);
  bool done = d.status == OC_OK && run_guarded(&d);
  png_destroy_read_struct(&d.png, &d.info, NULL);
  if (!done) {
    oc_memory_free(d.pixels);
    return d.status;
  }
  drop_alpha(&d);
  *picture = d.picture;
  *pixels = d.pixels;
  return OC_OK;
}
#else
oc_status oc_png_decode(const char *path, const unsigned char *bytes, size_t size, oc_picture_size *picture,
                        uint8_t **pixels, oc_error *err) {
  (void)bytes, (void)size, (void)picture, (void)pixels;
  return oc_fail(err, OC_E_UNSUPPORTED, path, "Convert it to PGM or PPM, or build with libpng.",
                 "the picture is PNG, and this build has no libpng");
}
#endif
