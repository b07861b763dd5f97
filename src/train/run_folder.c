/* run_folder.c: see run_folder.h. */
#include "train/run_folder.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY   "Wait until it ends, or choose another folder."
#define BESIDE ".ocellus-new"
#define OLD    ".ocellus-old"

/* ---- the files of a run -------------------------------------------------------------------------------- */

static bool is_of_run(const char *name) {
  static const char *const names[] = {"run.json",      "last.safetensors", "model.safetensors",
                                      "metrics.jsonl", "images.list",      "evaluation.json"};
  static const char epoch[] = "epoch-", end[] = ".safetensors";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) return true;
  const size_t digits = strspn(name + strnlen(name, sizeof epoch - 1), "0123456789");
  return strncmp(name, epoch, sizeof epoch - 1) == 0 && digits > 0 &&
         strcmp(name + sizeof epoch - 1 + digits, end) == 0;
}

/* The name of a file that shows that `folder` holds a run; "" if it holds none. */
static void find_run(const char *folder, char name[64]) {
  DIR *d = opendir(folder);
  const struct dirent *entry;
  name[0] = 0;
  while (d && (entry = readdir(d)) && !name[0])
    if (is_of_run(entry->d_name)) (void)snprintf(name, 64, "%.60s", entry->d_name);
  if (d) closedir(d);
}

/* Removes the run that `folder` holds, moves what else is there to `heir` (NULL: leaves it). Never
 * overwrites: a name that both have stays where it is. */
static void empty_run(const char *folder, const char *heir) {
  oc_folder_clean(folder);
  DIR *d = opendir(folder);
  const int to = d && heir ? open(heir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  const struct dirent *entry;
  while (d && (entry = readdir(d))) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (is_of_run(name))
      (void)unlinkat(dirfd(d), name, 0);
    else if (to >= 0)
      (void)renameat2(dirfd(d), name, to, name, RENAME_NOREPLACE);
  }
  if (to >= 0) close(to);
  if (d) closedir(d);
}

static void remove_run(const char *folder, const char *heir) {
  empty_run(folder, heir);
  (void)rmdir(folder); /* unless something is left in it */
}

/* ---- locks --------------------------------------------------------------------------------------------- */

static bool is_at(int fd, const char *path) {
  struct stat a, b;
  return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The folder may be removed or replaced between opening and locking: then once more. */
static oc_status take_lock(const char *path, const char *shown, int *lock, oc_error *err) {
  for (;;) {
    const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return oc_fail_output(err, shown, "open", "");
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const oc_status status =
          errno == EWOULDBLOCK
              ? oc_fail(err, OC_E_CANT_CREATE, shown, BUSY, "another training run is writing to this folder")
              : oc_fail_output(err, shown, "lock", "");
      close(fd);
      return status;
    }
    if (is_at(fd, path)) {
      *lock = fd;
      return OC_OK;
    }
    close(fd);
  }
}

static void give_back(int *lock) {
  if (*lock >= 0) close(*lock);
  *lock = -1;
}

/* ---- next to the folder -------------------------------------------------------------------------------- */

/* "/a/b/.c.ocellus-new" for "/a/b/c"; NULL: no memory. */
static char *beside(const char *path, const char *ending) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') length--;
  size_t folder = length;
  while (folder > 0 && path[folder - 1] != '/') folder--;
  oc_text text = {0};
  oc_text_add(&text, "%.*s.%.*s%s", (int)folder, path, (int)(length - folder), path + folder, ending);
  return oc_text_take(&text);
}

/* A process died between two renames: the new run takes its place, or the old one goes back. */
static oc_status close_gap(const char *path, const char *fresh, const char *old, oc_error *err) {
  int lock = -1;
  struct stat st;
  if (lstat(path, &st) == 0 || lstat(old, &st) != 0) return OC_OK;
  TRY(take_lock(old, path, &lock, err)); /* or it is alive */
  if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
    (void)renameat2(AT_FDCWD, old, AT_FDCWD, path, RENAME_NOREPLACE);
  give_back(&lock);
  return OC_OK;
}

/* Removes what dead processes left next to `path`, whose lock we hold. */
static void clear_beside(const char *path, const char *left) {
  int lock = -1;
  if (take_lock(left, left, &lock, NULL) != OC_OK) return;
  remove_run(left, path);
  give_back(&lock);
}

typedef oc_status (*repair_fn)(const char *path, const char *fresh, const char *old, oc_error *err);

static oc_status clear_both(const char *path, const char *fresh, const char *old, oc_error *err) {
  (void)err;
  clear_beside(path, fresh);
  clear_beside(path, old);
  return OC_OK;
}

