/* layout.c: finds the items among the paths of a container.
 *
 * Two layouts are known: SPLIT/CLASS/.. and CLASS/.., where SPLIT is train, valid or test under one of their
 * usual names. Below a class, folders may be nested. Folders that only wrap all others are passed through.
 * Files next to the class folders, and files whose names say that they are something else, are left out and
 * named. */
#include "base/file.h"
#include "data/items/list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct span {
  const char *text;
  size_t size;
} span;

typedef struct layout {
  oc_items *items;
  oc_items folders; /* the paths of the folders, so that an empty class is noticed */
  oc_items tables;  /* and of the files that may be lists of images */
  const char *where;
  size_t skip;        /* bytes of each path that only wrap the others */
  bool split;         /* the first component names a part */
  oc_split_part part; /* of all images, if not */
  int64_t other, loose, skipped;
  char first_other[160], first_loose[160]; /* examples */
  const char **names;                      /* of the classes: sorted, each once */
  int name_count;
  int64_t name_capacity;
} layout;

/* ---- paths --------------------------------------------------------------------------------------------- */

/* The n-th component after the wrapping ones; size 0: there is none. */
static span component(const layout *l, const char *path, int n) {
  const char *at = path + (strlen(path) < l->skip ? strlen(path) : l->skip);
  for (; n > 0; n--) {
    at += strcspn(at, "/");
    at += *at == '/';
  }
  return (span){at, strcspn(at, "/")};
}

static bool is_last(const span *s) {
  return s->text[s->size] == 0;
}

