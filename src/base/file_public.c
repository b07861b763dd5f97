/* file_public.c: reads and replaces files, for programs. */
#include "base/file.h"
#include "ocellus/file.h"

oc_status oc_file_save(const char *path, const void *bytes, size_t size, oc_error *err) {
  NEED(path);
  if (size > 0) NEED(bytes);
  return oc_file_replace(path, bytes, size, err);
}

oc_status oc_file_load(const char *path, size_t limit, void **bytes, size_t *size, oc_error *err) {
  NEED(path, bytes, size);
  unsigned char *read = NULL;
  *bytes = NULL;
  TRY(oc_file_read(path, limit, &read, size, err));
  *bytes = read;
  return OC_OK;
}
