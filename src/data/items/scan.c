/* scan.c: scans a list of images on all threads. */
#include "data/items/scan.h"
#include "base/sha256.h"
#include "data/decode/image.h"
#include "data/items/visit.h"
#include <pthread.h>
#include <string.h>

typedef struct scan_job {
  const oc_items *items;
  oc_scan *scan;
  bool *done;
  pthread_mutex_t lock; /* of the scan's numbers of unreadable images */
} scan_job;

/* True if a pixel is not a gray. */
static bool has_color(const oc_image *image) {
  const int64_t pixels = image->size.height * image->size.width;
  const uint8_t *p = image->pixels;
  unsigned different = 0;
  for (int64_t i = 0; image->size.channels == 3 && i < pixels; i++)
    different |= (unsigned)(p[3 * i] ^ p[3 * i + 1]) | (unsigned)(p[3 * i] ^ p[3 * i + 2]);
  return different != 0;
}

static void describe(const oc_image_details *d, oc_scan_row *row) {
  const oc_image *image = &d->image;
  const bool turned = d->orientation > 4;
  row->height = (int32_t)(turned ? d->stored.width : d->stored.height);
  row->width = (int32_t)(turned ? d->stored.height : d->stored.width);
  row->flags = has_color(image) ? OC_SCAN_COLOR : 0;
  if (d->truncated) row->flags |= OC_SCAN_TRUNCATED;
  if (image->transparent) row->flags |= OC_SCAN_TRANSPARENT | (image->background[0] ? OC_SCAN_DARK_INK : 0);
}

/* Large JPEGs at a smaller scale: their colors show in it too. */
static oc_status scan_item(const scan_job *job, int64_t index, oc_scan_row *row, oc_error *err) {
  enum { ENOUGH = 64 };
  oc_image_options options = oc_image_defaults();
  oc_image_details details;
  char where[256];
  unsigned char *bytes;
  size_t size;
  options.target_height = options.target_width = ENOUGH;
  options.accept_truncated = job->scan->accept_truncated;
  *row = (oc_scan_row){.flags = OC_SCAN_UNREADABLE};
  TRY(oc_item_read(job->items, index, where, &bytes, &size, err));
  oc_sha256_of(bytes, size, row->sum);
  const oc_status status = oc_image_decode_with(where, bytes, size, &options, &details, err);
  if (status == OC_OK) describe(&details, row);
  oc_image_release(&details.image);
  oc_memory_free(bytes);
  return status;
}

/* True if the row is of no use: unreadable images are tried again, for the message. */
static bool is_stale(const oc_scan *scan, const oc_scan_row *row) {
  return row->flags & OC_SCAN_UNREADABLE || (row->flags & OC_SCAN_TRUNCATED && !scan->accept_truncated);
}

/* An image that cannot be read is counted; only a lack of memory ends the scan. */
static oc_status visit(void *context, int64_t index, oc_error *err) {
  scan_job *job = context;
  oc_scan *scan = job->scan;
  oc_scan_row *row = &scan->rows[index];
  if (job->done[index] && !is_stale(scan, row)) return OC_OK;
  const oc_status status = scan_item(job, index, row, err);
  if (status == OC_OK || status == OC_E_MEMORY) return status;
  pthread_mutex_lock(&job->lock);
  if (scan->unreadable++ == 0 || index < scan->first_unreadable) {
    scan->first_unreadable = index;
    scan->first_error = *err;
  }
  pthread_mutex_unlock(&job->lock);
  return OC_OK;
}

static oc_status run(scan_job *job, const oc_data_options *options, oc_error *err) {
  const oc_visit v = {job->items, options, "Scanning", visit, job};
  oc_scan_load(job->items, options, job->scan, job->done);
  pthread_mutex_init(&job->lock, NULL); /* cannot fail on Linux with default attributes */
  const oc_status status = oc_items_visit(&v, err);
  pthread_mutex_destroy(&job->lock);
  if (status == OC_OK) oc_scan_save(job->items, options, job->scan);
  return status;
}

oc_status oc_scan_items(const oc_items *items, const oc_data_options *options, oc_scan *out, oc_error *err) {
  scan_job job = {.items = items, .scan = out};
  *out = (oc_scan){.count = items->count, .accept_truncated = options->accept_truncated};
  out->rows = oc_memory_array((size_t)items->count, sizeof *out->rows);
  job.done = oc_memory_array((size_t)items->count, sizeof *job.done);
  oc_status status = out->rows && job.done ? run(&job, options, err)
                                           : oc_fail_memory(err, (size_t)items->count * sizeof *out->rows);
  oc_memory_free(job.done);
  if (status != OC_OK) oc_scan_release(out);
  return status;
}

void oc_scan_release(oc_scan *scan) {
  oc_memory_free(scan->rows);
  *scan = (oc_scan){0};
}
