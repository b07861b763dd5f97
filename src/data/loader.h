/* loader.h: reads the batches of an epoch before they are needed, on threads of its own.
 *
 * A batch is read in slices of a few images, which any thread takes; up to OC_LOADER_AHEAD batches are read
 * ahead. Where an image goes follows from the order of the epoch alone, so batches have the same bytes for
 * any number of threads. The threads have a lower priority than those that compute.
 *
 * One thread, the consumer, calls the functions below. */
#ifndef OC_DATA_LOADER_H
#define OC_DATA_LOADER_H
#include "data/input.h"

enum { OC_LOADER_AHEAD = 4 };

typedef struct oc_loader oc_loader;

/* Starts `threads` threads (0: one for each CPU) for batches like those of `like`: its capacity, image and
 * targets. No batch is read before oc_loader_begin. */
oc_status oc_loader_create(const oc_input *like, int threads, oc_loader **out, oc_error *err);
void oc_loader_free(oc_loader *l); /* NULL is fine */
int oc_loader_threads(const oc_loader *l);
/* Begins an epoch: images first .. count-1 of `from`, in batches of `like`'s capacity. What `from` points to
 * stays as it is until the last batch was returned, or the next call of begin or free. */
void oc_loader_begin(oc_loader *l, const oc_images *from, int64_t first, int64_t count);
/* Waits for the next batch and fills `in`: standardizes its pixels on the pool, and copies its targets. The
 * error is that of the first image of the batch that cannot be read. Takes no memory. */
oc_status oc_loader_next(oc_loader *l, oc_input *in, const oc_standardizer *standardizer,
                         oc_thread_pool *pool, oc_error *err);
/* Seconds that oc_loader_next has waited for images since the last call of begin. */
double oc_loader_waited(const oc_loader *l);

#endif
