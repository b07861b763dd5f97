/* file.c: reading whole files with a limit, and small helpers for paths. */
#include "base/file.h"
#include "base/memory.h"
#include "base/reader.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
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
  return oc_fail(err, OC_E_DATA, path, "Use a smaller file.",
                 "has more than %zu bytes, the most that is read here", limit);
}

enum { PIECE = 256 * 1024 }; /* read at once where someone watches */

typedef struct oc_bytes {
  unsigned char *data;
  size_t size, capacity;
  const oc_file_watch *watch; /* or NULL */
} oc_bytes;

static void tell(const oc_bytes *b, const unsigned char *data) {
  if (b->watch) b->watch->tell(b->watch->context, data, data ? b->size : 0);
}

static oc_status grow(oc_bytes *b, size_t capacity, oc_error *err) {
  unsigned char *data = oc_memory_unset(capacity);
  if (!data) return oc_fail_memory(err, capacity);
  if (b->size) memcpy(data, b->data, b->size);
  if (b->data) tell(b, NULL);
  oc_memory_free(b->data);
  b->data = data;
  b->capacity = capacity;
  return OC_OK;
}

/* Doubles from `first` on, so a small file cannot make us take much memory, whatever it says about itself.
 * Asks for one byte more than the limit, to see whether the content goes on. */
static oc_status pull_all(const char *path, size_t limit, size_t first, oc_pull_fn pull, void *from,
                          oc_bytes *b, oc_error *err) {
  const size_t most = limit < PTRDIFF_MAX - 2 ? limit + 2 : PTRDIFF_MAX; /* with the closing 0 */
  size_t got = 1;
  TRY(grow(b, first < most ? first : most, err));
  while (got > 0) {
    if (b->size + 1 == b->capacity) TRY(grow(b, b->capacity < most / 2 ? 2 * b->capacity : most, err));
    const size_t room = b->capacity - 1 - b->size;
    got = 0;
    TRY(pull(from, b->data + b->size, b->watch && room > PIECE ? PIECE : room, &got, err));
    b->size += got;
    tell(b, b->data);
    if (b->size > limit) return fail_limit(path, limit, err);
  }
  b->data[b->size] = 0;
  return OC_OK;
}

static oc_status hand_over(oc_status status, oc_bytes *b, unsigned char **bytes, size_t *size) {
  if (status != OC_OK) {
    tell(b, NULL);
    oc_memory_free(b->data);
    return status;
  }
  *bytes = b->data;
  *size = b->size;
  return OC_OK;
}

static oc_status read_descriptor(oc_descriptor *d, size_t limit, oc_bytes *b, oc_error *err) {
  struct stat st;
  if (fstat(d->fd, &st) != 0) return oc_fail_errno(err, OC_E_IO, d->path, "look at", "");
  if (S_ISDIR(st.st_mode))
    return oc_fail(err, OC_E_NO_INPUT, d->path, "Name a file inside it.", "is a folder, a file is needed");
  if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
    return oc_fail(err, OC_E_NO_INPUT, d->path, "Write it to a file first.",
                   "is neither a regular file nor a pipe");
  if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit) return fail_limit(d->path, limit, err);
  const size_t first = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 2 : 4096;
  return pull_all(d->path, limit, first, pull_descriptor, d, b, err);
}

oc_status oc_file_read_watched(const char *path, size_t limit, const oc_file_watch *watch,
                               unsigned char **bytes, size_t *size, oc_error *err) {
  *bytes = NULL;
  *size = 0;
  oc_descriptor d = {open(path, O_RDONLY | O_CLOEXEC), path};
  if (d.fd < 0) return oc_fail_errno(err, OC_E_NO_INPUT, path, "open", "Check the name of the file.");
  oc_bytes b = {.watch = watch};
  oc_status status = read_descriptor(&d, limit, &b, err);
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
  return stat(path, &st) == 0;
}

/* ---- one line at the end ------------------------------------------------------------------------------- */

static oc_status append_to(int fd, const char *path, const char *line, oc_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return oc_fail_errno(err, OC_E_IO, path, "look at", "");
  const struct iovec pieces[2] = {{(void *)(uintptr_t)line, strlen(line)}, {(void *)(uintptr_t) "\n", 1}};
  const ssize_t size = (ssize_t)pieces[0].iov_len + 1;
  ssize_t n;
  do n = writev(fd, pieces, 2);
  while (n < 0 && errno == EINTR);
  if (n == size && fsync(fd) == 0) return OC_OK;
  if (n >= 0 && n < size) errno = ENOSPC; /* a short write says no reason; this is the one there is */
  oc_status status = oc_fail_errno(err, OC_E_CANT_CREATE, path, "add a line", "Make room on the disk.");
  if (n > 0 && n < size && S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) != 0)
    return oc_fail(err, status, path, "Make room on the disk.", "cannot add a line: half of it was written");
  return status;
}

oc_status oc_file_append_line(const char *path, const char *line, oc_error *err) {
  const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0)
    return oc_fail_errno(err, OC_E_CANT_CREATE, path, "open for writing",
                         "Choose a folder you may write to.");
  oc_status status = append_to(fd, path, line, err);
  if (close(fd) != 0 && status == OC_OK) status = oc_fail_errno(err, OC_E_IO, path, "close", "");
  return status;
}

/* ---- folders and paths --------------------------------------------------------------------------------- */

static oc_status make_one(const char *path, oc_error *err) {
  struct stat st;
  if (mkdir(path, 0777) == 0) return OC_OK;
  const int cause = errno;
  if (stat(path, &st) == 0) {
    if (S_ISDIR(st.st_mode)) return OC_OK;
    return oc_fail(err, OC_E_CANT_CREATE, path, "Choose another name.", "is a file, a folder is needed");
  }
  errno = cause;
  return oc_fail_errno(err, OC_E_CANT_CREATE, path, "create the folder", "Choose a place you may write to.");
}

oc_status oc_folder_create(const char *path, oc_error *err) {
  char *copy = oc_memory_string(path);
  if (!copy) return oc_fail_memory(err, strlen(path) + 1);
  oc_status status = OC_OK;
  for (char *p = copy; *p && status == OC_OK; p++) {
    if (*p != '/' || p == copy || p[-1] == '/') continue;
    *p = 0;
    status = make_one(copy, err);
    *p = '/';
  }
  if (status == OC_OK) status = make_one(copy, err);
  oc_memory_free(copy);
  return status;
}

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
