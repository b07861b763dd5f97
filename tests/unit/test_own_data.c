/* Is a caller's own data, with targets of every kind, from memory or from a function, read as it was
 * given, and is what cannot be a target refused in words? */
#include "harness.h"
#include "base/thread_pool.h"
#include "data/dataset.h"
#include "data/input.h"
#include <math.h>
#include <stdatomic.h>

enum { IMAGES = 100, BYTES = 6, TAGS = 3, PLACES = 2 };
static const oc_image_shape size = {2, 3, 1};
static const char *const tags[TAGS] = {"wet", "warm", "red"};

/* What image i is, by rule. */
static uint8_t pixel_of(int64_t i, int64_t p) {
  return (uint8_t)(i * 7 + p);
}
static int32_t label_of(int64_t i) {
  return (int32_t)(i % 4);
}
static float tag_of(int64_t i, int64_t k) {
  return (float)(i >> k & 1);
}
static float place_of(int64_t i, int64_t k) {
  return (float)i / 8 - (float)k;
}

typedef struct own {
  uint8_t pixels[IMAGES * BYTES];
  int32_t labels[IMAGES];
  float tags[IMAGES * TAGS], places[IMAGES * PLACES];
  oc_target targets[3];
  oc_dataset_options o;
} own;

static void make_own(own *m) {
  for (int64_t i = 0; i < IMAGES; i++) {
    m->labels[i] = label_of(i);
    for (int64_t p = 0; p < BYTES; p++) m->pixels[i * BYTES + p] = pixel_of(i, p);
    for (int64_t k = 0; k < TAGS; k++) m->tags[i * TAGS + k] = tag_of(i, k);
    for (int64_t k = 0; k < PLACES; k++) m->places[i * PLACES + k] = place_of(i, k);
  }
  m->targets[0] = (oc_target){"digit", OC_TARGET_CLASS, 4, NULL, m->labels};
  m->targets[1] = (oc_target){"tags", OC_TARGET_CLASSES, TAGS, tags, m->tags};
  m->targets[2] = (oc_target){"place", OC_TARGET_VECTOR, PLACES, NULL, m->places};
  m->o = (oc_dataset_options){.count = IMAGES, .size = size, .targets = m->targets, .target_count = 3};
}

/* Gives the same images, and counts its concurrent calls. */
typedef struct reader {
  atomic_int inside, most, calls;
  int64_t refuses; /* this image cannot be read */
  int64_t spoils;  /* this one has a target that is NaN */
} reader;

static void fill(const reader *r, int64_t image, int64_t at, uint8_t *pixels, void *const *targets) {
  for (int64_t p = 0; pixels && p < BYTES; p++) pixels[at * BYTES + p] = pixel_of(image, p);
  if (targets[0]) ((int32_t *)targets[0])[at] = label_of(image);
  for (int64_t k = 0; targets[1] && k < TAGS; k++) ((float *)targets[1])[at * TAGS + k] = tag_of(image, k);
  for (int64_t k = 0; targets[2] && k < PLACES; k++)
    ((float *)targets[2])[at * PLACES + k] = image == r->spoils ? NAN : place_of(image, k);
}

static oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                      void *const *targets, oc_error *err) {
  reader *r = context;
  const int now = atomic_fetch_add(&r->inside, 1) + 1;
  if (now > atomic_load(&r->most)) atomic_store(&r->most, now);
  atomic_fetch_add(&r->calls, 1);
  oc_status status = OC_OK;
  for (int64_t i = 0; i < count && status == OC_OK; i++) {
    if (indices[i] == r->refuses) {
      status = err->code = OC_E_IO;
      snprintf(err->where, sizeof err->where, "shelf");
      snprintf(err->hint, sizeof err->hint, "Dust it.");
      snprintf(err->message, sizeof err->message, "image %d is not on it", (int)indices[i]);
    }
    fill(r, indices[i], i, pixels, targets);
  }
  atomic_fetch_sub(&r->inside, 1);
  return status;
}

static reader sound = {.refuses = -1, .spoils = -1};

static oc_dataset *from(const own *m, bool memory) {
  oc_dataset *d;
  oc_error err;
  if (memory)
    assert_ok(oc_dataset_from_memory(m->pixels, &m->o, &d, &err), err);
  else
    assert_ok(oc_dataset_from_callback(give, &sound, &m->o, &d, &err), err);
  return d;
}

