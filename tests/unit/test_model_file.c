/* Does a model come back from its file as it was, and is every bad file refused with the right words? */
#include "model_fixture.h"
#include "labeled_images.h"
#include <math.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void a_model_comes_back(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_error err;
  uint8_t pixels[IMAGES * PIXELS];
  float before[IMAGES * CLASSES], after[IMAGES * CLASSES];
  assert_ok(oc_dataset_read(d, 0, IMAGES, pixels, NULL, &err), err);
  assert_ok(oc_model_predict(m, pixels, IMAGES, before, &err), err);
  assert_ok(oc_model_save(m, "a.safetensors", &err), err);
  assert_ok(oc_model_load("a.safetensors", NULL, &again, &err), err);
  assert_ok(oc_model_predict(again, pixels, IMAGES, after, &err), err);
  assert_memory_equal(before, after, sizeof before);
  assert_string_equal(oc_model_net(again), oc_model_net(m));
  assert_int_equal(oc_model_classes(again), CLASSES);
  for (int i = 0; i < CLASSES; i++)
    assert_string_equal(oc_model_class_name(again, i), oc_dataset_class_name(d, i));
  assert_string_equal(oc_model_class_name(again, CLASSES), "");
  assert_int_equal(oc_model_image_shape(again).width, SIDE);
  assert_string_equal(oc_model_metadata(again, "format"), "ocellus");
  assert_ok(oc_model_save(again, "b.safetensors", &err), err);
  assert_same_files("a.safetensors", "b.safetensors");
  oc_model_free(again);
  oc_model_free(m);
  oc_dataset_free(d);
}