static oc_status repair(const char *path, repair_fn repair_file, oc_error *err) {
  char *real = oc_path_real(path);
  char *fresh = beside(real ? real : path, BESIDE), *old = beside(real ? real : path, OLD);
  const oc_status status = fresh && old ? repair_file(real ? real : path, fresh, old, err)
                                        : oc_fail_memory(err, strlen(path) + sizeof BESIDE);
  oc_memory_free(fresh);
  oc_memory_free(old);
  oc_memory_free(real);
  return status;
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static oc_status make_run_folder(oc_run_folder *r, oc_error *err) {
  struct stat st;
  r->made = stat(r->path, &st) != 0;
  TRY(oc_folder_create(r->path, err));
  return take_lock(r->path, r->path, &r->lock, err);
}

/* Finds out why two folders cannot be exchanged, before an epoch is spent. */
static oc_status check_replaceable(const oc_run_folder *r, oc_error *err) {
  struct stat here, folder, above;
  char *up = oc_path_join(r->real, "..");
  if (!up) return oc_fail_memory(err, strlen(r->real) + 4);
  const bool known = stat(".", &here) == 0 && stat(r->real, &folder) == 0 && stat(up, &above) == 0;
  oc_memory_free(up);
  if (known && here.st_dev == folder.st_dev && here.st_ino == folder.st_ino)
    return oc_fail(err, OC_E_CANT_CREATE, r->path,
                   "Start from another folder, or choose another one for the run.",
                   "cannot replace the current folder");
  if (known && (folder.st_dev != above.st_dev || folder.st_ino == above.st_ino))
    return oc_fail(err, OC_E_CANT_CREATE, r->path, "Choose a folder inside it.",
                   "cannot replace a mount point");
  return OC_OK;
}

/* Takes the old run, and makes a folder next to it. */
static oc_status open_beside(oc_run_folder *r, oc_error *err) {
  r->old_lock = r->lock;
  r->lock = -1;
  r->real = oc_path_real(r->path);
  if (!r->real) return oc_fail_output(err, r->path, "find", "");
  TRY(check_replaceable(r, err));
  oc_memory_free(r->work);
  r->work = beside(r->real, BESIDE);
  if (!r->work) return oc_fail_memory(err, strlen(r->real) + sizeof BESIDE);
  if (mkdir(r->work, 0777) != 0) return oc_fail_output(err, r->work, "create the folder", "");
  r->made = r->filled = true;
  return take_lock(r->work, r->work, &r->lock, err);
}

/* A resumed run must be there. */
static oc_status find_run_folder(oc_run_folder *r, oc_error *err) {
  struct stat st;
  if (stat(r->path, &st) != 0)
    return oc_fail_errno(err, OC_E_NO_INPUT, r->path, "open", "Name the folder of a run.");
  if (!S_ISDIR(st.st_mode))
    return oc_fail(err, OC_E_NO_INPUT, r->path, "Name the folder of a run.", "not a folder");
  return take_lock(r->path, r->path, &r->lock, err);
}

oc_status oc_run_folder_open(const char *path, oc_run_kind kind, oc_run_folder *r, oc_error *err) {
  char found[64];
  *r = OC_NO_RUN_FOLDER;
  r->path = oc_memory_string(path);
  r->work = oc_memory_string(path);
  if (!r->path || !r->work) return oc_fail_memory(err, strlen(path) + 1);
  TRY(repair(path, close_gap, err));
  TRY(kind == OC_RUN_RESUME ? find_run_folder(r, err) : make_run_folder(r, err));
  TRY(repair(path, clear_both, err));
  oc_folder_clean(path);
  if (kind == OC_RUN_RESUME) return OC_OK;
  find_run(path, found);
  if (found[0] && kind == OC_RUN_REPLACE) return open_beside(r, err);
  if (found[0])
    return oc_fail(err, OC_E_CANT_CREATE, path, "Resume it, replace it, or choose another folder.",
                   "already holds a run (%s)", found);
  r->filled = true;
  return OC_OK;
}

/* ---- taking its place ---------------------------------------------------------------------------------- */

bool oc_run_folder_waits(const oc_run_folder *r) {
  return r->old_lock >= 0;
}

/* Afterwards the old run is at `old`. */
static oc_status rename_twice(const oc_run_folder *r, const char *old, oc_error *err) {
  if (rename(r->real, old) != 0) return oc_fail_output(err, r->path, "rename the old run", "");
  if (rename(r->work, r->real) == 0) return OC_OK;
  const oc_status status = oc_fail_output(err, r->path, "put the new run in its place", "");
  (void)rename(old, r->real);
  return status;
}

/* Tells in *left where the old run is now: the caller frees it. */
static oc_status change_places(oc_run_folder *r, char **left, oc_error *err) {
  *left = oc_memory_string(r->work);
  char *old = beside(r->real, OLD), *path = oc_memory_string(r->path);
  oc_status status = *left && old && path ? OC_OK : oc_fail_memory(err, strlen(r->real) + sizeof OLD);
  if (status == OC_OK &&
      (r->two_renames || renameat2(AT_FDCWD, r->work, AT_FDCWD, r->real, RENAME_EXCHANGE) != 0)) {
    if (!r->two_renames && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
      status = oc_fail_output(err, r->path, "put the new run in its place", "");
    else
      status = rename_twice(r, old, err);
    if (status == OC_OK) {
      oc_memory_free(*left);
      *left = old;
      old = NULL;
    }
  }
  oc_memory_free(old);
  if (status == OC_OK) {
    oc_memory_free(r->work);
    r->work = path;
    return OC_OK;
  }
  oc_memory_free(path);
  return status;
}

oc_status oc_run_folder_take_place(oc_run_folder *r, oc_error *err) {
  char *left = NULL, *up = oc_path_join(r->real, "..");
  oc_status status = up ? change_places(r, &left, err) : oc_fail_memory(err, strlen(r->real) + 4);
  if (status == OC_OK) {
    (void)oc_folder_sync(up);
    remove_run(left, r->real);
    give_back(&r->old_lock);
  }
  oc_memory_free(left);
  oc_memory_free(up);
  return status;
}

void oc_run_folder_close(oc_run_folder *r, bool keep) {
  if (r->filled && (!keep || oc_run_folder_waits(r))) {
    empty_run(r->work, NULL);
    if (r->made) (void)rmdir(r->work);
  }
  give_back(&r->lock);
  give_back(&r->old_lock);
  oc_memory_free(r->path);
  oc_memory_free(r->work);
  oc_memory_free(r->real);
  *r = OC_NO_RUN_FOLDER;
}
