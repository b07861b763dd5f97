/* zip.c: a zip archive as a container, read in place. One pass over the central directory lists it; an entry
 * is found again by the place of its record there.
 *
 * Entries that overlap, which makes small bombs large, need more compressed bytes than the file has. */
#include "base/memory.h"
#include "data/container/archive.h"
#include <string.h>

static bool zip_accepts(const char *path) {
  unsigned char first[4];
  return oc_archive_first(path, first, sizeof first) == sizeof first &&
         (memcmp(first, "PK\3\4", 4) == 0 || memcmp(first, "PK\5\6", 4) == 0);
}

#if OC_HAVE_ZLIB
#include "base/inflate.h"
#include "data/container/zip_directory.h"
#include <zlib.h>

enum { STORED = 0, DEFLATED = 8, WINDOW = 1 << 20, GO_ON_EVERY = 1024 };

typedef struct zip_archive {
  oc_archive file;
  oc_zip_directory directory;
} zip_archive;

static void zip_close(void *self) {
  zip_archive *a = self;
  oc_archive_close(&a->file);
  oc_memory_free(a);
}

static oc_status zip_open(const char *path, const oc_data_options *options, void **self, oc_error *err) {
  zip_archive *a = *self = oc_memory_alloc(sizeof *a);
  if (!a) return oc_fail_memory(err, sizeof *a);
  TRY(oc_archive_open(path, path, options, &a->file, err));
  return oc_zip_find_directory(&a->file, &a->directory, err);
}

/* ---- listing ------------------------------------------------------------------------------------------- */

/* Where the list is. */
typedef struct walk {
  const zip_archive *a;
  const oc_entry_sink *sink;
  uint64_t left;         /* bytes of the file that no entry has taken */
  uint64_t at;           /* of the next record, whose bytes begin at window[from] */
  size_t from, have;     /* window[from .. have-1] is not used up yet */
  unsigned char *window; /* of the directory */
  size_t room;
  oc_zip_record record;
} walk;

/* Whatever no honest archive holds. */
static const char *check_record(const zip_archive *a, const oc_zip_record *r) {
  if (r->encrypted) return "an encrypted entry, which is unsupported";
  if (r->method != STORED && r->method != DEFLATED)
    return "unsupported compression: expected stored or deflated entries";
  if (r->bytes / OC_ARCHIVE_RATIO > r->compressed)
    return "an entry over 1000 times as large as its compressed bytes";
  if (r->method == STORED && r->bytes != r->compressed) return "a stored entry of two sizes";
  if (r->is_link) return "a link, which is unsupported";
  if (r->local > a->directory.at || r->compressed > a->directory.at - r->local)
    return "corrupt zip: the entry is not before the directory";
  return NULL;
}

/* Counts the bytes that an entry must have in the file: its content, its local header, its record. */
static const char *take_bytes(walk *w, const oc_zip_record *r, size_t name) {
  const uint64_t needed = r->compressed + OC_ZIP_LOCAL + name + r->size; /* far below 2^64: checked above */
  if (needed > w->left) return "entries overlap: they need more bytes than the archive has";
  w->left -= needed;
  return NULL;
}

/* Moves the window until the next record is in it, or the end of the directory. */
static oc_status fill_window(walk *w, oc_error *err) {
  const oc_zip_directory *d = &w->a->directory;
  const uint64_t read = w->at + (w->have - w->from), rest = d->at + d->bytes - read;
  if (w->have - w->from >= OC_ZIP_RECORD_MAX || rest == 0) return OC_OK;
  memmove(w->window, w->window + w->from, w->have - w->from);
  w->have -= w->from;
  w->from = 0;
  const size_t more = rest < w->room - w->have ? (size_t)rest : w->room - w->have;
  TRY(oc_archive_read(&w->a->file, "", read, w->window + w->have, more, err));
  w->have += more;
  return OC_OK;
}

static oc_status list_entry(walk *w, oc_error *err) {
  oc_zip_record *r = &w->record;
  const oc_archive *file = &w->a->file;
  const char *problem;
  TRY(fill_window(w, err));
  const unsigned char *bytes = w->window + w->from;
  oc_zip_read_record(bytes, w->have - w->from, r, &problem);
  if (!problem) problem = check_record(w->a, r);
  if (!problem) problem = take_bytes(w, r, oc_zip_u16(bytes + 28));
  if (problem) return oc_archive_fail(file->path, r->path, problem, err);
  const oc_entry entry = {.path = r->path, .bytes = r->bytes, .modified = (int64_t)r->crc, .position = w->at};
  w->from += r->size;
  w->at += r->size;
  return oc_archive_add(file->path, &entry, w->sink, err);
}

static oc_status walk_all(walk *w, oc_error *err) {
  const oc_archive *file = &w->a->file;
  const oc_zip_directory *d = &w->a->directory;
  uint64_t count = 0;
  for (; w->at < d->at + d->bytes; count++) {
    if (count % GO_ON_EVERY == 0 && file->go_on && !file->go_on(file->context))
      return oc_fail(err, OC_E_INTERRUPTED, file->path, "", "interrupted");
    TRY(list_entry(w, err));
  }
  if (count == d->count) return OC_OK;
  return oc_fail(err, OC_E_DATA, file->path, "Fetch the archive again.",
                 "corrupt zip: its directory has %llu entries, its end says %llu", (unsigned long long)count,
                 (unsigned long long)d->count);
}

