/* float_mode.h: flushes denormals to zero.
 *
 * Adam's moments of a weight that gets no gradient any more shrink step by step until they are denormal, and
 * stay so: the smallest of them times 0.9 rounds to itself. A CPU may take a hundred cycles for each
 * operation on one, and training would slow down from epoch to epoch. So all parts of jobs run with
 * denormals as zeros, in and out, and with the same results in every thread. */
#ifndef OC_BASE_FLOAT_MODE_H
#define OC_BASE_FLOAT_MODE_H
#include <stdint.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Returns the calling thread's mode before, for oc_float_mode_restore. */
static inline uint64_t oc_float_mode_flush(void) {
#if defined(__SSE2__)
  enum { FLUSH_TO_ZERO = 0x8000, DENORMALS_ARE_ZEROS = 0x0040 };
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before | FLUSH_TO_ZERO | DENORMALS_ARE_ZEROS);
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" : : "r"(before | UINT64_C(1) << 24));
  return before;
#else
  return 0;
#endif
}

static inline void oc_float_mode_restore(uint64_t mode) {
#if defined(__SSE2__)
  _mm_setcsr((unsigned)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

#endif
