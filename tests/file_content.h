/* file_content.h: compares a whole file with a text. */
#ifndef TESTS_FILE_CONTENT_H
#define TESTS_FILE_CONTENT_H
#include "harness.h"
#include "base/file.h"
#include "base/memory.h"

static inline void assert_content(const char *path, const char *expected) {
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_ok(oc_file_read(path, 1 << 20, &bytes, &size, &err), err);
  assert_int_equal(size, strlen(expected));
  assert_string_equal((char *)bytes, expected); /* closed by a 0 */
  oc_memory_free(bytes);
}

#endif
