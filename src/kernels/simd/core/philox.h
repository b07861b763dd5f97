/* philox.h: computes the mask of dropout by Philox 4x32-10 (base/random.c), one block per lane of a vector.
 * The words are those of oc_random_block, bit for bit. */
#ifndef OC_SIMD_PHILOX_H
#define OC_SIMD_PHILOX_H
#include "base/random.h"
#include "kernels/simd/core/transpose.h"
#include <math.h>

typedef uint32_t vu __attribute__((vector_size(4 * VL), aligned(4), may_alias));

/* The high and low halves of each lane's product with m. */
OC_INLINE vu philox_multiply(vu a, uint32_t m, vu *low) {
#if defined(OC_ISA_IS_avx512)
  const __m512i by = _mm512_set1_epi32((int)m), even = _mm512_mul_epu32((__m512i)a, by);
  const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64((__m512i)a, 32), by);
  *low = (vu)_mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA);
  return (vu)_mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
#elif defined(OC_ISA_IS_avx2)
  *low = a * m;
  const __m256i by = _mm256_set1_epi32((int)m), even = _mm256_mul_epu32((__m256i)a, by);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64((__m256i)a, 32), by);
  return (vu)_mm256_blend_epi32(odd, _mm256_srli_epi64(even, 32), 0x55);
#else
  *low = a * m;
  vu high;
  for (int i = 0; i < VL; i++) high[i] = (uint32_t)((uint64_t)a[i] * m >> 32);
  return high;
#endif
}

/* Words of the blocks first .. first+VL-1 in order: 4*VL numbers. */
OC_INLINE void philox_words(oc_random_key key, uint32_t first, uint64_t sample, uint64_t epoch,
                            uint32_t *words) {
  vu a, b = (uint32_t)sample - (vu){0}, c = (uint32_t)(sample >> 32) - (vu){0}, d = (uint32_t)epoch - (vu){0};
  for (int i = 0; i < VL; i++) a[i] = first + (uint32_t)i;
  for (uint32_t round = 0; round < 10; round++) {
    vu low0, low1;
    const vu high0 = philox_multiply(a, 0xD2511F53u, &low0), high1 = philox_multiply(c, 0xCD9E8D57u, &low1);
    a = high1 ^ b ^ (key.k[0] + round * 0x9E3779B9u);
    c = high0 ^ d ^ (key.k[1] + round * 0xBB67AE85u);
    b = low1;
    d = low0;
  }
  const vu all[4] = {a, b, c, d};
  for (int i = 0; i < VL; i += 4) vec_transpose_4x4((const float *)all + i, VL, (float *)words + 4 * i, 4);
}

/* A word is kept if it is at most *last: the rule word < keep * 2^32 in integers. False: none is kept. */
static inline bool philox_last(float keep, uint32_t *last) {
  const double limit = (double)keep * 4294967296.0;
  if (!(limit > 0)) return false;
  const uint64_t whole = limit < 4294967296.0 ? (uint64_t)limit : UINT32_MAX;
  *last = (uint32_t)((double)whole < limit ? whole : whole - 1);
  return true;
}

/* Elements of one sample, beginning with number `first`, a multiple of 4. */
typedef struct philox_row {
  oc_random_key key;
  uint64_t sample, epoch;
  int64_t first, count;
} philox_row;

/* Division takes longer than all the rest, and by a power of two it is a product: 1 / keep, or 0 if it is
 * none. */
static inline float philox_scale(float keep) {
  int exponent;
  return frexpf(keep, &exponent) == 0.5f && exponent > -100 ? 1 / keep : 0;
}

OC_INLINE void philox_keep(const uint32_t *words, uint32_t last, float keep, int64_t n, float *y) {
  const float scale = philox_scale(keep);
  if (scale > 0) {
    for (int64_t i = 0; i < n; i++) y[i] = words[i] <= last ? y[i] * scale : 0;
  } else {
    for (int64_t i = 0; i < n; i++) y[i] = words[i] <= last ? y[i] / keep : 0;
  }
}

/* y[e] = is element e kept ? y[e] / keep : 0 */
static inline void philox_drop(const philox_row *r, float keep, float *y) {
  uint32_t words[4 * VL], last;
  if (!philox_last(keep, &last)) {
    memset(y, 0, (size_t)r->count * sizeof *y);
    return;
  }
  for (int64_t e = 0; e < r->count; e += 4 * VL) {
    const int64_t n = r->count - e < 4 * VL ? r->count - e : 4 * VL;
    philox_words(r->key, (uint32_t)((r->first + e) / 4), r->sample, r->epoch, words);
    philox_keep(words, last, keep, n, y + e);
  }
}

#endif
