/* net.h: builds a network from layers, written as one line of text.
 *
 * A layer only adds variables and operations to a graph, under a scope of its own; it never computes. Layers
 * with weights are numbered together as in the lecture (conv_1, conv_2, fc_3, fc_4), the others by kind
 * (maxpool_1 and so on). Sizes that follow from the data are inferred. The plan decides between training and
 * inference (session.h).
 *
 * Threads: all functions may be called from any thread; oc_net_build needs its graph alone. */
#ifndef OCELLUS_NET_H
#define OCELLUS_NET_H
#include "data.h"
#include "graph.h"
#include "hyperparameter.h"
#ifdef __cplusplus
extern "C" {
#endif

/* A net text: layers from the input to the classes, separated by '|' or newlines; '#' starts a comment to the
 * end of the line:
 *
 *   conv 3x3x32 same relu | maxpool 2 | residual { conv 3x3x32 same relu } | dropout 0.5 | dense CLASSES
 *
 * A block has branches, which all begin at its input, and joins them. A branch without layers is the input:
 *
 *   { conv 3x3x32 same bn relu | conv 3x3x32 same bn ; } add | { conv 1x1x8 ; meanpool 1 } concat
 *
 * oc_net_layer_usage returns, and `ocellus help net` prints, how each layer is written: ACT stands for a
 * layer that oc_net_layer_activates, INIT for a name of oc_net_init_name, LAYERS for layers as above. Blocks
 * may stand within each other, 16 deep, and a block has at most 16 branches. Or the name of a preset
 * (oc_net_preset_name). */

typedef struct oc_net_options {
  size_t struct_size; /* sizeof(oc_net_options); 0: that of version 0.1 */
  double dropout;     /* replaces the rate of every dropout layer; in [0,1); default: the rates in the text */
  bool dropout_set;   /* a dropout of 0 is meant */
  /* layers of the caller (registry.h); NULL (default): those of the graph's registry */
  struct oc_registry *registry;
} oc_net_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_net_options oc_net_defaults(void);

/* Adds the network to `g` on top of `x` (n,h,w,c) and gives its last tensor, the logits (n,classes), in *out.
 * The last layer must have exactly `classes` outputs (else OC_E_NET). An error in the text:
 * OC_E_NET; `where` is "net text, line L, column C" and the message shows that line with a caret under the
 * character. */
OC_API oc_status oc_net_build(oc_graph *g, oc_node x, const char *text, int64_t classes,
                              const oc_net_options *options, oc_node *out, oc_error *err);

/* The text of a preset, or NULL if there is none of this name. In preset texts and any other, "dense
 * CLASSES" stands for the class count. Static storage. */
OC_API const char *oc_net_preset(const char *name);
/* Name of the i-th preset, or NULL past the end. Static storage. */
OC_API const char *oc_net_preset_name(int index);
/* One line about a preset, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_net_preset_summary(const char *name);
/* An option of `ocellus train` and its value, as one types them: {"lr", "4e-3"}. */
typedef struct oc_preset_option {
  const char *name, *value;
} oc_preset_option;
/* The index-th option of the training that suits a preset's network, or NULL past the end. Static storage. */
OC_API const oc_preset_option *oc_net_preset_option_at(const char *name, int index);

/* ---- lists --------------------------------------------------------------------------------------------- */

/* Name of the i-th layer, or NULL past the end. Static storage, as of all texts here. */
OC_API const char *oc_net_layer_name(int index);
/* One line about a layer, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_net_layer_summary(const char *name);
/* Writes how a layer is written, such as "maxpool N|NxM [stride N|NxM] [same|valid]", cut to `size` bytes
 * with the closing 0; "" if there is none of this name. Returns `text`, the caller's. */
OC_API char *oc_net_layer_usage(const char *name, char *text, size_t size);
/* True if a layer is an activation, which may stand for ACT in other layers. */
OC_API bool oc_net_layer_activates(const char *name);
/* The index-th decimal number that a layer takes, in the order of the text; NULL past the end. Static
 * storage. */
OC_API const oc_hyperparameter *oc_net_layer_hyperparameter_at(const char *name, int index);
/* Name of the i-th initializer of weights, or NULL past the end; the first is the default. Static storage. */
OC_API const char *oc_net_init_name(int index);

/* ---- losses and metrics -------------------------------------------------------------------------------- */

/* Name of the i-th loss that training can minimize, or NULL past the end. The first one that takes a kind of
 * target is the default for it. Static storage, as of all texts here. */
OC_API const char *oc_loss_name(int index);
/* One line about a loss, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_loss_summary(const char *name);
/* True if there is a loss of this name, and it can be computed for targets of this kind. */
OC_API bool oc_loss_takes(const char *name, oc_target_kind kind);
/* Name of the i-th metric that training can measure, or NULL past the end. Static storage. */
OC_API const char *oc_metric_name(int index);
/* One line about a metric, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_metric_summary(const char *name);
/* True if there is a metric of this name, and it can be computed for targets of this kind. */
OC_API bool oc_metric_takes(const char *name, oc_target_kind kind);

/* ---- texts --------------------------------------------------------------------------------------------- */

/* Writes the text in its canonical form (defaults left out, one space, CLASSES and presets filled in),
 * which reads back to the same network. The caller frees *out with oc_free; on failure it is NULL.
 * OC_E_NET: an error in the text, as of oc_net_build. OC_E_ARGUMENT: a dropout out of [0,1). OC_E_MEMORY. */
OC_API oc_status oc_net_canonicalize(const char *text, int64_t classes, const oc_net_options *options,
                                     char **out, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
