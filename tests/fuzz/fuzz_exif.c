/* Any bytes as EXIF data: an orientation of 1 to 8, and an image that it turns keeps its pixels. */
#include "base/memory.h"
#include "data/decode/exif.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const int orientation = oc_exif_orientation(bytes, size);
  if (orientation < 1 || orientation > 8) abort();
  oc_decoded image = {.size = {2, 3, 1}, .pixels = oc_memory_copy("abcdef", 6), .orientation = orientation};
  oc_error err;
  if (!image.pixels) return 0;
  if (oc_exif_turn(&image, &err) != OC_OK) abort();
  int sum = 0;
  for (int i = 0; i < 6; i++) sum += 1 << (image.pixels[i] - 'a');
  if (sum != 63 || image.size.height * image.size.width != 6) abort();
  oc_memory_free(image.pixels);
  return 0;
}
