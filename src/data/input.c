/* input.c: reads and standardizes a batch. A slice is the work of one part: a few images, so that a
 * batch of 64 is shared evenly among threads. */
#include "data/input.h"
#include "base/checked.h"
#include "base/memory.h"
#include "data/dataset.h"
#include <pthread.h>
#include <string.h>

enum { SLICE = 4, MAX_IMAGES = 256, MAX_ELEMENTS = 1 << 22 };

int64_t oc_input_capacity(oc_image_shape size) {
  const int64_t image = size.height * size.width * size.channels;
  return oc_max_i64(1, oc_min_i64(MAX_IMAGES, MAX_ELEMENTS / oc_max_i64(1, image)));
}

oc_status oc_input_create(int64_t capacity, oc_image_shape size, const size_t *bytes, int target_count,
                          oc_input *out, oc_error *err) {
  *out = (oc_input){.capacity = capacity, .target_count = target_count};
  int64_t elements, all;
  const oc_shape shape = OC_SHAPE(capacity, size.height, size.width, size.channels);
  TRY(oc_shape_count(&shape, 1, &elements, err));
  if (!oc_mul_i64(elements, (int64_t)sizeof(float), &all))
    return oc_fail(err, OC_E_ARGUMENT, "batch", "Use a smaller batch.",
                   "the batch is too large: %lld images of %lldx%lldx%lld", (long long)capacity,
                   (long long)size.height, (long long)size.width, (long long)size.channels);
  out->image = elements / capacity;
  out->pixels = oc_memory_array((size_t)elements, 1);
  out->x = oc_memory_array((size_t)elements, sizeof *out->x);
  bool whole = out->pixels && out->x;
  for (int i = 0; i < target_count; i++) {
    out->target_bytes[i] = bytes[i];
    out->targets[i] = oc_memory_array((size_t)capacity, bytes[i]);
    whole = whole && out->targets[i];
  }
  if (whole) return OC_OK;
  oc_input_release(out);
  return oc_fail_memory(err, (size_t)all);
}

void oc_input_release(oc_input *in) {
  oc_memory_free(in->pixels);
  oc_memory_free(in->x);
  for (int i = 0; i < in->target_count; i++) oc_memory_free(in->targets[i]);
  *in = (oc_input){0};
}

typedef struct fill_job {
  oc_input *in;
  const oc_images *from;
  const oc_standardizer *standardizer;
  int64_t first, count;
  pthread_mutex_t lock; /* of what follows: the failure with the lowest number among those of the slices */
  int64_t failed;       /* its first image; `count`: none */
  oc_status status;
  oc_error error;
} fill_job;

/* Images begin .. begin+count-1 of the batch. */
static oc_status read_slice(const fill_job *job, int64_t begin, int64_t count, oc_error *err) {
  const oc_input *in = job->in;
  void *targets[OC_TARGETS_MAX] = {NULL};
  for (int i = 0; job->from->targets && i < in->target_count; i++)
    targets[job->from->targets[i]] = (char *)in->targets[i] + (size_t)begin * in->target_bytes[i];
  const oc_reading r = {.order = job->from->order,
                        .first = job->first + begin,
                        .count = count,
                        .pixels = in->pixels + begin * in->image,
                        .targets = targets};
  return oc_dataset_read_as(job->from->data, &r, err);
}

static void keep_failure(fill_job *job, int64_t begin, oc_status status, const oc_error *error) {
  pthread_mutex_lock(&job->lock);
  if (begin < job->failed) {
    job->failed = begin;
    job->status = status;
    job->error = *error;
  }
  pthread_mutex_unlock(&job->lock);
}

/* Reads a slice; zeros for images that cannot be read. */
static const uint8_t *slice_pixels(fill_job *job, int64_t begin, int64_t count) {
  if (job->from->pixels) return job->from->pixels + (job->first + begin) * job->in->image;
  uint8_t *pixels = job->in->pixels + begin * job->in->image;
  oc_error error;
  const oc_status status = read_slice(job, begin, count, &error);
  if (status == OC_OK) return pixels;
  memset(pixels, 0, (size_t)(count * job->in->image));
  keep_failure(job, begin, status, &error);
  return pixels;
}

static void augment_slice(const fill_job *job, int64_t begin, int64_t count, int worker) {
  const oc_input_augment *a = job->from->augment;
  void *scratch = a->scratch + (size_t)worker * oc_augmentation_scratch(a->how);
  for (int64_t i = begin; i < begin + count; i++) {
    const int64_t index = job->first + i;
    const oc_augment_key key = {a->seed, a->epoch,
                                (uint64_t)(job->from->order ? job->from->order[index] : index)};
    oc_augmentation_apply(a->how, &key, job->in->pixels + i * job->in->image, scratch);
  }
}

static void fill_slice(void *context, int64_t part, int worker) {
  fill_job *job = context;
  const int64_t begin = part * SLICE, count = oc_min_i64(SLICE, job->count - begin),
                at = begin * job->in->image;
  if (job->from->values) {
    oc_standardizer_apply_f32(job->standardizer, job->from->values + (job->first + begin) * job->in->image,
                              count, job->in->x + at);
    return;
  }
  const uint8_t *pixels = slice_pixels(job, begin, count);
  if (job->from->augment) augment_slice(job, begin, count, worker);
  oc_standardizer_apply(job->standardizer, pixels, count, job->in->x + at);
}

oc_status oc_input_fill(oc_input *in, const oc_images *from, int64_t first, int64_t count,
                        const oc_standardizer *standardizer, oc_thread_pool *pool, oc_error *err) {
  fill_job job = {
      .in = in, .from = from, .standardizer = standardizer, .first = first, .count = count, .failed = count};
  pthread_mutex_init(&job.lock, NULL);
  oc_thread_pool_run(pool, oc_ceil_div(count, SLICE), fill_slice, &job);
  pthread_mutex_destroy(&job.lock);
  if (job.failed == count) return OC_OK;
  if (err) *err = job.error;
  return job.status;
}
