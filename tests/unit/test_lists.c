/* Are lists of images read as people and programs write them? Does each error name file, line and value? Are
 * lists that lie next to images used as they are meant? */
#include "data_files.h"
#include "base/file.h"
#include "data/dataset.h"
#include "data/items/list.h"
#include "ocellus/doctor.h"

static oc_error err;

static void write_text(const char *path, const char *text) {
  harness_write_file(path, text, strlen(text));
}

/* The numbers of images for training, validation and test, then each class with the training images of it. */
static const char *described(const oc_data *d) {
  static char text[1024];
  const oc_dataset *any = d->train ? d->train : d->test ? d->test : d->valid;
  int n = snprintf(text, sizeof text, "%lld %lld %lld:", (long long)oc_dataset_count(d->train),
                   (long long)oc_dataset_count(d->valid), (long long)oc_dataset_count(d->test));
  for (int c = 0; c < oc_dataset_classes(any); c++) {
    n += snprintf(text + n, sizeof text - (size_t)n, " %s", oc_dataset_class_name(any, c));
    for (int64_t i = 0; i < oc_dataset_count(any); i++) {
      int32_t label;
      assert_ok(oc_dataset_read(any, i, 1, NULL, &label, &err), err);
      if (label == c) n += snprintf(text + n, sizeof text - (size_t)n, "=%s", oc_dataset_item_name(any, i));
    }
  }
  return text;
}

static void assert_opens(const char *where, const char *expected, const char *note) {
  oc_data data;
  const oc_data_options options = {.valid = "0"};
  assert_ok(oc_data_open(where, &options, &data, &err), err);
  assert_string_equal(described(&data), expected);
  const char *said = oc_dataset_note(data.train ? data.train : data.test);
  if (!strstr(said, note) || (!*note && *said)) fail_msg("%s: note '%s'", where, said);
  oc_data_close(&data);
}

static void assert_list(const char *text, const char *expected) {
  write_text("list.csv", text);
  assert_opens("list.csv", expected, "");
}

static void assert_refused(const char *text, oc_status status, const char *part) {
  oc_data data;
  write_text("list.csv", text);
  assert_fails(oc_data_open("list.csv", NULL, &data, &err), status, err, part);
  assert_non_null(strstr(err.where, "list.csv"));
}

static void write_images(void) {
  data_write_image("1.pgm", 4, 4, 1), data_write_image("2.pgm", 4, 4, 2),
      data_write_image("in/3.pgm", 4, 4, 3);
  data_write_image("with, comma \"q\".pgm", 4, 4, 4), data_write_image("line\nend.pgm", 4, 4, 5);
}

static void forms(void **state) {
  (void)state;
  static const char two[] = "2 0 0: a=1.pgm b=2.pgm";
  write_images();
  assert_list("1.pgm,a\n2.pgm,b\n", two);
  assert_list("1.pgm,a\r\n2.pgm,b", two);
  assert_list("\xef\xbb\xbfpath,label\r\n1.pgm,a\r\n\r\n2.pgm,b\r\n", two);
  assert_list("FileName;Class\n1.pgm;a\n2.pgm;b\n", two);
  assert_list("label\timage\na\t./1.pgm\nb\t2.pgm\n", two);
  assert_list("\"path\" , \"label\"\n \"1.pgm\" , a \n 2.pgm,\" b\"\n", "2 0 0:  b=2.pgm a=1.pgm");
  assert_list("width,file,breed,target\n1,1.pgm,x,a\n1,2.pgm,x,b\n", two);
  assert_list("image,breed\n1.pgm,a\n2.pgm,b\n", two);
  assert_list("foo,bar\n1.pgm,a\n2.pgm,b\n", two);
  assert_list("in\\3.pgm,a\n2.pgm,b\n", "2 0 0: a=in/3.pgm b=2.pgm");
  assert_list("1.pgm,10\n2.pgm,9\nin/3.pgm,1\n", "3 0 0: 1=in/3.pgm 9=2.pgm 10=1.pgm");
  assert_list("\"with, comma \"\"q\"\".pgm\",a\n\"line\nend.pgm\",b\n",
              "2 0 0: a=with, comma \"q\".pgm b=line\nend.pgm");
  assert_list("1.pgm,a,train\n2.pgm,b,Training\nin/3.pgm,a,val\n", "2 1 0: a=1.pgm b=2.pgm");
  assert_list("label,split,path\na,train,1.pgm\nb,train,2.pgm\nb,test,in/3.pgm\n", "2 0 1: a=1.pgm b=2.pgm");
  write_text("list.tsv", "1.pgm\ta,b\n2.pgm\tb\n");
  assert_opens("list.tsv", "2 0 0: a,b=1.pgm b=2.pgm", "");
  write_text("test.csv", "1.pgm,a\n2.pgm,b\n");
  assert_opens("./test.csv", "0 0 2: a=1.pgm b=2.pgm", "");
}

