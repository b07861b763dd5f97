/* curl.h: gets an address with the program curl, whose output goes to a function. */
#ifndef OC_DATA_CURL_H
#define OC_DATA_CURL_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct oc_curl {
  const char *address;
  uint64_t from;     /* skip so many bytes, which are there already */
  int stall_seconds; /* give up after so many with almost no bytes */
  /* Takes the next bytes. *enough: no more are needed, which ends the transfer. */
  oc_status (*take)(void *context, unsigned char *bytes, size_t size, bool *enough, oc_error *err);
  void *context;
} oc_curl;

/* The exit code of curl if the server cannot skip bytes (its manual page, EXIT CODES). */
enum { OC_CURL_NO_RANGES = 33 };

/* Runs curl. *code is its exit code, 0 if `take` had enough, and `said` its message (up to `room` bytes).
 * Errors are those of `take`, and OC_E_UNSUPPORTED: there is no curl. */
oc_status oc_curl_get(const oc_curl *c, int *code, char *said, size_t room, oc_error *err);

#endif
