/* Are the numbers Philox's, the same wherever one starts, and distributed as they should be? */
#include "harness.h"
#include "base/random.h"
#include <math.h>

/* From the table of known answers that comes with the paper of Salmon et al. */
static void known_answers(void **state) {
  (void)state;
  static const struct {
    uint32_t counter[4], key[2], out[4];
  } row[] = {
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    const uint32_t *c = row[i].counter;
    uint32_t out[4];
    oc_random_block((oc_random_key){{row[i].key[0], row[i].key[1]}}, c[0], c[1], c[2], c[3], out);
    assert_memory_equal(out, row[i].out, sizeof out);
  }
}

static void a_sequence_is_its_blocks(void **state) {
  (void)state;
  const uint64_t sample = 0x123456789abcdef0u;
  oc_random r = oc_random_at(123, OC_STREAM_INIT, 5, sample);
  for (uint32_t i = 0; i < 8; i++) {
    uint32_t block[4];
    oc_random_block(oc_random_key_of(123, OC_STREAM_INIT), i, 0x9abcdef0u, 0x12345678u, 5, block);
    for (int k = 0; k < 4; k++) assert_int_equal(oc_random_u32(&r), block[k]);
  }
}

/* Changing any coordinate by one gives other numbers. */
static void positions_are_apart(void **state) {
  (void)state;
  oc_random r[5] = {oc_random_at(1, 1, 1, 1), oc_random_at(2, 1, 1, 1), oc_random_at(1, 2, 1, 1),
                    oc_random_at(1, 1, 2, 1), oc_random_at(1, 1, 1, 2)};
  uint32_t first[5];
  for (int i = 0; i < 5; i++) {
    first[i] = oc_random_u32(&r[i]);
    for (int k = 0; k < i; k++) assert_int_not_equal(first[i], first[k]);
  }
  const oc_random_key a = oc_random_key_of(0, 1), b = oc_random_key_of(1, 0);
  assert_memory_not_equal(&a, &b, sizeof a); /* seed and stream are not just added */
}

/* Five standard deviations: fails once in two million seeds, and the seed is fixed. */
static void unit_and_range(void **state) {
  (void)state;
  enum { N = 100000 };
  oc_random r = oc_random_at(7, 1, 0, 0);
  double sum = 0, squares = 0;
  for (int i = 0; i < N; i++) {
    const double u = oc_random_unit(&r);
    assert_true(u >= 0 && u < 1);
    sum += u;
    squares += u * u;
  }
  assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
  assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
  for (int i = 0; i < N; i++) {
    const double x =
        oc_random_range(&r, 1.0, nextafter(nextafter(1.0, 2), 2)); /* rounding could reach the end */
    assert_true(x >= 1.0 && x < nextafter(nextafter(1.0, 2), 2));
  }
}

static void normal_moments(void **state) {
  (void)state;
  enum { N = 100000 };
  oc_random r = oc_random_at(11, 1, 0, 0);
  double m1 = 0, m2 = 0, m4 = 0;
  for (int i = 0; i < N; i++) {
    const double x = oc_random_normal(&r);
    assert_true(isfinite(x));
    m1 += x;
    m2 += x * x;
    m4 += x * x * x * x;
  }
  assert_true(fabs(m1 / N) < 5 * sqrt(1.0 / N));
  assert_true(fabs(m2 / N - 1) < 5 * sqrt(2.0 / N));
  assert_true(fabs(m4 / N - 3) < 5 * sqrt(96.0 / N));
}

static void below_is_even(void **state) {
  (void)state;
  enum { N = 60000, CASES = 6 };
  oc_random r = oc_random_at(3, 1, 0, 0);
  int seen[CASES] = {0};
  double chi2 = 0;
  for (int i = 0; i < N; i++) seen[oc_random_below(&r, CASES)]++;
  for (int i = 0; i < CASES; i++) chi2 += pow(seen[i] - N / CASES, 2) / (N / CASES);
  assert_true(chi2 < 30); /* 5 degrees of freedom: 30 is passed once in 70,000 seeds */
  assert_int_equal(oc_random_below(&r, 1), 0);
  /* 2^64 is one and a half times 3 * 2^62, so a plain remainder would give the lower third half of the time.
   */
  int low = 0;
  for (int i = 0; i < N; i++) low += oc_random_below(&r, 3u * (UINT64_C(1) << 62)) < UINT64_C(1) << 62;
  assert_true(fabs(low - N / 3.0) < 5 * sqrt(N * 2.0 / 9));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers),       cmocka_unit_test(a_sequence_is_its_blocks),
      cmocka_unit_test(positions_are_apart), cmocka_unit_test(unit_and_range),
      cmocka_unit_test(normal_moments),      cmocka_unit_test(below_is_even),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
