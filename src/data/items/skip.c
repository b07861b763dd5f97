/* skip.c: leaves the images of a list out, which a person made by hand or a program for one. */
#include "base/file.h"
#include "data/items/items.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_LIST = 256 << 20 };

typedef struct skip_list {
  char **names; /* sorted; they are in the bytes of the file */
  int64_t count;
} skip_list;

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int64_t count_lines(const unsigned char *bytes, size_t size) {
  int64_t lines = 1;
  for (size_t i = 0; i < size; i++) lines += bytes[i] == '\n';
  return lines;
}

/* Cuts the text into its lines. Empty ones and those that begin with # are none. */
static oc_status read_names(unsigned char *bytes, size_t size, skip_list *out, oc_error *err) {
  const size_t most = (size_t)count_lines(bytes, size);
  *out = (skip_list){.names = oc_memory_array(most, sizeof *out->names)};
  if (!out->names) return oc_fail_memory(err, most * sizeof *out->names);
  char *rest = (char *)bytes;
  while (rest) {
    char *line = rest, *end = strchr(rest, '\n');
    rest = end ? end + 1 : NULL;
    if (end) *end = 0;
    line[strcspn(line, "\r")] = 0;
    if (*line && *line != '#') out->names[out->count++] = line;
  }
  if (out->count) qsort(out->names, (size_t)out->count, sizeof *out->names, compare);
  return OC_OK;
}

static oc_status drop(oc_items *items, const skip_list *skip, int64_t *dropped, oc_error *err) {
  int64_t kept = 0;
  for (int64_t i = 0; i < items->count && skip->count; i++) {
    const size_t room = strlen(items->list[i].path) * (OC_ESCAPE_ROOM - 1) + 1;
    char *name = oc_memory_alloc(room);
    if (!name) return oc_fail_memory(err, room);
    oc_escape(items->list[i].path, name, room);
    if (!bsearch(&name, skip->names, (size_t)skip->count, sizeof *skip->names, compare))
      items->list[kept++] = items->list[i];
    oc_memory_free(name);
  }
  if (!skip->count) return OC_OK;
  *dropped = items->count - kept;
  items->count = kept;
  return OC_OK;
}

oc_status oc_items_skip(oc_items *items, const char *path, int64_t *dropped, oc_error *err) {
  unsigned char *bytes = NULL;
  size_t size;
  skip_list skip = {0};
  *dropped = 0;
  TRY(oc_file_read(path, MAX_LIST, &bytes, &size, err));
  oc_status status = read_names(bytes, size, &skip, err);
  if (status == OC_OK) status = drop(items, &skip, dropped, err);
  oc_memory_free(skip.names);
  oc_memory_free(bytes);
  return status;
}
