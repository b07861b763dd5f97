/* folder.c: makes folders, and removes what dead processes left in them, or what nobody needs any more. */
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static oc_status make_one(const char *path, oc_error *err) {
  struct stat st;
  if (mkdir(path, 0777) == 0) return OC_OK;
  const int cause = errno;
  if (stat(path, &st) == 0) {
    if (S_ISDIR(st.st_mode)) return OC_OK;
    return oc_fail(err, OC_E_CANT_CREATE, path, "Choose another name.", "expected a folder, got a file");
  }
  if (cause != EEXIST) errno = cause; /* else a dangling link: stat gives the reason */
  return oc_fail_output(err, path, "create the folder", "");
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

/* ".ocellus-PID-COUNT.tmp": a name that the writer gives. */
static bool is_temporary(const char *name) {
  static const char begin[] = ".ocellus-", end[] = ".tmp";
  const size_t length = strlen(name), least = sizeof begin + sizeof end - 2;
  return length > least && strncmp(name, begin, sizeof begin - 1) == 0 && strcmp(name + length - 4, end) == 0;
}

/* The writer holds a lock on its file until it has renamed it, or is dead. */
static void remove_stale(int folder, const char *name) {
  struct stat st;
  const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
    (void)unlinkat(folder, name, 0);
  close(fd);
}

void oc_folder_clean(const char *path) {
  DIR *d = opendir(path);
  if (!d) return;
  const struct dirent *entry;
  while ((entry = readdir(d)))
    if (is_temporary(entry->d_name)) remove_stale(dirfd(d), entry->d_name);
  closedir(d);
}

void oc_folder_expire(const char *path, int days) {
  const time_t oldest = time(NULL) - (time_t)days * 24 * 60 * 60;
  struct stat st;
  DIR *d = opendir(path);
  if (!d) return;
  const struct dirent *entry;
  while ((entry = readdir(d)))
    if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        st.st_mtim.tv_sec < oldest)
      (void)unlinkat(dirfd(d), entry->d_name, 0);
  closedir(d);
}

void oc_file_touch(const char *path) {
  (void)utimensat(AT_FDCWD, path, NULL, 0);
}

bool oc_folder_sync(const char *path) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return true; /* a folder one may write to but not read */
  const bool failed =
      fsync(fd) != 0 && errno == EIO; /* file systems that cannot sync a folder return EINVAL */
  close(fd);
  return !failed;
}

char *oc_path_real(const char *path) {
  char real[PATH_MAX];
  if (!realpath(path, real)) return NULL;
  char *copy = oc_memory_string(real);
  if (!copy) errno = ENOMEM;
  return copy;
}
