/* matmul_block.c: computes y = x w for a block of columns of a w that no cache holds. A slice of w is packed
 * into panels that L1 or L2 holds, and rows of x are multiplied by one panel after the other. Up to
 * PREFETCH_MAX_ROWS rows, one panel at a time is copied while it is first used. Each sum adds its products
 * one after the other, so that no way to pack changes a bit. */
#include "kernels/simd/dense/matmul.h"

#define PREFETCH_ROWS 8 /* rows of w to prefetch */
/* Up to PREFETCH_MAX_ROWS rows of x: slices are short, and each is fetched while the product with the one
 * before it runs. */
#define SHORT_SLICE 128
#define COPIED_KC   256 /* a panel of it fits L1 */
#define RUN         32  /* products of a tile between two rows of the next slice that are fetched */
#define FETCHED     128 /* floats at a time of panels that are ready */

/* One panel out of the rows of a transposed w: `cols` <= NR rows of it, `rows` numbers of each. */
static void transpose_panel(const float *w, int64_t w_row, int64_t rows, int64_t cols, float *panel) {
  transpose_value(w, w_row, cols, rows, panel, NR);
  for (int64_t k = 0; k < rows && cols < NR; k++)
    for (int64_t j = cols; j < NR; j++) panel[k * NR + j] = 0;
}

/* Whole panels row by row, as memory lies: a row of a large w may be a page from the next. */
static void pack_rows(const float *w, int64_t w_row, int64_t rows, int64_t whole, float *panels) {
  const int64_t all = rows * NR;
  for (int64_t k = 0; k < rows; k++, w += w_row, panels += NR) {
    const float *next = w + oc_min_i64(PREFETCH_ROWS, rows - 1 - k) * w_row;
    for (int64_t q = 0; q < whole; q++) {
      for (int v = 0; v < NR; v += VL) {
        __builtin_prefetch(next + q * NR + v);
        vec_store(panels + q * all + v, vec_load(w + q * NR + v));
      }
    }
  }
}

static void pack_slice(const block_product *p, int64_t first, int64_t rows, float *panels) {
  const float *w = p->w + (p->transposed ? first : first * p->w_row);
  const int64_t step = p->transposed ? p->w_row : 1, even = p->cols / NR * NR;
  if (!p->transposed) pack_rows(w, p->w_row, rows, p->cols / NR, panels);
  for (int64_t n = p->transposed ? 0 : even; n < p->cols; n += NR) {
    const int64_t cols = oc_min_i64(NR, p->cols - n);
    if (p->transposed)
      transpose_panel(w + n * step, p->w_row, rows, cols, panels + n * rows);
    else
      pack_panel(w + n * step, p->w_row, rows, cols, panels + n * rows);
  }
}

/* Rows of w, as memory lies, from number `first` of the sum on. */
static gemm_fetch fetch_of(const block_product *p, int64_t first, int64_t rows) {
  if (rows <= 0) return (gemm_fetch){0};
  if (p->transposed) return (gemm_fetch){p->w + first, p->cols, p->w_row, rows};
  return (gemm_fetch){p->w + first * p->w_row, rows, p->w_row, p->cols};
}

/* All rows of x by a slice of w, from number k of the sum on, that lies in panels. */
static oc_gemm slice_product(const block_product *p, int64_t k, int64_t depth, const float *panels) {
  const int64_t run = GEMM_FETCHES && depth % RUN == 0 ? RUN : depth;
  return (oc_gemm){.a = p->x + k,
                   .b = panels,
                   .c = p->y,
                   .rows = p->n,
                   .cols = p->cols,
                   .a_row = p->x_row,
                   .b_panel = depth * NR,
                   .c_row = p->y_row,
                   .count = {1, depth / run, run},
                   .a_step = {0, run, 1},
                   .b_step = {0, run * NR, NR},
                   .add = k > 0};
}

