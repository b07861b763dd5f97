/* images.c: opens a folder or an archive with a folder of images for each class, or a list of images. */
#include "data/items/item_store.h"
#include "data/items/list.h"
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
                     "also in a .zip, .tar or .tar.gz archive",
                 .accepts = images_accepts, .open = images_open, .opens_files = true);
OC_DEFINE_SOURCE(list, .syntax = "FILE.csv",
                 .summary = "a list of images: path,label or path,label,split in each line; or FILE.tsv",
                 .accepts = oc_list_accepts, .open = images_open, .opens_files = true);
