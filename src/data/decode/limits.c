/* limits.c: how large a picture may be. */
#include "base/checked.h"
#include "base/error.h"
#include "data/decode/picture.h"

oc_status oc_picture_check(const char *path, oc_picture_size size, oc_error *err) {
  int64_t pixels, bytes;
  if (size.height < 1 || size.width < 1)
    return oc_fail(err, OC_E_DATA, path, "", "a picture of %lldx%lld has no pixels", (long long)size.height,
                   (long long)size.width);
  if (!oc_mul_i64(size.height, size.width, &pixels) || pixels > OC_PICTURE_MAX_PIXELS ||
      !oc_mul_i64(pixels, size.channels, &bytes) || bytes > (int64_t)OC_PICTURE_MAX_BYTES)
    return oc_fail(err, OC_E_DATA, path, "Make the picture smaller.",
                   "%lldx%lldx%lld is more than the limit of %lld pixels and %zu bytes",
                   (long long)size.height, (long long)size.width, (long long)size.channels,
                   (long long)OC_PICTURE_MAX_PIXELS, OC_PICTURE_MAX_BYTES);
  return OC_OK;
}
