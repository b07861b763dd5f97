/* Are folders of images read as people mean them: classes, splits, other files among them? What is refused?
 * Do all threads, caches and scans give the same pixels? */
#include "data_files.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/items/items.h"
#include "data/items/item_store.h"
#include <pthread.h>
#include <sys/stat.h>

static oc_error err;

static void open_data(const char *where, const oc_data_options *options, oc_data *data) {
  assert_ok(oc_data_open(where, options, data, &err), err);
}

/* "train|valid|test" counts and the classes, as one text. */
static const char *described(const oc_data *d) {
  static char text[512];
  const oc_dataset *any = d->train ? d->train : d->test ? d->test : d->valid;
  int n = snprintf(text, sizeof text, "%lld %lld %lld:", (long long)oc_dataset_count(d->train),
                   (long long)oc_dataset_count(d->valid), (long long)oc_dataset_count(d->test));
  for (int i = 0; i < oc_dataset_classes(any); i++)
    n += snprintf(text + n, sizeof text - (size_t)n, " %s", oc_dataset_class_name(any, i));
  return text;
}

static void assert_layout(const char *where, const char *valid, const char *expected, const char *note) {
  oc_data data;
  const oc_data_options options = {.valid = valid};
  open_data(where, &options, &data);
  assert_string_equal(described(&data), expected);
  const char *said = oc_dataset_note(data.train ? data.train : data.test);
  if (!strstr(said, note) || (!*note && *said)) fail_msg("%s: note '%s'", where, said);
  oc_data_close(&data);
}

static void layouts(void **state) {
  (void)state;
  for (int i = 0; i < 6; i++) {
    char path[64];
    snprintf(path, sizeof path, "plain/%d/x.pgm", 2 * i); /* 0 2 4 6 8 10 */
    data_write_image(path, 4, 4, (uint8_t)i);
  }
  assert_layout("plain", "0", "6 0 0: 0 2 4 6 8 10", "");
  data_write_image("split/train/a/1.pgm", 4, 4, 1), data_write_image("split/train/b/deep/2.pgm", 4, 4, 2);
  data_write_image("split/train/b/3.pgm", 4, 4, 2), data_write_image("split/val/b/4.pgm", 4, 4, 3);
  data_write_image("split/Test/a/5.pgm", 4, 4, 4);
  assert_layout("split", NULL, "3 1 1: a b", "");
  assert_layout("split/train/", NULL, "3 1 1: a b", "next to it");
  data_write_image("wrapped/inner/outer/a/1.pgm", 4, 4, 1),
      data_write_image("wrapped/inner/outer/b/1.pgm", 4, 4, 1);
  assert_layout("wrapped", "0", "2 0 0: a b", "in inner/outer");
  data_write_image("only/test/a/1.pgm", 4, 4, 1), data_write_image("only/test/b/1.pgm", 4, 4, 1);
  assert_layout("only", NULL, "0 0 2: a b", "");
  assert_layout("only/test", NULL, "0 0 2: a b", "");
}

static void left_out_and_said(void **state) {
  (void)state;
  data_write_image("d/a/1.pgm", 4, 4, 1),
      data_write_image("d/b/1", 4, 4, 1); /* the bytes decide, not the name */
  data_write_image("d/loose.pgm", 4, 4, 1), data_write_image("d/.git/a.pgm", 4, 4, 1);
  data_write_image("d/a/.ipynb_checkpoints/1.pgm", 4, 4, 1), data_write_image("d/__MACOSX/b/1.pgm", 4, 4, 1);
  harness_write_file("d/a/Thumbs.db", "x", 1), harness_write_file("d/a/notes.txt", "x", 1);
  assert_int_equal(mkdir("d/empty", 0755), 0);
  assert_layout("d", "0", "2 0 0: a b", "left out 1 file of another kind, such as a/notes.txt");
  assert_layout("d", "0", "2 0 0: a b", "left out 1 file next to the folders of classes, such as loose.pgm");
  assert_layout("d", "0", "2 0 0: a b", "left out 1 empty folder, such as empty");
}