/* Whole panels of w are read in place: the first tile of rows copies each for the others. */
static void copied_product(const block_product *p, float *panel) {
  const int64_t even = p->cols / NR * NR;
  for (int64_t k = 0; k < p->depth; k += COPIED_KC) {
    const int64_t depth = oc_min_i64(COPIED_KC, p->depth - k), next = k + depth;
    gemm_fetch fetch = fetch_of(p, next, oc_min_i64(COPIED_KC, p->depth - next));
    oc_gemm g = slice_product(p, k, depth, p->w + k * p->w_row), edge = slice_product(p, k, depth, panel);
    g.cols = even;
    g.b_panel = NR;
    g.b_step[1] = g.count[2] * p->w_row;
    g.b_step[2] = p->w_row;
    g.copy = panel;
    g.fetch = &fetch;
    OC_K(oc_gemm_run)(&g);
    edge.c += even;
    edge.cols -= even;
    if (edge.cols) pack_panel(p->w + k * p->w_row + even, p->w_row, depth, edge.cols, panel);
    OC_K(oc_gemm_run)(&edge);
  }
}

static void packed_product(const block_product *p, float *panels) {
  const int64_t slice = GEMM_FETCHES && p->n <= PREFETCH_MAX_ROWS ? SHORT_SLICE : LONG_KC;
  for (int64_t k = 0; k < p->depth; k += slice) {
    const int64_t depth = oc_min_i64(slice, p->depth - k), next = k + depth;
    gemm_fetch fetch = fetch_of(p, next, oc_min_i64(slice, p->depth - next));
    oc_gemm g = slice_product(p, k, depth, panels);
    g.fetch = &fetch;
    pack_slice(p, k, depth, panels);
    for (int64_t i = 0; i < p->n; i += ROWS_AT_ONCE) {
      g.rows = oc_min_i64(ROWS_AT_ONCE, p->n - i);
      OC_K(oc_gemm_run)(&g);
      g.a += ROWS_AT_ONCE * p->x_row;
      g.c += ROWS_AT_ONCE * p->y_row;
    }
  }
}

/* Panels that are ready: a slice of a panel at a time, in the order in which they lie, and the next is
 * fetched. */
void OC_K(oc_panels_product)(const block_product *p, float *none) {
  (void)none;
  const float *panels = p->panels, *end = panels + panel_floats(p->depth, p->cols);
  for (int64_t n = 0; n < p->cols; n += NR)
    for (int64_t k = 0, depth; k < p->depth; k += depth, panels += depth * NR) {
      depth = oc_min_i64(COPIED_KC, p->depth - k);
      const float *next = panels + depth * NR;
      gemm_fetch fetch = {next, oc_min_i64(depth * NR, end - next) / FETCHED, FETCHED, FETCHED};
      oc_gemm g = slice_product(p, k, depth, panels);
      g.c += n;
      g.cols = oc_min_i64(NR, p->cols - n);
      g.fetch = &fetch;
      OC_K(oc_gemm_run)(&g);
    }
}

void OC_K(oc_block_product)(const block_product *p, float *panels) {
  if (p->transposed || p->n > PREFETCH_MAX_ROWS)
    packed_product(p, panels);
  else
    copied_product(p, panels);
}

/* A panel of a single vector, for no more columns than that. */
static void pack_narrow(const float *w, int64_t depth, int64_t cols, bool transposed, float *panel) {
  for (int64_t k = 0; k < depth; k++, panel += VL) {
    if (!transposed) {
      vec_store(panel, vec_load_part(w + k * cols, cols));
      continue;
    }
    for (int64_t j = 0; j < VL; j++) panel[j] = j < cols ? w[j * depth + k] : 0;
  }
}

void OC_K(oc_pack_weights)(const float *w, int64_t depth, int64_t cols, bool transposed, float *panels) {
  if (cols <= VL) {
    pack_narrow(w, depth, cols, transposed, panels);
    return;
  }
  for (int64_t n = 0; n < cols; n += NR, panels += depth * NR) {
    if (transposed)
      transpose_panel(w + n * depth, depth, depth, oc_min_i64(NR, cols - n), panels);
    else
      pack_panel(w + n, cols, depth, oc_min_i64(NR, cols - n), panels);
  }
}

void OC_K(oc_packed_product)(const float *x, const float *panels, int64_t n, int64_t depth, int64_t cols,
                             float *y) {
  const oc_gemm g = {.a = x,
                     .b = panels,
                     .c = y,
                     .rows = n,
                     .cols = cols,
                     .a_row = depth,
                     .b_panel = depth * NR,
                     .c_row = cols,
                     .count = {1, 1, depth},
                     .a_step = {0, 0, 1},
                     .b_step = {0, 0, packed_width(cols)}};
  OC_K(oc_gemm_run)(&g);
}
