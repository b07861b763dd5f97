/* matrix.c: makes and releases a matrix. */
#include "numeric/matrix.h"
#include "base/error.h"
#include "base/memory.h"
#include <math.h>

static oc_status fail_size(const char *what, int64_t size, oc_error *err) {
  return oc_fail(err, OC_E_ARGUMENT, "matrix", "Use smaller sizes.",
                 "%s %lld is out of range: a matrix has 1 to %lld values in 1 to 4 axes", what,
                 (long long)size, (long long)OC_MATRIX_MAX_ELEMENTS);
}

oc_status oc_matrix_create(int rank, const int64_t *sizes, oc_matrix *out, oc_error *err) {
  NEED(sizes, out);
  static const char *const names[4] = {"size 0", "size 1", "size 2", "size 3"};
  int64_t size[4] = {1, 1, 1, 1}, count = 1;
  *out = (oc_matrix){0};
  if (rank < 1 || rank > 4) return fail_size("rank", rank, err);
  for (int i = 0; i < rank; i++) {
    if (sizes[i] < 1 || sizes[i] > OC_MATRIX_MAX_ELEMENTS / count) return fail_size(names[i], sizes[i], err);
    size[rank == 1 ? 1 : i] = sizes[i];
    count *= sizes[i];
  }
  double *data = oc_memory_array((size_t)count, sizeof *data);
  if (!data) return oc_fail_memory(err, (size_t)count * sizeof *data);
  *out = (oc_matrix){rank, size[0], size[1], size[2], size[3], data};
  return OC_OK;
}

int64_t oc_matrix_count(const oc_matrix *m) {
  if (!m) return 0;
  return m->rows * m->columns * m->channels * m->outputs;
}

void oc_matrix_release(oc_matrix *m) {
  if (!m) return;
  oc_memory_free(m->data);
  *m = (oc_matrix){0};
}

int64_t oc_count_nan(const double *values, int64_t count) {
  if (!values) return 0;
  int64_t found = 0;
  for (int64_t i = 0; i < count; i++) found += isnan(values[i]) != 0;
  return found;
}
