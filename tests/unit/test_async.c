/* Is the work done when finish returns, with a thread and without, and are signals the caller's? May the
 * thread run where the caller may? */
#include "harness.h"
#include "base/async.h"
#include <signal.h>

typedef struct job {
  int done;
  pthread_t thread;
  bool blocked;
  cpu_set_t cpus;
} job;

static void work(void *context) {
  job *j = context;
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  j->done++;
  (void)sched_getaffinity(0, sizeof j->cpus, &j->cpus);
  j->thread = pthread_self();
  j->blocked = sigismember(&set, SIGINT) == 1;
}

static void on_a_thread(void **state) {
  (void)state;
  job j = {0};
  oc_async a;
  oc_async_start(&a, true, work, &j);
  oc_async_wait(&a);
  cpu_set_t cpus;
  assert_int_equal(sched_getaffinity(0, sizeof cpus, &cpus), 0);
  const bool several = CPU_COUNT(&cpus) > 1; /* a thread that could only wait for its maker is not made */
  assert_int_equal(j.done, 1);
  assert_int_equal(a.started, several);
  assert_int_equal(pthread_equal(j.thread, pthread_self()) == 0, several);
  assert_int_equal(j.blocked, several);
  assert_true(!several || CPU_EQUAL(&cpus, &j.cpus));
}

static void on_no_thread(void **state) {
  (void)state;
  job j = {0};
  oc_async a;
  oc_async_start(&a, false, work, &j);
  assert_int_equal(j.done, 0);
  oc_async_wait(&a);
  assert_int_equal(j.done, 1);
  assert_true(pthread_equal(j.thread, pthread_self()));
  assert_false(j.blocked);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(on_a_thread),
      cmocka_unit_test(on_no_thread),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
