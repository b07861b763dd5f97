/* alloc.c: see alloc.h. */
#include "fault/alloc.h"
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>

int __real_posix_memalign(void **memory, size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes);

static _Atomic long calls, first_failure, last_failure;

int __wrap_posix_memalign(void **memory, size_t alignment, size_t bytes) {
  const long n = ++calls;
  if (n >= first_failure && n <= last_failure) return ENOMEM;
  return __real_posix_memalign(memory, alignment, bytes);
}

static void fail_between(long first, long last) {
  calls = 0;
  first_failure = first;
  last_failure = last;
}

void fault_fail_at(long n) {
  fail_between(n, n);
}
void fault_fail_from(long n) {
  fail_between(n, LONG_MAX);
}
long fault_count(void) {
  return calls;
}
