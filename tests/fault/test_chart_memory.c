/* Memory that runs out while a chart is made or shown: is it reported, wherever it happens, with nothing left
 * over and no file (with the address sanitizer: no leak either)? */
#include "harness.h"
#include "fault/alloc.h"
#include "ocellus/chart.h"

static const char *const names[] = {"cat", "dog", "<bird>"};

static oc_status fill(oc_chart *c, oc_error *err) {
  const double x[] = {1, 2, 3}, values[] = {3, 1, 2};
  const oc_mark line = {.name = "training", .count = 3, .x = x, .values = values};
  const oc_mark points = {.kind = OC_MARK_POINTS, .name = "best", .count = 1, .x = x, .values = values};
  const oc_status status = oc_chart_add(c, &line, err);
  return status == OC_OK ? oc_chart_add(c, &points, err) : status;
}

static oc_status make(oc_chart **lines, oc_chart **bars, oc_error *err) {
  const double values[] = {3, 1, 2};
  const oc_chart_form form = {.title = "Loss", .about = "from 3 to 2"};
  const oc_chart_form named = {.title = "Classes", .y = {.names = names, .name_count = 3}};
  oc_status status = oc_chart_create(&form, lines, err);
  if (status == OC_OK) status = fill(*lines, err);
  if (status == OC_OK) status = oc_chart_create(&named, bars, err);
  if (status == OC_OK)
    status = oc_chart_add(*bars, &(oc_mark){.kind = OC_MARK_BARS, .count = 3, .values = values}, err);
  return status;
}

static oc_status show(const oc_chart *lines, const oc_chart *bars, oc_error *err) {
  const oc_chart_view view = {80, 256, true};
  const oc_chart *const both[] = {lines, bars};
  char *svg = NULL, *text = NULL;
  oc_status status = oc_chart_svg(lines, &svg, err);
  if (status == OC_OK) status = oc_chart_text(lines, &view, &text, err);
  oc_free(svg);
  oc_free(text);
  return status == OC_OK ? oc_chart_save(both, 2, "both.svg", err) : status;
}

static oc_status make_and_show(oc_error *err) {
  oc_chart *lines = NULL, *bars = NULL;
  oc_status status = make(&lines, &bars, err);
  if (status == OC_OK) status = show(lines, bars, err);
  oc_chart_free(lines);
  oc_chart_free(bars);
  return status;
}

static void every_allocation_is_checked(void **state) {
  (void)state;
  oc_error err;
  fault_fail_at(0);
  assert_ok(make_and_show(&err), err);
  const long count = fault_count();
  assert_true(count > 10);
  assert_int_equal(unlink("both.svg"), 0);
  for (long n = 1; n <= count; n++) {
    fault_fail_at(n);
    assert_fails(make_and_show(&err), OC_E_MEMORY, err, "");
    fault_fail_at(0);
    assert_int_not_equal(access("both.svg", F_OK), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_allocation_is_checked, harness_enter_folder,
                                      harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
