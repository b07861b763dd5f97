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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  oc_image image = {0};
  oc_error err = {0};
  if (!oc_image_is_known(bytes, size)) return 0;
  oc_status status = oc_image_decode("input", bytes, size, NULL, &image, &err);
  check(status, image.size, image.pixels, &err);
  return 0;
}
