/* The graph of a model as a text: every operation that may be in one comes back as it was; what no file can
 * hold is refused when it is written; large and deep texts are refused in words, in little time. */
#include "formats/graph_text.h"
#include "base/text.h"
#include "harness.h"
#include "ocellus/session.h"
#include "ops/ops.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* ---- every operation ----------------------------------------------------------------------------------- */

/* What a descriptor must have: a field's name and place, for each operation with attributes that a file can
 * hold. */
static void every_descriptor_is_whole(void **state) {
  (void)state;
  int count, stored = 0;
  const oc_op *const *ops = oc_ops_list(OC_F32, &count);
  for (int i = 0; i < count; i++) {
    const oc_op *op = ops[i], *twin = oc_ops_find(OC_F64, op->name);
    assert_true(oc_op_stored(op) == oc_op_stored(twin));
    if (!oc_op_stored(op) || op->is_source) continue;
    stored++;
    if (op->attr_size && !op->attributes) fail_msg("%s has attributes that no table names", op->name);
    for (const oc_attribute *a = op->attributes; a && a->name; a++) {
      assert_true(a->offset < op->attr_size && a->count >= 1);
      for (const oc_attribute *b = op->attributes; b != a; b++) assert_string_not_equal(a->name, b->name);
    }
  }
  assert_true(stored >= 30);
}

/* One of each, with attributes that are not zero. */
static oc_node every_operation(oc_graph *g, oc_node x) {
  const oc_init ones = oc_init_of(OC_INIT_ONES), half = oc_init_of(OC_INIT_HE_NORMAL);
  const oc_init fixed = {.kind = OC_INIT_ZEROS, .not_trainable = true};
  const oc_conv2d_options conv = {.stride = {2, 1},
                                  .dilation = {1, 2},
                                  .groups = 2,
                                  .padding = OC_PAD_EXPLICIT,
                                  .pad = {1, 2, 3, 0},
                                  .flip = true};
  const oc_pool_options pool = {.size = {3, 2}, .stride = {2, 1}, .padding = OC_PAD_SAME};
  oc_node y = oc_conv2d(g, x, oc_variable(g, "w", OC_SHAPE(3, 2, 1, 4), half), &conv);
  y = oc_bias_add(g, y, oc_variable(g, "b", OC_SHAPE(4), ones));
  oc_scope_push(g, "norm");
  const oc_node moving[] = {oc_variable(g, "moving", OC_SHAPE(4), fixed),
                            oc_variable(g, "moving", OC_SHAPE(4), fixed)};
  oc_batch_norm_options norm = {.epsilon = 0.125, .momentum = 0.75};
  norm.gamma = oc_variable(g, "gamma", OC_SHAPE(4), ones);
  norm.beta = oc_variable(g, "beta", OC_SHAPE(4), ones);
  norm.moving_mean = moving[0];
  norm.moving_variance = moving[1];
  y = oc_batch_norm(g, y, &norm);
  oc_scope_pop(g);
  y = oc_add(g, oc_max_pool(g, y, &pool), oc_mean_pool(g, y, &pool));
  y = oc_gelu(g, oc_softplus(g, oc_tanh(g, oc_sigmoid(g, oc_relu(g, oc_leaky_relu(g, y, 0.25))))));
  y = oc_clip(g, y, -INFINITY, 6);
  y = oc_relu6(g, oc_silu(g, oc_hard_swish(g, y)));
  y = oc_prelu(g, y, oc_variable(g, "slopes", OC_SHAPE(4), half));
  y = oc_channel_scale(g, y, oc_global_mean_pool(g, y));
  y = oc_spatial_dropout(g, y, oc_scalar(g, 0.9));
  y = oc_dropout(g, y, oc_scalar(g, 0.8));
  y = oc_transpose(g, y, (const int[]){0, 3, 1, 2});
  y = oc_concat(g, (const oc_node[]){y, y}, 2, 2);
  y = oc_multiply(g, y, y);
  y = oc_add(g, oc_reduce_sum(g, y, 1u << 2 | 1u << 3), oc_reduce_mean(g, y, 1u << 2 | 1u << 3));
  y = oc_matmul(g, y, oc_variable(g, "m", OC_SHAPE(3, 4), half), false, true);
  y = oc_log_softmax(g, oc_reshape(g, y, OC_SHAPE(OC_BATCH, -1)));
  const oc_node label = oc_argmax(g, oc_softmax(g, y));
  y = oc_add(g, y, oc_one_hot(g, label, 3));
  y = oc_add(g, y, oc_cast(g, oc_one_hot(g, oc_cast(g, oc_equal(g, label, label), OC_I32), 3), OC_F32));
  const int64_t wide[] = {INT64_MIN, 2, INT64_MAX};
  const uint8_t narrow[] = {0, 7, 255};
  y = oc_add(g, y, oc_cast(g, oc_constant_of(g, OC_I64, OC_SHAPE(3), wide), OC_F32));
  return oc_add(g, y, oc_cast(g, oc_constant_of(g, OC_U8, OC_SHAPE(3), narrow), OC_F32));
}

