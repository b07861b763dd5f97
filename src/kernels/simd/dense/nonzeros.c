/* nonzeros.c: lists nonzeros. */
#include "kernels/simd/dense/nonzeros.h"

/* A sparse product costs more per product: below this fraction it pays. */
static const double MAX_DENSE = 0.4;

bool OC_K(oc_is_sparse)(const float *x, int64_t x_row, int64_t rows, int64_t cols) {
  int64_t zeros = 0;
  if (cols > INT32_MAX) return false;
  for (int64_t i = 0; i < rows; i++, x += x_row) {
    int32_t of_row = 0;
    for (int64_t j = 0; j < cols; j++) of_row += x[j] == 0;
    zeros += of_row;
  }
  return (double)zeros > (1 - MAX_DENSE) * (double)rows * (double)cols;
}

/* A row that is being listed: values read, values listed, where its next leaf ends, and where that is
 * stored. */
typedef struct listing {
  int64_t at, n, leaf_end;
  int32_t *end;
} listing;

/* Stores the ends of leaves within the next `count` values, of which `mask` marks those that are not zero,
 * and moves past them. */
OC_INLINE void note_values(listing *to, int64_t leaf, unsigned mask, int64_t count) {
  for (; to->leaf_end <= to->at + count; to->leaf_end += leaf)
    *to->end++ = (int32_t)(to->n + __builtin_popcount(mask & ((1u << (to->leaf_end - to->at)) - 1)));
  to->n += __builtin_popcount(mask);
  to->at += count;
}

#if defined(OC_ISA_IS_avx512)
/* Lists the first values of x, whole vectors. */
OC_INLINE void list_vectors(const float *x, int64_t count, const nonzeros *l, listing *to) {
  __m512i offset = _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                                      _mm512_set1_epi32(SPARSE_PANEL_COLUMNS));
  while (to->at + VL <= count) {
    const __m512 v = _mm512_loadu_ps(x + to->at);
    const __mmask16 mask = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    _mm512_storeu_ps(l->value + to->n, _mm512_maskz_compress_ps(mask, v));
    _mm512_storeu_si512(l->at + to->n, _mm512_maskz_compress_epi32(mask, offset));
    offset = _mm512_add_epi32(offset, _mm512_set1_epi32(VL * SPARSE_PANEL_COLUMNS));
    note_values(to, l->leaf, mask, VL);
  }
}
#else
/* Indices of the set bits of four bits of a mask. */
static const int32_t places[16][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0},
                                      {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
                                      {3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0},
                                      {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3}};

/* The values of x that a mask of four marks, and their indices, come first; what follows them is not used. */
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

OC_INLINE void list_vectors(const float *x, int64_t count, const nonzeros *l, listing *to) {
  while (to->at + 4 <= count) {
    const unsigned mask = mask_of_four(x + to->at);
    list_four(x + to->at, mask, (int32_t)to->at, l->value + to->n, l->at + to->n);
    note_values(to, l->leaf, mask, 4);
  }
}
#endif

void OC_K(oc_list_nonzeros)(const float *x, int64_t x_row, int64_t rows, int64_t count, const nonzeros *l,
                            int64_t first) {
  listing to = {.n = first ? l->end[first * l->leaves - 1] : 0, .end = l->end + first * l->leaves};
  for (int64_t r = 0; r < rows; r++, x += x_row) {
    to.at = 0;
    to.leaf_end = l->leaf;
    list_vectors(x, count, l, &to);
    while (to.at < count) {
      l->value[to.n] = x[to.at];
      l->at[to.n] = (int32_t)(to.at * SPARSE_PANEL_COLUMNS);
      note_values(&to, l->leaf, x[to.at] != 0, 1);
    }
    if (to.leaf_end < count + l->leaf) *to.end++ = (int32_t)to.n; /* of a last leaf that is not full */
  }
}
