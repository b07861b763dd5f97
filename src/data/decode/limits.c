/* limits.c: limits the size of an image. */
#include "base/checked.h"
#include "base/error.h"
#include "data/decode/image.h"

oc_status oc_image_check(const char *path, oc_image_shape size, oc_error *err) {
  int64_t pixels, bytes;
  if (size.height < 1 || size.width < 1)
    return oc_fail(err, OC_E_DATA, path, "", "an image of %lldx%lld has no pixels", (long long)size.height,
                   (long long)size.width);
  if (!oc_mul_i64(size.height, size.width, &pixels) || pixels > OC_IMAGE_MAX_PIXELS ||
      !oc_mul_i64(pixels, size.channels, &bytes) || bytes > (int64_t)OC_IMAGE_MAX_BYTES)
    return oc_fail(err, OC_E_DATA, path, "Make the image smaller.",
                   "the image is too large: %lldx%lldx%lld; the limits are %lld pixels and %zu bytes",
                   (long long)size.height, (long long)size.width, (long long)size.channels,
                   (long long)OC_IMAGE_MAX_PIXELS, OC_IMAGE_MAX_BYTES);
  return OC_OK;
}