enum { BATCH = 3, INPUTS = 9 * 8 * 2, ANSWERS = 3 };

/* What the graph makes of an input; variables are those of `like`, by name. */
static void compute(oc_graph *g, oc_node x, oc_node y, const oc_session *like, oc_session **s, float *out) {
  static float in[BATCH * INPUTS];
  oc_plan *plan;
  oc_error err;
  for (int i = 0; i < BATCH * INPUTS; i++) in[i] = (float)(i * 37 % 41) / 10 - 2;
  assert_ok(oc_session_create(g, NULL, s, &err), err);
  for (int i = 0; like && i < oc_variable_count(*s); i++) {
    const oc_tensor_view v = oc_variable_view(like, oc_variable_index(like, oc_variable_name(*s, i)));
    const oc_tensor to = oc_variable_value(*s, i);
    int64_t count;
    assert_ok(oc_shape_count(&v.shape, 1, &count, &err), err);
    memcpy(to.data, v.data, (size_t)count * sizeof(float));
  }
  assert_ok(oc_plan_create(*s, &y, 1, &(oc_plan_options){.batch = BATCH, .training = true}, &plan, &err),
            err);
  assert_ok(oc_plan_bind(plan, x, in, &err), err);
  assert_ok(oc_plan_run(plan, BATCH, (oc_rng_counter){0, 0}, &err), err);
  memcpy(out, oc_plan_result(plan, 0).data, BATCH * ANSWERS * sizeof *out);
  oc_plan_free(plan);
}

/* With dropout, so that its stream counts. */
static void assert_same_answers(oc_graph *g, oc_node x, oc_node y, const oc_graph_reading *r) {
  float a[BATCH * ANSWERS], b[BATCH * ANSWERS];
  oc_session *first, *second;
  compute(g, x, y, NULL, &first, a);
  compute(r->g, r->input, r->outputs[0], first, &second, b);
  assert_memory_equal(a, b, sizeof a);
  assert_true(a[0] != 0 || a[1] != 0 || a[2] != 0);
  oc_session_free(first);
  oc_session_free(second);
}

static void every_operation_comes_back(void **state) {
  (void)state;
  oc_graph *g;
  oc_graph_reading r;
  oc_error err;
  char *text, *again;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 9, 8, 2));
  const oc_node y = every_operation(g, x);
  assert_ok(oc_graph_status(g, &err), err);
  const oc_graph_mark all = oc_graph_mark_now(g);
  assert_ok(oc_graph_write(g, &all, &(oc_graph_ends){x, &y, 1}, &text, &err), err);
  assert_ok(oc_graph_read(text, NULL, &r, &err), err);
  assert_int_equal(r.g->variable_count, g->variable_count);
  assert_int_equal(r.g->update_count, g->update_count);
  assert_string_equal(oc_node_name(r.g, r.outputs[0]), oc_node_name(g, y));
  for (int32_t op = 0; op < r.g->count; op++) { /* the unused one is left out */
    const oc_op_info *a = oc_graph_info(r.g, op), *b = oc_graph_info(g, oc_graph_lookup(g, a->name));
    assert_string_equal(a->op->name, b->op->name);
    if (a->op->random) assert_true(a->stream == b->stream);
    for (int i = 0; i < a->n_out; i++) assert_true(oc_shape_equal(&a->out[i].shape, &b->out[i].shape));
  }
  const oc_graph_mark read = oc_graph_mark_now(r.g);
  assert_ok(oc_graph_write(r.g, &read, &(oc_graph_ends){r.input, r.outputs, r.count}, &again, &err), err);
  assert_string_equal(text, again);
  assert_same_answers(g, x, y, &r);
  oc_memory_free(again);
  oc_memory_free(text);
  oc_graph_free(r.g);
  oc_graph_free(g);
}

