/* Is the work done when finish returns, with a thread and without, and are signals the caller's? */
#include "harness.h"
#include "base/aside.h"
#include <signal.h>

typedef struct job {
  int done;
  pthread_t thread;
  bool blocked;
} job;

static void work(void *context) {
  job *j = context;
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  j->done++;
  j->thread = pthread_self();
  j->blocked = sigismember(&set, SIGINT) == 1;
}

static void on_a_thread(void **state) {
  (void)state;
  job j = {0};
  oc_aside a;
  oc_aside_begin(&a, true, work, &j);
  oc_aside_finish(&a);
  assert_int_equal(j.done, 1);
  assert_true(a.started);
  assert_false(pthread_equal(j.thread, pthread_self()));
  assert_true(j.blocked);
}

static void on_no_thread(void **state) {
  (void)state;
  job j = {0};
  oc_aside a;
  oc_aside_begin(&a, false, work, &j);
  assert_int_equal(j.done, 0);
  oc_aside_finish(&a);
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
