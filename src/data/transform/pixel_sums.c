/* pixel_sums.c: see pixel_sums.h. Each thread reads a part of the images into memory of its own; they add
 * what they read by turns, which takes little of the time of decoding. */
#include "data/transform/pixel_sums.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include <stdatomic.h>

enum { PART_BYTES = 1 << 18, PART_IMAGES = 64 };

typedef struct job {
  const oc_dataset *data;
  oc_image_shape shape;
  int64_t images, in_part;
  uint8_t *pixels; /* in_part images for each thread */
  oc_pixel_sums *sums;
  oc_image_statistics *statistics;
  atomic_bool stop;
  pthread_mutex_t turn; /* of the sums, and of what follows */
  oc_status status;
  oc_error error; /* the first one in time */
} job;

static void add_image(oc_pixel_sums *s, const uint8_t *pixels) {
  for (int64_t i = 0; i < s->n; i++) {
    const uint32_t v = pixels[i];
    s->each[i] += v;
    s->squares[i] += v * v;
  }
}

static void finish_part(job *j, const uint8_t *pixels, int64_t count, oc_status status,
                        const oc_error *error) {
  pthread_mutex_lock(&j->turn);
  for (int64_t i = 0; i < count && status == OC_OK; i++) {
    add_image(j->sums, pixels + i * j->sums->n);
    if (j->statistics) oc_image_statistics_add(j->statistics, pixels + i * j->sums->n, j->shape);
  }
  if (status != OC_OK && j->status == OC_OK) {
    j->status = status;
    j->error = *error;
    atomic_store(&j->stop, true);
  }
  pthread_mutex_unlock(&j->turn);
}

static void add_part(void *context, int64_t part, int worker) {
  job *j = context;
  oc_error error = {0};
  const int64_t first = part * j->in_part, count = oc_min_i64(j->in_part, j->images - first);
  uint8_t *pixels = j->pixels + (size_t)worker * (size_t)(j->in_part * j->sums->n);
  if (atomic_load(&j->stop)) return;
  const oc_status status = oc_dataset_read(j->data, first, count, pixels, NULL, &error);
  finish_part(j, pixels, count, status, &error);
}

static oc_status add_all(job *j, oc_thread_pool *pool, oc_error *err) {
  const size_t threads = (size_t)oc_thread_pool_size(pool), part = (size_t)(j->in_part * j->sums->n);
  j->pixels = oc_memory_array(threads, part);
  if (!j->pixels) return oc_fail_memory(err, threads * part);
  pthread_mutex_init(&j->turn, NULL); /* cannot fail on Linux with default attributes */
  oc_thread_pool_run(pool, oc_ceil_div(j->images, j->in_part), add_part, j);
  pthread_mutex_destroy(&j->turn);
  oc_memory_free(j->pixels);
  if (j->status != OC_OK && err) *err = j->error;
  return j->status;
}

oc_status oc_pixel_sums_add(const oc_dataset *d, int64_t images, oc_image_statistics *statistics,
                            oc_pixel_sums *out, oc_error *err) {
  const oc_image_shape shape = oc_dataset_image_shape(d);
  const int64_t n = shape.height * shape.width * shape.channels;
  oc_thread_pool *pool;
  *out = (oc_pixel_sums){.n = n};
  out->each = oc_memory_array((size_t)n, sizeof *out->each);
  out->squares = oc_memory_array((size_t)n, sizeof *out->squares);
  if (!out->each || !out->squares) return oc_fail_memory(err, (size_t)n * sizeof *out->each);
  job j = {.data = d,
           .shape = shape,
           .images = images,
           .in_part = oc_max_i64(1, oc_min_i64(PART_IMAGES, PART_BYTES / n))};
  j.sums = out;
  j.statistics = statistics;
  TRY(oc_thread_pool_create(oc_dataset_workers(d), &pool, err));
  const oc_status status = add_all(&j, pool, err);
  oc_thread_pool_free(pool);
  return status;
}

void oc_pixel_sums_release(oc_pixel_sums *s) {
  oc_memory_free(s->each);
  oc_memory_free(s->squares);
  *s = (oc_pixel_sums){0};
}
