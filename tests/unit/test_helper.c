/* Whatever the program that decodes HEIC does, is there one error in words, or the image, and neither a
 * process nor a descriptor left over? Scripts take its place, and answer as they like. */
#include "harness.h"
#include "base/memory.h"
#include "data/decode/heif.h"
#include "data/decode/helper_answer.h"
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

enum { SIZE = 1 << 20 }; /* of the file, which is more than a socket takes without a reader */

static oc_error err;
static const unsigned char PIXELS[] = "abcdefghijklmnopqr"; /* 2 x 3 x 3 */

static void write_answer(const char *name, oc_helper_answer a) {
  harness_write_file(name, &a, sizeof a);
}

/* What the scripts send. */
static int enter(void **state) {
  const oc_helper_answer size = {.magic = OC_HELPER_MAGIC, .height = 2, .width = 3, .channels = 3};
  oc_helper_answer a = size;
  if (harness_enter_folder(state) != 0) return -1;
  write_answer("size", size);
  harness_write_file("pixels", PIXELS, 18);
  a.magic++;
  write_answer("magic", a);
  a = size, a.width = 4;
  write_answer("other", a);
  a = size, a.channels = 1;
  write_answer("gray", a);
  a = size, a.height = a.width = UINT32_MAX;
  write_answer("bomb", a);
  a = size, a.height = a.width = 2900;
  write_answer("large", a);
  a = size, a.height = 0;
  write_answer("empty", a);
  a = size, a.state = OC_HELPER_CORRUPT;
  memset(a.words, 'x', sizeof a.words);
  write_answer("corrupt", a);
  a = size, a.state = OC_HELPER_UNSUPPORTED;
  snprintf(a.words, sizeof a.words, "a codec\033[31m");
  write_answer("unsupported", a);
  a = size, a.state = 77;
  write_answer("state", a);
  return 0;
}

static int open_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  assert_non_null(folder);
  int count = 0;
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

/* Decodes SIZE bytes with a shell script. */
static oc_status run_script(const char *script, int64_t patience, oc_decoded *out) {
  static unsigned char bytes[SIZE];
  char text[300];
  snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
  unlink("fake");
  harness_write_file("fake", text, strlen(text));
  assert_int_equal(chmod("fake", 0700), 0);
  const oc_heif_file f = {
      .path = "photo", .bytes = bytes, .size = SIZE, .program = "./fake", .patience = patience};
  const oc_decode_options how = oc_decode_defaults();
  const int before = open_descriptors();
  *out = (oc_decoded){0};
  err = (oc_error){0};
  const oc_status status = oc_heif_run(&f, &how, out, &err);
  assert_int_equal(open_descriptors(), before);
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
  return status;
}

static void check_good(const char *script) {
  oc_decoded image;
  assert_ok(run_script(script, 10, &image), err);
  assert_int_equal(image.size.height, 2);
  assert_int_equal(image.size.width, 3);
  assert_int_equal(image.size.channels, 3);
  assert_memory_equal(image.pixels, PIXELS, 18);
  oc_memory_free(image.pixels);
}

static void a_good_answer_is_an_image(void **state) {
  (void)state;
  check_good("cat size size pixels >&0");
  check_good("head -c 100 size >&0; tail -c +101 size >&0; cat size >&0; head -c 1 pixels >&0; tail -c +2 "
             "pixels >&0");
  check_good("cat size size pixels >&0; kill -KILL $$"); /* all has come by then */
}

static void other_answers_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *script;
    oc_status status;
    const char *part;
  } cases[] = {
      {"exit 0", OC_E_DATA, "no answer from ./fake"},
      {"exit 1", OC_E_DATA, "no answer from ./fake"},
      {"exit 127", OC_E_UNSUPPORTED, "unsupported without libheif"},
      {"kill -SEGV $$", OC_E_DATA, "ended by signal 11 (Segmentation fault)"},
      {"kill -XCPU $$", OC_E_DATA, "it takes too long"},
      {"exec 0<&-; exec sleep 1000", OC_E_DATA, "ended by signal 9"},
      {"exec head -c 300 /dev/zero >&0", OC_E_DATA, "wrong answer from ./fake"},
      {"exec cat /dev/zero >&0", OC_E_DATA, "wrong answer from ./fake"},
      {"head -c 100 size >&0", OC_E_DATA, "no answer"},
      {"cat magic size pixels >&0", OC_E_DATA, "wrong answer"},
      {"cat state >&0", OC_E_DATA, "wrong answer"},
      {"cat gray size pixels >&0", OC_E_DATA, "wrong answer"},
      {"cat empty size pixels >&0", OC_E_DATA, "an image of 0x3 has no pixels"},
      {"cat bomb >&0", OC_E_DATA, "the image is too large: 4294967295x4294967295x3"},
      {"cat corrupt >&0", OC_E_DATA, "corrupt HEIC: xxxx"},
      {"cat unsupported >&0", OC_E_DATA, "unsupported HEIC: a codec\\x1b[31m"},
      {"cat size >&0", OC_E_DATA, "no answer"},
      {"cat size >&0; kill -ABRT $$", OC_E_DATA, "ended by signal 6 (Aborted)"},
      {"cat size corrupt >&0", OC_E_DATA, "corrupt HEIC: xxxx"},
      {"cat size other pixels pixels >&0", OC_E_DATA, "the size of the image is not that of its header"},
      {"cat size size >&0; head -c 17 pixels >&0", OC_E_DATA, "no answer"},
      {"cat size size pixels size >&0", OC_E_DATA, "wrong answer"},
      {"cat size size pixels >&0; exec cat /dev/zero >&0", OC_E_DATA, "wrong answer"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    oc_decoded image;
    const oc_status status = run_script(cases[i].script, 10, &image);
    if (status != cases[i].status || err.code != status || !strstr(err.message, cases[i].part))
      fail_msg("%s: %s: %s", cases[i].script, oc_status_name(status), err.message);
    assert_string_equal(err.where, "photo");
    assert_null(image.pixels);
  }
}

