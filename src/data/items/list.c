/* list.c: from the rows of lists to items. The first row may name the columns, in any of the usual words;
 * without names they are path, label and split. */
#include "data/items/list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096, LABEL_MAX = 255, ROWS_MAX = 1 << 24 };
static const uint64_t MISSING = UINT64_MAX; /* the bytes of an item whose file is not there */

typedef struct list_row {
  const char *path, *label, *split;
  int64_t line;
} list_row;

/* What is kept of a row; its item's label is its index until the classes are known. */
typedef struct labeled {
  const char *label;
  int32_t list;
  int32_t line;
} labeled;

typedef struct reading {
  oc_items *items;
  oc_list *lists;
  oc_list_place *place;
  const oc_list *list;           /* the present one, */
  int32_t index;                 /* its number, */
  oc_csv csv;                    /* its rows, */
  int path, label, split, width; /* and its columns; -1: none */
  labeled *rows;
  int64_t count, capacity;
  int64_t twice;
} reading;

/* ---- columns ------------------------------------------------------------------------------------------- */

bool oc_list_accepts(const char *path) {
  struct stat st;
  return oc_list_is_named(path) && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

oc_split_part oc_list_part(const char *name, oc_split_part otherwise) {
  (void)oc_part_of(name, strcspn(name, "_-. "), &otherwise);
  return otherwise;
}

/* The column with one of the names, which are sorted by how well they fit; -1: none. */
static int find_column(const oc_csv *c, const char *const *names) {
  for (; *names; names++)
    for (int i = 0; i < c->count; i++)
      if (strcasecmp(c->fields[i], *names) == 0) return i;
  return -1;
}

/* The only column that is neither the split nor `other`; -1: there are several. */
static int remaining_column(const reading *r, int other) {
  int found = -1, count = 0;
  for (int i = 0; i < r->width; i++)
    if (i != other && i != r->split) {
      found = i;
      count++;
    }
  return count == 1 ? found : -1;
}

static oc_status fail_columns(const reading *r, oc_error *err) {
  return oc_csv_fail(&r->csv, r->csv.line, err,
                     "Let the first line name the columns: path,label or path,label,split.",
                     "%d columns, and no names that say which are the path and the label", r->width);
}

/* Finds the columns by the names in the first row; *named: it has some. */
static oc_status find_columns(reading *r, bool *named, oc_error *err) {
  static const char *const paths[] = {"path",      "filepath", "file_path",  "filepaths",  "filename",
                                      "file_name", "file",     "image_path", "image_name", "image",
                                      "images",    "img",      "image_id",   "id_code",    "id",
                                      "name",      NULL},
                           *const labels[] = {"label",   "labels",   "class",  "class_name",
                                              "classes", "category", "target", NULL},
                           *const splits[] = {"split",    "set",      "partition", "subset",
                                              "data set", "data_set", NULL};
  const oc_csv *c = &r->csv;
  r->width = c->count;
  r->path = find_column(c, paths);
  r->label = find_column(c, labels);
  *named = r->path >= 0 || r->label >= 0;
  r->split = *named ? find_column(c, splits) : -1;
  if (*named && r->path < 0) r->path = remaining_column(r, r->label);
  if (*named && r->label < 0) r->label = remaining_column(r, r->path);
  if (!*named && (r->width == 2 || r->width == 3)) {
    r->path = 0, r->label = 1;
    r->split = r->width == 3 ? 2 : -1;
  }
  return r->path < 0 || r->label < 0 ? fail_columns(r, err) : OC_OK;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static oc_status cut_row(const reading *r, list_row *out, oc_error *err) {
  const oc_csv *c = &r->csv;
  if (c->count != r->width)
    return oc_csv_fail(c, c->line, err, "Put a field with a comma in it in quotes.",
                       "%d fields, but the first line has %d", c->count, r->width);
  *out =
      (list_row){c->fields[r->path], c->fields[r->label], r->split < 0 ? NULL : c->fields[r->split], c->line};
  return OC_OK;
}

/* What leads out of a folder or an archive that someone else made. */
static bool leads_out(const char *path) {
  if (*path == '/') return true;
  for (const char *at = path; *at;) {
    const size_t n = strcspn(at, "/\\");
    if (n == 2 && memcmp(at, "..", 2) == 0) return true;
    at += n + (at[n] != 0);
  }
  return false;
}

static oc_status check_row(const reading *r, const list_row *row, oc_split_part *part, oc_error *err) {
  const oc_csv *c = &r->csv;
  if (!*row->path) return oc_csv_fail(c, row->line, err, "Name the file.", "the path is empty");
  if (!*row->label)
    return oc_csv_fail(c, row->line, err, "Give each image a label, or leave its line out.",
                       "the label of '%.100s' is empty", row->path);
  if (strlen(row->label) > LABEL_MAX)
    return oc_csv_fail(c, row->line, err, "", "a label of more than %d bytes, '%.30s...'", LABEL_MAX,
                       row->label);
  if (r->place->files && leads_out(row->path))
    return oc_csv_fail(c, row->line, err, "Give the list itself to use it with such paths.",
                       "'%.100s' leads out of the folder of the list", row->path);
  *part = r->list->part;
  if (row->split && !oc_part_of(row->split, strlen(row->split), part))
    return oc_csv_fail(c, row->line, err, "Write train, valid or test.", "unknown split '%.60s'", row->split);
  return OC_OK;
}

static oc_status add_row(reading *r, const list_row *row, oc_error *err) {
  char room[PATH_ROOM];
  oc_entry entry = {0};
  oc_split_part part;
  TRY(check_row(r, row, &part, err));
  if (!oc_list_find(r->place, row->path, room, &entry))
    entry = (oc_entry){.path = row->path, .bytes = MISSING};
  if (r->count == ROWS_MAX)
    return oc_csv_fail(&r->csv, row->line, err, "Split it into several lists.", "more than %d images",
                       ROWS_MAX);
  if (!oc_memory_reserve(&r->rows, r->count, &r->capacity, sizeof *r->rows))
    return oc_fail_memory(err, 2 * (size_t)r->capacity * sizeof *r->rows);
  TRY(oc_items_add(r->items, &entry, (int32_t)r->count, part, err));
  r->rows[r->count++] = (labeled){row->label, r->index, (int32_t)row->line};
  return OC_OK;
}

/* True if the first row can be one of names that are unknown: no file, while the next row has one. */
static bool is_word(const char *text) {
  return !strpbrk(text, "./\\");
}

/* Takes the first row of images, and finds out by it where the files are. */
static oc_status take_first(reading *r, bool named, oc_error *err) {
  list_row first = {0};
  bool found = false;
  TRY(cut_row(r, &first, err));
  TRY(oc_list_locate(r->place, r->list, first.path, &found, err));
  if (found || named || !is_word(first.path)) return add_row(r, &first, err);
  TRY(oc_csv_next(&r->csv, err));
  list_row second = {0};
  if (r->csv.count) {
    TRY(cut_row(r, &second, err));
    TRY(oc_list_locate(r->place, r->list, second.path, &found, err));
  }
  if (!found) TRY(add_row(r, &first, err));
  return second.path ? add_row(r, &second, err) : OC_OK;
}

/* A list next to that of the training images, such as Kaggle's test.csv. */
static oc_status leave_out(const reading *r) {
  oc_items_note(r->items, "left out %.80s, which has no labels", r->list->name);
  return OC_OK;
}

static oc_status read_list(reading *r, oc_error *err) {
  enum { GO_ON_EVERY = 1024 };
  const oc_data_options *o = r->place->options;
  bool named = false;
  list_row row = {0};
  TRY(oc_csv_begin(&r->csv, r->list->where, r->list->bytes, r->list->size, err));
  TRY(oc_csv_next(&r->csv, err));
  if (r->csv.count) {
    const oc_status status = find_columns(r, &named, err);
    if (status != OC_OK && r->list->optional) return leave_out(r);
    TRY(status);
  }
  if (named) TRY(oc_csv_next(&r->csv, err));
  if (r->csv.count == 0)
    return oc_fail(err, OC_E_DATA, r->list->where, "Write a line `path,label` for each image.",
                   "names no images");
  TRY(take_first(r, named, err));
  if (*r->place->before || *r->place->after)
    oc_items_note(r->items, "the paths of %.80s stand for %.100sPATH%.30s", r->list->name, r->place->before,
                  r->place->after);
  for (;;) {
    TRY(oc_csv_next(&r->csv, err));
    if (r->csv.count == 0) return OC_OK;
    TRY(cut_row(r, &row, err));
    TRY(add_row(r, &row, err));
    if (r->count % GO_ON_EVERY == 0 && o->go_on && !o->go_on(o->context))
      return oc_fail(err, OC_E_INTERRUPTED, r->list->where, "", "interrupted");
  }
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static oc_status fail_missing(const reading *r, const oc_item *first, int64_t count, oc_error *err) {
  char more[64] = "";
  const labeled *from = &r->rows[first->label];
  if (count > 1) (void)snprintf(more, sizeof more, ", and %lld others of it neither", (long long)count - 1);
  return oc_fail(
      err, OC_E_NO_INPUT, r->lists[from->list].where,
      "Mend the paths, which begin in the folder of the list, or leave the images out with --skip.",
      "line %d: the file '%.150s' is not there%s", from->line, first->path, more);
}

static oc_status check_missing(const reading *r, oc_error *err) {
  const oc_item *first = NULL;
  int64_t count = 0;
  for (int64_t i = 0; i < r->items->count; i++) {
    const oc_item *item = &r->items->list[i];
    if (item->bytes != MISSING) continue;
    count++;
    if (!first || item->label < first->label) first = item;
  }
  return first ? fail_missing(r, first, count, err) : OC_OK;
}

/* By path, then in the order of the rows. */
static int compare_items(const void *a, const void *b) {
  const oc_item *x = a, *y = b;
  const int order = strcmp(x->path, y->path);
  return order ? order : (x->label > y->label) - (x->label < y->label);
}

static oc_status fail_twice(const reading *r, const oc_item *one, const oc_item *two, oc_error *err) {
  const labeled *first = &r->rows[one->label], *second = &r->rows[two->label];
  const bool labels = strcmp(first->label, second->label) != 0;
  return oc_fail(err, OC_E_DATA, r->lists[second->list].where,
                 "Keep one of the lines: an image has one label and is in one split.",
                 "line %d: '%.100s' has another %s than in line %d%s%.100s%s%.60s%s", second->line, two->path,
                 labels ? "label" : "split", first->line, first->list == second->list ? "" : " of ",
                 first->list == second->list ? "" : r->lists[first->list].name, labels ? ", '" : "",
                 labels ? first->label : "", labels ? "'" : "");
}

/* Keeps one of equal rows; refuses those that contradict each other. */
static oc_status drop_twice(reading *r, oc_error *err) {
  oc_items *items = r->items;
  int64_t kept = 0;
  if (items->count) qsort(items->list, (size_t)items->count, sizeof *items->list, compare_items);
  for (int64_t i = 0; i < items->count; i++) {
    const oc_item *last = kept ? &items->list[kept - 1] : NULL, *item = &items->list[i];
    if (!last || strcmp(last->path, item->path) != 0) {
      items->list[kept++] = *item;
      continue;
    }
    if (last->part != item->part || strcmp(r->rows[last->label].label, r->rows[item->label].label) != 0)
      return fail_twice(r, last, item, err);
    r->twice++;
  }
  items->count = kept;
  return OC_OK;
}

/* Names the classes in natural order, and gives each item the index of its own. */
static oc_status name_classes(reading *r, oc_error *err) {
  oc_items *items = r->items;
  const char **names = oc_memory_array((size_t)items->count + 1, sizeof *names);
  if (!names) return oc_fail_memory(err, (size_t)items->count * sizeof *names);
  for (int64_t i = 0; i < items->count; i++) names[i] = r->rows[items->list[i].label].label;
  const int count = (int)oc_names_sort(names, items->count);
  const oc_status status = oc_items_name_classes(items, names, count, err);
  for (int64_t i = 0; status == OC_OK && i < items->count; i++) {
    oc_item *item = &items->list[i];
    item->label = oc_names_find(names, count, r->rows[item->label].label);
  }
  oc_memory_free(names);
  return status;
}

static void write_notes(const reading *r, int64_t skipped) {
  oc_items *items = r->items;
  if (r->place->files) oc_items_note(items, "labels are those of %.80s", r->lists[0].name);
  if (r->twice) oc_items_note(items, "left out %lld lines that repeat others", (long long)r->twice);
  if (skipped) oc_items_note(items, "skipped %lld of the listed images", (long long)skipped);
}

static oc_status finish(reading *r, oc_error *err) {
  const char *skip = r->place->options->skip;
  int64_t skipped = 0;
  if (skip) TRY(oc_items_skip(r->items, skip, &skipped, err));
  TRY(check_missing(r, err));
  TRY(drop_twice(r, err));
  TRY(name_classes(r, err));
  oc_items_sort(r->items);
  write_notes(r, skipped);
  return OC_OK;
}

oc_status oc_items_from_lists(oc_items *items, oc_list *lists, int count, oc_list_place *place,
                              oc_error *err) {
  reading r = {.items = items, .lists = lists, .place = place};
  oc_status status = OC_OK;
  for (r.index = 0; r.index < count && status == OC_OK; r.index++) {
    r.list = &lists[r.index];
    status = read_list(&r, err);
  }
  if (status == OC_OK) status = finish(&r, err);
  oc_memory_free(r.rows);
  return status;
}
