/* error.h: fills an oc_error, and passes failures on. TRY and FAIL are the only macros in the library that
 * return. */
#ifndef OC_BASE_ERROR_H
#define OC_BASE_ERROR_H
#include "ocellus/status.h"
#include <stddef.h>

/* Fills `err` (may be NULL) and returns `code`. `where` and `hint` may be "". */
oc_status oc_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Out of memory: names the requested bytes. */
oc_status oc_fail_memory(oc_error *err, size_t bytes);
/* From errno: "cannot VERB: strerror". Maps ENOENT and EACCES on reading to OC_E_NO_INPUT. */
oc_status oc_fail_errno(oc_error *err, oc_status code, const char *path, const char *verb, const char *hint);

/* An argument that must not be NULL is. */
oc_status oc_fail_null(oc_error *err, const char *function, const char *argument);

/* The rule of status.h on NULL, for functions that return a status and have an `err`: NEED(m, out) fails with
 * the first of up to six pointers that is NULL. */
#define NEED(...)                                                                                            \
  do {                                                                                                       \
    NEED_PICK(__VA_ARGS__, NEED_6, NEED_5, NEED_4, NEED_3, NEED_2, NEED_1, )(__VA_ARGS__)                    \
  } while (0)
#define NEED_PICK(a, b, c, d, e, f, chosen, ...) chosen
#define NEED_1(p)                                                                                            \
  if (!(p)) return oc_fail_null(err, __func__, #p);
#define NEED_2(p, q)             NEED_1(p) NEED_1(q)
#define NEED_3(p, q, r)          NEED_2(p, q) NEED_1(r)
#define NEED_4(p, q, r, s)       NEED_3(p, q, r) NEED_1(s)
#define NEED_5(p, q, r, s, t)    NEED_4(p, q, r, s) NEED_1(t)
#define NEED_6(p, q, r, s, t, u) NEED_5(p, q, r, s, t) NEED_1(u)

#define TRY(expression)                                                                                      \
  do {                                                                                                       \
    oc_status try_status_ = (expression);                                                                    \
    if (try_status_ != OC_OK) return try_status_;                                                            \
  } while (0)

#endif
