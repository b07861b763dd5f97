/* onnx_external.c: data of tensors in other files, which large models have. The file names them, so they are
 * untrusted: only what lies beneath the folder of the model is opened, without links of any kind on the way
 * (openat2), and only regular files with one name. What is taken of a file is at most its size, so that small
 * files cannot take much memory. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILES_MAX = 1024 };

typedef struct place {
  const char *location;
  int64_t offset, length;
} place;

static oc_status fail(const oc_onnx_reader *r, const OcOnnx__TensorProto *t, oc_status code,
                      const char *location, const char *why) {
  return oc_fail(r->err, code, r->where, "Export the model into one file.",
                 "tensor '%.80s': its data in '%.80s': %s", t->name ? t->name : "", location, why);
}

/* A whole decimal number of at most 18 digits. */
static bool read_number(const char *text, int64_t *out) {
  const size_t digits = strspn(text, "0123456789");
  if (digits < 1 || digits > 18 || text[digits]) return false;
  *out = strtoll(text, NULL, 10);
  return true;
}

static oc_status read_place(const oc_onnx_reader *r, const OcOnnx__TensorProto *t, int64_t bytes,
                            place *out) {
  *out = (place){.length = bytes};
  for (size_t i = 0; i < t->n_external_data; i++) {
    const OcOnnx__StringStringEntryProto *e = t->external_data[i];
    const char *key = e->key ? e->key : "", *value = e->value ? e->value : "";
    if (strcmp(key, "location") == 0)
      out->location = value;
    else if (strcmp(key, "offset") == 0 ? !read_number(value, &out->offset)
                                        : strcmp(key, "length") == 0 && !read_number(value, &out->length))
      return fail(r, t, OC_E_DATA, value, "offset and length must be numbers");
  }
  if (!out->location || !*out->location) return fail(r, t, OC_E_DATA, "", "it has no location");
  if (out->length == bytes) return OC_OK;
  return fail(r, t, OC_E_DATA, out->location, "its length is not that of the tensor");
}

/* -1 with errno. */
static int open_beneath(const char *folder, const char *location) {
  const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                               .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  const int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (at < 0) return -1;
  const int fd = (int)syscall(SYS_openat2, at, location, &how, sizeof how);
  const int reason = errno;
  close(at);
  errno = reason;
  return fd;
}

/* Counts what was taken of each file; false if that is more than it has. */
static bool count_bytes(oc_onnx_reader *r, const struct stat *st, int64_t bytes) {
  oc_onnx_file *f = r->files;
  int count = 0;
  for (; f && (f->device != st->st_dev || f->inode != st->st_ino); f = f->next) count++;
  if (!f && count < FILES_MAX && (f = oc_arena_alloc(&r->out->arena, sizeof *f))) {
    *f = (oc_onnx_file){r->files, st->st_dev, st->st_ino, 0};
    r->files = f;
  }
  return f && oc_add_i64(f->taken, bytes, &f->taken) && f->taken <= st->st_size;
}

static oc_status check_file(oc_onnx_reader *r, const OcOnnx__TensorProto *t, int fd, const place *p) {
  struct stat st;
  int64_t end;
  if (fstat(fd, &st) != 0) return oc_fail_errno(r->err, OC_E_IO, p->location, "stat", "");
  if (!S_ISREG(st.st_mode)) return fail(r, t, OC_E_UNSUPPORTED, p->location, "it is not a regular file");
  if (st.st_nlink != 1) return fail(r, t, OC_E_UNSUPPORTED, p->location, "the file has more than one name");
  if (!oc_add_i64(p->offset, p->length, &end) || end > st.st_size)
    return fail(r, t, OC_E_DATA, p->location, "offset and length are not within the file");
  if (!count_bytes(r, &st, p->length))
    return fail(r, t, OC_E_UNSUPPORTED, p->location, "tensors share its bytes, or there are too many files");
  return OC_OK;
}

static oc_status read_bytes(const oc_onnx_reader *r, int fd, const place *p, unsigned char *to) {
  for (int64_t done = 0; done < p->length;) {
    const ssize_t got = pread(fd, to + done, (size_t)(p->length - done), p->offset + done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return oc_fail_errno(r->err, OC_E_IO, p->location, "read", "");
    done += got;
  }
  return OC_OK;
}

static oc_status take(oc_onnx_reader *r, const OcOnnx__TensorProto *t, int fd, const place *p,
                      const unsigned char **out) {
  enum { TIMES = 8 };
  void *room;
  TRY(check_file(r, t, fd, p));
  r->room += (size_t)p->length * TIMES; /* as for bytes in the file itself */
  const oc_shape shape = OC_SHAPE(p->length);
  TRY(oc_onnx_take_room(r, &shape, 1, &room));
  *out = room;
  return read_bytes(r, fd, p, room);
}

oc_status oc_onnx_external(oc_onnx_reader *r, const OcOnnx__TensorProto *t, int64_t bytes,
                           const unsigned char **out) {
  place p;
  TRY(read_place(r, t, bytes, &p));
  if (!r->folder) return fail(r, t, OC_E_UNSUPPORTED, p.location, "the model itself is not a file");
  const int fd = open_beneath(r->folder, p.location);
  if (fd < 0)
    return fail(r, t, errno == ENOENT ? OC_E_NO_INPUT : OC_E_UNSUPPORTED, p.location,
                errno == ENOENT  ? "there is no such file"
                : errno == EXDEV ? "it is outside of the folder of the model"
                : errno == ELOOP ? "a symbolic link leads to it"
                                 : "it cannot be opened");
  const oc_status status = take(r, t, fd, &p, out);
  close(fd);
  return status;
}
