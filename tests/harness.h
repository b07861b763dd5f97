/* harness.h: what every cmocka test needs: the headers in the right order, checks of an oc_status, and a
 * folder of its own that is gone after the test. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ftw.h>
#include <unistd.h>
#include <cmocka.h>
#include "ocellus/status.h"

/* The call must succeed; on failure the error is shown. `err` is the record that the call was given. */
#define assert_ok(call, err)                                                                                 \
  do {                                                                                                       \
    if ((call) != OC_OK)                                                                                     \
      fail_msg("%s: %s: %s: %s", #call, oc_status_name((err).code), (err).where, (err).message);             \
  } while (0)

/* The call must fail with `status`, and where + message + hint must contain `part` ("" for anything). */
#define assert_fails(call, status, err, part)                                                                \
  do {                                                                                                       \
    memset(&(err), 0, sizeof(err));                                                                          \
    const oc_status harness_got_ = (call);                                                                   \
    char harness_text_[1100];                                                                                \
    snprintf(harness_text_, sizeof harness_text_, "%s: %s: %s", (err).where, (err).message, (err).hint);     \
    if (harness_got_ != (status) || (err).code != (status) || !strstr(harness_text_, (part)))                \
      fail_msg("%s: wanted %s with '%s', got %s: %s", #call, oc_status_name(status), (part),                 \
               oc_status_name(harness_got_), harness_text_);                                                 \
  } while (0)

/* cmocka setup and teardown: the test runs inside an empty folder. */
static inline int harness_enter_folder(void **state) {
  const char *base = getenv("TMPDIR");
  char path[512];
  snprintf(path, sizeof path, "%s/ocellus-test-XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(path) || chdir(path) != 0) return -1;
  *state = strdup(path);
  return *state ? 0 : -1;
}
static inline int harness_remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk) {
  (void)st, (void)flag, (void)walk;
  return remove(path);
}
static inline int harness_leave_folder(void **state) {
  int failed = chdir("/") != 0 || nftw(*state, harness_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
  free(*state);
  return failed;
}

static inline void harness_write_file(const char *path, const void *bytes, size_t size) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, size, f), size);
  assert_int_equal(fclose(f), 0);
}

#endif
