/* memory_most.c: finds out how much memory there is, before it is requested. */
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Small requests are not worth asking the system for. */
enum { SMALL = 64 << 20 };

static size_t of_machine(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  size_t bytes;
  return pages > 0 && page > 0 && oc_mul_size((size_t)pages, (size_t)page, &bytes) ? bytes : SIZE_MAX;
}

static size_t of_process(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return (size_t)limit.rlim_cur;
}

/* "max" or a number; in a container this is the container's own group. */
static size_t of_group(void) {
  char text[32] = "", *end;
  const int file = open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC);
  if (file < 0) return SIZE_MAX;
  const ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  const unsigned long long bytes = strtoull(text, &end, 10);
  return count > 0 && end != text ? (size_t)bytes : SIZE_MAX;
}

size_t oc_memory_most(void) {
  const size_t machine = of_machine(), process = of_process(), group = of_group();
  const size_t least = machine < process ? machine : process;
  return least < group ? least : group;
}

oc_status oc_memory_check(const char *what, size_t bytes, oc_error *err) {
  if (bytes < SMALL) return OC_OK;
  const size_t most = oc_memory_most();
  if (bytes <= most) return OC_OK;
  return oc_fail(err, OC_E_MEMORY, "", "Use a smaller batch, smaller images or a smaller network.",
                 "too little memory for %s: %.1f GiB needed, %.1f GiB available", what,
                 (double)bytes / (1 << 30), (double)most / (1 << 30));
}
