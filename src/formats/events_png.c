/* events_png.c: writes an image for TensorBoard as PNG in memory. */
#include "base/error.h"
#include "data/decode/image.h"
#include "formats/events.h"

static oc_status check_image(oc_image_shape s, oc_error *err) {
  enum { MAX = 1 << 14 };
  if (s.height >= 1 && s.width >= 1 && s.height <= MAX && s.width <= MAX &&
      (s.channels == 1 || s.channels == 3))
    return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "image", "Scale it down, or draw channels next to each other.",
                 "unsupported image shape %lldx%lldx%lld: height and width must be 1 to %d, channels 1 or 3",
                 (long long)s.height, (long long)s.width, (long long)s.channels, MAX);
}

oc_status oc_png_encode(oc_image_shape size, const uint8_t *pixels, uint8_t **png, size_t *bytes,
                        oc_error *err) {
  oc_text out = {0};
  *png = NULL;
  TRY(check_image(size, err));
  const oc_status status =
      oc_png_write(&(oc_png_place){"image", "Build with libpng."}, size, pixels, &out, err);
  *bytes = out.size;
  if (status == OC_OK) *png = (uint8_t *)oc_text_take(&out);
  oc_text_release(&out);
  if (status != OC_OK) return status;
  return *png ? OC_OK : oc_fail_memory(err, *bytes);
}
