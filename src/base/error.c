/* error.c: filling an oc_error. The record is made aside and copied at the end, so that the old content of
 * `err` may be among the arguments: that is how a caller wraps a message in its own. */
#include "base/error.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut text must not end inside a UTF-8 character. */
static void drop_broken_character(char *text) {
  size_t end = strlen(text), start = end;
  while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
  if (start == 0) return;
  const unsigned char lead = (unsigned char)text[start - 1];
  const size_t needs = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (lead >= 0xC0 && end - (start - 1) < needs) text[start - 1] = 0;
}

static void copy_text(char *to, size_t size, const char *from) {
  if ((size_t)snprintf(to, size, "%s", from ? from : "") >= size) drop_broken_character(to);
}

oc_status oc_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format,
                  ...) {
  if (!err) return code;
  oc_error made;
  made.code = code;
  copy_text(made.where, sizeof made.where, where);
  copy_text(made.hint, sizeof made.hint, hint);
  va_list list;
  va_start(list, format);
  const int length = vsnprintf(made.message, sizeof made.message, format, list);
  va_end(list);
  if (length < 0) made.message[0] = 0;
  if (length >= (int)sizeof made.message) drop_broken_character(made.message);
  memcpy(err, &made, sizeof made);
  return code;
}

oc_status oc_fail_memory(oc_error *err, size_t bytes) {
  return oc_fail(err, OC_E_MEMORY, "", "Close other programs, or use a smaller batch, network or data set.",
                 "no memory for %zu bytes", bytes);
}

oc_status oc_fail_errno(oc_error *err, oc_status code, const char *path, const char *verb, const char *hint) {
  const int cause = errno;
  if (code == OC_E_IO && (cause == ENOENT || cause == EACCES || cause == ENOTDIR || cause == ELOOP))
    code = OC_E_NO_INPUT;
  if (cause == ENOMEM) code = OC_E_MEMORY;
  return oc_fail(err, code, path, hint, "cannot %s: %s", verb, strerror(cause));
}
