/* loader.c: see loader.h. Batch b of an epoch lies in slot b % OC_LOADER_AHEAD. Its slices are numbered
 * through the epoch: a thread takes the next number, waits until its slot is free, and reads. */
#include "data/loader.h"
#include "base/checked.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SLICE = 4, LOWER_PRIORITY = 5 };

typedef struct slot {
  uint8_t *pixels;
  void *targets[OC_TARGETS_MAX];
  int64_t slices; /* still to be read */
  int64_t failed; /* the first image of the slice that failed, -1: none */
  oc_status status;
  oc_error error;
} slot;

struct oc_loader {
  int64_t batch, image; /* images in a batch, bytes of one */
  int target_count;
  size_t target_bytes[OC_TARGETS_MAX];
  slot slots[OC_LOADER_AHEAD];
  int thread_count;
  pthread_t threads[OC_MAX_THREADS];
  pthread_mutex_t lock; /* of what follows */
  pthread_cond_t work;  /* there may be slices to take */
  pthread_cond_t done;  /* a slice was read */
  bool quit;
  oc_images from;
  int64_t first, count; /* images of the epoch */
  int64_t next_slice;   /* the next to take; slices of a batch follow each other */
  int64_t consumed, batches;
  int busy;    /* threads that read */
  int started; /* threads that have taken their number */
  double waited;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int64_t slices_of_batch(const oc_loader *l) {
  return oc_ceil_div(l->batch, SLICE);
}

static int64_t images_in(const oc_loader *l, int64_t batch) {
  return oc_min_i64(l->batch, l->count - l->first - batch * l->batch);
}

/* ---- the threads --------------------------------------------------------------------------------------- */

typedef struct task {
  int64_t batch, begin, count; /* images begin .. begin+count-1 of the batch */
} task;

/* Takes the next slice, under the lock; false: there is none now. Empty slices of a short last batch are
 * passed over. */
static bool take(oc_loader *l, task *out) {
  const int64_t each = slices_of_batch(l);
  const int64_t batch = l->next_slice / each, begin = l->next_slice % each * SLICE;
  if (batch >= l->batches || batch >= l->consumed + OC_LOADER_AHEAD) return false;
  const int64_t images = images_in(l, batch);
  *out = (task){batch, begin, oc_min_i64(SLICE, images - begin)};
  l->next_slice = begin + SLICE >= images ? (batch + 1) * each : l->next_slice + 1;
  return true;
}

static void keep_failure(slot *s, const task *t, oc_status status, const oc_error *error) {
  if (s->failed >= 0 && s->failed < t->begin) return;
  s->failed = t->begin;
  s->status = status;
  s->error = *error;
}

static oc_status read_task(const oc_loader *l, const oc_images *from, const task *t, int worker,
                           oc_error *err) {
  const slot *s = &l->slots[t->batch % OC_LOADER_AHEAD];
  oc_images_place to = {.pixels = s->pixels + t->begin * l->image, .target_count = l->target_count};
  for (int i = 0; i < l->target_count; i++)
    to.targets[i] = (char *)s->targets[i] + (size_t)t->begin * l->target_bytes[i];
  return oc_images_read(from, l->first + t->batch * l->batch + t->begin, t->count, &to, worker, err);
}

static void run_task(oc_loader *l, const task *t, int worker) {
  oc_error error = {0};
  const oc_images from = l->from;
  l->busy++;
  pthread_mutex_unlock(&l->lock);
  const oc_status status = read_task(l, &from, t, worker, &error);
  pthread_mutex_lock(&l->lock);
  l->busy--;
  slot *s = &l->slots[t->batch % OC_LOADER_AHEAD];
  if (status != OC_OK) keep_failure(s, t, status, &error);
  s->slices--;
  pthread_cond_signal(&l->done);
}

static void *run(void *context) {
  oc_loader *l = context;
  task t;
  /* On Linux this is of the thread alone. Without the permission it stays as it is. */
  (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), LOWER_PRIORITY);
  (void)oc_float_mode_flush(); /* as in the parts of a pool */
  pthread_mutex_lock(&l->lock);
  const int worker = l->started++;
  while (!l->quit)
    if (take(l, &t))
      run_task(l, &t, worker);
    else
      pthread_cond_wait(&l->work, &l->lock);
  pthread_mutex_unlock(&l->lock);
  return NULL;
}

/* ---- making -------------------------------------------------------------------------------------------- */

static oc_status make_slots(oc_loader *l, oc_error *err) {
  bool whole = true;
  for (int i = 0; i < OC_LOADER_AHEAD; i++) {
    slot *s = &l->slots[i];
    s->pixels = oc_memory_array((size_t)l->batch, (size_t)l->image);
    whole = whole && s->pixels;
    for (int t = 0; t < l->target_count; t++) {
      s->targets[t] = oc_memory_array((size_t)l->batch, l->target_bytes[t]);
      whole = whole && s->targets[t];
    }
  }
  return whole ? OC_OK : oc_fail_memory(err, OC_LOADER_AHEAD * (size_t)l->batch * (size_t)l->image);
}

