/* Does the loader give the batches that are read one by one, with any number of threads, from any image on,
 * and after an epoch that was left? What happens when an image cannot be read? */
#include "harness.h"
#include "base/error.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/loader.h"
#include "ocellus/model.h"

enum { COUNT = 43, BATCH = 7, SIDE = 9, IMAGE = SIDE * SIDE };
static oc_error err;

/* All pixels of an image follow from its index; one image may fail. */
typedef struct given {
  int64_t fails; /* an image, -1: none */
} given;

static oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                      void *const *targets, oc_error *error) {
  const given *g = context;
  for (int64_t i = 0; i < count; i++) {
    if (indices[i] == g->fails) return oc_fail(error, OC_E_IO, "image", "", "unreadable");
    if (pixels) memset(pixels + i * IMAGE, (int)(3 * indices[i] + 1), IMAGE);
    if (targets && targets[0]) ((int32_t *)targets[0])[i] = (int32_t)(indices[i] % 5);
  }
  return OC_OK;
}

typedef struct fixture {
  given given;
  oc_dataset *data;
  oc_standardizer standardizer;
  int64_t order[COUNT];
  oc_augmentation *augmentation;
  oc_input_augment augment, here; /* with scratch for the threads, and for this one */
  int targets[1];
  oc_input input, expected;
} fixture;

static void begin(fixture *f, const char *augment) {
  const size_t bytes[1] = {sizeof(int32_t)};
  const oc_image_shape size = {SIDE, SIDE, 1};
  const oc_target target = {.name = "label", .kind = OC_TARGET_CLASS, .size = 5};
  const oc_dataset_options o = {.count = COUNT, .size = size, .targets = &target, .target_count = 1};
  *f = (fixture){.given = {-1}};
  assert_ok(oc_dataset_from_callback(give, &f->given, &o, &f->data, &err), err);
  assert_ok(oc_standardizer_fit(f->data, &f->standardizer, &err), err);
  assert_ok(oc_epoch_order(COUNT, true, 3, 1, f->order, &err), err);
  assert_ok(oc_input_create(BATCH, size, bytes, 1, &f->input, &err), err);
  assert_ok(oc_input_create(BATCH, size, bytes, 1, &f->expected, &err), err);
  if (!augment) return;
  assert_ok(oc_augmentation_create(augment, size, NULL, &f->augmentation, &err), err);
  if (oc_augmentation_mixes(f->augmentation)) {
    assert_ok(oc_input_create_mixed(&f->input, &err), err);
    assert_ok(oc_input_create_mixed(&f->expected, &err), err);
  }
  f->augment = (oc_input_augment){.how = f->augmentation, .seed = 5, .epoch = 2};
  f->here = f->augment;
  f->augment.scratch = calloc(8, oc_augmentation_scratch(f->augmentation) + 1);
  f->here.scratch = calloc(1, oc_augmentation_scratch(f->augmentation) + 1);
}

static void end(fixture *f) {
  oc_dataset_free(f->data);
  oc_standardizer_release(&f->standardizer);
  oc_input_release(&f->input);
  oc_input_release(&f->expected);
  free(f->augment.scratch);
  free(f->here.scratch);
  oc_augmentation_free(f->augmentation);
}

static oc_images images_of(fixture *f) {
  return (oc_images){.data = f->data,
                     .targets = f->targets,
                     .order = f->order,
                     .augment = f->augmentation ? &f->augment : NULL};
}

/* Takes `batches` batches from image `first` on and compares each. */
static void take(fixture *f, oc_loader *l, int64_t first, int64_t batches) {
  const oc_images from = images_of(f);
  oc_images again = from;
  if (f->augmentation) again.augment = &f->here;
  oc_loader_begin(l, &from, first, COUNT);
  for (int64_t b = 0; b < batches; b++, first += BATCH) {
    const int64_t n = COUNT - first < BATCH ? COUNT - first : BATCH;
    assert_ok(oc_loader_next(l, &f->input, &f->standardizer, NULL, &err), err);
    assert_ok(oc_input_fill(&f->expected, &again, first, n, &f->standardizer, NULL, &err), err);
    assert_memory_equal(f->input.x, f->expected.x, (size_t)n * IMAGE * sizeof(float));
    assert_memory_equal(f->input.targets[0], f->expected.targets[0], (size_t)n * sizeof(int32_t));
    if (!f->input.mixed.shares) continue;
    const oc_mixed *got = &f->input.mixed, *expected = &f->expected.mixed;
    assert_memory_equal(got->targets[0], expected->targets[0], (size_t)n * sizeof(int32_t));
    assert_memory_equal(got->shares, expected->shares, (size_t)n * sizeof(float));
  }
}