static oc_status zip_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  const zip_archive *a = self;
  const size_t room = a->directory.bytes < WINDOW ? (size_t)a->directory.bytes : WINDOW;
  walk *w = oc_memory_alloc(sizeof *w);
  if (!w) return oc_fail_memory(err, sizeof *w);
  *w = (walk){.a = a, .sink = sink, .left = a->file.size, .at = a->directory.at, .room = room};
  w->window = oc_memory_alloc_uninitialized(room + 1);
  const oc_status status = w->window ? walk_all(w, err) : oc_fail_memory(err, room + 1);
  oc_memory_free(w->window);
  oc_memory_free(w);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Reads the record of an entry again. */
static oc_status find_record(const zip_archive *a, const oc_entry *entry, oc_zip_record *out, oc_error *err) {
  unsigned char head[OC_ZIP_RECORD];
  const char *problem;
  TRY(oc_archive_read(&a->file, entry->path, entry->position, head, sizeof head, err));
  const size_t size = oc_zip_record_size(head);
  unsigned char *bytes = oc_memory_alloc_uninitialized(size);
  if (!bytes) return oc_fail_memory(err, size);
  oc_status status = oc_archive_read(&a->file, entry->path, entry->position, bytes, size, err);
  if (status == OC_OK) {
    oc_zip_read_record(bytes, size, out, &problem);
    if (!problem) problem = check_record(a, out); /* the file may have changed */
    if (problem) status = oc_archive_fail(a->file.path, entry->path, problem, err);
  }
  oc_memory_free(bytes);
  return status;
}

/* Where the content of an entry begins. */
static oc_status find_content(const zip_archive *a, const oc_entry *entry, const oc_zip_record *r,
                              uint64_t *at, oc_error *err) {
  unsigned char local[OC_ZIP_LOCAL];
  TRY(oc_archive_read(&a->file, entry->path, r->local, local, sizeof local, err));
  *at = r->local + OC_ZIP_LOCAL + oc_zip_u16(local + 26) + oc_zip_u16(local + 28);
  if (memcmp(local, "PK\3\4", 4) == 0 && *at <= a->directory.at && r->compressed <= a->directory.at - *at)
    return OC_OK;
  return oc_archive_fail(a->file.path, entry->path, "corrupt zip: the entry is not where the directory says",
                         err);
}

/* Makes the content of the bytes as they lie in the archive. */
static oc_status unpack(const oc_zip_record *r, const unsigned char *stored, unsigned char *to, size_t size,
                        const char **problem, oc_error *err) {
  *problem = NULL;
  if (r->method == DEFLATED) TRY(oc_inflate(stored, (size_t)r->compressed, to, size, problem, err));
  if (!*problem && crc32_z(0, to, size) != r->crc) *problem = "corrupt: its check sum is another one";
  return OC_OK;
}

/* `to` has room for size + 1 bytes. */
static oc_status read_content(const zip_archive *a, const oc_entry *entry, const oc_zip_record *r,
                              unsigned char *to, oc_error *err) {
  const size_t stored_size = (size_t)r->compressed;
  const char *problem = NULL;
  uint64_t at;
  TRY(find_content(a, entry, r, &at, err));
  unsigned char *stored = r->method == STORED ? to : oc_memory_alloc_uninitialized(stored_size + 1);
  if (!stored) return oc_fail_memory(err, stored_size + 1);
  oc_status status = oc_archive_read(&a->file, entry->path, at, stored, stored_size, err);
  if (status == OC_OK) status = unpack(r, stored, to, (size_t)r->bytes, &problem, err);
  to[r->bytes] = 0;
  if (status == OC_OK && problem) status = oc_archive_fail(a->file.path, entry->path, problem, err);
  if (stored != to) oc_memory_free(stored);
  return status;
}

static oc_status zip_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes,
                          size_t *size, oc_error *err) {
  const zip_archive *a = self;
  oc_zip_record *r = oc_memory_alloc(sizeof *r);
  *bytes = NULL;
  *size = (size_t)entry->bytes;
  if (!r) return oc_fail_memory(err, sizeof *r);
  oc_status status = find_record(a, entry, r, err);
  if (status == OC_OK && r->bytes != entry->bytes)
    status = oc_archive_fail(a->file.path, entry->path, "the archive has changed", err);
  if (status == OC_OK) status = oc_archive_take(&a->file, entry, limit, bytes, err);
  if (status == OC_OK) status = read_content(a, entry, r, *bytes, err);
  oc_memory_free(r);
  if (status != OC_OK) {
    oc_memory_free(*bytes);
    *bytes = NULL;
  }
  return status;
}
#else
static oc_status zip_open(const char *path, const oc_data_options *options, void **self, oc_error *err) {
  (void)options;
  *self = NULL;
  return oc_fail(err, OC_E_UNSUPPORTED, path, "Unpack it with unzip, or build with zlib.",
                 "zip is unsupported: this build has no zlib");
}
static oc_status zip_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  (void)self, (void)sink, (void)err;
  return OC_OK;
}
static oc_status zip_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes,
                          size_t *size, oc_error *err) {
  (void)self, (void)entry, (void)limit, (void)bytes, (void)size, (void)err;
  return OC_OK;
}
static void zip_close(void *self) {
  (void)self;
}
#endif

OC_DEFINE_CONTAINER(zip, .syntax = "FILE.zip", .summary = "the same in a zip archive, which is read in place",
                    .accepts = zip_accepts, .open = zip_open, .list = zip_list, .read = zip_read,
                    .close = zip_close);
