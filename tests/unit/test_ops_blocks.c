/* The fused convolution block and its gradient must be what the separate operations give: the forward pass to
 * the bit, the gradients to rounding (sums over overlapping windows may be added in another order). */
#include "harness.h"
#include "graph_eval.h"
#include "ops/activate.h"

enum { BATCH = 3 };

typedef struct layer {
  int64_t ic, oc, stride, pad; /* 7x6 image, 3x2 kernel */
  oc_act act;
  bool pooled;
  int64_t pool; /* square windows */
} layer;

static oc_conv_block_attrs attrs_of(const layer *l, bool save_argmax, bool needs_dx) {
  return (oc_conv_block_attrs){
      .conv = {{3, 2}, {l->stride, 1}, {1, 1}, {l->pad, 0, l->pad, l->pad}, 1, false, OC_SCALAR_SHAPE},
      .act = l->act,
      .slope = 0.25,
      .pooled = l->pooled,
      .pool = {l->pool, l->pool},
      .save_argmax = save_argmax,
      .needs_dx = needs_dx};
}

static oc_node activate(oc_graph *g, oc_node z, oc_act act) {
  switch (act) {
  case OC_ACT_RELU:
    return oc_relu(g, z);
  case OC_ACT_RELU6:
    return oc_relu6(g, z);
  case OC_ACT_LEAKY_RELU:
    return oc_leaky_relu(g, z, 0.25);
  case OC_ACT_SIGMOID:
    return oc_sigmoid(g, z);
  case OC_ACT_TANH:
    return oc_tanh(g, z);
  default:
    return z;
  }
}

/* The separate operations, evaluated: y, and the gradients of sum(y * dy) by w, b and x. */
typedef struct parts {
  oc_graph *g;
  graph_eval e;
  oc_node x, w, b, dy, y, grads[3];
} parts;

static void begin_parts(parts *p, const layer *l) {
  oc_error err;
  const oc_conv_block_attrs a = attrs_of(l, false, false);
  const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &p->g, &err), err);
  p->x = oc_placeholder(p->g, "x", OC_F64, OC_SHAPE(OC_BATCH, 7, 6, l->ic));
  p->w = oc_variable(p->g, "w", OC_SHAPE(3, 2, l->ic, l->oc), zeros);
  p->b = oc_variable(p->g, "b", OC_SHAPE(l->oc), zeros);
  const oc_node z = oc_graph_add(p->g, OC_OP(p->g, conv2d), (oc_node[]){p->x, p->w}, 2, &a.conv);
  p->y = activate(p->g, oc_bias_add(p->g, z, p->b), l->act);
  if (l->pooled) p->y = oc_max_pool(p->g, p->y, &(oc_pool_options){.size = {l->pool, l->pool}});
  p->dy = oc_placeholder(p->g, "dy", OC_F64, oc_node_shape(p->g, p->y));
  const oc_node loss = oc_reduce_sum(p->g, oc_multiply(p->g, p->y, p->dy), 0);
  oc_gradients(p->g, loss, (oc_node[]){p->w, p->b, p->x}, 3, p->grads);
  eval_begin(&p->e, p->g, BATCH, true);
  eval_run(&p->e, (oc_node[]){p->y, p->grads[0], p->grads[1], p->grads[2]}, 4);
}
static void end_parts(parts *p) {
  eval_end(&p->e);
  oc_graph_free(p->g);
}

static void add_input(op_case *c, parts *p, oc_node node) {
  case_input(c, OC_F64, oc_node_shape(p->g, node), eval_source(&p->e, node));
}

static void check_output(const op_case *c, int out, const parts *p, oc_node expected, double tolerance) {
  assert_true(oc_shape_equal(&c->info.out[out].shape, &oc_graph_value(p->g, expected)->shape));
  for (int64_t i = 0; i < case_count(c, out); i++) {
    const double a = case_get(c, out, i), b = eval_get(&p->e, expected, i);
    if (!(fabs(a - b) <= tolerance)) fail_msg("output %d element %d: %.17g is not %.17g", out, (int)i, a, b);
  }
}

static void check_grad(const layer *l, parts *p, const op_case *forward, bool needs_dx, int64_t chunk) {
  const oc_conv_block_attrs a = attrs_of(l, true, needs_dx);
  op_case c;
  case_begin(&c, "conv_block_grad", OC_F64, &a, BATCH);
  add_input(&c, p, p->x);
  add_input(&c, p, p->w);
  case_input(&c, OC_F64, forward->info.out[0].shape, forward->out[0]);
  add_input(&c, p, p->dy);
  if (l->pooled) {
    case_input(&c, OC_U8, forward->info.out[1].shape, NULL);
    memcpy(c.in[4], forward->out[1], case_bytes(&forward->info.out[1], BATCH));
  }
  case_run(&c, chunk);
  assert_int_equal(c.info.n_out, needs_dx ? 3 : 2);
  for (int i = 0; i < c.info.n_out; i++) check_output(&c, i, p, p->grads[i], 1e-13);
  case_end(&c);
}