static void probabilities_are_probabilities(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_error err;
  uint8_t pixels[IMAGES * PIXELS];
  float many[IMAGES * CLASSES], one[CLASSES];
  assert_ok(oc_dataset_read(d, 0, IMAGES, pixels, NULL, &err), err);
  assert_ok(oc_model_predict(m, pixels, IMAGES, many, &err), err);
  assert_ok(oc_model_predict(m, pixels, 0, many, &err), err);
  for (int i = 0; i < IMAGES; i++) {
    double sum = 0;
    assert_ok(oc_model_predict(m, pixels + i * PIXELS, 1, one, &err), err);
    for (int c = 0; c < CLASSES; c++) {
      sum += one[c];
      assert_true(fabsf(one[c] - many[i * CLASSES + c]) < 1e-5f);
    }
    assert_true(fabs(sum - 1) < 1e-5);
  }
  assert_fails(oc_model_predict(m, NULL, 1, one, &err), OC_E_ARGUMENT, err, "NULL");
  assert_fails(oc_model_predict(m, pixels, -1, one, &err), OC_E_ARGUMENT, err, "-1");
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- bad files ----------------------------------------------------------------------------------------- */

/* tests/bad/model/NAME of the source tree. */
static void bad_path(const char *name, char path[1024]) {
  const char *source = getenv("OCELLUS_SOURCE");
  (void)snprintf(path, 1024, "%s/tests/bad/model/%s", source ? source : ".", name);
}

static oc_status status_named(const char *name) {
#define OC_STATUS_ROW(code, value, exit_code, text)                                                          \
  if (strcmp(name, #code) == 0) return code;
  OC_STATUS_LIST(OC_STATUS_ROW)
#undef OC_STATUS_ROW
  fail_msg("no status %s", name);
  return OC_OK;
}

static void every_bad_file_is_refused(void **state) {
  (void)state;
  char path[1024], line[512], file[128], status[64];
  bad_path("expected.txt", path);
  FILE *list = fopen(path, "r");
  assert_non_null(list);
  int count = 0;
  while (fgets(line, sizeof line, list)) {
    int message;
    oc_model *m;
    oc_error err;
    assert_int_equal(sscanf(line, "%127[^\t]\t%63[^\t]\t%n", file, status, &message), 2);
    line[strcspn(line, "\n")] = '\0';
    bad_path(file, path);
    assert_fails(oc_model_load(path, NULL, &m, &err), status_named(status), err, "");
    if (!strstr(err.message, line + message))
      fail_msg("%s: '%s' is not in: %s", file, line + message, err.message);
    if (!strstr(err.where, file)) fail_msg("%s is not named: %s", file, err.where);
    assert_null(m);
    count++;
  }
  (void)fclose(list);
  assert_true(count > 80);
}

/* Files of all formats, and what other programs may do to them: other orders, more keys, other types of
 * numbers. All give the answers of the first, those of 16 bits nearly. */
static void every_good_file_is_read(void **state) {
  (void)state;
  static const struct {
    const char *file, *converted;
    float tolerance;
  } good[] = {{"good", NULL, 0},         {"2-good", NULL, 0},      {"more-tensors", NULL, 0},
              {"2-reordered", NULL, 0},  {"2-more-keys", NULL, 0}, {"2-f16", "F16", 1e-3f},
              {"2-bf16", "BF16", 1e-2f}, {"3-good", NULL, 0},      {"3-no-text", NULL, 0}};
  static const uint8_t pixels[4] = {0, 90, 200, 17};
  char path[1024], name[64];
  float first[2], p[2];
  oc_model *m;
  oc_error err;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    (void)snprintf(name, sizeof name, "%s.safetensors", good[i].file);
    bad_path(name, path);
    assert_ok(oc_model_load(path, NULL, &m, &err), err);
    assert_ok(oc_model_predict(m, pixels, 1, p, &err), err);
    if (i == 0) memcpy(first, p, sizeof p);
    for (int c = 0; c < 2; c++) assert_true(fabsf(p[c] - first[c]) <= good[i].tolerance);
    if (good[i].converted)
      assert_string_equal(oc_model_converted(m), good[i].converted);
    else
      assert_null(oc_model_converted(m));
    oc_model_free(m);
  }
}

/* A file of an earlier format is one of today's when it is saved again, with the same answers. */
static void earlier_formats_become_todays(void **state) {
  (void)state;
  static const char *const names[] = {"good.safetensors", "2-good.safetensors"};
  static const uint8_t pixels[4] = {0, 90, 200, 17};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[1024];
    float a[2], b[2];
    oc_model *m, *again;
    oc_model_source from;
    oc_error err;
    bad_path(names[i], path);
    assert_ok(oc_model_load(path, NULL, &m, &err), err);
    assert_ok(oc_model_save(m, "again.safetensors", &err), err);
    assert_ok(oc_model_read("again.safetensors", "model", &from, &err), err);
    assert_string_equal(oc_metadata_get(&from.file.metadata, "format_version"), "4");
    assert_string_equal(oc_metadata_get(&from.file.metadata, "image_shape"), "2x2x1");
    assert_string_equal(oc_metadata_get(&from.file.metadata, "net"), "dense 2");
    assert_null(oc_metadata_get(&from.file.metadata, "picture"));
    assert_non_null(oc_metadata_get(&from.file.metadata, "graph"));
    oc_model_source_release(&from);
    assert_ok(oc_model_load("again.safetensors", NULL, &again, &err), err);
    assert_ok(oc_model_predict(m, pixels, 1, a, &err), err);
    assert_ok(oc_model_predict(again, pixels, 1, b, &err), err);
    assert_memory_equal(a, b, sizeof a);
    oc_model_free(m);
    oc_model_free(again);
  }
}

/* Variables of a session in files of earlier formats. */
static void earlier_variables_are_read(void **state) {
  (void)state;
  static const char *const names[][2] = {{"w", NULL}, {"layer/_weights", "layer/_biases"}};
  for (int format = 1; format <= 2; format++) {
    char path[1024], name[128];
    oc_graph *g;
    oc_session *s;
    oc_error err;
    const oc_init zeros = oc_init_of(OC_INIT_ZEROS);
    const char *const *of = names[format - 1];
    (void)snprintf(name, sizeof name, "../../golden/format-%d/variables.safetensors", format);
    bad_path(name, path);
    assert_ok(oc_graph_create(NULL, &g, &err), err);
    oc_variable(g, of[0], OC_SHAPE(2, 3), zeros);
    if (of[1]) oc_variable(g, of[1], OC_SHAPE(3), zeros);
    assert_ok(oc_session_create(g, NULL, &s, &err), err);
    assert_ok(oc_session_load(s, path, &err), err);
    assert_true(((const float *)oc_variable_view(s, 0).data)[5] != 0);
    if (of[1]) assert_true(((const float *)oc_variable_view(s, 1).data)[2] == 0.25f);
    oc_session_free(s);
    oc_graph_free(g);
  }
}

static void a_missing_file_is_no_input(void **state) {
  (void)state;
  oc_model *m;
  oc_error err;
  assert_fails(oc_model_load("nowhere.safetensors", NULL, &m, &err), OC_E_NO_INPUT, err, "nowhere");
  assert_fails(oc_model_load(NULL, NULL, &m, &err), OC_E_ARGUMENT, err, "NULL");
}

/* Any one byte of the data changed is found by its sum, any missing by the format. Headers: test_damage.c. */
static void any_flipped_bit_of_the_data_is_found(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d), *again;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  read_file("m.safetensors", &bytes, &size);
  const size_t data = 8 + (size_t)bytes[0] + ((size_t)bytes[1] << 8);
  for (size_t i = data; i < size; i += 101) {
    bytes[i] ^= 16;
    harness_write_file("flipped.safetensors", bytes, size);
    assert_fails(oc_model_load("flipped.safetensors", NULL, &again, &err), OC_E_DATA, err, "SHA-256");
    bytes[i] ^= 16;
  }
  for (size_t n = 0; n < size; n += 97) {
    harness_write_file("cut.safetensors", bytes, n);
    assert_fails(oc_model_load("cut.safetensors", NULL, &again, &err), OC_E_DATA, err, "cut.safetensors");
  }
  oc_memory_free(bytes);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* ---- saving when it cannot be done --------------------------------------------------------------------- */

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_the_old_file(void **state) {
  (void)state;
  oc_dataset *d = make_data();
  oc_model *m = make_model(d);
  oc_error err;
  struct stat info;
  assert_ok(oc_model_save(m, "old.safetensors", &err), err);
  assert_ok(oc_model_save(m, "m.safetensors", &err), err);
  assert_int_equal(stat("m.safetensors", &info), 0);
  (void)signal(SIGXFSZ, SIG_IGN);
  for (rlim_t n = 0; n < (rlim_t)info.st_size; n += 200) {
    limit_files(n);
    const oc_status status = oc_model_save(m, "m.safetensors", &err);
    limit_files(RLIM_INFINITY);
    assert_int_equal(status, OC_E_CANT_CREATE);
    assert_same_files("old.safetensors", "m.safetensors");
  }
  (void)unlink("old.safetensors");
  (void)unlink("m.safetensors");
  assert_int_equal(rmdir(*state), 0); /* nothing else was left */
  assert_int_equal(mkdir(*state, 0700), 0);
  assert_fails(oc_model_save(m, "no/folder/m.safetensors", &err), OC_E_CANT_CREATE, err, "no/folder");
  oc_model_free(m);
  oc_dataset_free(d);
}

static void models_need_labelled_data(void **state) {
  (void)state;
  uint8_t pixel[2] = {0, 255};
  int32_t label[2] = {0, 0};
  oc_dataset *d;
  oc_model *m;
  oc_error err;
  assert_fails(oc_model_create(NULL, NULL, &m, &err), OC_E_ARGUMENT, err, "NULL");
  assert_ok(labeled_images(pixel, NULL, &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 1, 1}},
                           0, NULL, &d, &err),
            err);
  assert_fails(oc_model_create(d, NULL, &m, &err), OC_E_DATA, err, "no labels");
  oc_dataset_free(d);
  assert_ok(labeled_images(pixel, label, &(oc_dataset_options){.count = 2, .size = (oc_image_shape){1, 1, 1}},
                           1, NULL, &d, &err),
            err);
  assert_fails(oc_model_create(d, NULL, &m, &err), OC_E_DATA, err, "at least 2");
  oc_dataset_free(d);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_model_comes_back),
      cmocka_unit_test(probabilities_are_probabilities),
      cmocka_unit_test(every_bad_file_is_refused),
      cmocka_unit_test(every_good_file_is_read),
      IN_FOLDER(earlier_formats_become_todays),
      cmocka_unit_test(earlier_variables_are_read),
      IN_FOLDER(a_missing_file_is_no_input),
      IN_FOLDER(any_flipped_bit_of_the_data_is_found),
      IN_FOLDER(a_full_disk_leaves_the_old_file),
      cmocka_unit_test(models_need_labelled_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