static void refused(void **state) {
  (void)state;
  oc_data data;
  assert_int_equal(mkdir("none", 0755), 0);
  assert_fails(oc_data_open("none", NULL, &data, &err), OC_E_NO_INPUT, err, "holds no images");
  data_write_image("one/a/1.pgm", 4, 4, 1);
  assert_fails(oc_data_open("one", NULL, &data, &err), OC_E_DATA, err, "one class only, 'a'");
  data_write_image("loose/1.pgm", 4, 4, 1), data_write_image("loose/2.pgm", 4, 4, 1);
  assert_fails(oc_data_open("loose", NULL, &data, &err), OC_E_NO_INPUT, err, "2 files, such as 1.pgm");
  data_write_image("more/train/a/1.pgm", 4, 4, 1), data_write_image("more/train/b/1.pgm", 4, 4, 1);
  data_write_image("more/test/c/1.pgm", 4, 4, 1);
  assert_fails(oc_data_open("more", NULL, &data, &err), OC_E_DATA, err, "class 'c' of the test set");
  data_write_image("loop/a/1.pgm", 4, 4, 1), data_write_image("loop/b/1.pgm", 4, 4, 1);
  assert_int_equal(symlink("..", "loop/a/up"), 0);
  assert_fails(oc_data_open("loop", NULL, &data, &err), OC_E_DATA, err, "a link to a folder that it is in");
  data_write_image("gone/a/1.pgm", 4, 4, 1), data_write_image("gone/b/1.pgm", 4, 4, 1);
  assert_int_equal(symlink("nowhere", "gone/b/2.pgm"), 0);
  assert_fails(oc_data_open("gone", NULL, &data, &err), OC_E_NO_INPUT, err, "gone/b/2.pgm");
  harness_write_file("gone/a/2.pgm", "P5 9", 4);
  assert_fails(oc_data_open("gone", NULL, &data, &err), OC_E_DATA, err,
               "2 of 4 images are unreadable; the first: gone/a/2.pgm");
}

static void strange_names(void **state) {
  (void)state;
  data_write_image("s/with space/1.pgm", 4, 4, 1), data_write_image("s/line\nend/1.pgm", 4, 4, 1);
  data_write_image("s/esc\x1b[31m/1.pgm", 4, 4, 1), data_write_image("s/byte\xff/1.pgm", 4, 4, 1);
  data_write_image("s/\xc3\xa9t\xc3\xa9/1.pgm", 4, 4, 1);
  assert_layout("s", "0", "5 0 0: byte\\xff esc\\x1b[31m line\\nend with space \xc3\xa9t\xc3\xa9", "");
}

static void skipped(void **state) {
  (void)state;
  oc_data data;
  const oc_data_options options = {.valid = "0", .skip = "list"};
  data_write_image("d/a/1.pgm", 4, 4, 1), data_write_image("d/a/2.pgm", 4, 4, 2),
      data_write_image("d/b/1.pgm", 4, 4, 3);
  harness_write_file("d/b/bad.pgm", "no image", 8);
  harness_write_file("list", "# unreadable\r\nb/bad.pgm\r\n\na/2.pgm", 34);
  open_data("d", &options, &data);
  assert_string_equal(described(&data), "2 0 0: a b");
  assert_string_equal(oc_dataset_item_name(data.train, 0), "a/1.pgm");
  assert_string_equal(oc_dataset_item_name(data.train, 1), "b/1.pgm");
  assert_string_equal(oc_dataset_item_name(data.train, 2), "");
  assert_non_null(strstr(oc_dataset_note(data.train), "skipped 2"));
  oc_data_close(&data);
}

/* Sizes and channels follow from the training images. */
static void one_shape(void **state) {
  (void)state;
  oc_data data;
  uint8_t pixels[2 * 24 * 24];
  const oc_data_options options = {.valid = "0"};
  data_write_image("d/train/a/1.pgm", 24, 40, 10), data_write_image("d/train/b/1.pgm", 40, 24, 20);
  data_write_image("d/test/b/1.pgm", 8, 8, 30);
  open_data("d", &options, &data);
  const oc_image_shape shape = oc_dataset_image_shape(data.train);
  assert_true(shape.height == 24 && shape.width == 24 && shape.channels == 1);
  const oc_preprocessing rule = oc_dataset_preprocessing(data.test);
  assert_true(rule.resize == OC_RESIZE_PAD && rule.background_set);
  assert_ok(oc_dataset_read(data.train, 0, 2, pixels, NULL, &err), err);
  assert_int_equal(pixels[12 * 24 + 12], 10);
  assert_int_equal(pixels[24 * 24 + 12 * 24 + 12], 20);
  assert_ok(oc_dataset_read(data.test, 0, 1, pixels, NULL, &err), err);
  assert_int_equal(pixels[12 * 24 + 12], 30);
  oc_data_close(&data);
}

