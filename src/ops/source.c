/* source.c: operations that only hold a value: placeholder (fed by the caller), variable (kept by the
 * session) and constant (kept by the graph). The graph makes their nodes and sets their outputs; they are
 * never run. */
#include "graph/graph.h"
#include "ops/ops.h"

OC_DEFINE_OP(placeholder, .tf_name = "Placeholder", .is_source = true);
OC_DEFINE_OP(variable, .tf_name = "VariableV2", .is_source = true);
OC_DEFINE_OP(constant, .tf_name = "Const", .attr_size = sizeof(oc_constant_attrs), .is_source = true);
