/* thread_pool.h: threads that take numbered parts of a job.
 *
 * A job has `parts` parts (less than 2^32), fixed by the shape of the work and never by the number of
 * threads; whichever thread is free takes the next part: half of the threads from the front, half from the
 * back. The caller works too, as worker 0. Idle workers spin for a moment, then sleep, so that another
 * process that needs the core gets it. With 1 thread there is no other thread at all. In every part, numbers
 * too small for full precision are zeros (float_mode.h). */
#ifndef OC_BASE_THREAD_POOL_H
#define OC_BASE_THREAD_POOL_H
#include "base/error.h"
#include <stdint.h>

typedef struct oc_thread_pool oc_thread_pool;
/* worker: 0 .. threads-1, to select its own scratch memory. */
typedef void (*oc_part_fn)(void *context, int64_t part, int worker);

#define OC_MAX_THREADS 256
/* threads 0: one for each CPU this process may run on. OC_E_ARGUMENT outside 0..OC_MAX_THREADS. */
oc_status oc_thread_pool_create(int threads, oc_thread_pool **out, oc_error *err);
void oc_thread_pool_free(oc_thread_pool *pool); /* NULL is fine */
int oc_thread_pool_size(const oc_thread_pool *pool);
/* Runs part 0 .. parts-1 and returns when all are done. Not from inside a part. pool NULL: the caller does
 * all; so it does, as worker 0, while another thread's job has the pool. */
void oc_thread_pool_run(oc_thread_pool *pool, int64_t parts, oc_part_fn fn, void *context);

#endif
