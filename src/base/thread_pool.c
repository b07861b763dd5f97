/* thread_pool.c: threads that take numbered parts of a job.
 *
 * Everything that has to be agreed on is one 64-bit word, `state`:
 *   bits 0..15   how many workers are inside the job
 *   bit 16       OPEN: workers may enter
 *   bit 17       WAITED: the caller sleeps until the last worker has left
 *   bit 18       QUIT: workers end
 *   bits 32..63  number of the job
 * The job itself (fn, context, parts, taken_parts) is written only while the word is "not open, nobody
 * inside", and read only by those inside. So the caller waits for workers that took a part, never for one
 * that has not woken up: when another process has its core, the job continues without it. The caller closes
 * the job when no part is left.
 *
 * Handshake with sleepers: a worker counts itself in `sleepers` and then looks at `state` again; the caller
 * changes `state` and then looks at `sleepers`. Both are sequentially consistent, so one of them sees the
 * other. */
#include "base/thread_pool.h"
#include "base/float_mode.h"
#include "base/memory.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

#define INSIDE    UINT64_C(0xffff)
#define OPEN      (UINT64_C(1) << 16)
#define WAITED    (UINT64_C(1) << 17)
#define QUIT      (UINT64_C(1) << 18)
#define JOB_SHIFT 32
#define SPINS     2000 /* some tens of microseconds */

typedef struct oc_worker {
  oc_thread_pool *pool;
  pthread_t thread;
  int index;
} oc_worker;

struct oc_thread_pool {
  _Alignas(64) _Atomic uint64_t state;
  _Alignas(64) _Atomic uint64_t taken_parts; /* from the front, and in the upper half from the back */
  _Alignas(64) oc_part_fn fn;
  void *context;
  int64_t parts;
  _Alignas(64) _Atomic int sleepers;
  atomic_flag taken; /* a job is under way */
  pthread_mutex_t mutex;
  pthread_cond_t work, done;
  int threads, started; /* started: workers that run, at most threads - 1 */
  int spins; /* 0 when there are more threads than CPUs: spinning would take the CPU from the work */
  oc_worker *workers;
};

static void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* The next part for this worker, or -1. Every other worker begins at the back, so that from job to job a core
 * meets mostly the parts, and so the memory, that it had before: what another core's cache holds comes more
 * slowly. */
static int64_t next_part(oc_thread_pool *p, int worker) {
  const bool back = worker % 2 == 1;
  uint64_t taken = atomic_load_explicit(&p->taken_parts, memory_order_relaxed);
  for (;;) {
    const int64_t front_count = (int64_t)(taken & UINT32_MAX), back_count = (int64_t)(taken >> 32);
    if (front_count + back_count >= p->parts) return -1;
    const uint64_t then = taken + (back ? UINT64_C(1) << 32 : 1);
    if (atomic_compare_exchange_weak_explicit(&p->taken_parts, &taken, then, memory_order_relaxed,
                                              memory_order_relaxed))
      return back ? p->parts - 1 - back_count : front_count;
  }
}

static void take_parts(oc_thread_pool *p, int worker) {
  for (int64_t part; (part = next_part(p, worker)) >= 0;) p->fn(p->context, part, worker);
}

/* ---- a worker ------------------------------------------------------------------------------------------ */

static bool has_new_job(uint64_t state, uint64_t last_job) {
  return (state & QUIT) || ((state & OPEN) && state >> JOB_SHIFT != last_job);
}

static void wait_for_work(oc_thread_pool *p, uint64_t last_job) {
  for (int i = 0; i < p->spins; i++) {
    if (has_new_job(atomic_load(&p->state), last_job)) return;
    pause_cpu();
  }
  pthread_mutex_lock(&p->mutex);
  atomic_fetch_add(&p->sleepers, 1);
  while (!has_new_job(atomic_load(&p->state), last_job)) pthread_cond_wait(&p->work, &p->mutex);
  atomic_fetch_sub(&p->sleepers, 1);
  pthread_mutex_unlock(&p->mutex);
}

/* False if the job was closed before this worker got in; *job is the one it got into. */
static bool wait_for_job(oc_thread_pool *p, uint64_t last_job, uint64_t *job) {
  uint64_t state = atomic_load(&p->state);
  while ((state & OPEN) && state >> JOB_SHIFT != last_job) {
    if (atomic_compare_exchange_weak(&p->state, &state, state + 1)) {
      *job = state >> JOB_SHIFT;
      return true;
    }
  }
  return false;
}

static void leave(oc_thread_pool *p) {
  const uint64_t before = atomic_fetch_sub(&p->state, 1);
  if ((before & INSIDE) != 1 || !(before & WAITED)) return;
  pthread_mutex_lock(&p->mutex);
  pthread_cond_signal(&p->done);
  pthread_mutex_unlock(&p->mutex);
}

static void *work(void *argument) {
  const oc_worker *me = argument;
  oc_thread_pool *p = me->pool;
  uint64_t last_job = 0;
  oc_float_mode_flush();
  for (;;) {
    wait_for_work(p, last_job);
    if (atomic_load(&p->state) & QUIT) return NULL;
    if (!wait_for_job(p, last_job, &last_job)) continue;
    take_parts(p, me->index);
    leave(p);
  }
}

