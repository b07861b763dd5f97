/* scan_file.c: keeps the results of a scan in a file of the cache folder: a magic, the number of rows, for
 * each item the XXH3 of its path, its size, time and position, and its row, sorted by the first; then the
 * XXH3 of all that, in pieces. Native byte order: the folder belongs to one machine. A file that is not sound
 * is as good as none. */
#include "base/checked.h"
#include "base/file.h"
#include "base/reader.h"
#include "data/items/scan.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { AT_A_TIME = 1024 };
static const char magic[16] = "ocellus scan 2";

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

/* The items in the order of the records. */
typedef struct place {
  uint64_t path;
  int64_t index;
} place;

static int compare_places(const void *a, const void *b) {
  const place *x = a, *y = b;
  return x->path < y->path ? -1 : x->path > y->path;
}

/* A file in pieces of records: what is kept of a million images need not be in memory. */
typedef struct stream {
  const oc_items *items;
  place *places;
  uint64_t sum;
  struct head {
    char magic[16];
    uint64_t count;
  } head;
  record records[AT_A_TIME];
} stream;

static void close_stream(stream *s) {
  if (s) oc_memory_free(s->places);
  oc_memory_free(s);
}

static stream *open_stream(const oc_items *items) {
  stream *s = oc_memory_alloc(sizeof *s);
  if (!s) return NULL;
  s->items = items;
  s->places = oc_memory_array((size_t)items->count + 1, sizeof *s->places);
  if (!s->places) {
    close_stream(s);
    return NULL;
  }
  for (int64_t i = 0; i < items->count; i++)
    s->places[i] = (place){XXH3_64bits(items->list[i].path, strlen(items->list[i].path)), i};
  if (items->count) qsort(s->places, (size_t)items->count, sizeof *s->places, compare_places);
  return s;
}

/* ---- loading ------------------------------------------------------------------------------------------- */

static bool read_whole(oc_reader *r, void *to, size_t size) {
  size_t got;
  return oc_reader_read(r, to, size, &got, NULL) == OC_OK && got == size;
}

static void take_row(stream *s, int64_t *at, const record *found, oc_scan *scan, bool *done) {
  const place *places = s->places;
  while (*at < s->items->count && places[*at].path < found->path) ++*at;
  if (*at == s->items->count || places[*at].path != found->path) return;
  const int64_t index = places[*at].index;
  const record key = record_of(&s->items->list[index], NULL);
  if (found->bytes != key.bytes || found->modified != key.modified || found->position != key.position) return;
  scan->rows[index] = found->row;
  done[index] = true;
}

/* False if the file is not sound: what was taken of it counts for nothing. */
static bool load(stream *s, oc_reader *r, oc_scan *scan, bool *done) {
  uint64_t sum;
  int64_t at = 0;
  if (!read_whole(r, &s->head, sizeof s->head) || memcmp(s->head.magic, magic, sizeof magic) != 0)
    return false;
  s->sum = XXH3_64bits(&s->head, sizeof s->head);
  for (uint64_t left = s->head.count, n; left; left -= n) {
    n = left < AT_A_TIME ? left : AT_A_TIME;
    if (!read_whole(r, s->records, n * sizeof(record))) return false;
    s->sum = XXH3_64bits_withSeed(s->records, n * sizeof(record), s->sum);
    for (uint64_t i = 0; i < n; i++) take_row(s, &at, &s->records[i], scan, done);
  }
  return read_whole(r, &sum, sizeof sum) && sum == s->sum;
}

void oc_scan_load(const oc_items *items, const oc_data_options *options, oc_scan *scan, bool *done) {
  char *path = file_path(items, options);
  oc_reader *r = NULL;
  if (path && oc_file_exists(path) && oc_reader_open(path, &r, NULL) == OC_OK) {
    stream *s = open_stream(items);
    if (s && !load(s, r, scan, done)) memset(done, 0, (size_t)items->count * sizeof *done);
    close_stream(s);
  }
  oc_reader_close(r);
  oc_memory_free(path);
}

/* ---- saving -------------------------------------------------------------------------------------------- */

static oc_status save(stream *s, oc_writer *w, const oc_scan *scan) {
  const int64_t count = s->items->count;
  memcpy(s->head.magic, magic, sizeof magic);
  s->head.count = (uint64_t)count;
  s->sum = XXH3_64bits(&s->head, sizeof s->head);
  TRY(oc_writer_write(w, &s->head, sizeof s->head, NULL));
  for (int64_t at = 0; at < count; at += AT_A_TIME) {
    const int64_t n = oc_min_i64(AT_A_TIME, count - at);
    for (int64_t i = 0; i < n; i++) {
      const int64_t index = s->places[at + i].index;
      s->records[i] = record_of(&s->items->list[index], &scan->rows[index]);
    }
    s->sum = XXH3_64bits_withSeed(s->records, (size_t)n * sizeof(record), s->sum);
    TRY(oc_writer_write(w, s->records, (size_t)n * sizeof(record), NULL));
  }
  return oc_writer_write(w, &s->sum, sizeof s->sum, NULL);
}

void oc_scan_save(const oc_items *items, const oc_data_options *options, const oc_scan *scan) {
  char *path = file_path(items, options);
  stream *s = path ? open_stream(items) : NULL;
  oc_writer *w;
  if (s && oc_writer_open(path, &w, NULL) == OC_OK) {
    if (save(s, w, scan) == OC_OK)
      (void)oc_writer_commit(w, NULL);
    else
      oc_writer_abandon(w);
  }
  close_stream(s);
  oc_memory_free(path);
}
