/* matmul_columns.c: matmul over the whole batch, cut into blocks of weights, so that each weight is fetched once a run. NN and NT,
 * for large weights: blocks of columns of y, of one half of a long sum at a time. TN, of any size: blocks of rows of y, each final.
 * Flops 2*n*rows*cols; bytes: each operand once, and x (TN: d) once more for each part, from the cache. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/matmul.h"

typedef struct form {
  bool sum; /* TN */
  bool transposed;
  int64_t sums, cols; /* NN and NT: of w as it is multiplied; TN: sums are the rows of y */
} form;

static form form_of(const oc_op_info *info) {
  const oc_matmul_attrs *t = info->attrs;
  return (form){t->transpose_a, t->transpose_b, info->in[0].shape.dim[1], info->out[0].shape.dim[1]};
}

static const char *OC_K(matmul_columns_refuse)(const oc_op_info *info, int64_t batch) {
  bool sum;
  const char *why = matmul_refuse_form(info, &sum);
  const form f = form_of(info);
  (void)batch;
  if (!why && !f.sum && f.sums * f.cols * (int64_t)sizeof(float) <= SMALL_BYTES)
    why = "the matrix fits the cache as a whole";
  return why;
}

static bool is_few(const form *f, int64_t samples) {
  return samples <= FEW && !f->transposed;
}

/* Are products made in two sums, of the upper and the lower half of w's rows? Then a core can keep to rows that it met in the step
 * before. Whether w is transposed makes no difference, so that it makes none for the bits. */
static bool is_halved(const form *f, int64_t batch) {
  return !f->sum && batch > FEW && f->sums >= SLICE;
}

static int64_t OC_K(matmul_columns_partials)(const oc_op_info *info, int64_t batch) {
  const form f = form_of(info);
  return is_halved(&f, batch) ? 2 : 1;
}

static int64_t OC_K(matmul_columns_parts)(const oc_op_info *info, int64_t batch, int threads) {
  const form f = form_of(info);
  if (f.sum) return oc_ceil_div(f.sums, weight_height(f.sums));
  const int64_t parts = column_parts(f.cols, is_few(&f, batch), threads);
  if (!is_halved(&f, batch)) return parts;
  /* Long pieces of rows of w, where nothing is packed, if the parts suffice. */
  const bool wide = !f.transposed && batch <= MANY;
  return 2 * (wide ? oc_ceil_div(parts, threads <= 2 ? 4 : 2) : parts);
}

static size_t OC_K(matmul_columns_scratch)(const oc_op_info *info, int64_t samples) {
  const form f = form_of(info);
  if (f.sum) return OC_K(oc_weight_bytes)(samples, f.cols);
  const size_t dense = block_product_bytes(f.cols, is_few(&f, samples));
  const size_t sparse = is_few(&f, samples) ? 0 : OC_K(oc_sparse_product_bytes)(samples, f.sums);
  return NOTE_BYTES + (sparse > dense ? sparse : dense);
}

/* What a worker knows of x from one part to the next: which half of it (0: all), and is that sparse, and then listed? */
typedef struct note {
  int64_t half;
  bool listed;
} note;

static bool is_listed(const oc_call *c, const block_product *p, int64_t half, float *memory) {
  note *known = c->scratch;
  if (p->few && !p->transposed) return false;
  if (c->scratch_reused && known->half == half) return known->listed;
  *known = (note){half, OC_K(oc_sparse_product_fits)(p->n, p->sums) &&
                            OC_K(oc_is_sparse)(p->x, p->x_row, p->n, p->sums)};
  if (known->listed) OC_K(oc_sparse_product_begin)(p, memory);
  return known->listed;
}

static void run_columns(const oc_call *c, const form *f) {
  const int64_t halves = is_halved(f, c->plan_batch) ? 2 : 1, parts = c->parts / halves,
                half = c->part / parts;
  const int64_t sums = oc_ceil_div(f->sums, halves), k = half * sums;
  const int64_t width = columns_of_part(f->cols, parts), first = c->part % parts * width;
  if (first >= f->cols) return;
  const block_product p = {.x = (const float *)c->in[0] + k,
                           .w = (const float *)c->in[1] +
                                (f->transposed ? first * f->sums + k : k * f->cols + first),
                           .y = (float *)c->out[0] + first,
                           .n = c->samples,
                           .sums = oc_min_i64(sums, f->sums - k),
                           .cols = oc_min_i64(width, f->cols - first),
                           .x_row = f->sums,
                           .w_row = f->transposed ? f->sums : f->cols,
                           .y_row = f->cols,
                           .transposed = f->transposed,
                           .few = few_samples(c),
                           .backward = c->read_reversed};
  float *memory = (float *)c->scratch + NOTE_BYTES / sizeof(float);
  if (is_listed(c, &p, half, memory))
    OC_K(oc_sparse_product)(&p, memory);
  else
    OC_K(oc_block_product)(&p, memory);
}

static void run_sum(const oc_call *c, const form *f) {
  weight_sum s = {c->in[0], c->in[1], c->samples, f->sums, f->cols, c->scratch, OC_DENSE};
  const int64_t height = weight_height(s.rows), first = c->part * height;
  const int64_t end = oc_min_i64(first + height, s.rows);
  OC_K(oc_weight_begin)(&s, c->scratch_reused);
  for (int64_t row = first; row < end; row += WIDE)
    OC_K(oc_weight_rows)(&s, row, oc_min_i64(WIDE, end - row), (float *)c->out[0] + row * s.cols, s.cols);
}

static void OC_K(matmul_columns_run)(const oc_call *c) {
  const form f = form_of(c->info);
  if (f.sum)
    run_sum(c, &f);
  else
    run_columns(c, &f);
}

OC_DEFINE_KERNEL(matmul, columns, .tolerance = 1e-5, .refuse = OC_K(matmul_columns_refuse),
                 .parts = OC_K(matmul_columns_parts), .partials = OC_K(matmul_columns_partials),
                 .scratch = OC_K(matmul_columns_scratch), .run = OC_K(matmul_columns_run));