static oc_status start_threads(oc_loader *l, int threads, oc_error *err) {
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  const int wanted = threads ? threads : cpus < 1 ? 1 : cpus > OC_MAX_THREADS ? OC_MAX_THREADS : (int)cpus;
  while (l->thread_count < wanted && pthread_create(&l->threads[l->thread_count], NULL, run, l) == 0)
    l->thread_count++;
  if (l->thread_count > 0) return OC_OK; /* fewer give the same batches */
  return oc_fail(err, OC_E_MEMORY, "workers", "", "cannot start a thread");
}

oc_status oc_loader_create(const oc_input *like, int threads, oc_loader **out, oc_error *err) {
  *out = NULL;
  if (threads < 0 || threads > OC_MAX_THREADS)
    return oc_fail(err, OC_E_ARGUMENT, "workers", "", "must be 0 to %d, got %d", OC_MAX_THREADS, threads);
  oc_loader *l = oc_memory_alloc(sizeof *l);
  if (!l) return oc_fail_memory(err, sizeof *l);
  l->batch = like->capacity;
  l->image = like->image;
  l->target_count = like->target_count;
  memcpy(l->target_bytes, like->target_bytes, sizeof l->target_bytes);
  pthread_mutex_init(&l->lock, NULL); /* these cannot fail on Linux with default attributes */
  pthread_cond_init(&l->work, NULL);
  pthread_cond_init(&l->done, NULL);
  oc_status status = make_slots(l, err);
  if (status == OC_OK) status = start_threads(l, threads, err);
  if (status == OC_OK)
    *out = l;
  else
    oc_loader_free(l);
  return status;
}

/* Takes the work away, and waits for what is being read. */
static void stop_epoch(oc_loader *l) {
  l->batches = l->consumed = 0;
  while (l->busy > 0) pthread_cond_wait(&l->done, &l->lock);
}

void oc_loader_free(oc_loader *l) {
  if (!l) return;
  pthread_mutex_lock(&l->lock);
  stop_epoch(l);
  l->quit = true;
  pthread_cond_broadcast(&l->work);
  pthread_mutex_unlock(&l->lock);
  for (int i = 0; i < l->thread_count; i++) pthread_join(l->threads[i], NULL);
  for (int i = 0; i < OC_LOADER_AHEAD; i++) {
    oc_memory_free(l->slots[i].pixels);
    for (int t = 0; t < l->target_count; t++) oc_memory_free(l->slots[i].targets[t]);
  }
  pthread_cond_destroy(&l->work);
  pthread_cond_destroy(&l->done);
  pthread_mutex_destroy(&l->lock);
  oc_memory_free(l);
}

int oc_loader_threads(const oc_loader *l) {
  return l->thread_count;
}

/* ---- an epoch ------------------------------------------------------------------------------------------ */

static void empty_slot(oc_loader *l, int64_t batch) {
  if (batch >= l->batches) return;
  slot *s = &l->slots[batch % OC_LOADER_AHEAD];
  s->slices = oc_ceil_div(images_in(l, batch), SLICE);
  s->failed = -1;
  s->status = OC_OK;
}

void oc_loader_begin(oc_loader *l, const oc_images *from, int64_t first, int64_t count) {
  pthread_mutex_lock(&l->lock);
  stop_epoch(l);
  l->from = *from;
  l->first = first;
  l->count = count;
  l->next_slice = 0;
  l->waited = 0;
  l->batches = oc_ceil_div(count - first, l->batch);
  for (int64_t b = 0; b < OC_LOADER_AHEAD; b++) empty_slot(l, b);
  pthread_cond_broadcast(&l->work);
  pthread_mutex_unlock(&l->lock);
}

/* Images that are mixed with others of their batch wait for all of it. */
static oc_status take_batch(const oc_loader *l, const slot *s, oc_input *in,
                            const oc_standardizer *standardizer, oc_thread_pool *pool, oc_error *err) {
  const int64_t count = images_in(l, l->consumed);
  const oc_images pixels = {.pixels = s->pixels};
  for (int t = 0; t < l->target_count; t++)
    memcpy(in->targets[t], s->targets[t], (size_t)count * l->target_bytes[t]);
  if (!in->mixed.shares) return oc_input_fill(in, &pixels, 0, count, standardizer, pool, err);
  memcpy(in->pixels, s->pixels, (size_t)(count * l->image));
  oc_input_mix(in, &l->from, l->first + l->consumed * l->batch, count, standardizer, pool);
  return OC_OK;
}

oc_status oc_loader_next(oc_loader *l, oc_input *in, const oc_standardizer *standardizer,
                         oc_thread_pool *pool, oc_error *err) {
  const slot *s = &l->slots[l->consumed % OC_LOADER_AHEAD];
  const double begun = now();
  pthread_mutex_lock(&l->lock);
  while (s->slices > 0) pthread_cond_wait(&l->done, &l->lock);
  pthread_mutex_unlock(&l->lock);
  l->waited += now() - begun;
  oc_status status = s->status;
  if (status != OC_OK && err) *err = s->error;
  if (status == OC_OK) status = take_batch(l, s, in, standardizer, pool, err);
  pthread_mutex_lock(&l->lock);
  l->consumed++;
  empty_slot(l, l->consumed - 1 + OC_LOADER_AHEAD);
  pthread_cond_broadcast(&l->work);
  pthread_mutex_unlock(&l->lock);
  return status;
}

double oc_loader_waited(const oc_loader *l) {
  return l->waited;
}
