/* Is a file replaced whole or not at all, whatever the disk, a link or another writer does; and do folders
 * and paths come out as requested? */
#include "file_content.h"
#include "base/file.h"
#include "base/memory.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int files_here(void) {
  int count = 0;
  DIR *d = opendir(".");
  assert_non_null(d);
  while (readdir(d)) count++;
  closedir(d);
  return count - 2; /* without the folder and its parent */
}

static void replaces_whole(void **state) {
  (void)state;
  oc_error err;
  struct stat st;
  assert_ok(oc_file_replace("f", "one", 3, &err), err);
  assert_content("f", "one");
  assert_int_equal(chmod("f", 0600), 0);
  assert_ok(oc_file_replace("f", "second", 6, &err), err);
  assert_content("f", "second");
  assert_int_equal(stat("f", &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600); /* permissions are kept */
  assert_int_equal(files_here(), 1);
}

static void old_content_stays_until_commit(void **state) {
  (void)state;
  oc_error err;
  oc_writer *w, *other;
  assert_ok(oc_file_replace("f", "old", 3, &err), err);
  assert_ok(oc_writer_open("f", &w, &err), err);
  assert_ok(oc_writer_open("f", &other, &err), err); /* two writers of one file do not disturb each other */
  assert_ok(oc_writer_write(w, "new", 3, &err), err);
  assert_ok(oc_writer_write(other, "other", 5, &err), err);
  assert_content("f", "old");
  oc_writer_abandon(other);
  assert_content("f", "old");
  assert_ok(oc_writer_commit(w, &err), err);
  assert_content("f", "new");
  assert_int_equal(files_here(), 1);
  oc_writer_abandon(NULL);
}

/* A file may grow to 4096 bytes and no further, as on a full disk. */
static void a_full_disk_leaves_the_old_file(void **state) {
  (void)state;
  oc_error err;
  struct rlimit before;
  char big[10000];
  memset(big, 'x', sizeof big);
  assert_ok(oc_file_replace("f", "old", 3, &err), err);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL); /* which ends the process, unless the writer keeps it away */
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, before.rlim_max}), 0);
  oc_status status = oc_file_replace("f", big, sizeof big, &err);
  oc_error fresh_err;
  oc_status fresh = oc_file_replace("g", big, sizeof big, &fresh_err);
  oc_error line_err;
  char line[5000];
  memset(line, 'y', sizeof line - 1);
  line[sizeof line - 1] = 0;
  oc_status appended = oc_file_append_line("f", line, &line_err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  assert_int_equal(status, OC_E_CANT_CREATE);
  assert_non_null(strstr(err.message, "cannot write: File too large; the old file is unchanged"));
  assert_non_null(strstr(err.hint, "ulimit -f"));
  assert_int_equal(fresh, OC_E_CANT_CREATE);
  assert_non_null(strstr(fresh_err.message, "no file was made"));
  assert_int_equal(appended, OC_E_CANT_CREATE);
  assert_non_null(strstr(line_err.message, "cannot append a line: File too large"));
  assert_content("f", "old"); /* the half line is gone again */
  assert_int_equal(files_here(), 1);
}

/* A process that dies while it writes leaves its temporary file, and its lock is gone. */
static void files_of_dead_writers_are_cleared_away(void **state) {
  (void)state;
  oc_error err;
  oc_writer *w;
  const pid_t child = fork();
  if (child == 0) {
    if (oc_writer_open("f", &w, NULL) == OC_OK && oc_writer_write(w, "half", 4, NULL) == OC_OK)
      kill(getpid(), SIGKILL);
    _exit(1);
  }
  assert_int_equal(waitpid(child, NULL, 0), child);
  assert_int_equal(files_here(), 1);
  assert_ok(oc_writer_open("f", &w, &err), err); /* a living one */
  harness_write_file(".ocellus-mine.txt", "x", 1);
  assert_int_equal(files_here(), 3);
  oc_folder_clean(".");
  assert_int_equal(files_here(), 2);
  assert_ok(oc_writer_commit(w, &err), err);
  assert_true(oc_file_exists("f"));
  assert_true(oc_file_exists(".ocellus-mine.txt"));
}

