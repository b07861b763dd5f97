/* limits.c: limits the size of an image. */
#include "base/checked.h"
#include "base/error.h"
#include "data/decode/image.h"

oc_decode_options oc_decode_defaults(void) {
  return (oc_decode_options){
      .max_pixels = OC_IMAGE_MAX_PIXELS, .max_side = (int64_t)1 << 20, .max_bytes = OC_IMAGE_MAX_BYTES};
}

oc_status oc_image_check(const char *path, oc_image_shape size, const oc_decode_options *limits,
                         oc_error *err) {
  int64_t pixels, bytes;
  if (size.height < 1 || size.width < 1)
    return oc_fail(err, OC_E_DATA, path, "", "an image of %lldx%lld has no pixels", (long long)size.height,
                   (long long)size.width);
  if (!oc_mul_i64(size.height, size.width, &pixels) || pixels > limits->max_pixels ||
      size.height > limits->max_side || size.width > limits->max_side ||
      !oc_mul_i64(pixels, size.channels, &bytes) || (uint64_t)bytes > limits->max_bytes)
    return oc_fail(err, OC_E_DATA, path, "Make the image smaller.",
                   "the image is too large: %lldx%lldx%lld; the limits are %lld pixels, %zu bytes, and %lld "
                   "pixels in each direction",
                   (long long)size.height, (long long)size.width, (long long)size.channels,
                   (long long)limits->max_pixels, limits->max_bytes, (long long)limits->max_side);
  return OC_OK;
}

oc_status oc_image_fail_size(const char *path, const char *format, oc_image_shape size, size_t bytes,
                             oc_error *err) {
  return oc_fail(err, OC_E_DATA, path, "Fetch the file again.",
                 "corrupt %s: the header declares %lldx%lld pixels, too many for %zu bytes", format,
                 (long long)size.height, (long long)size.width, bytes);
}