#if OC_HAVE_JPEG
static void truncated(void **state) {
  (void)state;
  oc_data data;
  char from[1024], command[2200];
  const oc_data_options accept = {.valid = "0", .accept_truncated = true, .cache_folder = "cache"},
                        refuse = {.valid = "0", .cache_folder = "cache"};
  data_repository_path("tests/bad/data/cut.jpg", from);
  data_write_image("d/a/1.pgm", 4, 4, 1), data_write_image("d/b/1.pgm", 4, 4, 2);
  snprintf(command, sizeof command, "cp '%s' d/a/cut.jpg", from);
  assert_int_equal(system(command), 0);
  assert_fails(oc_data_open("d", &refuse, &data, &err), OC_E_DATA, err, "d/a/cut.jpg");
  open_data("d", &accept, &data);
  assert_string_equal(described(&data), "3 0 0: a b");
  assert_non_null(strstr(oc_dataset_note(data.train), "1 truncated image is used as it is"));
  uint8_t pixels[64 * 64 * 3];
  assert_ok(oc_dataset_read(data.train, 1, 1, pixels, NULL, &err), err);
  oc_data_close(&data);
  /* also where a scan that accepted it was kept */
  assert_fails(oc_data_open("d", &refuse, &data, &err), OC_E_DATA, err, "d/a/cut.jpg");
}
#endif

/* A background of the options is that of the rule. */
static void given_background(void **state) {
  (void)state;
  oc_data data;
  uint8_t pixels[2 * 24 * 24];
  const oc_data_options options = {.valid = "0", .background = "#c8c8c8"};
  data_write_image("d/a/1.pgm", 24, 48, 10), data_write_image("d/b/1.pgm", 24, 24, 20);
  open_data("d", &options, &data);
  const oc_preprocessing rule = oc_dataset_preprocessing(data.train);
  assert_true(rule.background_set && rule.background[1] == 200);
  assert_ok(oc_dataset_read(data.train, 0, 2, pixels, NULL, &err), err);
  assert_int_equal(pixels[0], 200); /* the border above a wide image */
  assert_int_equal(pixels[12 * 24 + 12], 10);
  oc_data_close(&data);
}

/* A rule that is given in full is stored with what the data decides else: background, sizes, aspect. */
static void given_rule(void **state) {
  (void)state;
  oc_data chosen, given;
  data_write_image("d/a/1.pgm", 24, 40, 10), data_write_image("d/b/1.pgm", 40, 24, 20);
  const oc_data_options none = {.valid = "0"};
  open_data("d", &none, &chosen);
  oc_preprocessing rule = oc_preprocessing_defaults();
  const oc_preprocessing is = oc_dataset_preprocessing(chosen.train);
  rule.shape = is.shape;
  rule.resize = is.resize;
  const oc_data_options options = {.valid = "0", .preprocessing = &rule};
  open_data("d", &options, &given);
  const oc_preprocessing now = oc_dataset_preprocessing(given.train);
  assert_true(now.background_set && memcmp(now.background, is.background, 3) == 0);
  const oc_store *one = chosen.train->store, *two = given.train->store;
  assert_true(one->mixed_sizes && two->mixed_sizes);
  assert_true(one->aspect_low == two->aspect_low && one->aspect_high == two->aspect_high);
  oc_data_close(&given);
  oc_data_close(&chosen);
  rule.background_each = true;
  open_data("d", &options, &given);
  assert_false(oc_dataset_preprocessing(given.train).background_set);
  oc_data_close(&given);
  harness_write_file("d/b/2.pgm", "P5", 2);
  assert_fails(oc_data_open("d", &options, &given, &err), OC_E_DATA, err, "d/b/2.pgm");
}

enum { EACH = 40 };

static void write_many(void) {
  for (int i = 0; i < 2 * EACH; i++) {
    char path[64];
    snprintf(path, sizeof path, "many/%d/%d.pgm", i % 2, i);
    data_write_image(path, 5 + i % 3, 6, (uint8_t)(3 * i));
  }
}

