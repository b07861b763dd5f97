/* file.c: reads whole files with a limit, and has small helpers for paths. */
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/reader.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the bytes come from: fills up to `size`, *got 0 at the end. */
typedef oc_status (*oc_pull_fn)(void *from, void *to, size_t size, size_t *got, oc_error *err);

typedef struct oc_descriptor {
  int fd;
  const char *path;
} oc_descriptor;

static oc_status pull_descriptor(void *from, void *to, size_t size, size_t *got, oc_error *err) {
  const oc_descriptor *d = from;
  ssize_t n;
  do n = read(d->fd, to, size);
  while (n < 0 && errno == EINTR);
  if (n < 0) return oc_fail_errno(err, OC_E_IO, d->path, "read", "");
  *got = (size_t)n;
  return OC_OK;
}

static oc_status pull_reader(void *from, void *to, size_t size, size_t *got, oc_error *err) {
  return oc_reader_read(from, to, size, got, err);
}

static oc_status fail_limit(const char *path, size_t limit, oc_error *err) {
  return oc_fail(err, OC_E_DATA, path, "Use a smaller file.", "file is too large: the limit is %zu bytes",
                 limit);
}

enum { PIECE = 256 * 1024 }; /* read in one piece if a file watch is set */

typedef struct oc_bytes {
  unsigned char *data;
  size_t size, capacity;
  const oc_file_watch *watch; /* or NULL */
} oc_bytes;

static void notify_progress(const oc_bytes *b, const unsigned char *data) {
  if (b->watch) b->watch->tell(b->watch->context, data, data ? b->size : 0);
}

static oc_status grow_bytes(oc_bytes *b, size_t capacity, oc_error *err) {
  unsigned char *data = oc_memory_alloc_uninitialized(capacity);
  if (!data) return oc_fail_memory(err, capacity);
  if (b->size) memcpy(data, b->data, b->size);
  if (b->data) notify_progress(b, NULL);
  oc_memory_free(b->data);
  b->data = data;
  b->capacity = capacity;
  return OC_OK;
}

/* Doubles from `first` on, so a small file cannot cause a large allocation, whatever size it claims. Requests
 * one byte more than the limit, to detect longer content. */
static oc_status pull_all(const char *path, size_t limit, size_t first, oc_pull_fn pull, void *from,
                          oc_bytes *b, oc_error *err) {
  const size_t most = limit < PTRDIFF_MAX - 2 ? limit + 2 : PTRDIFF_MAX; /* with the closing 0 */
  size_t got = 1;
  TRY(grow_bytes(b, first < most ? first : most, err));
  while (got > 0) {
    if (b->size + 1 == b->capacity) TRY(grow_bytes(b, b->capacity < most / 2 ? 2 * b->capacity : most, err));
    const size_t room = b->capacity - 1 - b->size;
    got = 0;
    TRY(pull(from, b->data + b->size, b->watch && room > PIECE ? PIECE : room, &got, err));
    b->size += got;
    notify_progress(b, b->data);
    if (b->size > limit) return fail_limit(path, limit, err);
  }
  b->data[b->size] = 0;
  return OC_OK;
}

static oc_status hand_over(oc_status status, oc_bytes *b, unsigned char **bytes, size_t *size) {
  if (status != OC_OK) {
    notify_progress(b, NULL);
    oc_memory_free(b->data);
    return status;
  }
  *bytes = b->data;
  *size = b->size;
  return OC_OK;
}

oc_status oc_file_read_watched(const char *path, size_t limit, const oc_file_watch *watch,
                               unsigned char **bytes, size_t *size, oc_error *err) {
  *bytes = NULL;
  *size = 0;
  oc_descriptor d = {-1, path};
  size_t known;
  TRY(oc_file_open(path, &d.fd, &known, err));
  oc_bytes b = {.watch = watch};
  oc_status status = known > limit
                         ? fail_limit(path, limit, err)
                         : pull_all(path, limit, known ? known + 2 : 4096, pull_descriptor, &d, &b, err);
  close(d.fd);
  return hand_over(status, &b, bytes, size);
}

oc_status oc_file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size, oc_error *err) {
  return oc_file_read_watched(path, limit, NULL, bytes, size, err);
}

oc_status oc_file_read_gzip(const char *path, size_t limit, unsigned char **bytes, size_t *size,
                            oc_error *err) {
  *bytes = NULL;
  *size = 0;
  oc_reader *r = NULL;
  TRY(oc_reader_open(path, &r, err));
  oc_bytes b = {0};
  const size_t most = oc_reader_most(r);
  oc_status status = pull_all(path, limit, most < 4094 ? most + 2 : 4096, pull_reader, r, &b, err);
  oc_reader_close(r);
  return hand_over(status, &b, bytes, size);
}

bool oc_file_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG);
}

/* ---- one line at the end ------------------------------------------------------------------------------- */

static oc_status write_line(int fd, const char *line) {
  struct iovec pieces[2] = {{(void *)(uintptr_t)line, strlen(line)}, {(void *)(uintptr_t) "\n", 1}};
  while (pieces[1].iov_len > 0) {
    const ssize_t n = oc_output_write(fd, pieces, 2);
    if (n < 0) return OC_E_IO;
    const size_t first = (size_t)n < pieces[0].iov_len ? (size_t)n : pieces[0].iov_len;
    pieces[0].iov_base = (char *)pieces[0].iov_base + first;
    pieces[0].iov_len -= first;
    pieces[1].iov_len -= (size_t)n - first;
  }
  return fsync(fd) == 0 ? OC_OK : OC_E_IO;
}

/* Half a line is taken back. */
static oc_status append_to(int fd, const char *path, const char *line, oc_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return oc_fail_errno(err, OC_E_IO, path, "look at", "");
  if (write_line(fd, line) == OC_OK) return OC_OK;
  const oc_status status = oc_fail_output(err, path, "append a line", "");
  if (S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) != 0)
    return oc_fail(err, status, path, "Free some disk space.",
                   "cannot append a line: only a part of it was written");
  return status;
}

oc_status oc_file_append_line(const char *path, const char *line, oc_error *err) {
  const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0) return oc_fail_output(err, path, "open for writing", "");
  oc_status status = append_to(fd, path, line, err);
  if (close(fd) != 0 && status == OC_OK) status = oc_fail_errno(err, OC_E_IO, path, "close", "");
  return status;
}

/* ---- paths --------------------------------------------------------------------------------------------- */

char *oc_path_join(const char *folder, const char *name) {
  const size_t a = strlen(folder), b = strlen(name);
  const bool slash = a > 0 && folder[a - 1] != '/';
  char *path = oc_memory_alloc(a + slash + b + 1);
  if (!path) return NULL;
  memcpy(path, folder, a);
  if (slash) path[a] = '/';
  memcpy(path + a + slash, name, b);
  return path;
}
