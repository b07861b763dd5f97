/* check.c: refuses lists of images that no classifier can learn from. */
#include "data/items/items.h"
#include <string.h>

static oc_status check_trained(const oc_items *items, const bool *trained, oc_error *err) {
  for (int64_t i = 0; i < items->count; i++) {
    const oc_item *item = &items->list[i];
    if (!trained[item->label])
      return oc_fail(err, OC_E_DATA, items->where,
                     "Add images of it for training, or leave its other ones out.",
                     "class '%.60s' of the %s set has no images in the training set",
                     items->classes[item->label], item->part == OC_PART_TEST ? "test" : "validation");
  }
  return OC_OK;
}

oc_status oc_items_check(const oc_items *items, oc_error *err) {
  if (items->class_count == 1)
    return oc_fail(err, OC_E_DATA, items->where, "Add images of another class, in a folder of theirs.",
                   "has one class only, '%.60s'; a classifier needs two or more", items->classes[0]);
  bool *trained = oc_memory_array((size_t)items->class_count, sizeof *trained), any = false;
  if (!trained) return oc_fail_memory(err, (size_t)items->class_count);
  for (int64_t i = 0; i < items->count; i++)
    if (items->list[i].part == OC_PART_TRAIN) any = trained[items->list[i].label] = true;
  const oc_status status = any ? check_trained(items, trained, err) : OC_OK;
  oc_memory_free(trained);
  return status;
}
