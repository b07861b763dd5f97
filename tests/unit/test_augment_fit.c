/* Is training on augmented images the same for any number of threads and after an interruption, and are the
 * images that are measured left alone? */
#include "fit_journal.h"

static const char augment[] = "shift 1, rotate 20, flip", mixes[] = "flip, mixup 1, cutmix";

/* Trains with a text (NULL: none) and returns the hash of the model. */
static void train(const char *text, int threads, bool no_shuffle, char hex[65]) {
  setting s = plain;
  s.threads = threads;
  fixture f = make(&s, NULL);
  oc_error err;
  f.o.augment = text;
  f.o.no_shuffle = no_shuffle;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_model(f.m, hex);
  release(&f);
}

static void bits_do_not_depend_on_threads(void **state) {
  (void)state;
  char without[65], none[65], one[65], three[65];
  train(NULL, 2, false, without);
  train("none", 2, false, none);
  train(augment, 1, false, one);
  train(augment, 3, false, three);
  assert_string_equal(without, none);
  assert_string_equal(one, three);
  assert_string_not_equal(one, without);
  train(augment, 1, true, one);
  train(augment, 3, true, three);
  assert_string_equal(one, three);
  train(mixes, 1, false, one);
  train(mixes, 4, false, three);
  assert_string_equal(one, three);
  assert_string_not_equal(one, without);
}

/* With smoothing, weights and balanced sampling if the images are mixed. */
static oc_status run_until(int stop_at, bool resume, const char *text, const char *folder, oc_error *err) {
  fixture f = make(&plain, folder);
  f.o.augment = text;
  if (text == mixes) {
    static const oc_setting smoothing = {"label_smoothing", 0.1};
    f.o.settings = &smoothing;
    f.o.setting_count = 1;
    f.o.class_weights = f.o.sampling = "balanced";
  }
  return fit_until(&f, stop_at, resume, err);
}

static void a_resumed_run_has_the_same_bits(void **state) {
  (void)state;
  char straight[65], resumed[65];
  oc_error err;
  assert_ok(run_until(0, false, augment, "augment-straight", &err), err);
  assert_fails(run_until(16, false, augment, "augment-parts", &err), OC_E_INTERRUPTED, err, "--resume");
  assert_fails(run_until(0, true, NULL, "augment-parts", &err), OC_E_ARGUMENT, err, "augmented its images");
  assert_string_equal(err.where, "augment");
  assert_fails(run_until(0, true, "flip", "augment-parts", &err), OC_E_ARGUMENT, err, "flip 0.5 0");
  assert_ok(run_until(0, true, "shift 1.0,rotate 20,flip 0.5", "augment-parts", &err), err);
  hash_of_run("augment-straight", straight);
  hash_of_run("augment-parts", resumed);
  assert_string_equal(straight, resumed);
  assert_ok(run_until(0, false, "none", "augment-none", &err), err);
  assert_fails(run_until(0, true, "flip", "augment-none", &err), OC_E_ARGUMENT, err, "had nothing");
}

/* True if the record of a run says what moved images uncover. */
static bool is_recorded(const char *text, const char *folder) {
  char path[64];
  unsigned char *bytes;
  size_t size;
  oc_error err;
  snprintf(path, sizeof path, "%s/last.safetensors", folder);
  assert_ok(run_until(0, false, text, folder, &err), err);
  assert_ok(oc_file_read(path, 1 << 24, &bytes, &size, &err), err);
  const bool found = memmem(bytes, size, "uncovered", 9) && memmem(bytes, size, "each image", 10);
  oc_memory_free(bytes);
  return found;
}

static void what_is_uncovered_is_recorded(void **state) {
  (void)state;
  assert_true(is_recorded("shift 1", "augment-shift"));
  assert_false(is_recorded("flip", "augment-flip"));
}

/* In the middle of an epoch: the partner of an image follows from its batch. */
static void a_resumed_run_mixes_the_same_images(void **state) {
  (void)state;
  char straight[65], resumed[65];
  oc_error err;
  assert_ok(run_until(0, false, mixes, "mix-straight", &err), err);
  assert_fails(run_until(16, false, mixes, "mix-parts", &err), OC_E_INTERRUPTED, err, "--resume");
  assert_ok(run_until(0, true, mixes, "mix-parts", &err), err);
  hash_of_run("mix-straight", straight);
  hash_of_run("mix-parts", resumed);
  assert_string_equal(straight, resumed);
}

static bool keep_losses(void *context, const oc_event *event) {
  double *losses = context;
  if (event->kind == OC_EVENT_EPOCH) {
    losses[0] = event->train_loss;
    losses[1] = event->valid_loss;
  }
  return true;
}

