/* Does ocellus-heif decode what it should, for many threads, within its limits, and refuse every damaged
 * file? */
#include "data_files.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/decode/helper.h"
#include "data/decode/helper_answer.h"
#include "ocellus/data.h"
#include "ocellus/library.h"
#include <pthread.h>
#include <signal.h>

static const char *const good[] = {"good.heic", "good.avif", "good-alpha.heic", "good-turned.avif"};
enum { GOOD = sizeof good / sizeof good[0] };

typedef struct file {
  unsigned char *bytes;
  size_t size;
} file;

static file read_good(int index) {
  char below[100], path[1024];
  file f;
  oc_error err;
  snprintf(below, sizeof below, "tests/bad/data/%s", good[index]);
  data_repository_path(below, path);
  assert_ok(oc_file_read(path, 1 << 20, &f.bytes, &f.size, &err), err);
  return f;
}

/* Skips the test where libheif is missing. */
static void need_libheif(void) {
  oc_library l;
  for (int i = 0; oc_library_at(i, &l); i++)
    if (strcmp(l.name, "libheif") == 0 && l.state != OC_LIBRARY_OPENED) skip();
}

/* ---- pixels -------------------------------------------------------------------------------------------- */

/* In the middle of each quarter. Samples of QUARTERS in tests/oracle/tiny_images.py, divided by 4. */
static void quarters_have_their_colors(void **state) {
  (void)state;
  need_libheif();
  static const uint8_t want[4][3] = {{250, 10, 3}, {8, 225, 19}, {5, 15, 247}, {255, 128, 0}};
  for (int i = 0; i < 2; i++) {
    file f = read_good(i);
    oc_image image;
    oc_error err;
    assert_ok(oc_image_decode(good[i], f.bytes, f.size, NULL, &image, &err), err);
    const int64_t h = image.size.height, w = image.size.width;
    assert_int_equal(image.size.channels, 3);
    for (int q = 0; q < 4; q++)
      for (int c = 0; c < 3; c++) {
        const int64_t at = (h / 4 + q / 2 * (h / 2)) * w + w / 4 + q % 2 * (w / 2);
        assert_in_range(image.pixels[at * 3 + c] + 1, want[q][c], want[q][c] + 2);
      }
    oc_image_release(&image);
    oc_memory_free(f.bytes);
  }
}

typedef struct job {
  file files[GOOD];
  oc_image images[GOOD]; /* what one thread alone decoded */
  int failed[8];
} job;

typedef struct turn {
  job *of;
  int number;
} turn;

static void *decode_often(void *context) {
  const turn *t = context;
  for (int k = 0; k < 2 * GOOD; k++) {
    const int i = (k + t->number) % GOOD;
    const oc_image *want = &t->of->images[i];
    oc_image image;
    const oc_status status =
        oc_image_decode(good[i], t->of->files[i].bytes, t->of->files[i].size, NULL, &image, NULL);
    const size_t bytes = (size_t)(want->size.height * want->size.width * want->size.channels);
    t->of->failed[t->number] += status != OC_OK || memcmp(image.pixels, want->pixels, bytes) != 0;
    oc_image_release(&image);
  }
  return NULL;
}

static void threads_get_the_same_pixels(void **state) {
  (void)state;
  need_libheif();
  job j = {0};
  pthread_t threads[8];
  turn turns[8];
  oc_error err;
  for (int i = 0; i < GOOD; i++) {
    j.files[i] = read_good(i);
    assert_ok(oc_image_decode(good[i], j.files[i].bytes, j.files[i].size, NULL, &j.images[i], &err), err);
  }
  for (int i = 0; i < 8; i++) {
    turns[i] = (turn){&j, i};
    assert_int_equal(pthread_create(&threads[i], NULL, decode_often, &turns[i]), 0);
  }
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 8; i++) assert_int_equal(j.failed[i], 0);
  for (int i = 0; i < GOOD; i++) {
    oc_image_release(&j.images[i]);
    oc_memory_free(j.files[i].bytes);
  }
}

/* ---- damage -------------------------------------------------------------------------------------------- */

