/* describe.c: describes a node in one line, as the lecture lists variables and tensors while a network is
 * built. */
#include "graph/graph.h"
#include <stdio.h>
#include <string.h>

const char *oc_node_describe(const oc_graph *g, oc_node node, char *text, size_t size) {
  if (!text || size == 0) return "";
  if (!oc_graph_has(g, node)) {
    (void)snprintf(text, size, "no node");
    return text;
  }
  if (g->nodes[oc_node_index(node)].info.n_out ==
      0) { /* a training step: it is run, and has no result to look at */
    (void)snprintf(text, size, "operation %s", oc_node_name(g, node));
    return text;
  }
  char shape[128];
  const oc_shape s = oc_node_shape(g, node);
  const bool variable = strcmp(oc_node_op(g, node), "variable") == 0;
  (void)snprintf(text, size, "%s %s:%d %s %s", variable ? "variable" : "tensor  ", oc_node_name(g, node),
                 (int)node.out, oc_shape_text(&s, shape, sizeof shape),
                 oc_dtype_name(oc_node_dtype(g, node)));
  return text;
}
