/* targz.c: a tar archive compressed with gzip. It is unpacked once into a file of the cache folder, which is
 * a plain tar archive and a trailer that says of which file it is. gzip's own field of the size is not used:
 * the bytes that come out are counted. Copies that nobody used for a month make room for a new one. */
#include "base/file.h"
#include "base/memory.h"
#include "base/reader.h"
#include "data/container/archive.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { CHUNK = 1 << 18, RATIO = 200, ALWAYS = 64 << 20, DAYS_KEPT = 30 };

typedef struct trailer {
  char magic[16];
  uint64_t bytes; /* of the compressed file, */
  int64_t modified, seconds;
  uint64_t device, inode;
} trailer;

/* By its name and gzip's first bytes: to look at the tar archive in it takes memory, which may be missing. */
static bool targz_accepts(const char *path) {
  static const char *const endings[] = {".tar.gz", ".tgz", NULL};
  unsigned char first[2];
  const size_t size = strlen(path);
  for (int i = 0; endings[i]; i++) {
    const size_t length = strlen(endings[i]);
    if (size > length && strcasecmp(path + size - length, endings[i]) == 0)
      return oc_archive_first(path, first, 2) == 2 && memcmp(first, "\x1f\x8b", 2) == 0;
  }
  return false;
}

/* ---- what is there already ----------------------------------------------------------------------------- */

static oc_status trailer_of(const char *path, trailer *out, oc_error *err) {
  struct stat st;
  if (stat(path, &st) != 0) return oc_fail_errno(err, OC_E_IO, path, "read", "");
  memset(out, 0, sizeof *out);
  memcpy(out->magic, "ocellus untar 1", 16);
  out->bytes = (uint64_t)st.st_size;
  out->seconds = (int64_t)st.st_mtim.tv_sec;
  out->modified = (int64_t)st.st_mtim.tv_nsec;
  out->device = (uint64_t)st.st_dev;
  out->inode = (uint64_t)st.st_ino;
  return OC_OK;
}

static bool is_current(const char *file, const trailer *expected) {
  trailer found;
  size_t size;
  int fd;
  if (!oc_file_exists(file) || oc_file_open(file, &fd, &size, NULL) != OC_OK) return false;
  const bool same = size > sizeof found &&
                    pread(fd, &found, sizeof found, (off_t)(size - sizeof found)) == sizeof found &&
                    memcmp(&found, expected, sizeof found) == 0;
  close(fd);
  return same;
}

/* ---- unpacking ----------------------------------------------------------------------------------------- */

static oc_status refuse(const char *path, const char *problem, oc_error *err) {
  char hint[400];
  (void)snprintf(hint, sizeof hint, "Unpack it with `tar xzf %.300s`, and give the folder.", path);
  return oc_fail(err, OC_E_DATA, path, hint, "%s", problem);
}

/* Removes what dead processes left in the folder of a file, and old copies. Returns half of what is free on
 * its disk. */
static uint64_t make_room(const char *file) {
  struct statvfs disk;
  char folder[4096];
  (void)snprintf(folder, sizeof folder, "%s", file);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = 0;
  oc_folder_clean(folder);
  oc_folder_expire(folder, DAYS_KEPT);
  if (statvfs(folder, &disk) != 0) return 0;
  return (uint64_t)disk.f_bavail * disk.f_frsize / 2;
}

static oc_status check_bytes(const oc_reader *r, const char *path, uint64_t bytes, uint64_t room,
                             oc_error *err) {
  if (bytes > ALWAYS && bytes / RATIO > oc_reader_file_size(r))
    return refuse(path, "unpacked it is over 200 times as large as the file", err);
  if (bytes > room)
    return refuse(path, "unpacked it needs more than half of the free space of the cache folder's disk", err);
  return OC_OK;
}

static oc_status copy_all(oc_reader *r, oc_writer *w, const char *path, uint64_t room,
                          const oc_data_options *options, oc_error *err) {
  uint64_t bytes = 0;
  size_t got = CHUNK;
  oc_status status = OC_OK;
  unsigned char *chunk = oc_memory_alloc_uninitialized(CHUNK);
  if (!chunk) return oc_fail_memory(err, CHUNK);
  while (status == OC_OK && got == CHUNK) {
    if (options->go_on && !options->go_on(options->context))
      status = oc_fail(err, OC_E_INTERRUPTED, path, "", "interrupted");
    if (options->progress)
      options->progress(options->context, "Unpacking", (int64_t)oc_reader_position(r),
                        (int64_t)oc_reader_file_size(r));
    if (status == OC_OK) status = oc_reader_read(r, chunk, CHUNK, &got, err);
    if (status == OC_OK) status = check_bytes(r, path, bytes += got, room, err);
    if (status == OC_OK) status = oc_writer_write(w, chunk, got, err);
  }
  oc_memory_free(chunk);
  return status;
}

/* Replaces `file` whole, or leaves it as it was. */
static oc_status unpack(const char *path, const char *file, const trailer *end,
                        const oc_data_options *options, oc_error *err) {
  const uint64_t room = make_room(file);
  oc_reader *r;
  oc_writer *w = NULL;
  TRY(oc_reader_open(path, &r, err));
  oc_status status = check_bytes(r, path, oc_reader_file_size(r), room, err);
  if (status == OC_OK) status = oc_writer_open(file, &w, err);
  if (status == OC_OK) status = copy_all(r, w, path, room, options, err);
  if (status == OC_OK) status = oc_writer_write(w, end, sizeof *end, err);
  oc_reader_close(r);
  if (status == OC_OK) return oc_writer_commit(w, err);
  oc_writer_abandon(w);
  return status;
}

static oc_status targz_open(const char *path, const oc_data_options *options, void **self, oc_error *err) {
  trailer end;
  char *file;
  *self = NULL;
  TRY(trailer_of(path, &end, err));
  TRY(oc_cache_path(options, "untar", path, &file, err));
  if (!file) return refuse(path, "a compressed archive, and there is no cache folder to unpack it to", err);
  oc_status status = OC_OK;
  if (is_current(file, &end))
    oc_file_touch(file);
  else
    status = unpack(path, file, &end, options, err);
  if (status == OC_OK) status = oc_tar_open(path, file, sizeof end, options, self, err);
  oc_memory_free(file);
  return status;
}

OC_DEFINE_CONTAINER(targz, .syntax = "FILE.tar.gz",
                    .summary = "the same in a compressed tar archive, which is unpacked to the cache folder",
                    .accepts = targz_accepts, .open = targz_open, .list = oc_tar_list, .read = oc_tar_read,
                    .close = oc_tar_close);
