/* matmul_sparse.c: matrix products in which one factor is mostly zeros, as the gradient behind relu and dropout is. Lists of
 * what is not zero, in order, take the place of the inner loop; so products with 0 are left out, and no others. */
#include "kernels/simd/dense/matmul.h"

#define SPARSE_PANEL_ROWS                                                                                    \
  64 /* rows of such a panel: it fits half of a first-level cache, or two thirds of a large one */
#define SAMPLES   256 /* listed together */
#define MAX_BYTES (8 * 1024 * 1024)
#define COLUMNS   32 /* of d that are transposed, listed and stored together */

/* A sparse product costs more for each product that it makes: below this share it pays. */
static const double MAX_DENSE = 0.4;

static bool is_sparse(const float *x, int64_t x_row, int64_t rows, int64_t cols) {
  int64_t zeros = 0;
  if (cols > INT32_MAX) return false;
  for (int64_t i = 0; i < rows; i++, x += x_row) {
    int32_t of_row = 0;
    for (int64_t j = 0; j < cols; j++) of_row += x[j] == 0;
    zeros += of_row;
  }
  return (double)zeros > (1 - MAX_DENSE) * (double)rows * (double)cols;
}

/* Rows of numbers that are not zero, one row behind the other: row 0 begins at `begin`, row i ends at end[i]. */
typedef struct nonzeros {
  float *value;
  int32_t *at; /* where the panel row of this number begins: its index times SPARSE_PANEL_COLUMNS */
  int32_t *end, begin;
} nonzeros;

static int64_t nonzeros_room(int64_t rows, int64_t count) {
  return rows * count + VL;
}
static size_t nonzeros_bytes(int64_t rows, int64_t count) {
  return 2 * floats_bytes(nonzeros_room(rows, count)) + floats_bytes(rows);
}
/* Each worker has lists of its own: none where they would need more than MAX_BYTES. Fewer samples than a plan is made for may
 * need less, so that much there is. */
static size_t at_most(size_t bytes) {
  return bytes < MAX_BYTES ? bytes : MAX_BYTES;
}
static nonzeros nonzeros_in(float *memory, int64_t rows, int64_t count) {
  const size_t room = floats_bytes(nonzeros_room(rows, count)) / sizeof(float);
  return (nonzeros){memory, (int32_t *)(memory + room), (int32_t *)(memory + 2 * room), 0};
}

