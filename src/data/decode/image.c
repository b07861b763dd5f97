/* image.c: loads a single image, and converts its number of channels. */
#include "data/decode/decoder.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/file.h"
#include "base/kind.h"
#include "base/memory.h"
#include <stdio.h>
#include <string.h>

/* "PNG, PGM and PPM" */
static const char *formats_text(char *text, size_t size) {
  const char *formats;
  text[0] = 0;
  for (int i = 0; (formats = oc_image_format(i)); i++) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", i ? ", " : "", formats);
  }
  return text;
}

static oc_status decode(const char *path, const unsigned char *bytes, size_t n, oc_decoded *out,
                        oc_error *err) {
  const oc_decoder *decoder = oc_decoder_for(bytes, n);
  if (decoder) return decoder->decode(path, bytes, n, out, err);
  if (n == 0) return oc_fail(err, OC_E_DATA, path, "", "the file is empty");
  const oc_kind *kind = oc_kind_of(bytes, n, n);
  char formats[160];
  if (kind)
    return oc_fail(err, OC_E_DATA, path, oc_kind_is_image(kind) ? "Convert it to PNG." : kind->hint,
                   "unsupported image format: %s; images are read from %s", kind->name,
                   formats_text(formats, sizeof formats));
  return oc_fail(err, OC_E_DATA, path, "Convert the image to PNG.", "unknown image format: expected %s",
                 formats_text(formats, sizeof formats));
}

oc_status oc_image_decode(const char *where, const void *bytes, size_t n, const char *background,
                          oc_image *out, oc_error *err) {
  NEED(where, out);
  oc_decoded decoded = {0};
  *out = (oc_image){0};
  if (n > 0) NEED(bytes);
  TRY(oc_background_check(background, err));
  TRY(decode(where, bytes, n, &decoded, err));
  return oc_background_apply(&decoded, background, out, err);
}

oc_status oc_image_load(const char *path, const char *background, oc_image *out, oc_error *err) {
  NEED(path, out);
  unsigned char *bytes;
  size_t n;
  *out = (oc_image){0};
  TRY(oc_file_read(path, OC_IMAGE_MAX_FILE, &bytes, &n, err));
  oc_status status = oc_image_decode(path, bytes, n, background, out, err);
  oc_memory_free(bytes);
  return status;
}

void oc_image_release(oc_image *image) {
  if (!image) return;
  oc_memory_free(image->pixels);
  *image = (oc_image){0};
}

oc_status oc_image_convert(const uint8_t *from, oc_image_shape size, int64_t channels, uint8_t *to,
                           oc_error *err) {
  NEED(from, to);
  int64_t pixels, bytes;
  if (size.height < 0 || size.width < 0 || size.channels < 0 ||
      !oc_mul_i64(size.height, size.width, &pixels) ||
      !oc_mul_i64(pixels, oc_max_i64(3, size.channels), &bytes))
    return oc_fail(err, OC_E_ARGUMENT, "size", "", "invalid image shape %lldx%lldx%lld",
                   (long long)size.height, (long long)size.width, (long long)size.channels);
  if (size.channels == channels) {
    memcpy(to, from, (size_t)(pixels * channels));
  } else if (size.channels == 3 && channels == 1) {
    /* ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B in sixteen bits of fraction; the three add to 65536 */
    for (int64_t i = 0; i < pixels; i++)
      to[i] =
          (uint8_t)((19595u * from[3 * i] + 38470u * from[3 * i + 1] + 7471u * from[3 * i + 2] + 32768u) >>
                    16);
  } else if (size.channels == 1 && channels == 3) {
    for (int64_t i = 0; i < pixels; i++) to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
  } else {
    return oc_fail(err, OC_E_ARGUMENT, "channels", "",
                   "unsupported conversion to %lld channels from %lld: only 1 to 3 and 3 to 1",
                   (long long)channels, (long long)size.channels);
  }
  return OC_OK;
}
