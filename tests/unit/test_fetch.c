/* Does fetching give the published file or an error in words, whatever the server does, and never a partial
 * or wrong file under its name? */
#include "data_files.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "data/fetch/fetch.h"
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIZE = 300000 };

static struct {
  pid_t pid;
  int port, input;
} server;

static char hash[65];
static unsigned char content[SIZE];
static const oc_published_file files[] = {{"data.gz", SIZE, hash}, {0}};
static const oc_published set = {.name = "set", .files = files};
static oc_error err;

/* ---- the server ---------------------------------------------------------------------------------------- */

static void start_server(void) {
  char script[1024], line[32] = "";
  int in[2], out[2];
  data_repository_path("tests/fetch_server.py", script);
  assert_int_equal(pipe(in) | pipe(out), 0);
  server.pid = fork();
  if (server.pid == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[1]);
    close(out[0]);
    execlp("python3", "python3", "-B", script, "served", (char *)NULL);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  server.input = in[1];
  FILE *f = fdopen(out[0], "r");
  assert_non_null(fgets(line, sizeof line, f));
  fclose(f);
  server.port = (int)strtol(line, NULL, 10);
}

static int enter(void **state) {
  const int failed = harness_enter_folder(state);
  oc_sha256 s;
  for (int i = 0; i < SIZE; i++) content[i] = (unsigned char)(i * 7 % 251 + i / 1000);
  oc_sha256_init(&s);
  oc_sha256_add(&s, content, SIZE);
  oc_sha256_hex(&s, hash);
  assert_int_equal(mkdir("served", 0777) | mkdir("to", 0777), 0);
  harness_write_file("served/data.gz", content, SIZE);
  start_server();
  return failed;
}

static int leave(void **state) {
  close(server.input);
  waitpid(server.pid, NULL, 0);
  return harness_leave_folder(state);
}

/* ---- fetching ------------------------------------------------------------------------------------------ */

typedef struct journal {
  int running, done, present;
  uint64_t first; /* bytes that were there at the first event */
  int stop_after; /* this many events; 0: never */
} journal;

static bool note(void *context, const oc_fetch_event *e) {
  journal *j = context;
  assert_string_equal(e->file, "data.gz");
  assert_int_equal(e->bytes, SIZE);
  assert_true(e->done <= SIZE);
  if (e->state == OC_FETCH_RUNNING && j->running++ == 0) j->first = e->done;
  j->done += e->state == OC_FETCH_DONE;
  j->present += e->state == OC_FETCH_PRESENT;
  return j->stop_after == 0 || j->running < j->stop_after;
}

static oc_status fetch(const char *how, journal *j) {
  char mirror[64];
  snprintf(mirror, sizeof mirror, "http://127.0.0.1:%d/%s", server.port, how);
  const oc_fetch_options o = {.mirror = mirror, .stall_seconds = 1, .watch = note, .context = j};
  return oc_fetch_files(&set, "to", &o, &err);
}

static void assert_fetched(void) {
  unsigned char *bytes;
  size_t size;
  assert_ok(oc_file_read("to/data.gz", SIZE, &bytes, &size, &err), err);
  assert_int_equal(size, SIZE);
  assert_memory_equal(bytes, content, SIZE);
  oc_memory_free(bytes);
  assert_false(oc_file_exists("to/data.gz.part"));
}

static void clear(void) {
  unlink("to/data.gz");
  unlink("to/data.gz.part");
}

static long part_size(void) {
  struct stat st;
  return stat("to/data.gz.part", &st) == 0 ? (long)st.st_size : -1;
}

static void good_servers_give_the_file(void **state) {
  (void)state;
  static const char *const ways[] = {"good", "plain", "redirect", "once", "long"};
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    journal j = {0};
    clear();
    assert_ok(fetch(ways[i], &j), err);
    assert_int_equal(j.done, 1);
    assert_fetched();
    journal again = {0};
    assert_ok(fetch("missing", &again), err); /* no request is sent */
    assert_int_equal(again.present, 1);
    assert_int_equal(again.running, 0);
  }
}

static void bad_servers_are_named(void **state) {
  (void)state;
  static const struct {
    const char *how;
    oc_status status;
    const char *message;
    long part; /* bytes that stay, to continue from; -1: none */
  } rows[] = {
      {"missing", OC_E_NO_INPUT, "404", -1},     {"loop", OC_E_NO_INPUT, "redirects", -1},
      {"file", OC_E_NO_INPUT, "curl: (1)", -1},  {"wrong", OC_E_DATA, "wrong content: SHA-256 is", -1},
      {"short", OC_E_NO_INPUT, "", SIZE / 2},    {"stall", OC_E_NO_INPUT, "curl: (28)", SIZE / 2},
      {"cut", OC_E_NO_INPUT, "curl: (18)", 4000}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    journal j = {0};
    clear();
    assert_fails(fetch(rows[i].how, &j), rows[i].status, err, rows[i].message);
    assert_false(oc_file_exists("to/data.gz"));
    if (part_size() != rows[i].part) fail_msg("%s: a part of %ld bytes stays", rows[i].how, part_size());
    assert_int_equal(j.done, 0);
  }
}

