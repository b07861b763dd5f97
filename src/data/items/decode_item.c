/* decode_item.c: makes the image of an item. Large JPEGs are decoded at a smaller scale. */
#include "data/items/items.h"
#include "ocellus/preprocess.h"
#include <stdio.h>

oc_status oc_item_pixels(const oc_items *items, int64_t index, const oc_preprocessing *rule,
                         bool accept_truncated, uint8_t *pixels, oc_error *err) {
  oc_image_options options = oc_image_defaults();
  oc_image_details details;
  char where[256], background[8];
  unsigned char *bytes;
  size_t size;
  (void)snprintf(background, sizeof background, "#%02x%02x%02x", rule->background[0], rule->background[1],
                 rule->background[2]);
  options.background = rule->background_set ? background : NULL;
  options.target_height = rule->shape.height;
  options.target_width = rule->shape.width;
  options.accept_truncated = accept_truncated;
  TRY(oc_item_read(items, index, where, &bytes, &size, err));
  oc_status status = oc_image_decode_with(where, bytes, size, &options, &details, err);
  oc_memory_free(bytes);
  if (status == OC_OK) status = oc_preprocess(rule, &details.image, pixels, err);
  oc_image_release(&details.image);
  return status;
}
