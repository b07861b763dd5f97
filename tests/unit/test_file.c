/* Does reading a file keep its promises when the file, its compression or the limit is not as hoped? */
#include "file_content.h"
#include "base/file.h"
#include "base/memory.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>
#if OC_HAVE_ZLIB
#include <zlib.h>
#endif

static void reads_to_the_limit_and_no_further(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  harness_write_file("f", "0123456789", 10);
  assert_ok(oc_file_read("f", 10, &bytes, &size, &err), err);
  assert_int_equal(size, 10);
  oc_memory_free(bytes);
  assert_fails(oc_file_read("f", 9, &bytes, &size, &err), OC_E_DATA, err,
               "f: file is too large: the limit is 9 bytes");
  assert_null(bytes);
  harness_write_file("empty", "", 0);
  assert_content("empty", "");
  assert_true(oc_file_exists("f"));
  assert_false(oc_file_exists("g"));
}

static void reading_what_is_no_file(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_fails(oc_file_read("none", 9, &bytes, &size, &err), OC_E_NO_INPUT, err,
               "none: cannot open: No such file");
  assert_int_equal(mkdir("d", 0777), 0);
  assert_fails(oc_file_read("d", 9, &bytes, &size, &err), OC_E_NO_INPUT, err,
               "d: expected a file, got a folder");
  assert_fails(oc_file_read_gzip("d", 9, &bytes, &size, &err), OC_E_NO_INPUT, err,
               "d: expected a file, got a folder");
  assert_fails(oc_file_read("/dev/zero", 9, &bytes, &size, &err), OC_E_NO_INPUT, err, "/dev/zero");
  /* /proc says size 0 and has content all the same */
  assert_ok(oc_file_read("/proc/self/stat", 1 << 20, &bytes, &size, &err), err);
  assert_true(size > 20);
  oc_memory_free(bytes);
}

/* Nobody writes to the named pipe: an open that waits would hang here. */
static void what_is_no_regular_file_is_refused_at_once(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_int_equal(mkfifo("p", 0666), 0);
  assert_int_equal(mkdir("d", 0777), 0);
  static const char *const names[] = {"p", "d", "/dev/zero", "/dev/full"};
  static const char *const kinds[] = {
      "p: expected a regular file, got a pipe", "d: expected a file, got a folder",
      "/dev/zero: expected a regular file, got a device", "/dev/full: expected a regular file, got a device"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_fails(oc_file_read(names[i], 9, &bytes, &size, &err), OC_E_NO_INPUT, err, kinds[i]);
    assert_fails(oc_file_read_gzip(names[i], 9, &bytes, &size, &err), OC_E_NO_INPUT, err, kinds[i]);
  }
  FILE *p = popen("echo text", "r");
  char path[64];
  assert_non_null(p);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(p));
  assert_fails(oc_file_read(path, 9, &bytes, &size, &err), OC_E_NO_INPUT, err, "got a pipe");
  pclose(p);
}

static void links_in_a_loop_and_closed_folders_are_named(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  assert_int_equal(symlink("b", "a"), 0);
  assert_int_equal(symlink("a", "b"), 0);
  assert_fails(oc_file_read("a", 9, &bytes, &size, &err), OC_E_NO_INPUT, err,
               "a: cannot open: symbolic link loop");
  assert_fails(oc_file_replace("a/f", "x", 1, &err), OC_E_CANT_CREATE, err, "symbolic link loop");
  assert_ok(oc_folder_create("closed/inner", &err), err);
  harness_write_file("closed/inner/f", "x", 1);
  assert_int_equal(chmod("closed", 0), 0);
  const bool root = geteuid() == 0; /* to whom nothing is closed */
  if (root) {
    assert_int_equal(chmod(".", 0777), 0);
    assert_int_equal(seteuid(65534), 0);
  }
  assert_fails(oc_file_read("closed/inner/f", 9, &bytes, &size, &err), OC_E_NO_INPUT, err,
               "cannot open: no permission for the folder closed (Permission denied)");
  assert_fails(oc_folder_create("closed/x", &err), OC_E_CANT_CREATE, err,
               "no permission for the folder closed");
  if (root) assert_int_equal(seteuid(0), 0);
  assert_int_equal(chmod("closed", 0777), 0);
}

/* ---- gzip ---------------------------------------------------------------------------------------------- */

#if OC_HAVE_ZLIB
static void write_gzip(const char *path, const char *mode, const void *bytes, size_t size) {
  gzFile f = gzopen(path, mode);
  assert_non_null(f);
  assert_int_equal(gzwrite(f, bytes, (unsigned)size), (int)size);
  assert_int_equal(gzclose(f), Z_OK);
}

static void reads_gzip_members(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  write_gzip("f", "wb", "first ", 6);
  write_gzip("f", "ab", "second", 6);
  assert_ok(oc_file_read_gzip("f", 12, &bytes, &size, &err), err);
  assert_string_equal((char *)bytes, "first second");
  oc_memory_free(bytes);
  assert_fails(oc_file_read_gzip("f", 11, &bytes, &size, &err), OC_E_DATA, err, "the limit is 11 bytes");
  write_gzip("empty", "wb", "", 0);
  assert_ok(oc_file_read_gzip("empty", 10, &bytes, &size, &err), err);
  assert_int_equal(size, 0);
  oc_memory_free(bytes);
}

