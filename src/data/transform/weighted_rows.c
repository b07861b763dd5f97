/* weighted_rows.c: see weighted_rows.h. The portable level is the definition. AVX2 makes the same sums of
 * integers, eight in an instruction; sixteen (AVX-512) take as long, as their product has half the rate. */
#include "data/transform/weighted_rows.h"
#if OC_X86
#include <immintrin.h>
#endif

enum { LANES = 16, HALF = 1 << (OC_WEIGHT_FRACTION - 1) };

static uint8_t rounded(int32_t sum) {
  const int32_t value = sum >> OC_WEIGHT_FRACTION;
  return (uint8_t)(value > 255 ? 255 : value);
}

/* n: at most LANES. */
static inline void add_lanes(const uint8_t *from, int64_t stride, const oc_taps *t, int64_t n, uint8_t *to) {
  int32_t sum[LANES];
  for (int64_t i = 0; i < n; i++) sum[i] = HALF;
  for (int64_t k = 0; k < t->count; k++, from += stride) {
    const int32_t weight = t->weights[k];
    for (int64_t i = 0; i < n; i++) sum[i] += weight * from[i];
  }
  for (int64_t i = 0; i < n; i++) to[i] = rounded(sum[i]);
}

static void add_rows_portable(const uint8_t *from, int64_t stride, const oc_taps *t, int64_t n, uint8_t *to) {
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) add_lanes(from + i, stride, t, LANES, to + i);
  if (i < n) add_lanes(from + i, stride, t, n - i, to + i);
}

#if OC_X86
#define AVX2 __attribute__((target("avx2")))

AVX2 static inline void add_lanes_avx2(const uint8_t *from, int64_t stride, const oc_taps *t, uint8_t *to) {
  __m256i low = _mm256_set1_epi32(HALF), high = low;
  for (int64_t k = 0; k < t->count; k++, from += stride) {
    const __m256i weight = _mm256_set1_epi32(t->weights[k]);
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    low = _mm256_add_epi32(low, _mm256_mullo_epi32(weight, _mm256_cvtepu8_epi32(bytes)));
    high = _mm256_add_epi32(
        high, _mm256_mullo_epi32(weight, _mm256_cvtepu8_epi32(_mm_unpackhi_epi64(bytes, bytes))));
  }
  const __m256i words = _mm256_packs_epi32(_mm256_srai_epi32(low, OC_WEIGHT_FRACTION),
                                           _mm256_srai_epi32(high, OC_WEIGHT_FRACTION));
  const __m256i sorted = _mm256_permute4x64_epi64(words, 0xD8);
  _mm_storeu_si128((__m128i *)(void *)to,
                   _mm_packus_epi16(_mm256_castsi256_si128(sorted), _mm256_extracti128_si256(sorted, 1)));
}

/* The last lanes of a row may be computed twice. */
AVX2 static void add_rows_avx2(const uint8_t *from, int64_t stride, const oc_taps *t, int64_t n,
                               uint8_t *to) {
  if (n < LANES) {
    add_lanes(from, stride, t, n, to);
    return;
  }
  for (int64_t i = 0; i + LANES <= n; i += LANES) add_lanes_avx2(from + i, stride, t, to + i);
  if (n % LANES) add_lanes_avx2(from + n - LANES, stride, t, to + n - LANES);
}
#endif

oc_weighted_rows_fn oc_weighted_rows_for(oc_isa isa) {
#if OC_X86
  if (isa >= OC_ISA_AVX2) return add_rows_avx2;
#endif
  (void)isa;
  return add_rows_portable;
}
