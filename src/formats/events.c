/* events.c: the file: records, their buffer, and the public functions on top. */
#include "formats/events.h"
#include "base/error.h"
#include "base/file.h"
#include "base/output.h"
#include "formats/crc32c.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 12, TAIL = 4, MOST_TRIES = 10000 };
static const double flush_seconds = 2;

struct oc_tensorboard {
  char *path;
  int fd;
  uint8_t *buffer; /* whole records */
  size_t used, capacity;
  off_t written;   /* bytes of the file, all of them whole records */
  double flushed;  /* when, in seconds of some clock */
  oc_error failed; /* the first failed write; code OC_OK: none */
};

/* ---- writing ------------------------------------------------------------------------------------------- */

static double now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Half a record at the end would stop a reader for good, so it is cut off. */
static oc_status fail_write(oc_tensorboard *t, oc_error *err) {
  (void)oc_fail_output(&t->failed, t->path, "write", "");
  (void)!ftruncate(t->fd, t->written); /* nothing more can be done about it */
  if (err) *err = t->failed;
  return t->failed.code;
}

oc_status oc_tensorboard_flush(oc_tensorboard *t, oc_error *err) {
  NEED(t);
  if (!t) return oc_fail(err, OC_E_ARGUMENT, "oc_tensorboard_flush", "", "the board must not be NULL");
  if (t->failed.code != OC_OK) {
    if (err) *err = t->failed;
    return t->failed.code;
  }
  for (size_t done = 0; done < t->used;) {
    const struct iovec left = {t->buffer + done, t->used - done};
    const ssize_t n = oc_output_write(t->fd, &left, 1);
    if (n < 0) return fail_write(t, err);
    done += (size_t)n;
  }
  t->written += (off_t)t->used;
  t->used = 0;
  t->flushed = now();
  return OC_OK;
}

/* ---- records ------------------------------------------------------------------------------------------- */

static void store(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
}

oc_status oc_events_begin(oc_tensorboard *t, size_t size, uint8_t **record, oc_error *err) {
  const size_t whole = size + HEAD + TAIL; /* size is that of something in memory */
  if (whole > t->capacity - t->used || t->failed.code != OC_OK) TRY(oc_tensorboard_flush(t, err));
  if (whole > t->capacity) {
    uint8_t *larger = oc_memory_grow(t->buffer, 0, whole);
    if (!larger) return oc_fail_memory(err, whole);
    t->buffer = larger;
    t->capacity = whole;
  }
  *record = t->buffer + t->used + HEAD;
  return OC_OK;
}

oc_status oc_events_end(oc_tensorboard *t, size_t size, oc_error *err) {
  uint8_t *head = t->buffer + t->used, *record = head + HEAD;
  store(head, size, 8);
  store(head + 8, oc_crc32c_masked(head, 8), 4);
  store(record + size, oc_crc32c_masked(record, size), TAIL);
  t->used += HEAD + size + TAIL;
  return now() - t->flushed < flush_seconds ? OC_OK : oc_tensorboard_flush(t, err);
}

/* ---- opening and closing ------------------------------------------------------------------------------- */

static void host_name(char name[64]) {
  if (gethostname(name, 64) != 0) name[0] = 0;
  name[63] = 0;
  for (char *c = name; *c; c++)
    if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-", *c)) *c = '-';
  if (!name[0]) (void)snprintf(name, 64, "localhost");
}

/* Files of a folder are read in the order of their names: by time, then as they were made. */
static oc_status create_file(oc_tensorboard *t, const char *folder, oc_error *err) {
  char host[64], name[160];
  host_name(host);
  for (int i = 0; i < MOST_TRIES && t->fd < 0; i++) {
    (void)snprintf(name, sizeof name, "events.out.tfevents.%010lld.%s.%ld.%04d", (long long)time(NULL), host,
                   (long)getpid(), i);
    oc_memory_free(t->path);
    t->path = oc_path_join(folder, name);
    if (!t->path) return oc_fail_memory(err, strlen(folder) + sizeof name);
    t->fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (t->fd < 0 && errno != EEXIST && errno != EINTR) break;
  }
  if (t->fd >= 0) return OC_OK;
  return oc_fail_errno(err, OC_E_CANT_CREATE, folder, "create a file in the folder",
                       "Choose a folder for TensorBoard that you may write to.");
}

