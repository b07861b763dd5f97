/* machine.h: measures this machine's peak compute and memory rates, as a baseline for timings, and how fast
 * it loads a dataset.
 *
 * Threads: one caller at a time: the measurement uses all threads of the machine, and two concurrent calls
 * disturb each other. */
#ifndef OCELLUS_MACHINE_H
#define OCELLUS_MACHINE_H
#include "data.h"
#include "session.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_machine {
  oc_isa isa;  /* the level that was measured: oc_isa_best() */
  int threads; /* of the measurements with all */
  double flops_per_second_one,
      flops_per_second_all;  /* float32 FLOP/s, a multiply-add counted as two: with one thread, with all */
  double read_one, read_all; /* bytes/s from memory, read in order */
} oc_machine;

/* Measures for about a second, with 128 MiB of memory meanwhile, into *out. `threads`: 1 to 256; 0: one for
 * each CPU this process may use. Each rate is the best of several, so other load matters little. It is an
 * upper limit, which programs do not reach. OC_E_ARGUMENT: threads out of range. OC_E_MEMORY. */
OC_API oc_status oc_machine_measure(int threads, oc_machine *out, oc_error *err);

typedef struct oc_loading_options {
  size_t struct_size; /* sizeof(oc_loading_options); 0: that of version 0.1 */
  int batch;          /* images per batch, 1 or more; 0: 64 (default) */
  int workers;        /* threads that decode, 1 to 256; 0: one for each CPU (default) */
  /* Called before each batch: false ends the call with OC_E_INTERRUPTED. NULL (default): never. */
  oc_go_on_fn go_on;
  void *context; /* of go_on */
} oc_loading_options;

/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_loading_options oc_loading_defaults(void);

typedef struct oc_loading {
  int64_t images;
  int workers;
  double seconds;
} oc_loading;

/* Reads every image of `data` once, as a training step gets it: decoded, preprocessed, in batches of float32
 * of 0 to 1, shuffled with seed 123. No network runs, so this is the rate above which training waits for
 * images. Images that the cache of `data` keeps are not decoded again by the next call. `options` may be
 * NULL. OC_E_ARGUMENT: an option out of range. OC_E_DATA, OC_E_IO, OC_E_NO_INPUT: an image cannot be read;
 * the message has its name. OC_E_INTERRUPTED: go_on returned false. OC_E_MEMORY. */
OC_API oc_status oc_loading_measure(const oc_dataset *data, const oc_loading_options *options,
                                    oc_loading *out, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
