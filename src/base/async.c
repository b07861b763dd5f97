/* async.c: see async.h. A new thread can wait for milliseconds on its creator's CPU, longer than the job
 * itself takes. So it starts on another CPU, and all CPUs are allowed afterwards. */
#include "base/async.h"
#include <sched.h>
#include <signal.h>
#include <stddef.h>

static void *run_async(void *argument) {
  const oc_async *a = argument;
  (void)sched_setaffinity(0, sizeof a->cpus, &a->cpus);
  a->work(a->context);
  return NULL;
}

/* Where the thread may begin; false if there is no other CPU than this. */
static bool other_cpus(oc_async *a, pthread_attr_t *attributes) {
  const int here = sched_getcpu();
  if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof a->cpus, &a->cpus) != 0) return false;
  cpu_set_t others = a->cpus;
  CPU_CLR(here, &others);
  return CPU_COUNT(&others) > 0 && pthread_attr_setaffinity_np(attributes, sizeof others, &others) == 0;
}

/* Signals are the caller's. */
static bool start_thread(oc_async *a) {
  pthread_attr_t attributes;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0) return false;
  bool started = other_cpus(a, &attributes);
  if (started) {
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&a->thread, &attributes, run_async, a) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
  }
  pthread_attr_destroy(&attributes);
  return started;
}

void oc_async_start(oc_async *a, bool thread, void (*work)(void *context), void *context) {
  *a = (oc_async){.work = work, .context = context};
  a->started = thread && start_thread(a);
}

void oc_async_wait(oc_async *a) {
  if (a->started)
    pthread_join(a->thread, NULL);
  else
    a->work(a->context);
}
