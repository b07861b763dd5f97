/* matmul_columns.c: computes matmul's forms NN and NT over the whole batch for large weights, divided into
 * blocks of columns of y, so that each weight is fetched once per run, and into the halves of a long sum.
 * matmul_few: up to MATVEC_MAX_SAMPLES samples. Variants: a prediction of few samples by a plan for more, and
 * a sparse x. Flops: 2*n*rows*cols. Bytes: each operand once, and x once more for each part, from the
 * cache. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

typedef struct product_form {
  bool transposed;
  int64_t depth, cols; /* of w as it is multiplied */
} product_form;

static product_form form_of(const oc_op_info *info) {
  const oc_matmul_attrs *t = info->attrs;
  return (product_form){t->transpose_b, info->in[0].shape.dim[1], info->out[0].shape.dim[1]};
}

static const char *refuse_large(const oc_op_info *info) {
  bool sum;
  const char *why = matmul_refuse_form(info, &sum);
  const product_form f = form_of(info);
  if (!why && sum) why = "a sum over the samples";
  if (!why && f.depth * f.cols * (int64_t)sizeof(float) <= SMALL_BYTES)
    why = "the matrix fits the cache as a whole";
  return why;
}

static bool is_few(const product_form *f, int64_t samples) {
  return samples <= MATVEC_MAX_SAMPLES && !f->transposed;
}

static const char *OC_K(matmul_columns_refuse)(const oc_op_info *info, int64_t batch) {
  const product_form f = form_of(info);
  return is_few(&f, batch) ? "up to 4 samples" : refuse_large(info);
}

static const char *OC_K(matmul_few_refuse)(const oc_op_info *info, int64_t batch) {
  if (batch > MATVEC_MAX_SAMPLES) return "more than 4 samples";
  return form_of(info).transposed ? "the matrix is transposed" : refuse_large(info);
}

static const char *OC_K(matmul_columns_few_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return form_of(info).transposed ? "the matrix is transposed" : NULL;
}

/* True if products are made in two sums, of the upper and the lower half of w's rows. Then a core can keep to
 * the rows of the previous step. It does not depend on whether w is transposed, so neither do the bits. */
static bool is_halved(const product_form *f, int64_t batch) {
  return batch > MATVEC_MAX_SAMPLES && f->depth >= KC;
}

static int64_t OC_K(matmul_columns_partials)(const oc_op_info *info, int64_t batch) {
  const product_form f = form_of(info);
  return is_halved(&f, batch) ? 2 : 1;
}

static int64_t OC_K(matmul_columns_parts)(const oc_op_info *info, int64_t batch, int threads) {
  const product_form f = form_of(info);
  const int64_t parts = column_parts(f.cols, false, threads);
  if (!is_halved(&f, batch)) return parts;
  /* Long pieces of rows of w, where nothing is packed, if the parts suffice. */
  const bool wide = !f.transposed && batch <= PREFETCH_MAX_ROWS;
  return 2 * (wide ? oc_ceil_div(parts, threads <= 2 ? 4 : 2) : parts);
}

static int64_t OC_K(matmul_few_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(form_of(info).cols, true, threads);
}

static size_t OC_K(matmul_columns_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return block_product_bytes(form_of(info).cols);
}
static size_t OC_K(matmul_few_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return few_product_bytes(form_of(info).cols);
}
static size_t OC_K(matmul_sparse_scratch)(const oc_op_info *info, int64_t samples) {
  return OC_K(oc_sparse_product_bytes)(samples, form_of(info).depth);
}

/* A part of one half. Without columns where there are fewer panels than parts. */
static block_product product_of(const oc_call *c) {
  const product_form f = form_of(c->info);
  const int64_t halves = is_halved(&f, c->plan_batch) ? 2 : 1, parts = c->parts / halves,
                half = c->part / parts;
  const int64_t depth = oc_ceil_div(f.depth, halves), k = half * depth;
  const int64_t width = columns_of_part(f.cols, parts), first = c->part % parts * width;
  return (block_product){.x = (const float *)c->in[0] + k,
                         .w = (const float *)c->in[1] +
                              (f.transposed ? first * f.depth + k : k * f.cols + first),
                         .y = (float *)c->out[0] + first,
                         .n = c->samples,
                         .depth = oc_min_i64(depth, f.depth - k),
                         .cols = oc_min_i64(width, f.cols - first),
                         .x_row = f.depth,
                         .w_row = f.transposed ? f.depth : f.cols,
                         .y_row = f.cols,
                         .transposed = f.transposed,
                         .read_reversed = c->read_reversed};
}

static bool OC_K(matmul_sparse_suits)(const oc_call *c) {
  const block_product p = product_of(c);
  return OC_K(oc_sparse_product_suits)(&p);
}

static void OC_K(matmul_sparse_begin)(const oc_call *c) {
  const block_product p = product_of(c);
  OC_K(oc_sparse_product_begin)(&p, c->scratch);
}

static void run_part(const oc_call *c, block_product_fn product) {
  const block_product p = product_of(c);
  if (p.cols > 0) product(&p, c->scratch);
}

static void OC_K(matmul_columns_run)(const oc_call *c) {
  run_part(c, OC_K(oc_block_product));
}
static void OC_K(matmul_few_run)(const oc_call *c) {
  run_part(c, OC_K(oc_few_product));
}
static void OC_K(matmul_sparse_run)(const oc_call *c) {
  run_part(c, OC_K(oc_sparse_product));
}

OC_DEFINE_KERNEL(matmul, few, .tolerance = 1e-5, .refuse = OC_K(matmul_few_refuse),
                 .parts = OC_K(matmul_few_parts), .scratch = OC_K(matmul_few_scratch),
                 .run = OC_K(matmul_few_run));
OC_DEFINE_KERNEL(matmul, columns, .tolerance = 1e-5, .refuse = OC_K(matmul_columns_refuse),
                 .parts = OC_K(matmul_columns_parts), .partials = OC_K(matmul_columns_partials),
                 .scratch = OC_K(matmul_columns_scratch), .run = OC_K(matmul_columns_run));
OC_DEFINE_VARIANT(matmul, columns, few, .tolerance = 1e-5, .refuse = OC_K(matmul_columns_few_refuse),
                  .scratch = OC_K(matmul_few_scratch), .run = OC_K(matmul_few_run), .when = WHEN_FEW,
                  .suits = OC_K(oc_few_suits));
OC_DEFINE_VARIANT(matmul, columns, sparse, .tolerance = 1e-5, .scratch = OC_K(matmul_sparse_scratch),
                  .begin = OC_K(matmul_sparse_begin), .run = OC_K(matmul_sparse_run), .when = WHEN_LEFT,
                  .suits = OC_K(matmul_sparse_suits));
