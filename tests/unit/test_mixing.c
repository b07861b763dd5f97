/* Does a batch of mixed images consist of its images, each mixed with another one of the batch, with the
 * targets and shares of both, and is what is drawn as likely as it should be? */
#include "harness.h"
#include "data/dataset.h"
#include "data/input.h"
#include <math.h>
#include <stdlib.h>

enum { COUNT = 24, SIDE = 6, IMAGE = SIDE * SIDE * 3 };
static const oc_image_shape shape = {SIDE, SIDE, 3};
static oc_error err;
static oc_standardizer standardizer;

static oc_augmentation *make(const char *text) {
  oc_augmentation *a;
  assert_ok(oc_augmentation_create(text, shape, NULL, &a, &err), err);
  return a;
}

/* ---- a batch ------------------------------------------------------------------------------------------- */

static oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                      void *const *targets, oc_error *error) {
  (void)context, (void)error;
  for (int64_t i = 0; i < count; i++) {
    for (int64_t p = 0; pixels && p < IMAGE; p++) pixels[i * IMAGE + p] = (uint8_t)(37 * indices[i] + 5 * p);
    if (targets && targets[0]) ((int32_t *)targets[0])[i] = (int32_t)indices[i];
  }
  return OC_OK;
}

/* Image `item` of the second epoch before it is mixed. */
static void read_image(const oc_augmentation *a, int64_t item, void *scratch, uint8_t *pixels) {
  const oc_augment_key key = {7, 1, (uint64_t)item, 0};
  assert_ok(give(NULL, &item, 1, pixels, NULL, &err), err);
  oc_augmentation_apply(a, &key, pixels, scratch);
}

/* Images first .. first+n-1 of an order, as a batch, against what the public functions make of each. */
static void check_batch(const oc_input *in, const oc_augmentation *a, const oc_images *from, int64_t first,
                        int64_t n) {
  const int64_t *order = from->order;
  void *scratch = malloc(oc_augmentation_scratch(a));
  const oc_augment_key batch = {7, 1, (uint64_t)first, 0};
  const int64_t way = oc_augmentation_partner(a, &batch, n);
  assert_true(n == 1 ? way == 0 : way >= 1 && way < n);
  for (int64_t i = 0; i < n; i++) {
    const int64_t item = order[first + i], second = order[first + (i + way) % n];
    const oc_augment_key key = {7, 1, (uint64_t)item, 0};
    uint8_t image[IMAGE], other[IMAGE];
    read_image(a, item, scratch, image);
    read_image(a, second, scratch, other);
    const double share = oc_augmentation_mix(a, &key, other, image);
    assert_true(in->mixed.shares[i] == (float)share && share >= 0 && share <= 1);
    assert_memory_equal(in->mixed.pixels + i * IMAGE, image, IMAGE);
    float x[IMAGE];
    oc_standardizer_apply(&standardizer, image, 1, x);
    assert_memory_equal(in->x + i * IMAGE, x, sizeof x);
    assert_int_equal(((int32_t *)in->targets[0])[i], item);
    assert_int_equal(((int32_t *)in->mixed.targets[0])[i], second);
  }
  free(scratch);
}

static void batches_are_mixed(void **state) {
  (void)state;
  const size_t bytes[1] = {sizeof(int32_t)};
  const oc_target target = {.name = "label", .kind = OC_TARGET_CLASS, .size = COUNT};
  const oc_dataset_options o = {.count = COUNT, .size = shape, .targets = &target, .target_count = 1};
  const int which[1] = {0};
  int64_t order[COUNT];
  oc_dataset *d;
  oc_input in;
  oc_augmentation *a = make("crop 1, flip, mixup 1, cutmix");
  assert_ok(oc_dataset_from_callback(give, NULL, &o, &d, &err), err);
  assert_ok(oc_standardizer_fit(d, &standardizer, &err), err);
  assert_ok(oc_epoch_order(COUNT, true, 3, 1, order, &err), err);
  assert_ok(oc_input_create(COUNT, shape, bytes, 1, &in, &err), err);
  assert_ok(oc_input_create_mixed(&in, &err), err);
  for (int threads = 1; threads <= 4; threads *= 2) {
    oc_thread_pool *pool;
    assert_ok(oc_thread_pool_create(threads, &pool, &err), err);
    char *scratch = calloc((size_t)threads, oc_augmentation_scratch(a));
    const oc_input_augment augment = {a, 7, 1, scratch};
    const oc_images from = {.data = d, .targets = which, .order = order, .augment = &augment};
    static const int64_t parts[][2] = {{0, COUNT}, {0, 7}, {7, 7}, {20, 2}, {23, 1}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
      assert_ok(oc_input_fill(&in, &from, parts[k][0], parts[k][1], &standardizer, pool, &err), err);
      check_batch(&in, a, &from, parts[k][0], parts[k][1]);
    }
    free(scratch);
    oc_thread_pool_free(pool);
  }
  oc_input_release(&in);
  oc_standardizer_release(&standardizer);
  oc_dataset_free(d);
  oc_augmentation_free(a);
}

