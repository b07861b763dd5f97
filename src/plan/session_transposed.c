/* session_transposed.c: stores variables as transposed matrices for plans that need them so. A variable has
 * one memory, and the session stores its layout. It is transposed in place when a caller needs the other
 * layout, which costs as much as a copy: training steps need one layout, readers between them the other. */
#include "base/checked.h"
#include "plan/session.h"
#include <string.h>

#define BLOCK 16 /* rows and columns at a time: whole lines of a cache on both sides */

oc_status oc_variable_allow_transposed(oc_session *s, int variable, oc_error *err) {
  const oc_tensor_desc *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable));
  const size_t bytes = (size_t)oc_tensor_desc_row(v) * sizeof(float);
  s->may_transpose = true;
  if (v->shape.dim[0] == v->shape.dim[1] || s->transpose_buffer_bytes >= bytes || s->sketch) return OC_OK;
  void *buffer = oc_memory_alloc(bytes);
  if (!buffer) return oc_fail_memory(err, bytes);
  oc_memory_free(s->transpose_buffer);
  s->transpose_buffer = buffer;
  s->transpose_buffer_bytes = bytes;
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

static void transpose_square(float *matrix, int64_t n) {
  for (int64_t i = 0; i < n; i += BLOCK)
    for (int64_t j = i; j < n; j += BLOCK)
      for (int64_t row = i; row < oc_min_i64(i + BLOCK, n); row++)
        for (int64_t col = oc_max_i64(j, row + 1); col < oc_min_i64(j + BLOCK, n); col++) {
          float *a = matrix + row * n + col, *b = matrix + col * n + row;
          const float kept = *a;
          *a = *b;
          *b = kept;
        }
}

static void transpose_value(oc_session *s, int variable) {
  const int64_t *dim = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable))->shape.dim;
  float *value = oc_variable_data(s, variable);
  const int64_t rows = dim[s->rows[variable].transposed ? 1 : 0],
                cols = dim[s->rows[variable].transposed ? 0 : 1];
  if (rows == cols) {
    transpose_square(value, rows);
  } else {
    transpose(value, rows, cols, s->transpose_buffer);
    memcpy(value, s->transpose_buffer, (size_t)(rows * cols) * sizeof *value);
  }
  s->rows[variable].transposed = !s->rows[variable].transposed;
}

void oc_variable_set_transposed(oc_session *s, int variable, bool transposed) {
  if (!s->may_transpose) return;
  pthread_mutex_lock(&s->transpose_lock);
  if (s->rows[variable].transposed != transposed) transpose_value(s, variable);
  pthread_mutex_unlock(&s->transpose_lock);
}

void oc_variable_copy_rows(const oc_session *s, int variable, void *to, size_t bytes) {
  pthread_mutex_t *lock = &((oc_session *)(uintptr_t)s)->transpose_lock;
  const int64_t *dim = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable))->shape.dim;
  pthread_mutex_lock(lock);
  if (s->rows[variable].transposed)
    transpose(oc_variable_data(s, variable), dim[1], dim[0], to);
  else
    memcpy(to, oc_variable_data(s, variable), bytes);
  pthread_mutex_unlock(lock);
}
