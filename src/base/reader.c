/* reader.c: reads a file as a stream, plain or gzip (RFC 1952). It holds only a 64 KiB buffer and zlib's
 * window. */
#include "base/reader.h"
#include "base/file.h"
#include "base/memory.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#if OC_HAVE_ZLIB
#include "base/inflate.h"
#endif

enum { BUFFER = 1 << 16, DEFLATE_MAX = 1032 };

struct oc_reader {
  char *path;
  int fd;
  bool gzip;
  size_t file_size;
  size_t at, have; /* buffer[at .. have-1] is not used up yet */
#if OC_HAVE_ZLIB
  bool inflating; /* inside a member */
  z_stream z;
#endif
  unsigned char buffer[BUFFER];
};

/* Fills the used-up buffer; have == 0 afterwards means the end of the file. */
static oc_status refill(oc_reader *r, oc_error *err) {
  r->at = r->have = 0;
  for (;;) {
    ssize_t n = read(r->fd, r->buffer, BUFFER);
    if (n >= 0) {
      r->have = (size_t)n;
      return OC_OK;
    }
    if (errno != EINTR) return oc_fail_errno(err, OC_E_IO, r->path, "read", "");
  }
}

#if OC_HAVE_ZLIB
static oc_status inflate_start(oc_reader *r, oc_error *err) {
  r->z = oc_zlib_stream();
  int rc = inflateInit2(&r->z, 15 + 16); /* + 16: a gzip wrapper and no other */
  if (rc == Z_MEM_ERROR) return oc_fail_memory(err, sizeof r->z);
  if (rc != Z_OK) return oc_fail(err, OC_E_INTERNAL, r->path, "", "cannot initialize zlib (code %d)", rc);
  r->gzip = r->inflating = true;
  return OC_OK;
}

static oc_status inflate_failed(const oc_reader *r, int rc, oc_error *err) {
  if (rc == Z_MEM_ERROR) return oc_fail_memory(err, 0);
  return oc_fail(err, OC_E_DATA, r->path, "Fetch or compress the file again; `gzip -t` tests it.",
                 "corrupt gzip: %s", r->z.msg ? r->z.msg : "bad data");
}

/* Between members: true in *more if another one begins. */
static oc_status next_member(oc_reader *r, bool *more, oc_error *err) {
  if (r->at == r->have) TRY(refill(r, err));
  *more = r->have > 0;
  if (!*more) return OC_OK;
  if (r->buffer[r->at] != 0x1f)
    return oc_fail(err, OC_E_DATA, r->path, "Compress the file again with gzip.",
                   "corrupt gzip: other bytes follow the end");
  if (inflateReset(&r->z) != Z_OK) return oc_fail(err, OC_E_INTERNAL, r->path, "", "cannot reset zlib");
  r->inflating = true;
  return OC_OK;
}

/* One call of inflate: up to `size` bytes to `to`. */
static oc_status inflate_some(oc_reader *r, unsigned char *to, size_t size, size_t *made, oc_error *err) {
  if (r->at == r->have) TRY(refill(r, err));
  if (r->have == 0)
    return oc_fail(err, OC_E_DATA, r->path, "Fetch the file again.",
                   "truncated gzip: the file ends before its content");
  uInt room = size > UINT_MAX ? UINT_MAX : (uInt)size;
  r->z.next_in = r->buffer + r->at;
  r->z.avail_in = (uInt)(r->have - r->at);
  r->z.next_out = to;
  r->z.avail_out = room;
  int rc = inflate(&r->z, Z_NO_FLUSH);
  r->at = r->have - r->z.avail_in;
  *made = room - r->z.avail_out;
  if (rc == Z_STREAM_END) r->inflating = false;
  return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR ? OC_OK : inflate_failed(r, rc, err);
}

static oc_status read_gzip(oc_reader *r, unsigned char *to, size_t size, size_t *got, oc_error *err) {
  bool more = true;
  while (*got < size && more) {
    if (!r->inflating) {
      TRY(next_member(r, &more, err));
      continue;
    }
    size_t made = 0;
    TRY(inflate_some(r, to + *got, size - *got, &made, err));
    *got += made;
  }
  return OC_OK;
}
#else
static oc_status inflate_start(oc_reader *r, oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, r->path, "Unpack it with gunzip, or build with zlib.",
                 "gzip is unsupported: this build has no zlib");
}
static oc_status read_gzip(oc_reader *r, unsigned char *to, size_t size, size_t *got, oc_error *err) {
  (void)to, (void)size, (void)got;
  return inflate_start(r, err);
}
#endif

static oc_status read_plain(oc_reader *r, unsigned char *to, size_t size, size_t *got, oc_error *err) {
  while (*got < size) {
    if (r->at == r->have) TRY(refill(r, err));
    if (r->have == 0) return OC_OK;
    size_t n = r->have - r->at < size - *got ? r->have - r->at : size - *got;
    memcpy(to + *got, r->buffer + r->at, n);
    r->at += n;
    *got += n;
  }
  return OC_OK;
}

oc_status oc_reader_read(oc_reader *r, void *to, size_t size, size_t *got, oc_error *err) {
  *got = 0;
  return r->gzip ? read_gzip(r, to, size, got, err) : read_plain(r, to, size, got, err);
}

size_t oc_reader_most(const oc_reader *r) {
  if (!r->gzip) return r->file_size;
  return r->file_size > SIZE_MAX / DEFLATE_MAX ? SIZE_MAX : r->file_size * DEFLATE_MAX;
}

size_t oc_reader_file_size(const oc_reader *r) {
  return r->file_size;
}

size_t oc_reader_position(const oc_reader *r) {
  const off_t at = lseek(r->fd, 0, SEEK_CUR);
  return at > 0 ? (size_t)at : 0;
}

bool oc_reader_is_gzip(const oc_reader *r) {
  return r->gzip;
}

static oc_status start_reader(oc_reader *r, oc_error *err) {
  TRY(oc_file_open(r->path, &r->fd, &r->file_size, err));
  TRY(refill(r, err));
  if (r->have >= 2 && r->buffer[0] == 0x1f && r->buffer[1] == 0x8b) return inflate_start(r, err);
  return OC_OK;
}

oc_status oc_reader_open(const char *path, oc_reader **out, oc_error *err) {
  *out = NULL;
  oc_reader *r = oc_memory_alloc(sizeof *r);
  if (!r) return oc_fail_memory(err, sizeof *r);
  r->fd = -1;
  r->path = oc_memory_string(path);
  oc_status status = r->path ? start_reader(r, err) : oc_fail_memory(err, strlen(path) + 1);
  if (status == OC_OK)
    *out = r;
  else
    oc_reader_close(r);
  return status;
}

void oc_reader_close(oc_reader *r) {
  if (!r) return;
#if OC_HAVE_ZLIB
  if (r->gzip) inflateEnd(&r->z);
#endif
  if (r->fd >= 0) close(r->fd);
  oc_memory_free(r->path);
  oc_memory_free(r);
}
