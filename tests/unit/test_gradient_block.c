/* Is the block of a plan's gradients what its updates use, bit for bit, at every instruction-set level? */
#include "variable_fixture.h"
#include <math.h>

static bool has_step(const oc_plan *p, const char *op) {
  oc_step_time t;
  bool found = false;
  for (int i = 0; oc_plan_step_time(p, i, &t); i++) found |= strcmp(t.operation, op) == 0;
  return found;
}

/* The block holds what was fetched under the name of each gradient. */
static void expect_gradients(const net *n, const oc_plan *keeps, const oc_plan *fetches) {
  size_t bytes;
  const char *block = oc_plan_gradients(keeps, &bytes);
  assert_non_null(block);
  assert_int_equal(bytes, oc_trainable_bytes(n->s));
  int next = 0;
  for (int i = 0; i < oc_variable_count(n->s); i++) {
    const oc_variable_info v = entry(n->s, oc_variable_name(n->s, i));
    if (!v.trainable) continue;
    const oc_tensor g = oc_plan_result(fetches, 2 + next++);
    if (memcmp(block + v.offset, g.data, v.bytes) != 0) fail_msg("the gradient of %s has other bits", v.name);
  }
}

/* Three ways to the same bits, with a short batch between: fused as it comes, gradients in a block, gradients
 * fetched. */
static void train_three_ways(const oc_optimizer_options *how, oc_isa isa) {
  net fused, keeps, fetches;
  start(&fused, how, isa);
  start(&keeps, how, isa);
  start(&fetches, how, isa);
  oc_plan *p = plan_of(&fused, false, 0), *q = plan_of(&keeps, true, 0), *r = plan_of(&fetches, false, 3);
  assert_false(has_step(q, "matmul_adam"));
  assert_null(oc_plan_gradients(q, NULL));
  for (int i = 0; i < 4; i++) {
    const int64_t samples = i == 1 ? 3 : i == 2 ? 33 : SAMPLES;
    run(p, samples);
    run(q, samples);
    run(r, samples);
    expect_gradients(&keeps, q, r);
  }
  assert_null(oc_plan_gradients(p, NULL));
  expect_same_values(fused.s, keeps.s);
  expect_same_values(fused.s, fetches.s);
  if (oc_plan_memory(q) < oc_trainable_bytes(keeps.s)) fail_msg("the block is not counted");
  oc_plan_free(p);
  oc_plan_free(q);
  oc_plan_free(r);
  end(&fused);
  end(&keeps);
  end(&fetches);
}

static void gradients_in_a_block_keep_the_bits(void **state) {
  (void)state;
  const oc_optimizer_options ways[] = {
      {0}, {.name = "adamw", .clip_norm = 0.5}, {.name = "nesterov"}, {.name = "sgd", .learning_rate = 0.1}};
  for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++)
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) train_three_ways(&ways[i], (oc_isa)isa);
}

/* Otherwise the test above compares a way with itself. */
static void the_default_fuses_an_update(void **state) {
  (void)state;
  net n;
  start(&n, NULL, OC_ISA_AUTO);
  oc_plan *p = plan_of(&n, false, 0);
  assert_true(has_step(p, "matmul_adam"));
  oc_plan_free(p);
  end(&n);
}

/* Gradients without a tensor of their own: a constant, one tensor for two variables, one that a reshape
 * looks at, none at all. */
static void other_gradients_are_copied(void **state) {
  (void)state;
  oc_graph *g;
  oc_session *s;
  oc_plan *p;
  oc_error err;
  oc_node rows[7];
  const char *const names[] = {"a", "b", "c", "d", "e"};
  const float values[] = {1, 2, 3, 4, 5, 6};
  const float wanted[5][6] = {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}, {1}, {0}};
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(6));
  for (int i = 0; i < 5; i++)
    rows[i] = oc_variable(g, names[i],
                          i == 2   ? OC_SHAPE(2, 3)
                          : i == 3 ? OC_SCALAR_SHAPE
                                   : OC_SHAPE(6),
                          oc_init_of(OC_INIT_ONES));
  const oc_node sum = oc_add(g, oc_add(g, rows[0], rows[1]), oc_reshape(g, rows[2], OC_SHAPE(6)));
  const oc_node loss = oc_add(g, oc_reduce_sum(g, oc_multiply(g, sum, x), 0), rows[3]);
  const oc_optimizer_options how = {.name = "sgd", .learning_rate = 0.5};
  const oc_node step = oc_minimize(g, loss, &how);
  for (int fuse = 0; fuse < 2; fuse++) {
    const oc_session_options so = {.no_fusion = !fuse, .threads = 1};
    const oc_plan_options po = {.batch = 1, .training = true, .keep_gradients = true};
    assert_ok(oc_session_create(g, &so, &s, &err), err);
    assert_ok(oc_plan_create(s, &step, 1, &po, &p, &err), err);
    assert_ok(oc_plan_bind(p, x, values, &err), err);
    for (int k = 1; k < 3; k++) {
      run(p, 1);
      const char *block = oc_plan_gradients(p, NULL);
      for (int i = 0; i < 5; i++) {
        const oc_variable_info v = entry(s, names[i]);
        assert_memory_equal(block + v.offset, wanted[i], v.bytes);
        for (size_t e = 0; e < v.bytes / 4; e++)
          assert_float_equal(((const float *)where(s, names[i]))[e], 1 - 0.5 * k * wanted[i][e], 0);
      }
    }
    oc_plan_free(p);
    oc_session_free(s);
  }
  oc_graph_free(g);
}

/* Two steps of one plan that train one variable have two gradients for one place; of two variables, one
 * each. */
static void one_place_has_one_gradient(void **state) {
  (void)state;
  net n;
  oc_plan *p;
  oc_error err;
  build(&n);
  const oc_node w = oc_find(n.g, "w"), v = oc_find(n.g, "v");
  oc_optimizer_options how = {.name = "sgd", .variables = &w, .variable_count = 1};
  oc_node steps[3] = {oc_minimize(n.g, n.loss, &how)};
  how.variables = &v;
  steps[1] = oc_minimize(n.g, n.loss, &how);
  steps[2] = oc_minimize(n.g, n.loss, &how);
  assert_ok(oc_session_create(n.g, NULL, &n.s, &err), err);
  const oc_plan_options o = {.batch = SAMPLES, .training = true, .keep_gradients = true};
  assert_fails(oc_plan_create(n.s, steps, 3, &o, &p, &err), OC_E_ARGUMENT, err, "change 'v'");
  assert_null(p);
  assert_ok(oc_plan_create(n.s, steps, 2, &o, &p, &err), err);
  assert_ok(oc_plan_bind(p, n.x, n.images, &err), err);
  assert_ok(oc_plan_bind(p, n.y, n.labels, &err), err);
  run(p, SAMPLES);
  const char *block = oc_plan_gradients(p, NULL);
  double size[3] = {0};
  for (int i = 0; i < 3; i++) {
    const oc_variable_info row = entry(n.s, i == 0 ? "w" : i == 1 ? "b" : "v");
    for (size_t e = 0; e < row.bytes / 4; e++)
      size[i] += fabs((double)((const float *)(block + row.offset))[e]);
  }
  assert_true(size[0] > 0 && size[1] == 0 && size[2] > 0); /* nobody trains b */
  oc_plan_free(p);
  end(&n);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_in_a_block_keep_the_bits),
      cmocka_unit_test(the_default_fuses_an_update),
      cmocka_unit_test(other_gradients_are_copied),
      cmocka_unit_test(one_place_has_one_gradient),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
