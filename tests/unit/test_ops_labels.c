/* one_hot, argmax, equal, cast, and integers of 64 bits: values, chunks, parts, refusals. */
#include "harness.h"
#include "op_case.h"

typedef struct one_hot_attrs { /* as in one_hot.c */
  int64_t depth;
} one_hot_attrs;

static void one_hot(void **state) {
  (void)state;
  const one_hot_attrs attrs = {3}, none = {0};
  const double labels[] = {2, 0, -1, 3, 1};
  op_case c;
  case_begin(&c, "one_hot", OC_F32, &attrs, 5);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), labels);
  case_run(&c, 2);
  for (int64_t i = 0; i < 15; i++) assert_true(case_get(&c, 0, i) == (labels[i / 3] == (double)(i % 3)));
  c.info.attrs = &none;
  assert_fails(case_infer(&c), OC_E_ARGUMENT, c.err, "depth must be at least 1, got 0");
  case_end(&c);
}

/* Labels, casts and comparisons of int64 beyond what int32, float and double hold. */
static void long_integers(void **state) {
  (void)state;
  const one_hot_attrs three = {3};
  const double labels[] = {2, -4294967296.0, 4294967297.0, 1};
  op_case c;
  case_begin(&c, "one_hot", OC_F32, &three, 4);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), labels);
  case_run(&c, 3);
  for (int64_t i = 0; i < 12; i++) assert_true(case_get(&c, 0, i) == (labels[i / 3] == (double)(i % 3)));
  assert_int_equal(c.info.op->accept(&c.info, "y", c.in[0], 1, &c.err), OC_OK);
  assert_fails(c.info.op->accept(&c.info, "y", (int64_t[]){3, 0}, 2, &c.err), OC_E_DATA, c.err,
               "label 3 of sample 0 is out of range");
  assert_fails(c.info.op->accept(&c.info, "y", c.in[0], 4, &c.err), OC_E_DATA, c.err,
               "label -4294967296 of sample 1 is out of range: there are 3");
  case_end(&c);
  case_begin(&c, "equal", OC_F32, NULL, 3);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), NULL);
  case_input(&c, OC_I64, OC_SHAPE(OC_BATCH), NULL);
  const int64_t a[] = {INT64_MAX, 1, -5}, b[] = {INT64_MAX - 1, 1 + ((int64_t)1 << 32), -5};
  memcpy(c.in[0], a, sizeof a);
  memcpy(c.in[1], b, sizeof b);
  case_run(&c, 2);
  for (int i = 0; i < 3; i++) assert_true(case_get(&c, 0, i) == (a[i] == b[i]));
  case_end(&c);
}

static void check_cast(oc_dtype from, const void *x, oc_dtype to, const void *wanted, int count) {
  op_case c;
  const oc_dtype real_type = from == OC_F64 || to == OC_F64 ? OC_F64 : OC_F32;
  case_begin(&c, "cast", real_type, &to, count);
  case_input(&c, from, OC_SHAPE(OC_BATCH), NULL);
  memcpy(c.in[0], x, (size_t)count * oc_dtype_size(from));
  case_run(&c, 2);
  assert_memory_equal(c.out[0], wanted, (size_t)count * oc_dtype_size(to));
  case_end(&c);
}

static void casts_of_long_integers(void **state) {
  (void)state;
  const int64_t x[] = {INT64_MIN, -1, 16777217, INT64_MAX};
  check_cast(OC_I64, x, OC_I64, x, 4);
  check_cast(OC_I64, x, OC_I32, (const int32_t[]){INT32_MIN, -1, 16777217, INT32_MAX}, 4);
  check_cast(OC_I64, x, OC_U8, (const uint8_t[]){0, 0, 255, 255}, 4);
  check_cast(OC_I64, x, OC_F32, (const float[]){-0x1p63f, -1, 16777216, 0x1p63f}, 4);
  check_cast(OC_I64, x, OC_F64, (const double[]){-0x1p63, -1, 16777217, 0x1p63}, 4);
  check_cast(OC_I32, (const int32_t[]){-7, INT32_MAX}, OC_I64, (const int64_t[]){-7, INT32_MAX}, 2);
  const double reals[] = {-2.9, NAN, 1e300, -INFINITY, 0x1p62, 0x1p63, -0x1p63};
  const int64_t cut[] = {-2, 0, INT64_MAX, INT64_MIN, (int64_t)1 << 62, INT64_MAX, INT64_MIN};
  check_cast(OC_F64, reals, OC_I64, cut, 7);
  check_cast(OC_F64, reals, OC_F64, reals, 7);
}

