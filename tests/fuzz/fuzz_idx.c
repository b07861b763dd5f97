/* Any bytes as an IDX file, plain or gzip: either an error with a message, or exactly the values that the
 * header declares. The bytes go through a file in memory, so that the reader's own code is what runs. */
#include "data/source/idx.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(oc_status status, const oc_idx *idx, const oc_error *err) {
  if (status != OC_OK) {
    if (idx->pixels || err->code != status || !err->message[0]) abort();
    return;
  }
  int64_t count = 1;
  if (idx->rank < 1 || idx->rank > OC_IDX_MAX_RANK) abort();
  for (int i = 0; i < idx->rank; i++) count *= idx->dim[i];
  if (count != idx->count || count < 1 || count > LIMIT) abort();
  volatile unsigned sum = 0; /* every value is there to be read */
  for (int64_t i = 0; i < count; i++) sum += idx->pixels[i];
  (void)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char path[64];
  oc_idx idx;
  oc_error err = {0};
  int fd = memfd_create("idx", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  check(oc_idx_read(path, OC_IDX_PIXELS, &(oc_data_options){.max_bytes = LIMIT}, &idx, &err), &idx, &err);
  oc_idx_release(&idx);
  close(fd);
  return 0;
}
