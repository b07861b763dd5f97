/* output.c: see output.h. */
#include "base/output.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* SIGXFSZ goes to the thread that writes: blocked for the call, and taken back if it came. */
ssize_t oc_output_write(int fd, const struct iovec *pieces, int count) {
  const struct timespec now = {0};
  sigset_t limit, before, waiting;
  sigemptyset(&limit);
  sigaddset(&limit, SIGXFSZ);
  sigemptyset(&waiting);
  (void)sigpending(&waiting);
  (void)pthread_sigmask(SIG_BLOCK, &limit, &before);
  ssize_t n;
  do n = writev(fd, pieces, count);
  while (n < 0 && errno == EINTR);
  const int cause = errno;
  if (n < 0 && cause == EFBIG && !sigismember(&waiting, SIGXFSZ)) (void)sigtimedwait(&limit, NULL, &now);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = cause;
  return n;
}

static const struct {
  int cause;
  const char *hint;
} reasons[] = {
    {ENOSPC, "Free some disk space (`df -h`, `df -i`), or choose another folder."},
    {EDQUOT, "Free some of your quota, or choose another folder."},
    {EFBIG, "Raise the limit on the size of a file (`ulimit -f`)."},
    {EPERM, "Choose a folder you may write to."},
    {EROFS, "Choose a folder on a disk that can be written."},
    {ENAMETOOLONG, "Choose a shorter name."},
    {ENOENT, "Create the folder first."},
    {ENOTDIR, "Create the folder first."},
};

oc_status oc_fail_output(oc_error *err, const char *path, const char *verb, const char *rest) {
  const int cause = errno;
  if (cause == EACCES || cause == ELOOP || cause == ENOMEM)
    return oc_fail_errno(err, OC_E_CANT_CREATE, path, verb, "Choose a folder you may write to.");
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (reasons[i].cause == cause)
      return oc_fail(err, OC_E_CANT_CREATE, path, reasons[i].hint, "cannot %s: %s%s", verb, strerror(cause),
                     rest);
  return oc_fail(err, OC_E_IO, path, "Check the disk.", "cannot %s: %s%s", verb, strerror(cause), rest);
}
