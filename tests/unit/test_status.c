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

static const char *escaped(const char *text) {
  static char out[64];
  return oc_escape(text, out, sizeof out);
}

static void strangers_text_is_made_harmless(void **state) {
  (void)state;
  assert_string_equal(escaped(""), "");
  assert_string_equal(escaped("plain ~ text \\"), "plain ~ text \\");
  assert_string_equal(escaped("\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80\xc2\xa0"),
                      "\xc3\xa4\xe4\xb8\xad\xf0\x9f\x98\x80\xc2\xa0");
  assert_string_equal(escaped("\x1b[31m\a\n\t\r\x7f"), "\\x1b[31m\\x07\\n\\t\\x0d\\x7f");
  assert_string_equal(escaped("\xc2\x9b|\xc2\x80"), "\\u009b|\\u0080");
  assert_string_equal(escaped("\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xef\xbb\xbf"),
                      "\\u202e\\u2066\\u061c\\ufeff");
  /* not UTF-8: stray, cut, too long, surrogate, too large */
  assert_string_equal(escaped("\xff\x80"), "\\xff\\x80");
  assert_string_equal(escaped("\xe4\xb8"), "\\xe4\\xb8");
  assert_string_equal(escaped("\xc0\xaf\xe0\x80\xaf"), "\\xc0\\xaf\\xe0\\x80\\xaf");
  assert_string_equal(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  assert_string_equal(escaped("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  char few[6];
  assert_string_equal(oc_escape("ab\x1b"
                                "c",
                                few, sizeof few),
                      "ab"); /* whole characters only */
}

static void records_are_harmless(void **state) {
  (void)state;
  oc_error err;
  oc_fail(&err, OC_E_DATA, "a\x1b\n", "b\x1b\n", "%s", "c\x1b\nd\xff");
  assert_string_equal(err.where, "a\\x1b\\n");
  assert_string_equal(err.hint, "b\\x1b\\n");
  assert_string_equal(err.message, "c\\x1b\nd\\xff");
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
      cmocka_unit_test(strangers_text_is_made_harmless),
      cmocka_unit_test(records_are_harmless),
      cmocka_unit_test(fail_wraps_its_own_record),
      cmocka_unit_test(long_texts_are_cut_between_characters),
      cmocka_unit_test(errno_decides_the_status),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