static void a_cut_transfer_goes_on(void **state) {
  (void)state;
  journal j = {.stop_after = 2};
  clear();
  assert_fails(fetch("good", &j), OC_E_INTERRUPTED, err, "stopped");
  const long before = part_size();
  assert_true(before > 0 && before < SIZE);
  journal second = {0};
  assert_ok(fetch("good", &second), err);
  assert_true(second.first > (uint64_t)before);
  assert_fetched();
  /* A server without ranges begins again. */
  clear();
  harness_write_file("to/data.gz.part", content, 1000);
  assert_ok(fetch("plain", &(journal){0}), err);
  assert_fetched();
}

/* What lies there already is not believed. */
static void wrong_bytes_on_disk_do_no_harm(void **state) {
  (void)state;
  static unsigned char wrong[SIZE + 1];
  const size_t sizes[] = {1000, SIZE, SIZE + 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    clear();
    harness_write_file("to/data.gz.part", wrong, sizes[i]);
    assert_ok(fetch("good", &(journal){0}), err);
    assert_fetched();
  }
  harness_write_file("to/data.gz", wrong, SIZE);
  assert_ok(fetch("good", &(journal){0}), err);
  assert_fetched();
  clear();
  assert_int_equal(symlink("../served/data.gz", "to/data.gz.part"), 0);
  assert_int_not_equal(fetch("good", &(journal){0}), OC_OK);
}

static void one_fetches_at_a_time(void **state) {
  (void)state;
  clear();
  const int fd = open("to/data.gz.part", O_RDWR | O_CREAT, 0666);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  assert_fails(fetch("good", &(journal){0}), OC_E_CANT_CREATE, err, "another process is fetching");
  close(fd);
  assert_ok(fetch("good", &(journal){0}), err);
}

static void without_curl_it_says_so(void **state) {
  (void)state;
  char *path = strdup(getenv("PATH"));
  clear();
  setenv("PATH", "/nowhere", 1);
  assert_fails(fetch("good", &(journal){0}), OC_E_UNSUPPORTED, err, "cannot run curl: No such file");
  setenv("PATH", path, 1);
  free(path);
}

static void options_are_checked(void **state) {
  (void)state;
  const char *name, *summary;
  int count = 0;
  char folder[512];
  while (oc_fetch_at(count, &name, &summary)) count++;
  assert_int_equal(count, 2);
  assert_fails(oc_fetch("nothing", NULL, &err), OC_E_ARGUMENT, err, "unknown data set");
  assert_fails(oc_fetch("mnist", &(oc_fetch_options){.mirror = "file:///etc/"}, &err), OC_E_ARGUMENT, err,
               "must begin with http:// or https://, got 'file:///etc/'");
  assert_fails(oc_fetch("mnist", &(oc_fetch_options){.stall_seconds = -1}, &err), OC_E_ARGUMENT, err,
               "must be 1 to 3600, got -1");
  setenv("XDG_DATA_HOME", "/d", 1);
  assert_ok(oc_fetch_folder("mnist", folder, sizeof folder, &err), err);
  assert_string_equal(folder, "/d/ocellus/mnist");
  assert_fails(oc_fetch_folder("mnist", folder, 5, &err), OC_E_ARGUMENT, err, "more than 5 bytes");
  setenv("XDG_DATA_HOME", "relative", 1);
  setenv("HOME", "/h", 1);
  assert_ok(oc_fetch_folder("fashion-mnist", folder, sizeof folder, &err), err);
  assert_string_equal(folder, "/h/.local/share/ocellus/fashion-mnist");
  unsetenv("HOME");
  assert_fails(oc_fetch_folder("mnist", folder, sizeof folder, &err), OC_E_NO_INPUT, err,
               "neither XDG_DATA_HOME nor HOME");
}

int main(void) {
  if (system("curl --version > /dev/null 2>&1") != 0) {
    printf("SKIPPED: there is no curl\n");
    return 0;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(good_servers_give_the_file, enter, leave),
      cmocka_unit_test_setup_teardown(bad_servers_are_named, enter, leave),
      cmocka_unit_test_setup_teardown(a_cut_transfer_goes_on, enter, leave),
      cmocka_unit_test_setup_teardown(wrong_bytes_on_disk_do_no_harm, enter, leave),
      cmocka_unit_test_setup_teardown(one_fetches_at_a_time, enter, leave),
      cmocka_unit_test_setup_teardown(without_curl_it_says_so, enter, leave),
      cmocka_unit_test_setup_teardown(options_are_checked, enter, leave),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
