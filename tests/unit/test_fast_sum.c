/* The fast sum of a model file: there, right, enough, refused where it is wrong, and not needed. */
#include "fit_fixture.h"
#include "base/file.h"

static const setting small = {"conv 3x3x2 relu | maxpool 2 | dense CLASSES", "adam", 1, 1e-2, 0};

typedef struct saved {
  fixture f;
  oc_model_source from;
  oc_metadata d;
} saved;

static saved make_saved(void) {
  saved s = {.f = make(&small, NULL)};
  oc_error err;
  assert_ok(oc_model_save(s.f.m, "m", &err), err);
  assert_ok(oc_model_read("m", "model", &s.from, &err), err);
  assert_true(oc_metadata_copy(&s.d, &s.from.file.metadata));
  return s;
}
static void free_saved(saved *s) {
  oc_model_source_release(&s->from);
  oc_metadata_release(&s->d);
  release(&s->f);
}
/* The file again, with these metadata as they are. */
static void write_again(const saved *s) {
  oc_error err;
  assert_ok(oc_safetensors_write("m", s->from.file.tensors, s->from.file.count, &s->d, &err), err);
}
static oc_status load(oc_error *err) {
  oc_model *m;
  const oc_status status = oc_model_load("m", NULL, &m, err);
  if (status == OC_OK) oc_model_free(m);
  return status;
}

static void is_written_and_right(void **state) {
  (void)state;
  saved s = make_saved();
  oc_error err;
  char hex[33];
  assert_int_equal(s.from.fast, OC_FAST_RIGHT);
  assert_ok(oc_fast_sum(s.from.file.tensors, s.from.file.count, &s.d, hex, &err), err);
  assert_string_equal(hex, oc_metadata_get(&s.d, OC_FAST_SUM_KEY));
  assert_ok(oc_model_verify("m", &err), err);
  free_saved(&s);
}

/* No other sum is made then: one that was always wrong is found only when it is checked. */
static void is_enough_to_load(void **state) {
  (void)state;
  saved s = make_saved();
  oc_error err;
  char wrong[65], hex[33];
  memset(wrong, '0', 64);
  wrong[64] = 0;
  assert_true(oc_metadata_set(&s.d, "sha256", wrong));
  write_again(&s);
  assert_fails(load(&err), OC_E_DATA, err,
               "tensor SHA-256 mismatch"); /* the fast sum covers what the file says */
  assert_ok(oc_fast_sum(s.from.file.tensors, s.from.file.count, &s.d, hex, &err), err);
  assert_true(oc_metadata_set(&s.d, OC_FAST_SUM_KEY, hex));
  write_again(&s);
  assert_ok(load(&err), err);
  assert_fails(oc_model_verify("m", &err), OC_E_DATA, err, "tensor SHA-256 mismatch");
  free_saved(&s);
}

static void wrong_ones_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"00000000000000000000000000000000", "", "x", "no sum at all"};
  saved s = make_saved();
  oc_error err;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_true(oc_metadata_set(&s.d, OC_FAST_SUM_KEY, wrong[i]));
    write_again(&s);
    assert_fails(load(&err), OC_E_DATA, err, "xxh3 is not the sum");
    assert_string_equal(err.hint, "Copy or train the model again: the file is damaged or was edited.");
    assert_fails(oc_model_verify("m", &err), OC_E_DATA, err, "xxh3 is not the sum");
  }
  free_saved(&s);
}

/* Changed weights under the old sum. */
static void damage_is_found(void **state) {
  (void)state;
  saved s = make_saved();
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_ok(oc_file_read("m", 1 << 20, &bytes, &size, &err), err);
  bytes[size - 1] ^= 1;
  harness_write_file("m", bytes, size);
  assert_fails(load(&err), OC_E_DATA, err, "tensor SHA-256 mismatch");
  oc_memory_free(bytes);
  free_saved(&s);
}

static void a_file_without_it_is_checked_by_sha256(void **state) {
  (void)state;
  saved s = make_saved();
  oc_error err;
  oc_metadata without = {0};
  for (int i = 0; i < s.d.count; i++)
    if (strcmp(s.d.entries[i].key, OC_FAST_SUM_KEY) != 0)
      assert_true(oc_metadata_set(&without, s.d.entries[i].key, s.d.entries[i].value));
  assert_ok(oc_safetensors_write("m", s.from.file.tensors, s.from.file.count, &without, &err), err);
  assert_ok(load(&err), err);
  assert_true(oc_metadata_set(&without, "sha256", "0"));
  assert_ok(oc_safetensors_write("m", s.from.file.tensors, s.from.file.count, &without, &err), err);
  assert_fails(load(&err), OC_E_DATA, err, "tensor SHA-256 mismatch");
  oc_metadata_release(&without);
  free_saved(&s);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {IN_FOLDER(is_written_and_right), IN_FOLDER(is_enough_to_load),
                                     IN_FOLDER(wrong_ones_are_refused), IN_FOLDER(damage_is_found),
                                     IN_FOLDER(a_file_without_it_is_checked_by_sha256)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