static oc_status start(oc_tensorboard *t, const char *folder, int64_t step, oc_error *err) {
  t->capacity = OC_EVENTS_BUFFER;
  t->buffer = oc_memory_alloc(t->capacity);
  if (!t->buffer) return oc_fail_memory(err, t->capacity);
  t->flushed = now();
  TRY(oc_events_add_start(t, step, err)); /* before there is a file: tells if this build can write one */
  TRY(oc_folder_create(folder, err));
  TRY(create_file(t, folder, err));
  return oc_tensorboard_flush(t, err);
}

static void release(oc_tensorboard *t) {
  if (t->fd >= 0) (void)close(t->fd); /* everything was handed over by then, or has failed */
  oc_memory_free(t->path);
  oc_memory_free(t->buffer);
  oc_memory_free(t);
}

void oc_events_abandon(oc_tensorboard *t) {
  if (!t) return;
  if (t->fd >= 0) (void)unlink(t->path);
  release(t);
}

oc_status oc_tensorboard_open(const char *folder, int64_t step, oc_tensorboard **out, oc_error *err) {
  NEED(out);
  *out = NULL;
  if (!folder || !folder[0])
    return oc_fail(err, OC_E_ARGUMENT, "tensorboard", "Name a folder, such as logs.",
                   "the folder has no name");
  oc_tensorboard *t = oc_memory_alloc(sizeof *t);
  if (!t) return oc_fail_memory(err, sizeof *t);
  t->fd = -1;
  const oc_status status = start(t, folder, step, err);
  if (status == OC_OK)
    *out = t;
  else
    oc_events_abandon(t);
  return status;
}

oc_status oc_tensorboard_close(oc_tensorboard *t, oc_error *err) {
  if (!t) return OC_OK;
  const oc_status status = oc_tensorboard_flush(t, err);
  release(t);
  return status;
}

/* ---- contents ------------------------------------------------------------------------------------------ */

/* One character that a reader refuses would make the file unreadable from there on. */
static bool is_tag(const char *tag) {
  if (!tag || !tag[0]) return false;
  while (*tag >= ' ' && *tag <= '~') tag++;
  return *tag == 0;
}

static oc_status check(const oc_tensorboard *t, const char *tag, const void *content, oc_error *err) {
  if (!t || !content)
    return oc_fail(err, OC_E_ARGUMENT, "tensorboard", "", "%s must not be NULL",
                   t ? "the content" : "the board");
  if (is_tag(tag)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "tag", "Name it as in loss/train.",
                 "\"%.60s\" cannot be a tag: it must be printable ASCII, at least one character",
                 tag ? tag : "");
}

oc_status oc_tensorboard_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err) {
  NEED(t, g);
  TRY(check(t, "graph", g, err));
  TRY(oc_graph_status(g, err));
  return oc_events_add_graph(t, g, err);
}

oc_status oc_tensorboard_scalar(oc_tensorboard *t, const char *tag, int64_t step, double value,
                                oc_error *err) {
  NEED(t, tag);
  TRY(check(t, tag, &value, err));
  const oc_summary s = {.kind = OC_SUMMARY_SCALAR, .tag = tag, .step = step, .scalar = value};
  return oc_events_add_summary(t, &s, err);
}

oc_status oc_tensorboard_histogram(oc_tensorboard *t, const char *tag, int64_t step, const oc_tensor *values,
                                   oc_error *err) {
  NEED(t, tag, values);
  oc_histogram h;
  TRY(check(t, tag, values, err));
  TRY(oc_histogram_of(values, &h, err));
  const oc_summary s = {.kind = OC_SUMMARY_HISTOGRAM, .tag = tag, .step = step, .histogram = &h};
  return oc_events_add_summary(t, &s, err);
}

oc_status oc_tensorboard_image(oc_tensorboard *t, const char *tag, int64_t step, oc_picture_size size,
                               const uint8_t *pixels, oc_error *err) {
  NEED(t, tag, pixels);
  uint8_t *png;
  oc_summary s = {.kind = OC_SUMMARY_IMAGE, .tag = tag, .step = step, .size = size};
  TRY(check(t, tag, pixels, err));
  TRY(oc_png_encode(size, pixels, &png, &s.byte_count, err));
  s.bytes = png;
  const oc_status status = oc_events_add_summary(t, &s, err);
  oc_memory_free(png);
  return status;
}

oc_status oc_tensorboard_text(oc_tensorboard *t, const char *tag, int64_t step, const char *markdown,
                              oc_error *err) {
  NEED(t, tag, markdown);
  TRY(check(t, tag, markdown, err));
  const oc_summary s = {
      .kind = OC_SUMMARY_TEXT, .tag = tag, .step = step, .bytes = markdown, .byte_count = strlen(markdown)};
  return oc_events_add_summary(t, &s, err);
}
