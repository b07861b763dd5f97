/* network.h: describes a network without a model: its layers, its graph and its plan. No memory is allocated
 * for weights or values, so a network may have any size.
 *
 *   oc_network n = {.net = "conv 3x3x32 relu same", .input = {28, 28, 1}, .any_output = true};
 *   oc_network_layers(&n, &layers, &count, &err);
 *
 * Threads: all functions may be called from any thread. */
#ifndef OCELLUS_NETWORK_H
#define OCELLUS_NETWORK_H
#include "model.h"
#include "registry.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_network {
  const char *net;                   /* net text or name of a preset (net.h); NULL: "lecture" */
  oc_image_shape input;              /* each at least 1 */
  int classes;                       /* number of classes for CLASSES; 2 or more, 0: 10 */
  bool any_output;                   /* the last layer may have any output, instead of one value per class */
  const oc_session_options *session; /* for the plan: threads, instruction-set level; NULL: the defaults */
} oc_network;

/* The layers in order; *out is freed with oc_free. OC_E_NET: the text is wrong, or does not fit the input.
 * OC_E_ARGUMENT: sizes below 1. OC_E_MEMORY. */
OC_API oc_status oc_network_layers(const oc_network *n, oc_layer_summary **out, int *count, oc_error *err);
/* The graph that a model of it has: the layers, each under its scope, and around them tf_x, tf_y,
 * probabilities, labels, tf_y_onehot, cross_entropy_loss, correct_preds, accuracy. The network must end in
 * one value per class. The caller frees *out with oc_graph_free. Errors as above. */
OC_API oc_status oc_network_graph(const oc_network *n, oc_graph **out, oc_error *err);
/* What one more image in a batch costs: the prediction and its loss in *forward, the gradients of all weights
 * in *backward. Flops count a multiply-add as two. Bytes are read and written by the operations as the graph
 * has them; a plan that fuses some needs fewer. The network must end in one value per class. Errors as
 * above. */
OC_API oc_status oc_network_cost(const oc_network *n, oc_cost *forward, oc_cost *backward, oc_error *err);
/* The plan for training (with the default optimizer) or for prediction with `batch` images (0: 64), as text,
 * line by line. The network must end in one value per class. Errors as above; OC_E_ARGUMENT also if a tensor
 * of the batch would be larger than memory can be. */
OC_API oc_status oc_network_plan(const oc_network *n, bool training, int64_t batch, oc_line_fn line,
                                 void *context, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
