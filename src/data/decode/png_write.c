/* png_write.c: writes an image as PNG in memory, by libpng. libpng reports errors by longjmp: the only setjmp
 * is in run_guarded, which keeps nothing in local variables. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/image.h"
#if OC_HAVE_PNG
#include <png.h>
#include <setjmp.h>

typedef struct encoder {
  oc_text bytes;
  png_structp png;
  png_infop info;
} encoder;

static png_voidp png_alloc(png_structp png, png_alloc_size_t size) {
  (void)png;
  return oc_memory_alloc(size);
}
static void png_release(png_structp png, png_voidp memory) {
  (void)png;
  oc_memory_free(memory);
}
static void on_warning(png_structp png, png_const_charp message) {
  (void)png, (void)message;
}
static void on_error(png_structp png, png_const_charp message) {
  (void)message; /* memory is all that can go wrong */
  png_longjmp(png, 1);
}
static void on_write(png_structp png, png_bytep from, size_t size) {
  oc_text *bytes = png_get_io_ptr(png);
  oc_text_add_bytes(bytes, from, size);
  if (bytes->failed) png_error(png, "no memory");
}
static void on_flush(png_structp png) {
  (void)png;
}

/* Keeps nothing in local variables that setjmp could lose. False when memory ran out. */
static bool run_guarded(encoder *e, oc_image_shape size, const uint8_t *pixels) {
  if (setjmp(png_jmpbuf(e->png))) return false;
  png_set_write_fn(e->png, &e->bytes, on_write, on_flush);
  png_set_IHDR(e->png, e->info, (png_uint_32)size.width, (png_uint_32)size.height, 8,
               size.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(e->png, e->info);
  for (int64_t y = 0; y < size.height; y++) png_write_row(e->png, pixels + y * size.width * size.channels);
  png_write_end(e->png, NULL);
  return true;
}

oc_status oc_png_write(const oc_png_place *at, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                       oc_error *err) {
  encoder e = {0};
  (void)at;
  e.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, NULL, png_alloc,
                                    png_release);
  if (e.png) e.info = png_create_info_struct(e.png);
  const bool done = e.info && run_guarded(&e, size, pixels);
  png_destroy_write_struct(&e.png, &e.info);
  *out = e.bytes;
  return done ? OC_OK : oc_fail_memory(err, (size_t)(size.height * size.width * size.channels));
}
#else
oc_status oc_png_write(const oc_png_place *at, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                       oc_error *err) {
  (void)size, (void)pixels, (void)out;
  return oc_fail(err, OC_E_UNSUPPORTED, at->where, at->without,
                 "PNG is unsupported: this build has no libpng");
}
#endif