static void *read_all(void *context) {
  const oc_dataset *d = context;
  const oc_image_shape s = oc_dataset_image_shape(d);
  uint8_t *pixels = calloc((size_t)oc_dataset_count(d), (size_t)(s.height * s.width));
  oc_error e;
  if (pixels && oc_dataset_read(d, 0, oc_dataset_count(d), pixels, NULL, &e) == OC_OK) return pixels;
  free(pixels);
  return NULL;
}

/* From several threads concurrently, with a cache of any size. */
static void same_pixels(void **state) {
  (void)state;
  static const size_t caches[] = {1, 1000, 1 << 20};
  uint8_t *expected = NULL;
  size_t bytes = 0;
  write_many();
  for (size_t c = 0; c < sizeof caches / sizeof *caches; c++) {
    oc_data data;
    const oc_data_options options = {.valid = "0", .cache_bytes = caches[c], .workers = (int)c + 1};
    open_data("many", &options, &data);
    const oc_image_shape s = oc_dataset_image_shape(data.train);
    bytes = (size_t)(oc_dataset_count(data.train) * s.height * s.width);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, read_all, data.train), 0);
    for (int i = 0; i < 4; i++) {
      void *pixels;
      pthread_join(threads[i], &pixels);
      assert_non_null(pixels);
      if (expected) assert_memory_equal(pixels, expected, bytes);
      if (expected)
        free(pixels);
      else
        expected = pixels;
    }
    oc_data_close(&data);
  }
  free(expected);
}

/* Means, deviations and what images look like, by any number of threads; and an image that is gone. */
static void same_standardizer(void **state) {
  (void)state;
  oc_standardizer s[3];
  oc_image_statistics looks[3] = {0};
  oc_data data;
  write_many();
  for (int i = 0; i < 3; i++) {
    const oc_data_options options = {.valid = "0", .cache_bytes = 1, .workers = 1 + 2 * i};
    open_data("many", &options, &data);
    assert_ok(oc_standardizer_fit_with(data.train, OC_STANDARDIZE_CHANNEL, &looks[i], &s[i], &err), err);
    assert_int_equal(looks[i].images, 2 * EACH);
    assert_memory_equal(&looks[i], &looks[0], sizeof looks[0]);
    assert_memory_equal(s[i].mean, s[0].mean, sizeof *s[0].mean);
    assert_memory_equal(s[i].deviations, s[0].deviations, sizeof *s[0].deviations);
    if (i < 2) oc_data_close(&data);
  }
  assert_int_equal(remove("many/1/41.pgm"), 0);
  oc_standardizer none;
  assert_fails(oc_standardizer_fit(data.train, &none, &err), OC_E_NO_INPUT, err, "");
  assert_non_null(strstr(err.where, "many/1/41.pgm"));
  oc_data_close(&data);
  for (int i = 0; i < 3; i++) oc_standardizer_release(&s[i]);
}

static const char *hash_now(const oc_data_options *options) {
  static char hash[65];
  oc_data data;
  open_data("many", options, &data);
  snprintf(hash, sizeof hash, "%s", oc_dataset_hash(data.train));
  oc_data_close(&data);
  assert_int_equal(strlen(hash), 64);
  return hash;
}

