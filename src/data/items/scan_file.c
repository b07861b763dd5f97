/* scan_file.c: keeps the results of a scan in a file of the cache folder: a magic, the number of rows, for
 * each item the XXH3 of its path, its size, time and position, and its row; then the XXH3 of all that. Native
 * byte order: the folder belongs to one machine. A file that is not sound is as good as none. */
#include "base/file.h"
#include "base/text.h"
#include "data/items/scan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static const char magic[16] = "ocellus scan 1";

typedef struct record {
  uint64_t path, bytes, position;
  int64_t modified;
  oc_scan_row row;
  uint8_t unused[4]; /* no padding that differs */
} record;

static char *file_path(const oc_items *items, const oc_data_options *options) {
  char *path;
  (void)oc_cache_path(options, "scan", items->where, &path, NULL);
  return path;
}

static record record_of(const oc_item *item, const oc_scan_row *row) {
  record r;
  memset(&r, 0, sizeof r);
  r.path = XXH3_64bits(item->path, strlen(item->path));
  r.bytes = item->bytes;
  r.position = item->position;
  r.modified = item->modified;
  if (row) r.row = *row;
  return r;
}

static int compare_records(const void *a, const void *b) {
  const record *x = a, *y = b;
  return x->path < y->path ? -1 : x->path > y->path;
}

/* The records in a sound file, sorted by path; they are in `bytes`. */
static record *records_in(unsigned char *bytes, size_t size, uint64_t *count) {
  const size_t head = sizeof magic + sizeof *count;
  uint64_t sum;
  if (size < head + sizeof sum || memcmp(bytes, magic, sizeof magic) != 0) return NULL;
  memcpy(count, bytes + sizeof magic, sizeof *count);
  memcpy(&sum, bytes + size - sizeof sum, sizeof sum);
  if (*count != (size - head - sizeof sum) / sizeof(record)) return NULL;
  if ((size - head - sizeof sum) % sizeof(record) || XXH3_64bits(bytes, size - sizeof sum) != sum)
    return NULL;
  return (record *)(void *)memmove(bytes, bytes + head, *count * sizeof(record)); /* for their alignment */
}

static void take_rows(const oc_items *items, const record *records, uint64_t count, oc_scan *scan,
                      bool *done) {
  for (int64_t i = 0; i < items->count; i++) {
    const record key = record_of(&items->list[i], NULL);
    const record *found = bsearch(&key, records, count, sizeof key, compare_records);
    if (!found || found->bytes != key.bytes || found->modified != key.modified ||
        found->position != key.position)
      continue;
    scan->rows[i] = found->row;
    done[i] = true;
  }
}

void oc_scan_load(const oc_items *items, const oc_data_options *options, oc_scan *scan, bool *done) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  uint64_t count = 0;
  char *path = file_path(items, options);
  const size_t most = ((size_t)items->count * 2 + 1024) * sizeof(record);
  if (path && oc_file_exists(path) && oc_file_read(path, most, &bytes, &size, NULL) == OC_OK) {
    record *records = records_in(bytes, size, &count);
    if (records) take_rows(items, records, count, scan, done);
  }
  oc_memory_free(bytes);
  oc_memory_free(path);
}

void oc_scan_save(const oc_items *items, const oc_data_options *options, const oc_scan *scan) {
  char *path = file_path(items, options);
  record *records = path ? oc_memory_array((size_t)items->count, sizeof *records) : NULL;
  oc_text text = {0};
  if (records) {
    const uint64_t count = (uint64_t)items->count;
    for (int64_t i = 0; i < items->count; i++) records[i] = record_of(&items->list[i], &scan->rows[i]);
    qsort(records, (size_t)items->count, sizeof *records, compare_records);
    oc_text_add_bytes(&text, magic, sizeof magic);
    oc_text_add_bytes(&text, &count, sizeof count);
    oc_text_add_bytes(&text, records, (size_t)items->count * sizeof *records);
    const uint64_t sum = text.failed ? 0 : XXH3_64bits(text.data, text.size);
    oc_text_add_bytes(&text, &sum, sizeof sum);
    if (!text.failed) (void)oc_file_replace(path, text.data, text.size, NULL);
  }
  oc_text_release(&text);
  oc_memory_free(records);
  oc_memory_free(path);
}