/* A large content of many different bytes: several turns of growing. */
static void reads_a_large_gzip(void **state) {
  (void)state;
  enum { SIZE = 1000003 };
  oc_error err;
  unsigned char *bytes, *content = malloc(SIZE);
  size_t size;
  uint32_t x = 1;
  for (int i = 0; i < SIZE; i++) content[i] = (unsigned char)((x = x * 1664525 + 1013904223) >> 24);
  write_gzip("f", "wb", content, SIZE);
  assert_ok(oc_file_read_gzip("f", SIZE, &bytes, &size, &err), err);
  assert_int_equal(size, SIZE);
  assert_memory_equal(bytes, content, SIZE);
  oc_memory_free(bytes);
  assert_fails(oc_file_read_gzip("f", SIZE - 1, &bytes, &size, &err), OC_E_DATA, err,
               "the limit is 1000002 bytes");
  free(content);
}

static void every_truncation_is_an_error(void **state) {
  (void)state;
  oc_error err;
  unsigned char *whole, *bytes;
  size_t whole_size, size;
  write_gzip("f", "wb", "some text, some more text, and the same text again", 50);
  assert_ok(oc_file_read("f", 1000, &whole, &whole_size, &err), err);
  for (size_t cut = 2; cut < whole_size; cut++) {
    harness_write_file("cut", whole, cut);
    assert_fails(oc_file_read_gzip("cut", 1000, &bytes, &size, &err), OC_E_DATA, err, "truncated gzip");
    assert_null(bytes);
  }
  oc_memory_free(whole);
}

/* The check sum catches any single byte; the header has bytes that mean nothing (time, system). */
static void every_corruption_is_an_error(void **state) {
  (void)state;
  oc_error err;
  unsigned char *whole, *bytes;
  size_t whole_size, size;
  write_gzip("f", "wb", "some text, some more text, and the same text again", 50);
  assert_ok(oc_file_read("f", 1000, &whole, &whole_size, &err), err);
  for (size_t i = 10; i < whole_size; i++) {
    whole[i] ^= 0x21;
    harness_write_file("bad", whole, whole_size);
    assert_fails(oc_file_read_gzip("bad", 1000, &bytes, &size, &err), OC_E_DATA, err, "bad: ");
    whole[i] ^= 0x21;
  }
  oc_memory_free(whole);
}

static void garbage_after_gzip_is_an_error(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  write_gzip("f", "wb", "text", 4);
  FILE *f = fopen("f", "ab");
  fputs("garbage", f);
  fclose(f);
  assert_fails(oc_file_read_gzip("f", 1000, &bytes, &size, &err), OC_E_DATA, err, "other bytes follow");
}

/* 256 MiB of zeros in 260 kB. Memory must follow the limit, not the bomb: the address space is capped below
 * it. */
static void a_bomb_stops_at_the_limit(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  gzFile f = gzopen("bomb", "wb9");
  static const unsigned char zeros[1 << 16];
  for (int i = 0; i < 4096; i++) assert_int_equal(gzwrite(f, zeros, sizeof zeros), sizeof zeros);
  assert_int_equal(gzclose(f), Z_OK);
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  assert_fails(oc_file_read_gzip("bomb", 1 << 20, &bytes, &size, &err), OC_E_DATA, err,
               "the limit is 1048576 bytes");
  getrusage(RUSAGE_SELF, &after);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 8192); /* KiB */
#endif
}
#else
static void gzip_is_unsupported(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  harness_write_file("f", "\x1f\x8b\x08\0\0\0\0\0\0\3", 10);
  assert_fails(oc_file_read_gzip("f", 1000, &bytes, &size, &err), OC_E_UNSUPPORTED, err, "no zlib");
}
#endif

static void plain_content_passes_through(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes;
  size_t size;
  static const char *const contents[] = {"", "x", "\x1f", "plain text"};
  for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
    harness_write_file("f", contents[i], strlen(contents[i]));
    assert_ok(oc_file_read_gzip("f", 10, &bytes, &size, &err), err);
    assert_int_equal(size, strlen(contents[i]));
    assert_string_equal((char *)bytes, contents[i]);
    oc_memory_free(bytes);
  }
  assert_fails(oc_file_read_gzip("f", 9, &bytes, &size, &err), OC_E_DATA, err, "the limit is 9 bytes");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
    IN_FOLDER(reads_to_the_limit_and_no_further),
    IN_FOLDER(reading_what_is_no_file),
    IN_FOLDER(what_is_no_regular_file_is_refused_at_once),
    IN_FOLDER(links_in_a_loop_and_closed_folders_are_named),
#if OC_HAVE_ZLIB
    IN_FOLDER(reads_gzip_members),
    IN_FOLDER(reads_a_large_gzip),
    IN_FOLDER(every_truncation_is_an_error),
    IN_FOLDER(every_corruption_is_an_error),
    IN_FOLDER(garbage_after_gzip_is_an_error),
    IN_FOLDER(a_bomb_stops_at_the_limit),
#else
    IN_FOLDER(gzip_is_unsupported),
#endif
    IN_FOLDER(plain_content_passes_through),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
