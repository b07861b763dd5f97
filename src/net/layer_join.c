/* layer_join.c: { LAYERS ; LAYERS } add, and concat: branches from one input, joined. A branch without layers
 * is the input itself. */
#include "net/net.h"
#include "graph/op.h"

/* Branch `i` does not go with the first one. */
static oc_node mismatch(oc_graph *g, const oc_layer *l, const oc_branches *b, int i, const char *hint) {
  char first[128], other[128];
  const oc_shape p = oc_node_shape(g, b->output[0]), q = oc_node_shape(g, b->output[i]);
  return oc_graph_fail(g, OC_E_NET, l->kind->name, hint, "branch 1 returns shape %s, branch %d %s",
                       oc_shape_text(&p, first, sizeof first), i + 1, oc_shape_text(&q, other, sizeof other));
}

static oc_node add_join(oc_graph *g, const oc_layer *l, const oc_branches *b) {
  oc_node sum = b->output[0];
  const oc_shape first = oc_node_shape(g, sum);
  for (int i = 1; i < b->count && !oc_graph_failed(g); i++) {
    const oc_shape shape = oc_node_shape(g, b->output[i]);
    if (!oc_shape_equal(&first, &shape))
      return mismatch(g, l, b, i, "Give all branches the same rows, columns and channels.");
    sum = oc_add(g, sum, b->output[i]);
  }
  return sum;
}

static oc_node concat_join(oc_graph *g, const oc_layer *l, const oc_branches *b) {
  const oc_shape first = oc_node_shape(g, b->output[0]);
  for (int i = 1; i < b->count && !oc_graph_failed(g); i++) {
    const oc_shape shape = oc_node_shape(g, b->output[i]);
    bool fits = shape.rank == first.rank;
    for (int k = 1; fits && k < shape.rank - 1; k++) fits = shape.dim[k] == first.dim[k];
    if (!fits) return mismatch(g, l, b, i, "Give all branches the same rows and columns.");
  }
  return oc_concat(g, b->output, b->count, -1);
}

const oc_layer_kind oc_layer_add = {
    .name = "add",
    .summary = "the sum of two or more branches of the same shape; one without layers is their input, as in "
               "{ conv 3x3x16 same bn ; } add",
    .scope = "add",
    .join = add_join,
    .branches = true};

const oc_layer_kind oc_layer_concat = {
    .name = "concat",
    .summary = "the channels of two or more branches with the same rows and columns, one after the other "
               "(Szegedy et al. 2015)",
    .scope = "concat",
    .join = concat_join,
    .branches = true};