static void reads_what_was_given(void **state) {
  (void)state;
  own m;
  oc_error err;
  make_own(&m);
  for (int memory = 0; memory < 2; memory++) {
    oc_dataset *d = from(&m, memory);
    uint8_t pixels[90 * BYTES];
    int32_t labels[90], again[90];
    float t[90 * TAGS], p[90 * PLACES];
    void *const targets[3] = {labels, t, p}, *const last[3] = {NULL, NULL, p};
    assert_ok(oc_dataset_read_targets(d, 5, 90, pixels, targets, &err), err);
    assert_memory_equal(pixels, m.pixels + 5 * BYTES, sizeof pixels);
    assert_memory_equal(labels, m.labels + 5, sizeof labels);
    assert_memory_equal(t, m.tags + 5 * TAGS, sizeof t);
    assert_memory_equal(p, m.places + 5 * PLACES, sizeof p);
    memset(p, 0, sizeof p);
    assert_ok(oc_dataset_read_targets(d, 7, 2, NULL, last, &err), err);
    assert_memory_equal(p, m.places + 7 * PLACES, 2 * PLACES * sizeof *p);
    assert_ok(oc_dataset_read(d, 5, 90, NULL, again, &err), err);
    assert_memory_equal(again, labels, sizeof labels);
    const int64_t order[3] = {99, 0, 42};
    assert_ok(oc_batch_read(d, order, 1, 2, pixels, labels, &err), err);
    assert_int_equal(labels[0], label_of(0));
    assert_int_equal(pixels[BYTES], pixel_of(42, 0));
    assert_fails(oc_batch_read(d, (const int64_t[]){100}, 0, 1, pixels, NULL, &err), OC_E_ARGUMENT, err,
                 "from index 100 are out of range");
    assert_fails(oc_dataset_read_targets(d, 99, 2, pixels, targets, &err), OC_E_ARGUMENT, err,
                 "out of range");
    assert_int_equal(oc_dataset_target_count(d), 3);
    assert_int_equal(oc_dataset_classes(d), 4);
    assert_string_equal(oc_dataset_class_name(d, 3), "3");
    assert_string_equal(oc_dataset_target(d, 1)->class_names[1], "warm");
    assert_null(oc_dataset_target(d, 2)->class_names);
    assert_null(oc_dataset_target(d, 2)->values);
    assert_null(oc_dataset_target(d, 3));
    oc_dataset_free(d);
  }
}

/* The first target is not a class: no labels, and -1 where they are requested. */
static void without_labels(void **state) {
  (void)state;
  own m;
  oc_error err;
  make_own(&m);
  m.o.targets = m.targets + 1;
  m.o.target_count = 2;
  for (int memory = 0; memory < 2; memory++) {
    if (!memory) m.o.target_count = 0;
    oc_dataset *d = from(&m, memory);
    int32_t labels[2] = {7, 7};
    assert_false(oc_dataset_labeled(d));
    assert_int_equal(oc_dataset_classes(d), 0);
    assert_string_equal(oc_dataset_class_name(d, 0), "");
    assert_ok(oc_dataset_read(d, 0, 2, NULL, labels, &err), err);
    assert_int_equal(labels[0], -1);
    assert_int_equal(labels[1], -1);
    oc_dataset_free(d);
  }
}

/* Memory and function give one hash for the same images and targets; an identity stands for both. */
static void hashes(void **state) {
  (void)state;
  own m;
  make_own(&m);
  oc_dataset *a = from(&m, true), *b = from(&m, false);
  assert_int_equal(strlen(oc_dataset_hash(a)), 64);
  assert_string_equal(oc_dataset_hash(a), oc_dataset_hash(b));
  m.places[3] += 1;
  oc_dataset *moved = from(&m, true);
  assert_string_not_equal(oc_dataset_hash(a), oc_dataset_hash(moved));
  m.places[3] -= 1;
  m.targets[2].name = "other";
  oc_dataset *renamed = from(&m, true);
  assert_string_not_equal(oc_dataset_hash(a), oc_dataset_hash(renamed));
  m.targets[2].name = "place";
  m.o.identity = "first edition";
  oc_dataset *said = from(&m, false);
  const int calls = atomic_load(&sound.calls);
  assert_string_not_equal(oc_dataset_hash(said), oc_dataset_hash(a));
  assert_int_equal(atomic_load(&sound.calls), calls);
  m.o.identity = "second edition";
  oc_dataset *second = from(&m, false);
  assert_string_not_equal(oc_dataset_hash(said), oc_dataset_hash(second));
  oc_dataset_free(a), oc_dataset_free(b), oc_dataset_free(moved), oc_dataset_free(renamed);
  oc_dataset_free(said), oc_dataset_free(second);
}

