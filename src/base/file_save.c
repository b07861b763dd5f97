/* file_save.c: replacing a file, for programs. */
#include "ocellus/file.h"
#include "base/file.h"

oc_status oc_file_save(const char *path, const void *bytes, size_t size, oc_error *err) {
  return oc_file_replace(path, bytes, size, err);
}
