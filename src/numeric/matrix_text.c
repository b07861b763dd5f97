/* matrix_text.c: numbers from text. Strict: what is not plainly a number is an error that names line and column. */
#include "base/error.h"
#include "base/memory.h"
#include "numeric/matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 63 }; /* characters of a number; 17 digits tell any two doubles apart */

typedef struct reader {
  const char *where, *text;
  size_t size, at;
  int64_t line;      /* from 1 */
  size_t line_start; /* offset of its first character */
  double *values;
  size_t count, capacity;
  int64_t rows, columns,
      in_row;           /* rows finished; columns of the first; numbers in the row that is being read */
  bool after_semicolon; /* a row must follow */
  oc_error *err;
} reader;

static oc_status fail_at(const reader *r, size_t at, const char *hint, const char *message) {
  return oc_fail(r->err, OC_E_DATA, r->where, hint, "line %lld, column %zu: %s", (long long)r->line,
                 at - r->line_start + 1, message);
}

/* ---- one number --------------------------------------------------------------------------------------------- */

static const char *digits(const char *c, int *count) {
  for (; *c >= '0' && *c <= '9'; c++) ++*count;
  return c;
}

/* strtod takes more than is meant here: hexadecimal numbers, blanks in front. */
static bool is_number(const char *c) {
  int mantissa = 0, exponent = 0;
  c += *c == '+' || *c == '-';
  if (strcasecmp(c, "nan") == 0 || strcasecmp(c, "inf") == 0 || strcasecmp(c, "infinity") == 0) return true;
  c = digits(c, &mantissa);
  if (*c == '.') c = digits(c + 1, &mantissa);
  if (mantissa > 0 && (*c == 'e' || *c == 'E')) {
    c++;
    c += *c == '+' || *c == '-';
    c = digits(c, &exponent);
    if (exponent == 0) return false;
  }
  return mantissa > 0 && *c == 0;
}

/* Bytes that a terminal could take for a command are not repeated in a message. */
static void show(const char *from, size_t length, char *to, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < length && used + 8 < size; i++) {
    const unsigned char c = (unsigned char)from[i];
    used += (size_t)snprintf(to + used, size - used, c < 32 || c >= 127 ? "\\x%02x" : "%c", c);
  }
  to[used] = 0;
}

static oc_status add_value(reader *r, double value) {
  if (r->count == (size_t)OC_MATRIX_MOST)
    return oc_fail(r->err, OC_E_DATA, r->where, "Use a smaller matrix.", "has more than %lld numbers",
                   (long long)OC_MATRIX_MOST);
  if (r->count == r->capacity) {
    const size_t capacity = r->capacity ? 2 * r->capacity : 64;
    double *grown = oc_memory_grow(r->values, r->count * sizeof *grown, capacity * sizeof *grown);
    if (!grown) return oc_fail_memory(r->err, capacity * sizeof *grown);
    r->values = grown;
    r->capacity = capacity;
  }
  r->values[r->count++] = value;
  r->in_row++;
  return OC_OK;
}

static bool ends_number(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';' || c == '#';
}

static oc_status read_number(reader *r) {
  const size_t begin = r->at;
  char word[LONGEST + 1], shown[80], message[160];
  while (r->at < r->size && !ends_number(r->text[r->at])) r->at++;
  const size_t length = r->at - begin;
  if (length > LONGEST) return fail_at(r, begin, "Use at most 17 digits.", "this number is too long");
  memcpy(word, r->text + begin, length);
  word[length] = 0;
  if (strlen(word) == length && is_number(word)) return add_value(r, strtod(word, NULL));
  show(word, length, shown, sizeof shown);
  snprintf(message, sizeof message, "'%s' is not a number", shown);
  return fail_at(r, begin, "Write numbers as 3, -0.5 or 2e-3, with commas or blanks between them.", message);
}

/* ---- rows --------------------------------------------------------------------------------------------------- */

static void skip_blanks(reader *r) {
  while (r->at < r->size && (r->text[r->at] == ' ' || r->text[r->at] == '\t' || r->text[r->at] == '\r'))
    r->at++;
  if (r->at < r->size && r->text[r->at] == '#')
    while (r->at < r->size && r->text[r->at] != '\n') r->at++;
}

static bool at_row_end(const reader *r) {
  return r->at == r->size || r->text[r->at] == '\n' || r->text[r->at] == ';';
}

static oc_status end_row(reader *r) {
  const bool semicolon = r->at < r->size && r->text[r->at] == ';';
  if (r->in_row == 0) {
    if (semicolon) return fail_at(r, r->at, "", "there is no row before this ;");
    return OC_OK; /* an empty line */
  }
  if (r->rows == 0) r->columns = r->in_row;
  r->rows++;
  r->after_semicolon = semicolon;
  if (r->in_row != r->columns)
    return oc_fail(r->err, OC_E_DATA, r->where, "Give every row as many numbers as the first.",
                   "row %lld (line %lld) has %lld number%s, but row 1 has %lld", (long long)r->rows,
                   (long long)r->line, (long long)r->in_row, r->in_row == 1 ? "" : "s",
                   (long long)r->columns);
  r->in_row = 0;
  return OC_OK;
}

static void next_row(reader *r) {
  if (r->at == r->size) return;
  if (r->text[r->at++] != '\n') return;
  r->line++;
  r->line_start = r->at;
}

/* Numbers with at most one comma between two of them; none at either end. */
static oc_status read_row(reader *r) {
  bool comma = false;
  for (skip_blanks(r); !at_row_end(r); skip_blanks(r)) {
    if (r->text[r->at] != ',') {
      TRY(read_number(r));
      comma = false;
      continue;
    }
    if (comma || r->in_row == 0)
      return fail_at(r, r->at, "Take the comma out, or write nan.", "no number before this comma");
    comma = true;
    r->at++;
  }
  if (comma) return fail_at(r, r->at, "Take the last comma out.", "no number behind the comma");
  return end_row(r);
}

static oc_status read_rows(reader *r) {
  if (r->size >= 3 && memcmp(r->text, "\xef\xbb\xbf", 3) == 0) r->at = r->line_start = 3; /* spreadsheets */
  for (;;) {
    TRY(read_row(r));
    if (r->at == r->size) break;
    next_row(r);
  }
  if (r->after_semicolon) return fail_at(r, r->at, "Take the last ; out.", "there is no row behind the ;");
  if (r->rows == 0)
    return oc_fail(r->err, OC_E_DATA, r->where, "Write numbers, as in 1,3,2 or \"1 3; 2 4\".",
                   "there is no number in it");
  return OC_OK;
}

oc_status oc_matrix_text_parse(const char *where, const char *text, size_t size, oc_matrix *out,
                               oc_error *err) {
  reader r = {.where = where, .text = text, .size = size, .line = 1, .err = err};
  locale_t before, plain = oc_plain_locale_begin(&before);
  oc_status status = plain ? read_rows(&r) : oc_fail_memory(err, 0);
  oc_plain_locale_end(plain, before);
  if (status != OC_OK) {
    oc_memory_free(r.values);
    return status;
  }
  *out = (oc_matrix){r.rows == 1 ? 1 : 2, r.rows, r.columns, 1, r.values};
  return OC_OK;
}
