/* An operation has as many inputs as it needs: 1,000 tensors joined, and 1,000 operations under one name. */
#include "fit_fixture.h"
#include "ocellus/graph.h"
#include "ocellus/session.h"
#include <stdio.h>

enum { MANY = 1000, SAMPLES = 5, WIDTH = 3 };

typedef struct many {
  oc_graph *g;
  oc_session *s;
  oc_node in[MANY];
} many;

/* Input k is x * k, so that no two are alike. */
static void begin(many *m) {
  oc_error err;
  assert_ok(oc_graph_create(NULL, &m->g, &err), err);
  const oc_node x = oc_placeholder(m->g, "x", OC_F32, OC_SHAPE(OC_BATCH, WIDTH));
  for (int k = 0; k < MANY; k++) m->in[k] = oc_multiply(m->g, x, oc_scalar(m->g, k));
}

static oc_tensor run(many *m, const float *x, const char *fetch) {
  oc_error err;
  const oc_session_options o = {.threads = 2};
  const oc_feed feed = {"x", {OC_F32, OC_SHAPE(SAMPLES, WIDTH), (void *)(uintptr_t)x}};
  oc_tensor y = {0};
  assert_ok(oc_session_create(m->g, &o, &m->s, &err), err);
  assert_ok(oc_run(m->s, &feed, 1, &fetch, 1, &y, &err), err);
  return y;
}

static void end(many *m) {
  oc_session_free(m->s);
  oc_graph_free(m->g);
}

static void test_concat(void **state) {
  (void)state;
  many m = {0};
  begin(&m);
  const oc_node y = oc_named(m.g, oc_concat(m.g, m.in, MANY, 1), "y");
  assert_int_equal(oc_node_shape(m.g, y).dim[1], MANY * WIDTH);
  float x[SAMPLES * WIDTH];
  for (int i = 0; i < SAMPLES * WIDTH; i++) x[i] = (float)(i + 1);
  const oc_tensor out = run(&m, x, "y");
  const float *got = out.data;
  for (int n = 0; n < SAMPLES; n++)
    for (int k = 0; k < MANY; k++)
      for (int j = 0; j < WIDTH; j++)
        assert_float_equal(got[(n * MANY + k) * WIDTH + j], x[n * WIDTH + j] * (float)k, 0);
  end(&m);
}

/* d sum(concat(x * k)) / dx is the sum of all k, for each element. */
static void test_concat_gradient(void **state) {
  (void)state;
  many m = {0};
  begin(&m);
  const oc_node x = oc_find(m.g, "x"), y = oc_concat(m.g, m.in, MANY, -1);
  oc_node dx;
  oc_gradients(m.g, oc_reduce_sum(m.g, y, 0), &x, 1, &dx);
  (void)oc_named(m.g, dx, "dx");
  const float zeros[SAMPLES * WIDTH] = {0};
  const oc_tensor out = run(&m, zeros, "dx");
  for (int i = 0; i < SAMPLES * WIDTH; i++)
    assert_float_equal(((const float *)out.data)[i], MANY * (MANY - 1) / 2, 0);
  end(&m);
}

/* 1,000 sums over the batch under one name: all are done when it is fetched. */
static void test_group(void **state) {
  (void)state;
  many m = {0};
  begin(&m);
  for (int k = 0; k < MANY; k++) m.in[k] = oc_reduce_sum(m.g, m.in[k], 0);
  const oc_node all = oc_named(m.g, oc_group(m.g, m.in, MANY), "all");
  assert_string_equal(oc_node_op(m.g, all), "group");
  oc_error err;
  assert_ok(oc_graph_status(m.g, &err), err);
  assert_ok(oc_session_create(m.g, NULL, &m.s, &err), err);
  oc_plan *plan;
  const oc_node fetches[] = {all, m.in[0], m.in[MANY - 1]};
  const oc_plan_options o = {.batch = SAMPLES};
  assert_ok(oc_plan_create(m.s, fetches, 3, &o, &plan, &err), err);
  float x[SAMPLES * WIDTH];
  for (int i = 0; i < SAMPLES * WIDTH; i++) x[i] = 2;
  assert_ok(oc_plan_bind(plan, oc_find(m.g, "x"), x, &err), err);
  assert_ok(oc_plan_run(plan, SAMPLES, (oc_rng_counter){0, 0}, &err), err);
  assert_null(oc_plan_result(plan, 0).data);
  assert_float_equal(*(const float *)oc_plan_result(plan, 1).data, 0, 0);
  assert_float_equal(*(const float *)oc_plan_result(plan, 2).data, 2 * SAMPLES * WIDTH * (MANY - 1), 0);
  oc_plan_free(plan);
  end(&m);
}

static void test_refused(void **state) {
  (void)state;
  many m = {0};
  begin(&m);
  oc_error err;
  const oc_node bad[2] = {m.in[0], {0, 0}};
  assert_false(oc_node_valid(oc_group(m.g, m.in, 0)));
  assert_int_equal(oc_graph_status(m.g, &err), OC_E_ARGUMENT);
  oc_graph_clear_error(m.g);
  assert_false(oc_node_valid(oc_group(m.g, NULL, 3)));
  oc_graph_clear_error(m.g);
  assert_false(oc_node_valid(oc_group(m.g, bad, 2)));
  assert_int_equal(oc_graph_status(m.g, &err), OC_E_ARGUMENT);
  assert_string_equal(err.message, "input 1 is not a node");
  oc_graph_clear_error(m.g);
  assert_false(oc_node_valid(oc_concat(m.g, m.in, -1, 1)));
  oc_graph_clear_error(m.g);
  assert_false(oc_node_valid(oc_concat(m.g, m.in, 1000001, 1))); /* none of them is looked at */
  assert_int_equal(oc_graph_status(m.g, &err), OC_E_ARGUMENT);
  assert_string_equal(err.message, "inputs must be 0 to 1000000, got 1000001");
  end(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_concat), cmocka_unit_test(test_concat_gradient),
                                     cmocka_unit_test(test_group), cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