static void argmax(void **state) {
  (void)state;
  const double x[] = {1,   3,        2,   7, 7,         0,         -5,        -4,  -4, 1,  NAN,
                      NAN, INFINITY, NAN, 9, -INFINITY, -INFINITY, -INFINITY, NAN, 1,  NAN};
  const int wanted[] = {1, 0, 1, 1, 1, 0, 0};
  op_case c;
  case_begin(&c, "argmax", OC_F32, NULL, 7);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, 3), x);
  case_run(&c, 4);
  for (int i = 0; i < 7; i++) assert_int_equal((int)case_get(&c, 0, i), wanted[i]);
  case_end(&c);
  case_begin(&c, "argmax", OC_F32, NULL, 2);
  case_input(&c, OC_F32, OC_SHAPE(OC_BATCH), NULL);
  assert_fails(case_infer(&c), OC_E_NET, c.err, "(?,)");
  case_end(&c);
}

static void equal(void **state) {
  (void)state;
  const double a[] = {1, 2, -3, 2147483647}, b[] = {1, 3, -3, -2147483647};
  op_case c;
  case_begin(&c, "equal", OC_F32, NULL, 4);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), a);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), b);
  case_run(&c, 3);
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == (a[i] == b[i]));
  assert_int_equal(c.info.out[0].dtype, OC_U8);
  case_end(&c);
  const double p[] = {0, 255, 7, 1}, q[] = {0, 254, 7, 0};
  case_begin(&c, "equal", OC_F32, NULL, 4);
  case_input(&c, OC_U8, OC_SHAPE(OC_BATCH), p);
  case_input(&c, OC_U8, OC_SHAPE(OC_BATCH), q);
  case_run(&c, 3);
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == (p[i] == q[i]));
  case_end(&c);
}

/* Real types are not compared, and the other real type than the graph's is neither compared nor converted. */
static void refused_types(void **state) {
  (void)state;
  const oc_dtype real_types[] = {OC_F32, OC_F64}, to_i32 = OC_I32;
  for (int graph = 0; graph < 2; graph++)
    for (int type = 0; type < 2; type++) {
      op_case c;
      case_begin(&c, "equal", real_types[graph], NULL, 1);
      case_input(&c, real_types[type], OC_SHAPE(OC_BATCH), NULL);
      case_input(&c, real_types[type], OC_SHAPE(OC_BATCH), NULL);
      assert_fails(case_infer(&c), OC_E_NET, c.err, "must be int32");
      case_end(&c);
      case_begin(&c, "cast", real_types[graph], &to_i32, 1);
      case_input(&c, real_types[type], OC_SHAPE(OC_BATCH), NULL);
      assert_int_equal(case_infer(&c), graph == type ? OC_OK : OC_E_NET);
      c.info.in[0].dtype = OC_I32;
      c.info.attrs = &real_types[type];
      assert_int_equal(case_infer(&c), graph == type ? OC_OK : OC_E_NET);
      case_end(&c);
    }
}

static void cast(void **state) {
  (void)state;
  const double x[] = {1.9, -1.9, NAN, 1e30, -1e30, 256, 255.5, INFINITY};
  const double as_i32[] = {1, -1, 0, 2147483647, -2147483648.0, 256, 255, 2147483647};
  const double as_u8[] = {1, 0, 0, 255, 0, 255, 255, 255};
  const oc_dtype types[] = {OC_I32, OC_U8};
  for (int t = 0; t < 2; t++) {
    op_case c;
    case_begin(&c, "cast", OC_F64, &types[t], 8);
    case_input(&c, OC_F64, OC_SHAPE(OC_BATCH), x);
    case_run(&c, 3);
    for (int i = 0; i < 8; i++) assert_true(case_get(&c, 0, i) == (t ? as_u8 : as_i32)[i]);
    case_end(&c);
  }
  const double whole[] = {-7, 0, 300, 2147483647};
  const oc_dtype real_type = OC_F64;
  op_case c;
  case_begin(&c, "cast", OC_F64, &real_type, 4);
  case_input(&c, OC_I32, OC_SHAPE(OC_BATCH), whole);
  case_run(&c, 0);
  for (int i = 0; i < 4; i++) assert_true(case_get(&c, 0, i) == whole[i]);
  case_end(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_hot),
      cmocka_unit_test(long_integers),
      cmocka_unit_test(casts_of_long_integers),
      cmocka_unit_test(argmax),
      cmocka_unit_test(equal),
      cmocka_unit_test(cast),
      cmocka_unit_test(refused_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
