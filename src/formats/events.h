/* events.h (internal): TensorBoard's files, from the outside in.
 *
 *   events.c            the file, and the public functions
 *   events_record.c     records, a buffer, when it is written
 *   events_message.c    what a record holds, by protobuf-c and proto/event.proto
 *   events_graph.c      a graph as TensorFlow would describe it
 *   events_histogram.c  counts
 *   events_png.c        images
 *
 * A file is a row of records: 8 bytes size, 4 bytes sum of those, the record, 4 bytes sum of it;
 * little-endian, sums are masked CRC-32C. Each record is one Event message. */
#ifndef OC_FORMATS_EVENTS_H
#define OC_FORMATS_EVENTS_H
#include "base/memory.h"
#include "ocellus/tensorboard.h"
#include <sys/types.h>

enum { OC_EVENTS_BUFFER = 64 << 10, OC_HISTOGRAM_BUCKETS = 64 };

/* An open file. */
struct oc_tensorboard {
  char *path;
  int fd;
  uint8_t *buffer; /* whole records */
  size_t used, capacity;
  off_t written;   /* bytes of the file, all of them whole records */
  double flushed;  /* when, in seconds of some clock */
  oc_error failed; /* the first failed write; code OC_OK: none */
};

/* ---- records (events_record.c) ------------------------------------------------------------------------- */

/* Room for a record of `size` bytes, to be filled before oc_events_end is called with the same size. Takes
 * memory only if a record is larger than all before it and than OC_EVENTS_BUFFER. */
oc_status oc_events_begin(oc_tensorboard *t, size_t size, uint8_t **record, oc_error *err);
oc_status oc_events_end(oc_tensorboard *t, size_t size, oc_error *err);
/* Seconds of some clock. */
double oc_events_clock(void);
/* Closes, and takes the file away: for a start that failed. NULL is fine. */
void oc_events_abandon(oc_tensorboard *t);

/* ---- messages (events_message.c) ----------------------------------------------------------------------- */

typedef struct oc_histogram {
  double min, max, count, sum, sum_squares;
  int buckets; /* 0 if there is no finite value, 1 if all are equal */
  double limit[OC_HISTOGRAM_BUCKETS], bucket[OC_HISTOGRAM_BUCKETS]; /* upper ends, counts */
} oc_histogram;

typedef enum { OC_SUMMARY_SCALAR, OC_SUMMARY_HISTOGRAM, OC_SUMMARY_IMAGE, OC_SUMMARY_TEXT } oc_summary_kind;
typedef struct oc_summary {
  oc_summary_kind kind;
  const char *tag;
  int64_t step;
  double scalar;
  const oc_histogram *histogram;
  oc_image_shape size; /* of the image */
  const void *bytes;   /* of the image as PNG, or of the text */
  size_t byte_count;
} oc_summary;

/* The two records every file begins with. OC_E_UNSUPPORTED without protobuf-c: then no file gets further. */
oc_status oc_events_add_start(oc_tensorboard *t, int64_t step, oc_error *err);
oc_status oc_events_add_summary(oc_tensorboard *t, const oc_summary *s, oc_error *err);
oc_status oc_events_add_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err);

/* ---- contents ------------------------------------------------------------------------------------------ */

/* events_histogram.c */
oc_status oc_histogram_of(const oc_tensor *values, oc_histogram *out, oc_error *err);
/* events_png.c: uint8 HWC, 1 or 3 channels. The caller frees *png with oc_memory_free. */
oc_status oc_png_encode(oc_image_shape size, const uint8_t *pixels, uint8_t **png, size_t *bytes,
                        oc_error *err);
/* events_graph.c: the kind of an operation as TensorFlow calls it: "Conv2D". */
const char *oc_events_op_type(const oc_graph *g, int32_t op);

#endif
