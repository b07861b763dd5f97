/* images.c: opens a folder or an archive with a folder of images for each class. */
#include "data/container/container.h"
#include "data/items/item_store.h"
#include "data/source/source.h"

static bool images_accepts(const char *where) {
  return oc_container_for(where) != NULL;
}

static oc_status images_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  oc_items items;
  TRY(oc_items_open(where, options, &items, err));
  const oc_status status = oc_items_check(&items, err);
  if (status != OC_OK) oc_items_release(&items);
  TRY(status);
  return oc_items_to_data(&items, options, out, err);
}

OC_DEFINE_SOURCE(images, .syntax = "FOLDER",
                 .summary =
                     "a folder of images for each class, FOLDER/CLASS/*, or FOLDER/train/CLASS/* and test; "
                     "also in a zip or tar archive",
                 .accepts = images_accepts, .open = images_open);
