/* Is a compressed tar archive the same data as the plain one, unpacked once and again when it changes? Do
 * copies that nobody uses go? Is nothing left when unpacking fails: bombs, damage, an interrupt, a full
 * disk? */
#include "data_files.h"
#include "base/file.h"
#include "data/dataset.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#if OC_HAVE_ZLIB
static oc_error err;

static void run(const char *command) {
  if (system(command) != 0) fail_msg("%s", command);
}

static void write_images(int count) {
  for (int i = 0; i < count; i++) {
    char path[64];
    snprintf(path, sizeof path, "d/%c/%d.pgm", i % 2 ? 'a' : 'b', i);
    data_write_image(path, 4, 4, (uint8_t)i);
  }
}

static const char *hash_of(const char *where, int64_t count) {
  static char hash[65];
  oc_data data;
  const oc_data_options options = {.valid = "0", .cache_folder = "cache"};
  assert_ok(oc_data_open(where, &options, &data, &err), err);
  assert_int_equal(oc_dataset_count(data.train), count);
  snprintf(hash, sizeof hash, "%s", oc_dataset_hash(data.train));
  oc_data_close(&data);
  return hash;
}

/* What `ls -i` says of the folder of unpacked archives. */
static const char *kept(void) {
  static char text[512];
  FILE *list = popen("ls -iA cache/untar 2>/dev/null", "r");
  assert_non_null(list);
  text[fread(text, 1, sizeof text - 1, list)] = 0;
  pclose(list);
  return text;
}

static void same_data(void **state) {
  (void)state;
  char plain[65], first[512];
  write_images(6);
  run("tar cf d.tar d && tar czf d.tar.gz d && cp d.tar.gz renamed.tgz");
  snprintf(plain, sizeof plain, "%s", hash_of("d.tar", 6));
  assert_string_equal(hash_of("d.tar.gz", 6), plain);
  snprintf(first, sizeof first, "%s", kept());
  assert_true(strlen(first) > 16);
  assert_string_equal(hash_of("d.tar.gz", 6), plain);
  assert_string_equal(kept(), first);
  assert_string_equal(hash_of("renamed.tgz", 6), plain);
  run("rm -r cache/untar");
  assert_string_equal(hash_of("d.tar.gz", 6), plain);
  snprintf(first, sizeof first, "%s", kept());
  write_images(8);
  run("tar czf d.tar.gz d");
  assert_string_not_equal(hash_of("d.tar.gz", 8), plain);
  assert_string_not_equal(kept(), first);
  assert_ptr_equal(strchr(kept(), '\n'),
                   strrchr(kept(), '\n')); /* the new one took the place of the old one */
}

/* A copy that is used stays; one that was not used for a month makes room for another one. */
static void old_copies(void **state) {
  (void)state;
  write_images(4);
  run("tar czf used.tar.gz d && tar czf old.tar.gz d && tar czf young.tar.gz d && tar czf d.tar.gz d");
  (void)hash_of("old.tar.gz", 4), run("touch -d '31 days ago' cache/untar/*; ls cache/untar > old");
  (void)hash_of("young.tar.gz", 4); /* removes the old one */
  run("test ! -e cache/untar/$(cat old) && touch -d '29 days ago' cache/untar/*; ls cache/untar > young");
  (void)hash_of("used.tar.gz", 4);
  run("test -e cache/untar/$(cat young) && touch -d '60 days ago' cache/untar/*");
  (void)hash_of("used.tar.gz", 4);
  (void)hash_of("d.tar.gz", 4);
  run("test $(ls cache/untar | wc -l) = 2 && test ! -e cache/untar/$(cat young)");
  run("test -z \"$(find cache/untar -mtime +1)\"");
}

typedef struct heard {
  int64_t calls, total;
  bool same;
} heard;

static void hear(void *context, const char *what, int64_t done, int64_t total) {
  heard *h = context;
  if (strcmp(what, "Unpacking") != 0) return;
  h->same = h->calls++ == 0 || (h->same && total == h->total);
  h->total = total;
  assert_in_range(done, 1, total);
}

static void progress(void **state) {
  (void)state;
  heard h = {0};
  const oc_data_options options = {.valid = "0", .cache_folder = "cache", .progress = hear, .context = &h};
  write_images(400); /* 512 bytes for each header and each image: more than a chunk */
  run("tar czf d.tar.gz d");
  oc_data data;
  assert_ok(oc_data_open("d.tar.gz", &options, &data, &err), err);
  oc_data_close(&data);
  assert_true(h.calls >= 2 && h.same);
  struct stat st;
  assert_int_equal(stat("d.tar.gz", &st), 0);
  assert_int_equal(h.total, st.st_size);
  h.calls = 0;
  assert_ok(oc_data_open("d.tar.gz", &options, &data, &err), err);
  oc_data_close(&data);
  assert_int_equal(h.calls, 0); /* it is there already */
}

/* What an unpacked archive is replaced by is not taken as it is. */
static void damaged_copy(void **state) {
  (void)state;
  char plain[65];
  write_images(4);
  run("tar czf d.tar.gz d");
  snprintf(plain, sizeof plain, "%s", hash_of("d.tar.gz", 4));
  run("for f in cache/untar/*; do truncate -s -1 $f; done");
  assert_string_equal(hash_of("d.tar.gz", 4), plain);
  run("for f in cache/untar/*; do : > $f; done");
  assert_string_equal(hash_of("d.tar.gz", 4), plain);
}

static void assert_nothing_stays(const oc_data_options *options, oc_status status, const char *part) {
  oc_data data;
  assert_fails(oc_data_open("d.tar.gz", options, &data, &err), status, err, part);
  assert_string_equal(kept(), "");
}

static bool never(void *context) {
  (void)context;
  return false;
}

static void refused(void **state) {
  (void)state;
  const oc_data_options options = {.cache_folder = "cache"}, none = {0},
                        stopped = {.cache_folder = "cache", .go_on = never};
  write_images(4);
  run("tar czf d.tar.gz d");
  assert_nothing_stays(&none, OC_E_DATA, "tar xzf d.tar.gz");
  assert_nothing_stays(&stopped, OC_E_INTERRUPTED, "interrupted");
  run("cp d.tar.gz whole && head -c -20 whole > d.tar.gz");
  assert_nothing_stays(&options, OC_E_DATA, "truncated gzip");
  run("head -c -4 whole > d.tar.gz && printf 'abcd' >> d.tar.gz"); /* the size that gzip states */
  assert_nothing_stays(&options, OC_E_DATA, "corrupt gzip");
  run("truncate -s 100M d/a/1.pgm && tar czf d.tar.gz d && rm d/a/1.pgm");
  assert_nothing_stays(&options, OC_E_DATA, "over 200 times as large as the file");
}

/* A disk that is full looks like a file that may not grow. */
static void full_disk(void **state) {
  (void)state;
  const oc_data_options options = {.cache_folder = "cache"};
  struct rlimit before, small;
  write_images(64);
  run("tar czf d.tar.gz d");
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 16384;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  oc_data data;
  memset(&err, 0, sizeof err);
  const oc_status status = oc_data_open("d.tar.gz", &options, &data, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  if (status != OC_E_CANT_CREATE) fail_msg("%s: %s: %s", oc_status_name(status), err.where, err.message);
  assert_non_null(strstr(err.where, "cache/untar"));
  assert_string_equal(kept(), "");
  (void)hash_of("d.tar.gz", 64);
}
#endif

int main(void) {
#if OC_HAVE_ZLIB
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(same_data, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(old_copies, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(progress, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(damaged_copy, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(refused, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(full_disk, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
#else
  return 0;
#endif
}
