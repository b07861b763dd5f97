/* fetch.c: gets published data sets. The bytes of FILE go to FILE.part, which is locked, and is renamed when
 * its size and hash are right: no partial or wrong file ever has the name FILE. */
#include "data/fetch/fetch.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/output.h"
#include "base/sha256.h"
#include "data/fetch/curl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAID = 200, ATTEMPTS = 4 };

/* A file on its way. */
typedef struct transfer {
  const oc_published_file *file;
  const oc_fetch_options *options;
  char *path, *part;
  char address[512];
  int fd;        /* of the part */
  uint64_t have; /* bytes of it */
  oc_sha256 hash;
  char said[SAID]; /* by curl, about the last attempt */
} transfer;

static oc_status tell(const transfer *t, oc_fetch_state state, oc_error *err) {
  const oc_fetch_event event = {.file = t->file->name,
                                .address = state == OC_FETCH_PRESENT ? NULL : t->address,
                                .done = state == OC_FETCH_RUNNING ? t->have : t->file->bytes,
                                .bytes = t->file->bytes,
                                .state = state};
  if (!t->options->watch || t->options->watch(t->options->context, &event)) return OC_OK;
  return oc_fail(err, OC_E_INTERRUPTED, t->file->name, "Fetch it again: it continues where it ended.",
                 "stopped");
}

/* ---- the part ------------------------------------------------------------------------------------------ */

static oc_status start_over(transfer *t, oc_error *err) {
  t->have = 0;
  oc_sha256_init(&t->hash);
  if (ftruncate(t->fd, 0) == 0 && lseek(t->fd, 0, SEEK_SET) == 0) return OC_OK;
  return oc_fail_output(err, t->part, "write", "");
}

/* Hashes what an earlier call left; more than the file has is of no use. */
static oc_status read_part(transfer *t, oc_error *err) {
  enum { PIECE = 1 << 16 };
  unsigned char bytes[PIECE];
  ssize_t got;
  oc_sha256_init(&t->hash);
  while ((got = read(t->fd, bytes, sizeof bytes)) > 0 && t->have + (uint64_t)got <= t->file->bytes) {
    oc_sha256_add(&t->hash, bytes, (size_t)got);
    t->have += (uint64_t)got;
  }
  if (got < 0) return oc_fail_errno(err, OC_E_IO, t->part, "read", "");
  return got > 0 ? start_over(t, err) : OC_OK;
}

