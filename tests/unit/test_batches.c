/* Is an epoch's order a permutation that follows from the seed alone, and is standardizing exact? */
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/data.h"
#include <math.h>

enum { COUNT = 1000 };

static void assert_permutation(const int64_t *order, int64_t count) {
  unsigned char seen[COUNT] = {0};
  for (int64_t i = 0; i < count; i++) {
    assert_in_range(order[i], 0, count - 1);
    assert_int_equal(seen[order[i]]++, 0);
  }
}

static int64_t equal_places(const int64_t *a, const int64_t *b) {
  int64_t equal = 0;
  for (int i = 0; i < COUNT; i++) equal += a[i] == b[i];
  return equal;
}

static void an_order_follows_from_seed_and_epoch(void **state) {
  (void)state;
  int64_t a[COUNT], b[COUNT];
  oc_error err;
  assert_ok(oc_epoch_order(COUNT, true, 123, 1, a, &err), err);
  assert_permutation(a, COUNT);
  assert_ok(oc_epoch_order(COUNT, true, 123, 1, b, &err), err);
  assert_memory_equal(a, b, sizeof a);
  const uint64_t others[3][2] = {{123, 2}, {124, 1}, {123, (uint64_t)1 << 32 | 1}}; /* seed, epoch */
  for (int i = 0; i < 3; i++) {
    assert_ok(oc_epoch_order(COUNT, true, others[i][0], others[i][1], b, &err), err);
    assert_permutation(b, COUNT);
    if (i < 2) assert_true(equal_places(a, b) < 10); /* one is expected */
  }
  assert_ok(oc_epoch_order(COUNT, false, 123, 1, b, &err), err);
  for (int i = 0; i < COUNT; i++) assert_int_equal(b[i], i);
  assert_ok(oc_epoch_order(0, true, 1, 1, b, &err), err);
  assert_ok(oc_epoch_order(1, true, 1, 1, b, &err), err);
  assert_int_equal(b[0], 0);
  assert_fails(oc_epoch_order(-1, true, 1, 1, b, &err), OC_E_ARGUMENT, err, "-1");
}

/* Each of the 24 orders of four images must come up about as often: chi-squared with 23 degrees of freedom
 * is above 49.7 once in a thousand. The numbers are fixed by the seed, so this cannot fail by chance later.
 */
static void every_order_is_as_likely(void **state) {
  (void)state;
  enum { TRIES = 24000 };
  int seen[256] = {0};
  oc_error err;
  for (uint64_t epoch = 0; epoch < TRIES; epoch++) {
    int64_t o[4];
    assert_ok(oc_epoch_order(4, true, 7, epoch, o, &err), err);
    seen[o[0] << 6 | o[1] << 4 | o[2] << 2 | o[3]]++;
  }
  double chi = 0;
  int kinds = 0;
  for (int i = 0; i < 256; i++)
    if (seen[i]) {
      kinds++;
      chi += pow(seen[i] - TRIES / 24.0, 2) / (TRIES / 24.0);
    }
  assert_int_equal(kinds, 24);
  assert_true(chi < 49.7);
}

static oc_dataset *make_set(const uint8_t *pixels, int64_t count, int64_t values) {
  oc_dataset *d;
  oc_error err;
  const oc_image_shape size = {1, values, 1};
  int32_t labels[COUNT];
  for (int64_t i = 0; i < count; i++) labels[i] = (int32_t)(i % 3);
  assert_ok(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = count, .size = size}, 3, NULL, &d, &err),
      err);
  return d;
}

static void a_batch_is_read_by_order(void **state) {
  (void)state;
  uint8_t all[20 * 4], got[3 * 4];
  for (int i = 0; i < 80; i++) all[i] = (uint8_t)i;
  oc_dataset *d = make_set(all, 20, 4);
  const int64_t order[] = {5, 19, 0, 7, 20};
  int32_t labels[3];
  oc_error err;
  assert_ok(oc_batch_read(d, order, 1, 3, got, labels, &err), err);
  for (int i = 0; i < 3; i++) {
    assert_memory_equal(got + 4 * i, all + 4 * order[1 + i], 4);
    assert_int_equal(labels[i], order[1 + i] % 3);
  }
  assert_ok(oc_batch_read(d, order, 0, 3, got, NULL, &err), err);
  assert_ok(oc_batch_read(d, order, 0, 3, NULL, labels, &err), err);
  assert_int_equal(labels[0], 5 % 3);
  assert_fails(oc_batch_read(d, order, 3, 2, got, labels, &err), OC_E_ARGUMENT, err, "20");
  oc_dataset_free(d);
}

/* Against the definition in floating point: per-pixel means, and numpy's std over all values together. */
static void the_standard_is_exact(void **state) {
  (void)state;
  enum { N = 137, VALUES = 9 };
  uint8_t all[N * VALUES];
  double mean = 0, variance = 0, column[VALUES] = {0};
  for (int i = 0; i < N * VALUES; i++) {
    all[i] = (uint8_t)(i * 7919 % 256);
    mean += all[i] / (double)(N * VALUES);
    column[i % VALUES] += all[i] / (double)N;
  }
  for (int i = 0; i < N * VALUES; i++) variance += (all[i] - mean) * (all[i] - mean) / (N * VALUES);
  oc_dataset *d = make_set(all, N, VALUES);
  oc_standardizer s;
  oc_error err;
  float out[2 * VALUES];
  assert_ok(oc_standardizer_fit(d, &s, &err), err);
  assert_int_equal(s.count, VALUES);
  assert_true(fabs(s.deviation - sqrt(variance)) < 1e-10);
  for (int i = 0; i < VALUES; i++) assert_true(fabs(s.mean[i] - column[i]) < 1e-5);
  oc_standardizer_apply(&s, all, 2, out);
  for (int i = 0; i < 2 * VALUES; i++)
    assert_true(fabs(out[i] - (all[i] - column[i % VALUES]) / sqrt(variance)) < 1e-5);
  oc_standardizer_release(&s);
  assert_null(s.mean);
  oc_dataset_free(d);
}