static void refused(void **state) {
  (void)state;
  write_images();
  assert_refused("", OC_E_DATA, "names no images");
  assert_refused("path,label\n", OC_E_DATA, "names no images");
  assert_refused("1.pgm\n2.pgm\n", OC_E_DATA, "line 1: 1 columns");
  assert_refused("a,b,c,d\n1.pgm,a,b,c\n", OC_E_DATA, "line 1: 4 columns");
  assert_refused("1.pgm,a\n\n2.pgm,b,c\n", OC_E_DATA, "line 3: 3 fields, but the first line has 2");
  assert_refused("1.pgm,a\n2.pgm,\n", OC_E_DATA, "line 2: the label of '2.pgm' is empty");
  assert_refused("1.pgm,a\n,b\n", OC_E_DATA, "line 2: the path is empty");
  assert_refused("1.pgm,a,train\n2.pgm,b,train2\n", OC_E_DATA, "line 2: unknown split 'train2'");
  assert_refused("1.pgm,a\n2.pgm,b\n1.pgm,b\n", OC_E_DATA,
                 "line 3: '1.pgm' has another label than in line 1, 'a'");
  assert_refused("1.pgm,a,train\n2.pgm,b,train\n1.pgm,a,test\n", OC_E_DATA,
                 "line 3: '1.pgm' has another split than in line 1");
  assert_refused("1.pgm,a\n\"2.pgm,b\n3.pgm,c\n", OC_E_DATA, "line 2: a quote is opened and never closed");
  assert_refused("1.pgm,a\n\"2.pgm\"x,b\n", OC_E_DATA, "line 2: text follows the closing quote of field 1");
  assert_refused("\xff\xfe"
                 "1",
                 OC_E_DATA, "UTF-16");
  assert_refused("1.pgm,a\n2.pgm,b\ngone.pgm,a\nlost.pgm,b\n", OC_E_NO_INPUT,
                 "line 3: the file 'gone.pgm' is not there, and 1 others");
  assert_refused("gone.pgm,a\n2.pgm,b\n", OC_E_NO_INPUT, "line 1: the file 'gone.pgm' is not there");
  assert_refused("1.pgm,a\nin,b\n", OC_E_NO_INPUT, "line 2: the file 'in' is not there");
  assert_refused("path,label\nlist,a\n2.pgm,b\n", OC_E_NO_INPUT, "line 2: the file 'list' is not there");
  assert_refused("1.pgm,a\n2.pgm,a\n", OC_E_DATA, "one class only, 'a'");
  assert_refused("1.pgm,a,train\n2.pgm,b,train\nin/3.pgm,c,test\n", OC_E_DATA, "class 'c' of the test set");
  oc_data data;
  harness_write_file("list.csv", "1.pgm,a\n2.p\0m,b\n", 16);
  assert_fails(oc_data_open("list.csv", NULL, &data, &err), OC_E_DATA, err, "line 2: a 0 byte");
}

