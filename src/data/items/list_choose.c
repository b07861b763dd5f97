/* list_choose.c: opens lists: one that was named, or those that lie in a folder or an archive. Of several,
 * those are meant whose first word is a split: train.csv, test_labels.csv. */
#include "data/items/list.h"
#include "base/file.h"
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 256 << 20 };

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void name_list(oc_list *list, const char *where, oc_split_part part) {
  (void)snprintf(list->where, sizeof list->where, "%s", where);
  (void)snprintf(list->name, sizeof list->name, "%s", base_name(where));
  list->part = part;
}

/* ---- in a folder or an archive ------------------------------------------------------------------------- */

static oc_status fail_several(const oc_container *c, const char *one, const char *two, oc_error *err) {
  return oc_fail(err, OC_E_DATA, c->path, "Give the list to use, or call it train.csv.",
                 "has several lists of images, such as %.100s and %.100s", base_name(one), base_name(two));
}

static bool lies_in(const char *path, const char *folder) {
  const size_t size = strlen(folder);
  return strncmp(path, folder, size) == 0 && !strchr(path + size, '/');
}

/* The tables by the part that their names say; [OC_PARTS]: those that say none. */
typedef struct choice {
  const oc_item *by_part[OC_PARTS + 1];
} choice;

static oc_status choose(const oc_items *tables, const oc_container *container, const char *folder,
                        choice *out, oc_error *err) {
  const oc_item *second[OC_PARTS + 1] = {NULL};
  *out = (choice){{NULL}};
  for (int64_t i = 0; i < tables->count; i++) {
    const oc_item *table = &tables->list[i];
    if (!lies_in(table->path, folder)) continue;
    const int part = (int)oc_list_part(base_name(table->path), OC_PARTS);
    if (out->by_part[part])
      second[part] = table;
    else
      out->by_part[part] = table;
  }
  bool named = false;
  for (int p = 0; p < OC_PARTS; p++) {
    named = named || out->by_part[p];
    if (second[p]) return fail_several(container, out->by_part[p]->path, second[p]->path, err);
  }
  if (named)
    out->by_part[OC_PARTS] = NULL;
  else if (second[OC_PARTS])
    return fail_several(container, out->by_part[OC_PARTS]->path, second[OC_PARTS]->path, err);
  return OC_OK;
}

static oc_status read_table(const oc_item *table, const oc_container *c, oc_split_part part, oc_list *out,
                            oc_error *err) {
  char where[256];
  const oc_entry entry = oc_item_entry(table);
  *out = (oc_list){.optional = part == OC_PART_VALID || part == OC_PART_TEST};
  name_list(out, oc_container_where(c->path, table->path, where), part == OC_PARTS ? OC_PART_TRAIN : part);
  return c->kind->read(c->self, &entry, LIST_MAX, &out->bytes, &out->size, err);
}

oc_status oc_lists_choose(const oc_items *tables, const oc_container *container, const char *folder,
                          oc_list *out, int *count, oc_error *err) {
  choice chosen;
  *count = 0;
  TRY(choose(tables, container, folder, &chosen, err));
  for (int p = 0; p <= OC_PARTS; p++)
    if (chosen.by_part[p])
      TRY(read_table(chosen.by_part[p], container, (oc_split_part)p, &out[(*count)++], err));
  return OC_OK;
}

/* ---- one that was named -------------------------------------------------------------------------------- */

static oc_status open_folder(const char *where, const oc_data_options *options, oc_container *out,
                             oc_error *err) {
  const char *slash = strrchr(where, '/');
  char *folder = oc_memory_string(slash ? where : ".");
  if (!folder) return oc_fail_memory(err, strlen(where) + 1);
  if (slash) folder[slash == where ? 1 : slash - where] = 0;
  const oc_status status = oc_container_open(folder, options, out, err);
  oc_memory_free(folder);
  return status;
}

oc_status oc_list_open(const char *where, const oc_data_options *options, oc_items *out, oc_error *err) {
  oc_list list = {0};
  oc_list_place place = {.container = &out->container, .options = options, .folder = ""};
  *out = (oc_items){0};
  name_list(&list, where, oc_list_part(base_name(where), OC_PART_TRAIN));
  oc_status status = open_folder(where, options, &out->container, err);
  if (status == OC_OK) status = oc_items_locate(out, where, err);
  if (status == OC_OK) status = oc_file_read(where, LIST_MAX, &list.bytes, &list.size, err);
  if (status == OC_OK) status = oc_items_from_lists(out, &list, 1, &place, err);
  oc_memory_free(list.bytes);
  if (status != OC_OK) oc_items_release(out);
  return status;
}
