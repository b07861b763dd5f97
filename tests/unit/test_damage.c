/* A model and a checkpoint with any one byte of them changed: refused, or the same answers. Every byte of the
 * header is tried, with each bit changed (three changes for the larger checkpoint) and one change that JSON
 * may not notice, and some of the data. */
#include "fit_fixture.h"
#include "base/file.h"
#include <jansson.h>

static const setting small = {"conv 3x3x2 | leakyrelu 0.1 | maxpool 2 | dense CLASSES", "adam", 1, 1e-2, 0};
static const unsigned char changes[] = {1, 2, 4, 8, 16, 32, 64, 128, 9 /* a blank to a tab */};

typedef struct damage {
  const unsigned char *whole; /* the file as it was */
  size_t size, header;
  oc_dataset *d;
  uint8_t pixels[4 * PIXELS];
  float right[4 * CLASSES];
  int tried, refused;
} damage;

static size_t header_of(const unsigned char *bytes) {
  return 8 + (size_t)bytes[0] + ((size_t)bytes[1] << 8) + ((size_t)bytes[2] << 16);
}

/* Refused in words, or a model that answers as before and says the same of itself. */
static void model_is_as_before(damage *t, const unsigned char *bytes) {
  const oc_session_options one = {.seed = 123, .threads = 1};
  float p[4 * CLASSES];
  oc_model *m;
  oc_error err = {0};
  t->tried++;
  if (oc_model_load_memory(bytes, t->size, &one, &m, &err) != OC_OK) {
    assert_true(err.code == OC_E_DATA || err.code == OC_E_UNSUPPORTED);
    assert_true(err.message[0]);
    t->refused++;
    return;
  }
  assert_ok(oc_model_predict(m, t->pixels, 4, p, &err), err);
  assert_memory_equal(p, t->right, sizeof p);
  assert_string_equal(oc_model_class_name(m, 2), oc_dataset_class_name(t->d, 2));
  assert_null(oc_model_converted(m));
  oc_model_free(m);
}

/* The same for all that a checkpoint holds: refused, or every tensor and every covered key are as they
 * were. */
static void checkpoint_is_as_before(damage *t, const unsigned char *bytes) {
  oc_model_source now, before;
  oc_error err = {0};
  t->tried++;
  if (oc_model_source_memory(bytes, t->size, &now, &err) != OC_OK) {
    t->refused++;
    return;
  }
  if (oc_model_check_whole(&now, "checkpoint", &err) != OC_OK) {
    assert_true(err.message[0]);
    t->refused++;
  } else {
    char a[65], b[65];
    assert_ok(oc_model_source_memory(t->whole, t->size, &before, &err), err);
    assert_ok(oc_tensors_sha256(now.file.tensors, now.file.count, a, &err), err);
    assert_ok(oc_tensors_sha256(before.file.tensors, before.file.count, b, &err), err);
    assert_string_equal(a, b);
    assert_int_equal(now.file.metadata.count, before.file.metadata.count);
    for (int i = 0; i < before.file.metadata.count; i++) {
      const oc_metadata_entry *e = &before.file.metadata.entries[i];
      if (strcmp(e->key, OC_FAST_SUM_KEY) == 0 && !oc_metadata_get(&now.file.metadata, e->key))
        continue; /* another key now: checked by the other sums */
      assert_string_equal(oc_metadata_get(&now.file.metadata, e->key), e->value);
    }
    oc_model_source_release(&before);
  }
  oc_model_source_release(&now);
}

/* With every `step`-th of the changes, the last among them. */
static void try_all(damage *t, size_t step, void (*check)(damage *t, const unsigned char *bytes)) {
  unsigned char *bytes = malloc(t->size);
  assert_non_null(bytes);
  memcpy(bytes, t->whole, t->size);
  t->header = header_of(bytes);
  for (size_t i = 0; i < t->size; i += i < t->header ? 1 : 23)
    for (size_t k = 0; k < (i < t->header ? sizeof changes : 1); k += step) {
      bytes[i] ^= changes[k];
      check(t, bytes);
      bytes[i] ^= changes[k];
    }
  free(bytes);
  printf("# %d changes, %d refused\n", t->tried, t->refused);
  assert_true(t->tried > 5000);
  assert_true(t->refused > t->tried / 10 * 9);
}

static void a_model(void **state) {
  (void)state;
  fixture f = make(&small, NULL);
  static damage t;
  oc_error err;
  void *bytes;
  t.d = f.train;
  f.o.epochs = 1;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_dataset_read(f.train, 0, 4, t.pixels, NULL, &err), err);
  assert_ok(oc_model_predict(f.m, t.pixels, 4, t.right, &err), err);
  assert_ok(oc_model_save_memory(f.m, &bytes, &t.size, &err), err);
  t.whole = bytes;
  try_all(&t, 1, model_is_as_before);
  oc_free(bytes);
  release(&f);
}

static void a_checkpoint(void **state) {
  (void)state;
  fixture f = make(&small, "run");
  static damage t;
  unsigned char *bytes;
  oc_error err;
  f.o.epochs = 2;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_file_read("run/last.safetensors", 1 << 20, &bytes, &t.size, &err), err);
  t.whole = bytes;
  try_all(&t, 4, checkpoint_is_as_before);
  oc_memory_free(bytes);
  release(&f);
}

/* A checkpoint whose sums are right and whose numbers are where no run can be: range-checked before they are
 * used. */
static void numbers_out_of_range(void **state) {
  (void)state;
  static const char *const bad[] = {
      "{\"epoch\":-1}",         "{\"epoch\":1e300}",        "{\"sample\":-5}",
      "{\"sample\":3}",         "{\"sample\":100000}",      "{\"best_epoch\":9}",
      "{\"best_epoch\":-1}",    "{\"best_accuracy\":1.5}",  "{\"best_accuracy\":-0.1}",
      "{\"train_seconds\":-1}", "{\"elapsed_seconds\":-1}", "{\"loss_sum\":\"x\"}",
      "{\"epoch\":99999999999}"};
  oc_error err;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fixture f = make(&small, "run");
    oc_model_source from;
    oc_metadata d = {0};
    f.o.epochs = 1;
    f.o.replace = true; /* the run of the turn before */
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    assert_ok(oc_model_read("run/last.safetensors", "checkpoint", &from, &err), err);
    json_t *progress = json_loads(oc_metadata_get(&from.file.metadata, "progress"), 0, NULL);
    json_t *change = json_loads(bad[i], 0, NULL);
    assert_int_equal(json_object_update(progress, change), 0);
    char *text = json_dumps(progress, JSON_COMPACT);
    assert_true(oc_metadata_copy(&d, &from.file.metadata) && oc_metadata_set(&d, "progress", text));
    const oc_tensor_table all = {.rows = from.file.tensors, .count = from.file.count};
    const oc_model_target to = {.path = "run/last.safetensors"};
    assert_ok(oc_model_write(&to, "checkpoint", &all, &d, &err), err);
    oc_model_source_release(&from);
    oc_metadata_release(&d);
    free(text);
    json_decref(progress);
    json_decref(change);
    f.o.replace = false;
    f.o.resume = true;
    f.o.epochs = 3;
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_DATA, err, "progress");
    release(&f);
  }
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_model),
      IN_FOLDER(a_checkpoint),
      IN_FOLDER(numbers_out_of_range),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