/* Paths of the user's own list may lead anywhere; equal lines count once; --skip applies before. */
static void paths(void **state) {
  (void)state;
  char text[1200];
  write_images();
  char *real = oc_path_real("1.pgm");
  assert_non_null(real);
  assert_ok(oc_folder_create("lists", &err), err);
  snprintf(text, sizeof text, "%s,a\n../2.pgm,b\n../2.pgm,b\n", real);
  write_text("lists/l.csv", text);
  snprintf(text, sizeof text, "2 0 0: a=%s b=../2.pgm", real);
  assert_opens("lists/l.csv", text, "left out 1 lines that repeat others");
  oc_memory_free(real);
  write_text("list.csv", "1.pgm,a\n2.pgm,b\ngone.pgm,c\n");
  write_text("skip", "gone.pgm\n");
  oc_data data;
  const oc_data_options options = {.valid = "0", .skip = "skip"};
  assert_ok(oc_data_open("list.csv", &options, &data, &err), err);
  assert_string_equal(described(&data), "2 0 0: a=1.pgm b=2.pgm");
  oc_data_close(&data);
}

/* As Kaggle's competitions come: names without folder and ending, lists next to the folders of images. */
static void beside_images(void **state) {
  (void)state;
  oc_data data;
  data_write_image("k/train/0001.pgm", 4, 4, 1), data_write_image("k/train/0002.pgm", 4, 4, 2),
      data_write_image("k/test/0001.pgm", 4, 4, 3);
  write_text("k/train_labels.csv", "id,label\n0001,a\n0002,b\n");
  write_text("k/sample_submission.csv", "id,label\n0001,a\n");
  static const char expected[] = "2 0 0: a=train/0001.pgm b=train/0002.pgm";
  assert_opens("k/train_labels.csv", expected, "the paths of train_labels.csv stand for train/PATH.pgm");
  assert_opens("k", expected, "stand for train/PATH.pgm; labels are those of train_labels.csv");
  write_text("k/test.csv", "id\n0001\n");
  assert_opens("k", expected, "left out test.csv, which has no labels");
  write_text("k/test.csv", "id,label\n0001,b\n");
  assert_opens("k", "2 0 1: a=train/0001.pgm b=train/0002.pgm", "the paths of test.csv stand for test/");
  write_text("k/train.csv", "id,label\n0001,b\n");
  assert_fails(oc_data_open("k", NULL, &data, &err), OC_E_DATA, err, "several lists of images, such as");
  data_write_image("m/train_images/1.pgm", 4, 4, 1), data_write_image("m/test_images/1.pgm", 4, 4, 2);
  data_write_image("m/train_images/2.pgm", 4, 4, 1);
  write_text("m/train.csv", "image_id,label\n1.pgm,0\n2.pgm,1\n");
  assert_opens("m", "2 0 0: 0=train_images/1.pgm 1=train_images/2.pgm", "train_images/PATH");
  data_write_image("n/images/1.pgm", 4, 4, 1), data_write_image("n/masks/1.pgm", 4, 4, 2),
      data_write_image("n/images/2.pgm", 4, 4, 1);
  write_text("n/l.csv", "1.pgm,a\n2.pgm,b\n");
  assert_fails(oc_data_open("n/l.csv", NULL, &data, &err), OC_E_DATA, err, "'1.pgm' can be");
  write_text("n/l.csv", "images/1.pgm,a\nimages/../../k/train/0001.pgm,b\n");
  data_write_image("one/images/1.pgm", 4, 4, 1), data_write_image("one/images/2.pgm", 4, 4, 1);
  write_text("one/l.csv", "images/1.pgm,a\nimages/../../k/train/0001.pgm,b\n");
  assert_fails(oc_data_open("one", NULL, &data, &err), OC_E_DATA, err, "line 2: 'images/../../k/train/0001");
  assert_opens("one/l.csv", "2 0 0: a=images/1.pgm b=images/../../k/train/0001.pgm", "");
  /* folders of classes come first */
  data_write_image("c/a/1.pgm", 4, 4, 1), data_write_image("c/b/1.pgm", 4, 4, 1);
  write_text("c/list.csv", "a/1.pgm,x\nb/1.pgm,y\n");
  assert_opens("c", "2 0 0: a=a/1.pgm b=b/1.pgm", "1 file of another kind, such as list.csv");
}

