/* machine.h: what the machine at hand can do at most, which is what times of a network are to be held against.
 *
 * Threads: one caller at a time: the measurement uses all threads of the machine, and two at once disturb
 * each other. */
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
      flops_per_second_all; /* float32 flops a second, a multiply-add counted as two: with one thread, with all */
  double read_one, read_all; /* bytes a second from memory, read in order */
} oc_machine;

/* Measures for about a second, with 128 MiB of memory meanwhile, into *out. `threads`: 1 to 256; 0: one
 * for each CPU this process may use. Each rate is the best of several, so that other load matters little:
 * it is a limit, not what a program reaches. OC_E_ARGUMENT: threads out of range. OC_E_MEMORY. */
OC_API oc_status oc_machine_measure(int threads, oc_machine *out, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
