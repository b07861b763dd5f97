/* Charts: does each back end show the numbers and texts that it was given, whatever they are? */
#include "harness.h"
#include "base/library.h"
#include "ocellus/chart.h"
#include "ocellus/number.h"
#include <math.h>

/* ---- a chart, and what is made of it ------------------------------------------------------------------- */

static oc_chart *create(const oc_chart_form *form) {
  oc_chart *c;
  oc_error err;
  assert_ok(oc_chart_create(form, &c, &err), err);
  return c;
}

static void add(oc_chart *c, const oc_mark *mark) {
  oc_error err;
  assert_ok(oc_chart_add(c, mark, &err), err);
}

static char *svg_of(const oc_chart *c) {
  char *text;
  oc_error err;
  assert_ok(oc_chart_svg(c, &text, &err), err);
  return text;
}

static char *text_of(const oc_chart *c, int columns, int colors, bool unicode) {
  const oc_chart_view view = {columns, colors, unicode};
  char *text;
  oc_error err;
  assert_ok(oc_chart_text(c, &view, &text, &err), err);
  return text;
}

/* The numbers of an attribute, in order; returns how many. */
static int read_back(const char *svg, const char *attribute, double *out, int room) {
  int count = 0;
  for (const char *at = svg; (at = strstr(at, attribute)) && count < room; count++)
    out[count] = strtod(at += strlen(attribute), NULL);
  return count;
}

static int count_of(const char *text, const char *part) {
  int count = 0;
  for (; (text = strstr(text, part)); text++) count++;
  return count;
}

static oc_chart *line_of(const double *values, int count) {
  static double x[2000];
  for (int i = 0; i < count; i++) x[i] = i + 1;
  oc_chart *c = create(&(oc_chart_form){.title = "Loss", .x = {.label = "epoch"}, .y = {.label = "loss"}});
  add(c, &(oc_mark){.name = "training", .count = count, .x = x, .values = values});
  return c;
}

/* ---- values -------------------------------------------------------------------------------------------- */

static void values_are_read_back_to_the_bit(void **state) {
  (void)state;
  const double values[] = {1.0 / 3, 0.1, 1e-300, -2.5, 12345678.9};
  double back[5], x[5];
  oc_chart *c = line_of(values, 5);
  char *svg = svg_of(c);
  assert_int_equal(read_back(svg, "data-value=\"", back, 5), 5);
  assert_int_equal(read_back(svg, "data-x=\"", x, 5), 5);
  assert_memory_equal(back, values, sizeof values);
  for (int i = 0; i < 5; i++) assert_true(x[i] == i + 1);
  oc_free(svg);
  oc_chart_free(c);
}

static void what_is_not_finite_is_a_gap(void **state) {
  (void)state;
  const double values[] = {1, 2, NAN, 3, INFINITY, 4, 5};
  double back[7];
  oc_chart *c = line_of(values, 7);
  char *svg = svg_of(c), *text = text_of(c, 80, 0, false);
  assert_int_equal(read_back(svg, "data-value=\"", back, 7), 5);
  assert_int_equal(count_of(svg, "<polyline class=\"l0\""),
                   2); /* a single point between gaps makes no line */
  assert_null(strstr(svg, "nan"));
  assert_null(strstr(svg, "inf"));
  assert_null(strstr(text, "nan"));
  oc_free(svg);
  oc_free(text);
  oc_chart_free(c);
}

