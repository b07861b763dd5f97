/* Does a run take the place of another where folders cannot be exchanged, and what is left if the process
 * dies on the way? */
#include "harness.h"
#include "base/file.h"
#include "base/memory.h"
#include "train/run_folder.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void write_run(const char *folder, const char *mark) {
  char path[128];
  oc_error err;
  assert_ok(oc_folder_create(folder, &err), err);
  static const char *const names[] = {"run.json", "model.safetensors", "last.safetensors", "metrics.jsonl",
                                      "epoch-3.safetensors"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    harness_write_file(path, mark, strlen(mark));
  }
}

static void assert_run(const char *folder, const char *mark) {
  char path[128];
  oc_error err;
  unsigned char *bytes;
  size_t size;
  static const char *const names[] = {"run.json", "model.safetensors", "last.safetensors", "metrics.jsonl"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    assert_ok(oc_file_read(path, 100, &bytes, &size, &err), err);
    assert_string_equal((char *)bytes, mark);
    oc_memory_free(bytes);
  }
}

static void assert_nothing_beside(void) {
  assert_false(oc_file_exists(".run.ocellus-new"));
  assert_false(oc_file_exists(".run.ocellus-old"));
}

static void replace_run(bool two_renames) {
  oc_error err;
  oc_run_folder r;
  write_run("run", "old");
  harness_write_file("run/notes.txt", "mine", 4);
  harness_write_file("run/evaluation.json", "old", 3);
  (void)mkdir("run/logs", 0777);
  assert_ok(oc_run_folder_open("run", OC_RUN_REPLACE, &r, &err), err);
  r.two_renames = two_renames;
  assert_true(oc_run_folder_waits(&r));
  write_run(r.work, "new");
  assert_run("run", "old");
  assert_ok(oc_run_folder_take_place(&r, &err), err);
  assert_false(oc_run_folder_waits(&r));
  assert_string_equal(r.work, "run");
  oc_run_folder_close(&r, true);
  assert_run("run", "new");
  assert_false(oc_file_exists("run/evaluation.json"));
  assert_true(oc_file_exists("run/notes.txt")); /* what is not of a run stays */
  assert_true(oc_file_exists("run/logs"));
  assert_nothing_beside();
}

static void a_run_takes_the_place_of_another(void **state) {
  (void)state;
  replace_run(false);
  replace_run(true);
}

/* As a process leaves it that dies between the two renames. */
static void the_gap_is_closed(void **state) {
  (void)state;
  oc_error err;
  oc_run_folder r;
  for (int has_new = 0; has_new < 2; has_new++) {
    write_run(".run.ocellus-old", "old");
    if (has_new) write_run(".run.ocellus-new", "new");
    assert_ok(oc_run_folder_open("run", OC_RUN_RESUME, &r, &err), err);
    oc_run_folder_close(&r, true);
    assert_run("run", has_new ? "new" : "old");
    assert_nothing_beside();
    oc_run_folder again;
    assert_fails(oc_run_folder_open("run", OC_RUN_NEW, &again, &err), OC_E_CANT_CREATE, err,
                 "already holds a run");
    oc_run_folder_close(&again, false);
    assert_run("run", has_new ? "new" : "old"); /* a refusal removes nothing */
    assert_ok(oc_run_folder_open("run", OC_RUN_REPLACE, &again, &err), err);
    oc_run_folder_close(&again, true);
    assert_run("run", has_new ? "new" : "old");
    assert_nothing_beside();
    assert_int_equal(system("rm -r run"), 0);
  }
}

static void what_the_dead_left_beside_is_cleared_away(void **state) {
  (void)state;
  oc_error err;
  oc_run_folder r;
  write_run("run", "whole");
  write_run(".run.ocellus-new", "half");
  harness_write_file(".run.ocellus-new/notes.txt", "mine",
                     4); /* died after the exchange: that is the old run */
  assert_ok(oc_run_folder_open("run", OC_RUN_RESUME, &r, &err), err);
  assert_run("run", "whole");
  assert_true(oc_file_exists("run/notes.txt"));
  assert_nothing_beside();
  oc_run_folder_close(&r, true);
}

static void the_lock_ends_with_its_process(void **state) {
  (void)state;
  oc_error err;
  oc_run_folder r;
  int ready[2];
  char byte;
  assert_int_equal(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (oc_run_folder_open("run", OC_RUN_NEW, &r, NULL) != OC_OK || write(ready[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(1);
  }
  assert_int_equal(read(ready[0], &byte, 1), 1);
  for (int kind = OC_RUN_NEW; kind <= OC_RUN_RESUME; kind++) {
    assert_fails(oc_run_folder_open("run", (oc_run_kind)kind, &r, &err), OC_E_CANT_CREATE, err,
                 "run: another training run is writing");
    oc_run_folder_close(&r, false);
  }
  assert_int_equal(kill(child, SIGKILL), 0);
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_ok(oc_run_folder_open("run", OC_RUN_NEW, &r, &err), err);
  oc_run_folder_close(&r, false);
  close(ready[0]);
  close(ready[1]);
}

static void folders_that_cannot_change_places_are_refused_before(void **state) {
  (void)state;
  oc_error err;
  oc_run_folder r;
  write_run(".", "x");
  assert_fails(oc_run_folder_open(".", OC_RUN_REPLACE, &r, &err), OC_E_CANT_CREATE, err,
               "the current folder");
  oc_run_folder_close(&r, false);
  assert_run(".", "x");
  harness_write_file("file", "", 0);
  assert_fails(oc_run_folder_open("file", OC_RUN_RESUME, &r, &err), OC_E_NO_INPUT, err, "file: not a folder");
  oc_run_folder_close(&r, true);
  assert_fails(oc_run_folder_open("file", OC_RUN_NEW, &r, &err), OC_E_CANT_CREATE, err,
               "file: expected a folder, got a file");
  oc_run_folder_close(&r, false);
}

static void a_failed_run_leaves_nothing(void **state) {
  (void)state;
  oc_error err;
  oc_run_folder r;
  assert_ok(oc_run_folder_open("run", OC_RUN_NEW, &r, &err), err);
  write_run("run", "half");
  oc_run_folder_close(&r, false);
  assert_false(oc_file_exists("run"));
  assert_int_equal(mkdir("run", 0777), 0); /* a folder of the caller stays */
  assert_ok(oc_run_folder_open("run", OC_RUN_NEW, &r, &err), err);
  write_run("run", "half");
  oc_run_folder_close(&r, false);
  assert_true(oc_file_exists("run"));
  assert_int_equal(rmdir("run"), 0);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_run_takes_the_place_of_another),
      IN_FOLDER(the_gap_is_closed),
      IN_FOLDER(what_the_dead_left_beside_is_cleared_away),
      IN_FOLDER(the_lock_ends_with_its_process),
      IN_FOLDER(folders_that_cannot_change_places_are_refused_before),
      IN_FOLDER(a_failed_run_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
