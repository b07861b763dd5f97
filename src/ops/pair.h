/* pair.h: operations on two tensors element by element, with broadcasting as in NumPy: shapes are laid over
 * each other from the last axis on, and two sizes must be equal or one of them 1; an axis of size 1, or one
 * that is not there, is repeated. The batch goes only with the batch and with 1. */
#ifndef OC_OPS_PAIR_H
#define OC_OPS_PAIR_H
#include "ops/elementwise.h"
#include "ops/ops.h"

/* Sets output 0 to what inputs 0 and 1 give together; there are `count` inputs, all of type `dtype`, and
 * those after the two have that shape already. */
oc_status oc_infer_pair(oc_op_info *info, int count, oc_dtype dtype, oc_error *err);
/* `d`, a gradient of the output's shape, summed over the axes along which input i was repeated. */
oc_node oc_pair_gradient(oc_graph *g, int32_t node, int i, oc_node d);
oc_cost oc_pair_cost(const oc_op_info *info, int64_t batch);
int64_t oc_pair_parts(const oc_op_info *info);

/* A stretch of the output, and where its elements come from: neighbors in each input, or one element for
 * all. */
typedef struct oc_pair_run {
  int64_t y, a, b, count;
  bool a_moves, b_moves;
} oc_pair_run;

/* The output's axes, innermost first, with those that behave alike as one; how far apart neighbors are in
 * each input. */
typedef struct oc_pair_walk {
  int rank;
  int64_t size[OC_MAX_RANK], a[OC_MAX_RANK], b[OC_MAX_RANK];
  int64_t at, end;
} oc_pair_walk;
oc_pair_walk oc_pair_walk_of(const oc_call *c);
/* The next stretch; false past the last. */
bool oc_pair_next(oc_pair_walk *w, oc_pair_run *r);

/* The reference implementation of an operation that makes `expression` of each p (of input 0) and q (of input
 * 1). */
#define OC_DEFINE_PAIR_RUN(name, expression)                                                                 \
  static void name(const oc_call *c) {                                                                       \
    oc_pair_walk w = oc_pair_walk_of(c);                                                                     \
    oc_pair_run r;                                                                                           \
    while (oc_pair_next(&w, &r)) {                                                                           \
      const real *a = (const real *)c->in[0] + r.a, *b = (const real *)c->in[1] + r.b;                       \
      real *y = (real *)c->out[0] + r.y;                                                                     \
      if (r.a_moves && r.b_moves) {                                                                          \
        for (int64_t i = 0; i < r.count; i++) {                                                              \
          const real p = a[i], q = b[i];                                                                     \
          y[i] = (expression);                                                                               \
        }                                                                                                    \
      } else if (r.a_moves) {                                                                                \
        const real q = b[0];                                                                                 \
        for (int64_t i = 0; i < r.count; i++) {                                                              \
          const real p = a[i];                                                                               \
          y[i] = (expression);                                                                               \
        }                                                                                                    \
      } else {                                                                                               \
        const real p = a[0];                                                                                 \
        for (int64_t i = 0; i < r.count; i++) {                                                              \
          const real q = b[i];                                                                               \
          y[i] = (expression);                                                                               \
        }                                                                                                    \
      }                                                                                                      \
    }                                                                                                        \
  }

#endif
