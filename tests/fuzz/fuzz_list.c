/* Any bytes as a list of images: either an error with a message, or items of files that are there, each once,
 * with the label of a class. */
#include "base/memory.h"
#include "data/items/list.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

/* Sorted, as a listing is. */
static const char *const names[] = {"a/1.png", "a/2.png", "b/1.png", "b/3.jpg", "c, d.png", "e\"f.png"};
enum { NAMES = sizeof names / sizeof *names };

static void fill(oc_items *files) {
  for (int i = 0; i < NAMES; i++) {
    const oc_entry entry = {.path = names[i], .bytes = 9};
    require(oc_items_add(files, &entry, 0, OC_PART_TRAIN, NULL) == OC_OK);
  }
}

static bool is_listed(const char *path) {
  for (int i = 0; i < NAMES; i++)
    if (strcmp(names[i], path) == 0) return true;
  return false;
}

static void check_items(const oc_items *items) {
  require(items->count > 0 && items->count <= NAMES && items->class_count > 0);
  for (int64_t i = 0; i < items->count; i++) {
    const oc_item *item = &items->list[i];
    require(is_listed(item->path) && item->bytes == 9 && item->part < OC_PARTS);
    require(item->label >= 0 && item->label < items->class_count);
    for (int64_t k = 0; k < i; k++) require(strcmp(item->path, items->list[k].path) != 0);
  }
}

static void read_list(const uint8_t *bytes, size_t size, oc_items *files) {
  const oc_data_options options = {0};
  oc_list list = {.where = "list.csv", .name = "list.csv", .bytes = oc_memory_alloc(size + 1), .size = size};
  oc_items items = {.where = "list.csv"};
  oc_list_place place = {.options = &options, .files = files, .folder = ""};
  oc_error err = {0};
  if (size) memcpy(list.bytes, bytes, size);
  const oc_status status = oc_items_from_lists(&items, &list, 1, &place, &err);
  if (status == OC_OK)
    check_items(&items);
  else
    require(err.code == status && err.message[0]);
  oc_items_release(&items);
  oc_memory_free(list.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  oc_items files = {0};
  fill(&files);
  read_list(bytes, size, &files);
  oc_items_release(&files);
  return 0;
}
