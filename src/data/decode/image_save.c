/* image_save.c: writing an image as PNG (with libpng) or PGM/PPM, into memory first, so that the file is replaced
 * whole or not at all. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/decode/image.h"
#include <string.h>
#include <strings.h>
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

static oc_status encode_png(const char *path, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                            oc_error *err) {
  encoder e = {0};
  (void)path;
  e.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, NULL, png_alloc,
                                    png_release);
  if (e.png) e.info = png_create_info_struct(e.png);
  const bool done = e.info && run_guarded(&e, size, pixels);
  png_destroy_write_struct(&e.png, &e.info);
  *out = e.bytes;
  return done ? OC_OK : oc_fail_memory(err, (size_t)(size.height * size.width * size.channels));
}
#else
static oc_status encode_png(const char *path, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                            oc_error *err) {
  (void)size, (void)pixels, (void)out;
  return oc_fail(err, OC_E_UNSUPPORTED, path,
                 "Choose a name that ends in .pgm or .ppm, or build with libpng.",
                 "PNG is unsupported: this build has no libpng");
}
#endif

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcasecmp(text + n - m, end) == 0;
}

bool oc_image_has_extension(const char *path) {
  if (!path) return false;
  return ends_with(path, ".png") || ends_with(path, ".pgm") || ends_with(path, ".ppm");
}

static oc_status encode(const char *path, oc_image_shape size, const uint8_t *pixels, oc_text *out,
                        oc_error *err) {
  if (ends_with(path, ".png")) return encode_png(path, size, pixels, out, err);
  const bool color = ends_with(path, ".ppm");
  if (!oc_image_has_extension(path))
    return oc_fail(err, OC_E_ARGUMENT, path, "", "the name must end in .png, .pgm or .ppm");
  if (color != (size.channels == 3))
    return oc_fail(err, OC_E_ARGUMENT, path, color ? "Choose .pgm or .png." : "Choose .ppm or .png.",
                   "unsupported by this format: %lld channels", (long long)size.channels);
  oc_text_add(out, "P%c\n%lld %lld\n255\n", color ? '6' : '5', (long long)size.width, (long long)size.height);
  oc_text_add_bytes(out, pixels, (size_t)(size.height * size.width * size.channels));
  return OC_OK;
}

oc_status oc_image_save(const char *path, oc_image_shape size, const uint8_t *pixels, oc_error *err) {
  NEED(path, pixels);
  oc_text text = {0};
  if (size.channels != 1 && size.channels != 3)
    return oc_fail(err, OC_E_ARGUMENT, path, "", "channels must be 1 or 3, got %lld",
                   (long long)size.channels);
  TRY(oc_image_check(path, size, err));
  oc_status status = encode(path, size, pixels, &text, err);
  const size_t bytes = text.size;
  char *taken = status == OC_OK ? oc_text_take(&text) : NULL;
  if (status == OC_OK) status = taken ? oc_file_replace(path, taken, bytes, err) : oc_fail_memory(err, bytes);
  oc_memory_free(taken);
  oc_text_release(&text);
  return status;
}