/* ---- what a file cannot hold --------------------------------------------------------------------------- */

static void refuse_to_write(oc_graph *g, oc_node x, oc_node y, const char *words) {
  const oc_graph_mark all = oc_graph_mark_now(g);
  oc_error err;
  char *text;
  assert_ok(oc_graph_status(g, &err), err);
  assert_fails(oc_graph_write(g, &all, &(oc_graph_ends){x, &y, 1}, &text, &err), OC_E_UNSUPPORTED, err,
               words);
  assert_null(text);
}

static void what_no_file_can_hold_is_not_written(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  oc_node dx;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(4), oc_init_of(OC_INIT_ONES));
  oc_gradients(g, oc_reduce_mean(g, oc_relu(g, oc_add(g, x, w)), 0), &w, 1, &dx);
  refuse_to_write(g, x, dx, "cannot be in a model file");
  refuse_to_write(g, x, oc_add(g, x, oc_scalar(g, NAN)), "NaN or infinite");
  refuse_to_write(g, x, oc_add(g, x, oc_scalar(g, INFINITY)), "NaN or infinite");
  enum { MANY = OC_GRAPH_MAX_NODES + 1 };
  double *values = calloc(MANY, sizeof *values);
  refuse_to_write(g, x, oc_constant(g, OC_SHAPE(MANY), values), "too large");
  free(values);
  oc_node y = x;
  for (int i = 0; i < MANY; i++) y = oc_relu(g, y);
  refuse_to_write(g, x, y, "a model file holds at most 16384");
  oc_graph_free(g);
}

/* ---- large texts --------------------------------------------------------------------------------------- */

#define X "{\"op\":\"placeholder\",\"name\":\"x\",\"dtype\":\"float32\",\"shape\":[-1,4]}"

/* A chain of `count` operations. */
static char *chain(int count) {
  oc_text t = {0};
  oc_text_add(&t, "{\"input\":\"x\",\"outputs\":[\"x\"],\"nodes\":[" X);
  for (int i = 0; i < count; i++) {
    oc_text_add(&t, ",{\"op\":\"relu\",\"name\":\"r%d\",\"inputs\":[\"", i);
    oc_text_add(&t, i ? "r%d\"]}" : "x\"]}", i - 1);
  }
  oc_text_add(&t, "]}");
  return oc_text_take(&t);
}

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double read_chain(int count, const char *words) {
  char *text = chain(count);
  oc_graph_reading r;
  oc_error err = {0};
  const double start = seconds();
  if (words)
    assert_fails(oc_graph_read(text, NULL, &r, &err), OC_E_DATA, err, words);
  else
    assert_ok(oc_graph_read(text, NULL, &r, &err), err);
  const double taken = seconds() - start;
  oc_graph_free(r.g);
  oc_memory_free(text);
  return taken;
}

static void long_chains(void **state) {
  (void)state;
  read_chain(100000, "got 100001");
  read_chain(1000000, "a graph in a file has at most 400000");
  read_chain(OC_GRAPH_MAX_NODES, "got 16385");
  double few = 1e9, many = 1e9;
  for (int i = 0; i < 5; i++) {
    few = fmin(few, read_chain(OC_GRAPH_MAX_NODES / 8, NULL));
    many = fmin(many, read_chain(OC_GRAPH_MAX_NODES - 1, NULL));
  }
  printf("# %d operations: %.1f ms, %d: %.1f ms\n", OC_GRAPH_MAX_NODES / 8, 1e3 * few, OC_GRAPH_MAX_NODES - 1,
         1e3 * many);
  assert_true(many < 40 * few); /* 8 times as many; the square would be 64 */
}

static void deep_texts(void **state) {
  (void)state;
  enum { DEPTH = 1000000 };
  static const char *const opened[] = {"[", "{\"nodes\":", "{\"nodes\":["};
  for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
    oc_text t = {0};
    oc_graph_reading r;
    oc_error err = {0};
    for (int k = 0; k < DEPTH; k++) oc_text_add(&t, "%s", opened[i]);
    char *text = oc_text_take(&t);
    assert_fails(oc_graph_read(text, NULL, &r, &err), OC_E_DATA, err, "invalid JSON");
    assert_null(r.g);
    oc_memory_free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_descriptor_is_whole),
                                     cmocka_unit_test(every_operation_comes_back),
                                     cmocka_unit_test(what_no_file_can_hold_is_not_written),
                                     cmocka_unit_test(long_chains), cmocka_unit_test(deep_texts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
