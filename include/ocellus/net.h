/* net.h: layers, and a network as one line of text.
 *
 * A layer only adds variables and operations to a graph, under a scope of its own; it never computes. Layers with
 * weights are numbered together as in the lecture (conv_1, conv_2, fc_3, fc_4), the others by kind (maxpool_1, ..).
 * Sizes that follow from the data are inferred. `training`-only behavior is the plan's business (session.h). */
#ifndef OCELLUS_NET_H
#define OCELLUS_NET_H
#include "graph.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Grammar of a net text, layers separated by '|' or newlines, '#' starts a comment to the end of the line:
 *
 *   conv HxWxC [ACT] [stride N|NxM] [same|valid|full|pad N] [dilation N|NxM] [groups N] [nobias] [INIT]
 *   depthwise HxW [ACT] [stride ..] [same|valid|..] [dilation ..] [nobias] [INIT]
 *   maxpool N|NxM [stride N|NxM] [same|valid]      meanpool likewise
 *   globalmeanpool
 *   dense N [ACT] [nobias] [INIT]                  flattens by itself
 *   flatten
 *   dropout RATE                                   share of elements dropped, in [0,1)
 *   batchnorm [EPSILON [MOMENTUM]]                 1e-3 and 0.99 by default
 *   relu | leakyrelu [SLOPE] | sigmoid | tanh | gelu | softplus
 *   residual { LAYERS } [project]                  x + F(x); project: a 1x1 conv with batchnorm on x where shapes differ
 *   ACT: relu leakyrelu sigmoid tanh gelu softplus      INIT: glorot_uniform (default) glorot_normal he_uniform
 *                                                              he_normal zeros
 *
 * Or the name of a preset: lecture (the lecture's network), lenet5, tiny (under 10,000 parameters). */

typedef struct oc_net_options {
  double dropout;   /* replaces the rate of every dropout layer; in [0,1); default: as the text says */
  bool dropout_set; /* a dropout of 0 is meant */
} oc_net_options;
OC_API oc_net_options oc_net_defaults(void);

/* Adds the network to `g` on top of `x` (n,h,w,c) and gives its last tensor, the logits (n,classes), in *out. The last
 * layer must have exactly `classes` outputs (the message says so otherwise).
 * A mistake in the text: OC_E_NET; `where` is "net text, line L, column C" and the message shows that line with a
 * caret under the character. */
OC_API oc_status oc_net_build(oc_graph *g, oc_node x, const char *text, int64_t classes,
                              const oc_net_options *options, oc_node *out, oc_error *err);

/* The text of a preset, or NULL. In preset texts and any other, "dense CLASSES" stands for the class count. */
OC_API const char *oc_net_preset(const char *name);
/* Name of the i-th preset, or NULL past the end. */
OC_API const char *oc_net_preset_name(int index);

/* The text in its canonical form (defaults left out, one space, CLASSES and presets filled in), which reads back to the
 * same network. The caller frees *out with oc_free. */
OC_API oc_status oc_net_canonicalize(const char *text, int64_t classes, const oc_net_options *options,
                                     char **out, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
