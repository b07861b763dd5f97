/* A few images of each class: are they as many as they shall be, drawn by the seed alone, and in the order of
 * the set that they are drawn from? */
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/preprocess.h"

enum { COUNT = 60, CLASSES = 4 };

/* Image i has the value i; 37 are of class 0, 20 of class 1, 3 of class 2, none of class 3. */
static int class_of(int i) {
  return i % 20 == 7 ? 2 : i % 3 == 1 ? 1 : 0;
}

static oc_dataset *make(void) {
  uint8_t pixels[COUNT];
  int32_t labels[COUNT];
  oc_dataset *d;
  oc_error err;
  for (int i = 0; i < COUNT; i++) pixels[i] = (uint8_t)i, labels[i] = class_of(i);
  const oc_dataset_options o = {.count = COUNT, .size = {1, 1, 1}};
  assert_ok(labeled_images(pixels, labels, &o, CLASSES, NULL, &d, &err), err);
  return d;
}

static int read_all(const oc_dataset *d, uint8_t *pixels, int *classes) {
  int32_t labels[COUNT];
  oc_error err;
  const int count = (int)oc_dataset_count(d);
  memset(classes, 0, CLASSES * sizeof *classes);
  assert_ok(oc_dataset_read(d, 0, count, pixels, labels, &err), err);
  for (int i = 0; i < count; i++) {
    assert_int_equal(labels[i], class_of(pixels[i]));
    if (i) assert_true(pixels[i] > pixels[i - 1]);
    classes[labels[i]]++;
  }
  return count;
}

static void classes_have_as_many_images(void **state) {
  (void)state;
  oc_dataset *all = make();
  oc_error err;
  for (int64_t each = 1; each < 50; each++) {
    uint8_t pixels[COUNT];
    int classes[CLASSES], of_all[CLASSES] = {0};
    oc_dataset *few;
    for (int i = 0; i < COUNT; i++) of_all[class_of(i)]++;
    assert_ok(oc_dataset_per_class(all, each, 9, &few, &err), err);
    (void)read_all(few, pixels, classes);
    for (int c = 0; c < CLASSES; c++) assert_int_equal(classes[c], of_all[c] < each ? of_all[c] : each);
    assert_int_equal(oc_dataset_classes(few), CLASSES);
    oc_dataset_free(few);
  }
  oc_dataset_free(all);
}

static void the_seed_decides(void **state) {
  (void)state;
  oc_dataset *all = make(), *few[3];
  uint8_t pixels[3][COUNT];
  int classes[CLASSES];
  oc_error err;
  for (int i = 0; i < 3; i++) {
    assert_ok(oc_dataset_per_class(all, 5, i == 2 ? 8 : 7, &few[i], &err), err);
    assert_int_equal(read_all(few[i], pixels[i], classes), 13);
  }
  assert_memory_equal(pixels[0], pixels[1], 13);
  assert_memory_not_equal(pixels[0], pixels[2], 13);
  assert_string_equal(oc_dataset_hash(few[0]), oc_dataset_hash(few[1]));
  assert_string_not_equal(oc_dataset_hash(few[0]), oc_dataset_hash(few[2]));
  assert_string_not_equal(oc_dataset_hash(few[0]), oc_dataset_hash(all));
  for (int i = 0; i < 3; i++) oc_dataset_free(few[i]);
  oc_dataset_free(all);
}

/* Each image of a class is as likely: of 200 draws of 5 of 37, about 27 have it (deviation 4.8). */
static void images_are_equally_likely(void **state) {
  (void)state;
  oc_dataset *all = make(), *few;
  int seen[COUNT] = {0}, classes[CLASSES];
  oc_error err;
  for (uint64_t seed = 0; seed < 200; seed++) {
    uint8_t pixels[COUNT];
    assert_ok(oc_dataset_per_class(all, 5, seed, &few, &err), err);
    const int count = read_all(few, pixels, classes);
    for (int i = 0; i < count; i++) seen[pixels[i]]++;
    oc_dataset_free(few);
  }
  for (int i = 0; i < COUNT; i++)
    if (class_of(i) == 0) assert_in_range(seen[i], 8, 47);
  oc_dataset_free(all);
}

