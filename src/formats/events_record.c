/* events_record.c: buffers records, and decides when the buffer is written. */
#include "base/error.h"
#include "base/output.h"
#include "formats/crc32c.h"
#include "formats/events.h"
#include <time.h>
#include <unistd.h>

enum { RECORD_HEADER_BYTES = 12, RECORD_FOOTER_BYTES = 4 };
static const double flush_seconds = 2;

double oc_events_clock(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Half a record at the end would stop every reader, so it is cut off. */
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
  t->flushed = oc_events_clock();
  return OC_OK;
}

static void store(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(value >> 8 * i);
}

oc_status oc_events_begin(oc_tensorboard *t, size_t size, uint8_t **record, oc_error *err) {
  const size_t whole =
      size + RECORD_HEADER_BYTES + RECORD_FOOTER_BYTES; /* size is that of something in memory */
  if (whole > t->capacity - t->used || t->failed.code != OC_OK) TRY(oc_tensorboard_flush(t, err));
  if (whole > t->capacity) {
    uint8_t *larger = oc_memory_grow(t->buffer, 0, whole);
    if (!larger) return oc_fail_memory(err, whole);
    t->buffer = larger;
    t->capacity = whole;
  }
  *record = t->buffer + t->used + RECORD_HEADER_BYTES;
  return OC_OK;
}

oc_status oc_events_end(oc_tensorboard *t, size_t size, oc_error *err) {
  uint8_t *head = t->buffer + t->used, *record = head + RECORD_HEADER_BYTES;
  store(head, size, 8);
  store(head + 8, oc_crc32c_masked(head, 8), 4);
  store(record + size, oc_crc32c_masked(record, size), RECORD_FOOTER_BYTES);
  t->used += RECORD_HEADER_BYTES + size + RECORD_FOOTER_BYTES;
  return oc_events_clock() - t->flushed < flush_seconds ? OC_OK : oc_tensorboard_flush(t, err);
}
