/* async.h: runs one job on its own thread while the caller continues. */
#ifndef OC_BASE_ASYNC_H
#define OC_BASE_ASYNC_H
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

typedef struct oc_async {
  void (*work)(void *context);
  void *context;
  pthread_t thread;
  cpu_set_t cpus; /* that the caller may run on */
  bool started;   /* false: no thread was wanted or could be made, so that oc_async_wait does the work */
} oc_async;

/* Begins context's work; `a` and `context` must stay until oc_async_wait. The thread takes no signals. */
void oc_async_start(oc_async *a, bool thread, void (*work)(void *context), void *context);
/* Returns when it is done. */
void oc_async_wait(oc_async *a);

#endif
