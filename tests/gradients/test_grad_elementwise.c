/* Gradients of activations, dropout, arithmetic, shape operations and losses against finite differences in
 * double. */
#include "harness.h"
#include "graph_eval.h"
#include "ops/ops.h"

/* One graph with placeholders of the given shapes. */
typedef struct bench {
  oc_graph *g;
  oc_node in[4];
} bench;

static bench bench_make(const oc_shape *shapes, int count) {
  oc_error err;
  bench b;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &b.g, &err), err);
  for (int i = 0; i < count; i++) b.in[i] = oc_placeholder(b.g, "x", OC_F64, shapes[i]);
  return b;
}

/* y was made of the first `count` placeholders: all their gradients are compared with differences. */
static void bench_check(bench *b, oc_node y, int count, const char *what) {
  oc_error err;
  const oc_node loss = eval_loss_of(b->g, y);
  assert_ok(oc_graph_status(b->g, &err), err);
  const double error = eval_gradient_error(b->g, loss, b->in, count, (eval_way){5, true, 1e-5});
  if (!(error < 1e-8)) fail_msg("%s: apart by %g", what, error);
  oc_graph_free(b->g);
}

static oc_node leaky(oc_graph *g, oc_node x) {
  return oc_leaky_relu(g, x, 0.1);
}
static oc_node clip(oc_graph *g, oc_node x) {
  return oc_clip(g, x, -0.5, 0.25);
}
static oc_node drop(oc_graph *g, oc_node x) {
  return oc_dropout(g, x, oc_scalar(g, 0.7));
}
static oc_node drop_channels(oc_graph *g, oc_node x) {
  return oc_spatial_dropout(g, x, oc_scalar(g, 0.7));
}
static oc_node flatten(oc_graph *g, oc_node x) {
  return oc_flatten(g, x);
}
static oc_node reshape(oc_graph *g, oc_node x) {
  oc_shape shape = oc_node_shape(g, x);
  const int64_t rows = shape.dim[1];
  shape.dim[1] = shape.dim[2];
  shape.dim[2] = rows;
  return oc_reshape(g, x, shape);
}
static oc_node turn(oc_graph *g, oc_node x) {
  return oc_transpose(g, x, (const int[]){0, 2, 1});
}
static oc_node as_real(oc_graph *g, oc_node x) {
  return oc_cast(g, x, OC_F32);
}
static oc_node wide(oc_graph *g, oc_node x) {
  return oc_multiply(g, x, oc_scalar(g, 8));
}
static oc_node wide_gelu(oc_graph *g, oc_node x) {
  return oc_gelu(g, wide(g, x));
}
static oc_node wide_softplus(oc_graph *g, oc_node x) {
  return oc_softplus(g, wide(g, x));
}

static oc_node wide_relu6(oc_graph *g, oc_node x) {
  return oc_relu6(g, wide(g, x));
}
static oc_node wide_silu(oc_graph *g, oc_node x) {
  return oc_silu(g, wide(g, x));
}
static oc_node wide_hard_swish(oc_graph *g, oc_node x) {
  return oc_hard_swish(g, wide(g, x));
}

/* |x| + 1/2, away from where a logarithm, a root or a quotient has no derivative. */
static oc_node positive(oc_graph *g, oc_node x) {
  const oc_node size = oc_maximum(g, x, oc_multiply(g, x, oc_scalar(g, -1)));
  return oc_add(g, size, oc_scalar(g, 0.5));
}
static oc_node log_of(oc_graph *g, oc_node x) {
  return oc_log(g, positive(g, x));
}
static oc_node sqrt_of(oc_graph *g, oc_node x) {
  return oc_sqrt(g, positive(g, x));
}
static oc_node divide_by(oc_graph *g, oc_node a, oc_node b) {
  return oc_divide(g, a, positive(g, b));
}

static oc_node erf_of(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, erf), &x, 1, NULL);
}
static oc_node power_of(oc_graph *g, oc_node a, oc_node b) {
  return oc_graph_add(g, OC_OP(g, power), (oc_node[]){positive(g, a), b}, 2, NULL);
}

