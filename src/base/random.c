/* random.c: generates random numbers by Philox 4x32-10, from Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3" (2011): ten rounds of multiply, exchange halves, and xor with a key that moves
 * on by a Weyl sequence. The seed is mixed by the finisher of splitmix64 (Steele, Lea and Flood 2014), so
 * that near seeds give unrelated keys. */
#include "base/random.h"
#include <math.h>

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

static uint64_t mix(uint64_t z) {
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

oc_random_key oc_random_key_of(uint64_t seed, uint64_t stream) {
  const uint64_t k = mix(mix(seed) + stream);
  return (oc_random_key){{(uint32_t)k, (uint32_t)(k >> 32)}};
}

void oc_random_block(oc_random_key key, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t out[4]) {
  uint32_t k0 = key.k[0], k1 = key.k[1];
  for (int round = 0; round < 10; round++) {
    const uint64_t p0 = (uint64_t)PHILOX_M0 * a, p1 = (uint64_t)PHILOX_M1 * c;
    a = (uint32_t)(p1 >> 32) ^ b ^ k0;
    c = (uint32_t)(p0 >> 32) ^ d ^ k1;
    b = (uint32_t)p1;
    d = (uint32_t)p0;
    k0 += PHILOX_W0;
    k1 += PHILOX_W1;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

oc_random oc_random_at(uint64_t seed, uint64_t stream, uint64_t epoch, uint64_t sample) {
  return (oc_random){.key = oc_random_key_of(seed, stream),
                     .sample_low = (uint32_t)sample,
                     .sample_high = (uint32_t)(sample >> 32),
                     .epoch = (uint32_t)epoch};
}

uint32_t oc_random_u32(oc_random *r) {
  const uint32_t lane = r->next % 4;
  if (lane == 0) oc_random_block(r->key, r->next / 4, r->sample_low, r->sample_high, r->epoch, r->block);
  r->next++;
  return r->block[lane];
}

static uint64_t random_u64(oc_random *r) {
  const uint64_t high = oc_random_u32(r);
  return high << 32 | oc_random_u32(r);
}

double oc_random_unit(oc_random *r) {
  return (double)(random_u64(r) >> 11) * 0x1p-53;
}

double oc_random_range(oc_random *r, double low, double high) {
  const double x = low + (high - low) * oc_random_unit(r);
  return x < high ? x : low; /* the sum may round up to high, which is outside */
}

double oc_random_normal(oc_random *r) {
  const double radius = sqrt(-2.0 * log(1.0 - oc_random_unit(r))); /* 1 - [0,1) is never 0 */
  return radius * cos(2.0 * 3.14159265358979323846 * oc_random_unit(r));
}

uint64_t oc_random_below(oc_random *r, uint64_t n) {
  const uint64_t uneven = (0 - n) % n; /* 2^64 mod n: so many numbers would be favored */
  uint64_t x = random_u64(r);
  while (x < uneven) x = random_u64(r);
  return x % n;
}