#if defined(OC_ISA_IS_avx512)
/* Writes what is not zero of the first numbers of x, whole vectors; moves i and n past them. */
OC_INLINE void list_vectors(const float *x, int64_t count, const nonzeros *l, int64_t *at, int64_t *n) {
  __m512i offset = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                      _mm512_set1_epi32(SPARSE_PANEL_COLUMNS));
  for (; *at + VL <= count; *at += VL) {
    const __m512 v = _mm512_loadu_ps(x + *at);
    const __mmask16 mask = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    _mm512_storeu_ps(l->value + *n, _mm512_maskz_compress_ps(mask, v));
    _mm512_storeu_si512(l->at + *n, _mm512_maskz_compress_epi32(mask, offset));
    offset = _mm512_add_epi32(offset, _mm512_set1_epi32(VL * SPARSE_PANEL_COLUMNS));
    *n += __builtin_popcount(mask);
  }
}
#else
/* Of four numbers: which bits of a mask are set, and how many. */
static const int32_t places[16][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                      {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
                                      {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
                                      {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

/* The numbers of x that a mask of four names, and their indices, first of all; what is behind them does not count. */
OC_INLINE void list_four(const float *x, unsigned mask, int32_t index, float *value, int32_t *at) {
#if defined(OC_ISA_IS_avx2)
  const __m128i place = _mm_loadu_si128((const __m128i *)places[mask]);
  _mm_storeu_ps(value, _mm_permutevar_ps(_mm_loadu_ps(x), place));
  _mm_storeu_si128((__m128i *)at, _mm_mullo_epi32(_mm_add_epi32(place, _mm_set1_epi32(index)),
                                                  _mm_set1_epi32(SPARSE_PANEL_COLUMNS)));
#else
  for (int i = 0; i < 4; i++) {
    value[i] = x[places[mask][i]];
    at[i] = (index + places[mask][i]) * SPARSE_PANEL_COLUMNS;
  }
#endif
}

OC_INLINE unsigned mask_of_four(const float *x) {
#if defined(OC_ISA_IS_avx2)
  return (unsigned)_mm_movemask_ps(_mm_cmp_ps(_mm_loadu_ps(x), _mm_setzero_ps(), _CMP_NEQ_UQ));
#else
  unsigned mask = 0;
  for (unsigned i = 0; i < 4; i++) mask |= (unsigned)(x[i] != 0) << i;
  return mask;
#endif
}

OC_INLINE void list_vectors(const float *x, int64_t count, const nonzeros *l, int64_t *at, int64_t *n) {
  for (; *at + 4 <= count; *at += 4) {
    const unsigned mask = mask_of_four(x + *at);
    list_four(x + *at, mask, (int32_t)*at, l->value + *n, l->at + *n);
    *n += counts[mask];
  }
}
#endif

/* Lists what is not zero of `rows` rows of `count` numbers, in order, as rows `first` and so on of the list. */
static void list_nonzeros(const float *x, int64_t x_row, int64_t rows, int64_t count, const nonzeros *l,
                          int64_t first) {
  int64_t n = first ? l->end[first - 1] : 0;
  for (int64_t r = first; r < first + rows; r++, x += x_row) {
    int64_t i = 0;
    list_vectors(x, count, l, &i, &n);
    for (; i < count; i++) {
      l->value[n] = x[i];
      l->at[n] = (int32_t)(i * SPARSE_PANEL_COLUMNS);
      n += x[i] != 0;
    }
    l->end[r] = (int32_t)n;
  }
}

/* One row's list, the panel it multiplies, and its sums. */
typedef struct row_job {
  const float *value, *panel;
  const int32_t *at;
  int64_t n;
  float *y;
  bool add;
} row_job;

/* y (+)= the listed numbers times their rows of the panel's first `vectors`. Every sum stays in a register. */
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

/* y (+)= `rows` listed rows times a panel of `cols` columns; with each, a row of memory is fetched. */
static void run_rows(const nonzeros *l, int64_t rows, const float *panel, int64_t cols, float *y,
                     int64_t y_row, bool add, gemm_fetch *fetch) {
  row_job r = {.panel = panel, .y = y, .add = add};
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

/* Samples of x that are listed together, and slices of SPARSE_PANEL_ROWS products into which each is cut: a list for each of both. */
static int64_t listed_rows(int64_t n) {
  return oc_min_i64(SAMPLES, n);
}
static int64_t slices_of(int64_t depth) {
  return oc_ceil_div(depth, SPARSE_PANEL_ROWS);
}

static size_t product_bytes(int64_t n, int64_t depth) {
  return floats_bytes(SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS) +
         nonzeros_bytes(listed_rows(n) * slices_of(depth), SPARSE_PANEL_ROWS);
}
size_t OC_K(oc_sparse_product_bytes)(int64_t n, int64_t depth) {
  return at_most(product_bytes(n, depth));
}
bool OC_K(oc_sparse_product_suits)(const block_product *p) {
  return product_bytes(p->n, p->depth) <= MAX_BYTES && is_sparse(p->x, p->x_row, p->n, p->depth);
}

static nonzeros product_lists(const block_product *p, float *memory) {
  return nonzeros_in(memory + SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS,
                     listed_rows(p->n) * slices_of(p->depth), SPARSE_PANEL_ROWS);
}

/* Lists of `rows` samples from number i on: of the first slice, sample by sample, then of the next. */
static void list_slices(const block_product *p, int64_t i, int64_t rows, const nonzeros *l) {
  for (int64_t k = 0, first = 0; k < p->depth; k += SPARSE_PANEL_ROWS, first += rows)
    list_nonzeros(p->x + i * p->x_row + k, p->x_row, rows, oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k), l,
                  first);
}

void OC_K(oc_sparse_product_begin)(const block_product *p, float *memory) {
  const nonzeros l = product_lists(p, memory);
  memset(memory, 0, SPARSE_PANEL_ROWS * SPARSE_PANEL_COLUMNS * sizeof *memory);
  if (p->n <= SAMPLES) list_slices(p, 0, p->n, &l);
}

/* A panel of n rows of `cols` numbers; the rest of each stays as it is. */
static void pack_wide(const float *x, int64_t x_row, int64_t n, int64_t cols, float *panel) {
  for (int64_t i = 0; i < n; i++, x += x_row, panel += SPARSE_PANEL_COLUMNS) {
    if (cols < SPARSE_PANEL_COLUMNS) {
      memcpy(panel, x, (size_t)cols * sizeof *panel);
      continue;
    }
    OC_UNROLL
    for (int v = 0; v < SPARSE_PANEL_COLUMNS; v += VL) vec_store(panel + v, vec_load(x + v));
  }
}

/* `depth` products from number k on, of `cols` columns of w from number n on. */
static void wide_panel(const block_product *p, int64_t k, int64_t depth, int64_t n, int64_t cols,
                       float *panel) {
  if (p->transposed)
    transpose_value(p->w + n * p->w_row + k, p->w_row, cols, depth, panel, SPARSE_PANEL_COLUMNS);
  else
    pack_wide(p->w + k * p->w_row + n, p->w_row, depth, cols, panel);
}

/* The same columns of the next products, fetched while these run, where they lie as they are used. */
static gemm_fetch next_products(const block_product *p, int64_t k, int64_t n, int64_t cols) {
  if (p->transposed || k >= p->depth) return (gemm_fetch){0};
  return (gemm_fetch){p->w + k * p->w_row + n, oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k), p->w_row, cols};
}

/* NN and NT: SPARSE_PANEL_ROWS products at a time, x is listed, and each panel of w copied or transposed while the first-level cache holds it. */
void OC_K(oc_sparse_product)(const block_product *p, float *memory) {
  float *panel = memory;
  const nonzeros lists = product_lists(p, memory);
  for (int64_t i = 0; i < p->n; i += SAMPLES) {
    const int64_t rows = oc_min_i64(SAMPLES, p->n - i);
    nonzeros l = lists;
    if (p->n > SAMPLES) list_slices(p, i, rows, &lists);
    for (int64_t k = 0; k < p->depth; k += SPARSE_PANEL_ROWS, l.begin = l.end[rows - 1], l.end += rows) {
      const int64_t depth = oc_min_i64(SPARSE_PANEL_ROWS, p->depth - k);
      for (int64_t n = 0; n < p->cols; n += SPARSE_PANEL_COLUMNS) {
        const int64_t cols = oc_min_i64(SPARSE_PANEL_COLUMNS, p->cols - n);
        gemm_fetch next = next_products(p, k + depth, n, cols);
        wide_panel(p, k, depth, n, cols, panel);
        run_rows(&l, rows, panel, cols, p->y + i * p->y_row + n, p->y_row, k > 0, &next);
      }
    }
  }
}

/* ---- TN: the columns of one factor are listed, and panels of the other are packed -------------------------------- */

/* Lists of columns of d, and the memory in which they are transposed first. */
static void list_columns(const float *d, int64_t d_row, int64_t n, int64_t cols, float *transposed,
                         const nonzeros *l) {
  for (int64_t j = 0; j < cols; j += COLUMNS) {
    const int64_t count = oc_min_i64(COLUMNS, cols - j);
    transpose_value(d + j, d_row, n, count, transposed, n);
    list_nonzeros(transposed, n, count, n, l, j);
  }
}

/* A sparse d: a panel of x, columns of d transposed, columns of y, lists of d's columns. */
typedef struct right_memory {
  nonzeros l;
  float *panel, *transposed, *result;
} right_memory;

static size_t right_bytes(int64_t n, int64_t cols) {
  return floats_bytes(n * SPARSE_PANEL_COLUMNS) + floats_bytes(COLUMNS * n) +
         floats_bytes(COLUMNS * SPARSE_PANEL_COLUMNS) + nonzeros_bytes(cols, n);
}
size_t OC_K(oc_sparse_right_bytes)(int64_t n, int64_t cols) {
  return at_most(right_bytes(listed_rows(n), cols));
}
bool OC_K(oc_sparse_right_suits)(const weight_sum *s) {
  return s->cols >= SPARSE_PANEL_COLUMNS / 2 && s->n <= SAMPLES && right_bytes(s->n, s->cols) <= MAX_BYTES &&
         is_sparse(s->d, s->cols, s->n, s->cols);
}

static right_memory right_memory_in(float *memory, int64_t n, int64_t cols) {
  right_memory m = {.panel = memory, .transposed = memory + n * SPARSE_PANEL_COLUMNS};
  m.result = m.transposed + floats_bytes(COLUMNS * n) / sizeof(float);
  m.l = nonzeros_in(m.result + COLUMNS * SPARSE_PANEL_COLUMNS, cols, n);
  return m;
}

void OC_K(oc_sparse_right_begin)(const weight_sum *s) {
  const right_memory m = right_memory_in(s->memory, s->n, s->cols);
  memset(m.panel, 0, (size_t)(s->n * SPARSE_PANEL_COLUMNS) * sizeof *m.panel);
  list_columns(s->d, s->cols, s->n, s->cols, m.transposed, &m.l);
}

void OC_K(oc_sparse_right_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  const right_memory m = right_memory_in(s->memory, s->n, s->cols);
  nonzeros l = m.l;
  gemm_fetch none = {0};
  pack_wide(s->x + row, s->rows, s->n, rows, m.panel);
  for (int64_t j = 0; j < s->cols; j += COLUMNS, l.end += COLUMNS) {
    const int64_t count = oc_min_i64(COLUMNS, s->cols - j);
    l.begin = j ? m.l.end[j - 1] : 0;
    run_rows(&l, count, m.panel, rows, m.result, SPARSE_PANEL_COLUMNS, false, &none);
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

static size_t left_bytes(int64_t n, int64_t cols) {
  return floats_bytes(left_panels(n, cols)) + floats_bytes(COLUMNS * n) +
         nonzeros_bytes(SPARSE_PANEL_COLUMNS, n);
}
size_t OC_K(oc_sparse_left_bytes)(int64_t n, int64_t cols) {
  return at_most(left_bytes(listed_rows(n), cols));
}
bool OC_K(oc_sparse_left_suits)(const weight_sum *s) {
  return s->cols >= SPARSE_PANEL_COLUMNS / 2 && s->n <= SAMPLES && left_bytes(s->n, s->cols) <= MAX_BYTES &&
         is_sparse(s->x, s->rows, s->n, s->rows);
}

static left_memory left_memory_in(float *memory, int64_t n, int64_t cols) {
  left_memory m = {.panels = memory, .transposed = memory + left_panels(n, cols)};
  m.l = nonzeros_in(m.transposed + floats_bytes(COLUMNS * n) / sizeof(float), SPARSE_PANEL_COLUMNS, n);
  return m;
}

void OC_K(oc_sparse_left_begin)(const weight_sum *s) {
  if (s->cols % SPARSE_PANEL_COLUMNS)
    memset(s->memory, 0, (size_t)left_panels(s->n, s->cols) * sizeof *s->memory);
  for (int64_t j = 0; j < s->cols; j += SPARSE_PANEL_COLUMNS)
    pack_wide(s->d + j, s->cols, s->n, oc_min_i64(SPARSE_PANEL_COLUMNS, s->cols - j), s->memory + j * s->n);
}

void OC_K(oc_sparse_left_rows)(const weight_sum *s, int64_t row, int64_t rows, float *y, int64_t y_row) {
  const left_memory m = left_memory_in(s->memory, s->n, s->cols);
  gemm_fetch none = {0};
  list_columns(s->x + row, s->rows, s->n, rows, m.transposed, &m.l);
  for (int64_t j = 0; j < s->cols; j += SPARSE_PANEL_COLUMNS)
    run_rows(&m.l, rows, m.panels + j * s->n, oc_min_i64(SPARSE_PANEL_COLUMNS, s->cols - j), y + j, y_row,
             false, &none);
}
