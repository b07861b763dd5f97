/* directory.c: a folder on disk as a container. Links are followed; a link to a folder that encloses it would
 * never end, and is refused. */
#include "base/file.h"
#include "base/memory.h"
#include "data/container/container.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 32, MAX_PATH = 4096, GO_ON_EVERY = 1024 };

typedef struct folder {
  char *path;
  int fd;
  oc_go_on_fn go_on;
  void *context;
} folder;

typedef struct walk {
  const folder *folder;
  const oc_entry_sink *sink;
  char path[MAX_PATH];      /* of the present entry, below the folder */
  dev_t devices[MAX_DEPTH]; /* of the folders that enclose it */
  ino_t inodes[MAX_DEPTH];
  int depth;
  int64_t seen;
} walk;

static bool folder_accepts(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void folder_close(void *self) {
  folder *f = self;
  if (f->fd >= 0) close(f->fd);
  oc_memory_free(f->path);
  oc_memory_free(f);
}

static oc_status folder_open(const char *path, const oc_data_options *options, void **self, oc_error *err) {
  folder *f = oc_memory_alloc(sizeof *f);
  if (!f) return oc_fail_memory(err, sizeof *f);
  *self = f;
  f->fd = -1;
  f->go_on = options->go_on;
  f->context = options->context;
  f->path = oc_memory_string(path);
  if (!f->path) return oc_fail_memory(err, strlen(path) + 1);
  f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return f->fd >= 0 ? OC_OK : oc_fail_errno(err, OC_E_NO_INPUT, path, "open", "");
}

/* ---- listing ------------------------------------------------------------------------------------------- */

static oc_status walk_folder(walk *w, int fd, oc_error *err);

static oc_status fail_here(const walk *w, const char *verb, oc_error *err) {
  char where[256];
  return oc_fail_errno(err, OC_E_IO, oc_container_where(w->folder->path, w->path, where), verb,
                       "Make it readable, or move it elsewhere.");
}

static oc_status refuse_here(const walk *w, const char *problem, const char *hint, oc_error *err) {
  char where[256];
  return oc_fail(err, OC_E_DATA, oc_container_where(w->folder->path, w->path, where), hint, "%s", problem);
}

/* Enters the folder at w->path; `st` is its status. */
static oc_status enter(walk *w, int parent, const char *name, const struct stat *st, oc_error *err) {
  for (int i = 0; i < w->depth; i++)
    if (w->devices[i] == st->st_dev && w->inodes[i] == st->st_ino)
      return refuse_here(w, "a link to a folder that it is in", "Remove the link.", err);
  if (w->depth == MAX_DEPTH) return refuse_here(w, "more than 32 folders in each other", "", err);
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_here(w, "open", err);
  w->devices[w->depth] = st->st_dev;
  w->inodes[w->depth++] = st->st_ino;
  const oc_status status = walk_folder(w, fd, err); /* closes fd */
  w->depth--;
  return status;
}

static oc_entry entry_of(const char *path, const struct stat *st) {
  const bool is_folder = S_ISDIR(st->st_mode);
  return (oc_entry){.path = path,
                    .is_folder = is_folder,
                    .bytes = is_folder ? 0 : (uint64_t)st->st_size,
                    .modified = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec};
}

/* An entry of the folder whose path is w->path[0 .. used-1]. Anything but files and folders is passed by. */
static oc_status visit(walk *w, int parent, const char *name, size_t used, oc_error *err) {
  struct stat st;
  const size_t size = strlen(name);
  if (used + size + 2 > MAX_PATH) return refuse_here(w, "a path of more than 4096 bytes", "", err);
  if (w->folder->go_on && ++w->seen % GO_ON_EVERY == 0 && !w->folder->go_on(w->folder->context))
    return oc_fail(err, OC_E_INTERRUPTED, w->folder->path, "", "interrupted");
  memcpy(w->path + used, name, size + 1);
  /* A link to nothing is listed too: reading it names it. */
  if (fstatat(parent, name, &st, 0) != 0 && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? OC_OK : fail_here(w, "read", err);
  if (S_ISLNK(st.st_mode)) st.st_mode = S_IFREG;
  const bool is_folder = S_ISDIR(st.st_mode);
  if (!is_folder && !S_ISREG(st.st_mode)) return OC_OK;
  const oc_entry entry = entry_of(w->path, &st);
  TRY(w->sink->add(w->sink->to, &entry, err));
  if (!is_folder) return OC_OK;
  memcpy(w->path + used + size, "/", 2);
  return enter(w, parent, name, &st, err);
}

static oc_status walk_folder(walk *w, int fd, oc_error *err) {
  DIR *stream = fdopendir(fd);
  oc_status status = OC_OK;
  const size_t used = strlen(w->path);
  if (!stream) {
    status = fail_here(w, "read", err);
    close(fd);
    return status;
  }
  const struct dirent *e;
  while (status == OC_OK && (errno = 0, e = readdir(stream)))
    if (!oc_entry_is_hidden(e->d_name)) status = visit(w, fd, e->d_name, used, err);
  w->path[used] = 0;
  if (status == OC_OK && errno) status = fail_here(w, "read", err);
  closedir(stream);
  return status;
}

static oc_status folder_list(void *self, const oc_entry_sink *sink, oc_error *err) {
  const folder *f = self;
  struct stat st;
  walk *w = oc_memory_alloc(sizeof *w);
  if (!w) return oc_fail_memory(err, sizeof *w);
  w->folder = f;
  w->sink = sink;
  oc_status status = fstat(f->fd, &st) == 0 ? enter(w, f->fd, ".", &st, err)
                                            : oc_fail_errno(err, OC_E_IO, f->path, "read", "");
  oc_memory_free(w);
  return status;
}

/* A path that the system does not let look at is taken too: reading it names the reason. */
static bool folder_find(void *self, const char *path, oc_entry *entry) {
  const folder *f = self;
  struct stat st = {0};
  if (fstatat(f->fd, path, &st, 0) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return false;
  } else if (!S_ISREG(st.st_mode)) {
    return false;
  }
  *entry = entry_of(path, &st);
  return true;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static oc_status folder_read(void *self, const oc_entry *entry, size_t limit, unsigned char **bytes,
                             size_t *size, oc_error *err) {
  const folder *f = self;
  /* a list may name a file elsewhere */
  char *path = entry->path[0] == '/' ? oc_memory_string(entry->path) : oc_path_join(f->path, entry->path);
  *bytes = NULL;
  if (!path) return oc_fail_memory(err, strlen(f->path) + strlen(entry->path) + 2);
  const oc_status status = oc_file_read(path, limit, bytes, size, err);
  oc_memory_free(path);
  return status;
}

OC_DEFINE_CONTAINER(directory, .syntax = "FOLDER", .summary = "a folder of images", .accepts = folder_accepts,
                    .open = folder_open, .list = folder_list, .find = folder_find, .read = folder_read,
                    .close = folder_close);
