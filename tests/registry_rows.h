/* registry_rows.h: a registry with an operation and its gradient, two layers, an optimizer and a data
 * source, for the tests of ocellus/registry.h. Include harness.h first. */
#ifndef TESTS_REGISTRY_ROWS_H
#define TESTS_REGISTRY_ROWS_H
#include "ocellus/ocellus.h"

/* ---- rows ---------------------------------------------------------------------------------------------- */

/* scaled square: y = factor x^2; its gradient is an operation, too. */
typedef struct factor_attributes {
  double factor;
  int64_t numbers[3];
  bool flag;
} factor_attributes;
static const oc_attribute fields[] = {{"factor", OC_ATTRIBUTE_F64, offsetof(factor_attributes, factor), 1},
                                      {"numbers", OC_ATTRIBUTE_I64, offsetof(factor_attributes, numbers), 3},
                                      {"flag", OC_ATTRIBUTE_BOOL, offsetof(factor_attributes, flag), 1},
                                      {NULL, OC_ATTRIBUTE_BOOL, 0, 0}};

static oc_status like_input(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, oc_op_input_dtype(info, 0), oc_op_input_shape(info, 0));
  return OC_OK;
}

#define SQUARE(real, suffix)                                                                                 \
  static oc_status square_##suffix(const oc_call *call, oc_error *err) {                                     \
    const real *x = oc_call_input(call, 0);                                                                  \
    real *y = oc_call_output(call, 0);                                                                       \
    const factor_attributes *a = oc_op_attributes(oc_call_info(call));                                       \
    (void)err;                                                                                               \
    for (int64_t i = 0; i < oc_call_output_elements(call, 0); i++) y[i] = (real)a->factor * x[i] * x[i];     \
    return OC_OK;                                                                                            \
  }                                                                                                          \
  static oc_status square_grad_##suffix(const oc_call *call, oc_error *err) {                                \
    const real *x = oc_call_input(call, 0), *dy = oc_call_input(call, 1);                                    \
    real *dx = oc_call_output(call, 0);                                                                      \
    const factor_attributes *a = oc_op_attributes(oc_call_info(call));                                       \
    (void)err;                                                                                               \
    for (int64_t i = 0; i < oc_call_output_elements(call, 0); i++)                                           \
      dx[i] = 2 * (real)a->factor * x[i] * dy[i];                                                            \
    return OC_OK;                                                                                            \
  }
SQUARE(float, f32)
SQUARE(double, f64)

static void square_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                            oc_node *dx) {
  const oc_node in[] = {oc_node_input(g, node, 0), dy[0]};
  dx[0] = oc_graph_custom_op(g, "t.square_grad", in, 2, oc_op_attributes(info));
}

static const oc_custom_op square = {.name = "t.square",
                                    .node_name = "Square",
                                    .attribute_bytes = sizeof(factor_attributes),
                                    .attributes = fields,
                                    .inputs = 1,
                                    .elementwise = true,
                                    .infer = like_input,
                                    .run_f32 = square_f32,
                                    .run_f64 = square_f64,
                                    .gradient = square_gradient};
static const oc_custom_op square_grad = {.name = "t.square_grad",
                                         .attribute_bytes = sizeof(factor_attributes),
                                         .attributes = fields,
                                         .inputs = 2,
                                         .infer = like_input,
                                         .run_f32 = square_grad_f32,
                                         .run_f64 = square_grad_f64};

static oc_node square_build(oc_graph *g, const oc_layer *layer, oc_node x) {
  const factor_attributes a = {.factor = oc_layer_value(layer, 0), .numbers = {1, 2, 3}, .flag = true};
  return oc_graph_custom_op(g, "t.square", &x, 1, &a);
}
static const oc_hyperparameter square_numbers[] = {{.name = "factor", .high = 10, .fallback = 0.5},
                                                   {.name = NULL}};
static const oc_custom_layer square_layer = {.name = "t.square",
                                             .scope = "square",
                                             .hyperparameters = square_numbers,
                                             .activates = true,
                                             .build = square_build};

/* dense with everything a text can say of it */
static oc_node wide_build(oc_graph *g, const oc_layer *layer, oc_node x) {
  oc_layer_words w;
  oc_layer_read(layer, &w);
  x = oc_flatten(g, x);
  const oc_node weights =
      oc_variable(g, "_weights", OC_SHAPE(oc_node_shape(g, x).dim[1], w.size[0]), oc_init_of(w.init));
  if (!w.nobias) *(int *)oc_layer_context(layer) += 1;
  return oc_layer_finish(g, layer, oc_matmul(g, x, weights, false, false), w.size[0]);
}
static int biases; /* that wide_build was to add */
static const oc_custom_layer wide_layer = {.name = "t.wide",
                                           .weighted = true,
                                           .scope = "fc",
                                           .sizes = "N",
                                           .classes = true,
                                           .context = &biases,
                                           .words = OC_LAYER_ACT | OC_LAYER_NOBIAS | OC_LAYER_INIT,
                                           .build = wide_build};

/* plain gradient descent, as `sgd` does it */
static oc_node plain_apply(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const oc_node rate = oc_multiply(g, oc_minimizer_learning_rate(m), oc_scalar(g, oc_minimizer_value(m, 0)));
  oc_node change = oc_multiply(g, gradient, rate);
  if (decay > 0)
    change = oc_add(g, change, oc_multiply(g, variable, oc_multiply(g, rate, oc_scalar(g, decay))));
  return oc_assign(g, variable, oc_subtract(g, variable, change));
}
static const oc_hyperparameter plain_numbers[] = {{.name = "gain", .high = 10, .fallback = 1},
                                                  {.name = "weight_decay", .high = 1, .fallback = 0},
                                                  {.name = NULL}};
static const oc_custom_optimizer plain = {
    .name = "t.plain", .hyperparameters = plain_numbers, .apply = plain_apply};

static oc_status letters_open(void *context, const char *where, const oc_data_options *options, oc_data *out,
                              oc_error *err) {
  const oc_data_options all = {.valid = "0", .seed = options->seed, .seed_set = true};
  *(const char **)context = where;
  return oc_data_open("xo:60:20", &all, out, err);
}
static const char *opened; /* what letters_open was called with */
static const oc_custom_source letters = {.name = "t.letters", .context = &opened, .open = letters_open};

static oc_status add_rows(oc_registry *r, oc_error *err) {
  oc_status status = oc_registry_add_op(r, &square, err);
  if (status == OC_OK) status = oc_registry_add_op(r, &square_grad, err);
  if (status == OC_OK) status = oc_registry_add_layer(r, &square_layer, err);
  if (status == OC_OK) status = oc_registry_add_layer(r, &wide_layer, err);
  if (status == OC_OK) status = oc_registry_add_optimizer(r, &plain, err);
  return status == OC_OK ? oc_registry_add_source(r, &letters, err) : status;
}

static inline oc_registry *make_registry(void) {
  oc_registry *r;
  oc_error err;
  assert_ok(oc_registry_create(&r, &err), err);
  assert_ok(add_rows(r, &err), err);
  return r;
}

static inline oc_graph *make_graph(oc_registry *r, oc_dtype real) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = real, .registry = r}, &g, &err), err);
  return g;
}

#endif
