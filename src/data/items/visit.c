/* visit.c: see visit.h. */
#include "data/items/visit.h"
#include "base/checked.h"
#include "base/thread_pool.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ITEMS_IN_PART = 16 };

typedef struct visit_job {
  const oc_visit *visit;
  atomic_llong finished;
  atomic_bool stop;
  pthread_mutex_t lock; /* of what follows */
  oc_status status;
  oc_error error;
} visit_job;

static void stop(visit_job *job, oc_status status, const oc_error *error) {
  pthread_mutex_lock(&job->lock);
  if (job->status == OC_OK) {
    job->status = status;
    job->error = *error;
  }
  pthread_mutex_unlock(&job->lock);
  atomic_store(&job->stop, true);
}

/* On the caller's thread: reports the progress. */
static void report(visit_job *job) {
  const oc_visit *v = job->visit;
  const oc_data_options *o = v->options;
  oc_error error = {0};
  if (o->progress) o->progress(o->context, v->what, atomic_load(&job->finished), v->items->count);
  if (!o->go_on || o->go_on(o->context)) return;
  const oc_status status = oc_fail(&error, OC_E_INTERRUPTED, v->items->container.path, "", "interrupted");
  stop(job, status, &error);
}

static void visit_part(void *context, int64_t part, int worker) {
  visit_job *job = context;
  const oc_visit *v = job->visit;
  const int64_t first = part * ITEMS_IN_PART, end = oc_min_i64(first + ITEMS_IN_PART, v->items->count);
  for (int64_t i = first; i < end && !atomic_load(&job->stop); i++) {
    oc_error error = {0};
    const oc_status status = v->visit(v->context, i, &error);
    if (status != OC_OK) stop(job, status, &error);
  }
  atomic_fetch_add(&job->finished, end - first);
  if (worker == 0 && !atomic_load(&job->stop)) report(job);
}

oc_status oc_items_visit(const oc_visit *v, oc_error *err) {
  visit_job job = {.visit = v};
  oc_thread_pool *pool;
  TRY(oc_thread_pool_create(v->options->workers, &pool, err));
  pthread_mutex_init(&job.lock, NULL); /* cannot fail on Linux with default attributes */
  oc_thread_pool_run(pool, oc_ceil_div(v->items->count, ITEMS_IN_PART), visit_part, &job);
  pthread_mutex_destroy(&job.lock);
  oc_thread_pool_free(pool);
  if (job.status != OC_OK && err) *err = job.error;
  return job.status;
}
