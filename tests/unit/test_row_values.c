/* Does every layer of layers.def compute, and every schedule of schedules.def give, the values of a case? A
 * row without a case fails. */
#include "harness.h"
#include "net/net.h"
#include "ocellus/session.h"
#include "train/lr_schedule.h"
#include <math.h>

/* ---- layers -------------------------------------------------------------------------------------------- */

typedef struct layer_case {
  const char *layer, *text;
  double values[24];
} layer_case;

static const layer_case layer_cases[] = {
#define OC_ROW(layer, text, ...) {layer, text, {__VA_ARGS__}},
#include "layer_cases.def"
#undef OC_ROW
};

static int64_t count_of(const oc_tensor *t) {
  int64_t count;
  oc_error err;
  assert_ok(oc_shape_count(&t->shape, 1, &count, &err), err);
  return count;
}

/* As `variable` of tests/oracle/layers.py. */
static void set_variables(oc_session *s) {
  for (int k = 0; k < oc_variable_count(s); k++) {
    const oc_tensor v = oc_variable_value(s, k);
    const int64_t count = count_of(&v);
    for (int64_t i = 0; i < count; i++) ((float *)v.data)[i] = (float)((i * 5 + k * 3) % 9 + 1) / 8;
  }
}

static void compare(const layer_case *c, const oc_tensor *y) {
  const int64_t count = count_of(y);
  assert_in_range(count, 1, sizeof c->values / sizeof *c->values);
  for (int64_t i = 0; i < count; i++) {
    const double got = (double)((const float *)y->data)[i];
    if (!(fabs(got - c->values[i]) <= 1e-5 * fmax(1, fabs(c->values[i]))))
      fail_msg("layer %s, \"%s\": value %d is %.9g, expected %.9g", c->layer, c->text, (int)i, got,
               c->values[i]);
  }
}

static void check_layer(const layer_case *c) {
  oc_graph *g;
  oc_session *s;
  oc_error err;
  oc_net_layers list;
  float image[18];
  oc_tensor y;
  for (int i = 0; i < 18; i++) image[i] = (float)(i * 7 % 11 - 5) / 4;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 3, 3, 2));
  const oc_net_source from = {.text = c->text, .classes = 2};
  assert_ok(oc_net_build_layers(g, x, &from, &list, &err), err);
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  set_variables(s);
  const oc_feed feed = {"x", {OC_F32, OC_SHAPE(1, 3, 3, 2), image}};
  const char *fetch[] = {oc_node_name(g, list.list[list.count - 1].output)};
  assert_ok(oc_run(s, &feed, 1, fetch, 1, &y, &err), err);
  compare(c, &y);
  oc_net_layers_release(&list);
  oc_session_free(s);
  oc_graph_free(g);
}

static void layers(void **state) {
  (void)state;
  const oc_layer_kind *kind;
  const size_t count = sizeof layer_cases / sizeof *layer_cases;
  for (size_t i = 0; i < count; i++) check_layer(&layer_cases[i]);
  for (int k = 0; (kind = oc_layer_kind_at(NULL, k)); k++) {
    size_t found = 0;
    while (found < count && strcmp(layer_cases[found].layer, kind->name) != 0) found++;
    if (found == count)
      fail_msg("layer %s has no case: add one to tests/oracle/layers.py, which makes layer_cases.def",
               kind->name);
  }
}

/* ---- learning-rate schedules --------------------------------------------------------------------------- */

typedef struct schedule_case {
  const char *schedule;
  double done, epoch, factor, values[OC_HYPERPARAMETERS_MAX];
} schedule_case;

static const schedule_case schedule_cases[] = {
#define OC_ROW(schedule, done, epoch, factor, ...) {schedule, done, epoch, factor, {__VA_ARGS__}},
#include "schedule_cases.def"
#undef OC_ROW
};

/* True if this is a case of the schedule where the run has neither just begun nor ended. */
static bool check_schedule(const oc_lr_schedule *schedule, const schedule_case *c) {
  if (strcmp(c->schedule, schedule->name) != 0) return false;
  const oc_lr_position at = {
      .done = c->done, .epoch = c->epoch, .epochs = 4, .step = 100 * c->done, .steps = 100};
  const double factor = schedule->factor(&at, c->values);
  if (!(fabs(factor - c->factor) <= 1e-12))
    fail_msg("schedule %s: at %g of the run the factor is %.17g, expected %.17g", c->schedule, c->done,
             factor, c->factor);
  return c->done > 0 && c->done < 1;
}

static void schedules(void **state) {
  (void)state;
  const oc_lr_schedule *schedule;
  for (int i = 0; (schedule = oc_lr_schedule_at(i)); i++) {
    int between = 0;
    for (size_t k = 0; k < sizeof schedule_cases / sizeof *schedule_cases; k++)
      between += check_schedule(schedule, &schedule_cases[k]);
    if (!between) fail_msg("schedule %s has no case in tests/unit/schedule_cases.def", schedule->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(layers), cmocka_unit_test(schedules)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
