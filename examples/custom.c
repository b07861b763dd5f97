/* custom.c: an operation, a layer, an optimizer and a data source of one's own, in one training.
 *
 *   mine.swish   operation: x * sigmoid(scale * x) (Ramachandran et al. 2017), and its gradient
 *   mine.swish   layer: `mine.swish [SCALE]`, and an activation of other layers
 *   mine.sign    optimizer: w -= rate * sign(m), m = beta m + (1 - beta) gradient (Bernstein et al. 2018)
 *   mine.half    data: the built-in digits at half the size, `mine.half:COUNT`
 *
 * Usage: custom [COUNT] */
#include <ocellus/ocellus.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                                          \
  if ((call) != OC_OK) return fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.hint), 1

/* ---- the operation, in float and in double ------------------------------------------------------------- */

typedef struct swish_attributes {
  double scale;
} swish_attributes;
static const oc_attribute swish_fields[] = {{"scale", OC_ATTRIBUTE_F64, offsetof(swish_attributes, scale), 1},
                                            {NULL, OC_ATTRIBUTE_BOOL, 0, 0}};

static oc_status same_shape(oc_op_info *info, oc_error *err) {
  const oc_dtype type = oc_op_input_dtype(info, 0);
  if (type != OC_F32 && type != OC_F64) {
    snprintf(err->message, sizeof err->message, "the input must be real, got %s", oc_dtype_name(type));
    return OC_E_NET;
  }
  oc_op_set_output(info, 0, type, oc_op_input_shape(info, 0));
  return OC_OK;
}

#define SWISH(real, suffix)                                                                                  \
  static oc_status swish_##suffix(const oc_call *call, oc_error *err) {                                      \
    const real *x = oc_call_input(call, 0);                                                                  \
    real *y = oc_call_output(call, 0);                                                                       \
    const swish_attributes *a = oc_op_attributes(oc_call_info(call));                                        \
    (void)err;                                                                                               \
    for (int64_t i = 0; i < oc_call_output_elements(call, 0); i++)                                           \
      y[i] = (real)(x[i] / (1 + exp(-a->scale * x[i])));                                                     \
    return OC_OK;                                                                                            \
  }                                                                                                          \
  static oc_status swish_grad_##suffix(const oc_call *call, oc_error *err) {                                 \
    const real *x = oc_call_input(call, 0), *dy = oc_call_input(call, 1);                                    \
    real *dx = oc_call_output(call, 0);                                                                      \
    const swish_attributes *a = oc_op_attributes(oc_call_info(call));                                        \
    (void)err;                                                                                               \
    for (int64_t i = 0; i < oc_call_output_elements(call, 0); i++) {                                         \
      const double s = 1 / (1 + exp(-a->scale * x[i]));                                                      \
      dx[i] = (real)(dy[i] * (s + a->scale * x[i] * s * (1 - s)));                                           \
    }                                                                                                        \
    return OC_OK;                                                                                            \
  }
SWISH(float, f32)
SWISH(double, f64)

static void swish_gradient(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy,
                           oc_node *dx) {
  const oc_node in[] = {oc_node_input(g, node, 0), dy[0]};
  dx[0] = oc_graph_custom_op(g, "mine.swish_grad", in, 2, oc_op_attributes(info));
}

static const oc_custom_op swish = {.name = "mine.swish",
                                   .node_name = "Swish",
                                   .attribute_bytes = sizeof(swish_attributes),
                                   .attributes = swish_fields,
                                   .inputs = 1,
                                   .elementwise = true,
                                   .infer = same_shape,
                                   .run_f32 = swish_f32,
                                   .run_f64 = swish_f64,
                                   .gradient = swish_gradient};
static const oc_custom_op swish_grad = {.name = "mine.swish_grad",
                                        .attribute_bytes = sizeof(swish_attributes),
                                        .attributes = swish_fields,
                                        .inputs = 2,
                                        .infer = same_shape,
                                        .run_f32 = swish_grad_f32,
                                        .run_f64 = swish_grad_f64};

/* ---- the layer ----------------------------------------------------------------------------------------- */

static oc_node build_swish(oc_graph *g, const oc_layer *layer, oc_node x) {
  const swish_attributes a = {oc_layer_value(layer, 0)};
  return oc_graph_custom_op(g, "mine.swish", &x, 1, &a);
}

static const oc_hyperparameter swish_numbers[] = {{.name = "scale", .high = 100, .fallback = 1},
                                                  {.name = NULL}};
static const oc_custom_layer swish_layer = {.name = "mine.swish",
                                            .summary = "x * sigmoid(scale x)",
                                            .scope = "swish",
                                            .hyperparameters = swish_numbers,
                                            .activates = true,
                                            .build = build_swish};

/* ---- the optimizer ------------------------------------------------------------------------------------- */

/* sign(m) = m / |m|, with a little below so that 0 stays 0. The square of the size is made of the
 * operations that there are. */
static oc_node sign(oc_graph *g, oc_node m) {
  const oc_node size = oc_sqrt(g, oc_add(g, oc_multiply(g, m, m), oc_scalar(g, 1e-20)));
  return oc_divide(g, m, size);
}