/* ---- the caller ---------------------------------------------------------------------------------------- */

static void wake_sleepers(oc_thread_pool *p) {
  if (atomic_load(&p->sleepers) == 0) return;
  pthread_mutex_lock(&p->mutex);
  pthread_cond_broadcast(&p->work);
  pthread_mutex_unlock(&p->mutex);
}

static void open_job(oc_thread_pool *p, int64_t parts, oc_part_fn fn, void *context) {
  p->fn = fn;
  p->context = context;
  p->parts = parts;
  atomic_store_explicit(&p->taken_parts, 0, memory_order_relaxed);
  uint64_t job = (atomic_load(&p->state) >> JOB_SHIFT) + 1;
  if (job > UINT32_MAX) job = 1; /* 0 is what a new worker has seen */
  atomic_store(&p->state, job << JOB_SHIFT | OPEN);
  wake_sleepers(p);
}

/* Lets nobody in any more and returns when those inside have left. */
static void close_job(oc_thread_pool *p) {
  uint64_t state = atomic_fetch_and(&p->state, ~OPEN);
  for (int i = 0; i < p->spins && (state & INSIDE); i++) {
    pause_cpu();
    state = atomic_load(&p->state);
  }
  if ((state & INSIDE) == 0) return;
  pthread_mutex_lock(&p->mutex);
  atomic_fetch_or(&p->state, WAITED);
  while (atomic_load(&p->state) & INSIDE) pthread_cond_wait(&p->done, &p->mutex);
  pthread_mutex_unlock(&p->mutex);
}

static void run_parts(oc_thread_pool *p, int64_t parts, oc_part_fn fn, void *context) {
  if (!p || p->threads == 1 || parts <= 1 ||
      atomic_flag_test_and_set_explicit(&p->taken, memory_order_acquire)) {
    for (int64_t part = 0; part < parts; part++) fn(context, part, 0);
    return;
  }
  open_job(p, parts, fn, context);
  take_parts(p, 0);
  close_job(p);
  atomic_flag_clear_explicit(&p->taken, memory_order_release);
}

void oc_thread_pool_run(oc_thread_pool *p, int64_t parts, oc_part_fn fn, void *context) {
  const uint64_t mode = oc_float_mode_flush();
  run_parts(p, parts, fn, context);
  oc_float_mode_restore(mode);
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static int usable_cpus(void) {
  cpu_set_t set;
  long count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > OC_MAX_THREADS ? OC_MAX_THREADS : (int)count;
}

/* Workers take no signals: those belong to the program's own threads. */
static oc_status start_workers(oc_thread_pool *p, oc_error *err) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = 0;
  while (p->started < p->threads - 1 && code == 0) {
    oc_worker *w = &p->workers[p->started];
    *w = (oc_worker){.pool = p, .index = p->started + 1};
    code = pthread_create(&w->thread, NULL, work, w);
    if (code == 0) p->started++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code == 0) return OC_OK;
  return oc_fail(err, OC_E_MEMORY, "threads", "Use fewer threads.", "cannot start thread %d of %d: %s",
                 p->started + 2, p->threads, strerror(code));
}

oc_status oc_thread_pool_create(int threads, oc_thread_pool **out, oc_error *err) {
  *out = NULL;
  if (threads < 0 || threads > OC_MAX_THREADS)
    return oc_fail(err, OC_E_ARGUMENT, "threads", "Use 0 for one thread on each CPU.",
                   "thread count must be 0 to %d, got %d", OC_MAX_THREADS, threads);
  oc_thread_pool *p = oc_memory_alloc(sizeof *p);
  if (!p) return oc_fail_memory(err, sizeof *p);
  const int cpus = usable_cpus();
  atomic_flag_clear(&p->taken);
  p->threads = threads ? threads : cpus;
  p->spins = p->threads <= cpus ? SPINS : 0;
  pthread_mutex_init(&p->mutex, NULL); /* these three cannot fail on Linux with default attributes */
  pthread_cond_init(&p->work, NULL);
  pthread_cond_init(&p->done, NULL);
  p->workers = oc_memory_array((size_t)p->threads, sizeof *p->workers);
  oc_status status = p->workers ? start_workers(p, err) : oc_fail_memory(err, sizeof *p->workers);
  if (status != OC_OK) {
    oc_thread_pool_free(p);
    return status;
  }
  *out = p;
  return OC_OK;
}

void oc_thread_pool_free(oc_thread_pool *p) {
  if (!p) return;
  atomic_fetch_or(&p->state, QUIT);
  wake_sleepers(p);
  for (int i = 0; i < p->started; i++) pthread_join(p->workers[i].thread, NULL);
  pthread_cond_destroy(&p->done);
  pthread_cond_destroy(&p->work);
  pthread_mutex_destroy(&p->mutex);
  oc_memory_free(p->workers);
  oc_memory_free(p);
}

int oc_thread_pool_size(const oc_thread_pool *pool) {
  return pool ? pool->threads : 1;
}
