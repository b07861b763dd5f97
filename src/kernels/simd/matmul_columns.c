/* matmul_columns.c: matmul for large weights, cut into blocks of weights over the whole batch, so that each
 * weight is fetched once a run. NN and NT: blocks of columns of y. TN: blocks of rows of y, or of columns if d is sparse, each final. Flops
 * 2*n*rows*cols; bytes: each operand once, and x (TN: d) once more for each part, from the cache. */
#include "kernels/simd/define.h"
#include "kernels/simd/matmul.h"

typedef struct form {
  bool sum; /* TN */
  bool transposed;
  int64_t sums, cols; /* NN and NT: of w as it is multiplied; TN: sums are the rows of y */
} form;

static form form_of(const oc_op_info *info) {
  const oc_matmul_attrs *t = info->attrs;
  return (form){t->transpose_a, t->transpose_b, info->in[0].shape.dim[1], info->out[0].shape.dim[1]};
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  bool sum;
  const char *why = matmul_refuse_form(info, &sum);
  const form f = form_of(info);
  (void)batch;
  if (!why && f.sums * f.cols * (int64_t)sizeof(float) <= SMALL_BYTES)
    why = "the matrix fits the cache as a whole";
  return why;
}

/* Rows of y in a part of TN. */
static int64_t rows_of_part(const form *f) {
  return oc_max_i64(16, oc_min_i64(WIDEST, oc_ceil_div(oc_ceil_div(f->sums, 8), 4) * 4));
}

static int64_t parts(const oc_op_info *info, int64_t batch) {
  const form f = form_of(info);
  return f.sum ? oc_ceil_div(f.sums, rows_of_part(&f)) : column_parts(f.cols, batch);
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static size_t scratch(const oc_op_info *info, int64_t samples) {
  const form f = form_of(info);
  if (!f.sum)
    return larger(block_product_bytes(columns_of_part(f.cols, column_parts(f.cols, samples))),
                  OC_K(oc_sparse_product_bytes)());
  return larger(floats_bytes(SLICE * (rows_of_part(&f) + 16)) + floats_bytes(SLICE * NR),
                OC_K(oc_sparse_sum_bytes)(samples, f.sums));
}

static void run_columns(const oc_call *c, const form *f) {
  const int64_t width = columns_of_part(f->cols, c->parts), first = c->part * width;
  const block_product p = {.x = c->in[0],
                           .w = (const float *)c->in[1] + (f->transposed ? first * f->sums : first),
                           .y = (float *)c->out[0] + first,
                           .n = c->samples,
                           .sums = f->sums,
                           .cols = oc_min_i64(width, f->cols - first),
                           .x_row = f->sums,
                           .w_row = f->transposed ? f->sums : f->cols,
                           .y_row = f->cols,
                           .transposed = f->transposed};
  if (f->transposed && OC_K(oc_is_sparse)(c->in[0], c->samples * f->sums))
    OC_K(oc_sparse_product)(&p, c->scratch);
  else
    OC_K(oc_block_product)(&p, c->scratch);
}

/* TN with a sparse d: a part is columns of y, so that no other lists its d. */
static void run_sparse_sum(const oc_call *c, const form *f) {
  const int64_t width = columns_of_part(f->cols, c->parts), first = c->part * width;
  const sparse_sum s = {.x = c->in[0],
                        .d = (const float *)c->in[1] + first,
                        .y = (float *)c->out[0] + first,
                        .n = c->samples,
                        .rows = f->sums,
                        .cols = oc_min_i64(width, f->cols - first),
                        .x_row = f->sums,
                        .d_row = f->cols,
                        .y_row = f->cols};
  if (s.cols > 0) OC_K(oc_sparse_sum)(&s, c->scratch);
}

/* SLICE samples at a time: this part's columns of x are copied together, then one panel of d after the other.
 */
static void run_sum(const oc_call *c, const form *f) {
  const int64_t height = rows_of_part(f), first = c->part * height,
                rows = oc_min_i64(height, f->sums - first);
  float *left = c->scratch, *panel = left + floats_bytes(SLICE * (height + 16)) / sizeof(float);
  const float *x = (const float *)c->in[0] + first, *d = c->in[1];
  for (int64_t k = 0; k < c->samples; k += SLICE) {
    const int64_t n = oc_min_i64(SLICE, c->samples - k);
    for (int64_t i = 0; i < n; i++)
      memcpy(left + i * (height + 16), x + (k + i) * f->sums, (size_t)rows * sizeof *left);
    for (int64_t j = 0; j < f->cols; j += NR) {
      const oc_gemm g = {.a = left,
                         .b = panel,
                         .c = (float *)c->out[0] + first * f->cols + j,
                         .rows = rows,
                         .cols = oc_min_i64(NR, f->cols - j),
                         .a_row = 1,
                         .c_row = f->cols,
                         .count = {1, 1, n},
                         .a_step = {0, 0, height + 16},
                         .b_step = {0, 0, NR},
                         .add = k > 0};
      pack_panel(d + k * f->cols + j, f->cols, n, g.cols, panel);
      OC_K(oc_gemm_run)(&g);
    }
  }
}

static void run(const oc_call *c) {
  const form f = form_of(c->info);
  if (!f.sum)
    run_columns(c, &f);
  else if (OC_K(oc_sparse_sum_fits)(c->samples) && OC_K(oc_is_sparse)(c->in[1], c->samples * f.cols))
    run_sparse_sum(c, &f);
  else
    run_sum(c, &f);
}

OC_DEFINE_KERNEL(matmul, columns, .tolerance = 1e-5, .refuse = refuse, .parts = parts, .scratch = scratch,
                 .run = run);
