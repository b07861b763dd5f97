/* machine.h: measures this machine's peak compute and memory rates, as a baseline for timings.
 *
 * Threads: one caller at a time: the measurement uses all threads of the machine, and two concurrent calls
 * disturb each other. */
#ifndef OCELLUS_MACHINE_H
#define OCELLUS_MACHINE_H
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

#ifdef __cplusplus
}
#endif
#endif