static oc_node apply_sign(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const double beta = oc_minimizer_value(m, 0);
  const oc_node slot = oc_minimizer_slot(m, variable, "Sign");
  const oc_node mean =
      oc_add(g, oc_multiply(g, slot, oc_scalar(g, beta)), oc_multiply(g, gradient, oc_scalar(g, 1 - beta)));
  const oc_node change =
      oc_multiply(g, sign(g, mean), oc_multiply(g, oc_minimizer_learning_rate(m), oc_scalar(g, -1)));
  const oc_node steps[] = {oc_assign(g, slot, mean), oc_assign_add(g, variable, change)};
  (void)decay; /* it takes no weight decay */
  return oc_group(g, steps, 2);
}

static const oc_hyperparameter sign_numbers[] = {
    {.name = "sign_beta", .high = 1, .below = true, .fallback = 0.9}, {.name = NULL}};
static const oc_custom_optimizer sign_optimizer = {.name = "mine.sign",
                                                   .summary = "w -= lr sign(m) (Bernstein et al. 2018)",
                                                   .hyperparameters = sign_numbers,
                                                   .apply = apply_sign};

/* ---- the data ------------------------------------------------------------------------------------------ */

enum { FULL = 28, HALF = 14, TEST = 200 };

/* Images and labels of `from` at half the size, each pixel the mean of four. */
static oc_status halve(const oc_dataset *from, oc_dataset **out, oc_error *err) {
  const int64_t count = oc_dataset_count(from);
  uint8_t image[FULL * FULL];
  uint8_t *pixels = malloc((size_t)(count * HALF * HALF));
  int32_t *labels = malloc((size_t)count * sizeof *labels);
  const oc_target digit = {.name = "label", .kind = OC_TARGET_CLASS, .size = 10, .values = labels};
  const oc_dataset_options options = {
      .count = count, .size = {HALF, HALF, 1}, .targets = &digit, .target_count = 1};
  oc_status status = pixels && labels ? OC_OK : OC_E_MEMORY;
  for (int64_t i = 0; i < count && status == OC_OK; i++) {
    status = oc_dataset_read(from, i, 1, image, &labels[i], err);
    for (int y = 0; y < HALF; y++)
      for (int x = 0; x < HALF; x++) {
        const uint8_t *at = image + 2 * y * FULL + 2 * x;
        pixels[(i * HALF + y) * HALF + x] = (uint8_t)((at[0] + at[1] + at[FULL] + at[FULL + 1]) / 4);
      }
  }
  if (status == OC_OK) status = oc_dataset_from_memory(pixels, &options, out, err);
  free(pixels);
  free(labels);
  return status;
}

static oc_status open_half(void *context, const char *where, const oc_data_options *options, oc_data *out,
                           oc_error *err) {
  char name[64];
  oc_data digits;
  const oc_data_options all = {.valid = "0", .seed = options->seed, .seed_set = true};
  const char *count = where[9] ? where + 10 : "1200";
  (void)context;
  snprintf(name, sizeof name, "digits:%.40s:%d", count, TEST);
  oc_status status = oc_data_open(name, &all, &digits, err);
  if (status == OC_OK) status = halve(digits.train, &out->train, err);
  if (status == OC_OK) status = halve(digits.test, &out->test, err);
  oc_data_close(&digits);
  return status;
}

static const oc_custom_source half = {.name = "mine.half",
                                      .syntax = "mine.half[:COUNT]",
                                      .summary = "digits at half the size",
                                      .open = open_half};

/* ---- all together -------------------------------------------------------------------------------------- */

static int use(oc_registry *r, const char *where) {
  oc_error err;
  oc_data data;
  oc_model *model;
  oc_evaluation e;
  const oc_session_options session = {.registry = r};
  const oc_data_options parts = {.registry = r};
  const oc_model_options network = {.net = "conv 3x3x8 mine.swish | maxpool 2 | dense 32 | mine.swish 1.5 | "
                                           "dense CLASSES",
                                    .session = &session};
  const oc_setting beta = {"sign_beta", 0.8};
  const oc_fit_options fit = {
      .epochs = 3, .learning_rate = 2e-3, .optimizer = "mine.sign", .settings = &beta, .setting_count = 1};
  CHECK(oc_data_open(where, &parts, &data, &err));
  CHECK(oc_model_create(data.train, &network, &model, &err));
  CHECK(oc_model_fit(model, data.train, data.valid, &fit, &err));
  CHECK(oc_model_save(model, "custom.safetensors", &err));
  oc_model_free(model);
  if (oc_model_load("custom.safetensors", NULL, &model, &err) == OC_OK) return 1;
  printf("without the registry: %s: %s\n", err.where, err.message);
  CHECK(oc_model_load("custom.safetensors", &session, &model, &err));
  CHECK(oc_model_evaluate(model, data.test, &e, &err));
  printf("test accuracy %.3f of %lld images\n", e.accuracy, (long long)e.count);
  oc_evaluation_release(&e);
  oc_model_free(model);
  oc_data_close(&data);
  return 0;
}

int main(int argc, char **argv) {
  char where[64];
  oc_error err;
  oc_registry *r;
  CHECK(oc_registry_create(&r, &err));
  CHECK(oc_registry_add_op(r, &swish, &err));
  CHECK(oc_registry_add_op(r, &swish_grad, &err));
  CHECK(oc_registry_add_layer(r, &swish_layer, &err));
  CHECK(oc_registry_add_optimizer(r, &sign_optimizer, &err));
  CHECK(oc_registry_add_source(r, &half, &err));
  snprintf(where, sizeof where, "mine.half:%s", argc > 1 ? argv[1] : "1200");
  const int failed = use(r, where);
  oc_registry_free(r);
  return failed;
}