/* Images are read a few at a time, of which the last time has fewer: 3 of 300x300, two at a time. */
static void images_that_are_left_over_count(void **state) {
  (void)state;
  enum { N = 3, LARGE = 300 * 300 };
  uint8_t *all = calloc(N, LARGE);
  assert_non_null(all);
  memset(all + 2 * LARGE, 30, LARGE);
  const oc_dataset_options o = {.count = N, .size = {300, 300, 1}};
  oc_dataset *d;
  oc_standardizer s;
  oc_error err;
  assert_ok(oc_dataset_from_memory(all, &o, &d, &err), err);
  assert_ok(oc_standardizer_fit_as(d, OC_STANDARDIZE_PIXEL, &s, &err), err);
  for (int i = 0; i < LARGE; i += 7) assert_true(s.mean[i] == 10);
  assert_true(fabs(s.deviation - sqrt(200)) < 1e-10);
  oc_standardizer_release(&s);
  oc_dataset_free(d);
  free(all);
}

/* Of each channel, against the definition; and pixels / 255. More values than fit a block of vectors. */
static void channels_have_their_own(void **state) {
  (void)state;
  enum { N = 5, SIDE_H = 7, SIDE_W = 3, C = 3, ALL = N * SIDE_H * SIDE_W * C };
  uint8_t all[ALL];
  double mean[C] = {0}, variance[C] = {0};
  float out[ALL], out_f32[ALL], values[ALL];
  oc_dataset *d;
  oc_standardizer s;
  oc_error err;
  for (int i = 0; i < ALL; i++) all[i] = (uint8_t)(i * 7919 % (100 + 50 * (i % C)));
  for (int i = 0; i < ALL; i++) values[i] = all[i], mean[i % C] += all[i] / (double)(ALL / C);
  for (int i = 0; i < ALL; i++) variance[i % C] += pow(all[i] - mean[i % C], 2) / (ALL / C);
  const oc_dataset_options o = {.count = N, .size = {SIDE_H, SIDE_W, C}};
  assert_ok(oc_dataset_from_memory(all, &o, &d, &err), err);
  assert_ok(oc_standardizer_fit(d, &s, &err), err);
  assert_int_equal(s.how, OC_STANDARDIZE_CHANNEL);
  oc_standardizer_apply(&s, all, N, out);
  oc_standardizer_apply_f32(&s, values, N, out_f32);
  for (int i = 0; i < ALL; i++)
    assert_true(fabs(out[i] - (all[i] - mean[i % C]) / sqrt(variance[i % C])) < 1e-5);
  assert_memory_equal(out, out_f32, sizeof out);
  oc_standardizer_release(&s);
  assert_null(s.deviations);
  assert_ok(oc_standardizer_fit_as(d, OC_STANDARDIZE_NONE, &s, &err), err);
  oc_standardizer_apply(&s, all, N, out);
  for (int i = 0; i < ALL; i++) assert_true(out[i] == (float)all[i] / 255.0F);
  oc_standardizer_release(&s);
  assert_ok(oc_standardizer_fit_as(d, OC_STANDARDIZE_PIXEL, &s, &err), err);
  assert_true(s.deviation > 0 && !s.deviations);
  oc_standardizer_release(&s);
  assert_fails(oc_standardizer_fit_as(d, (oc_standardize)4, &s, &err), OC_E_ARGUMENT, err, "unknown way");
  oc_dataset_free(d);
}

static void equal_images_have_deviation_one(void **state) {
  (void)state;
  uint8_t all[3 * 2];
  memset(all, 77, sizeof all);
  oc_dataset *d = make_set(all, 3, 2);
  oc_standardizer s;
  oc_error err;
  float out[2];
  assert_ok(oc_standardizer_fit(d, &s, &err), err);
  assert_true(s.deviation == 1);
  oc_standardizer_apply(&s, all, 1, out);
  assert_true(out[0] == 0 && out[1] == 0);
  oc_standardizer_release(&s);
  oc_dataset_free(d);
}

/* 255 everywhere but in one value: the sums of squares are as large as they get, and the difference is small.
 */
static void the_deviation_does_not_cancel(void **state) {
  (void)state;
  enum { N = 1000, VALUES = 100 };
  uint8_t *all = malloc(N * VALUES);
  assert_non_null(all);
  memset(all, 255, N * VALUES);
  all[12345] = 254;
  oc_dataset *d = make_set(all, N, VALUES);
  oc_standardizer s;
  oc_error err;
  assert_ok(oc_standardizer_fit_as(d, OC_STANDARDIZE_PIXEL, &s, &err), err);
  const double k = N * VALUES, want = sqrt((k - 1) / k / k); /* one value of k differs by 1 */
  assert_true(fabs(s.deviation / want - 1) < 1e-12);
  oc_standardizer_release(&s);
  oc_dataset_free(d);
  free(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_order_follows_from_seed_and_epoch),
      cmocka_unit_test(every_order_is_as_likely),
      cmocka_unit_test(a_batch_is_read_by_order),
      cmocka_unit_test(the_standard_is_exact),
      cmocka_unit_test(images_that_are_left_over_count),
      cmocka_unit_test(channels_have_their_own),
      cmocka_unit_test(equal_images_have_deviation_one),
      cmocka_unit_test(the_deviation_does_not_cancel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