/* 2900 x 2900 pixels of SIZE bytes are possible, of 100 bytes they are not. */
static void more_pixels_than_the_bytes_can_hold_are_refused(void **state) {
  (void)state;
  oc_decoded image = {0};
  assert_fails(run_script("cat large >&0", 10, &image), OC_E_DATA, err, "no answer");
  const oc_heif_file f = {.path = "photo",
                          .bytes = (const unsigned char *)"\0\0\0\30ftypavif",
                          .size = 12,
                          .program = "./fake",
                          .patience = 10};
  const oc_decode_options how = oc_decode_defaults();
  assert_fails(oc_heif_run(&f, &how, &image, &err), OC_E_DATA, err,
               "corrupt AVIF: the header declares 2900x2900 pixels, too many for 12 bytes");
}

/* Without patience, so that no time passes. */
static void a_program_that_does_nothing_is_ended(void **state) {
  (void)state;
  oc_decoded image;
  assert_fails(run_script("exec sleep 1000", 0, &image), OC_E_DATA, err, "it takes too long");
}

static void a_program_that_cannot_run_is_named(void **state) {
  (void)state;
  oc_decoded image = {0};
  const oc_decode_options how = oc_decode_defaults();
  oc_heif_file f = {.path = "photo", .bytes = PIXELS, .size = 18, .program = "./none", .patience = 10};
  const int before = open_descriptors();
  assert_fails(oc_heif_run(&f, &how, &image, &err), OC_E_UNSUPPORTED, err, "cannot run ./none: No such file");
  f.program = "./size"; /* a file that is not executable */
  assert_fails(oc_heif_run(&f, &how, &image, &err), OC_E_UNSUPPORTED, err, "cannot run ./size: Permission");
  assert_int_equal(open_descriptors(), before);
}

static void a_header_alone_has_no_pixels(void **state) {
  (void)state;
  oc_decoded image = {0};
  const oc_decode_options how = {.max_pixels = 100, .max_side = 100, .max_bytes = 100, .header_only = true};
  const oc_heif_file f = {.path = "photo", .bytes = PIXELS, .size = 18, .program = "./fake", .patience = 10};
  (void)run_script("cat size >&0; exec sleep 1000", 0, &image); /* writes the script */
  assert_ok(oc_heif_run(&f, &how, &image, &err), err);
  assert_int_equal(image.size.width, 3);
  assert_null(image.pixels);
}

/* ---- signals ------------------------------------------------------------------------------------------- */

static void on_alarm(int number) {
  (void)number;
}

static void interrupted_calls_are_repeated(void **state) {
  (void)state;
  const struct sigaction action = {.sa_handler = on_alarm};
  const struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
  struct sigaction before;
  sigaction(SIGALRM, &action, &before);
  setitimer(ITIMER_REAL, &often, NULL);
  oc_decoded image = {0};
  for (int i = 0; i < 10; i++) {
    const oc_status status = run_script("cat size size pixels >&0", 10, &image);
    if (status != OC_OK) break;
    oc_memory_free(image.pixels);
  }
  setitimer(ITIMER_REAL, &never, NULL);
  sigaction(SIGALRM, &before, NULL);
  assert_int_equal(err.code, OC_OK);
}

/* The system then waits for children, and no exit code is to be had. */
static void a_process_may_ignore_its_children(void **state) {
  (void)state;
  oc_decoded image;
  signal(SIGCHLD, SIG_IGN);
  check_good("cat size size pixels >&0");
  const oc_status status = run_script("exit 127", 10, &image);
  signal(SIGCHLD, SIG_DFL);
  assert_int_equal(status, OC_E_DATA);
  assert_non_null(strstr(err.message, "no answer"));
}

/* Ctrl-C goes to the group of this process; blocked and ignored signals are those of this process. */
static void a_program_has_signals_of_its_own(void **state) {
  (void)state;
  sigset_t all, before;
  sigfillset(&all);
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_SETMASK, &all, &before);
  check_good("[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && grep -q 'SigBlk:.0*$' /proc/self/status && "
             "grep -q 'SigIgn:.*0000000$' /proc/self/status && cat size size pixels >&0");
  sigprocmask(SIG_SETMASK, &before, NULL);
  signal(SIGPIPE, SIG_DFL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_good_answer_is_an_image),
      IN_FOLDER(other_answers_are_refused),
      IN_FOLDER(more_pixels_than_the_bytes_can_hold_are_refused),
      IN_FOLDER(a_program_that_does_nothing_is_ended),
      IN_FOLDER(a_program_that_cannot_run_is_named),
      IN_FOLDER(a_header_alone_has_no_pixels),
      IN_FOLDER(interrupted_calls_are_repeated),
      IN_FOLDER(a_process_may_ignore_its_children),
      IN_FOLDER(a_program_has_signals_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
