/* archive.h: what all archives are checked for. An archive is untrusted: whatever it may hold that no honest
 * one does is refused by name, before anything of it is used. */
#ifndef OC_DATA_CONTAINER_ARCHIVE_H
#define OC_DATA_CONTAINER_ARCHIVE_H
#include "data/container/container.h"

enum {
  OC_ARCHIVE_RATIO = 1000 /* an entry may be so many times as large as its compressed bytes */
};

/* An archive in a file, read with pread: from any thread. */
typedef struct oc_archive {
  char *path; /* as it was given, for messages */
  int fd;     /* of the file; -1: none */
  uint64_t size;
  oc_go_on_fn go_on;
  void *context;
} oc_archive;

/* Opens `file`, which holds the archive that is named `path`. The caller closes *out, also after a
 * failure. */
oc_status oc_archive_open(const char *path, const char *file, const oc_data_options *options, oc_archive *out,
                          oc_error *err);
void oc_archive_close(oc_archive *a);
/* Reads `size` bytes at a place; `path` is that of their entry, "" if they are of none. OC_E_DATA: the file
 * ends before. */
oc_status oc_archive_read(const oc_archive *a, const char *path, uint64_t at, void *to, size_t size,
                          oc_error *err);
/* Memory for the content of an entry of at most `limit` bytes, uninitialized, and a 0 after it. */
oc_status oc_archive_take(const oc_archive *a, const oc_entry *entry, size_t limit, unsigned char **bytes,
                          oc_error *err);
/* Fails as "ARCHIVE/PATH: problem". */
oc_status oc_archive_fail(const char *archive, const char *path, const char *problem, oc_error *err);
/* Passes an entry on, under its path without the '/' that ends those of folders, unless a component of it is
 * never data (oc_entry_is_hidden). Fails for an empty, absolute or too long path, and for one with `..`. */
oc_status oc_archive_add(const char *archive, const oc_entry *entry, const oc_entry_sink *sink,
                         oc_error *err);
/* tar.c: opens the archive in `file`, whose last `trailer` bytes are not its own, under the name `path`; the
 * three below are those of its container. */
oc_status oc_tar_open(const char *path, const char *file, size_t trailer, const oc_data_options *options,
                      void **self, oc_error *err);
oc_status oc_tar_list(void *self, const oc_entry_sink *sink, oc_error *err);
oc_status oc_tar_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes, size_t *size,
                      oc_error *err);
void oc_tar_close(void *self);
/* Reads up to `size` first bytes of a regular file; returns their number, 0 for anything else. */
size_t oc_archive_first(const char *path, unsigned char *first, size_t size);

#endif
