/* matmul_few.c: computes y = x w for up to MATVEC_MAX_SAMPLES rows of x and a w that no cache holds. Nothing
 * is copied: each value of w is used so rarely that a copy costs more than it saves. */
#include "kernels/simd/dense/matmul.h"

bool OC_K(oc_few_suits)(const oc_call *c) {
  return c->samples <= MATVEC_MAX_SAMPLES && !c->state->training;
}

/* Rows of sums, of `cols` columns, that are added to or set. */
typedef struct few_sums {
  float *sums;
  int64_t cols;
  bool add;
} few_sums;

/* `listed` listed rows of w, read in parallel from left to right, into `n` rows of sums. */
OC_INLINE void few_rows_by(const block_product *p, const int32_t *list, few_sums to, const int n,
                           const int listed) {
  vf x[MATVEC_MAX_SAMPLES][MATVEC_MAX_SAMPLES];
  const float *w[MATVEC_MAX_SAMPLES];
  for (int d = 0; d < listed; d++) {
    w[d] = p->w + list[d] * p->w_row;
    for (int i = 0; i < n; i++) x[i][d] = vec_set1(p->x[i * p->x_row + list[d]]);
  }
  for (int64_t j = 0; j < to.cols; j += VL) {
    OC_UNROLL
    for (int i = 0; i < n; i++) {
      float *at = to.sums + i * to.cols + j;
      vf sum = to.add ? vec_load(at) : vec_zero();
      OC_UNROLL
      for (int d = 0; d < listed; d++) sum = vec_fma(x[i][d], vec_load(w[d] + j), sum);
      vec_store(at, sum);
    }
  }
}

/* The rows of w, of `count` from number `first` on, that any row of x multiplies by something. */
static int64_t list_rows(const block_product *p, int64_t first, int64_t count, int32_t *list) {
  int64_t n = 0;
  for (int64_t k = first; k < first + count; k++) {
    bool any = false;
    for (int64_t i = 0; i < p->n; i++) any |= p->x[i * p->x_row + k] != 0;
    list[n] = (int32_t)k;
    n += any;
  }
  return n;
}

/* The sums over rows [begin, end) of w. Memory is read in order, and skipped where x is 0, as it often is
 * after relu. */
OC_INLINE void few_of_group(const block_product *p, int64_t begin, int64_t end, int64_t cols, float *sums,
                            const int n) {
  int32_t list[KC];
  few_sums to = {sums, cols, false};
  for (int64_t first = begin; first < end; first += KC) {
    const int64_t count = list_rows(p, first, oc_min_i64(KC, end - first), list);
    int64_t k = 0;
    for (; k + MATVEC_MAX_SAMPLES <= count; k += MATVEC_MAX_SAMPLES, to.add = true)
      few_rows_by(p, list + k, to, n, MATVEC_MAX_SAMPLES);
    for (; k < count; k++, to.add = true) few_rows_by(p, list + k, to, n, 1);
  }
  if (!to.add) memset(sums, 0, (size_t)(n * cols) * sizeof *sums);
}

/* The first `cols` columns, whole vectors: the groups in either order, then their sums in one order. */
OC_INLINE void few_whole(const block_product *p, int64_t cols, float *sums, const int n) {
  const int64_t height = oc_ceil_div(p->depth, GROUPS), room = n * cols;
  for (int g = 0; g < GROUPS; g++) {
    const int64_t group = p->read_reversed ? GROUPS - 1 - g : g, begin = oc_min_i64(group * height, p->depth);
    few_of_group(p, begin, oc_min_i64(begin + height, p->depth), cols, sums + group * room, n);
  }
  for (int i = 0; i < n; i++)
    for (int64_t j = 0; j < cols; j += VL) {
      vf sum = vec_load(sums + i * cols + j);
      OC_UNROLL
      for (int g = 1; g < GROUPS; g++) sum += vec_load(sums + g * room + i * cols + j);
      vec_store(p->y + i * p->y_row + j, sum);
    }
}

void OC_K(oc_few_product)(const block_product *p, float *panel) {
  const int64_t even = p->cols / VL * VL;
  float *sums = panel + panel_floats(KC, NR);
  oc_gemm g = {.b = panel,
               .c = p->y + even,
               .rows = p->n,
               .cols = p->cols - even,
               .a_row = p->x_row,
               .b_panel = NR,
               .c_row = p->y_row,
               .count = {1, 1, p->depth},
               .a_step = {0, 0, 1},
               .b_step = {0, 0, NR}};
  if (p->n == 1)
    few_whole(p, even, sums, 1);
  else if (p->n == 2)
    few_whole(p, even, sums, 2);
  else if (p->n == 3)
    few_whole(p, even, sums, 3);
  else
    few_whole(p, even, sums, 4);
  for (int64_t k = 0; k < p->depth && g.cols; k += KC, g.add = true) {
    g.count[2] = oc_min_i64(KC, p->depth - k);
    g.a = p->x + k;
    pack_panel(p->w + k * p->w_row + even, p->w_row, g.count[2], g.cols, panel);
    OC_K(oc_gemm_run)(&g);
  }
}