static bool is_hidden(const char *path) {
  for (const char *at = path; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
    if (oc_entry_is_hidden(at)) return true;
  return false;
}

/* Endings of what often lies next to images. Anything else may be an image: its bytes decide. */
static bool is_other(const char *path) {
  static const char *const endings[] = {".txt", ".md",   ".rst", ".csv",  ".tsv",  ".json", ".jsonl", ".xml",
                                        ".htm", ".html", ".yml", ".yaml", ".pdf",  ".py",   ".ipynb", ".npy",
                                        ".npz", ".mat",  ".db",  ".ini",  ".log",  ".zip",  ".tar",   ".gz",
                                        ".mp4", ".mov",  ".avi", ".doc",  ".docx", ".xls",  ".xlsx",  NULL};
  const char *dot = strrchr(path, '.');
  for (int i = 0; dot && endings[i]; i++)
    if (strcasecmp(dot, endings[i]) == 0) return true;
  return false;
}

static void count_one(int64_t *count, char first[160], const char *path) {
  if ((*count)++ == 0) (void)snprintf(first, 160, "%s", path);
}

/* ---- collecting ---------------------------------------------------------------------------------------- */

static oc_status collect(void *to, const oc_entry *entry, oc_error *err) {
  layout *l = to;
  if (is_hidden(entry->path)) return OC_OK;
  if (entry->is_folder) return oc_items_add(&l->folders, entry, -1, OC_PART_TRAIN, err);
  if (oc_list_is_named(entry->path)) TRY(oc_items_add(&l->tables, entry, -1, OC_PART_TRAIN, err));
  if (is_other(entry->path)) {
    count_one(&l->other, l->first_other, entry->path);
    return OC_OK;
  }
  return oc_items_add(l->items, entry, -1, OC_PART_TRAIN, err);
}

/* True if all files lie in folders of one folder, which names no part. */
static bool is_wrapped(const layout *l) {
  span only = {"", 0};
  oc_split_part part;
  for (int64_t i = 0; i < l->items->count; i++) {
    const span first = component(l, l->items->list[i].path, 0),
               second = component(l, l->items->list[i].path, 1);
    if (is_last(&first) || is_last(&second)) return false;
    if (only.size && (only.size != first.size || strncmp(only.text, first.text, first.size) != 0))
      return false;
    only = first;
  }
  return only.size > 0 && !oc_part_of(only.text, only.size, &part);
}

static bool is_split(const layout *l) {
  bool train = false, all = true, any = false;
  for (int64_t i = 0; i < l->items->count; i++) {
    const span first = component(l, l->items->list[i].path, 0);
    oc_split_part part = OC_PARTS;
    if (is_last(&first)) continue;
    const bool known = oc_part_of(first.text, first.size, &part);
    train = train || part == OC_PART_TRAIN;
    all = all && known;
    any = true;
  }
  return any && (train || all);
}

/* ---- classes ------------------------------------------------------------------------------------------- */

static oc_status add_name(layout *l, const span *name, oc_error *err) {
  if (!oc_memory_reserve(&l->names, l->name_count, &l->name_capacity, sizeof *l->names))
    return oc_fail_memory(err, 2 * (size_t)l->name_capacity * sizeof *l->names);
  char *copy = oc_arena_alloc(&l->items->text, name->size + 1);
  if (!copy) return oc_fail_memory(err, name->size + 1);
  memcpy(copy, name->text, name->size);
  l->names[l->name_count++] = copy;
  return OC_OK;
}

/* The class of a path; size 0: it lies next to the class folders. */
static span class_of(const layout *l, const char *path) {
  const span name = component(l, path, l->split);
  return is_last(&name) ? (span){name.text, 0} : name;
}

static bool same_span(const span *a, const span *b) {
  return a->size == b->size && strncmp(a->text, b->text, a->size) == 0;
}

static int label_of(const layout *l, const span *name) {
  char copy[4096]; /* no path is longer */
  (void)snprintf(copy, sizeof copy, "%.*s", (int)name->size, name->text);
  return oc_names_find(l->names, l->name_count, copy);
}

/* Takes the names of the classes of the paths, which are sorted: one class follows the other. */
static oc_status find_classes(layout *l, oc_error *err) {
  span last = {"", 0};
  for (int64_t i = 0; i < l->items->count; i++) {
    const span name = class_of(l, l->items->list[i].path);
    if (name.size && !same_span(&name, &last)) TRY(add_name(l, &name, err));
    if (name.size) last = name;
  }
  l->name_count = (int)oc_names_sort(l->names, l->name_count);
  return OC_OK;
}

/* Gives each item its label and part, and drops those next to the class folders. */
static void label_items(layout *l) {
  oc_items *items = l->items;
  int64_t kept = 0;
  span last = {"", 0};
  int label = -1;
  for (int64_t i = 0; i < items->count; i++) {
    oc_item item = items->list[i];
    const span name = class_of(l, item.path), first = component(l, item.path, 0);
    oc_split_part part = l->part;
    if (name.size == 0 || (l->split && !oc_part_of(first.text, first.size, &part))) {
      count_one(&l->loose, l->first_loose, item.path);
      continue;
    }
    if (!same_span(&name, &last)) label = label_of(l, &name);
    last = name;
    item.label = label;
    item.part = (uint8_t)part;
    items->list[kept++] = item;
  }
  items->count = kept;
}

/* ---- what is refused ----------------------------------------------------------------------------------- */

static oc_status check_found(const layout *l, oc_error *err) {
  static const char hint[] =
      "Make a folder for each class, with its images in it; or give a folder with MNIST's files.";
  char loose[200];
  if (l->items->count == 0 && l->loose)
    return oc_fail(err, OC_E_NO_INPUT, l->where, hint,
                   "holds %lld file%s, such as %s, but no folders of classes", (long long)l->loose,
                   l->loose == 1 ? "" : "s", oc_escape(l->first_loose, loose, 100));
  if (l->items->count == 0)
    return oc_fail(err, OC_E_NO_INPUT, l->where, hint, "holds no images%s",
                   l->other ? ", only files of other kinds" : "");
  return OC_OK;
}

/* ---- notes --------------------------------------------------------------------------------------------- */

static void note_left_out(const layout *l, int64_t count, const char *what, const char *example) {
  char shown[120];
  if (count)
    oc_items_note(l->items, "left out %lld %s, such as %s", (long long)count, what,
                  oc_escape(example, shown, sizeof shown));
}

static void note_empty_classes(const layout *l) {
  int64_t empty = 0;
  char first[160] = "";
  for (int64_t i = 0; i < l->folders.count; i++) {
    const span name = component(l, l->folders.list[i].path, l->split);
    oc_split_part part;
    const span head = component(l, l->folders.list[i].path, 0);
    if (name.size == 0 || !is_last(&name) || (l->split && !oc_part_of(head.text, head.size, &part))) continue;
    if (label_of(l, &name) < 0) count_one(&empty, first, l->folders.list[i].path);
  }
  note_left_out(l, empty, empty == 1 ? "empty folder" : "empty folders", first);
}

static void write_notes(const layout *l) {
  char wrap[120], shown[120];
  if (l->skip) {
    (void)snprintf(wrap, sizeof wrap, "%.*s", (int)l->skip - 1, l->items->list[0].path);
    oc_items_note(l->items, "the folders of classes are in %s", oc_escape(wrap, shown, sizeof shown));
  }
  note_left_out(l, l->other, l->other == 1 ? "file of another kind" : "files of other kinds", l->first_other);
  note_left_out(l, l->loose,
                l->loose == 1 ? "file next to the folders of classes"
                              : "files next to the folders of classes",
                l->first_loose);
  note_empty_classes(l);
  if (l->skipped) oc_items_note(l->items, "skipped %lld of the listed images", (long long)l->skipped);
}

/* An archive may hold two files of one path; which one is meant is not known. */
static oc_status check_unique(const oc_items *items, oc_error *err) {
  char where[256];
  for (int64_t i = 1; i < items->count; i++)
    if (strcmp(items->list[i - 1].path, items->list[i].path) == 0)
      return oc_fail(err, OC_E_DATA, oc_container_where(items->container.path, items->list[i].path, where),
                     "Pack the archive again.", "two entries of this name");
  return OC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static oc_status find_layout(layout *l, oc_error *err) {
  oc_items *items = l->items;
  oc_items_sort(items); /* no labels yet: by path */
  TRY(check_unique(items, err));
  l->skip = 0;
  while (items->count && is_wrapped(l)) {
    const span first = component(l, items->list[0].path, 0);
    l->skip = (size_t)(first.text + first.size + 1 - items->list[0].path);
  }
  l->split = is_split(l);
  l->name_count = 0;
  return find_classes(l, err);
}

/* True for two or more folders that can be classes: train_images and test_images are none. */
static bool has_classes(const layout *l) {
  int count = 0;
  for (int i = 0; i < l->name_count; i++) count += oc_list_part(l->names[i], OC_PARTS) == OC_PARTS;
  return count >= 2;
}

/* Makes items of what lists among the files say of the others. *used: there are such lists. */
static oc_status use_lists(layout *l, const oc_data_options *options, bool *used, oc_error *err) {
  oc_items *items = l->items, files;
  oc_list lists[OC_PARTS] = {0};
  char folder[4096];
  int count;
  (void)snprintf(folder, sizeof folder, "%.*s", (int)l->skip, items->count ? items->list[0].path : "");
  oc_status status = oc_lists_choose(&l->tables, &items->container, folder, lists, &count, err);
  *used = count > 0;
  if (status == OC_OK && *used) {
    files = *items;
    *items = (oc_items){.container = files.container};
    files.container = (oc_container){0};
    oc_list_place place = {
        .container = &items->container, .options = options, .files = &files, .folder = folder};
    status = oc_items_locate(items, l->where, err);
    if (status == OC_OK) status = oc_items_from_lists(items, lists, count, &place, err);
    oc_items_release(&files);
  }
  for (int i = 0; i < OC_PARTS; i++) oc_memory_free(lists[i].bytes);
  return status;
}

static oc_status arrange(layout *l, const oc_data_options *options, oc_error *err) {
  oc_items *items = l->items;
  bool listed = false;
  if (l->tables.count) {
    TRY(find_layout(l, err));
    if (!has_classes(l)) TRY(use_lists(l, options, &listed, err));
  }
  if (listed) return OC_OK;
  if (options->skip) TRY(oc_items_skip(items, options->skip, &l->skipped, err));
  TRY(find_layout(l, err));
  label_items(l);
  TRY(oc_items_name_classes(items, l->names, l->name_count, err));
  TRY(check_found(l, err));
  oc_items_sort(items);
  write_notes(l);
  return OC_OK;
}

/* ".../train", whose parent has the other parts too: they belong together. True if `parent` is to be read. */
static bool belongs_to_parent(const char *where, char parent[4096]) {
  static const char *const siblings[] = {"test", "testing", "valid", "val", "validation"};
  char *real = oc_path_real(where);
  char *slash = real ? strrchr(real, '/') : NULL;
  bool found = false;
  oc_split_part part;
  if (slash && slash > real && oc_part_of(slash + 1, strlen(slash + 1), &part) && part == OC_PART_TRAIN) {
    *slash = 0;
    for (size_t i = 0; !found && i < sizeof siblings / sizeof *siblings; i++) {
      const int n = snprintf(parent, 4096, "%s/%s", real, siblings[i]);
      found = n < 4096 && oc_container_for(parent) != NULL;
    }
    found = found && snprintf(parent, 4096, "%s", real) < 4096;
  }
  oc_memory_free(real);
  return found;
}

/* The part that a folder's own name says, for one without parts in it. */
static oc_split_part part_by_name(const char *where) {
  size_t size = strlen(where);
  while (size && where[size - 1] == '/') size--;
  size_t begin = size;
  while (begin && where[begin - 1] != '/') begin--;
  oc_split_part part = OC_PART_TRAIN;
  (void)oc_part_of(where + begin, size - begin, &part);
  return part;
}

bool oc_items_accept(const char *where) {
  return oc_container_for(where) != NULL || oc_list_accepts(where);
}

oc_status oc_items_open(const char *where, const oc_data_options *options, oc_items *out, oc_error *err) {
  char parent[4096];
  layout l = {.items = out, .where = where, .part = part_by_name(where)};
  const oc_entry_sink sink = {collect, &l};
  if (oc_list_accepts(where)) return oc_list_open(where, options, out, err);
  *out = (oc_items){0};
  if (belongs_to_parent(where, parent)) {
    l.where = parent;
    oc_items_note(out, "the validation and test images next to it are used too");
  }
  oc_status status = oc_container_open(l.where, options, &out->container, err);
  if (status == OC_OK) status = oc_items_locate(out, l.where, err);
  if (status == OC_OK) status = out->container.kind->list(out->container.self, &sink, err);
  if (status == OC_OK) status = arrange(&l, options, err);
  oc_items_release(&l.folders);
  oc_items_release(&l.tables);
  oc_memory_free(l.names);
  if (status != OC_OK) oc_items_release(out);
  return status;
}
