/* aside.c: see aside.h. */
#include "base/aside.h"
#include <signal.h>
#include <stddef.h>

static void *run(void *argument) {
  const oc_aside *a = argument;
  a->work(a->context);
  return NULL;
}

void oc_aside_begin(oc_aside *a, bool thread, void (*work)(void *context), void *context) {
  sigset_t all, before;
  *a = (oc_aside){.work = work, .context = context};
  if (!thread) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  a->started = pthread_create(&a->thread, NULL, run, a) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void oc_aside_finish(oc_aside *a) {
  if (a->started)
    pthread_join(a->thread, NULL);
  else
    a->work(a->context);
}
