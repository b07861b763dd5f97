/* Is the built-in handwriting the same for the same seed, different for another, balanced, and in the form
 * that MNIST's images have? That a network trained on it reads MNIST is measured in the benchmark, not
 * here. */
#include "harness.h"
#include "ocellus/data.h"
#include <math.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, COUNT = 2000 };

static void open_digits(const char *where, uint64_t seed, oc_data *data) {
  oc_data_options options = oc_data_defaults();
  options.seed = seed;
  oc_error err;
  assert_ok(oc_data_open(where, &options, data, &err), err);
}

static void read_all(const oc_dataset *d, int64_t first, int64_t count, uint8_t *pixels, int32_t *labels) {
  oc_error err;
  assert_ok(oc_dataset_read(d, first, count, pixels, labels, &err), err);
}

static void the_defaults(void **state) {
  (void)state;
  oc_data data;
  open_digits("digits", 123, &data);
  assert_int_equal(oc_dataset_count(data.train), 50000);
  assert_int_equal(oc_dataset_count(data.valid), 10000);
  assert_int_equal(oc_dataset_count(data.test), 10000);
  assert_int_equal(oc_dataset_classes(data.train), 10);
  assert_int_equal(oc_dataset_image_shape(data.test).width, SIDE);
  for (int i = 0; i < 10; i++) {
    const char name[2] = {(char)('0' + i), 0};
    assert_string_equal(oc_dataset_class_name(data.train, i), name);
  }
  oc_data_close(&data);
}

/* An image depends on seed, part and index alone: not on the size of the set, nor on how it is read. */
static void an_image_follows_from_its_place(void **state) {
  (void)state;
  static uint8_t a[40 * PIXELS], b[40 * PIXELS];
  int32_t la[40], lb[40];
  oc_data data, larger;
  open_digits("digits:60:40", 5, &data);
  open_digits("digits:600:400", 5, &larger);
  read_all(data.train, 0, 40, a, la);
  read_all(larger.train, 0, 40, b, lb);
  assert_memory_equal(a, b, sizeof a);
  assert_memory_equal(la, lb, sizeof la);
  for (int i = 39; i >= 0; i--) read_all(data.train, i, 1, b + i * PIXELS, lb + i);
  assert_memory_equal(a, b, sizeof a);
  assert_memory_equal(la, lb, sizeof la);
  read_all(data.valid, 0, 1, b, lb); /* continues where the training part ends */
  read_all(larger.train, oc_dataset_count(data.train), 1, a, la);
  assert_memory_equal(a, b, PIXELS);
  oc_data_close(&data);
  oc_data_close(&larger);
}

static void seeds_and_parts_differ(void **state) {
  (void)state;
  static uint8_t sets[3][20 * PIXELS];
  oc_data a, b;
  open_digits("digits:40:40", 5, &a);
  open_digits("digits:40:40", 6, &b);
  read_all(a.train, 0, 20, sets[0], NULL);
  read_all(a.test, 0, 20, sets[1], NULL);
  read_all(b.train, 0, 20, sets[2], NULL);
  for (int i = 0; i < 20; i++)
    for (int k = 0; k < 3; k++)
      assert_memory_not_equal(sets[k] + i * PIXELS, sets[(k + 1) % 3] + i * PIXELS, PIXELS);
  oc_data_close(&a);
  oc_data_close(&b);
}

/* Any ten in a row from a multiple of ten on are the ten digits, in changing order. */
static void classes_are_balanced(void **state) {
  (void)state;
  oc_data data;
  int32_t labels[COUNT];
  open_digits("digits:4000", 1, &data);
  read_all(data.train, 0, COUNT, NULL, labels);
  int first_counts[10] = {0};
  for (int i = 0; i < COUNT; i += 10) {
    int seen = 0;
    for (int k = 0; k < 10; k++) seen |= 1 << labels[i + k];
    assert_int_equal(seen, 1023);
    first_counts[labels[i]]++;
  }
  for (int c = 0; c < 10; c++) assert_in_range(first_counts[c], 5, 40); /* 20 expected */
  oc_data_close(&data);
}

/* Within MNIST's own figures: mean 0.1307 and deviation 0.3081 of the range, ink in a 20x20 square about the
 * middle. */
static void the_form_is_that_of_mnist(void **state) {
  (void)state;
  uint8_t *pixels = malloc(COUNT * PIXELS);
  assert_non_null(pixels);
  oc_data data;
  open_digits("digits:4000", 2, &data);
  read_all(data.train, 0, COUNT, pixels, NULL);
  double sum = 0, squares = 0;
  int outside = 0;
  for (int i = 0; i < COUNT; i++) {
    const uint8_t *p = pixels + i * PIXELS;
    double mass = 0, mx = 0, my = 0;
    int left = SIDE, right = 0, top = SIDE, bottom = 0;
    for (int y = 0; y < SIDE; y++)
      for (int x = 0; x < SIDE; x++) {
        double v = p[y * SIDE + x] / 255.0;
        sum += v, squares += v * v, mass += v, mx += v * x, my += v * y;
        if (v < 0.5) continue;
        left = x < left ? x : left, right = x > right ? x : right;
        top = y < top ? y : top, bottom = y > bottom ? y : bottom;
      }
    assert_true(mass > 10);
    assert_true(right - left < 22 && bottom - top < 22); /* blur and noise may add a pixel */
    assert_true(right - left > 13 || bottom - top > 13);
    outside += fabs(mx / mass - 14) > 2 || fabs(my / mass - 14) > 2;
  }
  assert_true(outside < COUNT / 100);
  const double mean = sum / COUNT / PIXELS, deviation = sqrt(squares / COUNT / PIXELS - mean * mean);
  assert_true(mean > 0.11 && mean < 0.15);
  assert_true(deviation > 0.28 && deviation < 0.34);
  oc_data_close(&data);
  free(pixels);
}

/* Two images of one digit are closer to each other than to those of another digit, on average: the classes
 * are there. The nearest class mean alone reads most of them. */
static void digits_can_be_told_apart(void **state) {
  (void)state;
  uint8_t *pixels = malloc(COUNT * PIXELS);
  double *means = calloc(10 * PIXELS, sizeof *means);
  int32_t labels[COUNT], right = 0;
  assert_non_null(pixels);
  assert_non_null(means);
  oc_data data;
  open_digits("digits:4000", 3, &data);
  read_all(data.train, 0, COUNT, pixels, labels);
  for (int i = 0; i < COUNT / 2; i++)
    for (int k = 0; k < PIXELS; k++) means[labels[i] * PIXELS + k] += pixels[i * PIXELS + k] / (COUNT / 20.0);
  for (int i = COUNT / 2; i < COUNT; i++) {
    int best = 0;
    double nearest = 1e30;
    for (int c = 0; c < 10; c++) {
      double distance = 0;
      for (int k = 0; k < PIXELS; k++) distance += pow(pixels[i * PIXELS + k] - means[c * PIXELS + k], 2);
      if (distance < nearest) nearest = distance, best = c;
    }
    right += best == labels[i];
  }
  assert_true(right > COUNT / 2 * 6 / 10); /* measured: see the message */
  print_message("nearest mean: %d of %d\n", right, COUNT / 2);
  oc_data_close(&data);
  free(pixels);
  free(means);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_defaults),
      cmocka_unit_test(an_image_follows_from_its_place),
      cmocka_unit_test(seeds_and_parts_differ),
      cmocka_unit_test(classes_are_balanced),
      cmocka_unit_test(the_form_is_that_of_mnist),
      cmocka_unit_test(digits_can_be_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