/* After an epoch whose weights hardly change, both measured losses are those of a run without it. */
static void measured_images_stay_as_they_are(void **state) {
  (void)state;
  double losses[2][2];
  for (int i = 0; i < 2; i++) {
    setting s = {"dense CLASSES", "sgd", 2, 1e-12, 0};
    fixture f = make(&s, NULL);
    oc_error err;
    f.o.epochs = 1;
    f.o.full_train_metrics = true;
    f.o.augment = i ? "shift 4, flip, mixup" : NULL;
    f.o.on_event = keep_losses;
    f.o.context = losses[i];
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    release(&f);
  }
  for (int k = 0; k < 2; k++) assert_float_equal(losses[0][k], losses[1][k], 1e-6);
}

/* ---- mixtures ------------------------------------------------------------------------------------------ */

typedef struct mean {
  double loss, accuracy;
} mean;

/* What the model answers for mixtures of images first .. first+n-1, made by the public functions. */
static void add_batch(const fixture *f, const oc_augmentation *a, int64_t first, int64_t n, mean *sum) {
  static uint8_t images[BATCH][PIXELS], mixtures[BATCH][PIXELS];
  int32_t labels[BATCH];
  float p[BATCH * CLASSES];
  oc_error err;
  const oc_augment_key batch = {f->o.seed, 0, (uint64_t)first, 0};
  const int64_t way = oc_augmentation_partner(a, &batch, n);
  double shares[BATCH];
  assert_ok(oc_dataset_read(f->train, first, n, images[0], labels, &err), err);
  for (int64_t i = 0; i < n; i++) {
    const oc_augment_key key = {f->o.seed, 0, (uint64_t)(first + i), 0};
    memcpy(mixtures[i], images[i], PIXELS);
    shares[i] = oc_augmentation_mix(a, &key, images[(i + way) % n], mixtures[i]);
  }
  assert_ok(oc_model_predict(f->m, mixtures[0], n, p, &err), err);
  for (int64_t i = 0; i < n; i++) {
    const float *q = p + i * CLASSES;
    const int32_t one = labels[i], two = labels[(i + way) % n];
    const int answer = q[0] >= q[1] && q[0] >= q[2] ? 0 : q[1] >= q[2] ? 1 : 2;
    sum->loss -= (shares[i] * log((double)q[one]) + (1 - shares[i]) * log((double)q[two])) / TRAIN;
    sum->accuracy += (answer == (shares[i] >= 0.5 ? one : two)) / (double)TRAIN;
  }
}

static bool keep_means(void *context, const oc_event *event) {
  if (event->kind == OC_EVENT_EPOCH) *(mean *)context = (mean){event->train_loss, event->train_accuracy};
  return true;
}

/* In an epoch whose weights hardly change. */
static void the_loss_and_accuracy_are_those_of_mixed_labels(void **state) {
  (void)state;
  setting s = {"dense CLASSES", "sgd", 2, 1e-12, 0};
  fixture f = make(&s, NULL);
  mean got = {0}, expected = {0};
  oc_augmentation *a;
  oc_error err;
  f.o.epochs = 1;
  f.o.no_shuffle = true;
  f.o.seed = 9;
  f.o.augment = "mixup 1, cutmix";
  f.o.on_event = keep_means;
  f.o.context = &got;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_augmentation_create(f.o.augment, (oc_image_shape){SIDE, SIDE, 1}, NULL, &a, &err), err);
  for (int64_t first = 0; first < TRAIN; first += BATCH)
    add_batch(&f, a, first, TRAIN - first < BATCH ? TRAIN - first : BATCH, &expected);
  assert_float_equal(got.loss, expected.loss, 1e-5);
  assert_float_equal(got.accuracy, expected.accuracy, 1e-9);
  oc_augmentation_free(a);
  release(&f);
}

/* White images that are moved over a white background stay white; over a black one they would not. */
static void what_comes_from_outside_follows_from_the_images(void **state) {
  (void)state;
  static const char *const texts[] = {NULL, "crop 5", "rotate 45"};
  char first[65], other[65];
  for (int i = 0; i < 3; i++) {
    fixture f = make(&plain, NULL);
    uint8_t pixels[VALID * PIXELS];
    int32_t labels[VALID];
    oc_error err;
    memset(pixels, 255, sizeof pixels);
    for (int k = 0; k < VALID; k++) labels[k] = k % CLASSES;
    oc_dataset_free(f.train);
    const oc_dataset_options o = {.count = VALID, .size = {SIDE, SIDE, 1}};
    assert_ok(labeled_images(pixels, labels, &o, CLASSES, NULL, &f.train, &err), err);
    f.o.epochs = 1;
    f.o.augment = texts[i];
    assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
    hash_of_model(f.m, i ? other : first);
    if (i) assert_string_equal(first, other);
    release(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_do_not_depend_on_threads),
      IN_FOLDER(a_resumed_run_has_the_same_bits),
      IN_FOLDER(what_is_uncovered_is_recorded),
      IN_FOLDER(a_resumed_run_mixes_the_same_images),
      cmocka_unit_test(measured_images_stay_as_they_are),
      cmocka_unit_test(the_loss_and_accuracy_are_those_of_mixed_labels),
      cmocka_unit_test(what_comes_from_outside_follows_from_the_images),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