/* The hash follows the bytes, with and without a scan that was kept, and with one that is damaged. */
static void hash_and_scan(void **state) {
  (void)state;
  const oc_data_options kept = {.valid = "0", .cache_folder = "cache"}, fresh = {.valid = "0"};
  char first[65], path[256], line[128];
  write_many();
  snprintf(first, sizeof first, "%s", hash_now(&fresh));
  assert_string_equal(hash_now(&kept), first);
  assert_string_equal(hash_now(&kept), first);
  FILE *list = popen("ls cache/scan", "r");
  assert_non_null(list);
  assert_non_null(fgets(line, sizeof line, list));
  pclose(list);
  line[strcspn(line, "\n")] = 0;
  snprintf(path, sizeof path, "cache/scan/%s", line);
  FILE *f = fopen(path, "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, 100, SEEK_SET), 0);
  assert_int_equal(fputc('!', f), '!');
  fclose(f);
  assert_string_equal(hash_now(&kept), first);
  data_write_image("many/0/0.pgm", 5, 6, 99); /* of the same size, at another time */
  assert_string_not_equal(hash_now(&fresh), first);
  assert_string_equal(hash_now(&kept), hash_now(&fresh));
}

/* Data that gets its shape when it is open is what data that is opened so is. */
static void assert_reshaped(const char *where, const oc_data_options *first) {
  oc_data_options options = *first;
  oc_preprocessing rule = oc_preprocessing_defaults();
  oc_data straight, changed;
  static uint8_t pixels[2][2 * EACH * 9 * 7 * 3];
  rule.shape = (oc_image_shape){9, 7, 3};
  options.preprocessing = &rule;
  options.background = "#0a141e";
  open_data(where, &options, &straight);
  open_data(where, first, &changed);
  assert_ok(oc_data_reshape(&changed, &options, &err), err);
  const oc_dataset *const parts[2][3] = {{straight.train, straight.valid, straight.test},
                                         {changed.train, changed.valid, changed.test}};
  for (int p = 0; p < 3; p++) {
    const int64_t count = oc_dataset_count(parts[0][p]);
    assert_int_equal(oc_dataset_count(parts[1][p]), count);
    for (int i = 0; i < 2 && count; i++) {
      const oc_preprocessing is = oc_dataset_preprocessing(parts[i][p]);
      assert_true(is.shape.height == 9 && is.shape.width == 7 && is.shape.channels == 3);
      assert_true(is.background_set && is.background[2] == 30);
      assert_ok(oc_dataset_read(parts[i][p], 0, count, pixels[i], NULL, &err), err);
    }
    assert_memory_equal(pixels[0], pixels[1], (size_t)count * 9 * 7 * 3);
    assert_string_equal(oc_dataset_hash(parts[0][p]), oc_dataset_hash(parts[1][p]));
    assert_string_equal(oc_dataset_split(parts[0][p]), oc_dataset_split(parts[1][p]));
  }
  oc_data_close(&straight);
  oc_data_close(&changed);
}

static void reshaped(void **state) {
  (void)state;
  oc_preprocessing gray = oc_preprocessing_defaults();
  oc_data data;
  oc_dataset *view;
  gray.shape.channels = 1;
  const oc_data_options divided = {.valid = "stratified:3,test:stratified:4"},
                        shaped = {.valid = "last:2", .preprocessing = &gray, .background = "white"},
                        wrong = {.preprocessing = &gray, .background = "pink"}, none = {0};
  write_many();
  assert_reshaped("many", &divided);
  assert_reshaped("many", &shaped);
  assert_reshaped("xo:20:10", &divided);
  assert_reshaped("xo:20:10", &shaped);
  open_data("many", &divided, &data);
  assert_fails(oc_data_reshape(&data, &wrong, &err), OC_E_ARGUMENT, err, "pink");
  assert_ok(oc_dataset_preprocessed(data.valid, &gray, &view, &err), err);
  assert_fails(oc_data_reshape(&data, &shaped, &err), OC_E_ARGUMENT, err, "in use");
  oc_dataset_free(view);
  assert_ok(oc_data_reshape(&data, &shaped, &err), err);
  assert_int_equal(oc_dataset_image_shape(data.test).channels, 1);
  assert_ok(oc_data_reshape(&data, &none, &err), err); /* no rule: as it is */
  assert_int_equal(oc_dataset_image_shape(data.test).channels, 1);
  oc_data_close(&data);
}

static void natural_order(void **state) {
  (void)state;
  static const char *const sorted[] = {"",     "0",   "01", "1",   "2", "10", "a",
                                       "a01b", "a1b", "a2", "a10", "b", NULL};
  for (int i = 0; sorted[i]; i++)
    for (int k = 0; sorted[k]; k++) {
      const int result = oc_natural_compare(sorted[i], sorted[k]);
      if ((result > 0) != (i > k) || (result < 0) != (i < k))
        fail_msg("'%s' and '%s': %d", sorted[i], sorted[k], result);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(layouts, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(left_out_and_said, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(refused, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(strange_names, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(skipped, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(one_shape, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(same_pixels, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(reshaped, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(same_standardizer, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(hash_and_scan, harness_enter_folder, harness_leave_folder),
#if OC_HAVE_JPEG
    cmocka_unit_test_setup_teardown(truncated, harness_enter_folder, harness_leave_folder),
#endif
    cmocka_unit_test_setup_teardown(given_rule, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test_setup_teardown(given_background, harness_enter_folder, harness_leave_folder),
    cmocka_unit_test(natural_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
