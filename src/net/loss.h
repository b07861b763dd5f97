/* loss.h (internal): adds losses and metrics of an output to a graph, as operations, like layers.
 *
 * A loss is a descriptor oc_loss_NAME at the end of a src/net/loss_NAME.c and a row in losses.def; a metric
 * is one oc_metric_NAME at the end of a src/net/metric_NAME.c and a row in metrics.def. */
#ifndef OC_NET_LOSS_H
#define OC_NET_LOSS_H
#include "base/error.h"
#include "ocellus/data.h"
#include "ocellus/net.h"

/* The inputs of both. */
typedef struct oc_loss_inputs {
  oc_node output; /* float32 (n, size): the output of the network, logits for classes */
  oc_node answer; /* its value for this kind: softmax of a class, sigmoid of classes, a vector as it is */
  oc_node label;  /* int32 (n): the most probable class; of a class alone, else OC_NO_NODE */
  oc_node target; /* int32 (n) of a class, else float32 (n, size) */
  int64_t size;
} oc_loss_inputs;

/* For `kinds`. */
#define OC_KIND(kind) (1u << (kind))

typedef struct oc_loss {
  const char *name;
  const char *summary; /* one line, without a period */
  unsigned kinds;      /* of targets that it can be computed for: OC_KIND(..) of each */
  const char *metric;  /* the default metric for it */
  /* A scalar, the mean over the samples of the batch, under a name in the current scope. */
  oc_node (*build)(oc_graph *g, const oc_loss_inputs *in);
  /* The same for a class whose target is float32 (n, size): a weight for each class, such as a probability.
   * NULL: it takes labels only. */
  oc_node (*build_soft)(oc_graph *g, const oc_loss_inputs *in);
} oc_loss;

/* Also a mean over samples: the mean of a dataset is the mean of its batches, each with its number of
 * samples. */
typedef struct oc_metric {
  const char *name, *summary;
  unsigned kinds;
  oc_node (*build)(oc_graph *g, const oc_loss_inputs *in);
} oc_metric;

#define OC_ROW(name) extern const oc_loss oc_loss_##name;
#include "net/losses.def"
#undef OC_ROW
#define OC_ROW(name) extern const oc_metric oc_metric_##name;
#include "net/metrics.def"
#undef OC_ROW

/* The index-th row, NULL past the end. */
const oc_loss *oc_loss_at(int index);
const oc_metric *oc_metric_at(int index);
/* By name; NULL: the first one of the list for `kind`. OC_E_ARGUMENT with the names that there are for the
 * kind, if there is none of this name or it is not for targets of this kind. */
oc_status oc_loss_find(const char *name, oc_target_kind kind, const oc_loss **out, oc_error *err);
oc_status oc_metric_find(const char *name, oc_target_kind kind, const oc_metric **out, oc_error *err);
/* "a class", "classes", "a vector". */
const char *oc_target_kind_words(oc_target_kind kind);

#endif
