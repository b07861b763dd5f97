/* graph_text.h: reads and writes the graph of a model as a JSON text, as in model files (docs/formats.md,
 * "The graph").
 *
 * {"input": "tf_x", "outputs": ["fc_3/net_pre-activation"], "nodes": [{"op": "placeholder", "name": "tf_x",
 * ...}, ...]}
 *
 * Nodes are in the order of computation: a node reads only earlier nodes. The text is untrusted: every rule
 * is checked, in one pass, and memory is allocated in proportion to the text. */
#ifndef OC_FORMATS_GRAPH_TEXT_H
#define OC_FORMATS_GRAPH_TEXT_H
#include "graph/graph.h"
#include <jansson.h>

enum { OC_GRAPH_MAX_NODES = 16384, OC_GRAPH_MAX_COMMAS = 400000, OC_GRAPH_MAX_OUTPUTS = 64 };

/* The computation of a model: from its input to its outputs. */
typedef struct oc_graph_ends {
  oc_node input;
  const oc_node *outputs;
  int count;
} oc_graph_ends;

/* What leads to the outputs, of the operations and updates that `own` counts: for the outputs 1 in `wanted`
 * [own->count], which starts as zeros. The input is always wanted, and updates (of moving averages) whose
 * variable is. */
void oc_graph_want(const oc_graph *g, const oc_graph_mark *own, const oc_graph_ends *ends, bool *wanted);
/* That part as a text from base/memory.h. OC_E_UNSUPPORTED, naming the operation, for what no file can hold:
 * gradients, an optimizer's updates, constants that are too large or not finite. */
oc_status oc_graph_write(const oc_graph *g, const oc_graph_mark *own, const oc_graph_ends *ends, char **text,
                         oc_error *err);

/* The content of a text. */
typedef struct oc_graph_reading {
  oc_graph *g;
  oc_node input, outputs[OC_GRAPH_MAX_OUTPUTS];
  int count; /* of outputs, at least 1 */
} oc_graph_reading;
/* A new graph of float32, which the caller frees; its operations are built-in ones and
 * those of `registry` (may be NULL). OC_E_DATA at the operation, and *out is empty, if a rule is broken. */
oc_status oc_graph_read(const char *text, oc_registry *registry, oc_graph_reading *out, oc_error *err);

/* graph_attributes.c: an operation's attributes by the names in its descriptor. NULL: no memory. */
json_t *oc_attributes_json(const oc_op_info *info);
/* Reads into `attrs`, which starts as zeros: missing attributes stay 0. `axes`: of input 0. A name that the
 * operation does not have is refused. */
oc_status oc_attributes_read(const json_t *object, const oc_op *op, int axes, void *attrs, oc_error *err);
/* A shape as a list of sizes, -1 for the batch; false if it is none. */
json_t *oc_shape_json(const oc_shape *shape);
bool oc_shape_read(const json_t *list, oc_shape *out);
/* Element i of `data`, a number; whole where the type is. Reading: false if it is none of the type (not
 * float64). */
json_t *oc_element_json(oc_dtype dtype, const void *data, int64_t i);
bool oc_element_read(const json_t *value, oc_dtype dtype, void *data, int64_t i);
/* By the name that oc_dtype_name gives; false if there is none. */
bool oc_dtype_read(const json_t *value, oc_dtype *out);

#endif
