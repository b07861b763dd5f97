/* events.c: implements the public functions for TensorBoard's files, on top of their records. */
#include "formats/events.h"
#include "base/error.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_TRIES = 10000 };

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
  for (int i = 0; i < MAX_TRIES && t->fd < 0; i++) {
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

static oc_status start_events(oc_tensorboard *t, const char *folder, int64_t step, oc_error *err) {
  t->capacity = OC_EVENTS_BUFFER;
  t->buffer = oc_memory_alloc(t->capacity);
  if (!t->buffer) return oc_fail_memory(err, t->capacity);
  t->flushed = oc_events_clock();
  TRY(oc_events_add_start(t, step, err)); /* before there is a file: fails if this build cannot write one */
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
                   "the name of the folder must not be empty");
  oc_tensorboard *t = oc_memory_alloc(sizeof *t);
  if (!t) return oc_fail_memory(err, sizeof *t);
  t->fd = -1;
  const oc_status status = start_events(t, folder, step, err);
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

static oc_status check_event(const oc_tensorboard *t, const char *tag, const void *content, oc_error *err) {
  if (!t || !content)
    return oc_fail(err, OC_E_ARGUMENT, "tensorboard", "", "%s must not be NULL",
                   t ? "the content" : "the board");
  if (is_tag(tag)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "tag", "Use a name such as loss/train.",
                 "invalid tag '%.60s': expected printable ASCII, at least one character", tag ? tag : "");
}

oc_status oc_tensorboard_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err) {
  NEED(t, g);
  TRY(check_event(t, "graph", g, err));
  TRY(oc_graph_status(g, err));
  return oc_events_add_graph(t, g, err);
}

oc_status oc_tensorboard_scalar(oc_tensorboard *t, const char *tag, int64_t step, double value,
                                oc_error *err) {
  NEED(t, tag);
  TRY(check_event(t, tag, &value, err));
  const oc_summary s = {.kind = OC_SUMMARY_SCALAR, .tag = tag, .step = step, .scalar = value};
  return oc_events_add_summary(t, &s, err);
}

oc_status oc_tensorboard_histogram(oc_tensorboard *t, const char *tag, int64_t step, const oc_tensor *values,
                                   oc_error *err) {
  NEED(t, tag, values);
  oc_histogram h;
  TRY(check_event(t, tag, values, err));
  TRY(oc_histogram_of(values, &h, err));
  const oc_summary s = {.kind = OC_SUMMARY_HISTOGRAM, .tag = tag, .step = step, .histogram = &h};
  return oc_events_add_summary(t, &s, err);
}

oc_status oc_tensorboard_image(oc_tensorboard *t, const char *tag, int64_t step, oc_image_shape size,
                               const uint8_t *pixels, oc_error *err) {
  NEED(t, tag, pixels);
  uint8_t *png;
  oc_summary s = {.kind = OC_SUMMARY_IMAGE, .tag = tag, .step = step, .size = size};
  TRY(check_event(t, tag, pixels, err));
  TRY(oc_png_encode(size, pixels, &png, &s.byte_count, err));
  s.bytes = png;
  const oc_status status = oc_events_add_summary(t, &s, err);
  oc_memory_free(png);
  return status;
}

oc_status oc_tensorboard_text(oc_tensorboard *t, const char *tag, int64_t step, const char *markdown,
                              oc_error *err) {
  NEED(t, tag, markdown);
  TRY(check_event(t, tag, markdown, err));
  const oc_summary s = {
      .kind = OC_SUMMARY_TEXT, .tag = tag, .step = step, .bytes = markdown, .byte_count = strlen(markdown)};
  return oc_events_add_summary(t, &s, err);
}
