/* sources.h: descriptors of the operations that only hold a value; src/ops/source.c defines them with all
 * others. */
#ifndef OC_GRAPH_SOURCES_H
#define OC_GRAPH_SOURCES_H
#include "graph/op.h"

extern const oc_op oc_op_placeholder_f32, oc_op_placeholder_f64;
extern const oc_op oc_op_variable_f32, oc_op_variable_f64;
extern const oc_op oc_op_constant_f32, oc_op_constant_f64;

/* A constant under a name of its own. */
oc_node oc_graph_add_constant(oc_graph *g, const char *name, oc_dtype dtype, oc_shape shape,
                              const void *values);
/* Notes that `slot` is a slot that an optimizer keeps for `variable`. Both are outputs of variables, of
 * one shape. */
void oc_graph_note_slot(oc_graph *g, oc_node slot, oc_node variable);

#endif
