/* layer_se.c: se R: squeeze-and-excite (Hu, Shen and Sun 2018): each channel times a factor in 0 to 1 that
 * follows from the means of all channels, by a dense layer of channels / R units and one of as many as
 * channels. */
#include "base/checked.h"
#include "net/net.h"
#include "graph/op.h"

static oc_node add_dense(oc_graph *g, const char *scope, oc_node x, int64_t units) {
  oc_scope_push(g, scope);
  const oc_shape shape = OC_SHAPE(oc_node_shape(g, x).dim[1], units);
  const oc_node w = oc_layer_variable(g, "_weights", shape, OC_INIT_GLOROT_UNIFORM);
  const oc_node b = oc_layer_variable(g, "_biases", OC_SHAPE(units), OC_INIT_ZEROS);
  const oc_node y = oc_bias_add(g, oc_matmul(g, x, w, false, false), b);
  oc_scope_pop(g);
  return y;
}

static oc_node se_build(oc_graph *g, const oc_layer *l, oc_node x) {
  if (!oc_layer_expects_images(g, l, x)) return OC_NO_NODE;
  const int64_t channels = oc_node_shape(g, x).dim[3];
  const oc_node squeezed =
      oc_relu(g, add_dense(g, "squeeze", oc_global_mean_pool(g, x), oc_ceil_div(channels, l->size[0])));
  return oc_channel_scale(g, x, oc_sigmoid(g, add_dense(g, "excite", squeezed, channels)));
}

const oc_layer_kind oc_layer_se = {
    .name = "se",
    .summary = "squeeze-and-excite: channels times factors from their means, by channels / R units (Hu et "
               "al. 2018)",
    .scope = "se",
    .sizes = {"R", 1, 1, {OC_NET_MAX_CHANNELS}},
    .build = se_build};