static void one_input(void **state) {
  (void)state;
  static const struct {
    const char *name;
    oc_node (*add)(oc_graph *, oc_node);
  } rows[] = {{"relu", oc_relu},
              {"leaky_relu", leaky},
              {"sigmoid", oc_sigmoid},
              {"tanh", oc_tanh},
              {"gelu", oc_gelu},
              {"gelu of large numbers", wide_gelu},
              {"softplus", oc_softplus},
              {"softplus of large numbers", wide_softplus},
              {"clip", clip},
              {"relu6", wide_relu6},
              {"silu", oc_silu},
              {"silu of large numbers", wide_silu},
              {"hard_swish", wide_hard_swish},
              {"spatial_dropout", drop_channels},
              {"exp", oc_exp},
              {"log", log_of},
              {"sqrt", sqrt_of},
              {"erf", erf_of},
              {"dropout", drop},
              {"flatten", flatten},
              {"reshape", reshape},
              {"transpose", turn},
              {"cast", as_real},
              {"softmax", oc_softmax},
              {"log_softmax", oc_log_softmax},
              {"l2_penalty", oc_l2_penalty}};
  const oc_shape shapes[] = {OC_SHAPE(OC_BATCH, 3, 4), OC_SHAPE(2, 3, 4)};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int s = 0; s < 2; s++) {
      bench b = bench_make(&shapes[s], 1);
      bench_check(&b, rows[i].add(b.g, b.in[0]), 1, rows[i].name);
    }
}

/* Every way of broadcasting, with either tensor as the first. */
static void pairs_of_tensors(void **state) {
  (void)state;
  static const struct {
    const char *name;
    oc_node (*add)(oc_graph *, oc_node, oc_node);
  } ops[] = {{"add", oc_add},       {"subtract", oc_subtract}, {"multiply", oc_multiply},
             {"divide", divide_by}, {"maximum", oc_maximum},   {"power", power_of}};
  const oc_shape pairs[][2] = {{OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(OC_BATCH, 2, 3)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(OC_BATCH, 2, 1)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(OC_BATCH, 1, 1)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(1, 2, 1)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(2, 1)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(3)},
                               {OC_SHAPE(OC_BATCH, 3), OC_SCALAR_SHAPE},
                               {OC_SHAPE(OC_BATCH, 1), OC_SHAPE(3)},
                               {OC_SHAPE(4, 1, 2), OC_SHAPE(3, 1)}};
  for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
      for (int turned = 0; turned < 2; turned++) {
        bench b = bench_make(pairs[i], 2);
        bench_check(&b, ops[k].add(b.g, b.in[turned], b.in[!turned]), 2, ops[k].name);
      }
}

static void channels(void **state) {
  (void)state;
  const oc_shape slopes[][2] = {{OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(3)}, {OC_SHAPE(4, 3), OC_SHAPE(3)}};
  const oc_shape factors[][2] = {{OC_SHAPE(OC_BATCH, 3, 2, 5), OC_SHAPE(OC_BATCH, 5)},
                                 {OC_SHAPE(2, 3, 1, 4), OC_SHAPE(2, 4)}};
  for (int i = 0; i < 2; i++) {
    bench b = bench_make(slopes[i], 2);
    bench_check(&b, oc_prelu(b.g, b.in[0], b.in[1]), 2, "prelu");
    b = bench_make(factors[i], 2);
    bench_check(&b, oc_channel_scale(b.g, b.in[0], b.in[1]), 2, "channel_scale");
  }
}

static void add_and_multiply(void **state) {
  (void)state;
  const oc_shape pairs[][2] = {{OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(OC_BATCH, 2, 3)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(2, 3)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(3)},
                               {OC_SHAPE(OC_BATCH, 2, 3), OC_SCALAR_SHAPE},
                               {OC_SHAPE(4, 3), OC_SHAPE(4, 3)},
                               {OC_SHAPE(4, 3), OC_SHAPE(3)},
                               {OC_SHAPE(4, 3), OC_SCALAR_SHAPE},
                               {OC_SCALAR_SHAPE, OC_SCALAR_SHAPE}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    bench b = bench_make(pairs[i], 2);
    bench_check(&b, oc_add(b.g, b.in[0], b.in[1]), 2, "add");
    b = bench_make(pairs[i], 2);
    bench_check(&b, oc_multiply(b.g, b.in[0], b.in[1]), 2, "multiply");
  }
}

/* What the gradients of sums and means are made of has one itself. */
static void broadcast(void **state) {
  (void)state;
  const oc_shape shapes[] = {OC_SHAPE(3), OC_SHAPE(2, 3)};
  for (int mean = 0; mean < 2; mean++) {
    bench b = bench_make(shapes, 2);
    const oc_reduce_attrs attrs = {1u << 0, mean};
    bench_check(&b, oc_graph_add(b.g, OC_OP(b.g, broadcast), b.in, 2, &attrs), 1, "broadcast");
  }
}

/* A tensor that is used twice, and as both factors. */
static void several_consumers(void **state) {
  (void)state;
  const oc_shape shape = OC_SHAPE(OC_BATCH, 3);
  bench b = bench_make(&shape, 1);
  const oc_node square = oc_multiply(b.g, b.in[0], b.in[0]);
  bench_check(&b, oc_add(b.g, oc_tanh(b.g, square), oc_multiply(b.g, square, b.in[0])), 1, "x^3 + tanh(x^2)");
}

