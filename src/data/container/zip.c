/* zip.c: a zip archive as a container, read in place through its central directory by libzip. libzip lets one
 * thread at a time use an archive: threads take turns to copy the bytes of an entry, and inflate them and
 * compute their check sum at the same time.
 *
 * Entries that overlap, which makes small bombs large, need more compressed bytes than the file has. */
#include "base/library.h"
#include "base/memory.h"
#include "data/container/archive.h"
#include <pthread.h>
#include <string.h>

static bool zip_accepts(const char *path) {
  unsigned char first[4];
  return oc_archive_first(path, first, sizeof first) == sizeof first &&
         (memcmp(first, "PK\3\4", 4) == 0 || memcmp(first, "PK\5\6", 4) == 0);
}

#if OC_HAVE_ZIP && OC_HAVE_ZLIB
#include "base/inflate.h"
#include <sys/stat.h>
#include <zip.h>
#include <zlib.h>

/* clang-format off */
#define FUNCTIONS(X)                                                                                         \
  X(zip_open) X(zip_discard) X(zip_get_num_entries) X(zip_stat_index) X(zip_file_get_external_attributes)    \
  X(zip_fopen_index) X(zip_fread) X(zip_fclose) X(zip_strerror) X(zip_file_strerror) X(zip_error_init_with_code) \
  X(zip_error_strerror) X(zip_error_fini)
/* clang-format on */
typedef struct functions {
  FUNCTIONS(OC_LIBRARY_MEMBER)
} functions;
static const char *const names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};

typedef struct archive {
  functions f;
  char *path;
  uint64_t file_size;
  zip_t *zip;
  pthread_mutex_t turn;
  oc_go_on_fn go_on;
  void *context;
} archive;

static void zip_container_close(void *self) {
  archive *a = self;
  if (a->zip) a->f.zip_discard(a->zip);
  pthread_mutex_destroy(&a->turn);
  oc_memory_free(a->path);
  oc_memory_free(a);
}

static oc_status fail_open(archive *a, int code, oc_error *err) {
  zip_error_t e;
  if (code == ZIP_ER_MEMORY) return oc_fail_memory(err, 0);
  a->f.zip_error_init_with_code(&e, code);
  (void)oc_fail(err, OC_E_DATA, a->path, "Fetch the archive again; `unzip -t` tests it.", "corrupt zip: %s",
                a->f.zip_error_strerror(&e));
  a->f.zip_error_fini(&e);
  return OC_E_DATA;
}

static oc_status zip_container_open(const char *path, const oc_data_options *options, void **self,
                                    oc_error *err) {
  struct stat st;
  int code = 0;
  archive *a = *self = oc_memory_alloc(sizeof *a);
  if (!a) return oc_fail_memory(err, sizeof *a);
  pthread_mutex_init(&a->turn, NULL); /* cannot fail on Linux with default attributes */
  a->go_on = options->go_on;
  a->context = options->context;
  a->path = oc_memory_string(path);
  if (!a->path) return oc_fail_memory(err, strlen(path) + 1);
  TRY(oc_library_load(OC_LIBRARY_zip, path, names, &a->f, err));
  if (stat(path, &st) != 0) return oc_fail_errno(err, OC_E_IO, path, "read", "");
  a->file_size = (uint64_t)st.st_size;
  a->zip = a->f.zip_open(path, ZIP_RDONLY, &code);
  return a->zip ? OC_OK : fail_open(a, code, err);
}

/* ---- listing ------------------------------------------------------------------------------------------- */

enum {
  LOCAL = 30,      /* bytes of an entry besides its content and its name */
  CENTRAL = 46,    /* bytes of its record in the central directory, besides its name */
  UNIX_LINK = 0xA, /* of st_mode >> 12 */
  GO_ON_EVERY = 1024
};

