/* Is every part done exactly once, by a worker with a number of its own, for any number of threads, with
 * workers awake or asleep? Meant to run under the thread sanitizer too. */
#include "harness.h"
#include "base/thread_pool.h"
#include <float.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

static const int thread_counts[] = {1, 2, 3, 8};
enum { COUNTS = sizeof thread_counts / sizeof *thread_counts, MAX_PARTS = 257 };

typedef struct job {
  int done
      [MAX_PARTS]; /* plain on purpose: a part run twice concurrently is a race that the sanitizer finds */
  int busy[OC_MAX_THREADS];
  int threads, step;
} job;

static void part(void *context, int64_t index, int worker) {
  job *j = context;
  if (worker < 0 || worker >= j->threads || index < 0 || index >= MAX_PARTS) abort();
  if (j->busy[worker]++) abort(); /* two threads with one number */
  j->done[index] += j->step;
  j->busy[worker]--;
}

static void run_and_check(oc_thread_pool *pool, job *j, int64_t parts) {
  memset(j->done, 0, sizeof j->done);
  oc_thread_pool_run(pool, parts, part, j);
  for (int64_t i = 0; i < MAX_PARTS; i++) assert_int_equal(j->done[i], i < parts ? j->step : 0);
}

static void every_part_once(void **state) {
  (void)state;
  for (int t = 0; t < COUNTS; t++) {
    oc_error err;
    oc_thread_pool *pool = NULL;
    assert_ok(oc_thread_pool_create(thread_counts[t], &pool, &err), err);
    assert_int_equal(oc_thread_pool_size(pool), thread_counts[t]);
    job j = {.threads = thread_counts[t]};
    for (int round = 0; round < 3000; round++) {
      j.step = round % 5 + 1;
      run_and_check(pool, &j, round % 17 == 0 ? MAX_PARTS : round % 13);
    }
    oc_thread_pool_free(pool);
  }
}

/* Pauses long enough for the workers to fall asleep before each job. */
static void sleepers_wake_up(void **state) {
  (void)state;
  for (int t = 0; t < COUNTS; t++) {
    oc_thread_pool *pool = NULL;
    assert_int_equal(oc_thread_pool_create(thread_counts[t], &pool, NULL), OC_OK);
    job j = {.threads = thread_counts[t], .step = 1};
    for (int round = 0; round < 20; round++) {
      nanosleep(&(struct timespec){.tv_nsec = round % 4 * 500000}, NULL);
      run_and_check(pool, &j, 64);
    }
    oc_thread_pool_free(pool);
  }
}

/* Both of two threads are needed: each part waits until the other has begun. */
static void meet(void *context, int64_t index, int worker) {
  (void)index, (void)worker;
  pthread_barrier_wait(context);
}
static void parts_run_at_the_same_time(void **state) {
  (void)state;
  for (int threads = 2; threads <= 4; threads++) {
    oc_thread_pool *pool = NULL;
    pthread_barrier_t barrier;
    assert_int_equal(oc_thread_pool_create(threads, &pool, NULL), OC_OK);
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int round = 0; round < 50; round++) oc_thread_pool_run(pool, threads, meet, &barrier);
    pthread_barrier_destroy(&barrier);
    oc_thread_pool_free(pool);
  }
}

/* What a part writes, the caller and the parts of the next job see. */
static void add_up(void *context, int64_t index, int worker) {
  (void)worker;
  int *row = context;
  row[index + 64] = row[63 - index] + 1;
}
static void move_down(void *context, int64_t index, int worker) {
  (void)worker;
  int *row = context;
  row[index] = row[127 - index];
}
static void jobs_see_earlier_jobs(void **state) {
  (void)state;
  int row[128] = {0};
  oc_thread_pool *pool = NULL;
  assert_int_equal(oc_thread_pool_create(3, &pool, NULL), OC_OK);
  for (int round = 1; round <= 1000; round++) {
    oc_thread_pool_run(pool, 64, add_up, row);
    oc_thread_pool_run(pool, 64, move_down, row);
  }
  for (int i = 0; i < 128; i++) assert_int_equal(row[i], 1000);
  oc_thread_pool_free(pool);
}

static void without_a_pool(void **state) {
  (void)state;
  job j = {.threads = 1, .step = 1};
  run_and_check(NULL, &j, 10);
  run_and_check(NULL, &j, 0);
  assert_int_equal(oc_thread_pool_size(NULL), 1);
  oc_thread_pool_free(NULL);
}

static void refuses_impossible_counts(void **state) {
  (void)state;
  oc_error err;
  oc_thread_pool *pool = NULL;
  assert_fails(oc_thread_pool_create(-1, &pool, &err), OC_E_ARGUMENT, err, "got -1");
  assert_fails(oc_thread_pool_create(OC_MAX_THREADS + 1, &pool, &err), OC_E_ARGUMENT, err, "got 257");
  assert_null(pool);
  assert_ok(oc_thread_pool_create(0, &pool, &err), err);
  assert_in_range(oc_thread_pool_size(pool), 1, OC_MAX_THREADS);
  oc_thread_pool_free(pool);
}

/* Ctrl-C must reach the program's own threads and never a worker. */
static void worker_blocks_signals(void *context, int64_t index, int worker) {
  (void)index;
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  int *result = context;
  result[worker] = sigismember(&set, SIGINT);
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
static void signals_go_to_the_caller(void **state) {
  (void)state;
  int result[2] = {-1, -1};
  oc_thread_pool *pool = NULL;
  assert_int_equal(oc_thread_pool_create(2, &pool, NULL), OC_OK);
  for (int i = 0; i < 1000 && result[1] < 0; i++) oc_thread_pool_run(pool, 8, worker_blocks_signals, result);
  assert_int_equal(result[0], 0);
  assert_int_equal(result[1], 1);
  oc_thread_pool_free(pool);
}

/* Every part, on any thread, flushes denormals to zero; the caller's own mode is as before. */
static float half(float x) {
  volatile float y = x;
  y *= 0.5f;
  return y;
}
static void small_numbers(void *context, int64_t index, int worker) {
  (void)index;
  float *result = context;
  result[worker] = half(FLT_MIN) + half(2 * FLT_MIN);
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
static void parts_flush_small_numbers(void **state) {
  (void)state;
#if defined(__SSE2__) || defined(__aarch64__)
  float result[2] = {0, 0};
  oc_thread_pool *pool = NULL;
  assert_int_equal(oc_thread_pool_create(2, &pool, NULL), OC_OK);
  for (int i = 0; i < 1000 && result[1] == 0; i++) oc_thread_pool_run(pool, 8, small_numbers, result);
  for (int i = 0; i < 2; i++) assert_memory_equal(&result[i], &(float){FLT_MIN}, sizeof(float));
  oc_thread_pool_free(pool);
  result[0] = 0;
  oc_thread_pool_run(NULL, 1, small_numbers, result);
  assert_memory_equal(&result[0], &(float){FLT_MIN}, sizeof(float));
  assert_true(half(FLT_MIN) > 0);
#else
  skip();
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_part_once),
      cmocka_unit_test(sleepers_wake_up),
      cmocka_unit_test(parts_run_at_the_same_time),
      cmocka_unit_test(jobs_see_earlier_jobs),
      cmocka_unit_test(without_a_pool),
      cmocka_unit_test(refuses_impossible_counts),
      cmocka_unit_test(signals_go_to_the_caller),
      cmocka_unit_test(parts_flush_small_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