static void same_batches(void **state) {
  (void)state;
  static const char *const augments[] = {NULL, "shift 2, rotate 20", "flip, mixup, cutmix"};
  for (int a = 0; a < 3; a++)
    for (int threads = 1; threads <= 5; threads += 2) {
      fixture f;
      oc_loader *l;
      begin(&f, augments[a]);
      assert_ok(oc_loader_create(&f.input, threads, &l, &err), err);
      assert_int_equal(oc_loader_threads(l), threads);
      for (int epoch = 0; epoch < 20; epoch++) take(&f, l, 0, 7);
      take(&f, l, 21, 4);
      take(&f, l, 0, 2); /* is left, with batches on the way */
      take(&f, l, 0, 7);
      take(&f, l, 0, 1);
      assert_true(oc_loader_waited(l) >= 0);
      oc_loader_free(l);
      end(&f);
    }
}

/* The batch with the image fails, with its message; those before it and the next epoch do not. */
static void unreadable(void **state) {
  (void)state;
  fixture f;
  oc_loader *l;
  begin(&f, NULL);
  assert_ok(oc_loader_create(&f.input, 3, &l, &err), err);
  f.given.fails = f.order[17];
  const oc_images from = images_of(&f);
  oc_loader_begin(l, &from, 0, COUNT);
  for (int b = 0; b < 2; b++) assert_ok(oc_loader_next(l, &f.input, &f.standardizer, NULL, &err), err);
  assert_fails(oc_loader_next(l, &f.input, &f.standardizer, NULL, &err), OC_E_IO, err, "unreadable");
  oc_loader_begin(l, &from, 21, COUNT); /* waits for what is being read */
  f.given.fails = -1;
  take(&f, l, 0, 7);
  oc_loader_free(l);
  oc_loader_free(NULL);
  assert_fails(oc_loader_create(&f.input, -1, &l, &err), OC_E_ARGUMENT, err, "0 to 256");
  end(&f);
}

/* ---- a whole training ---------------------------------------------------------------------------------- */

static void write_folder(void) {
  for (int i = 0; i < 60; i++) {
    char path[64];
    unsigned char bytes[256];
    snprintf(path, sizeof path, "d/%d", i % 3);
    assert_ok(oc_folder_create(path, &err), err);
    snprintf(path, sizeof path, "d/%d/%d.pgm", i % 3, i);
    const int head = snprintf((char *)bytes, sizeof bytes, "P5 12 %d 255\n", 12 + i % 2);
    for (int k = 0; k < 12 * (12 + i % 2); k++)
      bytes[head + k] = (unsigned char)(i % 3 * 70 + (k * 7 + i) % 60);
    harness_write_file(path, bytes, (size_t)(head + 12 * (12 + i % 2)));
  }
}

/* The weights after two epochs. */
static void train(const char *augment, int workers, size_t cache, int threads, float weights[16]) {
  oc_data data;
  oc_model *m;
  const oc_data_options open = {.cache_bytes = cache, .valid = "stratified:12"};
  const oc_session_options session = {.threads = threads, .seed = 4};
  const oc_model_options how = {.net = "maxpool 4 | dense 3", .session = &session};
  const oc_fit_options fit = {
      .epochs = 2, .batch = 7, .learning_rate = 1e-2, .workers = workers, .augment = augment};
  assert_ok(oc_data_open("d", &open, &data, &err), err);
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  assert_ok(oc_model_fit(m, data.train, data.valid, &fit, &err), err);
  uint8_t *pixels = calloc(1, 16 * 16);
  assert_non_null(pixels);
  assert_ok(oc_model_predict(m, pixels, 1, weights, &err), err);
  free(pixels);
  oc_model_free(m);
  oc_data_close(&data);
}

static void same_bits(void **state) {
  (void)state;
  static const char *const augments[] = {"shift 2", "shift 2, mixup 1, cutmix"};
  write_folder();
  for (int a = 0; a < 2; a++) {
    float first[16] = {0}, other[16] = {0};
    train(augments[a], 1, 1, 1, first);
    train(augments[a], 4, 1 << 20, 1, other);
    assert_memory_equal(first, other, sizeof first);
    train(augments[a], 2, 2000, 3, other);
    assert_memory_equal(first, other, sizeof first);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_batches),
      cmocka_unit_test(unreadable),
      cmocka_unit_test_setup_teardown(same_bits, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
