/* curl.c: runs curl as a child process. Its output comes through a pipe, so that no byte more than needed is
 * ever stored; its messages go to a file in memory. */
#include "data/fetch/curl.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

typedef struct child {
  pid_t pid;
  int out;  /* its output */
  int said; /* its messages */
} child;

static oc_status fail_spawn(int cause, oc_error *err) {
  if (cause == ENOMEM) return oc_fail_memory(err, 0);
  return oc_fail(err, OC_E_UNSUPPORTED, "curl", "Install curl, or copy the files by other means.",
                 "cannot run curl: %s", strerror(cause));
}

/* -q: no .curlrc. Redirections stay with HTTP and end somewhere. */
static int spawn(const oc_curl *c, int out, int said, pid_t *pid) {
  char from[32], stall[16];
  (void)snprintf(from, sizeof from, "%llu", (unsigned long long)c->from);
  (void)snprintf(stall, sizeof stall, "%d", c->stall_seconds);
  const char *const words[] = {"curl",        "-q",
                               "--silent",    "--show-error",
                               "--fail",      "--globoff",
                               "--location",  "--max-redirs",
                               "5",           "--proto",
                               "=http,https", "--proto-redir",
                               "=http,https", "--connect-timeout",
                               "20",          "--speed-limit",
                               "100",         "--speed-time",
                               stall,         "--continue-at",
                               from,          "--",
                               c->address};
  enum { WORDS = sizeof words / sizeof words[0] };
  char *arguments[WORDS + 1] = {NULL};
  memcpy(arguments, words, sizeof words); /* curl gets a copy: it changes none of these */
  posix_spawn_file_actions_t actions;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, out, 1);
  if (!failed) failed = posix_spawn_file_actions_adddup2(&actions, said, 2);
  if (!failed) failed = posix_spawnp(pid, "curl", &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static oc_status start(const oc_curl *c, child *to, oc_error *err) {
  int ends[2];
  to->said = memfd_create("curl", MFD_CLOEXEC);
  if (to->said < 0) return fail_spawn(errno, err);
  if (pipe2(ends, O_CLOEXEC) != 0) {
    const int cause = errno;
    close(to->said);
    return fail_spawn(cause, err);
  }
  const int failed = spawn(c, ends[1], to->said, &to->pid);
  close(ends[1]);
  to->out = ends[0];
  if (!failed) return OC_OK;
  close(ends[0]);
  close(to->said);
  return fail_spawn(failed, err);
}

static oc_status take_all(const oc_curl *c, const child *from, bool *enough, oc_error *err) {
  enum { PIECE = 1 << 16 };
  unsigned char bytes[PIECE];
  while (!*enough) {
    const ssize_t got = read(from->out, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return oc_fail_errno(err, OC_E_IO, "curl", "read", "");
    if (got == 0) return OC_OK;
    TRY(c->take(c->context, bytes, (size_t)got, enough, err));
  }
  return OC_OK;
}

/* Waits for its end. -1 if its exit code cannot be known. */
static int finish(child *of) {
  int state;
  pid_t ended;
  close(of->out);
  do ended = waitpid(of->pid, &state, 0);
  while (ended < 0 && errno == EINTR);
  return ended == of->pid && WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* The first line: "curl: (6) Could not resolve host: x". */
static void read_message(int from, char *said, size_t room) {
  const ssize_t got = pread(from, said, room - 1, 0);
  said[got > 0 ? got : 0] = 0;
  said[strcspn(said, "\r\n")] = 0;
}

oc_status oc_curl_get(const oc_curl *c, int *code, char *said, size_t room, oc_error *err) {
  child curl;
  bool enough = false;
  TRY(start(c, &curl, err));
  const oc_status status = take_all(c, &curl, &enough, err);
  if (status != OC_OK || enough) (void)kill(curl.pid, SIGTERM);
  *code = finish(&curl);
  if (enough) *code = 0;
  read_message(curl.said, said, room);
  close(curl.said);
  return status;
}
