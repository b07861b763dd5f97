/* Does a growing string hold what was added, and stay safe after it ran out of memory? */
#include "harness.h"
#include "base/memory.h"
#include "base/text.h"

static void holds_what_was_added(void **state) {
  (void)state;
  oc_text t = {0};
  char expected[20000] = "";
  size_t at = 0;
  for (int i = 0; i < 2000; i++) {
    oc_text_add(&t, "%d,", i);
    at += (size_t)snprintf(expected + at, sizeof expected - at, "%d,", i);
  }
  assert_int_equal(t.size, at);
  assert_string_equal(t.data, expected);
  char *taken = oc_text_take(&t);
  assert_string_equal(taken, expected);
  assert_null(t.data);
  oc_memory_free(taken);
}

static void exact_fits(void **state) {
  (void)state;
  char longer[200];
  for (size_t length = 0; length < sizeof longer; length++) { /* crosses the first capacity */
    oc_text t = {0};
    memset(longer, 'x', length);
    longer[length] = 0;
    oc_text_add(&t, "%s", longer);
    oc_text_add(&t, "!");
    char *taken = oc_text_take(&t);
    assert_int_equal(strlen(taken), length + 1);
    oc_memory_free(taken);
  }
}

static void bytes_may_be_zero(void **state) {
  (void)state;
  oc_text t = {0};
  oc_text_add_bytes(&t, "a\0b", 3);
  oc_text_add_bytes(&t, NULL, 0);
  assert_int_equal(t.size, 3);
  assert_memory_equal(t.data, "a\0b", 4);
  oc_text_release(&t);
  oc_text_release(&t);
}

static void nothing_added_is_an_empty_string(void **state) {
  (void)state;
  oc_text t = {0};
  char *taken = oc_text_take(&t);
  assert_string_equal(taken, "");
  oc_memory_free(taken);
}

static void after_failure_all_is_safe(void **state) {
  (void)state;
  oc_text t = {0};
  oc_text_add(&t, "kept until then");
  oc_text_add_bytes(&t, "", SIZE_MAX - 2); /* cannot be had; no byte is read */
  assert_true(t.failed);
  oc_text_add(&t, "more");
  oc_text_add_bytes(&t, "more", 4);
  assert_null(t.data);
  assert_null(oc_text_take(&t));
  oc_text_add(&t, "again"); /* taking ends the failure */
  char *taken = oc_text_take(&t);
  assert_string_equal(taken, "again");
  oc_memory_free(taken);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(holds_what_was_added),      cmocka_unit_test(exact_fits),
      cmocka_unit_test(bytes_may_be_zero),         cmocka_unit_test(nothing_added_is_an_empty_string),
      cmocka_unit_test(after_failure_all_is_safe),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
