/* fuzz_augment.c: any bytes as the text of an augmentation. What is accepted has a canonical form that is its
 * own canonical form, and changes images of several shapes within their memory. What is refused says
 * where. */
#include "ocellus/augment.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void apply(const oc_augmentation *a, size_t size) {
  uint8_t *pixels = malloc(size);
  void *scratch = malloc(oc_augmentation_scratch(a));
  require(pixels && scratch);
  for (size_t i = 0; i < size; i++) pixels[i] = (uint8_t)(37 * i);
  for (uint64_t item = 0; item < 2; item++) {
    const oc_augment_key key = {1, 2, item, 0};
    oc_augmentation_apply(a, &key, pixels, scratch);
    memset(scratch, 9, size); /* which has room for an image */
    const double share = oc_augmentation_mix(a, &key, scratch, pixels);
    require(share >= 0 && share <= 1);
  }
  free(scratch);
  free(pixels);
}

static void check_text(const char *text, oc_image_shape shape) {
  oc_augmentation *a, *again;
  oc_error err = {0};
  if (oc_augmentation_create(text, shape, NULL, &a, &err) != OC_OK) {
    require(!a && err.message[0] && strcmp(err.where, "augment") == 0);
    return;
  }
  require(oc_augmentation_create(oc_augmentation_text(a), shape, NULL, &again, &err) == OC_OK);
  require(strcmp(oc_augmentation_text(a), oc_augmentation_text(again)) == 0);
  oc_augmentation_free(again);
  apply(a, (size_t)(shape.height * shape.width * shape.channels));
  oc_augmentation_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const oc_image_shape shapes[] = {{5, 7, 3}, {1, 1, 1}};
  char *text = malloc(size + 1);
  if (!text) return 0;
  memcpy(text, data, size);
  text[size] = 0;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_text(text, shapes[i]);
  free(text);
  return 0;
}
