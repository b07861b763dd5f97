/* layout.c: finds the items among the paths of a container.
 *
 * Two layouts are known: SPLIT/CLASS/.. and CLASS/.., where SPLIT is train, valid or test under one of their
 * usual names. Below a class, folders may be nested. Folders that only wrap all others are passed through.
 * Files next to the class folders, and files whose names say that they are something else, are left out and
 * named. */
#include "base/file.h"
#include "base/text.h"
#include "data/items/items.h"
#include <stdarg.h>
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

static bool part_of(const span *name, oc_split_part *part) {
  static const struct {
    const char *name;
    oc_split_part part;
  } known[] = {{"train", OC_PART_TRAIN}, {"training", OC_PART_TRAIN},   {"valid", OC_PART_VALID},
               {"val", OC_PART_VALID},   {"validation", OC_PART_VALID}, {"test", OC_PART_TEST},
               {"testing", OC_PART_TEST}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen(known[i].name) == name->size && strncasecmp(known[i].name, name->text, name->size) == 0) {
      *part = known[i].part;
      return true;
    }
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
  return only.size > 0 && !part_of(&only, &part);
}

static bool is_split(const layout *l) {
  bool train = false, all = true, any = false;
  for (int64_t i = 0; i < l->items->count; i++) {
    const span first = component(l, l->items->list[i].path, 0);
    oc_split_part part = OC_PARTS;
    if (is_last(&first)) continue;
    const bool known = part_of(&first, &part);
    train = train || part == OC_PART_TRAIN;
    all = all && known;
    any = true;
  }
  return any && (train || all);
}

/* ---- classes ------------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
  return oc_natural_compare(*(const char *const *)a, *(const char *const *)b);
}

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

static void keep_each_once(layout *l) {
  int kept = 0;
  if (l->name_count) qsort(l->names, (size_t)l->name_count, sizeof *l->names, compare_names);
  for (int i = 0; i < l->name_count; i++)
    if (kept == 0 || strcmp(l->names[kept - 1], l->names[i]) != 0) l->names[kept++] = l->names[i];
  l->name_count = kept;
}

static int label_of(const layout *l, const span *name) {
  int low = 0, high = l->name_count;
  while (low < high) {
    const int middle = (low + high) / 2;
    const char *other = l->names[middle];
    if (strlen(other) == name->size && strncmp(other, name->text, name->size) == 0) return middle;
    char copy[256]; /* a component of a path is at most 255 bytes; what is longer compares by its beginning */
    (void)snprintf(copy, sizeof copy, "%.*s", (int)(name->size < 255 ? name->size : 255), name->text);
    if (oc_natural_compare(other, copy) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}

/* Takes the names of the classes of the paths, which are sorted: one class follows the other. */
static oc_status find_classes(layout *l, oc_error *err) {
  span last = {"", 0};
  for (int64_t i = 0; i < l->items->count; i++) {
    const span name = class_of(l, l->items->list[i].path);
    if (name.size && !same_span(&name, &last)) TRY(add_name(l, &name, err));
    if (name.size) last = name;
  }
  keep_each_once(l);
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
    if (name.size == 0 || (l->split && !part_of(&first, &part))) {
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
  if (l->name_count > 65536)
    return oc_fail(err, OC_E_DATA, l->where, "", "has %d classes; the limit is 65536", l->name_count);
  return OC_OK;
}

/* ---- notes --------------------------------------------------------------------------------------------- */

static void add_note(const layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Where it fits whole. */
static void add_note(const layout *l, const char *format, ...) {
  char text[256], *note = l->items->note;
  const size_t used = strlen(note), room = sizeof l->items->note;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (used + strlen(text) + 3 < room)
    (void)snprintf(note + used, room - used, "%s%s", used ? "; " : "", text);
}

static void note_left_out(const layout *l, int64_t count, const char *what, const char *example) {
  char shown[120];
  if (count)
    add_note(l, "left out %lld %s, such as %s", (long long)count, what,
             oc_escape(example, shown, sizeof shown));
}

static void note_empty_classes(const layout *l) {
  int64_t empty = 0;
  char first[160] = "";
  for (int64_t i = 0; i < l->folders.count; i++) {
    const span name = component(l, l->folders.list[i].path, l->split);
    oc_split_part part;
    const span head = component(l, l->folders.list[i].path, 0);
    if (name.size == 0 || !is_last(&name) || (l->split && !part_of(&head, &part))) continue;
    if (label_of(l, &name) < 0) count_one(&empty, first, l->folders.list[i].path);
  }
  note_left_out(l, empty, empty == 1 ? "empty folder" : "empty folders", first);
}

static void write_notes(const layout *l) {
  char wrap[120], shown[120];
  if (l->skip) {
    (void)snprintf(wrap, sizeof wrap, "%.*s", (int)l->skip - 1, l->items->list[0].path);
    add_note(l, "the folders of classes are in %s", oc_escape(wrap, shown, sizeof shown));
  }
  note_left_out(l, l->other, l->other == 1 ? "file of another kind" : "files of other kinds", l->first_other);
  note_left_out(l, l->loose,
                l->loose == 1 ? "file next to the folders of classes"
                              : "files next to the folders of classes",
                l->first_loose);
  note_empty_classes(l);
  if (l->skipped) add_note(l, "skipped %lld of the listed images", (long long)l->skipped);
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

static oc_status arrange(layout *l, oc_error *err) {
  oc_items *items = l->items;
  oc_items_sort(items); /* no labels yet: by path */
  TRY(check_unique(items, err));
  while (items->count && is_wrapped(l)) {
    const span first = component(l, items->list[0].path, 0);
    l->skip = (size_t)(first.text + first.size + 1 - items->list[0].path);
  }
  l->split = items->split = is_split(l);
  TRY(find_classes(l, err));
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
  if (slash && slash > real && part_of(&(span){slash + 1, strlen(slash + 1)}, &part) &&
      part == OC_PART_TRAIN) {
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
  (void)part_of(&(span){where + begin, size - begin}, &part);
  return part;
}

oc_status oc_items_open(const char *where, const oc_data_options *options, oc_items *out, oc_error *err) {
  char parent[4096];
  layout l = {.items = out, .where = where, .part = part_by_name(where)};
  const oc_entry_sink sink = {collect, &l};
  *out = (oc_items){0};
  if (belongs_to_parent(where, parent)) {
    l.where = parent;
    add_note(&l, "the validation and test images next to it are used too");
  }
  oc_status status = oc_container_open(l.where, options, &out->container, err);
  if (status == OC_OK) status = out->container.kind->list(out->container.self, &sink, err);
  if (status == OC_OK && options->skip) status = oc_items_skip(out, options->skip, &l.skipped, err);
  if (status == OC_OK) status = arrange(&l, err);
  oc_items_release(&l.folders);
  oc_memory_free(l.names);
  if (status != OC_OK) oc_items_release(out);
  return status;
}