/* In balanced sampling: its first time as if there was no other, then in another way. */
static void an_image_that_comes_again_is_changed_again(void **state) {
  (void)state;
  enum { TIMES = 4 };
  const oc_target target = {.name = "label", .kind = OC_TARGET_CLASS, .size = COUNT};
  const oc_dataset_options o = {.count = COUNT, .size = shape, .targets = &target, .target_count = 1};
  const int64_t order[TIMES] = {5, 5, 5, 5};
  const int32_t occurrences[TIMES] = {0, 1, 2, 3};
  uint8_t pixels[TIMES][IMAGE], once[TIMES][IMAGE];
  oc_dataset *d;
  oc_augmentation *a = make("shift 2, noise 3");
  assert_ok(oc_dataset_from_callback(give, NULL, &o, &d, &err), err);
  char *scratch = calloc(1, oc_augmentation_scratch(a));
  const oc_input_augment augment = {a, 7, 1, scratch};
  oc_images from = {.data = d, .order = order, .augment = &augment};
  assert_ok(oc_images_read(&from, 0, TIMES, &(oc_images_place){.pixels = once[0]}, 0, &err), err);
  from.occurrences = occurrences;
  assert_ok(oc_images_read(&from, 0, TIMES, &(oc_images_place){.pixels = pixels[0]}, 0, &err), err);
  assert_memory_equal(pixels[0], once[0], IMAGE);
  for (int i = 0; i < TIMES; i++) {
    assert_memory_equal(once[i], once[0], IMAGE);
    for (int k = 0; k < i; k++) assert_memory_not_equal(pixels[i], pixels[k], IMAGE);
  }
  free(scratch);
  oc_augmentation_free(a);
  oc_dataset_free(d);
}

/* ---- what is drawn ------------------------------------------------------------------------------------- */

/* Each way to a partner as often as the others: chi squared with 8 degrees of freedom, 1e-6. */
static void partners_are_equally_likely(void **state) {
  (void)state;
  enum { TRIES = 4000, IMAGES = 10 };
  oc_augmentation *a = make("mixup"), *none = make("flip");
  int seen[IMAGES] = {0};
  double sum = 0;
  for (uint64_t i = 0; i < TRIES; i++) {
    const oc_augment_key key = {3, i % 40, i / 40 * IMAGES, 0};
    seen[oc_augmentation_partner(a, &key, IMAGES)]++;
    assert_int_equal(oc_augmentation_partner(a, &key, 1), 0);
    assert_int_equal(oc_augmentation_partner(none, &key, IMAGES), 0);
  }
  assert_int_equal(seen[0], 0);
  for (int k = 1; k < IMAGES; k++) sum += pow(seen[k] - TRIES / 9.0, 2) / (TRIES / 9.0);
  assert_true(sum < 44);
  oc_augmentation_free(a);
  oc_augmentation_free(none);
}

/* A mean of 0 and 200 has other values; a rectangle has not. A large alpha gives shares near 1/2. */
static void mixtures_are_equally_likely(void **state) {
  (void)state;
  enum { TRIES = 2000 };
  oc_augmentation *a = make("mixup 100, cutmix 100");
  int means = 0;
  double shares = 0;
  for (uint64_t item = 0; item < TRIES; item++) {
    const oc_augment_key key = {3, 0, item, 0};
    uint8_t image[IMAGE], other[IMAGE];
    memset(image, 200, IMAGE);
    memset(other, 0, IMAGE);
    const double share = oc_augmentation_mix(a, &key, other, image);
    bool mean = false;
    int sum = 0;
    for (int p = 0; p < IMAGE; p++) {
      mean = mean || (image[p] != 200 && image[p] != 0);
      sum += image[p];
    }
    means += mean;
    shares += share;
    assert_true(fabs(sum / (200.0 * IMAGE) - share) <
                0.5 / 200 + 1e-9); /* the target's share is the image's */
  }
  assert_true(abs(means - TRIES / 2) < 5 * sqrt(TRIES / 4.0));
  assert_true(shares / TRIES > 0.45 && shares / TRIES < 0.75); /* rectangles are cut at the border */
  oc_augmentation_free(a);
}

static void nothing_is_mixed_without_a_mixture(void **state) {
  (void)state;
  oc_augmentation *a = make("flip 1"), *mixes = make("cutmix");
  const oc_augment_key key = {3, 0, 1, 0};
  uint8_t image[IMAGE], other[IMAGE] = {0};
  memset(image, 200, IMAGE);
  assert_true(oc_augmentation_mix(a, &key, other, image) == 1);
  assert_true(oc_augmentation_mix(NULL, &key, other, image) == 1);
  assert_true(oc_augmentation_mix(mixes, NULL, other, image) == 1);
  assert_true(oc_augmentation_mix(mixes, &key, NULL, image) == 1);
  assert_true(oc_augmentation_mix(mixes, &key, other, NULL) == 1);
  assert_false(oc_augmentation_mixes(a) || oc_augmentation_mixes(NULL));
  assert_true(oc_augmentation_mixes(mixes));
  for (int p = 0; p < IMAGE; p++) assert_int_equal(image[p], 200);
  oc_augmentation_free(a);
  oc_augmentation_free(mixes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(batches_are_mixed),
      cmocka_unit_test(an_image_that_comes_again_is_changed_again),
      cmocka_unit_test(partners_are_equally_likely),
      cmocka_unit_test(mixtures_are_equally_likely),
      cmocka_unit_test(nothing_is_mixed_without_a_mixture),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
