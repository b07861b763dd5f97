/* matmul_sum.c: computes matmul's form TN, the weight gradient of a layer, in blocks of rows of y, each
 * final, SPARSE_PANEL_COLUMNS rows at a time: KC samples at a time, whose columns of x are copied together,
 * then one panel of d after the other. Variants, where d or x is mostly zeros: from lists
 * (matmul_sparse_sum.c). Flops: 2*n*rows*cols. Bytes: x once, d once per worker, from the cache. */
#include "base/tree.h"
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

#define LINE                                                                                                 \
  (SPARSE_PANEL_COLUMNS +                                                                                    \
   16) /* floats between copied rows of x: not a power of two, against conflicts in a cache */

/* Memory: a slice's columns of x, a panel of d, and sums of slices that wait for others. */
typedef struct dense_memory {
  float *left, *panel, *waiting;
} dense_memory;

static dense_memory dense_memory_in(float *memory, int64_t n) {
  const int64_t slice = oc_min_i64(KC, n);
  float *panel = memory + floats_bytes(slice * LINE) / sizeof *memory;
  return (dense_memory){memory, panel, panel + floats_bytes(slice * NR) / sizeof *memory};
}

/* Maximum number of waiting sums of slices. */
static int64_t waiting_slices(int64_t n) {
  int64_t most = 0;
  for (int64_t slices = oc_ceil_div(n, KC); slices > 1; slices = oc_ceil_div(slices, 2)) most++;
  return most;
}

size_t OC_K(oc_weight_bytes)(int64_t n, int64_t cols) {
  const int64_t slice = oc_min_i64(KC, n);
  return floats_bytes(slice * LINE) + floats_bytes(slice * NR) +
         floats_bytes(waiting_slices(n) * SPARSE_PANEL_COLUMNS * cols);
}

/* The sum of n samples from number k on, at most KC, which are whole leaves. */
static void sum_slice(const weight_sum *s, const dense_memory *m, int64_t k, int64_t row, oc_gemm g) {
  g.count[2] = oc_min_i64(KC, s->n - k);
  for (int64_t i = 0; i < g.count[2]; i++)
    memcpy(m->left + i * LINE, s->x + (k + i) * s->rows + row, (size_t)g.rows * sizeof *m->left);
  for (int64_t j = 0; j < s->cols; j += NR, g.c += NR) {
    g.cols = oc_min_i64(NR, s->cols - j);
    pack_panel(s->d + k * s->cols + j, s->cols, g.count[2], g.cols, m->panel);
    OC_K(oc_gemm_run)(&g);
  }
}

static void add_rows(float *to, int64_t to_row, const float *from, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; i++, to += to_row, from += cols)
    for (int64_t j = 0; j < cols; j++) to[j] += from[j];
}

void OC_K(oc_weight_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  const dense_memory m = dense_memory_in(s->memory, s->n);
  const int64_t slices = oc_ceil_div(s->n, KC), room = SPARSE_PANEL_COLUMNS * s->cols;
  oc_gemm g = {.a = m.left,
               .b = m.panel,
               .rows = rows,
               .a_row = 1,
               .count = {1, 1, 0},
               .a_step = {0, 0, LINE},
               .b_step = {0, 0, NR},
               .leaf = s->leaf};
  for (int64_t k = 0; k < slices; k++) {
    int place = oc_tree_place(k);
    g.c = place ? m.waiting + (place - 1) * room : y;
    g.c_row = place ? s->cols : y_row;
    sum_slice(s, &m, k * KC, row, g);
    for (int joins = oc_tree_joins(k, slices); joins > 0; joins--, place--)
      add_rows(place > 1 ? m.waiting + (place - 2) * room : y, place > 1 ? s->cols : y_row,
               m.waiting + (place - 1) * room, rows, s->cols);
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
  return OC_K(oc_weight_bytes)(samples, cols_of(info));
}
static size_t OC_K(matmul_sum_right_scratch)(const oc_op_info *info, int64_t samples) {
  return OC_K(oc_sparse_right_bytes)(samples, cols_of(info));
}
static size_t OC_K(matmul_sum_left_scratch)(const oc_op_info *info, int64_t samples) {
  return OC_K(oc_sparse_left_bytes)(samples, cols_of(info));
}

static weight_sum sum_of(const oc_call *c) {
  return (weight_sum){c->in[0],         c->in[1], c->samples, rows_of(c->info),
                      cols_of(c->info), c->chunk, c->scratch};
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
