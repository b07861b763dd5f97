/* matmul_sparse.c: computes matmul's forms NN and NT for an x that is mostly zeros: its lists (nonzeros.h)
 * replace the inner loop. */
#include "kernels/simd/dense/nonzeros.h"

#define SPARSE_PANEL_ROWS 64 /* rows of such a panel: it fits half of L1, or two thirds of a large one */

/* One row's list, the panel it multiplies, and its sums. */
typedef struct row_job {
  const float *value, *panel;
  const int32_t *at;
  int64_t n;
  float *y;
  bool add;
} row_job;

/* y (+)= the listed numbers times their rows of the panel's first `vectors`. Every sum stays in a
 * register. */
OC_INLINE void run_row(const row_job *r, const int vectors) {
  vf sum[SPARSE_PANEL_COLUMNS / VL];
  OC_UNROLL
  for (int v = 0; v < vectors; v++) sum[v] = vec_zero();
  if (r->add) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = vec_load(r->y + v * VL);
  }
  for (int64_t e = 0; e < r->n; e++) {
    const vf a = vec_set1(r->value[e]);
    const float *b = r->panel + r->at[e];
    OC_UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = vec_fma(a, vec_load(b + v * VL), sum[v]);
  }
  OC_UNROLL
  for (int v = 0; v < vectors; v++) vec_store(r->y + v * VL, sum[v]);
}

/* A panel that is not full: through memory for whole vectors. */
static void run_edge(row_job r, int64_t cols) {
  float whole[SPARSE_PANEL_COLUMNS] = {0}, *y = r.y;
  if (r.add) memcpy(whole, y, (size_t)cols * sizeof *y);
  r.y = whole;
  if (cols > SPARSE_PANEL_COLUMNS / 2)
    run_row(&r, SPARSE_PANEL_COLUMNS / VL);
  else if (cols > SPARSE_PANEL_COLUMNS / 4)
    run_row(&r, SPARSE_PANEL_COLUMNS / VL / 2);
  else
    run_row(&r, SPARSE_PANEL_COLUMNS / VL / 4);
  memcpy(y, whole, (size_t)cols * sizeof *y);
}

/* y (+)= `rows` listed rows times the panel of `cols` columns, into rows y_row apart from r.y on. Fetches a
 * row of memory with each. */
static void run_rows(row_job r, const nonzeros *l, int64_t rows, int64_t cols, int64_t y_row,
                     gemm_fetch *fetch) {
  for (int64_t i = 0, first = l->begin; i < rows; first = l->end[i++], r.y += y_row) {
    r.value = l->value + first;
    r.at = l->at + first;
    r.n = l->end[i] - first;
#if GEMM_FETCHES
    gemm_fetch_row(fetch);
#else
    (void)fetch;
#endif
    if (cols == SPARSE_PANEL_COLUMNS)
      run_row(&r, SPARSE_PANEL_COLUMNS / VL);
    else
      run_edge(r, cols);
  }
}

/* Slices of SPARSE_PANEL_ROWS products into which each sample is cut, with a list for each of both. */
static int64_t slices_of(int64_t depth) {
  return oc_ceil_div(depth, SPARSE_PANEL_ROWS);
}

static size_t product_bytes(int64_t n, int64_t depth) {
  return floats_bytes(SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS) +
         nonzeros_bytes(listed_rows(n) * slices_of(depth), SPARSE_PANEL_ROWS, SPARSE_PANEL_ROWS);
}
size_t OC_K(oc_sparse_product_bytes)(int64_t n, int64_t depth) {
  return lists_bytes(product_bytes(n, depth));
}
bool OC_K(oc_sparse_product_suits)(const block_product *p) {
  return product_bytes(p->n, p->depth) <= LISTS_BYTES && OC_K(oc_is_sparse)(p->x, p->x_row, p->n, p->depth);
}

static nonzeros product_lists(const block_product *p, float *memory) {
  return nonzeros_in(memory + SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS,
                     listed_rows(p->n) * slices_of(p->depth), SPARSE_PANEL_ROWS, SPARSE_PANEL_ROWS);
}

/* Lists of `rows` samples from number i on: of the first slice, sample by sample, then of the next. */
static void list_slices(const block_product *p, int64_t i, int64_t rows, const nonzeros *l) {
  for (int64_t k = 0, first = 0; k < p->depth; k += SPARSE_PANEL_ROWS, first += rows) {
    const int64_t depth = oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k);
    OC_K(oc_list_nonzeros)(p->x + i * p->x_row + k, p->x_row, rows, depth, l, first);
  }
}

void OC_K(oc_sparse_product_begin)(const block_product *p, float *memory) {
  const nonzeros l = product_lists(p, memory);
  memset(memory, 0, SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS * sizeof *memory);
  if (p->n <= LISTED_SAMPLES) list_slices(p, 0, p->n, &l);
}

/* `depth` products from number k on, of `cols` columns of w from number n on. */
static void wide_panel(const block_product *p, int64_t k, int64_t depth, int64_t n, int64_t cols,
                       float *panel) {
  if (p->transposed)
    transpose_value(p->w + n * p->w_row + k, p->w_row, cols, depth, panel, SPARSE_PANEL_COLUMNS);
  else
    pack_wide(p->w + k * p->w_row + n, p->w_row, depth, cols, panel);
}

/* The same columns of the next products, prefetched while these run, if they are used in place. */
static gemm_fetch next_products(const block_product *p, int64_t k, int64_t n, int64_t cols) {
  if (p->transposed || k >= p->depth) return (gemm_fetch){0};
  return (gemm_fetch){p->w + k * p->w_row + n, oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k), p->w_row, cols};
}

/* NN and NT: SPARSE_PANEL_ROWS products at a time, x is listed, and each panel of w copied or transposed
 * while L1 holds it. */
void OC_K(oc_sparse_product)(const block_product *p, float *memory) {
  float *panel = memory;
  const nonzeros lists = product_lists(p, memory);
  for (int64_t i = 0; i < p->n; i += LISTED_SAMPLES) {
    const int64_t rows = oc_min_i64(LISTED_SAMPLES, p->n - i);
    nonzeros l = lists;
    if (p->n > LISTED_SAMPLES) list_slices(p, i, rows, &lists);
    for (int64_t k = 0; k < p->depth; k += SPARSE_PANEL_ROWS, l.begin = l.end[rows - 1], l.end += rows) {
      const int64_t depth = oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k);
      for (int64_t n = 0; n < p->cols; n += SPARSE_PANEL_COLUMNS) {
        const int64_t cols = oc_min_i64(SPARSE_PANEL_COLUMNS, p->cols - n);
        gemm_fetch next = next_products(p, k + depth, n, cols);
        wide_panel(p, k, depth, n, cols, panel);
        const row_job r = {.panel = panel, .y = p->y + i * p->y_row + n, .add = k > 0};
        run_rows(r, &l, rows, cols, p->y_row, &next);
      }
    }
  }
}