static bool is_link(archive *a, zip_uint64_t index) {
  zip_uint8_t system;
  zip_uint32_t attributes;
  return a->f.zip_file_get_external_attributes(a->zip, index, 0, &system, &attributes) == 0 &&
         system == ZIP_OPSYS_UNIX && attributes >> 28 == UNIX_LINK;
}

/* Whatever no honest archive holds. */
static oc_status check_entry(archive *a, const zip_stat_t *s, oc_error *err) {
  if (s->encryption_method != ZIP_EM_NONE)
    return oc_archive_fail(a->path, s->name, "an encrypted entry, which is unsupported", err);
  if (s->comp_method != ZIP_CM_STORE && s->comp_method != ZIP_CM_DEFLATE)
    return oc_archive_fail(a->path, s->name, "unsupported compression: expected stored or deflated entries",
                           err);
  if (s->size / OC_ARCHIVE_RATIO > s->comp_size)
    return oc_archive_fail(a->path, s->name, "an entry over 1000 times as large as its compressed bytes",
                           err);
  if (s->comp_method == ZIP_CM_STORE && s->size != s->comp_size)
    return oc_archive_fail(a->path, s->name, "a stored entry of two sizes", err);
  if (is_link(a, s->index)) return oc_archive_fail(a->path, s->name, "a link, which is unsupported", err);
  return OC_OK;
}

/* `left`: bytes of the file that no entry has taken. */
static oc_status take_bytes(archive *a, const zip_stat_t *s, uint64_t *left, oc_error *err) {
  const uint64_t frame = LOCAL + CENTRAL + 2 * strlen(s->name);
  if (s->comp_size > *left || frame > *left - s->comp_size)
    return oc_archive_fail(a->path, s->name, "entries overlap: they need more bytes than the archive has",
                           err);
  *left -= s->comp_size + frame;
  return OC_OK;
}

static oc_status list_entry(archive *a, zip_uint64_t index, uint64_t *left, const oc_entry_sink *sink,
                            oc_error *err) {
  const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD |
                              ZIP_STAT_ENCRYPTION_METHOD | ZIP_STAT_CRC;
  zip_stat_t s;
  if (a->f.zip_stat_index(a->zip, index, 0, &s) != 0 || (s.valid & needed) != needed)
    return oc_fail(err, OC_E_DATA, a->path, "Fetch the archive again.", "corrupt zip: entry %llu: %s",
                   (unsigned long long)index, a->f.zip_strerror(a->zip));
  TRY(check_entry(a, &s, err));
  TRY(take_bytes(a, &s, left, err));
  const oc_entry entry = {.path = s.name, .bytes = s.size, .modified = (int64_t)s.crc, .position = index};
  return oc_archive_add(a->path, &entry, sink, err);
}

static oc_status zip_container_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  archive *a = self;
  uint64_t left = a->file_size;
  const zip_int64_t count = a->f.zip_get_num_entries(a->zip, 0);
  oc_status status = OC_OK;
  pthread_mutex_lock(&a->turn);
  for (zip_int64_t i = 0; status == OC_OK && i < count; i++) {
    status = list_entry(a, (zip_uint64_t)i, &left, sink, err);
    if (status == OC_OK && i % GO_ON_EVERY == 0 && a->go_on && !a->go_on(a->context))
      status = oc_fail(err, OC_E_INTERRUPTED, a->path, "", "interrupted");
  }
  pthread_mutex_unlock(&a->turn);
  return status;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* The bytes of an entry as they lie in the archive. */
typedef struct stored {
  bool deflated;
  uint64_t size;
  unsigned char *bytes;
} stored;

static oc_status read_stored(archive *a, const oc_entry *entry, zip_file_t *file, stored *s, oc_error *err) {
  uint64_t have = 0;
  zip_int64_t got = 1;
  while (have < s->size && got > 0) {
    got = a->f.zip_fread(file, s->bytes + have, s->size - have);
    if (got > 0) have += (uint64_t)got;
  }
  if (got < 0) return oc_archive_fail(a->path, entry->path, a->f.zip_file_strerror(file), err);
  if (have == s->size) return OC_OK;
  return oc_archive_fail(a->path, entry->path, "the archive is truncated", err);
}

