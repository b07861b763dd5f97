/* batch_norm: y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, channel by channel (the last axis).
 * Source: Ioffe and Szegedy 2015. While training, mean and variance are those of the batch, and moving
 * averages of them are kept; in a plan without training inputs 5 and 6, the moving averages, take the place
 * of inputs 3 and 4. */
#include "base/options.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include <math.h>
#include <string.h>

enum { X, GAMMA, BETA, MEAN, VARIANCE, MOVING_MEAN, MOVING_VARIANCE, INPUTS };

static oc_status batch_norm_infer(oc_op_info *info, oc_error *err) {
  static const char *const names[INPUTS] = {"x",        "gamma",       "beta",           "mean",
                                            "variance", "moving_mean", "moving_variance"};
  const oc_batch_norm_attrs *a = info->attrs;
  TRY(oc_expect_reals(info, INPUTS, OC_REAL_DTYPE, err));
  for (int i = GAMMA; i < INPUTS; i++)
    TRY(oc_expect_vector(info, i, names[i], oc_last_dim(&info->in[X].shape), err));
  if (!(a->epsilon > 0 && isfinite(a->epsilon)))
    return oc_fail(err, OC_E_NET, info->name, "Use, for example, 0.001.",
                   "epsilon must be greater than 0, got %g", a->epsilon);
  return oc_infer_output(info, 0, OC_REAL_DTYPE, info->in[X].shape, err);
}

/* Mean and variance are functions of x too; batch_norm_grad_x counts that in. */
static void batch_norm_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_batch_norm_attrs a = *(const oc_batch_norm_attrs *)oc_graph_info(g, node)->attrs;
  oc_node in[INPUTS];
  for (int i = 0; i < INPUTS; i++) in[i] = oc_graph_input(g, node, i);
  const oc_node for_sums[] = {in[X], dy[0], in[MEAN], in[VARIANCE], in[MOVING_MEAN], in[MOVING_VARIANCE]};
  dx[GAMMA] = oc_graph_add(g, OC_OP(g, batch_norm_grad_sums), for_sums, 6, &a);
  dx[BETA] = oc_node_valid(dx[GAMMA]) ? (oc_node){dx[GAMMA].number, 1} : OC_NO_NODE;
  const oc_node for_x[] = {in[X],     dy[0],     in[MEAN], in[VARIANCE],
                           in[GAMMA], dx[GAMMA], dx[BETA], in[MOVING_VARIANCE]};
  dx[X] = oc_graph_add(g, OC_OP(g, batch_norm_grad_x), for_x, 8, &a);
}

static oc_cost batch_norm_cost(const oc_op_info *info, int64_t batch) {
  return (oc_cost){4.0 * (double)oc_value_count(&info->in[X], batch), oc_io_bytes(info, batch)};
}

static void batch_norm_run(const oc_call *c) {
  const oc_batch_norm_attrs *a = c->info->attrs;
  const real *x = c->in[X], *gamma = c->in[GAMMA], *beta = c->in[BETA], *mean = c->in[MEAN],
             *variance = c->in[VARIANCE];
  real *y = c->out[0];
  const int64_t count = oc_call_count(c, &c->info->in[X]), channels = oc_last_dim(&c->info->in[X].shape);
  for (int64_t i = 0; i < count; i += channels)
    for (int64_t j = 0; j < channels; j++) {
      const double normal = ((double)x[i + j] - (double)mean[j]) / sqrt((double)variance[j] + a->epsilon);
      y[i + j] = (real)((double)gamma[j] * normal + (double)beta[j]);
    }
}

#ifdef OC_OPS_FLOAT
static bool is_variable(oc_graph *g, oc_node node, const char *what) {
  if (strcmp(oc_node_op(g, node), "variable") == 0) return true;
  oc_graph_fail(g, OC_E_ARGUMENT, oc_node_name(g, node), "Create it with oc_variable, not trainable.",
                "%s of oc_batch_norm is not a variable", what);
  return false;
}

/* Moves an average towards the batch's value in each training step. */
static void keep_moving(oc_graph *g, oc_node moving, oc_node value, double momentum) {
  const oc_moving_attrs a = {momentum};
  oc_graph_add_update(g, oc_graph_add(g, OC_OP(g, update_moving), (oc_node[]){moving, value}, 2, &a));
}

oc_batch_norm_options oc_batch_norm_defaults(void) {
  return (oc_batch_norm_options){
      .struct_size = sizeof(oc_batch_norm_options), .epsilon = 1e-3, .momentum = 0.99};
}

oc_node oc_batch_norm(oc_graph *g, oc_node x, const oc_batch_norm_options *options) {
  const oc_batch_norm_options defaults = oc_batch_norm_defaults();
  oc_batch_norm_options o = defaults;
  oc_error err;
  if (options) OC_OPTIONS_READ(o, options);
  if (oc_options_check(o.struct_size, sizeof o, "oc_batch_norm_options", &err) != OC_OK)
    return oc_graph_fail(g, err.code, err.where, err.hint, "%s", err.message);
  if (o.epsilon == 0) o.epsilon = defaults.epsilon;
  if (o.momentum == 0 && !o.momentum_set) o.momentum = defaults.momentum;
  if (!is_variable(g, o.moving_mean, "moving_mean") || !is_variable(g, o.moving_variance, "moving_variance"))
    return OC_NO_NODE;
  const oc_graph_mark before = oc_graph_mark_now(g);
  const oc_node mean = oc_graph_add(g, OC_OP(g, batch_mean), &x, 1, NULL);
  const oc_node variance = oc_graph_add(g, OC_OP(g, batch_variance), (oc_node[]){x, mean}, 2, NULL);
  const oc_node in[INPUTS] = {x, o.gamma, o.beta, mean, variance, o.moving_mean, o.moving_variance};
  const oc_node y = oc_graph_add(g, OC_OP(g, batch_norm), in, INPUTS, &(oc_batch_norm_attrs){o.epsilon});
  keep_moving(g, o.moving_mean, mean, o.momentum);
  keep_moving(g, o.moving_variance, variance, o.momentum);
  if (oc_graph_failed(g)) oc_graph_back(g, before);
  return y;
}
#endif

static void batch_norm_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  sink->real(sink->to, "epsilon", ((const oc_batch_norm_attrs *)info->attrs)->epsilon);
}

static const oc_attribute batch_norm_attributes[] = {OC_FIELD(F64, oc_batch_norm_attrs, epsilon), {0}};
OC_DEFINE_OP(batch_norm, .describe = batch_norm_describe, .attributes = batch_norm_attributes,
             .tf_name = "FusedBatchNorm", .attr_size = sizeof(oc_batch_norm_attrs), .infer = batch_norm_infer,
             .gradient = batch_norm_gradient, .cost = batch_norm_cost, .run = batch_norm_run,
             .inference_swap = {[MEAN] = MOVING_MEAN + 1, [VARIANCE] = MOVING_VARIANCE + 1});
