/* Is every library named with its version and license, and is a library or a function that is missing an
 * error in words? */
#include "harness.h"
#include "base/library.h"
#include <string.h>

static void every_library_is_described(void **state) {
  (void)state;
  oc_library l;
  int count = 0;
  for (; oc_library_at(count, &l); count++) {
    assert_true(*l.name && *l.use && *l.license);
    const bool here = l.state == OC_LIBRARY_LINKED || l.state == OC_LIBRARY_OPENED;
    if (here != (l.version[0] >= '0' && l.version[0] <= '9'))
      fail_msg("%s: state %d, version '%s'", l.name, (int)l.state, l.version);
    if (l.state == OC_LIBRARY_MISSING) assert_true(*l.package);
    if (l.state == OC_LIBRARY_LINKED) assert_string_equal(l.package, "");
  }
  assert_int_equal(count, OC_LIBRARY_COUNT);
  assert_false(oc_library_at(-1, &l));
}

/* The first library that is opened at run time and found; -1 if there is none. */
static int opened(void) {
  oc_library l;
  for (int i = 0; oc_library_at(i, &l); i++)
    if (l.state == OC_LIBRARY_OPENED) return i;
  return -1;
}

typedef void any_fn(void);

static void a_missing_function_is_named(void **state) {
  (void)state;
  static const char *const names[] = {"malloc", "oc_no_such_function", NULL};
  any_fn *functions[2] = {NULL};
  oc_error err;
  const int id = opened();
  if (id < 0) skip();
  assert_fails(oc_library_load((oc_library_id)id, "a file", names, functions, &err), OC_E_UNSUPPORTED, err,
               "oc_no_such_function");
  assert_string_equal(err.where, "a file");
  assert_non_null(functions[0]);
  assert_null(functions[1]);
}

static void a_library_that_is_not_opened_is_refused(void **state) {
  (void)state;
  oc_library l;
  oc_error err;
  for (int i = 0; oc_library_at(i, &l); i++) {
    assert_fails(oc_library_absent((oc_library_id)i, "a file", &err), OC_E_UNSUPPORTED, err, l.name);
    assert_non_null(strstr(err.message, l.use));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_library_is_described),
      cmocka_unit_test(a_missing_function_is_named),
      cmocka_unit_test(a_library_that_is_not_opened_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
