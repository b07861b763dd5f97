/* image_save.c: writes an image as PNG or PGM/PPM, into memory first, so that the file is replaced as a whole
 * or not at all. */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "data/decode/image.h"
#include <string.h>
#include <strings.h>

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
  const oc_png_place at = {path, "Choose a name that ends in .pgm or .ppm, or build with libpng."};
  if (ends_with(path, ".png")) return oc_png_write(&at, size, pixels, out, err);
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
  const oc_decode_options limits = oc_decode_defaults();
  TRY(oc_image_check(path, size, &limits, err));
  oc_status status = encode(path, size, pixels, &text, err);
  const size_t bytes = text.size;
  char *taken = status == OC_OK ? oc_text_take(&text) : NULL;
  if (status == OC_OK) status = taken ? oc_file_replace(path, taken, bytes, err) : oc_fail_memory(err, bytes);
  oc_memory_free(taken);
  oc_text_release(&text);
  return status;
}