static void in_archives(void **state) {
  (void)state;
  data_write_image("all/images/1.pgm", 4, 4, 1), data_write_image("all/images/2.pgm", 4, 4, 2);
  write_text("all/labels.csv", "path,label\nimages/1.pgm,a\nimages/2.pgm,b\n");
  assert_int_equal(system("tar cf a.tar all && tar cf b.tar -C all labels.csv images"), 0);
  assert_opens("a.tar", "2 0 0: a=all/images/1.pgm b=all/images/2.pgm", "labels are those of labels.csv");
  assert_opens("b.tar", "2 0 0: a=images/1.pgm b=images/2.pgm", "labels are those of labels.csv");
  write_text("all/labels.csv", "path,label\nimages/1.pgm,a\n/etc/passwd,b\n");
  assert_int_equal(system("tar cf a.tar all"), 0);
  oc_data data;
  assert_fails(oc_data_open("a.tar", NULL, &data, &err), OC_E_DATA, err,
               "a.tar/all/labels.csv: line 3: '/etc/passwd' leads out");
}

/* The hash is that of the classes, names and bytes: folders and a list that say the same have one. */
static void hash_and_doctor(void **state) {
  (void)state;
  char hash[2][65];
  const char *const wheres[] = {"d", "d/list.csv"};
  const oc_data_options options = {.valid = "0", .cache_folder = "cache"};
  data_write_image("d/a/1.pgm", 4, 4, 1), data_write_image("d/b/1.pgm", 4, 4, 2);
  write_text("d/list.csv", "a/1.pgm,a\nb/1.pgm,b\n");
  for (int i = 0; i < 2; i++) {
    oc_data data;
    assert_ok(oc_data_open(wheres[i], &options, &data, &err), err);
    snprintf(hash[i], 65, "%s", oc_dataset_hash(data.train));
    oc_data_close(&data);
  }
  assert_string_equal(hash[0], hash[1]);
  oc_doctor *report;
  assert_ok(oc_doctor_examine("d/list.csv", NULL, &report, &err), err);
  assert_int_equal(oc_doctor_images(report), 2);
  oc_doctor_free(report);
}

/* Linear time and bounded memory whatever the bytes are. */
static void hostile(void **state) {
  (void)state;
  enum { SIZE = 4 << 20 };
  static const struct {
    const char *piece, *part;
  } rows[] = {{"x", "line 1: 1 columns"},          {"a,", "line 1: more than 256 fields"},
              {"\"", "line 1: a quote is opened"}, {"\"\"", "line 1: 1 columns"},
              {"\n", "names no images"},           {"x,y\n", "is not there"},
              {"\xff,\xfe\n", "is not there"}};
  char *bytes = malloc(SIZE);
  assert_non_null(bytes);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_data data;
    const size_t size = strlen(rows[i].piece);
    for (size_t at = 0; at + size <= SIZE; at += size) memcpy(bytes + at, rows[i].piece, size);
    if (i == 2) bytes[SIZE - 1] = 'x';
    harness_write_file("list.csv", bytes, SIZE / size * size);
    memset(&err, 0, sizeof err);
    const oc_status status = oc_data_open("list.csv", NULL, &data, &err);
    if (status == OC_OK || !strstr(err.message, rows[i].part)) fail_msg("%s: %s", rows[i].part, err.message);
  }
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(forms, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(refused, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(paths, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(beside_images, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(in_archives, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(hash_and_doctor, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(hostile, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
