/* labeled_images.h: a dataset of images with labels, for tests of what comes after it. */
#ifndef TESTS_LABELED_IMAGES_H
#define TESTS_LABELED_IMAGES_H
#include "ocellus/data.h"

/* As oc_dataset_from_memory, with one target: labels of `classes` classes with these names (NULL: numbers);
 * labels NULL: none. */
static inline oc_status labeled_images(const uint8_t *pixels, const int32_t *labels,
                                       const oc_dataset_options *images, int classes,
                                       const char *const *names, oc_dataset **out, oc_error *err) {
  const oc_target target = {"label", OC_TARGET_CLASS, classes, names, labels};
  oc_dataset_options all = *images;
  all.targets = &target;
  all.target_count = labels ? 1 : 0;
  return oc_dataset_from_memory(pixels, &all, out, err);
}

#endif
