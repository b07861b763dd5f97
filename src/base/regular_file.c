/* regular_file.c: opens a regular file, and no other kind, for reading. */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What to do about a file that cannot be opened, by errno. */
static const char *open_hint(void) {
  if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG) return "Check the name of the file.";
  return errno == EACCES || errno == EPERM ? "Ask its owner for the right to read it." : "";
}

oc_status oc_file_open(const char *path, int *fd, size_t *size, oc_error *err) {
  struct stat st;
  *size = 0;
  *fd =
      open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* or a pipe without a writer makes us wait */
  if (*fd < 0) return oc_fail_errno(err, OC_E_NO_INPUT, path, "open", open_hint());
  oc_status status = OC_OK;
  if (fstat(*fd, &st) != 0)
    status = oc_fail_errno(err, OC_E_IO, path, "look at", "");
  else if (S_ISDIR(st.st_mode))
    status = oc_fail(err, OC_E_NO_INPUT, path, "Name a file inside it.", "expected a file, got a folder");
  else if (!S_ISREG(st.st_mode))
    status = oc_fail(err, OC_E_NO_INPUT, path, "Write it to a file first.", "expected a regular file, got %s",
                     S_ISFIFO(st.st_mode)   ? "a pipe"
                     : S_ISSOCK(st.st_mode) ? "a socket"
                                            : "a device");
  else
    *size = (size_t)st.st_size;
  if (status == OC_OK) return OC_OK;
  close(*fd);
  *fd = -1;
  return status;
}
