/* matmul_sparse.c: matrix products in which one factor is mostly zeros, as the gradient behind relu and dropout is. Lists of
 * what is not zero, in order, take the place of the inner loop; so products with 0 are left out, and no others. */
#include "kernels/simd/matmul.h"

#define GROUP   4  /* panels whose sums stay in registers together */
#define NEAR    64 /* rows of panels whose GROUP the first-level cache holds */
#define COLUMNS 32 /* columns of d that are turned, listed and stored together */

/* A sparse product costs more for each product that it makes: below this share it pays. */
static const double MOST_DENSE = 0.4;

bool OC_K(oc_is_sparse)(const float *x, int64_t count) {
  int32_t zeros = 0;
  if (count > INT32_MAX) return false;
  for (int64_t i = 0; i < count; i++) zeros += x[i] == 0;
  return zeros > (1 - MOST_DENSE) * (double)count;
}

#if !defined(OC_ISA_IS_avx512)
/* Of four numbers: which bits of a mask are set, and how many. */
static const int32_t places[16][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                      {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
                                      {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
                                      {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};
static const uint8_t counts[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};

/* Writes the indices of a mask's four numbers, whole; returns how many count. */
OC_INLINE int64_t list_four(unsigned mask, int32_t first, int32_t *list) {
  for (int i = 0; i < 4; i++) list[i] = first + places[mask][i];
  return counts[mask];
}
#endif

/* Indices of what is not zero among `count` numbers, in order, with room for VL more; returns how many. */
static int64_t list_nonzeros(const float *x, int64_t count, int32_t *list) {
  int64_t n = 0, i = 0;
#if defined(OC_ISA_IS_avx512)
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (; i + VL <= count; i += VL) {
    const __mmask16 mask = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + i), _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const __m512i at = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)i));
    _mm512_storeu_si512(list + n, _mm512_maskz_compress_epi32(mask, at));
    n += __builtin_popcount(mask);
  }
#elif defined(OC_ISA_IS_avx2)
  for (; i + VL <= count; i += VL) {
    const unsigned mask =
        (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(x + i), _mm256_setzero_ps(), _CMP_NEQ_UQ));
    n += list_four(mask & 15, (int32_t)i, list + n);
    n += list_four(mask >> 4, (int32_t)i + 4, list + n);
  }
#else
  for (; i + 4 <= count; i += 4) {
    unsigned mask = 0;
    for (unsigned l = 0; l < 4; l++) mask |= (unsigned)(x[i + l] != 0) << l;
    n += list_four(mask, (int32_t)i, list + n);
  }
#endif
  for (; i < count; i++) {
    list[n] = (int32_t)i;
    n += x[i] != 0;
  }
  return n;
}

/* y (+)= the listed numbers of x times the rows of `count` panels, `step` floats apart. */
OC_INLINE void sparse_row(const float *x, const int32_t *list, int64_t n, const float *panels, int64_t step,
                          const int count, vf sum[][2]) {
  for (int64_t e = 0; e < n; e++) {
    const vf a = vec_set1(x[list[e]]);
    const float *b = panels + (int64_t)list[e] * NR;
    OC_UNROLL
    for (int q = 0; q < count; q++) {
      sum[q][0] = vec_fma(a, vec_load(b + q * step), sum[q][0]);
      sum[q][1] = vec_fma(a, vec_load(b + q * step + VL), sum[q][1]);
    }
  }
}

typedef struct row_job {
  const float *x, *panels;
  const int32_t *list;
  int64_t n; /* of the list */
  float *y;
  int64_t cols; /* of y that these panels fill */
  bool add;
} row_job;

OC_INLINE void run_row(const row_job *r, const int count) {
  vf sum[GROUP][2];
  for (int q = 0; q < count; q++)
    for (int v = 0; v < 2; v++) {
      const int64_t at = q * NR + v * VL;
      sum[q][v] = r->add && at < r->cols ? vec_load_part(r->y + at, vec_lanes(r->cols - at)) : vec_zero();
    }
  sparse_row(r->x, r->list, r->n, r->panels, SLICE * NR, count, sum);
  for (int q = 0; q < count; q++)
    for (int v = 0; v < 2; v++) {
      const int64_t at = q * NR + v * VL;
      if (at < r->cols) vec_store_part(r->y + at, sum[q][v], vec_lanes(r->cols - at));
    }
}

/* One row times panels that hold `cols` columns. */
static void run_panels(row_job r, int64_t cols) {
  for (int64_t c = 0; c < cols; c += GROUP * NR, r.panels += GROUP * NR * SLICE, r.y += GROUP * NR) {
    r.cols = oc_min_i64(GROUP * NR, cols - c);
    switch (gemm_panels(r.cols)) {
    case 1:
      run_row(&r, 1);
      break;
    case 2:
      run_row(&r, 2);
      break;
    case 3:
      run_row(&r, 3);
      break;
    default:
      run_row(&r, 4);
      break;
    }
  }
}

void OC_K(oc_sparse_slice)(const block_product *p, int64_t first, int64_t sums, const float *panels) {
  int32_t list[NEAR + VL];
  for (int64_t k = 0; k < sums; k += NEAR)
    for (int64_t i = 0; i < p->n; i++) {
      row_job r = {.x = p->x + i * p->x_row + first + k, .panels = panels + k * NR, .list = list};
      r.y = p->y + i * p->y_row;
      r.add = first + k > 0;
      r.n = list_nonzeros(r.x, oc_min_i64(NEAR, sums - k), list);
      run_panels(r, p->cols);
    }
}

size_t OC_K(oc_sparse_sum_bytes)(int64_t rows) {
  return floats_bytes(panel_floats(SLICE, rows)) + floats_bytes(COLUMNS * SLICE) +
         floats_bytes(COLUMNS * rows);
}

/* y[rows, cols] = x[n, rows]' d[n, cols], n <= SLICE: for each column of d, turned, the listed rows of x, which are packed
 * in panels; COLUMNS at a time are turned back. */
void OC_K(oc_sparse_sum)(const sparse_sum *s, float *memory) {
  float *panels = memory, *turned = panels + floats_bytes(panel_floats(SLICE, s->rows)) / sizeof(float);
  float *result = turned + floats_bytes(COLUMNS * SLICE) / sizeof(float);
  int32_t list[SLICE + VL];
  for (int64_t r = 0; r < s->rows; r += NR)
    pack_panel(s->x + r, s->x_row, s->n, oc_min_i64(NR, s->rows - r), panels + r * SLICE);
  for (int64_t j = 0; j < s->cols; j += COLUMNS) {
    const int64_t cols = oc_min_i64(COLUMNS, s->cols - j);
    turn(s->d + j, s->d_row, s->n, cols, turned, s->n);
    for (int64_t c = 0; c < cols; c++) {
      row_job r = {.x = turned + c * s->n, .panels = panels, .list = list, .y = result + c * s->rows};
      r.n = list_nonzeros(r.x, s->n, list);
      run_panels(r, s->rows);
    }
    turn(result, s->rows, cols, s->rows, s->y + j, s->y_row);
  }
}