/* The set may itself be a part that was drawn, and freed before. */
static void a_part_can_be_drawn_from(void **state) {
  (void)state;
  oc_dataset *all = make(), *half, *few;
  uint8_t pixels[COUNT], of_half[COUNT];
  int classes[CLASSES];
  oc_error err;
  assert_ok(oc_dataset_per_class(all, 10, 1, &half, &err), err);
  const int count = read_all(half, of_half, classes);
  assert_ok(oc_dataset_per_class(half, 2, 1, &few, &err), err);
  oc_dataset_free(all);
  oc_dataset_free(half);
  assert_int_equal(read_all(few, pixels, classes), 6);
  for (int i = 0; i < 6; i++) assert_non_null(memchr(of_half, pixels[i], (size_t)count));
  oc_dataset_free(few);
}

/* ---- another shape afterwards -------------------------------------------------------------------------- */

/* Data of which a few training images are taken; they get the shape of `then` when they are open. */
static void open_few(const char *where, const oc_data_options *first, const oc_data_options *then,
                     oc_data *data) {
  oc_dataset *few;
  oc_error err;
  assert_ok(oc_data_open(where, first, data, &err), err);
  assert_ok(oc_dataset_per_class(data->train, 3, 5, &few, &err), err);
  oc_dataset_free(data->train);
  data->train = few;
  if (then) assert_ok(oc_data_reshape(data, then, &err), err);
}

static void expect_same_images(const oc_dataset *a, const oc_dataset *b, int64_t bytes) {
  const oc_dataset *const both[] = {a, b};
  const int64_t count = oc_dataset_count(a);
  uint8_t pixels[2][30 * 8 * 6 * 3];
  int32_t all[2][30];
  oc_error err;
  assert_int_equal(oc_dataset_count(b), count);
  for (int i = 0; i < 2; i++) {
    const oc_image_shape s = oc_dataset_image_shape(both[i]);
    assert_true(s.height * s.width * s.channels == bytes && count * bytes <= (int64_t)sizeof pixels[i]);
    assert_ok(oc_dataset_read(both[i], 0, count, pixels[i], all[i], &err), err);
  }
  assert_memory_equal(pixels[0], pixels[1], (size_t)(count * bytes));
  assert_memory_equal(all[0], all[1], (size_t)count * sizeof *all[0]);
  assert_string_equal(oc_dataset_hash(a), oc_dataset_hash(b));
  assert_string_equal(oc_dataset_split(a), oc_dataset_split(b));
}

/* As a program that chooses the shape by what the data is: first with a rule that leaves the size open, or
 * with none. */
static void a_few_get_another_shape(void **state) {
  (void)state;
  oc_preprocessing partial = oc_preprocessing_defaults(), whole = partial;
  partial.shape.channels = 3;
  whole.shape = (oc_image_shape){8, 6, 3};
  const oc_data_options firsts[] = {{.valid = "stratified:4"},
                                    {.valid = "stratified:4", .preprocessing = &partial}},
                        then = {.valid = "stratified:4", .preprocessing = &whole};
  for (int i = 0; i < 2; i++) {
    oc_data straight, changed;
    open_few("xo:40:10", &then, NULL, &straight);
    open_few("xo:40:10", &firsts[i], &then, &changed);
    assert_int_equal(oc_dataset_count(changed.train), 6);
    expect_same_images(straight.train, changed.train, 8 * 6 * 3);
    expect_same_images(straight.valid, changed.valid, 8 * 6 * 3);
    expect_same_images(straight.test, changed.test, 8 * 6 * 3);
    oc_data_close(&straight);
    oc_data_close(&changed);
  }
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  oc_dataset *all = make(), *few = all, *plain;
  oc_error err;
  assert_fails(oc_dataset_per_class(all, 0, 1, &few, &err), OC_E_ARGUMENT, err, "at least 1, got 0");
  assert_null(few);
  const oc_dataset_options o = {.count = 2, .size = {1, 1, 1}};
  assert_ok(labeled_images((const uint8_t *)"ab", NULL, &o, 0, NULL, &plain, &err), err);
  assert_fails(oc_dataset_per_class(plain, 1, 1, &few, &err), OC_E_ARGUMENT, err, "no classes");
  oc_dataset_free(plain);
  oc_dataset_free(all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_have_as_many_images), cmocka_unit_test(the_seed_decides),
      cmocka_unit_test(images_are_equally_likely),   cmocka_unit_test(a_part_can_be_drawn_from),
      cmocka_unit_test(a_few_get_another_shape),     cmocka_unit_test(wrong_requests_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
