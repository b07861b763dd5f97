/* Any bytes as an archive: either an error with a message, or entries with paths that stay inside, each of
 * which is read whole or refused in words. The bytes go through a file in memory. */
#include "base/memory.h"
#include "data/container/container.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LIMIT = 1 << 20, READ_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check_path(const char *path) {
  require(*path && *path != '/' && path[strlen(path) - 1] != '/');
  for (const char *at = path; at; at = strchr(at, '/')) {
    at += *at == '/';
    require(strncmp(at, "..", 2) != 0 || (at[2] != 0 && at[2] != '/'));
  }
}

/* All bytes of a file are there, or an error says why not. */
static void read_entry(const oc_container *c, const oc_entry *entry) {
  unsigned char *bytes = NULL;
  size_t size = 0;
  oc_error err = {0};
  const oc_status status = c->kind->read(c->self, entry, LIMIT, &bytes, &size, &err);
  require(status == OC_OK ? bytes && size == entry->bytes && size <= LIMIT && bytes[size] == 0
                          : !bytes && err.code == status && err.message[0]);
  volatile unsigned sum = 0;
  for (size_t i = 0; status == OC_OK && i < size; i++) sum += bytes[i];
  (void)sum;
  oc_memory_free(bytes);
}

typedef struct listed {
  int count;
  oc_entry entries[READ_MAX];
} listed;

static oc_status take(void *to, const oc_entry *entry, oc_error *err) {
  listed *l = to;
  (void)err;
  check_path(entry->path);
  require(!entry->is_folder || entry->bytes == 0);
  if (entry->is_folder || l->count == READ_MAX) return OC_OK;
  l->entries[l->count] = *entry;
  l->entries[l->count++].path = "entry";
  return OC_OK;
}

static void try_file(const char *path) {
  oc_container c = {0};
  oc_error err = {0};
  listed l = {0};
  const oc_entry_sink sink = {take, &l};
  const oc_data_options options = {.max_bytes = LIMIT};
  if (!oc_container_for(path)) return;
  oc_status status = oc_container_open(path, &options, &c, &err);
  if (status == OC_OK) status = c.kind->list(c.self, &sink, &err);
  require(status == OC_OK || (err.code == status && err.message[0]));
  for (int i = 0; c.self && i < l.count; i++) read_entry(&c, &l.entries[i]);
  oc_container_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char path[64];
  int fd = memfd_create("archive", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  try_file(path);
  close(fd);
  return 0;
}
