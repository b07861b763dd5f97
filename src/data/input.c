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

oc_status oc_input_create_mixed(oc_input *in, oc_error *err) {
  const size_t images = (size_t)in->capacity;
  oc_mixed *m = &in->mixed;
  m->pixels = oc_memory_array(images, (size_t)in->image);
  m->shares = oc_memory_array(images, sizeof *m->shares);
  bool whole = m->pixels && m->shares;
  for (int i = 0; i < in->target_count; i++) {
    m->targets[i] = oc_memory_array(images, in->target_bytes[i]);
    whole = whole && m->targets[i];
  }
  return whole ? OC_OK : oc_fail_memory(err, images * (size_t)in->image);
}

void oc_input_release(oc_input *in) {
  oc_memory_free(in->pixels);
  oc_memory_free(in->x);
  oc_memory_free(in->mixed.pixels);
  oc_memory_free(in->mixed.shares);
  for (int i = 0; i < in->target_count; i++) {
    oc_memory_free(in->targets[i]);
    oc_memory_free(in->mixed.targets[i]);
  }
  *in = (oc_input){0};
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Image `place` of the order. */
static oc_augment_key key_of(const oc_images *from, int64_t place) {
  const oc_input_augment *a = from->augment;
  return (oc_augment_key){a->seed, a->epoch, (uint64_t)(from->order ? from->order[place] : place),
                          from->occurrences ? (uint64_t)from->occurrences[place] : 0};
}

static void augment(const oc_images *from, int64_t first, int64_t count, uint8_t *pixels, int worker) {
  const oc_input_augment *a = from->augment;
  const oc_image_shape s = oc_dataset_image_shape(from->data);
  void *scratch = a->scratch + (size_t)worker * oc_augmentation_scratch(a->how);
  for (int64_t i = first; i < first + count; i++, pixels += s.height * s.width * s.channels) {
    const oc_augment_key key = key_of(from, i);
    oc_augmentation_apply(a->how, &key, pixels, scratch);
  }
}

oc_status oc_images_read(const oc_images *from, int64_t first, int64_t count, const oc_images_place *to,
                         int worker, oc_error *err) {
  void *targets[OC_TARGETS_MAX] = {NULL};
  for (int t = 0; from->targets && t < to->target_count; t++) targets[from->targets[t]] = to->targets[t];
  const oc_reading r = {
      .order = from->order, .first = first, .count = count, .pixels = to->pixels, .targets = targets};
  TRY(oc_dataset_read_as(from->data, &r, err));
  if (from->augment) augment(from, first, count, to->pixels, worker);
  return OC_OK;
}

/* ---- a batch ------------------------------------------------------------------------------------------- */

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

static void keep_failure(fill_job *job, int64_t begin, oc_status status, const oc_error *error) {
  pthread_mutex_lock(&job->lock);
  if (begin < job->failed) {
    job->failed = begin;
    job->status = status;
    job->error = *error;
  }
  pthread_mutex_unlock(&job->lock);
}

static bool mixes(const fill_job *job) {
  return job->in->mixed.shares && job->from->augment;
}

/* Reads a slice; zeros for images that cannot be read. */
static const uint8_t *slice_pixels(fill_job *job, int64_t begin, int64_t count, int worker) {
  if (job->from->pixels) return job->from->pixels + (job->first + begin) * job->in->image;
  oc_input *in = job->in;
  oc_images_place to = {.pixels = in->pixels + begin * in->image, .target_count = in->target_count};
  oc_error error;
  for (int t = 0; t < in->target_count; t++)
    to.targets[t] = (char *)in->targets[t] + (size_t)begin * in->target_bytes[t];
  const oc_status status = oc_images_read(job->from, job->first + begin, count, &to, worker, &error);
  if (status == OC_OK) return to.pixels;
  memset(to.pixels, 0, (size_t)(count * in->image));
  keep_failure(job, begin, status, &error);
  return to.pixels;
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
  const uint8_t *pixels = slice_pixels(job, begin, count, worker);
  if (!mixes(job)) oc_standardizer_apply(job->standardizer, pixels, count, job->in->x + at);
}

oc_status oc_input_fill(oc_input *in, const oc_images *from, int64_t first, int64_t count,
                        const oc_standardizer *standardizer, oc_thread_pool *pool, oc_error *err) {
  fill_job job = {
      .in = in, .from = from, .standardizer = standardizer, .first = first, .count = count, .failed = count};
  pthread_mutex_init(&job.lock, NULL);
  oc_thread_pool_run(pool, oc_ceil_div(count, SLICE), fill_slice, &job);
  pthread_mutex_destroy(&job.lock);
  if (job.failed < count) {
    if (err) *err = job.error;
    return job.status;
  }
  if (mixes(&job)) oc_input_mix(in, from, first, count, standardizer, pool);
  return OC_OK;
}

/* ---- mixtures ------------------------------------------------------------------------------------------ */

typedef struct mix_job {
  oc_input *in;
  const oc_images *from;
  const oc_standardizer *standardizer;
  int64_t first, count, way; /* way: from an image to its partner */
} mix_job;

static void mix_image(const mix_job *job, int64_t i) {
  const oc_input *in = job->in;
  const int64_t partner = (i + job->way) % job->count;
  const oc_augment_key key = key_of(job->from, job->first + i);
  uint8_t *mixture = in->mixed.pixels + i * in->image;
  memcpy(mixture, in->pixels + i * in->image, (size_t)in->image);
  in->mixed.shares[i] =
      (float)oc_augmentation_mix(job->from->augment->how, &key, in->pixels + partner * in->image, mixture);
  for (int t = 0; t < in->target_count; t++) {
    const size_t bytes = in->target_bytes[t];
    memcpy((char *)in->mixed.targets[t] + (size_t)i * bytes, (char *)in->targets[t] + (size_t)partner * bytes,
           bytes);
  }
}

static void mix_slice(void *context, int64_t part, int worker) {
  const mix_job *job = context;
  const int64_t begin = part * SLICE, count = oc_min_i64(SLICE, job->count - begin),
                at = begin * job->in->image;
  (void)worker;
  for (int64_t i = begin; i < begin + count; i++) mix_image(job, i);
  oc_standardizer_apply(job->standardizer, job->in->mixed.pixels + at, count, job->in->x + at);
}

void oc_input_mix(oc_input *in, const oc_images *from, int64_t first, int64_t count,
                  const oc_standardizer *standardizer, oc_thread_pool *pool) {
  const oc_input_augment *a = from->augment;
  const oc_augment_key batch = {a->seed, a->epoch, (uint64_t)first, 0};
  mix_job job = {in, from, standardizer, first, count, oc_augmentation_partner(a->how, &batch, count)};
  oc_thread_pool_run(pool, oc_ceil_div(count, SLICE), mix_slice, &job);
}
