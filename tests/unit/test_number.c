/* Numbers as text: does each output that a machine reads give the same bits back, of random numbers and of
 * the odd ones? */
#include "harness.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "ocellus/data.h"
#include "ocellus/net.h"
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

enum { TRIES = 3000 };
static const double odd[] = {0,       -0.0,     1,        -1,       0.1,     1e-4,    0.30000000000000004,
                             1.0 / 3, 1e16,     1e22,     1e300,    DBL_MAX, DBL_MIN, 5e-324,
                             -1e-300, 1e15 + 1, 123456.5, 0.973125, 2.5e-5,  1e5,     (double)FLT_MAX};
enum { ODD = sizeof odd / sizeof *odd };

/* Any finite double: random bits. */
static double any_double(int i) {
  oc_random r = oc_random_at(9, OC_STREAM_XO, 0, (uint64_t)i);
  for (;;) {
    const uint64_t bits = (uint64_t)oc_random_u32(&r) << 32 | oc_random_u32(&r);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) return value;
  }
}

static double number(int i) {
  return i < ODD ? odd[i] : i % 2 ? any_double(i) : (double)(float)(any_double(i) > 0 ? i / 7.0 : i / 1e5);
}

static void assert_same(double a, double b) {
  assert_memory_equal(&a, &b, sizeof a);
}

static void text_reads_back(void **state) {
  (void)state;
  char text[OC_NUMBER_TEXT];
  for (int i = 0; i < TRIES; i++) {
    const double value = number(i);
    assert_same(strtod(oc_number_text(value, text, sizeof text), NULL), value);
    assert_same(oc_number_read(text, strlen(text)), value);
    const float small = (float)fmax(-FLT_MAX, fmin(FLT_MAX, value));
    assert_true((float)strtod(oc_number_text((double)small, text, sizeof text), NULL) == small);
  }
  assert_string_equal(oc_number_text(0.1, text, sizeof text), "0.1");
  assert_string_equal(oc_number_text(-0.0, text, sizeof text), "-0");
  assert_string_equal(oc_number_text(NAN, text, sizeof text), "nan");
  assert_string_equal(oc_number_text(-INFINITY, text, sizeof text), "-inf");
}

static void json_reads_back(void **state) {
  (void)state;
  const size_t flags[] = {0, JSON_COMPACT, JSON_INDENT(2)};
  for (int i = 0; i < TRIES; i++) {
    json_t *list =
        json_pack("{s:[f, f, i], s:s}", "numbers", number(i), number(i + 1), i, "1.50 \\\" 2.0e5", "0.10\\");
    char *text = oc_json_text(list, flags[i % 3]);
    json_t *back = json_loads(text, 0, NULL);
    assert_non_null(back);
    assert_true(json_equal(list, back)); /* kinds and values */
    assert_same(json_real_value(json_array_get(json_object_get(back, "numbers"), 0)), number(i));
    oc_memory_free(text);
    json_decref(list);
    json_decref(back);
  }
  char plain[] = "{\"a "
                 "0.10000000000000001\":[0.10000000000000001,1.0,-2.5000000000000000e-5,12],\"\\\"\":0."
                 "10000000000000001}";
  assert_string_equal(oc_json_shorten(plain),
                      "{\"a 0.10000000000000001\":[0.1,1.0,-2.5e-05,12],\"\\\"\":0.1}");
  assert_null(oc_json_shorten(NULL));
}

/* Rates are below 1; a net text is read and printed, and printed again the same. */
static void net_text_reads_back(void **state) {
  (void)state;
  for (int i = 0; i < TRIES; i++) {
    oc_error err;
    oc_net_options how = oc_net_defaults();
    char *text, *again;
    how.dropout_set = true;
    how.dropout = fabs(number(i));
    if (!(how.dropout < 1)) how.dropout = 1 / (1.5 + how.dropout);
    if (how.dropout != 0 && how.dropout < DBL_MIN) continue; /* below what a text may say */
    assert_ok(oc_net_canonicalize("dense 4 | dropout 0.5 | dense 2", 2, &how, &text, &err), err);
    const char *rate = strstr(text, "dropout");
    if (rate) assert_same(strtod(rate + 8, NULL), how.dropout);
    how = oc_net_defaults();
    assert_ok(oc_net_canonicalize(text, 2, &how, &again, &err), err);
    assert_string_equal(text, again);
    oc_free(text);
    oc_free(again);
  }
}

/* A locale with a decimal comma changes nothing. */
static void any_locale(void **state) {
  (void)state;
  const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8"};
  for (int i = 0; i < 4; i++)
    if (setlocale(LC_NUMERIC, names[i])) break;
  char text[OC_NUMBER_TEXT];
  assert_string_equal(oc_number_text(0.25, text, sizeof text), "0.25");
  assert_true(oc_number_read("0.25", 4) == 0.25);
  setlocale(LC_NUMERIC, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_reads_back), cmocka_unit_test(json_reads_back),
                                     cmocka_unit_test(net_text_reads_back), cmocka_unit_test(any_locale)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
