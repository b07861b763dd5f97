/* helper.c: runs a child process. posix_spawn, and not fork: other threads may hold locks. Calls never block
 * beyond the deadline, raise no SIGPIPE, and leave neither a descriptor nor a zombie. */
#include "data/decode/helper.h"
#include "base/checked.h"
#include "base/error.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* ---- finding it ---------------------------------------------------------------------------------------- */

/* The folder of the file with this code, and libexec as that folder sees it. */
typedef struct place {
  char folder[OC_HELPER_PATH / 2];
  const char *libexec;
} place;

/* The path of this shared library; NULL in a program. */
static const char *find_library(void) {
  static const char here = 0;
  Dl_info info;
  void *extra = NULL;
  if (!dladdr1(&here, &info, &extra, RTLD_DL_LINKMAP) || !extra) return NULL;
  const struct link_map *map = extra; /* that of a program has no name */
  return map->l_name[0] == '/' ? map->l_name : NULL;
}

static bool find_place(place *p) {
  const char *library = find_library();
  p->libexec = library ? OC_LIBEXEC_OF_LIBRARY : OC_LIBEXEC_OF_PROGRAM;
  if (library) {
    (void)snprintf(p->folder, sizeof p->folder, "%s", library);
  } else {
    const ssize_t n = readlink("/proc/self/exe", p->folder, sizeof p->folder - 1);
    p->folder[n > 0 ? n : 0] = 0;
  }
  char *slash = strrchr(p->folder, '/');
  if (slash) *slash = 0;
  return slash != NULL;
}

oc_status oc_helper_find(const char *name, const char *what, const char *where, char path[OC_HELPER_PATH],
                         oc_error *err) {
  place p;
  if (!find_place(&p)) (void)snprintf(p.folder, sizeof p.folder, ".");
  (void)snprintf(path, OC_HELPER_PATH, "%s/%s", p.folder, name);
  if (access(path, X_OK) == 0) return OC_OK;
  (void)snprintf(path, OC_HELPER_PATH, "%s/%s/%s", p.folder, p.libexec, name);
  if (access(path, X_OK) == 0) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, where, "Install all of Ocellus, or convert the file to PNG.",
                 "cannot decode %s: the program %s was found neither in %s nor in %s/%s", what, name,
                 p.folder, p.folder, p.libexec);
}

/* ---- starting it --------------------------------------------------------------------------------------- */

static oc_status fail_start(const char *program, const char *where, int cause, oc_error *err) {
  if (cause == ENOMEM) return oc_fail_memory(err, 0);
  return oc_fail(err, OC_E_UNSUPPORTED, where, "Convert the file to PNG.", "cannot run %s: %s", program,
                 strerror(cause));
}

/* No signal is ignored or blocked in the child, whatever holds in this process. */
static int set_attributes(posix_spawnattr_t *a) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int failed =
      posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (!failed) failed = posix_spawnattr_setpgroup(a, 0);
  if (!failed) failed = posix_spawnattr_setsigmask(a, &none);
  if (!failed) failed = posix_spawnattr_setsigdefault(a, &all);
  return failed;
}

static int set_descriptors(posix_spawn_file_actions_t *a, int end) {
  int failed = posix_spawn_file_actions_adddup2(a, end, 0);
  if (!failed) failed = posix_spawn_file_actions_addopen(a, 1, "/dev/null", O_WRONLY, 0);
  if (!failed) failed = posix_spawn_file_actions_addopen(a, 2, "/dev/null", O_WRONLY, 0);
  return failed;
}

static int spawn(const char *program, int end, pid_t *pid) {
  char word[OC_HELPER_PATH];
  (void)snprintf(word, sizeof word, "%s", program);
  char *const arguments[] = {word, NULL};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failed = posix_spawn_file_actions_init(&actions);
  if (failed) return failed;
  failed = posix_spawnattr_init(&attributes);
  if (!failed) {
    failed = set_attributes(&attributes);
    if (!failed) failed = set_descriptors(&actions, end);
    if (!failed) failed = posix_spawn(pid, program, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

oc_status oc_helper_start(const char *program, const char *where, oc_helper *out, oc_error *err) {
  int ends[2];
  *out = (oc_helper){.socket = -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_start(program, where, errno, err);
  const int failed = spawn(program, ends[1], &out->pid);
  close(ends[1]);
  out->socket = ends[0];
  if (!failed) return OC_OK;
  close(ends[0]);
  return fail_start(program, where, failed, err);
}

/* ---- exchanging bytes ---------------------------------------------------------------------------------- */

static int64_t now(void) {
  struct timespec t = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void oc_helper_allow(oc_helper *h, int64_t seconds) {
  h->deadline = now() + seconds * 1000;
}

/* Waits until the socket is ready, and returns for what; 0: never. What is ready counts even after the
 * deadline: this process may have been stopped. */
static short wait_for(oc_helper *h, short events) {
  for (;;) {
    const int64_t left = oc_min_i64(oc_max_i64(h->deadline - now(), 0), INT_MAX);
    struct pollfd ready = {.fd = h->socket, .events = events};
    const int count = poll(&ready, 1, (int)left);
    if (count > 0) return ready.revents;
    if (count < 0 && errno != EINTR) return 0;
    h->late = count == 0 && left == 0;
    if (h->late) return 0;
  }
}

static bool may_retry(ssize_t got) {
  return got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK);
}

bool oc_helper_send(oc_helper *h, const void *bytes, size_t size) {
  const char *next = bytes;
  while (size > 0) {
    /* a program that answers, and takes no more, is not waited for */
    if (!(wait_for(h, POLLOUT | POLLIN) & POLLOUT)) return false;
    const ssize_t sent = send(h->socket, next, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (may_retry(sent)) continue;
    if (sent < 0) return false;
    next += sent;
    size -= (size_t)sent;
  }
  return true;
}

bool oc_helper_receive(oc_helper *h, void *to, size_t size) {
  char *next = to;
  while (size > 0 && !h->ended) {
    const ssize_t got = wait_for(h, POLLIN) ? recv(h->socket, next, size, MSG_DONTWAIT) : 0;
    if (may_retry(got)) continue;
    h->ended = got <= 0;
    if (h->ended) break;
    next += got;
    size -= (size_t)got;
  }
  return size == 0;
}

/* ---- ending it ----------------------------------------------------------------------------------------- */

static pid_t wait_child(pid_t pid, int *state, int options) {
  pid_t ended;
  do ended = waitpid(pid, state, options);
  while (ended < 0 && errno == EINTR);
  return ended;
}

/* A program that closed its end by ending keeps its exit code: the signal comes too late. In a process that
 * ignores SIGCHLD the system waits for children, and no signal must go to another that has the number. */
oc_helper_end oc_helper_finish(oc_helper *h) {
  int state = 0;
  close(h->socket);
  pid_t ended = wait_child(h->pid, &state, WNOHANG);
  if (ended == 0) {
    (void)kill(h->pid, SIGKILL);
    ended = wait_child(h->pid, &state, 0);
  }
  const bool known = ended == h->pid;
  return (oc_helper_end){.code = known && WIFEXITED(state) ? WEXITSTATUS(state) : -1,
                         .signal = known && WIFSIGNALED(state) ? WTERMSIG(state) : 0};
}
