/* session_transposed.c: variables that a plan works with as transposed matrices. The session keeps two copies, and which of
 * them has the value: one is made from the other when it is asked for and stale, which costs as much as copying it. So training steps work with
 * the one, and whoever looks at the variable between them sees the other. */
#include "base/checked.h"
#include "plan/session.h"

#define BLOCK 16 /* rows and columns at a time: whole lines of a cache on both sides */

oc_status oc_transposed_make(oc_session *s, int variable, oc_error *err) {
  oc_transposed *t = &s->transposed[variable];
  if (t->memory) return OC_OK;
  const oc_value *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable));
  const size_t bytes = (size_t)oc_value_row(v) * sizeof(float);
  t->memory = oc_memory_alloc(bytes);
  if (!t->memory) return oc_fail_memory(err, bytes);
  t->stale = true;
  s->transposed_count++;
  return OC_OK;
}

/* to[j][i] = from[i][j] */
static void transpose(const float *from, int64_t rows, int64_t cols, float *to) {
  for (int64_t i = 0; i < rows; i += BLOCK)
    for (int64_t j = 0; j < cols; j += BLOCK)
      for (int64_t row = i; row < oc_min_i64(i + BLOCK, rows); row++)
        for (int64_t col = j; col < oc_min_i64(j + BLOCK, cols); col++)
          to[col * rows + row] = from[row * cols + col];
}

void oc_transposed_bring(oc_session *s, int variable, bool transposed) {
  oc_transposed *t = &s->transposed[variable];
  if (!t->memory || !(transposed ? t->stale : t->plain_stale)) return;
  const int64_t *dim = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable))->shape.dim;
  if (transposed)
    transpose(s->values[variable], dim[0], dim[1], t->memory);
  else
    transpose(t->memory, dim[1], dim[0], s->values[variable]);
  t->stale = t->plain_stale = false;
}

void oc_transposed_change(oc_session *s, int variable, bool transposed) {
  oc_transposed *t = &s->transposed[variable];
  if (!t->memory) return;
  t->stale = !transposed;
  t->plain_stale = transposed;
}
