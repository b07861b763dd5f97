/* events_png.c: an image as PNG in memory, by libpng. libpng reports errors by longjmp: the only setjmp is
 * in run_guarded, which keeps nothing in local variables. */
#include "base/checked.h"
#include "base/error.h"
#include "base/text.h"
#include "formats/events.h"
#if OC_HAVE_PNG
#include <png.h>
#include <setjmp.h>

typedef struct encoder {
  oc_image_shape size;
  const uint8_t *pixels;
  png_structp png;
  png_infop info;
  oc_text out;
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
  (void)message;
  png_longjmp(png, 1);
}
static void on_write(png_structp png, png_bytep from, size_t size) {
  encoder *e = png_get_io_ptr(png);
  oc_text_add_bytes(&e->out, from, size);
  if (e->out.failed) png_error(png, "no memory");
}
static void on_flush(png_structp png) {
  (void)png;
}

static bool run_guarded(encoder *e) {
  if (setjmp(png_jmpbuf(e->png))) return false;
  png_set_IHDR(e->png, e->info, (png_uint_32)e->size.width, (png_uint_32)e->size.height, 8,
               e->size.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(e->png, e->info);
  for (int64_t y = 0; y < e->size.height; y++)
    png_write_row(e->png, e->pixels + y * e->size.width * e->size.channels);
  png_write_end(e->png, NULL);
  return true;
}

static oc_status check(oc_image_shape s, oc_error *err) {
  enum { MAX = 1 << 14 };
  if (s.height >= 1 && s.width >= 1 && s.height <= MAX && s.width <= MAX &&
      (s.channels == 1 || s.channels == 3))
    return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "picture", "Scale it down, or draw channels next to each other.",
                 "unsupported image shape %lldx%lldx%lld: height and width must be 1 to %d, channels 1 or 3",
                 (long long)s.height, (long long)s.width, (long long)s.channels, MAX);
}

oc_status oc_png_encode(oc_image_shape size, const uint8_t *pixels, uint8_t **png, size_t *bytes,
                        oc_error *err) {
  encoder e = {.size = size, .pixels = pixels};
  *png = NULL;
  TRY(check(size, err));
  e.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, NULL, png_alloc,
                                    png_release);
  if (e.png) e.info = png_create_info_struct(e.png);
  if (e.info) png_set_write_fn(e.png, &e, on_write, on_flush);
  const bool done = e.info && run_guarded(&e);
  png_destroy_write_struct(&e.png, &e.info);
  if (!done) { /* size and colors were checked: nothing else can be wrong */
    oc_text_release(&e.out);
    return oc_fail_memory(err, (size_t)(size.height * size.width * size.channels));
  }
  *bytes = e.out.size;
  *png = (uint8_t *)oc_text_take(&e.out);
  return OC_OK;
}
#else
oc_status oc_png_encode(oc_image_shape size, const uint8_t *pixels, uint8_t **png, size_t *bytes,
                        oc_error *err) {
  (void)size, (void)pixels, (void)png, (void)bytes;
  return oc_fail(err, OC_E_UNSUPPORTED, "picture", "Build with libpng.",
                 "PNG is unsupported: this build has no libpng");
}
#endif
