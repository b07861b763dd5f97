/* layer_conv.c: conv: HxWxC weights for each group of input channels, bias, activation. Lecture: "Working
 * with Multiple Input or Color Channels". depthwise: one HxW kernel for each channel. */
#include "net/net.h"
#include "graph/op.h"

static oc_node add_conv(oc_graph *g, const oc_layer *l, oc_node x, int64_t groups, int64_t outputs) {
  const int64_t channels = oc_node_shape(g, x).dim[3];
  if (channels % groups || outputs % groups)
    return oc_graph_fail(g, OC_E_NET, l->kind->name, "Use a number of groups that divides both.",
                         "%lld groups do not divide %lld input and %lld output channels", (long long)groups,
                         (long long)channels, (long long)outputs);
  oc_conv2d_options options = {.dilation = {l->dilation[0], l->dilation[1]},
                               .groups = groups,
                               .padding = l->padding,
                               .pad = {l->pad, l->pad, l->pad, l->pad}};
  oc_layer_stride(g, l, x, options.stride);
  const oc_shape shape = OC_SHAPE(l->size[0], l->size[1], channels / groups, outputs);
  const oc_node w = oc_layer_variable(g, "_weights", shape, l->init);
  return oc_layer_finish(g, l, oc_conv2d(g, x, w, &options), outputs);
}

static oc_node conv_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_layer_expects_images(g, l, x) ? add_conv(g, l, x, l->groups, l->size[2]) : OC_NO_NODE;
}

static oc_node depthwise_build(oc_graph *g, const oc_layer *l, oc_node x) {
  if (!oc_layer_expects_images(g, l, x)) return OC_NO_NODE;
  const int64_t channels = oc_node_shape(g, x).dim[3];
  return add_conv(g, l, x, channels, channels);
}

#define OPTIONS                                                                                              \
  (OC_OPTION_ACT | OC_OPTION_BN | OC_OPTION_STRIDE | OC_OPTION_ABOVE | OC_OPTION_SAME | OC_OPTION_FULL |     \
   OC_OPTION_DILATION | OC_OPTION_NOBIAS | OC_OPTION_INIT)

const oc_layer_kind oc_layer_conv = {
    .name = "conv",
    .summary = "convolution with HxW kernels to C channels",
    .scope = "conv",
    .weighted = true,
    .sizes = {"HxWxC", 3, 3, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE, OC_NET_MAX_CHANNELS}},
    .options = OPTIONS | OC_OPTION_GROUPS,
    .build = conv_build};

const oc_layer_kind oc_layer_depthwise = {.name = "depthwise",
                                          .summary = "convolution with one HxW kernel per channel",
                                          .scope = "depthwise",
                                          .weighted = true,
                                          .sizes = {"HxW", 2, 2, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE}},
                                          .options = OPTIONS,
                                          .build = depthwise_build};
