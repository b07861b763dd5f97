/* c_emit.h: what the files of emitters share. */
#ifndef OC_EXPORT_C_EMIT_H
#define OC_EXPORT_C_EMIT_H
#include "export/c/c_network.h"
#include "ops/ops.h"

/* The field of this name of an operation's attributes; NULL: there is none. */
const void *oc_c_attribute(const oc_op_info *info, const char *name);
/* Zeroed memory of the network's own; NULL: none is left. */
float *oc_c_floats(oc_c_network *n, int64_t count);
/* OC_E_UNSUPPORTED: the step, `why` not, and what to do. */
oc_status oc_c_refuse(const oc_c_step *s, const char *why, oc_error *err);
/* Memory for weights and biases; OC_E_MEMORY. */
oc_status oc_c_reserve(oc_c_network *n, oc_c_step *s, int64_t weights, int64_t biases, oc_error *err);

/* " TO = the activation of VALUE;" and the end of the line; VALUE itself if the step has none. */
void oc_c_put_result(oc_c_text *t, const oc_c_step *s, const char *to, const char *value);

/* Neighboring results that a loop computes at a time: few enough for registers. */
enum { OC_C_LANES = 16 };
/* The size of the pieces of `count` results: at most OC_C_LANES. With `whole` a divisor of count, else the
 * last piece may begin earlier. */
int64_t oc_c_piece(int64_t count, bool whole);

/* c_loops.c. The heads of loops over the axes of a shape, a0, a1 and so on, the last one innermost; the
 * caller writes their statement. The batch is one image, and axes of size 1 have no loop. */
void oc_c_put_loops(oc_c_text *t, const oc_shape *s);
/* How far apart neighbors along each axis are; 0 along axes of size 1. */
void oc_c_steps(const oc_shape *s, int64_t steps[OC_MAX_RANK]);
enum { OC_C_PLACE = 256 };
/* The index in another value within such loops, by its steps along their axes. Returns `text`. */
const char *oc_c_place_of(const oc_shape *s, const int64_t *steps, char text[OC_C_PLACE]);

#endif
