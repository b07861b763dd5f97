/* exhaust.c: makes one allocation of a whole process fail, in whatever library it is: loaded before the C
 * library by tests/fault/test_process_memory.py.
 *
 *   OC_FAULT_AT=N       the N-th allocation (1..) returns nothing; unset: none
 *   OC_FAULT_FROM=N     the N-th and all after it do
 *   OC_FAULT_COUNT=FILE how many there were is written there at the end
 *
 * The names of the C library's own allocator are glibc's. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static atomic_long calls;
static long first, last = -1;
static const char *report;

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void) {
  const long at = number("OC_FAULT_AT"), from = number("OC_FAULT_FROM");
  report = getenv("OC_FAULT_COUNT");
  first = from ? from : at;
  last = from ? __LONG_MAX__ : at;
  atomic_store(&calls, 0);
}

__attribute__((destructor)) static void end(void) {
  char text[24];
  const int file = report ? open(report, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
  if (file < 0) return;
  const int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
  if (write(file, text, (size_t)length) != length) abort();
  close(file);
}

static int fails(void) {
  const long n = atomic_fetch_add(&calls, 1) + 1;
  if (first == 0 || n < first || n > last) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t bytes) {
  return fails() ? NULL : __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) {
  return fails() ? NULL : __libc_calloc(count, bytes);
}
void *realloc(void *memory, size_t bytes) {
  return fails() ? NULL : __libc_realloc(memory, bytes);
}
void *aligned_alloc(size_t alignment, size_t bytes) {
  return fails() ? NULL : __libc_memalign(alignment, bytes);
}
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  if (fails()) return ENOMEM;
  *memory = __libc_memalign(alignment, bytes);
  return *memory ? 0 : ENOMEM;
}
