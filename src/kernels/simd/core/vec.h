/* vec.h: defines a vector of floats, as wide as the instruction-set level for which a file is compiled, and
 * its functions.
 *
 * The files of this folder are compiled once for each level. They use the compilers' vector types, so that
 * the portable level is fast on any CPU with SIMD, and intrinsics only where these types are not enough. A
 * multiply-add is fused exactly where vec_fma is used (and the level, or arm64, has it): the compilers may
 * not contract others. */
#ifndef OC_SIMD_VEC_H
#define OC_SIMD_VEC_H
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(OC_ISA_IS_avx2) || defined(OC_ISA_IS_avx512)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* OC_K(name) is name_avx2 and so on. */
#define OC_PASTE_(a, b) a##_##b
#define OC_PASTE(a, b)  OC_PASTE_(a, b)
#define OC_K(name)      OC_PASTE(name, OC_ISA)
#define OC_TEXT_(a)     #a
#define OC_TEXT(a)      OC_TEXT_(a)

#define OC_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define OC_UNROLL _Pragma("clang loop unroll(full)")
#else
#define OC_UNROLL _Pragma("GCC unroll 32")
#endif

#if defined(OC_ISA_IS_avx512)
#define VL             16
#define OC_ISA_OF_FILE OC_ISA_AVX512
#elif defined(OC_ISA_IS_avx2)
#define VL             8
#define OC_ISA_OF_FILE OC_ISA_AVX2
#else
#define VL             4
#define OC_ISA_OF_FILE OC_ISA_PORTABLE
#endif

/* aligned(4): loads and stores through these types need no alignment. may_alias: over any memory. */
typedef float vf __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef uint8_t vb __attribute__((vector_size(VL), aligned(1), may_alias));

OC_INLINE vf vec_load(const float *p) {
  return *(const vf *)p;
}
OC_INLINE void vec_store(float *p, vf v) {
  *(vf *)p = v;
}
OC_INLINE vf vec_set1(float x) {
  return x - (vf){0};
}
OC_INLINE vf vec_zero(void) {
  return (vf){0};
}
OC_INLINE vi vec_set1i(int32_t x) {
  return x - (vi){0};
}

/* a*b + c */
OC_INLINE vf vec_fma(vf a, vf b, vf c) {
#if defined(OC_ISA_IS_avx512)
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(OC_ISA_IS_avx2)
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__) /* whose portable level has it, too */
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  return a * b + c;
#endif
}

/* Says that x may have changed here. Without it, gcc 12 copies each sum of a loop into another register in
 * each iteration. */
#if defined(OC_ISA_IS_avx512)
#define vec_keep(x) __asm__("" : "+v"(x))
#elif defined(__x86_64__)
#define vec_keep(x) __asm__("" : "+x"(x))
#elif defined(__aarch64__)
#define vec_keep(x) __asm__("" : "+w"(x))
#else
#define vec_keep(x) (void)(x)
#endif

OC_INLINE vf vec_sqrt(vf v) {
#if defined(OC_ISA_IS_avx512)
  return (vf)_mm512_sqrt_ps((__m512)v);
#elif defined(OC_ISA_IS_avx2)
  return (vf)_mm256_sqrt_ps((__m256)v);
#else
  vf r;
  for (int i = 0; i < VL; i++) r[i] = __builtin_sqrtf(v[i]);
  return r;
#endif
}

/* ---- conditions ----
 * A mask register for AVX-512, all bits of a lane otherwise. vec_beats: a is larger than the best so far, or
 * the first NaN; so NaN counts as largest, and the first of equal ones wins. */

#if defined(OC_ISA_IS_avx512)
typedef __mmask16 vmask;
OC_INLINE vmask vec_gt(vf a, vf b) {
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ);
}
OC_INLINE vmask vec_lt(vf a, vf b) {
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
}
OC_INLINE vmask vec_le(vf a, vf b) {
  return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LE_OQ);
}
OC_INLINE vmask vec_is_nan(vf a) {
  return _mm512_cmp_ps_mask((__m512)a, (__m512)a, _CMP_UNORD_Q);
}
OC_INLINE vmask vec_beats(vf a, vf best) {
  const __mmask16 number = _mm512_cmp_ps_mask((__m512)best, (__m512)best, _CMP_ORD_Q);
  return _mm512_mask_cmp_ps_mask(number, (__m512)a, (__m512)best, _CMP_NLE_UQ);
}
OC_INLINE vmask vec_eqi(vi a, vi b) {
  return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b);
}
OC_INLINE vf vec_select(vmask m, vf yes, vf no) {
  return (vf)_mm512_mask_blend_ps(m, (__m512)no, (__m512)yes);
}
OC_INLINE vi vec_selecti(vmask m, vi yes, vi no) {
  return (vi)_mm512_mask_blend_epi32(m, (__m512i)no, (__m512i)yes);
}
#else
typedef vi vmask;
OC_INLINE vmask vec_gt(vf a, vf b) {
  return (vmask)(a > b);
}
OC_INLINE vmask vec_lt(vf a, vf b) {
  return (vmask)(a < b);
}
OC_INLINE vmask vec_le(vf a, vf b) {
  return (vmask)(a <= b);
}
OC_INLINE vmask vec_is_nan(vf a) {
  return (vmask)(a != a);
}
OC_INLINE vmask vec_beats(vf a, vf best) {
  return (vmask)(best == best) & ~(vmask)(a <= best);
}
OC_INLINE vmask vec_eqi(vi a, vi b) {
  return (vmask)(a == b);
}
OC_INLINE vi vec_selecti(vmask m, vi yes, vi no) {
  return (m & yes) | (~m & no);
}
OC_INLINE vf vec_select(vmask m, vf yes, vf no) {
#if defined(OC_ISA_IS_avx2)
  return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)m);
