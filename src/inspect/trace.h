/* trace.h (internal): the parts of a trace.
 *
 *   trace_address.c  NAME[i,j,k]
 *   trace_terms.c    what one element of one operation is made of
 *   trace_field.c    which pixels can reach it
 *   trace_gradient.c a weight's gradient as a sum over positions
 *   trace.c          the walk, and the engine's own values */
#ifndef OC_INSPECT_TRACE_H
#define OC_INSPECT_TRACE_H
#include "base/memory.h"
#include "graph/graph.h"
#include "ocellus/trace.h"

/* An operation's element with what its terms are made of. */
typedef struct oc_trace_work {
  const oc_op_info *info;
  const float *x, *w; /* input 0 (of one image), input 1; w may be NULL */
  oc_arena *arena;
  oc_trace_step *step;       /* index is set */
  int64_t next[OC_MAX_RANK]; /* where to continue in input 0 */
} oc_trace_work;

/* Splits the address; checks the index against the node's shape. `variable`: of a variable, or else of a
 * tensor that follows from an image. */
oc_status oc_trace_address(const oc_graph *g, const char *address, bool variable, oc_node *node,
                           int64_t *index, oc_error *err);
/* Adds product = value * weight to the step, whose terms have room. */
oc_trace_term *oc_trace_add(oc_trace_step *s, double value, double weight);
/* Returns whether this operation can be traced, and whether the walk continues through its input 0. */
bool oc_trace_known(const oc_op_info *info, bool *goes_on);
/* Fills terms, computed, scale and next. False: no memory. */
bool oc_trace_terms(oc_trace_work *t);
/* Rows and columns of the image `x` that the element can depend on. OC_E_MEMORY. */
oc_status oc_trace_field(const oc_graph *g, oc_node node, const int64_t *index, oc_node x, oc_trace *t,
                         oc_error *err);

#endif
