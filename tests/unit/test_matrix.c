/* Do text and .npy become the numbers they mean, and is all that could mean two things refused where it
 * stands? (tests/oracle/test_tables.py compares with numpy.loadtxt.) */
#include "harness.h"
#include "ocellus/matrix.h"
#include <math.h>

static oc_status parse(const char *text, bool argument, oc_matrix *m, oc_error *err) {
  return argument ? oc_matrix_parse_argument("t", text, m, err)
                  : oc_matrix_parse("t", text, strlen(text), m, err);
}

static const struct {
  const char *text;
  bool argument;
  int rank;
  int64_t rows, columns;
  double data[6];
} good[] = {
    {"1,3 , 2e0,-4", true, 1, 1, 4, {1, 3, 2, -4}},
    {" 1 3 ", true, 1, 1, 2, {1, 3}},
    {"1 2;3 4\r\n", true, 2, 2, 2, {1, 2, 3, 4}},
    {"1 2;3 4\r\n\n# no numbers\n5 6\n", true, 2, 3, 2, {1, 2, 3, 4, 5, 6}},
    {"1;2;3", true, 1, 3, 1, {1, 2, 3}},
    {"1;2;3", false, 1, 1, 3, {1, 2, 3}},
    {"1; 2\n3 ;4 # row 2\n", false, 2, 2, 2, {1, 2, 3, 4}},
    {"1\n2\n3\n", false, 1, 3, 1, {1, 2, 3}},
    {"1\t2\r3\t 4\r", false, 2, 2, 2, {1, 2, 3, 4}},
    {"  1   2\r\n\r\n  3   4", false, 2, 2, 2, {1, 2, 3, 4}},
    {"\xef\xbb\xbf"
     "1,2",
     false,
     1,
     1,
     2,
     {1, 2}},
    {"#\xc3\xa9\n+1e-2 -inf\n", false, 1, 1, 2, {1e-2, -INFINITY}},
    {"7", false, 1, 1, 1, {7}},
};

static void text_becomes_numbers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
    oc_matrix m;
    oc_error err;
    assert_ok(parse(good[i].text, good[i].argument, &m, &err), err);
    assert_int_equal(m.rank, good[i].rank);
    assert_int_equal(m.rows, good[i].rows);
    assert_int_equal(m.columns, good[i].columns);
    assert_int_equal(oc_matrix_count(&m), good[i].rows * good[i].columns);
    for (int64_t k = 0; k < oc_matrix_count(&m); k++) assert_true(m.data[k] == good[i].data[k]);
    oc_matrix_release(&m);
  }
}

static const struct {
  const char *text;
  bool argument;
  const char *message;
} bad[] = {
    {"", true, "line 1, column 1: expected numbers, got none"},
    {" \n#1\n", false, "line 3, column 1: expected numbers, got none"},
    {"1 2; 3", true, "line 1, column 7: row 2 has 1 number, but row 1 has 2"},
    {"1 2\n\n3 4 5", false, "line 3, column 5: expected the end of the row, got '5'"},
    {"1,a", true, "line 1, column 3: expected a number, got 'a'"},
    {"\xc3\xa9 1", false, "line 1, column 1: expected a number, got '\\xc3\\xa9'"},
    {"1 \xc3\xa9\xc3\xa9 2", false, "line 1, column 3: expected a number, got '"},
    {"1\n0x10", false, "line 2, column 1: expected a number, got '0x10'"},
    {"1e", true, "expected a number, got '1e'"},
    {"--1", true, "expected a number, got '--1'"},
    {"1.2.3", true, "expected a number"},
    {"1e999", true, "expected at most 1.8e308, got '1e999'"},
    {"\x1b[31m", true, "expected a number, got '\\x1b[31m'"},
    {"1,,2", true, "column 3: expected a number before ','"},
    {",1", true, "column 1: expected a number before ','"},
    {"1,", true, "column 2: expected a number after ','"},
    {"1\t\t2", false, "column 3: expected a number before a tab"},
    {"1\t2\t\n", false, "column 4: expected a number after a tab"},
    {"1;;2", false, "column 3: expected a number before ';'"},
    {"1;;2", true, "column 3: expected a row before ';'"},
    {"1;", true, "column 3: expected a row after the last ';'"},
    {"1 3; 2 4", false, "column 4: ';' separates numbers here, but at line 1, column 2 a blank does"},
    {"1; 3", false, "column 2: ambiguous ';': with spaces in a single line"},
    {"1,5;2,5", false, "column 4: ';' separates numbers here, but at line 1, column 2 ',' does"},
    {"1,5 2,5", false, "column 4: a blank separates numbers here, but at line 1, column 2 ',' does"},
    {"1,5 2,5", true, "column 4: a blank separates numbers here"},
    {"1;2\n1,5;2", false, "line 2, column 2: ',' separates numbers here, but at line 1, column 2 ';' does"},
    {"1 000\t2 000", false, "column 6: a tab separates numbers here"},
    {"1,2\n  \n3,4", false, "line 2, column 1: expected a number, got only spaces"},
    {"a,b\n1,2", false, "line 1, column 1: expected a number, got 'a'"},
    {"\"1\" 2", false, "expected a number, got '\"1\"'"},
};

