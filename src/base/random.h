/* random.h: generates counter-based random numbers: Philox 4x32-10 (Salmon et al. 2011). A number is a
 * function of where it is used, so any position is available without computing the ones before, on any
 * thread. */
#ifndef OC_BASE_RANDOM_H
#define OC_BASE_RANDOM_H
#include <stdint.h>

/* Streams keep uses apart. Graph operations use OC_STREAM_OP + their index. */
enum {
  OC_STREAM_INIT = 1,
  OC_STREAM_SHUFFLE = 2,
  OC_STREAM_DIGITS = 3,
  OC_STREAM_XO = 4,
  OC_STREAM_SPLIT = 5,
  OC_STREAM_PARTNER = 6,   /* second images of mixtures */
  OC_STREAM_MIXING = 7,    /* how two images are mixed */
  OC_STREAM_AUGMENT = 100, /* + the place of a transform in its text */
  OC_STREAM_OP = 1000
};

typedef struct oc_random_key {
  uint32_t k[2];
} oc_random_key;
/* Mixes a 64-bit seed and a stream number into a key (splitmix64 steps). */
oc_random_key oc_random_key_of(uint64_t seed, uint64_t stream);
/* Four 32-bit numbers for counter (a, b, c, d). Convention: a = element or draw / 4, b = sample low, c =
 * sample high, d = epoch. */
void oc_random_block(oc_random_key key, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t out[4]);

/* A sequence of draws at one position, for code that needs many: counts element up from 0. */
typedef struct oc_random {
  oc_random_key key;
  uint32_t next, sample_low, sample_high, epoch;
  uint32_t block[4];
} oc_random;
oc_random oc_random_at(uint64_t seed, uint64_t stream, uint64_t epoch, uint64_t sample);
uint32_t oc_random_u32(oc_random *r);
double oc_random_unit(oc_random *r);                           /* [0,1), 53 bits */
double oc_random_range(oc_random *r, double low, double high); /* [low,high) */
double oc_random_normal(oc_random *r);                         /* mean 0, deviation 1 (Box-Muller) */
uint64_t oc_random_below(oc_random *r, uint64_t n);            /* 0..n-1, unbiased; n >= 1 */

#endif
