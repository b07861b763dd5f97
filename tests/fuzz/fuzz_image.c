/* Any bytes as an image of any format: either an error with a message, or as many pixels as the size says. */
#include "base/memory.h"
#include "data/decode/image.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(oc_status status, oc_image_shape size, uint8_t *pixels, const oc_error *err) {
  if (status != OC_OK) {
    if (pixels || err->code != status || !err->message[0]) abort();
    return;
  }
  int64_t count = size.height * size.width * size.channels;
  if (size.height < 1 || size.width < 1 || (size.channels != 1 && size.channels != 3)) abort();
  volatile unsigned sum = 0; /* every pixel is there to be read */
  for (int64_t i = 0; i < count; i++) sum += pixels[i];
  (void)sum;
  oc_memory_free(pixels);
}

/* What decodes has a header that says the same. */
static void check_header(const uint8_t *bytes, size_t size, oc_image_shape decoded) {
  oc_image_details header;
  if (oc_image_probe("input", bytes, size, NULL, &header, NULL) != OC_OK) abort();
  if (header.image.size.height != decoded.height || header.image.size.width != decoded.width) abort();
}

/* Once as they are, once as small as a JPEG can be scaled, with the end missing. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static const oc_image_options small = {
      .target_height = 1, .target_width = 1, .accept_truncated = true, .max_pixels = 1 << 22};
  oc_image image = {0};
  oc_image_details details = {0};
  oc_error err = {0};
  if (!oc_image_is_known(bytes, size)) return 0;
  oc_status status = oc_image_decode("input", bytes, size, NULL, &image, &err);
  if (status == OC_OK) check_header(bytes, size, image.size);
  check(status, image.size, image.pixels, &err);
  status = oc_image_decode_with("input", bytes, size, &small, &details, &err);
  check(status, details.image.size, details.image.pixels, &err);
  return 0;
}
