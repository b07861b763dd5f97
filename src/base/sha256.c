/* sha256.c: computes SHA-256 as FIPS 180-4 defines it, in plain C and with the SHA instructions of x86. */
#include "base/sha256.h"
#include <stdbool.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#define OC_SHA_INSTRUCTIONS 1
#define ASK_CPU_FROM        32 /* blocks: on a virtual machine asking takes as long as some hundred of them */
#else
#define OC_SHA_INSTRUCTIONS 0
#endif

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static uint32_t load_big(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* One round. Instead of moving eight values along, the next round names them in another order. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                     \
  do {                                                                                                       \
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +          \
                        round_constants[i] + w[i];                                                           \
    d += t1;                                                                                                 \
    h = t1 + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));                 \
  } while (0)

static void schedule(const unsigned char *block, uint32_t w[64]) {
  for (int i = 0; i < 16; i++) w[i] = load_big(block + 4 * i);
  for (int i = 16; i < 64; i++) {
    const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

static void add_block(uint32_t s[8], const unsigned char *block) {
  uint32_t w[64];
  schedule(block, w);
  uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (int i = 0; i < 64; i += 8) {
    ROUND(a, b, c, d, e, f, g, h, i);
    ROUND(h, a, b, c, d, e, f, g, i + 1);
    ROUND(g, h, a, b, c, d, e, f, i + 2);
    ROUND(f, g, h, a, b, c, d, e, i + 3);
    ROUND(e, f, g, h, a, b, c, d, i + 4);
    ROUND(d, e, f, g, h, a, b, c, i + 5);
    ROUND(c, d, e, f, g, h, a, b, i + 6);
    ROUND(b, c, d, e, f, g, h, a, i + 7);
  }
  const uint32_t sum[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; i++) s[i] += sum[i];
}

#if OC_SHA_INSTRUCTIONS
static bool has_sha(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)) && __builtin_cpu_supports("sse4.1");
}

/* The same with the SHA extensions, which keep the state as (a b e f) and (c d g h) and do two rounds
 * each. */
__attribute__((target("sha,sse4.1"))) static void add_blocks_sha(uint32_t s[8], const unsigned char *p,
                                                                 size_t count) {
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i x = _mm_set_epi32((int)s[0], (int)s[1], (int)s[4], (int)s[5]);
  __m128i y = _mm_set_epi32((int)s[2], (int)s[3], (int)s[6], (int)s[7]);
  for (; count > 0; count--, p += 64) {
    const __m128i abef = x, cdgh = y;
    __m128i w[16];
    for (int i = 0; i < 16; i++) {
      if (i < 4) {
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p + i), swap);
      } else {
        const __m128i back7 = _mm_alignr_epi8(w[i - 1], w[i - 2], 4);
        w[i] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[i - 4], w[i - 3]), back7), w[i - 1]);
      }
      const __m128i k = _mm_loadu_si128((const __m128i *)(const void *)(round_constants + 4 * i));
      const __m128i wk = _mm_add_epi32(w[i], k);
      y = _mm_sha256rnds2_epu32(y, x, wk);
      x = _mm_sha256rnds2_epu32(x, y, _mm_shuffle_epi32(wk, 0x0E));
    }
    x = _mm_add_epi32(x, abef);
    y = _mm_add_epi32(y, cdgh);
  }
  uint32_t v[8];
  _mm_storeu_si128((__m128i *)(void *)v, x);
  _mm_storeu_si128((__m128i *)(void *)(v + 4), y);
  const uint32_t next[8] = {v[3], v[2], v[7], v[6], v[1], v[0], v[5], v[4]};
  memcpy(s, next, sizeof next);
}
#endif

static void add_blocks(oc_sha256 *s, const unsigned char *p, size_t count) {
#if OC_SHA_INSTRUCTIONS
  if (s->instructions == 0 && count >= ASK_CPU_FROM) s->instructions = has_sha() ? 1 : -1;
  if (s->instructions > 0 && count > 1) {
    add_blocks_sha(s->state, p, count);
    return;
  }
#endif
  for (; count > 0; count--, p += 64) add_block(s->state, p);
}

void oc_sha256_init(oc_sha256 *s) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  *s = (oc_sha256){0};
  memcpy(s->state, start, sizeof start);
}

void oc_sha256_add(oc_sha256 *s, const void *bytes, size_t size) {
  const unsigned char *p = bytes;
  const size_t kept = s->bytes % 64;
  if (size == 0) return; /* `bytes` may be NULL then */
  s->bytes += size;
  if (kept) {
    const size_t take = size < 64 - kept ? size : 64 - kept;
    memcpy(s->block + kept, p, take);
    p += take;
    size -= take;
    if (kept + take < 64) return;
    add_blocks(s, s->block, 1);
  }
  add_blocks(s, p, size / 64);
  if (size % 64) memcpy(s->block, p + size / 64 * 64, size % 64);
}

/* Pads the content and adds its length: the state is the sum then. */
static void finish(oc_sha256 *s) {
  static const unsigned char padding[64] = {0x80};
  unsigned char length[8];
  for (int i = 0; i < 8; i++) length[i] = (unsigned char)(s->bytes * 8 >> (56 - 8 * i));
  oc_sha256_add(s, padding, 1 + (119 - s->bytes % 64) % 64);
  oc_sha256_add(s, length, sizeof length);
}

void oc_sha256_hex(oc_sha256 *s, char out[65]) {
  static const char digits[] = "0123456789abcdef";
  finish(s);
  for (int i = 0; i < 64; i++) out[i] = digits[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
  out[64] = 0;
}

void oc_sha256_of(const void *bytes, size_t size, uint8_t out[32]) {
  oc_sha256 s;
  oc_sha256_init(&s);
  oc_sha256_add(&s, bytes, size);
  finish(&s);
  for (int i = 0; i < 32; i++) out[i] = (uint8_t)(s.state[i / 4] >> (24 - 8 * (i % 4)));
}