static void a_file_that_is_cut_is_refused(void **state) {
  (void)state;
  need_libheif();
  for (int i = 0; i < GOOD; i++) {
    file f = read_good(i);
    oc_image image;
    oc_error err;
    for (size_t n = 12; n < f.size; n += n + 12 < f.size ? 11 : 1)
      assert_fails(oc_image_decode("cut", f.bytes, n, NULL, &image, &err), OC_E_DATA, err, "corrupt ");
    oc_memory_free(f.bytes);
  }
}

/* Another byte may be another image: it is decoded, or refused in words. */
static void other_bytes_do_no_harm(void **state) {
  (void)state;
  need_libheif();
  for (int i = 0; i < 2; i++) {
    file f = read_good(i);
    for (size_t at = 12; at < f.size; at += 5) {
      oc_image image;
      oc_error err = {0};
      f.bytes[at] ^= 0xff;
      const oc_status status = oc_image_decode("changed", f.bytes, f.size, NULL, &image, &err);
      if (status != OC_OK && (status != OC_E_DATA || !err.message[0] || image.pixels))
        fail_msg("byte %zu: %s: %s", at, oc_status_name(status), err.message);
      oc_image_release(&image);
      f.bytes[at] ^= 0xff;
    }
    oc_memory_free(f.bytes);
  }
}

/* ---- limits -------------------------------------------------------------------------------------------- */

/* The soft limit of a process, by its name in /proc. */
static long long limit_of(pid_t pid, const char *name) {
  char path[64], line[256];
  long long value = -1;
  snprintf(path, sizeof path, "/proc/%d/limits", (int)pid);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f))
    if (strncmp(line, name, strlen(name)) == 0) value = strtoll(line + strlen(name), NULL, 10);
  fclose(f);
  return value;
}

/* While it waits for the size to be accepted. */
static void it_limits_itself(void **state) {
  (void)state;
  need_libheif();
  char program[OC_HELPER_PATH];
  oc_error err;
  oc_helper h;
  oc_helper_answer a;
  const file f = read_good(0);
  const uint64_t size = f.size;
  assert_ok(oc_helper_find("ocellus-heif", "HEIC", "a file", program, &err), err);
  assert_ok(oc_helper_start(program, "a file", &h, &err), err);
  oc_helper_allow(&h, 100);
  assert_true(oc_helper_send(&h, &size, sizeof size) && oc_helper_send(&h, f.bytes, f.size));
  assert_true(oc_helper_receive(&h, &a, sizeof a));
  assert_int_equal(a.state, OC_HELPER_OK);
  assert_int_equal(limit_of(h.pid, "Max cpu time"), oc_helper_seconds(0));
  assert_int_equal(limit_of(h.pid, "Max address space"), oc_helper_memory(size, 0));
  assert_int_equal(limit_of(h.pid, "Max file size"), 0);
  assert_int_equal(limit_of(h.pid, "Max core file size"), 0);
  const oc_helper_end end = oc_helper_finish(&h); /* killed, unless it saw first that nobody listens */
  assert_true(end.signal == SIGKILL || end.code > 0);
  oc_memory_free(f.bytes);
}

static void limits_grow_with_the_image(void **state) {
  (void)state;
  assert_int_equal(oc_helper_seconds(0), 10);
  assert_int_equal(oc_helper_seconds(1 << 26), 42);
  assert_int_equal(oc_helper_memory(1000, 0), (512 << 20) + 2000);
  assert_int_equal(oc_helper_memory(0, 1 << 20), (512 << 20) + (48 << 20));
}

static void a_program_elsewhere_is_not_found(void **state) {
  (void)state;
  char path[OC_HELPER_PATH];
  oc_error err;
  assert_fails(oc_helper_find("ocellus-none", "HEIC", "a file", path, &err), OC_E_UNSUPPORTED, err,
               "cannot decode HEIC: the program ocellus-none was found neither in ");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quarters_have_their_colors),
      cmocka_unit_test(threads_get_the_same_pixels),
      cmocka_unit_test(a_file_that_is_cut_is_refused),
      cmocka_unit_test(other_bytes_do_no_harm),
      cmocka_unit_test(it_limits_itself),
      cmocka_unit_test(limits_grow_with_the_image),
      cmocka_unit_test(a_program_elsewhere_is_not_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