static void text_that_is_no_matrix_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    oc_matrix m;
    oc_error err;
    assert_fails(parse(bad[i].text, bad[i].argument, &m, &err), OC_E_DATA, err, bad[i].message);
    assert_null(m.data);
  }
}

/* The way to write it stands in the hint. */
static void hints_say_how_to_write_it(void **state) {
  (void)state;
  oc_matrix m;
  oc_error err;
  assert_int_equal(parse("1 3; 2 4", false, &m, &err), OC_E_DATA);
  assert_non_null(strstr(err.hint, "write each row on its own line: 1 3 on one line, 2 4 on the next"));
  assert_int_equal(parse("1,5;2,5", false, &m, &err), OC_E_DATA);
  assert_non_null(strstr(err.hint, "with a point (1.5)"));
}

static void utf16_is_text(void **state) {
  (void)state;
  static const char little[] = "\xff\xfe"
                               "1\0\t\0"
                               "2\0",
                    big[] = "\xfe\xff\0"
                            "1\0\t\0"
                            "2";
  static const char cut[] = "\xff\xfe"
                            "1\0\t",
                    pair[] = "\xff\xfe#\0\x3d\xd8\x00\xde\n\0"
                             "7\0";
  oc_matrix m;
  oc_error err;
  assert_ok(oc_matrix_parse("t", little, sizeof little - 1, &m, &err), err);
  assert_true(m.columns == 2 && m.data[0] == 1 && m.data[1] == 2);
  oc_matrix_release(&m);
  assert_ok(oc_matrix_parse("t", big, sizeof big - 1, &m, &err), err);
  assert_true(m.columns == 2 && m.data[0] == 1 && m.data[1] == 2);
  oc_matrix_release(&m);
  assert_ok(oc_matrix_parse("t", pair, sizeof pair - 1, &m, &err), err);
  assert_true(m.columns == 1 && m.data[0] == 7);
  oc_matrix_release(&m);
  assert_fails(oc_matrix_parse("t", cut, sizeof cut - 1, &m, &err), OC_E_DATA, err,
               "line 1, column 1: expected a number, got '1");
  assert_fails(oc_matrix_parse("t", "1\0\t\0", 4, &m, &err), OC_E_DATA, err,
               "expected a number, got '1\\x00'");
}

static void sizes_are_checked(void **state) {
  (void)state;
  oc_matrix m;
  oc_error err;
  const int64_t sizes[4] = {2, 3, 4, 5}, huge[4] = {OC_MATRIX_MAX_ELEMENTS, 1, 2, 1}, none[1] = {0};
  assert_ok(oc_matrix_create(4, sizes, &m, &err), err);
  assert_true(m.rows == 2 && m.columns == 3 && m.channels == 4 && m.outputs == 5);
  assert_int_equal(oc_matrix_count(&m), 120);
  oc_matrix_release(&m);
  assert_fails(oc_matrix_create(4, huge, &m, &err), OC_E_ARGUMENT, err,
               "size 2 2 is out of range: a matrix has 1 to 67108864 values");
  assert_fails(oc_matrix_create(1, none, &m, &err), OC_E_ARGUMENT, err, "size 0 0");
  assert_fails(oc_matrix_create(5, sizes, &m, &err), OC_E_ARGUMENT, err, "rank 5");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(text_becomes_numbers),      cmocka_unit_test(text_that_is_no_matrix_is_refused),
      cmocka_unit_test(hints_say_how_to_write_it), cmocka_unit_test(utf16_is_text),
      cmocka_unit_test(sizes_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
