/* matmul_sparse_sum.c: computes matmul's form TN, a sum over the samples, where one factor is mostly zeros:
 * its columns are listed (nonzeros.h), and panels of the other are packed. Products are added leaf by leaf
 * along the tree of base/tree.h, as in matmul_sum.c. */
#include "base/tree.h"
#include "kernels/simd/dense/nonzeros.h"

#define COLUMNS     32 /* of d that are transposed, listed and stored together */
#define TREE_PLACES 6  /* for waiting sums of LISTED_SAMPLES / 4 groups of leaves */

/* What is left of a row: its products, and where its leaves end. */
typedef struct row_walk {
  const nonzeros *l;
  const float *panel;
  const int32_t *end;
  int32_t begin;
} row_walk;

/* The products of the next leaf. */
OC_INLINE void leaf_sum(row_walk *w, const int vectors, vf sum[]) {
  const int32_t last = *w->end++;
  OC_UNROLL
  for (int v = 0; v < vectors; v++) sum[v] = vec_zero();
  for (int32_t e = w->begin; e < last; e++) {
    const vf a = vec_set1(w->l->value[e]);
    const float *b = w->panel + w->l->at[e];
    OC_UNROLL
    for (int v = 0; v < vectors; v++) sum[v] = vec_fma(a, vec_load(b + v * VL), sum[v]);
  }
  w->begin = last;
}

OC_INLINE void add_sums(vf to[], const vf sum[], const int vectors) {
  OC_UNROLL
  for (int v = 0; v < vectors; v++) to[v] += sum[v];
}

/* The sum of the next 1 to 4 leaves: their three sums fit the 32 registers of AVX-512. */
OC_INLINE void four_leaves(row_walk *w, int64_t leaves, const int vectors, vf sum[]) {
  vf right[SPARSE_PANEL_COLUMNS / VL], last[SPARSE_PANEL_COLUMNS / VL];
  leaf_sum(w, vectors, sum);
  if (leaves == 1) return;
  leaf_sum(w, vectors, right);
  add_sums(sum, right, vectors);
  if (leaves == 2) return;
  leaf_sum(w, vectors, right);
  if (leaves > 3) {
    leaf_sum(w, vectors, last);
    add_sums(right, last, vectors);
  }
  add_sums(sum, right, vectors);
}

/* Adds the leaves of a row along their tree, four at a time. Waiting sums stay in the L1 cache. */
OC_INLINE void tree_row(const nonzeros *l, int64_t row, const float *panel, float *y, const int vectors) {
  float waiting[TREE_PLACES][SPARSE_PANEL_COLUMNS];
  row_walk w = {l, panel, l->end + row * l->leaves, row ? l->end[row * l->leaves - 1] : l->begin};
  const int64_t fours = oc_ceil_div(l->leaves, 4);
  for (int64_t k = 0; k < fours; k++) {
    vf sum[SPARSE_PANEL_COLUMNS / VL];
    int place = oc_tree_place(k);
    four_leaves(&w, l->leaves - 4 * k, vectors, sum);
    for (int joins = oc_tree_joins(k, fours); joins > 0; joins--) {
      place--;
      OC_UNROLL
      for (int v = 0; v < vectors; v++) sum[v] += vec_load(waiting[place] + v * VL);
    }
    float *to = k + 1 < fours ? waiting[place] : y;
    OC_UNROLL
    for (int v = 0; v < vectors; v++) vec_store(to + v * VL, sum[v]);
  }
}

/* y = the sums of `rows` listed rows times a panel of `cols` columns. */
static void tree_rows(const nonzeros *l, int64_t rows, const float *panel, int64_t cols, float *y,
                      int64_t y_row) {
  float whole[SPARSE_PANEL_COLUMNS];
  for (int64_t i = 0; i < rows; i++, y += y_row) {
    if (cols == SPARSE_PANEL_COLUMNS) {
      tree_row(l, i, panel, y, SPARSE_PANEL_COLUMNS / VL);
      continue;
    }
    if (cols > SPARSE_PANEL_COLUMNS / 2)
      tree_row(l, i, panel, whole, SPARSE_PANEL_COLUMNS / VL);
    else if (cols > SPARSE_PANEL_COLUMNS / 4)
      tree_row(l, i, panel, whole, SPARSE_PANEL_COLUMNS / VL / 2);
    else
      tree_row(l, i, panel, whole, SPARSE_PANEL_COLUMNS / VL / 4);
    memcpy(y, whole, (size_t)cols * sizeof *y);
  }
}

/* Lists of columns of d, and the memory in which they are transposed first. */
static void list_columns(const float *d, int64_t d_row, int64_t n, int64_t cols, float *transposed,
                         const nonzeros *l) {
  for (int64_t j = 0; j < cols; j += COLUMNS) {
    const int64_t count = oc_min_i64(COLUMNS, cols - j);
    transpose_value(d + j, d_row, n, count, transposed, n);
    OC_K(oc_list_nonzeros)(transposed, n, count, n, l, j);
  }
}

