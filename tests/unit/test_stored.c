/* Do numbers of every type become the pixels and labels of the rule, in pieces of any length, and is all else
 * refused? */
#include "harness.h"
#include "data/source/stored.h"
#include <math.h>

enum { MOST = 64 };

/* The bytes of `value` as `type`. */
static void store(const oc_element *type, double value, unsigned char *to) {
  uint64_t bits;
  const float single = (float)value;
  if (type->kind == OC_ELEMENT_REAL && type->bytes == 8)
    memcpy(&bits, &value, sizeof bits);
  else if (type->kind == OC_ELEMENT_REAL) {
    uint32_t half;
    memcpy(&half, &single, sizeof half);
    bits = half;
  } else
    bits = (uint64_t)(int64_t)value;
  for (size_t i = 0; i < type->bytes; i++)
    to[type->big_endian ? type->bytes - 1 - i : i] = (unsigned char)(bits >> (8 * i));
}

static oc_status convert(const oc_element *type, const double *values, int64_t count, int64_t piece,
                         oc_stored *e, oc_error *err) {
  unsigned char raw[MOST * 8];
  for (int64_t i = 0; i < count; i++) store(type, values[i], raw + (size_t)i * type->bytes);
  e->where = "f";
  e->type = type;
  for (int64_t i = 0; i < count; i += piece) {
    const oc_status status =
        oc_stored_add(e, raw + (size_t)i * type->bytes, piece < count - i ? piece : count - i, err);
    if (status != OC_OK) return status;
  }
  return OC_OK;
}

static const oc_element types[] = {
    {"uint8", OC_ELEMENT_UNSIGNED, 1, false},  {"int8", OC_ELEMENT_SIGNED, 1, false},
    {"uint16", OC_ELEMENT_UNSIGNED, 2, false}, {"int16", OC_ELEMENT_SIGNED, 2, true},
    {"uint32", OC_ELEMENT_UNSIGNED, 4, true},  {"int32", OC_ELEMENT_SIGNED, 4, false},
    {"uint64", OC_ELEMENT_UNSIGNED, 8, true},  {"int64", OC_ELEMENT_SIGNED, 8, false},
    {"float32", OC_ELEMENT_REAL, 4, false},    {"float32", OC_ELEMENT_REAL, 4, true},
    {"float64", OC_ELEMENT_REAL, 8, false},    {"float64", OC_ELEMENT_REAL, 8, true}};
enum { TYPES = sizeof types / sizeof types[0] };

static void check(const oc_element *type, const double *values, const uint8_t *want, int64_t count,
                  bool boolean, int real_max) {
  oc_error err;
  for (int64_t piece = 1; piece <= count; piece++) {
    uint8_t pixels[MOST] = {0};
    oc_stored e = {.pixels = pixels, .boolean = boolean};
    assert_ok(convert(type, values, count, piece, &e, &err), err);
    assert_memory_equal(pixels, want, count);
    assert_int_equal(oc_stored_real_max(&e), real_max);
  }
}

static void every_type_becomes_bytes(void **state) {
  (void)state;
  const double small[5] = {0, 1, 5, 126, 127};
  for (int t = 0; t < TYPES; t++)
    check(&types[t], small, (const uint8_t[]){0, 1, 5, 126, 127}, 5, false,
          types[t].kind == OC_ELEMENT_REAL ? 255 : 0);
  for (int t = 2; t < TYPES; t++)
    check(&types[t], (const double[]){255, 128, 0}, (const uint8_t[]){255, 128, 0}, 3, false,
          types[t].kind == OC_ELEMENT_REAL ? 255 : 0);
  check(&types[0], (const double[]){0, 1, 1}, (const uint8_t[]){0, 255, 255}, 3, true, 0);
  check(&types[5], (const double[]){0, 1, 1}, (const uint8_t[]){0, 1, 1}, 3, false, 0);
}

static void fractions_fill_the_range(void **state) {
  (void)state;
  for (int t = 8; t < TYPES; t++)
    check(&types[t], (const double[]){0, 1, 0.5, 0.25, 0.001, 0.002, -0.0},
          (const uint8_t[]){0, 255, 128, 64, 0, 1, 0}, 7, false, 1);
}

/* What was taken as 0 to 1 first is the same as if 255 had been known as the largest from the start. */
static void late_large_numbers_change_all_before(void **state) {
  (void)state;
  for (int t = 8; t < TYPES; t++) {
    const bool single = types[t].bytes == 4;
    double values[MOST] = {0,
                           0.5,
                           single ? (double)nextafterf(0.5F, 0) : nextafter(0.5, 0),
                           single ? (double)nextafterf(0.5F, 1) : nextafter(0.5, 1),
                           1,
                           0.499,
                           0.501};
    uint8_t want[MOST];
    for (int i = 7; i < MOST - 1; i++) values[i] = (double)(i * 37 % 101) / 100;
    values[MOST - 1] = 254.5;
    for (int i = 0; i < MOST; i++) want[i] = (uint8_t)round(values[i]);
    check(&types[t], values, want, MOST, false, 255);
  }
}

static void all_else_is_refused(void **state) {
  (void)state;
  const struct {
    int type;
    double value;
    const char *message;
  } rows[] = {{1, -1, "pixels of type int8 must be 0 to 255, got -1 as number 2"},
              {2, 256, "type uint16 must be 0 to 255, got 256"},
              {3, -32768, "got -32768"},
              {5, 65535, "got 65535"},
              {7, -9e18, "type int64"},
              {8, NAN, "must be 0 to 255, or 0 to 1, got nan as number 2"},
              {9, 255.5, "got 255.5"},
              {10, -1e-9, "got -1e-09"},
              {11, INFINITY, "got inf"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t pixels[2];
    oc_stored e = {.pixels = pixels};
    oc_error err;
    const double values[2] = {1, rows[i].value};
    assert_fails(convert(&types[rows[i].type], values, 2, 2, &e, &err), OC_E_DATA, err, rows[i].message);
  }
}

static void labels_are_whole_numbers(void **state) {
  (void)state;
  int32_t labels[3];
  oc_error err;
  for (int t = 2; t < TYPES; t++) {
    oc_stored e = {.labels = labels};
    assert_ok(convert(&types[t], (const double[]){7, 300, 0}, 3, 2, &e, &err), err);
    assert_int_equal(labels[0], 7);
    assert_int_equal(labels[1], 300);
    assert_int_equal(labels[2], 0);
    assert_int_equal(e.largest, 300);
  }
  const double wrong[] = {0.5, -1, 65536, NAN, 1e300};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    oc_stored e = {.labels = labels};
    assert_fails(convert(&types[10], &wrong[i], 1, 1, &e, &err), OC_E_DATA, err,
                 "labels must be whole numbers of 0 to 65535, got");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_becomes_bytes),
      cmocka_unit_test(fractions_fill_the_range),
      cmocka_unit_test(late_large_numbers_change_all_before),
      cmocka_unit_test(all_else_is_refused),
      cmocka_unit_test(labels_are_whole_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
