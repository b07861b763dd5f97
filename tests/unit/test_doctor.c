/* Does the doctor find each planted fault, with the right kind and the right pair, and nothing else? */
#include "harness.h"
#include "base/file.h"
#include "ocellus/doctor.h"
#include <math.h>

static oc_error err;
enum { SIDE = 24 };

/* A smooth image that differs from those of other numbers. */
static uint8_t value_at(int number, double y, double x) {
  const double a = 0.2 + 0.13 * (number % 7), b = 0.15 + 0.11 * (number % 5);
  return (uint8_t)lround(127 + 100 * sin(a * y + number) * cos(b * x + 2 * number));
}

static void write_pgm(const char *path, const uint8_t *pixels, int side) {
  unsigned char bytes[32 + SIDE * SIDE];
  char folder[256];
  snprintf(folder, sizeof folder, "%s", path);
  *strrchr(folder, '/') = 0;
  assert_ok(oc_folder_create(folder, &err), err);
  const int head = snprintf((char *)bytes, sizeof bytes, "P5 %d %d 255\n", side, side);
  memcpy(bytes + head, pixels, (size_t)(side * side));
  harness_write_file(path, bytes, (size_t)(head + side * side));
}

/* Image `number`; `noise` changes each value a little; half: at half the size. */
static void write_image(const char *path, int number, int noise, bool half) {
  uint8_t pixels[SIDE * SIDE];
  const int side = half ? SIDE / 2 : SIDE, step = half ? 2 : 1;
  for (int i = 0; i < side * side; i++) {
    const double middle = half ? 0.5 : 0;
    const int value =
        value_at(number, i / side * step + middle, i % side * step + middle) + (i % 3 - 1) * noise;
    pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  write_pgm(path, pixels, side);
}

enum { EACH = 60 };

static void write_good(void) {
  for (int i = 0; i < 2 * EACH; i++) {
    char path[64];
    snprintf(path, sizeof path, "d/train/%c/%03d.pgm", i < EACH ? 'a' : 'b', i);
    write_image(path, i, 0, false);
  }
  write_image("d/test/a/900.pgm", 900, 0, false), write_image("d/test/b/901.pgm", 903, 0, false);
}

/* "KIND FILE OTHER" of all findings, in their order. */
static void assert_findings(const char *const *expected) {
  oc_doctor *report;
  oc_finding f;
  int64_t i = 0;
  assert_ok(oc_doctor_examine("d", NULL, &report, &err), err);
  for (; oc_doctor_finding(report, i, &f); i++) {
    char line[256];
    snprintf(line, sizeof line, "%s %s %s", f.kind, f.file, f.other);
    if (!expected[i] || strcmp(line, expected[i]) != 0)
      fail_msg("finding %d is '%s', not '%s'", (int)i, line, expected[i] ? expected[i] : "none");
    assert_true(f.detail[0] != 0);
  }
  if (expected[i]) fail_msg("not found: %s", expected[i]);
  oc_doctor_free(report);
}

static void finds_what_was_planted(void **state) {
  (void)state;
  static const uint8_t flat[SIDE * SIDE] = {0};
  write_good();
  assert_findings((const char *const[]){NULL});
  write_image("d/train/a/dup.pgm", 3, 0, false);    /* of a/003 */
  write_image("d/train/b/con.pgm", 4, 0, false);    /* of a/004 */
  write_image("d/test/a/leak.pgm", 5, 0, false);    /* of a/005 */
  write_image("d/train/a/near.pgm", 6, 5, false);   /* of a/006 */
  write_image("d/train/b/half.pgm", 70, 0, true);   /* of b/070 */
  write_image("d/train/b/ncon.pgm", 7, 5, false);   /* of a/007 */
  write_image("d/test/b/nleak.pgm", 71, 0, true);   /* of b/071 */
  write_image("d/train/a/name.png", 800, 0, false); /* content of another format */
  write_pgm("d/train/a/flat.pgm", flat, SIDE);
  harness_write_file("d/train/a/none.pgm", "", 0);
  harness_write_file("d/train/b/page.jpg", "<html>", 6);
  harness_write_file("d/train/b/cut.pgm", "P5 24 24 255 abc", 16);
  assert_findings((const char *const[]){
      "unreadable train/b/cut.pgm ", "empty train/a/none.pgm ", "not-an-image train/b/page.jpg ",
      "wrong-extension train/a/name.png ", "leak train/a/005.pgm test/a/leak.pgm",
      "conflict train/b/con.pgm train/a/004.pgm", "duplicate train/a/dup.pgm train/a/003.pgm",
      "near-leak train/b/071.pgm test/b/nleak.pgm", "near-conflict train/b/ncon.pgm train/a/007.pgm",
      "near-duplicate train/a/near.pgm train/a/006.pgm", "near-duplicate train/b/half.pgm train/b/070.pgm",
      "constant train/a/flat.pgm ", "mixed-sizes  ", NULL});
}

static void classes(void **state) {
  (void)state;
  write_good();
  write_image("d/train/c/1.pgm", 700, 0, false);
  assert_findings((const char *const[]){"missing-class  c", "few-images  c", "imbalance  ", NULL});
}

/* Labels that a model contradicts: of 240 images in two easy classes, 12 lie in the wrong folder. */
static void labels(void **state) {
  (void)state;
  oc_data data;
  oc_model *m = NULL;
  oc_doctor *report;
  oc_finding f;
  for (int i = 0; i < 240; i++) {
    char path[64];
    uint8_t pixels[SIDE * SIDE];
    const int bright = i % 2, moved = i % 20 < 2 && i >= 120;
    for (int k = 0; k < SIDE * SIDE; k++) pixels[k] = (uint8_t)((k * 7 + i * 13) % 60 + (bright ? 180 : 10));
    snprintf(path, sizeof path, "d/%s/%s%d.pgm", bright != moved ? "bright" : "dark", moved ? "moved" : "",
             i);
    write_pgm(path, pixels, SIDE);
  }
  assert_ok(oc_data_open("d", NULL, &data, &err), err);
  const oc_model_options how = {.net = "maxpool 4 | dense 2"};
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  const oc_fit_options fit = {.epochs = 6, .batch = 16, .learning_rate = 1e-2};
  assert_ok(oc_model_fit(m, data.train, data.valid, &fit, &err), err);
  oc_data_close(&data);
  oc_doctor_options o = oc_doctor_defaults();
  o.model = m;
  assert_ok(oc_doctor_examine("d", &o, &report, &err), err);
  int right = 0, suspected = 0;
  double last = 0;
  for (int64_t i = 0; oc_doctor_finding(report, i, &f); i++) {
    if (strcmp(f.kind, "label") != 0) continue;
    suspected++;
    right += strstr(f.file, "moved") != NULL;
    const double of_label = strtod(strstr(f.detail, ", and ") + 6, NULL);
    assert_true(of_label >= last); /* the most doubtful first */
    last = of_label;
  }
  assert_int_equal(suspected, 12);
  assert_int_equal(right, 12);
  oc_doctor_free(report);
  oc_model_free(m);
}

static void refuses(void **state) {
  (void)state;
  oc_doctor *report;
  oc_image image;
  assert_fails(oc_doctor_examine("digits", NULL, &report, &err), OC_E_UNSUPPORTED, err,
               "only images in files");
  assert_null(report);
  write_good();
  write_image("d/train/a/dup.pgm", 3, 0, false);
  assert_ok(oc_doctor_examine("d", NULL, &report, &err), err);
  assert_int_equal(oc_doctor_images(report), 2 * EACH + 3);
  assert_ok(oc_doctor_image(report, 0, true, 8, &image, &err), err);
  assert_true(image.size.height == 8 && image.size.width == 8 && image.size.channels == 3);
  oc_image_release(&image);
  assert_fails(oc_doctor_image(report, 1, false, 8, &image, &err), OC_E_ARGUMENT, err, "no finding 1");
  assert_fails(oc_doctor_image(report, 0, false, 0, &image, &err), OC_E_ARGUMENT, err, "side");
  oc_doctor_free(report);
}

/* Each kind has a name of its own, and a summary. */
static void kinds(void **state) {
  (void)state;
  const char *name, *summary, *other, *text;
  int count = 0;
  for (; oc_doctor_kind(count, &name, &summary); count++) {
    assert_true(*name && *summary);
    for (int i = 0; i < count; i++)
      if (oc_doctor_kind(i, &other, &text)) assert_string_not_equal(name, other);
  }
  assert_true(count > 10);
  assert_false(oc_doctor_kind(-1, &name, &summary));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(finds_what_was_planted, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(classes, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(labels, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(refuses, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test(kinds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