static void errors_pass_through(void **state) {
  (void)state;
  own m;
  oc_error err;
  oc_dataset *d;
  oc_standardizer s;
  uint8_t pixels[IMAGES * BYTES];
  float places[IMAGES * PLACES];
  void *const targets[3] = {NULL, NULL, places};
  make_own(&m);
  reader missing = {.refuses = 70, .spoils = -1}, spoiled = {.refuses = -1, .spoils = 66};
  assert_ok(oc_dataset_from_callback(give, &missing, &m.o, &d, &err), err);
  assert_ok(oc_dataset_read(d, 0, 70, pixels, NULL, &err), err);
  assert_fails(oc_dataset_read(d, 0, 71, pixels, NULL, &err), OC_E_IO, err,
               "shelf: image 70 is not on it: Dust it.");
  assert_int_equal(oc_dataset_read(d, 70, 1, pixels, NULL, NULL), OC_E_IO);
  assert_fails(oc_standardizer_fit(d, &s, &err), OC_E_IO, err, "image 70");
  assert_fails(oc_dataset_identify(d, &err), OC_E_IO, err, "image 70");
  assert_string_equal(oc_dataset_hash(d), "");
  oc_dataset_free(d);
  assert_ok(oc_dataset_from_callback(give, &spoiled, &m.o, &d, &err), err);
  assert_ok(oc_dataset_read(d, 0, IMAGES, pixels, NULL, &err), err);
  assert_fails(oc_dataset_read_targets(d, 60, 10, NULL, targets, &err), OC_E_DATA, err,
               "place: the target of image 66 is nan, but must be finite");
  oc_dataset_free(d);
}

static oc_status say_nothing(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                             void *const *targets, oc_error *err) {
  (void)context, (void)indices, (void)count, (void)pixels, (void)targets, (void)err;
  return OC_E_IO;
}

static oc_status give_wrong_label(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                                  void *const *targets, oc_error *err) {
  (void)context, (void)indices, (void)pixels, (void)err;
  for (int64_t i = 0; targets[0] && i < count; i++) ((int32_t *)targets[0])[i] = 4;
  return OC_OK;
}

static void careless_functions(void **state) {
  (void)state;
  own m;
  oc_error err;
  oc_dataset *d;
  int32_t labels[3];
  make_own(&m);
  assert_ok(oc_dataset_from_callback(say_nothing, NULL, &m.o, &d, &err), err);
  assert_fails(oc_dataset_read(d, 3, 2, NULL, labels, &err), OC_E_IO, err,
               "could not read 2 images from image 3");
  oc_dataset_free(d);
  assert_ok(oc_dataset_from_callback(give_wrong_label, NULL, &m.o, &d, &err), err);
  assert_fails(oc_dataset_read(d, 3, 2, NULL, labels, &err), OC_E_DATA, err,
               "digit: label 4 of image 3 is out of range: 0 to 3");
  oc_dataset_free(d);
}

/* Many threads read concurrently, or one at a time if the function requires it. */
static void keeps_the_thread_rule(void **state) {
  (void)state;
  own m;
  oc_error err;
  oc_dataset *d;
  oc_input in;
  oc_thread_pool *pool;
  oc_standardizer s;
  make_own(&m);
  for (int serial = 0; serial < 2; serial++) {
    reader r = {.refuses = -1, .spoils = -1};
    m.o.serial = serial;
    assert_ok(oc_dataset_from_callback(give, &r, &m.o, &d, &err), err);
    assert_ok(oc_standardizer_fit(d, &s, &err), err);
    assert_ok(oc_input_create(IMAGES, size, (const size_t[]){sizeof(float) * PLACES, sizeof(int32_t)}, 2, &in,
                              &err),
              err);
    assert_ok(oc_thread_pool_create(4, &pool, &err), err);
    const int which[] = {2, 0}; /* of the dataset's targets */
    const oc_images images = {.data = d, .targets = which};
    for (int i = 0; i < 20; i++) assert_ok(oc_input_fill(&in, &images, 0, IMAGES, &s, pool, &err), err);
    if (serial) assert_int_equal(atomic_load(&r.most), 1);
    assert_memory_equal(in.targets[0], m.places, sizeof m.places);
    assert_memory_equal(in.targets[1], m.labels, sizeof m.labels);
    oc_thread_pool_free(pool);
    oc_input_release(&in);
    oc_standardizer_release(&s);
    oc_dataset_free(d);
  }
}

