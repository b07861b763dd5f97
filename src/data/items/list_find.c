/* list_find.c: finds the files of a list. Its paths begin in the folder of the list. Where the first one is
 * not there, it may be a name alone, as in Kaggle's lists (`0001` for train/0001.tif): a file that ends with
 * it says what precedes and follows all of them. */
#include "data/items/list.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PATH_ROOM = 4096 };

bool oc_list_is_named(const char *path) {
  const char *dot = strrchr(path, '.');
  return dot && (strcasecmp(dot, ".csv") == 0 || strcasecmp(dot, ".tsv") == 0);
}

/* ---- one file ------------------------------------------------------------------------------------------ */

static int compare_path(const void *key, const void *item) {
  return strcmp(key, ((const oc_item *)item)->path);
}

static bool find_exactly(const oc_list_place *place, const char *path, oc_entry *entry) {
  const oc_items *files = place->files;
  if (!files) return place->container->kind->find(place->container->self, path, entry);
  const oc_item *item =
      files->count ? bsearch(path, files->list, (size_t)files->count, sizeof *item, compare_path) : NULL;
  if (item) *entry = oc_item_entry(item);
  return item != NULL;
}

bool oc_list_find(const oc_list_place *place, const char *path, char room[4096], oc_entry *entry) {
  while (strncmp(path, "./", 2) == 0) path += 2;
  const char *before = *place->before ? place->before : *path == '/' ? "" : place->folder;
  const int n = snprintf(room, PATH_ROOM, "%s%s%s", before, path, place->after);
  if (n < 0 || n >= PATH_ROOM) return false;
  bool found = find_exactly(place, room, entry);
  if (!found && strchr(room, '\\')) { /* as Windows writes paths */
    for (char *at = room; *at; at++)
      if (*at == '\\') *at = '/';
    found = find_exactly(place, room, entry);
  }
  entry->path = room;
  return found;
}

/* ---- what precedes and follows ------------------------------------------------------------------------- */

/* If `file` is FOLDER/PATH or FOLDER/PATH.ENDING, the bytes before PATH; else -1. */
static int64_t fits(const char *file, const char *path) {
  const size_t wanted = strlen(path), size = strlen(file);
  const char *slash = strrchr(file, '/'), *dot = strrchr(slash ? slash : file, '.');
  const size_t ends[] = {size, dot ? (size_t)(dot - file) : 0};
  for (int i = 0; i < 2; i++) {
    const size_t before = ends[i] - wanted;
    if (ends[i] >= wanted && memcmp(file + before, path, wanted) == 0 &&
        (before == 0 || file[before - 1] == '/'))
      return (int64_t)before;
  }
  return -1;
}

/* True if a folder before the path begins with the first word of the list's name: train/ of train.csv. */
static bool shares_word(const char *file, int64_t before, const char *name) {
  const size_t word = strcspn(name, "_-. ");
  for (const char *at = file; at < file + before; at += strcspn(at, "/") + 1)
    if (strcspn(at, "_-. /") == word && strncasecmp(at, name, word) == 0) return true;
  return false;
}

typedef struct candidates {
  const char *best, *second; /* two that fit equally well */
  bool shares;
} candidates;

static candidates find_candidates(const oc_items *files, const oc_list *list, const char *path) {
  candidates c = {0};
  for (int64_t i = 0; i < files->count; i++) {
    const char *file = files->list[i].path;
    const int64_t before = oc_list_is_named(file) ? -1 : fits(file, path); /* not of an image */
    if (before < 0) continue;
    const bool shares = shares_word(file, before, list->name);
    if (c.best && shares == c.shares && !c.second) c.second = file;
    if (!c.best || (shares && !c.shares)) c = (candidates){.best = file, .shares = shares};
  }
  return c;
}

static oc_status search(oc_list_place *place, const oc_items *files, const oc_list *list, const char *path,
                        bool *found, oc_error *err) {
  const candidates c = find_candidates(files, list, path);
  if (c.second)
    return oc_fail(err, OC_E_DATA, list->where, "Write the paths from the folder of the list on.",
                   "'%.80s' can be %.100s or %.100s", path, c.best, c.second);
  if (!c.best) return OC_OK;
  const int64_t before = fits(c.best, path);
  const char *after = c.best + before + strlen(path);
  if (before >= (int64_t)sizeof place->before || strlen(after) >= sizeof place->after) return OC_OK;
  (void)snprintf(place->before, sizeof place->before, "%.*s", (int)before, c.best);
  (void)snprintf(place->after, sizeof place->after, "%s", after);
  *found = true;
  return OC_OK;
}

static oc_status collect(void *to, const oc_entry *entry, oc_error *err) {
  return entry->is_folder ? OC_OK : oc_items_add(to, entry, 0, OC_PART_TRAIN, err);
}

/* Lists the folder of the list for the search. One that cannot be listed has no file that fits. */
static oc_status list_and_search(oc_list_place *place, const oc_list *list, const char *path, bool *found,
                                 oc_error *err) {
  oc_items files = {0};
  const oc_entry_sink sink = {collect, &files};
  oc_status status = place->container->kind->list(place->container->self, &sink, err);
  if (status == OC_OK)
    status = search(place, &files, list, path, found, err);
  else if (status != OC_E_MEMORY && status != OC_E_INTERRUPTED)
    status = OC_OK;
  oc_items_release(&files);
  return status;
}

oc_status oc_list_locate(oc_list_place *place, const oc_list *list, const char *path, bool *found,
                         oc_error *err) {
  char room[PATH_ROOM];
  oc_entry entry;
  place->before[0] = place->after[0] = 0;
  *found = oc_list_find(place, path, room, &entry);
  if (*found || !*path || *path == '/') return OC_OK;
  return place->files ? search(place, place->files, list, path, found, err)
                      : list_and_search(place, list, path, found, err);
}
