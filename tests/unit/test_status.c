/* Does every status have its own name, text and exit code, and is an error record filled as promised? */
#include "harness.h"
#include "base/error.h"
#include <errno.h>

static void names_and_codes(void **state) {
  (void)state;
  assert_string_equal(oc_status_name(OC_OK), "OC_OK");
  assert_string_equal(oc_status_name(OC_E_DATA), "OC_E_DATA");
  assert_string_equal(oc_status_name((oc_status)99), "OC_E_?");
  assert_string_equal(oc_status_text(OC_E_DATA), "bad data");
  assert_string_equal(oc_status_text((oc_status)99), "unknown status");
  assert_int_equal(oc_status_exit_code(OC_OK), 0);
  assert_int_equal(oc_status_exit_code(OC_E_ARGUMENT), 64);
  assert_int_equal(oc_status_exit_code(OC_E_INTERRUPTED), 130);
  assert_int_equal(oc_status_exit_code((oc_status)99), 70);
  int major, minor, patch;
  assert_int_equal(sscanf(oc_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}

static void every_status_differs(void **state) {
  (void)state;
  for (int a = 0; a <= OC_E_UNSUPPORTED; a++)
    for (int b = 0; b < a; b++) {
      assert_string_not_equal(oc_status_name((oc_status)a), oc_status_name((oc_status)b));
      assert_int_not_equal(oc_status_exit_code((oc_status)a), oc_status_exit_code((oc_status)b));
    }
}

static void fail_fills_all_fields(void **state) {
  (void)state;
  oc_error err;
  memset(&err, 0x5a, sizeof err);
  assert_int_equal(oc_fail(&err, OC_E_NET, "conv_1", "Use 1 or more.", "kernel %d", -3), OC_E_NET);
  assert_int_equal(err.code, OC_E_NET);
  assert_string_equal(err.where, "conv_1");
  assert_string_equal(err.message, "kernel -3");
  assert_string_equal(err.hint, "Use 1 or more.");
  assert_int_equal(oc_fail(NULL, OC_E_NET, "", "", "x"), OC_E_NET);
}

static void fail_wraps_its_own_record(void **state) {
  (void)state;
  oc_error err;
  oc_fail(&err, OC_E_DATA, "inner", "first hint", "old");
  oc_fail(&err, OC_E_IO, err.where, err.hint, "new (%s)", err.message);
  assert_string_equal(err.where, "inner");
  assert_string_equal(err.message, "new (old)");
  assert_string_equal(err.hint, "first hint");
}

/* A file name of two-byte letters that does not fit must be cut between letters. */
static void long_texts_are_cut_between_characters(void **state) {
  (void)state;
  oc_error err;
  char name[1000], expected[1000];
  for (size_t i = 0; i + 2 < sizeof name; i += 2) memcpy(name + i, "\xc3\xa4", 3);
  oc_fail(&err, OC_E_DATA, name, "", "%s", name);
  assert_int_equal(strlen(err.where), 254);
  assert_int_equal(strlen(err.message), 510);
  memcpy(expected, name, 510);
  expected[510] = 0;
  assert_string_equal(err.message, expected);
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  oc_fail(&err, OC_E_DATA, name, "", "-");
  assert_int_equal(strlen(err.where), 255);
}

static void errno_decides_the_status(void **state) {
  (void)state;
  oc_error err;
  errno = ENOENT;
  assert_int_equal(oc_fail_errno(&err, OC_E_IO, "f", "read", ""), OC_E_NO_INPUT);
  assert_string_equal(err.message, "cannot read: No such file or directory");
  errno = EACCES;
  assert_int_equal(oc_fail_errno(&err, OC_E_CANT_CREATE, "f", "create", ""), OC_E_CANT_CREATE);
  errno = EIO;
  assert_int_equal(oc_fail_errno(&err, OC_E_IO, "f", "read", ""), OC_E_IO);
  errno = ENOMEM;
  assert_int_equal(oc_fail_errno(&err, OC_E_IO, "f", "read", ""), OC_E_MEMORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_codes),
      cmocka_unit_test(every_status_differs),
      cmocka_unit_test(fail_fills_all_fields),
      cmocka_unit_test(fail_wraps_its_own_record),
      cmocka_unit_test(long_texts_are_cut_between_characters),
      cmocka_unit_test(errno_decides_the_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
