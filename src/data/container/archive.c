/* archive.c: opens and reads archives, and what all of them are checked for. */
#include "data/container/archive.h"
#include "base/file.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNPACK "Fetch the archive again, or unpack it and look at what it holds."
enum { PATH_ROOM = 4096 };

oc_status oc_archive_fail(const char *archive, const char *path, const char *problem, oc_error *err) {
  char where[256];
  return oc_fail(err, OC_E_DATA, oc_container_where(archive, path, where), UNPACK, "%s", problem);
}

oc_status oc_archive_open(const char *path, const char *file, const oc_data_options *options, oc_archive *out,
                          oc_error *err) {
  size_t size;
  *out = (oc_archive){.fd = -1, .go_on = options->go_on, .context = options->context};
  out->path = oc_memory_string(path);
  if (!out->path) return oc_fail_memory(err, strlen(path) + 1);
  TRY(oc_file_open(file, &out->fd, &size, err));
  out->size = size;
  return OC_OK;
}

void oc_archive_close(oc_archive *a) {
  if (a->fd >= 0) close(a->fd);
  oc_memory_free(a->path);
  *a = (oc_archive){.fd = -1};
}

oc_status oc_archive_read(const oc_archive *a, const char *path, uint64_t at, void *to, size_t size,
                          oc_error *err) {
  for (size_t have = 0; have < size;) {
    const ssize_t got = pread(a->fd, (char *)to + have, size - have, (off_t)(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return oc_fail_errno(err, OC_E_IO, a->path, "read", "");
    if (got == 0) return oc_archive_fail(a->path, path, "the archive is truncated", err);
    have += (size_t)got;
  }
  return OC_OK;
}

oc_status oc_archive_take(const oc_archive *a, const oc_entry *entry, size_t limit, unsigned char **bytes,
                          oc_error *err) {
  char where[256];
  const size_t size = (size_t)entry->bytes;
  *bytes = NULL;
  if (entry->bytes > limit)
    return oc_fail(err, OC_E_DATA, oc_container_where(a->path, entry->path, where), "",
                   "too large: %llu bytes, the limit is %zu", (unsigned long long)entry->bytes, limit);
  *bytes = oc_memory_alloc_uninitialized(size + 1);
  if (!*bytes) return oc_fail_memory(err, size + 1);
  (*bytes)[size] = 0;
  return OC_OK;
}

static oc_status check_path(const char *archive, const char *path, oc_error *err) {
  if (strlen(path) >= PATH_ROOM) return oc_archive_fail(archive, path, "a path of more than 4095 bytes", err);
  if (!*path) return oc_archive_fail(archive, path, "an entry without a name", err);
  if (*path == '/') /* which as a place would not name the archive */
    return oc_fail(err, OC_E_DATA, archive, UNPACK, "an entry with an absolute path, '%.150s'", path);
  for (const char *at = path; *at;) {
    const size_t n = strcspn(at, "/");
    if (n == 2 && memcmp(at, "..", 2) == 0)
      return oc_archive_fail(archive, path, "an entry whose path leads out of the archive by '..'", err);
    at += n + (at[n] == '/');
  }
  return OC_OK;
}

static bool is_hidden(const char *path) {
  for (const char *at = path; *at; at += strspn(at, "/")) {
    if (oc_entry_is_hidden(at)) return true;
    at += strcspn(at, "/");
  }
  return false;
}

oc_status oc_archive_add(const char *archive, const oc_entry *entry, const oc_entry_sink *sink,
                         oc_error *err) {
  char path[PATH_ROOM];
  oc_entry added = *entry;
  TRY(check_path(archive, entry->path, err));
  if (is_hidden(entry->path)) return OC_OK;
  size_t length = strlen(entry->path);
  memcpy(path, entry->path, length + 1);
  if (path[length - 1] == '/') added.is_folder = true;
  while (path[length - 1] == '/') path[--length] = 0; /* it does not begin with one */
  added.path = path;
  if (added.is_folder) added.bytes = 0;
  return sink->add(sink->to, &added, err);
}

size_t oc_archive_first(const char *path, unsigned char *first, size_t size) {
  struct stat st;
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = 0;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) got = pread(fd, first, size, 0);
  close(fd);
  return got > 0 ? (size_t)got : 0;
}
