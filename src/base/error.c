/* error.c: fills an oc_error. The record is built separately and copied at the end, so that the old content
 * of `err` may be among the arguments: that is how a caller wraps a message in its own. */
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A message may have several lines, as that of a net text with a caret; each is made harmless for itself. */
static void copy_lines(char *to, size_t size, const char *from) {
  char piece[OC_ESCAPE_ROOM];
  size_t used = 0, n;
  for (;; used += n) {
    const bool line_end = *from == '\n';
    n = oc_escape_next(&from, piece);
    if (line_end) n = 1, piece[0] = '\n';
    if (n == 0 || used + n >= size) break;
    memcpy(to + used, piece, n);
  }
  to[used] = 0;
}

oc_status oc_error_fill(oc_error *err, oc_status code, const char *where, const char *hint,
                        const char *format, va_list arguments) {
  if (!err) return code;
  oc_error made;
  char message[2 * sizeof made.message];
  made.code = code;
  oc_escape(where ? where : "", made.where, sizeof made.where);
  oc_escape(hint ? hint : "", made.hint, sizeof made.hint);
  if (vsnprintf(message, sizeof message, format, arguments) < 0) message[0] = 0;
  copy_lines(made.message, sizeof made.message, message);
  memcpy(err, &made, sizeof made);
  return code;
}

oc_status oc_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format,
                  ...) {
  va_list list;
  va_start(list, format);
  oc_error_fill(err, code, where, hint, format, list);
  va_end(list);
  return code;
}

oc_status oc_fail_memory(oc_error *err, size_t bytes) {
  return oc_fail(err, OC_E_MEMORY, "", "Close other programs, or use a smaller batch, network or data set.",
                 "no memory for %zu bytes", bytes);
}

oc_status oc_fail_null(oc_error *err, const char *function, const char *argument) {
  return oc_fail(err, OC_E_ARGUMENT, function, "See the header for the arguments that may be NULL.",
                 "%s must not be NULL", argument);
}

/* The first folder on the way to `path` that this user may not enter; false: there is none. */
static bool closed_folder(const char *path, char *folder, size_t size) {
  for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
    const size_t length = slash == path ? 1 : (size_t)(slash - path);
    if (length >= size) return false;
    memcpy(folder, path, length);
    folder[length] = 0;
    if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 && errno == EACCES) return true;
  }
  return false;
}

oc_status oc_fail_errno(oc_error *err, oc_status code, const char *path, const char *verb, const char *hint) {
  const int cause = errno;
  char folder[256];
  if (code == OC_E_IO && (cause == ENOENT || cause == EACCES || cause == ENOTDIR || cause == ELOOP))
    code = OC_E_NO_INPUT;
  if (cause == ENOMEM) code = OC_E_MEMORY;
  if (cause == ELOOP)
    return oc_fail(err, code, path, "Remove or correct the links.", "cannot %s: symbolic link loop (%s)",
                   verb, strerror(cause));
  if (cause == EACCES && closed_folder(path, folder, sizeof folder))
    return oc_fail(err, code, path, "Ask its owner, or choose another folder.",
                   "cannot %s: no permission for the folder %s (%s)", verb, folder, strerror(cause));
  return oc_fail(err, code, path, hint, "cannot %s: %s", verb, strerror(cause));
}
