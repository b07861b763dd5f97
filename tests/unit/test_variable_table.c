/* The table of variables: is every value at its place, whichever way the graph and its session grew; and can
 * all that is trained be taken out and put in by one call? */
#include "variable_fixture.h"

/* ---- places -------------------------------------------------------------------------------------------- */

static void expect_slot(const oc_session *s, const char *name, const char *of, int number) {
  const oc_variable_info slot = entry(s, name), v = entry(s, of);
  assert_false(slot.trainable);
  assert_int_equal(slot.slot_of, oc_variable_index(s, of));
  assert_int_equal(slot.slot, number);
  assert_int_equal(slot.offset, v.offset);
  assert_int_equal(slot.bytes, v.bytes);
}

/* The offsets are as documented, and the values lie there. */
static void values_lie_in_blocks(void **state) {
  (void)state;
  net n;
  start(&n, NULL, OC_ISA_AUTO);
  size_t end_of_last = 0;
  for (int i = 0; i < oc_variable_count(n.s); i++) {
    oc_variable_info v;
    assert_true(oc_variable_entry(n.s, i, &v));
    assert_int_equal(v.offset % 64, 0);
    assert_int_equal(v.trainable, oc_variable_trainable(n.s, i));
    if (!v.trainable) continue;
    assert_int_equal(v.offset, end_of_last); /* in their order, without gaps */
    assert_ptr_equal(oc_variable_view(n.s, i).data, where(n.s, "w") + v.offset);
    end_of_last = v.offset + (v.bytes + 63) / 64 * 64;
    assert_int_equal(v.slot_of, -1);
    assert_int_equal(v.slot, 0);
  }
  assert_int_equal(oc_trainable_bytes(n.s), end_of_last);
  assert_int_equal(entry(n.s, "b").offset, 540032);
  assert_int_equal(entry(n.s, "v").offset, 540032 + 2432); /* 225 x 600 and 600 floats, rounded up */
  for (int i = 0; i < 3; i++) {
    const char *const of[] = {"w", "b", "v"};
    char first[32], second[32];
    (void)snprintf(first, sizeof first, "%s/Adam", of[i]);
    (void)snprintf(second, sizeof second, "%s/Adam_1", of[i]);
    expect_slot(n.s, first, of[i], 1);
    expect_slot(n.s, second, of[i], 2);
    assert_ptr_equal(where(n.s, first), where(n.s, "w/Adam") + entry(n.s, of[i]).offset);
    assert_ptr_equal(where(n.s, second), where(n.s, "w/Adam_1") + entry(n.s, of[i]).offset);
  }
  assert_int_equal(entry(n.s, "average").offset, 0);
  assert_int_equal(entry(n.s, "train/step").offset, 64);
  assert_ptr_equal(where(n.s, "train/step"), where(n.s, "average") + 64);
  oc_variable_info none = {.bytes = 1};
  assert_false(oc_variable_entry(n.s, oc_variable_count(n.s), &none));
  assert_int_equal(none.bytes, 0);
  assert_false(oc_variable_entry(n.s, -1, &none));
  end(&n);
}

/* Variables that a graph gets later make blocks longer, and move them: values stay, and so do plans that were
 * made before. */
static void a_session_grows_with_its_graph(void **state) {
  (void)state;
  net n, whole;
  oc_error err;
  start(&whole, NULL, OC_ISA_AUTO);
  build(&n);
  const oc_session_options o = {.seed = 1, .threads = 2};
  assert_ok(oc_session_create(n.g, &o, &n.s, &err), err);
  const oc_node v = oc_find(n.g, "v"), fetches[] = {n.loss, v};
  const oc_plan_options po = {.batch = SAMPLES};
  oc_plan *before, *after;
  assert_ok(oc_plan_create(n.s, fetches, 2, &po, &before, &err), err);
  assert_ok(oc_plan_bind(before, n.x, n.images, &err), err);
  assert_ok(oc_plan_bind(before, n.y, n.labels, &err), err);
  run(before, SAMPLES);
  const float loss = *(const float *)oc_plan_result(before, 0).data;
  const unsigned char *old = where(n.s, "w");
  const size_t bytes = oc_trainable_bytes(n.s);
  n.step = oc_minimize_keeping(n.g, n.loss, NULL, n.gradients); /* slots, and a longer block of the others */
  after = plan_of(&n, false, 0);
  assert_ptr_equal(where(n.s, "w"), old); /* what did not grow did not move */
  assert_int_equal(oc_trainable_bytes(n.s), bytes);
  expect_same_values(whole.s, n.s);
  (void)oc_variable(n.g, "late", OC_SHAPE(7, 3), oc_init_of(OC_INIT_ONES));
  oc_plan_free(after);
  after = plan_of(&n, false, 0);
  assert_int_equal(entry(n.s, "late").offset, bytes);
  assert_int_equal(oc_trainable_bytes(n.s), bytes + 128);
  assert_ptr_equal(where(n.s, "late"), where(n.s, "w") + bytes);
  assert_ptr_equal(oc_plan_result(before, 1).data, where(n.s, "v"));
  run(before, SAMPLES);
  assert_memory_equal(oc_plan_result(before, 0).data, &loss, sizeof loss);
  run(after, SAMPLES);
  run(before, SAMPLES);
  assert_true(*(const float *)oc_plan_result(before, 0).data < loss);
  assert_ptr_equal(oc_plan_result(before, 1).data, where(n.s, "v"));
  oc_plan_free(before);
  oc_plan_free(after);
  end(&n);
  end(&whole);
}