/* One change of a sound description, and the words that refuse it. */
static void hostile_descriptions(void **state) {
  (void)state;
  static const char *const unnamed[TAGS] = {"a", NULL, "c"};
  own m;
  oc_error err;
  oc_dataset *d;
#define REFUSED(change, status, words)                                                                       \
  do {                                                                                                       \
    make_own(&m);                                                                                            \
    change;                                                                                                  \
    assert_fails(oc_dataset_from_memory(m.pixels, &m.o, &d, &err), status, err, words);                      \
    assert_null(d);                                                                                          \
  } while (0)
  REFUSED(m.places[5] = NAN, OC_E_DATA, "place: the target of image 2 is nan, but must be finite");
  REFUSED(m.places[1] = -INFINITY, OC_E_DATA, "place: the target of image 0 is -inf");
  REFUSED(m.tags[4] = 1.5F, OC_E_DATA, "tags: the target of image 1 is 1.5, but must be 0 to 1");
  REFUSED(m.tags[4] = NAN, OC_E_DATA, "must be finite");
  REFUSED(m.labels[9] = 4, OC_E_DATA, "digit: label 4 of image 9 is out of range: 0 to 3");
  REFUSED(m.labels[9] = INT32_MIN, OC_E_DATA, "out of range: 0 to 3");
  REFUSED(m.targets[0].size = 0, OC_E_ARGUMENT, "classes must be 1 to 65536, got 0");
  REFUSED(m.targets[2].size = INT64_MAX, OC_E_ARGUMENT, "place: size must be 1 to 65536");
  REFUSED(m.targets[1].size = -1, OC_E_ARGUMENT, "got -1");
  REFUSED(m.targets[1].kind = (oc_target_kind)9, OC_E_ARGUMENT, "unknown kind of target 9");
  REFUSED(m.targets[1].values = NULL, OC_E_ARGUMENT, "tags: values must not be NULL");
  REFUSED(m.targets[1].class_names = unnamed, OC_E_ARGUMENT, "class 1 has no name");
  REFUSED(m.targets[1].name = "digit", OC_E_ARGUMENT, "targets 0 and 1 are both called 'digit'");
  REFUSED(m.targets[1].name = NULL, OC_E_ARGUMENT, "the name of target 1 must be letters");
  REFUSED(m.targets[1].name = "", OC_E_ARGUMENT, "the name of target 1");
  REFUSED(m.targets[1].name = "a/b", OC_E_ARGUMENT, "the name of target 1");
  REFUSED(m.targets[1].name = "1a", OC_E_ARGUMENT, "the name of target 1");
  REFUSED(m.o.target_count = OC_TARGETS_MAX + 1, OC_E_ARGUMENT, "at most 16, got 17");
  REFUSED(m.o.target_count = -1, OC_E_ARGUMENT, "got -1");
  REFUSED(m.o.targets = NULL, OC_E_ARGUMENT, "got 3 in NULL");
  REFUSED(m.o.count = INT64_MAX, OC_E_ARGUMENT, "invalid dataset");
  REFUSED(m.o.count = INT64_MAX / 8, OC_E_ARGUMENT, "too many values: 3 for each");
  REFUSED(m.o.struct_size = 3, OC_E_ARGUMENT, "struct_size");
#undef REFUSED
  make_own(&m);
  m.o.count = 0;
  assert_fails(oc_dataset_from_callback(give, NULL, &m.o, &d, &err), OC_E_ARGUMENT, err, "0 images");
  assert_fails(oc_dataset_from_callback(NULL, NULL, &m.o, &d, &err), OC_E_ARGUMENT, err, "read");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_what_was_given),
      cmocka_unit_test(without_labels),
      cmocka_unit_test(hashes),
      cmocka_unit_test(errors_pass_through),
      cmocka_unit_test(careless_functions),
      cmocka_unit_test(keeps_the_thread_rule),
      cmocka_unit_test(hostile_descriptions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