static void targets_that_must_not_be_replaced(void **state) {
  (void)state;
  oc_error err;
  assert_int_equal(mkdir("d", 0777), 0);
  assert_int_equal(mkfifo("p", 0666), 0);
  assert_fails(oc_file_replace("d", "x", 1, &err), OC_E_CANT_CREATE, err, "d: cannot replace a folder");
  assert_fails(oc_file_replace("p", "x", 1, &err), OC_E_CANT_CREATE, err,
               "p: cannot replace a file of a special kind");
  assert_fails(oc_file_replace("/dev/null", "x", 1, &err), OC_E_CANT_CREATE, err, "a file of a special kind");
  assert_fails(oc_file_replace("d/", "x", 1, &err), OC_E_CANT_CREATE, err, "has no file name");
  assert_fails(oc_file_replace("", "x", 1, &err), OC_E_CANT_CREATE, err, "has no file name");
  assert_fails(oc_file_replace("none/f", "x", 1, &err), OC_E_CANT_CREATE, err, "none/f: cannot create");
  assert_int_equal(files_here(), 2);
}

/* A link laid where the temporary file is to be must not lead the writer elsewhere. */
static void does_not_follow_a_laid_link(void **state) {
  (void)state;
  oc_error err;
  char name[64];
  harness_write_file("victim", "safe", 4);
  snprintf(name, sizeof name, ".ocellus-%ld-0.tmp", (long)getpid());
  assert_int_equal(symlink("victim", name), 0);
  assert_ok(oc_file_replace("f", "new", 3, &err), err);
  assert_content("victim", "safe");
  assert_content("f", "new");
}

static void a_link_itself_is_replaced(void **state) {
  (void)state;
  oc_error err;
  harness_write_file("victim", "safe", 4);
  assert_int_equal(symlink("victim", "f"), 0);
  assert_ok(oc_file_replace("f", "new", 3, &err), err);
  assert_content("victim", "safe");
  assert_content("f", "new");
}

static void appends_lines(void **state) {
  (void)state;
  oc_error err;
  assert_ok(oc_file_append_line("f", "one", &err), err);
  assert_ok(oc_file_append_line("f", "", &err), err);
  assert_ok(oc_file_append_line("f", "three", &err), err);
  assert_content("f", "one\n\nthree\n");
  assert_fails(oc_file_append_line("none/f", "x", &err), OC_E_CANT_CREATE, err, "none/f");
}

static void folders(void **state) {
  (void)state;
  oc_error err;
  struct stat st;
  assert_ok(oc_folder_create("a/b//c/", &err), err);
  assert_int_equal(stat("a/b/c", &st), 0);
  assert_true(S_ISDIR(st.st_mode));
  assert_ok(oc_folder_create("a/b", &err), err);
  assert_ok(oc_folder_create("/", &err), err);
  harness_write_file("file", "", 0);
  assert_fails(oc_folder_create("file", &err), OC_E_CANT_CREATE, err, "file: expected a folder, got a file");
  assert_fails(oc_folder_create("file/x", &err), OC_E_CANT_CREATE, err,
               "file: expected a folder, got a file");
  assert_fails(oc_folder_create("", &err), OC_E_CANT_CREATE, err, "");
}

static void assert_join(const char *folder, const char *name, const char *expected) {
  char *path = oc_path_join(folder, name);
  assert_string_equal(path, expected);
  oc_memory_free(path);
}
static void joins(void **state) {
  (void)state;
  assert_join("a", "b", "a/b");
  assert_join("a/", "b", "a/b");
  assert_join("/", "b", "/b");
  assert_join("", "b", "b");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(replaces_whole),
      IN_FOLDER(old_content_stays_until_commit),
      IN_FOLDER(a_full_disk_leaves_the_old_file),
      IN_FOLDER(files_of_dead_writers_are_cleared_away),
      IN_FOLDER(targets_that_must_not_be_replaced),
      IN_FOLDER(does_not_follow_a_laid_link),
      IN_FOLDER(a_link_itself_is_replaced),
      IN_FOLDER(appends_lines),
      IN_FOLDER(folders),
      cmocka_unit_test(joins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