static oc_status open_part(transfer *t, oc_error *err) {
  struct stat st;
  t->fd = open(t->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
  if (t->fd < 0) return oc_fail_output(err, t->part, "create", "");
  if (fstat(t->fd, &st) != 0 || !S_ISREG(st.st_mode))
    return oc_fail(err, OC_E_CANT_CREATE, t->part, "Move it away.", "not a regular file");
  if (flock(t->fd, LOCK_EX | LOCK_NB) != 0)
    return oc_fail(err, OC_E_CANT_CREATE, t->part, "Wait until the other one ends.",
                   "another process is fetching this file");
  return read_part(t, err);
}

/* The bytes that are needed; the transfer ends with the last one, whatever else may come. */
static oc_status take(void *context, unsigned char *bytes, size_t size, bool *enough, oc_error *err) {
  transfer *t = context;
  const uint64_t needed = t->file->bytes - t->have;
  if (size > needed) size = (size_t)needed;
  for (size_t done = 0; done < size;) {
    const struct iovec piece = {bytes + done, size - done};
    const ssize_t wrote = oc_output_write(t->fd, &piece, 1);
    if (wrote < 0) return oc_fail_output(err, t->part, "write", "");
    done += (size_t)wrote;
  }
  oc_sha256_add(&t->hash, bytes, size);
  t->have += size;
  *enough = t->have == t->file->bytes;
  return tell(t, OC_FETCH_RUNNING, err);
}

/* ---- attempts ------------------------------------------------------------------------------------------ */

/* Gives the file its name if it is what was published; else the part starts over. */
static oc_status finish(transfer *t, bool *good, oc_error *err) {
  oc_sha256 hash = t->hash;
  char hex[65];
  oc_sha256_hex(&hash, hex);
  *good = strcmp(hex, t->file->sha256) == 0;
  if (!*good) {
    (void)snprintf(t->said, sizeof t->said, "wrong content: SHA-256 is %.16s.., expected %.16s..", hex,
                   t->file->sha256);
    return start_over(t, err);
  }
  if (fsync(t->fd) != 0 || rename(t->part, t->path) != 0) return oc_fail_output(err, t->path, "write", "");
  return tell(t, OC_FETCH_DONE, err);
}

/* One run of curl. *again: it is worth another one with this address. */
static oc_status attempt(transfer *t, bool *good, bool *again, oc_error *err) {
  const uint64_t before = t->have;
  const oc_curl c = {t->address, before, t->options->stall_seconds, take, t};
  int code = 0;
  *again = false;
  t->said[0] = 0;
  if (before < t->file->bytes) TRY(oc_curl_get(&c, &code, t->said, sizeof t->said, err));
  if (t->have == t->file->bytes) {
    *again = before > 0; /* the older bytes may be the wrong ones */
    return finish(t, good, err);
  }
  if (before > 0 && code == OC_CURL_NO_RANGES) {
    *again = true;
    return start_over(t, err);
  }
  *again = t->have > before;
  if (!t->said[0])
    (void)snprintf(t->said, sizeof t->said, "truncated: got %llu of %llu bytes", (unsigned long long)t->have,
                   (unsigned long long)t->file->bytes);
  return OC_OK;
}

static oc_status try_address(transfer *t, const char *address, bool *good, oc_error *err) {
  bool again = true;
  if (snprintf(t->address, sizeof t->address, "%s%s%s", address,
               address[strlen(address) - 1] == '/' ? "" : "/", t->file->name) >= (int)sizeof t->address)
    return oc_fail(err, OC_E_ARGUMENT, "mirror", "", "the address is longer than %zu characters",
                   sizeof t->address - 1);
  for (int i = 0; i < ATTEMPTS && again && !*good; i++) TRY(attempt(t, good, &again, err));
  return OC_OK;
}

static oc_status try_addresses(transfer *t, const char *const *addresses, oc_error *err) {
  bool good = false;
  for (int i = 0; addresses[i] && !good; i++) TRY(try_address(t, addresses[i], &good, err));
  if (good) return OC_OK;
  const bool wrong = strncmp(t->said, "wrong content", strlen("wrong content")) == 0;
  return oc_fail(err, wrong ? OC_E_DATA : OC_E_NO_INPUT, t->address,
                 wrong ? "Try another mirror, or copy the file by other means."
                       : "Fetch it again: it continues where it ended. Another mirror may help.",
                 "%s", t->said);
}

/* ---- files --------------------------------------------------------------------------------------------- */

/* True if the file is there already, as it was published. */
static bool is_present(const transfer *t) {
  enum { PIECE = 1 << 16 };
  unsigned char bytes[PIECE];
  char hex[65];
  oc_sha256 hash;
  size_t size;
  int fd;
  ssize_t got = 0;
  if (oc_file_open(t->path, &fd, &size, NULL) != OC_OK) return false;
  oc_sha256_init(&hash);
  while (size == t->file->bytes && (got = read(fd, bytes, sizeof bytes)) > 0)
    oc_sha256_add(&hash, bytes, (size_t)got);
  close(fd);
  oc_sha256_hex(&hash, hex);
  return got == 0 && strcmp(hex, t->file->sha256) == 0;
}

static oc_status fetch_into(transfer *t, const char *const *addresses, oc_error *err) {
  if (is_present(t)) return tell(t, OC_FETCH_PRESENT, err);
  TRY(open_part(t, err));
  const oc_status status = try_addresses(t, addresses, err);
  if (status != OC_OK && t->have == 0) (void)unlink(t->part); /* nothing to continue from */
  return status;
}

static oc_status fetch_one(const oc_published_file *file, const char *folder, const char *const *addresses,
                           const oc_fetch_options *options, oc_error *err) {
  transfer *t = oc_memory_alloc(sizeof *t);
  char name[128];
  if (!t) return oc_fail_memory(err, sizeof *t);
  (void)snprintf(name, sizeof name, "%s.part", file->name);
  t->file = file;
  t->options = options;
  t->fd = -1;
  t->path = oc_path_join(folder, file->name);
  t->part = oc_path_join(folder, name);
  const oc_status status =
      t->path && t->part ? fetch_into(t, addresses, err) : oc_fail_memory(err, strlen(folder) + sizeof name);
  if (t->fd >= 0) close(t->fd);
  oc_memory_free(t->path);
  oc_memory_free(t->part);
  oc_memory_free(t);
  return status;
}

oc_status oc_fetch_files(const oc_published *p, const char *folder, const oc_fetch_options *options,
                         oc_error *err) {
  const char *const mirror[] = {options->mirror, NULL};
  for (const oc_published_file *f = p->files; f->name; f++)
    TRY(fetch_one(f, folder, options->mirror ? mirror : p->addresses, options, err));
  if (oc_folder_sync(folder)) return OC_OK;
  return oc_fail(err, OC_E_IO, folder, "Look at the disk.", "the disk does not confirm what was written");
}

/* ---- the public functions ------------------------------------------------------------------------------ */

oc_fetch_options oc_fetch_defaults(void) {
  return (oc_fetch_options){.struct_size = sizeof(oc_fetch_options), .stall_seconds = 30};
}

bool oc_fetch_at(int index, const char **name, const char **summary) {
  const oc_published *p = oc_published_at(index);
  if (!p || !name || !summary) return false;
  *name = p->name;
  *summary = p->summary;
  return true;
}

static oc_status find_set(const char *name, const oc_published **out, oc_error *err) {
  *out = oc_published_named(name);
  if (*out) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, name, "The sets are mnist and fashion-mnist.", "unknown data set");
}