static void check_layer(const layer *l) {
  parts p;
  begin_parts(&p, l);
  for (int save_argmax = 0; save_argmax < 2; save_argmax++) {
    const oc_conv_block_attrs a = attrs_of(l, save_argmax, false);
    op_case c;
    case_begin(&c, "conv_block", OC_F64, &a, BATCH);
    add_input(&c, &p, p.x);
    add_input(&c, &p, p.w);
    add_input(&c, &p, p.b);
    case_run(&c, 2);
    assert_int_equal(c.info.n_out, l->pooled && save_argmax ? 2 : 1);
    check_output(&c, 0, &p, p.y, 0);
    if (save_argmax || !l->pooled)
      for (int64_t chunk = 1; chunk <= BATCH; chunk++) check_grad(l, &p, &c, chunk != 2, chunk);
    case_end(&c);
  }
  end_parts(&p);
}

static void blocks_are_their_parts(void **state) {
  (void)state;
  for (int act = OC_ACT_NONE; act <= OC_ACT_RELU6; act++) {
    if (!oc_activation_fusable((oc_act)act)) continue;
    check_layer(&(layer){2, 3, 1, 0, (oc_act)act, false, 0});
    check_layer(&(layer){1, 4, 2, 1, (oc_act)act, false, 0});
    check_layer(&(layer){2, 3, 1, 0, (oc_act)act, true, 2});
    check_layer(&(layer){1, 2, 1, 1, (oc_act)act, true, 3});
  }
}

/* Where RELU gave equal zeros, the first of the window is kept, as in max_pool. */
static void first_of_equal_values(void **state) {
  (void)state;
  const oc_conv_block_attrs a = {.conv = {{1, 1}, {1, 1}, {1, 1}, {0}, 1, false, OC_SCALAR_SHAPE},
                                 .act = OC_ACT_RELU,
                                 .pooled = true,
                                 .pool = {2, 2},
                                 .save_argmax = true};
  op_case c;
  case_begin(&c, "conv_block", OC_F64, &a, 1);
  case_input(&c, OC_F64, OC_SHAPE(OC_BATCH, 2, 6, 1), (double[]){-3, -1, 1, 5, 1, 2, -2, -4, 5, 2, 3, NAN});
  case_input(&c, OC_F64, OC_SHAPE(1, 1, 1, 1), (double[]){1});
  case_input(&c, OC_F64, OC_SHAPE(1), (double[]){0});
  case_run(&c, 0);
  const double args[] = {0, 1, 3};
  for (int i = 0; i < 3; i++) assert_true(case_get(&c, 1, i) == args[i]);
  assert_true(case_get(&c, 0, 0) == 0 && case_get(&c, 0, 1) == 5 && isnan(case_get(&c, 0, 2)));
  case_end(&c);
}

static void refusals(void **state) {
  (void)state;
  static const struct {
    oc_act act;
    int64_t rows, columns;
    oc_status code;
    const char *says;
  } cases[] = {{OC_ACT_GELU, 2, 2, OC_E_INTERNAL, "its derivative does not follow"},
               {OC_ACT_RELU, 16, 16, OC_E_INTERNAL, "unsupported window of 16x16: the limit is 255"},
               {OC_ACT_RELU, 41, 1, OC_E_NET, "kernel 41x1 is larger than the padded input 40x40"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const oc_conv_block_attrs a = {.conv = {{1, 1}, {1, 1}, {1, 1}, {0}, 1, false, OC_SCALAR_SHAPE},
                                   .act = cases[i].act,
                                   .pooled = true,
                                   .pool = {cases[i].rows, cases[i].columns}};
    op_case c;
    case_begin(&c, "conv_block", OC_F32, &a, 1);
    case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 40, 40, 1), NULL);
    case_input(&c, OC_F32, OC_SHAPE(1, 1, 1, 1), NULL);
    case_input(&c, OC_F32, OC_SHAPE(1), NULL);
    assert_fails(case_infer(&c), cases[i].code, c.err, cases[i].says);
    case_end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_their_parts),
      cmocka_unit_test(first_of_equal_values),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
