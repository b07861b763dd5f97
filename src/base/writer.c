/* writer.c: replaces a file as a whole or not at all. The new content goes to a temporary file in the same
 * folder (rename works inside one file system only), reaches the disk, and then takes the name in one
 * step. */
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_SIZE 64 /* ".ocellus-PID-COUNT.tmp" */
#define MAX_TRIES      10000

struct oc_writer {
  char *path, *temporary;
  int fd;
};

static void writer_free(oc_writer *w) {
  if (w->fd >= 0) close(w->fd);
  oc_memory_free(w->path);
  oc_memory_free(w->temporary);
  oc_memory_free(w);
}

static size_t folder_length(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Devices, pipes and folders must not be replaced by a file. A symbolic link is replaced itself. */
static oc_status check_target(const char *path, mode_t *mode, oc_error *err) {
  struct stat st;
  *mode = 0;
  if (path[folder_length(path)] == 0)
    return oc_fail(err, OC_E_CANT_CREATE, path, "Add a file name.", "has no file name");
  if (lstat(path, &st) != 0) return OC_OK;
  if (S_ISREG(st.st_mode)) {
    *mode = st.st_mode & 0777;
    return OC_OK;
  }
  if (S_ISLNK(st.st_mode)) return OC_OK;
  return oc_fail(err, OC_E_CANT_CREATE, path, "Choose another name.", "cannot replace %s",
                 S_ISDIR(st.st_mode) ? "a folder" : "a file of a special kind");
}

/* A temporary file is locked as long as it is being written: one that can be locked is what a dead process
 * left (see folder.c), and may be removed at any moment; so also this one, until the lock is there. */
static bool lock_temporary(int fd) {
  struct stat st;
  (void)flock(fd, LOCK_EX); /* a file system without locks keeps such files */
  return fstat(fd, &st) != 0 || st.st_nlink > 0;
}

/* open decides whether the name is free, so two concurrent programs cannot get the same one. */
static oc_status open_temporary(oc_writer *w, oc_error *err) {
  const size_t length = folder_length(w->path);
  w->temporary = oc_memory_alloc(length + TEMPORARY_SIZE);
  if (!w->temporary) return oc_fail_memory(err, length + TEMPORARY_SIZE);
  memcpy(w->temporary, w->path, length);
  for (int i = 0; i < MAX_TRIES && w->fd < 0; i++) {
    snprintf(w->temporary + length, TEMPORARY_SIZE, ".ocellus-%ld-%d.tmp", (long)getpid(), i);
    w->fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (w->fd < 0 && errno != EEXIST && errno != EINTR) break;
    if (w->fd < 0 || lock_temporary(w->fd)) continue;
    close(w->fd);
    w->fd = -1;
  }
  return w->fd >= 0 ? OC_OK : oc_fail_output(err, w->path, "create", "");
}

static oc_status start_writer(oc_writer *w, oc_error *err) {
  mode_t mode;
  TRY(check_target(w->path, &mode, err));
  TRY(open_temporary(w, err));
  if (mode && fchmod(w->fd, mode) != 0) {
    oc_status status = oc_fail_output(err, w->path, "keep the permissions", "");
    unlink(w->temporary);
    return status;
  }
  return OC_OK;
}

oc_status oc_writer_open(const char *path, oc_writer **out, oc_error *err) {
  *out = NULL;
  oc_writer *w = oc_memory_alloc(sizeof *w);
  if (!w) return oc_fail_memory(err, sizeof *w);
  w->fd = -1;
  w->path = oc_memory_string(path);
  oc_status status = w->path ? start_writer(w, err) : oc_fail_memory(err, strlen(path) + 1);
  if (status == OC_OK)
    *out = w;
  else
    writer_free(w);
  return status;
}

static oc_status fail_write(const oc_writer *w, const char *verb, oc_error *err) {
  const int cause = errno; /* oc_file_exists may change it */
  const bool old = oc_file_exists(w->path);
  errno = cause;
  return oc_fail_output(err, w->path, verb, old ? "; the old file is unchanged" : "; no file was made");
}

oc_status oc_writer_write(oc_writer *w, const void *bytes, size_t size, oc_error *err) {
  struct iovec left = {(void *)(uintptr_t)bytes, size};
  while (left.iov_len > 0) {
    const ssize_t n = oc_output_write(w->fd, &left, 1);
    if (n < 0) return fail_write(w, "write", err);
    left.iov_base = (char *)left.iov_base + n;
    left.iov_len -= (size_t)n;
  }
  return OC_OK;
}

/* Makes the new name itself survive a power cut. */
static oc_status sync_folder(oc_writer *w, oc_error *err) {
  char *folder = w->temporary; /* gone by now, and in the same folder */
  folder[folder_length(folder)] = 0;
  if (oc_folder_sync(folder[0] ? folder : ".")) return OC_OK;
  return oc_fail(err, OC_E_IO, w->path, "Check the disk.",
                 "written, but syncing the folder failed; the file may not survive a power failure");
}

static oc_status finish_writer(oc_writer *w, oc_error *err) {
  if (fsync(w->fd) != 0) return fail_write(w, "write to the disk", err);
  const int fd = w->fd;
  w->fd = -1;
  if (close(fd) != 0) return fail_write(w, "close", err);
  if (rename(w->temporary, w->path) != 0) return fail_write(w, "rename to this name", err);
  return OC_OK;
}

oc_status oc_writer_commit(oc_writer *w, oc_error *err) {
  oc_status status = finish_writer(w, err);
  if (status == OC_OK)
    status = sync_folder(w, err);
  else
    unlink(w->temporary);
  writer_free(w);
  return status;
}

void oc_writer_abandon(oc_writer *w) {
  if (!w) return;
  unlink(w->temporary);
  writer_free(w);
}

oc_status oc_file_replace(const char *path, const void *bytes, size_t size, oc_error *err) {
  oc_writer *w = NULL;
  TRY(oc_writer_open(path, &w, err));
  oc_status status = oc_writer_write(w, bytes, size, err);
  if (status == OC_OK) return oc_writer_commit(w, err);
  oc_writer_abandon(w);
  return status;
}