static void odd_numbers_of_values_are_drawn(void **state) {
  (void)state;
  const double cases[][2] = {
      {NAN, NAN},         {7, 7},       {0, 0},        {1e308, -1e308}, {5e-324, 0}, {1e300, 1e300},
      {1.7e308, 1.7e308}, {1.7e308, 1}, {-1.7e308, 3}, {1e17, 1e17}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    for (int count = 0; count <= 2; count++) {
      oc_chart *c = line_of(cases[i], count);
      char *svg = svg_of(c), *text = text_of(c, 20, 256, true);
      assert_null(strstr(svg, "nan"));
      assert_null(strstr(svg, "922337203685477580")); /* what a number without a place becomes */
      assert_non_null(strstr(svg, "</svg>"));
      assert_true(strlen(text) > 0);
      oc_free(svg);
      oc_free(text);
      oc_chart_free(c);
    }
}

static void a_long_line_keeps_its_peaks(void **state) {
  (void)state;
  static double values[2000], back[2000];
  for (int i = 0; i < 2000; i++) values[i] = sin(i);
  values[777] = 50;
  values[778] = -50;
  values[1234] = NAN;
  oc_chart *c = line_of(values, 2000);
  char *svg = svg_of(c);
  double least = 0, largest = 0;
  const int count = read_back(svg, "data-value=\"", back, 2000);
  for (int i = 0; i < count; i++) {
    least = fmin(least, back[i]);
    largest = fmax(largest, back[i]);
  }
  assert_true(count < 500 && least == -50 && largest == 50);
  assert_int_equal(count_of(svg, "<polyline class=\"l0\""), 2);
  oc_free(svg);
  oc_chart_free(c);
}

/* ---- texts --------------------------------------------------------------------------------------------- */

static const char *const hostile[] = {
    "<script>alert(1)</script>", "\"'&<>", "\033[31mred\a", "\xff\xfe", "a\xe2\x80\xaez", "]]>", ""};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static oc_chart *bars_of(const char *const *names, int count) {
  static double values[4096];
  for (int i = 0; i < count; i++) values[i] = 1 + i;
  oc_chart *c = create(&(oc_chart_form){.title = names[0],
                                        .about = names[0],
                                        .x = {.label = names[0]},
                                        .y = {.label = names[0], .names = names, .name_count = count}});
  add(c, &(oc_mark){.kind = OC_MARK_BARS, .name = names[0], .count = count, .values = values});
  return c;
}

static void hostile_texts_reach_nothing_raw(void **state) {
  (void)state;
  oc_chart *c = bars_of(hostile, HOSTILE);
  char *svg = svg_of(c), *text = text_of(c, 80, 0, true);
  assert_null(strstr(svg, "<script"));
  assert_null(strpbrk(svg, "\033\a\xff"));
  assert_null(strstr(svg, "\xe2\x80\xae"));
  assert_non_null(strstr(svg, "&#60;script&#62;"));
  assert_null(strpbrk(text, "\033\a\xff"));
  oc_free(svg);
  oc_free(text);
  oc_chart_free(c);
}

static void long_and_foreign_labels_fit(void **state) {
  (void)state;
  char names[3][601];
  const char *list[3] = {names[0], names[1], names[2]};
  memset(names, 0, sizeof names);
  for (int i = 0; i < 200; i++) {
    names[0][i] = 'x';
    memcpy(names[1] + 3 * i, "\xe7\x8c\xab", 3); /* a cat, two columns wide */
    memcpy(names[2] + 2 * i, "\xd9\x82", 2);     /* an Arabic letter */
  }
  oc_chart *c = bars_of(list, 3);
  char *svg = svg_of(c), *text = text_of(c, 80, 0, false);
  for (int i = 0; i < 3; i++) assert_non_null(strstr(svg, names[i])); /* as a title */
  assert_int_equal(count_of(svg, "<text class=\"ink\""), 4);
  assert_true(count_of(svg, "…</text>") >= 4);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    int columns = 0;
    for (const char *p = line; *p; p++) columns += (*p & 0xC0) != 0x80 ? (*p & 0xF0) == 0xE0 ? 2 : 1 : 0;
    assert_true(columns <= 80);
  }
  oc_free(svg);
  oc_free(text);
  oc_chart_free(c);
}

/* ---- sizes --------------------------------------------------------------------------------------------- */

static void one_and_a_thousand_classes(void **state) {
  (void)state;
  static char names[1000][16];
  static const char *list[1000];
  for (int i = 0; i < 1000; i++) {
    (void)snprintf(names[i], sizeof names[i], "c%d", i);
    list[i] = names[i];
  }
  for (int count = 1; count <= 1000; count += 999) {
    oc_chart *c = bars_of(list, count);
    char *svg = svg_of(c), *text = text_of(c, 80, 0, false);
    assert_int_equal(count_of(svg, "data-value="), count);
    assert_true(count_of(text, "\n") >= count);
    oc_free(svg);
    oc_free(text);
    oc_chart_free(c);
  }
}

static void cells_are_numbers_where_they_fit(void **state) {
  (void)state;
  static const char *const names[] = {"cat", "dog"};
  const double values[] = {90, 2, 0, 8};
  const oc_chart_form form = {.title = "t",
                              .x = {.label = "prediction", .names = names, .name_count = 2},
                              .y = {.label = "truth", .names = names, .name_count = 2}};
  double back[4];
  oc_chart *c = create(&form);
  add(c, &(oc_mark){.kind = OC_MARK_CELLS, .count = 4, .values = values, .diagonal = true});
  char *svg = svg_of(c), *text = text_of(c, 80, 0, false), *colored = text_of(c, 80, 1 << 24, true);
  assert_int_equal(read_back(svg, "data-value=\"", back, 4), 4);
  assert_memory_equal(back, values, sizeof values);
  assert_int_equal(count_of(svg, "class=\"f0\""), 2); /* right ones */
  assert_int_equal(count_of(svg, "class=\"f1\""), 2); /* errors */
  assert_non_null(strstr(svg, "<title>cat / dog, 2</title>"));
  assert_string_equal(
      text, "t\nRows: truth. Columns: prediction.\n      cat  dog\ncat    90    2\ndog     .    8\n");
  assert_non_null(strstr(colored, "\033[48;2;"));
  oc_free(svg);
  oc_free(text);
  oc_free(colored);
  oc_chart_free(c);
}

