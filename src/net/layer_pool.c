/* layer_pool.c: maxpool, meanpool (lecture: "Subsampling"), globalmeanpool (Lin et al. 2014). */
#include "net/net.h"
#include "graph/op.h"

static oc_pool_options options_of(const oc_layer *l) {
  return (oc_pool_options){
      .size = {l->size[0], l->size[1]}, .stride = {l->stride[0], l->stride[1]}, .padding = l->padding};
}

static oc_node maxpool_build(oc_graph *g, const oc_layer *l, oc_node x) {
  const oc_pool_options options = options_of(l);
  return oc_layer_expects_images(g, l, x) ? oc_max_pool(g, x, &options) : OC_NO_NODE;
}

static oc_node meanpool_build(oc_graph *g, const oc_layer *l, oc_node x) {
  const oc_pool_options options = options_of(l);
  return oc_layer_expects_images(g, l, x) ? oc_mean_pool(g, x, &options) : OC_NO_NODE;
}

static oc_node globalmeanpool_build(oc_graph *g, const oc_layer *l, oc_node x) {
  return oc_layer_expects_images(g, l, x) ? oc_global_mean_pool(g, x) : OC_NO_NODE;
}

const oc_layer_kind oc_layer_maxpool = {.name = "maxpool",
                                        .summary =
                                            "the maximum of each window; the default stride is the size",
                                        .scope = "maxpool",
                                        .sizes = {"N or NxM", 1, 2, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE}},
                                        .square = true,
                                        .options = OC_OPTION_STRIDE | OC_OPTION_SAME,
                                        .build = maxpool_build};

const oc_layer_kind oc_layer_meanpool = {.name = "meanpool",
                                         .summary = "the mean of each window; the default stride is the size",
                                         .scope = "meanpool",
                                         .sizes = {"N or NxM", 1, 2, {OC_NET_MAX_SIDE, OC_NET_MAX_SIDE}},
                                         .square = true,
                                         .options = OC_OPTION_STRIDE | OC_OPTION_SAME,
                                         .build = meanpool_build};

const oc_layer_kind oc_layer_globalmeanpool = {.name = "globalmeanpool",
                                               .summary = "the mean of each channel (Lin et al. 2014)",
                                               .scope = "globalmeanpool",
                                               .build = globalmeanpool_build};