/* All that needs libzip: one thread at a time. The caller frees s->bytes. */
static oc_status read_in_turn(archive *a, const oc_entry *entry, stored *s, oc_error *err) {
  zip_stat_t now;
  if (a->f.zip_stat_index(a->zip, entry->position, 0, &now) != 0)
    return oc_archive_fail(a->path, entry->path, a->f.zip_strerror(a->zip), err);
  s->deflated = now.comp_method == ZIP_CM_DEFLATE;
  s->size = now.comp_size; /* no more than the file has: the list checks it */
  s->bytes = oc_memory_alloc_uninitialized((size_t)s->size + 1);
  if (!s->bytes) return oc_fail_memory(err, (size_t)s->size + 1);
  zip_file_t *file = a->f.zip_fopen_index(a->zip, entry->position, ZIP_FL_COMPRESSED);
  if (!file) return oc_archive_fail(a->path, entry->path, a->f.zip_strerror(a->zip), err);
  const oc_status status = read_stored(a, entry, file, s, err);
  a->f.zip_fclose(file);
  return status;
}

/* Makes *bytes of what was read: takes it as it is, or inflates it. */
static oc_status unpack(const archive *a, const oc_entry *entry, stored *s, unsigned char **bytes,
                        oc_error *err) {
  const char *problem = NULL;
  const size_t size = (size_t)entry->bytes;
  if (!s->deflated) {
    *bytes = s->bytes;
    s->bytes = NULL;
    if (s->size != size) problem = "a stored entry of two sizes";
  } else {
    *bytes = oc_memory_alloc_uninitialized(size + 1);
    if (!*bytes) return oc_fail_memory(err, size + 1);
    TRY(oc_inflate(s->bytes, (size_t)s->size, *bytes, size, &problem, err));
  }
  if (!problem && crc32_z(0, *bytes, size) != (uint32_t)entry->modified)
    problem = "corrupt: its check sum is another one";
  (*bytes)[size] = 0;
  return problem ? oc_archive_fail(a->path, entry->path, problem, err) : OC_OK;
}

static oc_status zip_container_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes,
                                    size_t *size, oc_error *err) {
  archive *a = self;
  stored s = {0};
  char where[256];
  *bytes = NULL;
  *size = (size_t)entry->bytes;
  if (entry->bytes > limit)
    return oc_fail(err, OC_E_DATA, oc_container_where(a->path, entry->path, where), "",
                   "too large: %llu bytes, the limit is %zu", (unsigned long long)entry->bytes, limit);
  pthread_mutex_lock(&a->turn);
  oc_status status = read_in_turn(a, entry, &s, err);
  pthread_mutex_unlock(&a->turn);
  if (status == OC_OK) status = unpack(a, entry, &s, bytes, err);
  oc_memory_free(s.bytes);
  if (status != OC_OK) {
    oc_memory_free(*bytes);
    *bytes = NULL;
  }
  return status;
}
#else
static oc_status zip_container_open(const char *path, const oc_data_options *options, void **self,
                                    oc_error *err) {
  (void)options;
  *self = NULL;
  return oc_library_absent(OC_LIBRARY_zip, path, err);
}
static oc_status zip_container_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  (void)self, (void)sink, (void)err;
  return OC_OK;
}
static oc_status zip_container_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes,
                                    size_t *size, oc_error *err) {
  (void)self, (void)entry, (void)limit, (void)bytes, (void)size, (void)err;
  return OC_OK;
}
static void zip_container_close(void *self) {
  (void)self;
}
#endif

OC_DEFINE_CONTAINER(zip, .syntax = "FILE.zip", .summary = "the same in a zip archive, which is read in place",
                    .accepts = zip_accepts, .open = zip_container_open, .list = zip_container_list,
                    .read = zip_container_read, .close = zip_container_close);