/* An optimizer of the last variable alone leaves a gap in the block of slots, which one of the others fills
 * later. */
static void slots_fill_gaps(void **state) {
  (void)state;
  net n;
  oc_error err;
  build(&n);
  const oc_node v = oc_find(n.g, "v"), w = oc_find(n.g, "w");
  oc_optimizer_options how = {.name = "momentum", .variables = &v, .variable_count = 1};
  oc_minimize(n.g, n.loss, &how);
  assert_ok(oc_session_create(n.g, NULL, &n.s, &err), err);
  expect_slot(n.s, "v/Momentum", "v", 1);
  float *slot = oc_variable_value(n.s, oc_variable_index(n.s, "v/Momentum")).data;
  slot[0] = 7;
  how.variables = &w;
  n.step = oc_minimize_keeping(n.g, n.loss, &how, n.gradients);
  oc_plan *p = plan_of(&n, false, 0);
  expect_slot(n.s, "w/Momentum", "w", 1);
  const float *filled = (const float *)where(n.s, "w/Momentum");
  for (int i = 0; i < IN * UNITS; i++)
    if (filled[i] != 0) fail_msg("element %d of a new slot is %g", i, (double)filled[i]);
  assert_true(((const float *)where(n.s, "v/Momentum"))[0] == 7);
  run(p, SAMPLES);
  oc_plan_free(p);
  end(&n);
}

/* More than there are addresses is refused where nothing has memory, too. */
static void offsets_do_not_overflow(void **state) {
  (void)state;
  oc_graph *g;
  oc_session *s;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  for (int i = 0; i < 2; i++)
    (void)oc_variable(g, "large", OC_SHAPE((int64_t)1 << 30, (int64_t)1 << 30), oc_init_of(OC_INIT_ZEROS));
  assert_fails(oc_session_sketch(g, NULL, &s, &err), OC_E_MEMORY, err, "");
  assert_null(s);
  assert_fails(oc_session_create(g, NULL, &s, &err), OC_E_MEMORY, err, "");
  oc_graph_free(g);
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  (void)oc_variable(g, "large", OC_SHAPE((int64_t)1 << 30, (int64_t)1 << 30), oc_init_of(OC_INIT_ZEROS));
  assert_ok(oc_session_sketch(g, NULL, &s, &err), err);
  oc_variable_info v;
  assert_true(oc_variable_entry(s, 0, &v));
  assert_true(v.bytes == (size_t)1 << 62);
  assert_null(oc_variable_view(s, 0).data);
  oc_session_free(s);
  oc_graph_free(g);
}

/* ---- all by one call ----------------------------------------------------------------------------------- */

/* The mean of two sessions is one loop over a block, also where a matrix lies transposed. */
static void weights_are_averaged_in_one_loop(void **state) {
  (void)state;
  net a, b;
  oc_error err;
  start(&a, NULL, OC_ISA_AUTO);
  start(&b, NULL, OC_ISA_AUTO);
  const size_t bytes = oc_trainable_bytes(a.s);
  float *one = malloc(bytes), *two = malloc(bytes), *again = malloc(bytes);
  assert_true(one && two && again);
  oc_plan *p = plan_of(&a, false, 0), *q = plan_of(&b, false, 0);
  run(p, SAMPLES);
  for (int i = 0; i < 3; i++) run(q, SAMPLES);
  memset(one, 0xff, bytes);
  assert_ok(oc_trainable_get(a.s, one, bytes, &err), err);
  assert_ok(oc_trainable_get(b.s, two, bytes, &err), err);
  const oc_variable_info w = entry(a.s, "w"), v = entry(a.s, "v"), bias = entry(a.s, "b");
  assert_memory_equal((char *)one + w.offset, where(a.s, "w"), w.bytes);
  assert_memory_equal((char *)one + v.offset, where(a.s, "v"), v.bytes);
  for (size_t i = bias.offset + bias.bytes; i < v.offset; i++) assert_int_equal(((char *)one)[i], 0);
  for (size_t i = 0; i < bytes / sizeof *one; i++) two[i] = (one[i] + two[i]) / 2;
  run(p, SAMPLES); /* which leaves w transposed again, where there is a kernel for it */
  const uint64_t changes = a.s->variables_version;
  assert_ok(oc_trainable_set(a.s, two, bytes, &err), err);
  assert_true(a.s->variables_version > changes); /* what plans made of the weights is stale */
  assert_ok(oc_trainable_get(a.s, again, bytes, &err), err);
  assert_memory_equal(two, again, bytes);
  run(p, SAMPLES);
  assert_fails(oc_trainable_get(a.s, one, bytes - 64, &err), OC_E_ARGUMENT, err, "the block has");
  assert_fails(oc_trainable_set(a.s, one, bytes + 64, &err), OC_E_ARGUMENT, err, "the block has");
  assert_fails(oc_trainable_set(a.s, NULL, bytes, &err), OC_E_ARGUMENT, err, "NULL");
  free(one);
  free(two);
  free(again);
  oc_plan_free(p);
  oc_plan_free(q);
  end(&a);
  end(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_lie_in_blocks),
      cmocka_unit_test(a_session_grows_with_its_graph),
      cmocka_unit_test(slots_fill_gaps),
      cmocka_unit_test(offsets_do_not_overflow),
      cmocka_unit_test(weights_are_averaged_in_one_loop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
