/* sources.h: descriptors of the operations that only hold a value; src/ops/source.c defines them with all
 * others. */
#ifndef OC_GRAPH_SOURCES_H
#define OC_GRAPH_SOURCES_H
#include "graph/op.h"

extern const oc_op oc_op_placeholder_f32, oc_op_placeholder_f64;
extern const oc_op oc_op_variable_f32, oc_op_variable_f64;
extern const oc_op oc_op_constant_f32, oc_op_constant_f64;

#endif
