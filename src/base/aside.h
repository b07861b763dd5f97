/* aside.h: one piece of work on a thread of its own, while the caller goes on. */
#ifndef OC_BASE_ASIDE_H
#define OC_BASE_ASIDE_H
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

typedef struct oc_aside {
  void (*work)(void *context);
  void *context;
  pthread_t thread;
  cpu_set_t cpus; /* that the caller may run on */
  bool started;   /* false: no thread was wanted or could be made, so that oc_aside_finish does the work */
} oc_aside;

/* Begins context's work; `a` and `context` must stay until oc_aside_finish. The thread takes no signals. */
void oc_aside_begin(oc_aside *a, bool thread, void (*work)(void *context), void *context);
/* Returns when it is done. */
void oc_aside_finish(oc_aside *a);

#endif
