/* npz.c: the arrays of a .npz archive. An array is unpacked whole before it is read. */
#include "data/source/npz.h"
#include "base/error.h"
#include "data/container/archive.h"
#include <string.h>

enum { ARRAYS_MAX = 64, NAME_ROOM = 64 };

typedef struct array {
  char path[NAME_ROOM]; /* "x_train.npy" */
  oc_entry entry;       /* without its path */
} array;

struct oc_npz {
  oc_container zip;
  int count;
  array arrays[ARRAYS_MAX];
};

/* A local header has 30 bytes: the length of the name at 26, then the name. */
bool oc_npz_known(const char *path) {
  unsigned char first[128];
  const size_t got = oc_archive_first(path, first, sizeof first);
  if (got < 30 || memcmp(first, "PK\3\4", 4) != 0) return false;
  const size_t length = first[26] | (size_t)first[27] << 8;
  return length >= 4 && 30 + length <= got && memcmp(first + 26 + length, ".npy", 4) == 0;
}

static oc_status add_array(void *to, const oc_entry *entry, oc_error *err) {
  oc_npz *z = to;
  const size_t length = strlen(entry->path);
  if (entry->is_folder || length < 4 || length >= NAME_ROOM || strcmp(entry->path + length - 4, ".npy") != 0)
    return OC_OK;
  for (int i = 0; i < z->count; i++)
    if (strcmp(z->arrays[i].path, entry->path) == 0)
      return oc_archive_fail(z->zip.path, entry->path, "two entries of this name", err);
  if (z->count == ARRAYS_MAX)
    return oc_fail(err, OC_E_DATA, z->zip.path, "Save fewer arrays.", "too many arrays: the limit is %d",
                   ARRAYS_MAX);
  array *a = &z->arrays[z->count++];
  memcpy(a->path, entry->path, length + 1);
  a->entry = *entry;
  a->entry.path = a->path;
  return OC_OK;
}

oc_status oc_npz_open(const char *path, const oc_data_options *options, oc_npz **out, oc_error *err) {
  oc_npz *z = *out = oc_memory_alloc(sizeof *z);
  if (!z) return oc_fail_memory(err, sizeof *z);
  TRY(oc_container_open(path, options, &z->zip, err));
  const oc_entry_sink sink = {add_array, z};
  return z->zip.kind->list(z->zip.self, &sink, err);
}

void oc_npz_close(oc_npz *z) {
  if (!z) return;
  oc_container_close(&z->zip);
  oc_memory_free(z);
}

static const array *find(const oc_npz *z, const char *name) {
  const size_t length = strlen(name);
  for (int i = 0; i < z->count; i++)
    if (strncmp(z->arrays[i].path, name, length) == 0 && strcmp(z->arrays[i].path + length, ".npy") == 0)
      return &z->arrays[i];
  return NULL;
}

bool oc_npz_has(const oc_npz *z, const char *name) {
  return find(z, name) != NULL;
}

/* Bytes in memory as a stream. */
typedef struct memory {
  const unsigned char *at;
  size_t left;
} memory;

static oc_status read_memory(void *context, void *to, size_t size, size_t *got, oc_error *err) {
  memory *m = context;
  (void)err;
  *got = size < m->left ? size : m->left;
  memcpy(to, m->at, *got);
  m->at += *got;
  m->left -= *got;
  return OC_OK;
}

oc_status oc_npz_read(oc_npz *z, const char *name,
                      oc_status (*read)(const oc_npy_bytes *, const oc_data_options *, oc_store *,
                                        oc_error *),
                      const oc_data_options *how, oc_store *store, oc_error *err) {
  const array *a = find(z, name);
  char where[256];
  unsigned char *bytes;
  size_t size;
  TRY(z->zip.kind->read(z->zip.self, &a->entry, how->max_bytes, &bytes, &size, err));
  memory m = {bytes, size};
  const oc_npy_bytes from = {oc_container_where(z->zip.path, a->path, where), {read_memory, &m}, size};
  const oc_status status = read(&from, how, store, err);
  oc_memory_free(bytes);
  return status;
}
