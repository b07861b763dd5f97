/* slice.c: reads slices such as "t10k-images-idx3-ubyte.gz[0:10]", with the rules of Python's slices except
 * one: the selected images must exist. */
#include "core/target.h"
#include "core/message.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char hint[] = "Use [5], [0:10], [:10], [-10:] or [:].";

/* Reads a number if there is one at *at, and moves *at past it. */
static bool read_index(const char **at, int64_t *value) {
  char *end = NULL;
  errno = 0;
  if (**at != '-' && (**at < '0' || **at > '9')) return false;
  *value = strtoll(*at, &end, 10);
  bool good = end != *at && errno == 0 && *value<INT32_MAX && * value> INT32_MIN;
  *at = end;
  return good;
}

oc_status cli_slice_read(const char *name, cli_slice *out, oc_error *err) {
  size_t length = strlen(name);
  const char *open = strrchr(name, '[');
  *out = (cli_slice){0};
  if (length >= sizeof out->path)
    return cli_fail(err, OC_E_ARGUMENT, "", "", "file name is longer than %zu characters",
                    sizeof out->path - 1);
  memcpy(out->path, name, length + 1);
  if (!open || open == name || name[length - 1] != ']' || cli_is_file(name)) return OC_OK;
  out->path[open - name] = 0;
  out->given = true;
  const char *at = open + 1;
  out->has_first = read_index(&at, &out->first);
  out->single = *at == ']';
  if (*at == ':') {
    at++;
    out->has_last = read_index(&at, &out->last);
  }
  if (strcmp(at, "]") == 0 && (!out->single || out->has_first)) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, name, hint, "invalid image selection '%s'", open);
}

oc_status cli_slice_resolve(const cli_slice *s, int64_t total, int64_t *first, int64_t *count,
                            oc_error *err) {
  int64_t from = s->has_first ? s->first : 0;
  if (from < 0) from += total;
  int64_t to = s->single ? from + 1 : s->has_last ? s->last : total;
  if (s->has_last && to < 0) to += total;
  if (from < 0 || to > total)
    return total == 1 ? cli_fail(err, OC_E_ARGUMENT, s->path, "",
                                 "the selection is out of range: there is 1 image, number 0")
                      : cli_fail(err, OC_E_ARGUMENT, s->path, "",
                                 "the selection is out of range: there are %lld images, 0 to %lld",
                                 (long long)total, (long long)total - 1);
  if (from >= to)
    return cli_fail(err, OC_E_ARGUMENT, s->path, hint, "the selection from %lld up to %lld is empty",
                    (long long)from, (long long)to);
  *first = from;
  *count = to - from;
  return OC_OK;
}