/* A sparse d: a panel of x, columns of d transposed, columns of y, lists of d's columns. */
typedef struct right_memory {
  nonzeros l;
  float *panel, *transposed, *result;
} right_memory;

static size_t right_bytes(int64_t n, int64_t cols, int64_t leaf) {
  return floats_bytes(n * SPARSE_PANEL_COLUMNS) + floats_bytes(COLUMNS * n) +
         floats_bytes(COLUMNS * SPARSE_PANEL_COLUMNS) + nonzeros_bytes(cols, n, leaf);
}
size_t OC_K(oc_sparse_right_bytes)(int64_t n, int64_t cols) {
  return lists_bytes(right_bytes(listed_rows(n), cols, 1));
}
bool OC_K(oc_sparse_right_suits)(const weight_sum *s) {
  return s->cols >= SPARSE_PANEL_COLUMNS / 2 && s->n <= LISTED_SAMPLES &&
         right_bytes(s->n, s->cols, s->leaf) <= LISTS_BYTES &&
         OC_K(oc_is_sparse)(s->d, s->cols, s->n, s->cols);
}

static right_memory right_memory_in(const weight_sum *s) {
  right_memory m = {.panel = s->memory, .transposed = s->memory + s->n * SPARSE_PANEL_COLUMNS};
  m.result = m.transposed + floats_bytes(COLUMNS * s->n) / sizeof(float);
  m.l = nonzeros_in(m.result + COLUMNS * SPARSE_PANEL_COLUMNS, s->cols, s->n, s->leaf);
  return m;
}

void OC_K(oc_sparse_right_begin)(const weight_sum *s) {
  const right_memory m = right_memory_in(s);
  memset(m.panel, 0, (size_t)(s->n * SPARSE_PANEL_COLUMNS) * sizeof *m.panel);
  list_columns(s->d, s->cols, s->n, s->cols, m.transposed, &m.l);
}

void OC_K(oc_sparse_right_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  const right_memory m = right_memory_in(s);
  nonzeros l = m.l;
  pack_wide(s->x + row, s->rows, s->n, rows, m.panel);
  for (int64_t j = 0; j < s->cols; j += COLUMNS, l.end += COLUMNS * l.leaves) {
    const int64_t count = oc_min_i64(COLUMNS, s->cols - j);
    l.begin = j ? l.end[-1] : 0;
    tree_rows(&l, count, m.panel, rows, m.result, SPARSE_PANEL_COLUMNS);
    transpose_value(m.result, SPARSE_PANEL_COLUMNS, count, rows, y + j, y_row);
  }
}

/* A sparse x: all panels of d, columns of x transposed, lists of the columns of x that are at work. */
typedef struct left_memory {
  nonzeros l;
  float *panels, *transposed;
} left_memory;

static int64_t left_panels(int64_t n, int64_t cols) {
  return oc_ceil_div(cols, SPARSE_PANEL_COLUMNS) * n * SPARSE_PANEL_COLUMNS;
}

static size_t left_bytes(int64_t n, int64_t cols, int64_t leaf) {
  return floats_bytes(left_panels(n, cols)) + floats_bytes(COLUMNS * n) +
         nonzeros_bytes(SPARSE_PANEL_COLUMNS, n, leaf);
}
size_t OC_K(oc_sparse_left_bytes)(int64_t n, int64_t cols) {
  return lists_bytes(left_bytes(listed_rows(n), cols, 1));
}
bool OC_K(oc_sparse_left_suits)(const weight_sum *s) {
  return s->cols >= SPARSE_PANEL_COLUMNS / 2 && s->n <= LISTED_SAMPLES &&
         left_bytes(s->n, s->cols, s->leaf) <= LISTS_BYTES &&
         OC_K(oc_is_sparse)(s->x, s->rows, s->n, s->rows);
}

static left_memory left_memory_in(const weight_sum *s) {
  left_memory m = {.panels = s->memory, .transposed = s->memory + left_panels(s->n, s->cols)};
  m.l = nonzeros_in(m.transposed + floats_bytes(COLUMNS * s->n) / sizeof(float), SPARSE_PANEL_COLUMNS, s->n,
                    s->leaf);
  return m;
}

void OC_K(oc_sparse_left_begin)(const weight_sum *s) {
  if (s->cols % SPARSE_PANEL_COLUMNS)
    memset(s->memory, 0, (size_t)left_panels(s->n, s->cols) * sizeof *s->memory);
  for (int64_t j = 0; j < s->cols; j += SPARSE_PANEL_COLUMNS)
    pack_wide(s->d + j, s->cols, s->n, oc_min_i64(SPARSE_PANEL_COLUMNS, s->cols - j), s->memory + j * s->n);
}

void OC_K(oc_sparse_left_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  const left_memory m = left_memory_in(s);
  list_columns(s->x + row, s->rows, s->n, rows, m.transposed, &m.l);
  for (int64_t j = 0; j < s->cols; j += SPARSE_PANEL_COLUMNS)
    tree_rows(&m.l, rows, m.panels + j * s->n, oc_min_i64(SPARSE_PANEL_COLUMNS, s->cols - j), y + j, y_row);
}
