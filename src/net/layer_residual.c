/* layer_residual.c: residual { LAYERS } [project]: x + F(x) (He et al. 2016). Its layers are entries of the
 * net's list; this file joins them with x. */
#include "base/checked.h"
#include "net/net.h"
#include "graph/op.h"

/* The stride that makes `to` positions of `from` with a window of one, or 0 if there is none. */
static int64_t stride_for(int64_t from, int64_t to) {
  if (to < 1 || from < 1) return 0;
  const int64_t stride = oc_ceil_div(from, to);
  return oc_ceil_div(from, stride) == to ? stride : 0;
}

static oc_node mismatch(oc_graph *g, oc_node x, oc_node fx, const char *hint) {
  char a[128], b[128];
  const oc_shape from = oc_node_shape(g, x), to = oc_node_shape(g, fx);
  return oc_graph_fail(g, OC_E_NET, "residual", hint,
                       "the block's input has shape %s, but its layers return %s",
                       oc_shape_text(&from, a, sizeof a), oc_shape_text(&to, b, sizeof b));
}

static oc_node project(oc_graph *g, oc_node x, oc_node fx) {
  const oc_shape from = oc_node_shape(g, x), to = oc_node_shape(g, fx);
  oc_conv2d_options options = oc_conv2d_defaults();
  for (int i = 0; i < 2 && from.rank == 4 && to.rank == 4; i++)
    options.stride[i] = stride_for(from.dim[1 + i], to.dim[1 + i]);
  if (from.rank != 4 || to.rank != 4 || options.stride[0] == 0 || options.stride[1] == 0)
    return mismatch(
        g, x, fx, "Use padding same inside: no stride of a 1x1 convolution converts one shape to the other.");
  oc_scope_push(g, "project");
  const oc_shape shape = OC_SHAPE(1, 1, from.dim[3], to.dim[3]);
  const oc_node w = oc_layer_variable(g, "_weights", shape, OC_INIT_GLOROT_UNIFORM);
  const oc_node y =
      oc_layer_normalize(g, oc_conv2d(g, x, w, &options), oc_layer_batchnorm.hyperparameters[0].fallback,
                         oc_layer_batchnorm.hyperparameters[1].fallback);
  oc_scope_pop(g);
  return y;
}

static oc_node residual_join(oc_graph *g, const oc_layer *l, const oc_branches *b) {
  const oc_node fx = b->output[0];
  const oc_shape from = oc_node_shape(g, b->x), to = oc_node_shape(g, fx);
  if (oc_graph_failed(g)) return OC_NO_NODE;
  if (oc_shape_equal(&from, &to)) return oc_add(g, b->x, fx);
  if (!l->project) return mismatch(g, b->x, fx, "Write `project` after '}', or use padding same inside.");
  return oc_add(g, project(g, b->x, fx), fx);
}

const oc_layer_kind oc_layer_residual = {
    .name = "residual",
    .summary = "x + LAYERS(x) (He et al. 2016); with project, x passes a 1x1 convolution with batch "
               "normalization where the shapes differ",
    .scope = "residual",
    .join = residual_join};
