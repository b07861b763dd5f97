/* Is JSON text the same as jansson's own, and NULL where there is none? */
#include "harness.h"
#include "base/json.h"
#include "base/memory.h"

static void the_same_as_jansson(void **state) {
  (void)state;
  json_t *value = json_pack("{s:i, s:[f, s], s:n}", "a", 1, "list", 0.5, "h\xc3\xa9\n", "none");
  assert_non_null(value);
  const size_t flags[] = {0, JSON_COMPACT, JSON_INDENT(2), JSON_ENSURE_ASCII};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    char *expected = json_dumps(value, flags[i]), *got = oc_json_text(value, flags[i]);
    assert_string_equal(got, expected);
    free(expected);
    oc_memory_free(got);
  }
  json_decref(value);
}

static void no_text(void **state) {
  (void)state;
  json_t *number = json_integer(7);
  assert_null(oc_json_text(NULL, 0));
  assert_null(oc_json_text(number, 0));
  char *text = oc_json_text(number, JSON_ENCODE_ANY);
  assert_string_equal(text, "7");
  oc_memory_free(text);
  json_decref(number);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_as_jansson),
      cmocka_unit_test(no_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
