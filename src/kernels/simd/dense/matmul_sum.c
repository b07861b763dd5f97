/* matmul_sum.c: matmul's form TN, the gradient of a layer's weights, in blocks of rows of y, each final, SPARSE_PANEL_COLUMNS rows at a time: KC
 * samples at a time, whose columns of x are copied together, then one panel of d after the other. Variants, where d or x is mostly
 * zeros: from lists (matmul_sparse.c). Flops 2*n*rows*cols; bytes: x once, d once a worker, from the cache. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

#define LINE                                                                                                 \
  (SPARSE_PANEL_COLUMNS +                                                                                    \
   16) /* floats between copied rows of x: no power of two, against conflicts in a cache */

size_t OC_K(oc_weight_bytes)(int64_t n) {
  const int64_t slice = oc_min_i64(KC, n);
  return floats_bytes(slice * LINE) + floats_bytes(slice * NR);
}

void OC_K(oc_weight_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  float *left = s->memory, *panel = left + floats_bytes(oc_min_i64(KC, s->n) * LINE) / sizeof(float);
  for (int64_t k = 0; k < s->n; k += KC) {
    const int64_t n = oc_min_i64(KC, s->n - k);
    for (int64_t i = 0; i < n; i++)
      memcpy(left + i * LINE, s->x + (k + i) * s->rows + row, (size_t)rows * sizeof *left);
    for (int64_t j = 0; j < s->cols; j += NR) {
      const oc_gemm g = {.a = left,
                         .b = panel,
                         .c = y + j,
                         .rows = rows,
                         .cols = oc_min_i64(NR, s->cols - j),
                         .a_row = 1,
                         .c_row = y_row,
                         .count = {1, 1, n},
                         .a_step = {0, 0, LINE},
                         .b_step = {0, 0, NR},
                         .add = k > 0};
      pack_panel(s->d + k * s->cols + j, s->cols, n, g.cols, panel);
      OC_K(oc_gemm_run)(&g);
    }
  }
}

static int64_t rows_of(const oc_op_info *info) {
  return info->in[0].shape.dim[1];
}
static int64_t cols_of(const oc_op_info *info) {
  return info->out[0].shape.dim[1];
}

static const char *OC_K(matmul_sum_refuse)(const oc_op_info *info, int64_t batch) {
  bool sum;
  const char *why = matmul_refuse_form(info, &sum);
  (void)batch;
  return !why && !sum ? "no sum over the samples" : why;
}

static int64_t OC_K(matmul_sum_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch, (void)threads;
  return oc_ceil_div(rows_of(info), weight_height(rows_of(info)));
}

static size_t OC_K(matmul_sum_scratch)(const oc_op_info *info, int64_t samples) {
  (void)info;
  return OC_K(oc_weight_bytes)(samples);
}
static size_t OC_K(matmul_sum_right_scratch)(const oc_op_info *info, int64_t samples) {
  return OC_K(oc_sparse_right_bytes)(samples, cols_of(info));
}
static size_t OC_K(matmul_sum_left_scratch)(const oc_op_info *info, int64_t samples) {
  return OC_K(oc_sparse_left_bytes)(samples, cols_of(info));
}

static weight_sum sum_of(const oc_call *c) {
  return (weight_sum){c->in[0], c->in[1], c->samples, rows_of(c->info), cols_of(c->info), c->scratch};
}

static bool OC_K(matmul_sum_right_suits)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  return OC_K(oc_sparse_right_suits)(&s);
}
static bool OC_K(matmul_sum_left_suits)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  return OC_K(oc_sparse_left_suits)(&s);
}

static void OC_K(matmul_sum_right_begin)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  OC_K(oc_sparse_right_begin)(&s);
}
static void OC_K(matmul_sum_left_begin)(const oc_call *c) {
  const weight_sum s = sum_of(c);
  OC_K(oc_sparse_left_begin)(&s);
}

/* A part, SPARSE_PANEL_COLUMNS rows at a time. */
static void run_part(const oc_call *c, weight_rows_fn make_rows) {
  const weight_sum s = sum_of(c);
  const int64_t height = weight_height(s.rows), first = c->part * height;
  const int64_t end = oc_min_i64(first + height, s.rows);
  for (int64_t row = first; row < end; row += SPARSE_PANEL_COLUMNS)
    make_rows(&s, row, oc_min_i64(SPARSE_PANEL_COLUMNS, end - row), (float *)c->out[0] + row * s.cols,
              s.cols);
}

static void OC_K(matmul_sum_run)(const oc_call *c) {
  run_part(c, OC_K(oc_weight_rows));
}
static void OC_K(matmul_sum_right_run)(const oc_call *c) {
  run_part(c, OC_K(oc_sparse_right_rows));
}
static void OC_K(matmul_sum_left_run)(const oc_call *c) {
  run_part(c, OC_K(oc_sparse_left_rows));
}

OC_DEFINE_KERNEL(matmul, columns_sum, .tolerance = 1e-5, .refuse = OC_K(matmul_sum_refuse),
                 .parts = OC_K(matmul_sum_parts), .scratch = OC_K(matmul_sum_scratch),
                 .run = OC_K(matmul_sum_run));
OC_DEFINE_VARIANT(matmul, columns_sum, right, .tolerance = 1e-5, .scratch = OC_K(matmul_sum_right_scratch),
                  .begin = OC_K(matmul_sum_right_begin), .run = OC_K(matmul_sum_right_run),
                  .when = WHEN_RIGHT, .suits = OC_K(matmul_sum_right_suits));
OC_DEFINE_VARIANT(matmul, columns_sum, left, .tolerance = 1e-5, .scratch = OC_K(matmul_sum_left_scratch),
                  .begin = OC_K(matmul_sum_left_begin), .run = OC_K(matmul_sum_left_run), .when = WHEN_LEFT,
                  .suits = OC_K(matmul_sum_left_suits));
