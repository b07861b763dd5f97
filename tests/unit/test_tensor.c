/* Are shapes counted, compared and printed right, and arrays refused that cannot be? */
#include "harness.h"
#include "ocellus/tensor.h"

static void dtypes(void **state) {
  (void)state;
  static const struct {
    oc_dtype dtype;
    const char *name;
    size_t size;
  } row[] = {{OC_F32, "float32", 4},
             {OC_F64, "float64", 8},
             {OC_U8, "uint8", 1},
             {OC_I32, "int32", 4},
             {OC_I64, "int64", 8}};
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    assert_string_equal(oc_dtype_name(row[i].dtype), row[i].name);
    assert_int_equal(oc_dtype_size(row[i].dtype), row[i].size);
  }
  assert_string_equal(oc_dtype_name((oc_dtype)9), "?");
  assert_int_equal(oc_dtype_size((oc_dtype)9), 0);
}

static oc_status count(oc_shape shape, int64_t batch, int64_t *n, oc_error *err) {
  return oc_shape_count(&shape, batch, n, err);
}
static bool equal(oc_shape a, oc_shape b) {
  return oc_shape_equal(&a, &b);
}

static void counts(void **state) {
  (void)state;
  oc_error err;
  int64_t n;
  assert_ok(count(OC_SHAPE(2, 3, 4), 0, &n, &err), err);
  assert_int_equal(n, 24);
  assert_ok(count(OC_SHAPE(OC_BATCH, 3), 5, &n, &err), err);
  assert_int_equal(n, 15);
  assert_ok(count(OC_SCALAR_SHAPE, 0, &n, &err), err);
  assert_int_equal(n, 1);
  assert_ok(count(OC_SHAPE(INT64_MAX, INT64_MAX, 0), 0, &n, &err), err); /* empty, in any order */
  assert_int_equal(n, 0);
}

static void impossible_shapes(void **state) {
  (void)state;
  oc_error err;
  int64_t n;
  assert_fails(count(OC_SHAPE(2, -1), 1, &n, &err), OC_E_ARGUMENT, err, "axis 1 of (2, -1)");
  assert_fails(count(OC_SHAPE(OC_BATCH, 2), OC_BATCH, &n, &err), OC_E_ARGUMENT, err, "axis 0 of (?, 2)");
  assert_fails(count(OC_SHAPE(INT64_MAX, 2), 1, &n, &err), OC_E_ARGUMENT, err, "9223372036854775807");
  assert_ok(count(OC_SHAPE(1, 2, 3, 4, 5, 6, 7, 8), 1, &n, &err), err);
  assert_int_equal(n, 40320);
  assert_fails(count(OC_SHAPE(1, 1, 1, 1, 1, 1, 1, 1, 1), 1, &n, &err), OC_E_ARGUMENT, err, "got 9");
  assert_fails(count(oc_shape_make(-1, NULL), 1, &n, &err), OC_E_ARGUMENT, err, "got -1");
}

static void equality(void **state) {
  (void)state;
  assert_true(equal(OC_SHAPE(2, 3), OC_SHAPE(2, 3)));
  assert_false(equal(OC_SHAPE(2, 3), OC_SHAPE(3, 2)));
  assert_false(equal(OC_SHAPE(2), OC_SHAPE(2, 0)));
  oc_shape a = OC_SCALAR_SHAPE, b = OC_SCALAR_SHAPE;
  a.dim[3] = 7; /* beyond the rank */
  assert_true(oc_shape_equal(&a, &b));
}

static void assert_text(oc_shape shape, const char *expected) {
  char text[128];
  assert_string_equal(oc_shape_text(&shape, text, sizeof text), expected);
}

static void texts(void **state) {
  (void)state;
  assert_text(OC_SHAPE(OC_BATCH, 24, 24, 32), "(?, 24, 24, 32)");
  assert_text(OC_SHAPE(32), "(32,)");
  assert_text(OC_SHAPE(OC_BATCH), "(?,)");
  assert_text(OC_SCALAR_SHAPE, "()");
  const int64_t m = INT64_MIN;
  oc_shape longest = OC_SHAPE(m, m, m, m, m);
  oc_shape shape = OC_SHAPE(10, 20, 30);
  char text[128], cut[8];
  assert_int_equal(strlen(oc_shape_text(&longest, text, sizeof text)), 5 * 20 + 4 * 2 + 2);
  for (size_t size = 1; size <= sizeof cut; size++) {
    memset(cut, 'x', sizeof cut);
    oc_shape_text(&shape, cut, size);
    assert_int_equal(strlen(cut), size - 1);
    assert_memory_equal(cut, "(10, 20", size - 1);
  }
}

static void create_and_release(void **state) {
  (void)state;
  oc_error err;
  oc_tensor t;
  assert_ok(oc_tensor_create(OC_F64, OC_SHAPE(3, 5), &t, &err), err);
  assert_int_equal((uintptr_t)t.data % 64, 0);
  for (int i = 0; i < 15; i++) assert_true(((double *)t.data)[i] == 0.0);
  oc_tensor_release(&t);
  assert_null(t.data);
  oc_tensor_release(&t);
  oc_tensor_release(NULL);
  assert_ok(oc_tensor_create(OC_U8, OC_SHAPE(0, 5), &t, &err), err);
  assert_non_null(t.data);
  oc_tensor_release(&t);
}

static void impossible_tensors_are_empty(void **state) {
  (void)state;
  oc_error err;
  oc_tensor t;
  memset(&t, 0x5a, sizeof t);
  assert_fails(oc_tensor_create(OC_F32, OC_SHAPE(INT64_MAX), &t, &err), OC_E_MEMORY, err, "no memory");
  assert_null(t.data);
  memset(&t, 0x5a, sizeof t);
  assert_fails(oc_tensor_create(OC_F32, OC_SHAPE(OC_BATCH, 2), &t, &err), OC_E_ARGUMENT, err, "(?, 2)");
  assert_null(t.data);
  assert_fails(oc_tensor_create((oc_dtype)9, OC_SHAPE(2), &t, &err), OC_E_ARGUMENT, err, "9");
  assert_null(t.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dtypes),
      cmocka_unit_test(counts),
      cmocka_unit_test(impossible_shapes),
      cmocka_unit_test(equality),
      cmocka_unit_test(texts),
      cmocka_unit_test(create_and_release),
      cmocka_unit_test(impossible_tensors_are_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
