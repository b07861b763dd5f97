/* csv.h: reads a table of text (RFC 4180) row by row: comma, tab or semicolon between the fields, quotes
 * around those that hold one of these, LF or CRLF at the end of a row. */
#ifndef OC_DATA_ITEMS_CSV_H
#define OC_DATA_ITEMS_CSV_H
#include "base/error.h"
#include <stdint.h>

enum { OC_CSV_FIELDS = 256 };

typedef struct oc_csv {
  const char *where; /* for messages */
  char *at, *end;    /* what was not read yet; *end is 0 */
  char separator;
  int64_t line, next_line; /* of the row, counted from 1; after it */
  char *fields[OC_CSV_FIELDS];
  int count; /* of the row's fields; 0 at the end */
} oc_csv;

/* Begins to read bytes[0..size-1], which a 0 byte follows. They stay the caller's, and are changed: the
 * fields lie in them. OC_E_DATA: UTF-16, or a 0 byte. */
oc_status oc_csv_begin(oc_csv *c, const char *where, unsigned char *bytes, size_t size, oc_error *err);
/* Reads the next row that is not blank. Spaces around a field without quotes are left out. OC_E_DATA. */
oc_status oc_csv_next(oc_csv *c, oc_error *err);
/* Fails as "WHERE: line N: message". */
oc_status oc_csv_fail(const oc_csv *c, int64_t line, oc_error *err, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif
