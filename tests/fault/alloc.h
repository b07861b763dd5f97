/* alloc.h: makes the n-th allocation of the library fail. Every program in tests/fault is linked with alloc.c
 * and -Wl,--wrap=posix_memalign, the one call that src/base/memory.c makes. */
#ifndef TESTS_FAULT_ALLOC_H
#define TESTS_FAULT_ALLOC_H

/* The n-th allocation from now on fails (1 is the next one), and only that one. 0: none fails. Starts
 * counting again. */
void fault_fail_at(long n);
/* From the n-th allocation on, all fail. */
void fault_fail_from(long n);
/* Allocations since the last of the two calls above. */
long fault_count(void);

#endif
