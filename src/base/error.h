/* error.h: filling an oc_error, and passing failures on. TRY and FAIL are the only macros in the library that return. */
#ifndef OC_BASE_ERROR_H
#define OC_BASE_ERROR_H
#include "ocellus/status.h"
#include <stddef.h>

/* Fills `err` (may be NULL) and returns `code`. `where` and `hint` may be "". */
oc_status oc_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Out of memory: names the bytes that were asked for. */
oc_status oc_fail_memory(oc_error *err, size_t bytes);
/* From errno: "cannot VERB: strerror". Maps ENOENT and EACCES on reading to OC_E_NO_INPUT. */
oc_status oc_fail_errno(oc_error *err, oc_status code, const char *path, const char *verb, const char *hint);

#define TRY(expression)                                                                                      \
  do {                                                                                                       \
    oc_status try_status_ = (expression);                                                                    \
    if (try_status_ != OC_OK) return try_status_;                                                            \
  } while (0)

#endif