#else
  return (vf)vec_selecti(m, (vi)yes, (vi)no);
#endif
}
#endif
/* a < b ? b : a, so a NaN in a goes through. */
OC_INLINE vf vec_max(vf a, vf b) {
#if defined(OC_ISA_IS_avx512)
  return (vf)_mm512_max_ps((__m512)b, (__m512)a);
#elif defined(OC_ISA_IS_avx2)
  return (vf)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return vec_select(vec_lt(a, b), b, a);
#endif
}

/* The lanes of these bits. */
OC_INLINE vmask vec_mask(uint32_t bits) {
#if defined(OC_ISA_IS_avx512)
  return (vmask)bits;
#else
  vi lane;
  for (int i = 0; i < VL; i++) lane[i] = 1 << i;
  return (lane & (int32_t)bits) != 0;
#endif
}

/* In each four lanes: a0 b0 a1 b1, and a2 b2 a3 b3. */
OC_INLINE vf vec_low(vf a, vf b) {
#if defined(OC_ISA_IS_avx512)
  return (vf)_mm512_unpacklo_ps((__m512)a, (__m512)b);
#elif defined(OC_ISA_IS_avx2)
  return (vf)_mm256_unpacklo_ps((__m256)a, (__m256)b);
#else
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}
OC_INLINE vf vec_high(vf a, vf b) {
#if defined(OC_ISA_IS_avx512)
  return (vf)_mm512_unpackhi_ps((__m512)a, (__m512)b);
#elif defined(OC_ISA_IS_avx2)
  return (vf)_mm256_unpackhi_ps((__m256)a, (__m256)b);
#else
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

/* ---- the first n lanes only (1 <= n <= VL); the memory of the others is neither read nor written ------- */

#if defined(OC_ISA_IS_avx512)
OC_INLINE vf vec_load_part(const float *p, int64_t n) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
}
OC_INLINE void vec_store_part(float *p, vf v, int64_t n) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
}
#else
OC_INLINE vf vec_load_part(const float *p, int64_t n) {
  vf v = vec_zero();
  if (n == VL) return vec_load(p);
  memcpy(&v, p, (size_t)n * sizeof *p);
  return v;
}
OC_INLINE void vec_store_part(float *p, vf v, int64_t n) {
  if (n == VL)
    vec_store(p, v);
  else
    memcpy(p, &v, (size_t)n * sizeof *p);
}
#endif

/* ---- lanes of 0..255 as bytes -------------------------------------------------------------------------- */

OC_INLINE void vec_store_bytes(uint8_t *p, vi v, int64_t n) {
  vb b;
#if defined(OC_ISA_IS_avx512)
  b = (vb)_mm512_cvtepi32_epi8((__m512i)v);
#elif defined(OC_ISA_IS_avx2)
  const __m128i low = _mm256_castsi256_si128((__m256i)v), high = _mm256_extracti128_si256((__m256i)v, 1);
  const __m128i words = _mm_packus_epi32(low, high), bytes = _mm_packus_epi16(words, words);
  memcpy(&b, &bytes, sizeof b);
#else
  for (int i = 0; i < VL; i++) b[i] = (uint8_t)v[i];
#endif
  if (n == VL)
    *(vb *)p = b;
  else
    memcpy(p, &b, (size_t)n);
}

OC_INLINE vi vec_load_bytes(const uint8_t *p, int64_t n) {
  vb b = {0};
  if (n == VL)
    b = *(const vb *)p;
  else
    memcpy(&b, p, (size_t)n);
#if defined(OC_ISA_IS_avx512)
  return (vi)_mm512_cvtepu8_epi32((__m128i)b);
#elif defined(OC_ISA_IS_avx2)
  __m128i wide = _mm_setzero_si128();
  memcpy(&wide, &b, sizeof b);
  return (vi)_mm256_cvtepu8_epi32(wide);
#else
  vi v;
  for (int i = 0; i < VL; i++) v[i] = b[i];
  return v;
#endif
}

/* Lanes of this step of a loop over `count` elements, VL at a time. */
OC_INLINE int64_t vec_lanes(int64_t left) {
  return left < VL ? left : VL;
}
OC_INLINE int64_t vec_round_up(int64_t n) {
  return (n + VL - 1) / VL * VL;
}

#endif
