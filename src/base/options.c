/* options.c: structs of options of several versions. */
#include "base/options.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (bytes[i]) return false;
  return true;
}

void oc_options_read(void *out, size_t size, size_t first, const void *given) {
  size_t theirs, kept = size;
  memcpy(&theirs, given, sizeof theirs);
  if (theirs == 0) theirs = first;
  memset(out, 0, size);
  if (theirs < first) {
    memcpy(out, &theirs, sizeof theirs); /* no such version */
    return;
  }
  memcpy(out, given, theirs < size ? theirs : size);
  if (theirs > size && !is_zero((const unsigned char *)given + size, theirs - size)) kept = theirs;
  memcpy(out, &kept, sizeof kept);
}

oc_status oc_options_check(size_t struct_size, size_t size, const char *name, oc_error *err) {
  if (struct_size == size) return OC_OK;
  return oc_fail(
      err, OC_E_ARGUMENT, name,
      struct_size < size ? "Set struct_size to sizeof of the struct, or leave it 0."
                         : "Use the library that the program was built for, or a newer one.",
      struct_size < size
          ? "struct_size is %zu bytes, but must be 0 or at least %zu"
          : "struct_size is %zu bytes and holds options that this version, of %zu, does not support",
      struct_size, size);
}