oc_status oc_fetch_folder(const char *name, char *path, size_t size, oc_error *err) {
  const oc_published *p;
  char *folder;
  NEED(name, path);
  TRY(find_set(name, &p, err));
  TRY(oc_published_folder(p->name, &folder, err));
  const bool fits = (size_t)snprintf(path, size, "%s", folder) < size;
  oc_memory_free(folder);
  return fits ? OC_OK
              : oc_fail(err, OC_E_ARGUMENT, name, "", "the path of the folder needs more than %zu bytes",
                        size);
}

oc_status oc_fetch(const char *name, const oc_fetch_options *options, oc_error *err) {
  const oc_published *p;
  oc_fetch_options o = oc_fetch_defaults();
  char *folder = NULL;
  NEED(name);
  if (options) OC_OPTIONS_READ(o, options);
  if (!o.stall_seconds) o.stall_seconds = oc_fetch_defaults().stall_seconds;
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_fetch_options", err));
  TRY(find_set(name, &p, err));
  if (o.stall_seconds < 1 || o.stall_seconds > 3600)
    return oc_fail(err, OC_E_ARGUMENT, "stall_seconds", "", "must be 1 to 3600, got %d", o.stall_seconds);
  if (o.mirror && strncmp(o.mirror, "http://", 7) != 0 && strncmp(o.mirror, "https://", 8) != 0)
    return oc_fail(err, OC_E_ARGUMENT, "mirror", "Write, for example, https://example.org/mnist/.",
                   "an address must begin with http:// or https://, got '%s'", o.mirror);
  if (!o.folder) TRY(oc_published_folder(p->name, &folder, err));
  const char *to = o.folder ? o.folder : folder;
  oc_status status = oc_folder_create(to, err);
  if (status == OC_OK) status = oc_fetch_files(p, to, &o, err);
  oc_memory_free(folder);
  return status;
}