/* ---- files --------------------------------------------------------------------------------------------- */

static void files_are_whole_or_not_there(void **state) {
  (void)state;
  const double values[] = {3, 1, 2};
  oc_error err;
  oc_library cairo;
  oc_chart *c = line_of(values, 3);
  const oc_chart *const list[] = {c, c};
  assert_ok(oc_chart_save(list, 2, "two.svg", &err), err);
  assert_int_equal(access("two.svg", R_OK), 0);
  assert_fails(oc_chart_save(list, 2, "two.gif", &err), OC_E_ARGUMENT, err, ".svg or .png");
  assert_fails(oc_chart_save(list, 0, "two.svg", &err), OC_E_ARGUMENT, err, "count");
  assert_fails(oc_chart_save(list, 1, "no/two.svg", &err), OC_E_CANT_CREATE, err, "no/two.svg");
  assert_true(oc_library_at(OC_LIBRARY_cairo, &cairo));
  if (cairo.state == OC_LIBRARY_OPENED) {
    char head[8];
    assert_ok(oc_chart_save(list, 2, "two.png", &err), err);
    FILE *f = fopen("two.png", "rb");
    assert_int_equal(fread(head, 1, 8, f), 8);
    assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
    (void)fclose(f);
  } else {
    assert_fails(oc_chart_save(list, 2, "two.png", &err), OC_E_UNSUPPORTED, err, ".svg");
  }
  oc_chart_free(c);
}

static void bad_marks_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b"};
  const double values[] = {1, 2, 3};
  oc_error err;
  oc_chart *c = create(&(oc_chart_form){.y = {.names = names, .name_count = 2}}), *none;
  assert_fails(oc_chart_add(c, &(oc_mark){.kind = OC_MARK_BARS, .count = 3, .values = values}, &err),
               OC_E_ARGUMENT, err, "expected 2 values, got 3");
  assert_fails(oc_chart_add(c, &(oc_mark){.color = 8}, &err), OC_E_ARGUMENT, err, "color");
  assert_fails(oc_chart_add(c, &(oc_mark){.kind = (oc_mark_kind)9}, &err), OC_E_ARGUMENT, err, "kind");
  assert_fails(oc_chart_add(c, &(oc_mark){.count = 1, .values = values}, &err), OC_E_ARGUMENT, err, "x");
  assert_fails(oc_chart_add(c, &(oc_mark){.count = -1}, &err), OC_E_ARGUMENT, err, "count");
  for (int i = 0; i < OC_CHART_MAX_MARKS; i++) add(c, &(oc_mark){.count = 0});
  assert_fails(oc_chart_add(c, &(oc_mark){.count = 0}, &err), OC_E_ARGUMENT, err, "too many marks");
  oc_chart_free(c);
  assert_fails(oc_chart_create(&(oc_chart_form){.x = {.names = names, .name_count = -1}}, &none, &err),
               OC_E_ARGUMENT, err, "name_count");
  assert_null(none);
}

/* That of "abc" in FIPS 180-4, as base64. */
static void a_hash_is_that_of_the_standard(void **state) {
  (void)state;
  char hash[OC_PAGE_HASH];
  assert_string_equal(oc_page_hash("abc", hash), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

/* fontconfig, from which cairo gets its fonts, keeps what it found. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libfontconfig\n";
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_read_back_to_the_bit),
      cmocka_unit_test(what_is_not_finite_is_a_gap),
      cmocka_unit_test(odd_numbers_of_values_are_drawn),
      cmocka_unit_test(a_long_line_keeps_its_peaks),
      cmocka_unit_test(hostile_texts_reach_nothing_raw),
      cmocka_unit_test(long_and_foreign_labels_fit),
      cmocka_unit_test(one_and_a_thousand_classes),
      cmocka_unit_test(cells_are_numbers_where_they_fit),
      cmocka_unit_test_setup_teardown(files_are_whole_or_not_there, harness_enter_folder,
                                      harness_leave_folder),
      cmocka_unit_test(bad_marks_are_refused),
      cmocka_unit_test(a_hash_is_that_of_the_standard),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
