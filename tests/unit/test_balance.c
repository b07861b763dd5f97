/* Are classes equally frequent in an epoch of balanced sampling, does each image come as often as it may, and
 * does the order depend on seed and epoch alone? */
#include "fit_journal.h"
#include "train/fit.h"

enum { IMAGES = 120, KINDS = 5 };
/* Class 3 has no images, class 4 has one. */
static const int sizes[KINDS] = {70, 39, 10, 0, 1};

typedef struct uneven {
  int64_t first[KINDS + 1], images[IMAGES], drawn[KINDS], shuffled[IMAGES];
  int label[IMAGES];
  int32_t occurrences[IMAGES], seen[IMAGES];
  oc_balance b;
} uneven;

static void make_uneven(uneven *u) {
  int64_t next = 0;
  *u = (uneven){0};
  for (int c = 0; c < KINDS; c++) {
    for (int i = 0; i < sizes[c]; i++, next++) {
      u->images[next] = next * 7 % IMAGES; /* they lie anywhere */
      u->label[u->images[next]] = c;
    }
    u->first[c + 1] = next;
  }
  u->b = (oc_balance){KINDS, u->first, u->images, u->drawn, u->shuffled, u->occurrences, u->seen};
}

static void classes_are_equally_frequent(void **state) {
  (void)state;
  uneven u;
  make_uneven(&u);
  int64_t order[IMAGES];
  for (uint64_t epoch = 0; epoch < 20; epoch++) {
    int of_class[KINDS] = {0}, of_image[IMAGES] = {0};
    oc_balance_order(&u.b, 7, epoch, order);
    for (int i = 0; i < IMAGES; i++) {
      assert_int_equal(u.occurrences[i], of_image[order[i]]);
      of_class[u.label[order[i]]]++;
      of_image[order[i]]++;
    }
    for (int c = 0; c < KINDS; c++) assert_int_equal(of_class[c], sizes[c] ? 30 : 0);
    for (int i = 0; i < IMAGES; i++) {
      const int size = sizes[u.label[i]];
      assert_in_range(of_image[i], 30 / size, (30 + size - 1) / size);
    }
  }
}

/* 119 images: three classes have one more, not always the same ones. */
static void the_rest_goes_round(void **state) {
  (void)state;
  uneven u;
  int more[KINDS] = {0};
  int64_t order[IMAGES];
  make_uneven(&u);
  for (int c = 1; c <= KINDS; c++) u.first[c]--; /* class 0 has 69 */
  memmove(u.images, u.images + 1, (IMAGES - 1) * sizeof *u.images);
  for (uint64_t epoch = 0; epoch < 400; epoch++) {
    int of_class[KINDS] = {0};
    oc_balance_order(&u.b, 7, epoch, order);
    for (int i = 0; i < IMAGES - 1; i++) of_class[u.label[order[i]]]++;
    for (int c = 0; c < KINDS; c++) {
      assert_in_range(of_class[c], sizes[c] ? 29 : 0, sizes[c] ? 30 : 0);
      more[c] += of_class[c] == 30;
    }
  }
  for (int c = 0; c < KINDS; c++) assert_in_range(more[c], sizes[c] ? 260 : 0, sizes[c] ? 340 : 0);
}

/* Of the large class all images come, in some epoch, and about equally often: 30 of 70 places. */
static void large_classes_are_drawn_evenly(void **state) {
  (void)state;
  uneven u;
  int of_image[IMAGES] = {0};
  int64_t order[IMAGES], again[IMAGES], other[IMAGES];
  make_uneven(&u);
  for (uint64_t epoch = 0; epoch < 700; epoch++) {
    oc_balance_order(&u.b, 7, epoch, order);
    for (int i = 0; i < IMAGES; i++) of_image[order[i]]++;
  }
  for (int i = 0; i < IMAGES; i++)
    if (u.label[i] == 0) assert_in_range(of_image[i], 240, 360); /* 300, and 4.6 deviations */
  oc_balance_order(&u.b, 7, 3, order);
  oc_balance_order(&u.b, 7, 2, again);
  oc_balance_order(&u.b, 7, 3, again);
  assert_memory_equal(order, again, sizeof order);
  oc_balance_order(&u.b, 8, 3, other);
  assert_memory_not_equal(order, other, sizeof order);
}

static void weights_are_those_of_scikit_learn(void **state) {
  (void)state;
  int32_t labels[IMAGES];
  uint8_t pixels[IMAGES * 4] = {0};
  uneven u;
  oc_dataset *d;
  oc_error err;
  double *w;
  make_uneven(&u);
  for (int i = 0; i < IMAGES; i++) labels[i] = u.label[i];
  const oc_dataset_options o = {.count = IMAGES, .size = {2, 2, 1}};
  assert_ok(labeled_images(pixels, labels, &o, KINDS, NULL, &d, &err), err);
  oc_fit f = {.train = d, .count = IMAGES, .o = oc_fit_defaults()};
  f.heads = (oc_heads){.count = 1, .target_count = 1, .targets = {{"label", OC_TARGET_CLASS, KINDS}}};
  assert_ok(oc_balance_weights(&f, 0, &w, &err), err);
  for (int c = 0; c < KINDS; c++) assert_float_equal(w[c], sizes[c] ? IMAGES / (4.0 * sizes[c]) : 1, 1e-12);
  oc_memory_free(w);
  f.o.sampling = "balanced";
  assert_ok(oc_balance_create(&f, &err), err);
  assert_int_equal(f.balance.first[KINDS], IMAGES);
  for (int c = 0; c < KINDS; c++)
    for (int64_t i = f.balance.first[c]; i < f.balance.first[c + 1]; i++)
      assert_int_equal(labels[f.balance.images[i]], c);
  f.heads.targets[0].size = 3; /* labels that are not classes */
  assert_fails(oc_balance_weights(&f, 0, &w, &err), OC_E_DATA, err, "there are 3 classes");
  assert_null(w);
  oc_balance_release(&f.balance);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_are_equally_frequent),
      cmocka_unit_test(the_rest_goes_round),
      cmocka_unit_test(large_classes_are_drawn_evenly),
      cmocka_unit_test(weights_are_those_of_scikit_learn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