static void reductions(void **state) {
  (void)state;
  const oc_shape shapes[] = {OC_SHAPE(OC_BATCH, 2, 3, 2), OC_SHAPE(4, 2, 3, 2)};
  for (int s = 0; s < 2; s++)
    for (unsigned axes = 0; axes < 16; axes++) {
      bench b = bench_make(&shapes[s], 1);
      bench_check(&b, oc_reduce_sum(b.g, b.in[0], axes), 1, "reduce_sum");
      b = bench_make(&shapes[s], 1);
      bench_check(&b, oc_reduce_mean(b.g, b.in[0], axes), 1, "reduce_mean");
    }
}

static void largest_elements(void **state) {
  (void)state;
  const oc_shape shapes[] = {OC_SHAPE(OC_BATCH, 2, 3, 2), OC_SHAPE(4, 2, 3, 2)};
  for (int s = 0; s < 2; s++)
    for (unsigned axes = 1; axes < 16; axes++) {
      if (s == 0 && (axes & 1)) continue;
      bench b = bench_make(&shapes[s], 1);
      bench_check(&b, oc_reduce_max(b.g, b.in[0], axes), 1, "reduce_max");
    }
  bench b = bench_make(&shapes[1], 1);
  bench_check(&b, oc_reduce_max(b.g, b.in[0], 0), 1, "reduce_max of all");
}

static void joins(void **state) {
  (void)state;
  const oc_shape batched[] = {OC_SHAPE(OC_BATCH, 2, 3), OC_SHAPE(OC_BATCH, 4, 3), OC_SHAPE(OC_BATCH, 1, 3)};
  const oc_shape fixed[] = {OC_SHAPE(2, 3), OC_SHAPE(2, 1), OC_SHAPE(2, 4)};
  bench b = bench_make(batched, 3);
  bench_check(&b, oc_concat(b.g, b.in, 3, 1), 3, "concat of axis 1");
  b = bench_make(fixed, 3);
  bench_check(&b, oc_concat(b.g, b.in, 3, -1), 3, "concat of the last axis");
  b = bench_make(fixed, 1);
  bench_check(&b, oc_concat(b.g, (oc_node[]){b.in[0], b.in[0]}, 2, 0), 1, "concat with itself");
}

/* At the beginning, in the middle, at the end, the whole, nothing; twice, so that gradients meet. */
static void slices(void **state) {
  (void)state;
  const oc_shape batched = OC_SHAPE(OC_BATCH, 5, 3), fixed = OC_SHAPE(5, 2);
  const int64_t ranges[][2] = {{0, 2}, {1, 4}, {3, 5}, {0, 5}, {2, 2}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    bench b = bench_make(&batched, 1);
    bench_check(&b, oc_slice(b.g, b.in[0], 1, ranges[i][0], ranges[i][1]), 1, "slice of axis 1");
    b = bench_make(&fixed, 1);
    bench_check(&b, oc_slice(b.g, b.in[0], -2, ranges[i][0], ranges[i][1]), 1, "slice of axis 0");
  }
  bench b = bench_make(&fixed, 1);
  const oc_node a = oc_slice(b.g, b.in[0], 0, 0, 3), c = oc_slice(b.g, b.in[0], 0, 2, 5);
  bench_check(&b, oc_multiply(b.g, a, c), 1, "the product of two slices");
}

/* Labels that do not sum to 1, and have a gradient of their own. */
static void cross_entropy(void **state) {
  (void)state;
  const oc_shape batched[] = {OC_SHAPE(OC_BATCH, 4), OC_SHAPE(OC_BATCH, 4)},
                 fixed[] = {OC_SHAPE(3, 4), OC_SHAPE(3, 4)};
  bench b = bench_make(batched, 2);
  bench_check(&b, oc_softmax_cross_entropy(b.g, b.in[0], b.in[1]), 2, "softmax_cross_entropy");
  b = bench_make(fixed, 2);
  bench_check(&b, oc_softmax_cross_entropy(b.g, b.in[0], b.in[1]), 2,
              "softmax_cross_entropy without a batch");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_input),
      cmocka_unit_test(channels),
      cmocka_unit_test(add_and_multiply),
      cmocka_unit_test(pairs_of_tensors),
      cmocka_unit_test(largest_elements),
      cmocka_unit_test(broadcast),
      cmocka_unit_test(several_consumers),
      cmocka_unit_test(reductions),
      cmocka_unit_test(joins),
      cmocka_unit_test(slices),
      cmocka_unit_test(cross_entropy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
