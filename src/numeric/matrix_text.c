/* matrix_text.c: reads numbers from text. It is strict: text that is not clearly a number, or is ambiguous,
 * is an error that names the character, its line and its column.
 *
 * Between two numbers stand blanks, or one tab, comma or semicolon with blanks around it, and the same
 * everywhere in a text: "1,5;2,5" and "1,5 2,5" are refused, since their commas may be decimal. In an
 * argument ';' ends a row, as a new line does; in a file it separates numbers. A line ends with LF, CR LF or
 * CR. */
#include "base/error.h"
#include "base/memory.h"
#include "numeric/matrix.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 63 }; /* characters of a number; 17 digits identify any double */

/* Where a character stands; both count from 1. */
typedef struct text_position {
  int64_t line, column;
} text_position;

typedef struct reader {
  const char *where, *text;
  size_t size, at;
  bool argument;     /* ';' ends a row */
  int64_t line;      /* from 1 */
  size_t line_start; /* offset of its first character */
  double *values;
  size_t count;
  int64_t rows, columns, in_row;   /* rows finished; columns of the first; numbers in the row being read */
  char separator;                  /* the one of this text; 0: none yet */
  text_position separator_at;      /* its first one */
  text_position blank_line, loose; /* the first line of spaces alone; the first space next to a ';' */
  bool after_semicolon;            /* a row must follow */
  oc_error *err;
} reader;

/* ---- messages ------------------------------------------------------------------------------------------ */

/* Columns count characters, not bytes of UTF-8. */
static text_position position_of(const reader *r, size_t at) {
  text_position p = {r->line, 1};
  for (size_t i = r->line_start; i < at; i++) p.column += ((unsigned char)r->text[i] & 0xc0) != 0x80;
  return p;
}

static oc_status fail_at(const reader *r, text_position p, const char *hint, const char *message) {
  return oc_fail(r->err, OC_E_DATA, r->where, hint, "line %lld, column %lld: %s", (long long)p.line,
                 (long long)p.column, message);
}

/* Bytes that a terminal could take for a command are not repeated in a message. */
static void show_excerpt(const char *from, size_t length, char *to, size_t size) {
  size_t used = 0;
  for (size_t i = 0; i < length && used + 8 < size; i++) {
    const unsigned char c = (unsigned char)from[i];
    used += (size_t)snprintf(to + used, size - used, c < 32 || c >= 127 ? "\\x%02x" : "%c", c);
  }
  to[used] = 0;
}

static const char *separator_name(char c) {
  return c == ' ' ? "a blank" : c == '\t' ? "a tab" : c == ',' ? "','" : "';'";
}

/* "no number before ','" */
static oc_status fail_separator(const reader *r, size_t at, const char *missing, const char *hint) {
  char message[96];
  snprintf(message, sizeof message, "%s %s", missing, separator_name(r->text[at]));
  return fail_at(r, position_of(r, at), hint, message);
}

/* ---- one number ---------------------------------------------------------------------------------------- */

static const char *digits(const char *c, int *count) {
  for (; *c >= '0' && *c <= '9'; c++) ++*count;
  return c;
}

static bool is_named(const char *c) {
  return strcasecmp(c, "nan") == 0 || strcasecmp(c, "inf") == 0 || strcasecmp(c, "infinity") == 0;
}

/* strtod takes more than is meant here: hexadecimal numbers, blanks in front. */
static bool is_number(const char *c) {
  int mantissa = 0, exponent = 0;
  c += *c == '+' || *c == '-';
  if (is_named(c)) return true;
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

/* The characters with a meaning besides those of numbers. */
static bool ends_number(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';' || c == '#';
}

static bool ends_line(char c) {
  return c == '\n' || c == '\r';
}

/* "'x' is not a number" */
static oc_status fail_word(const reader *r, size_t begin, size_t length, const char *fault,
                           const char *hint) {
  char shown[80], message[160];
  show_excerpt(r->text + begin, length, shown, sizeof shown);
  snprintf(message, sizeof message, "%s, got '%s'", fault, shown);
  return fail_at(r, position_of(r, begin), hint, message);
}

static oc_status read_number(reader *r) {
  const size_t begin = r->at;
  char word[LONGEST + 1];
  while (r->at < r->size && !ends_number(r->text[r->at])) r->at++;
  const size_t length = r->at - begin;
  if (r->rows > 0 && r->in_row == r->columns)
    return fail_word(r, begin, length, "expected the end of the row",
                     "Give every row as many numbers as the first.");
  memcpy(word, r->text + begin, length > LONGEST ? LONGEST : length);
  word[length > LONGEST ? LONGEST : length] = 0;
  if (strlen(word) == length && is_number(word)) {
    const double value = strtod(word, NULL);
    r->values[r->count++] = value;
    r->in_row++;
    if (!isinf(value) || is_named(word + (*word == '+' || *word == '-'))) return OC_OK;
    return fail_word(r, begin, length, "expected at most 1.8e308", "Write inf for infinity.");
  }
  if (length > LONGEST)
    return fail_word(r, begin, length, "expected a shorter number", "Use at most 17 digits.");
  return fail_word(r, begin, length, "expected a number",
                   "Write numbers as 3, -0.5 or 2e-3, and # before a line of words.");
}

/* ---- between numbers ----------------------------------------------------------------------------------- */

static void skip_blanks(reader *r) {
  while (r->at < r->size && r->text[r->at] == ' ') r->at++;
}

static void skip_comment(reader *r) {
  if (r->at < r->size && r->text[r->at] == '#')
    while (r->at < r->size && !ends_line(r->text[r->at])) r->at++;
}

static bool is_separator(const reader *r, char c) {
  return c == '\t' || c == ',' || (c == ';' && !r->argument);
}

static bool at_row_end(const reader *r) {
  const char c = r->at < r->size ? r->text[r->at] : '\n';
  return ends_line(c) || c == '#' || (c == ';' && r->argument);
}

/* How the text must be written where two separators meet. */
static const char *mixed_hint(const reader *r, char c) {
  if (c == ',' || r->separator == ',')
    return "Write decimal numbers with a point (1.5), and the same separator between all numbers.";
  if (c == ';' || r->separator == ';')
    return "In a file, write each row on its own line: 1 3 on one line, 2 4 on the next.";
  return "Write the same separator between all numbers.";
}

/* `at`: the separator before the number that follows. The first one of a text decides for all. */
static oc_status note_separator(reader *r, size_t at) {
  const char c = r->text[at];
  if (!r->separator) {
    r->separator = c;
    r->separator_at = position_of(r, at);
  }
  if (r->separator == c) return OC_OK;
  char message[128];
  snprintf(message, sizeof message, "%s separates numbers here, but at line %lld, column %lld %s does",
           separator_name(c), (long long)r->separator_at.line, (long long)r->separator_at.column,
           separator_name(r->separator));
  return fail_at(r, position_of(r, at), mixed_hint(r, c), message);
}

/* Goes from one number to the next, or to the end of the row. */
static oc_status read_gap(reader *r) {
  const size_t begin = r->at;
  size_t at = begin;
  skip_blanks(r);
  const bool explicit_one = r->at < r->size && is_separator(r, r->text[r->at]);
  if (explicit_one) {
    at = r->at++;
    skip_blanks(r);
    if (r->text[at] == ';' && r->at - begin > 1 && !r->loose.line) r->loose = position_of(r, at);
    if (at_row_end(r)) return fail_separator(r, at, "expected a number after", "Remove it, or write nan.");
    if (is_separator(r, r->text[r->at]))
      return fail_separator(r, r->at, "expected a number before", "Remove it, or write nan.");
  }
  return at_row_end(r) ? OC_OK : note_separator(r, at);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static oc_status end_row(reader *r) {
  const bool semicolon = r->at < r->size && r->text[r->at] == ';';
  if (r->in_row == 0) {
    if (semicolon) return fail_separator(r, r->at, "expected a row before", "Remove it.");
    return OC_OK; /* an empty line */
  }
  if (r->rows == 0) r->columns = r->in_row;
  r->rows++;
  r->after_semicolon = semicolon;
  if (r->in_row != r->columns) {
    char message[128];
    snprintf(message, sizeof message, "row %lld has %lld number%s, but row 1 has %lld", (long long)r->rows,
             (long long)r->in_row, r->in_row == 1 ? "" : "s", (long long)r->columns);
    return fail_at(r, position_of(r, r->at), "Give every row as many numbers as the first.", message);
  }
  r->in_row = 0;
  return OC_OK;
}

static void next_row(reader *r) {
  const char c = r->text[r->at++];
  if (!ends_line(c)) return;
  if (c == '\r' && r->at < r->size && r->text[r->at] == '\n') r->at++;
  r->line++;
  r->line_start = r->at;
}

static oc_status read_row(reader *r) {
  const size_t begin = r->at;
  skip_blanks(r);
  if (r->at < r->size && is_separator(r, r->text[r->at]))
    return fail_separator(r, r->at, "expected a number before", "Remove it, or write nan.");
  while (!at_row_end(r)) {
    TRY(read_number(r));
    TRY(read_gap(r));
  }
  if (r->in_row == 0 && r->at > begin && !r->blank_line.line) r->blank_line = position_of(r, begin);
  skip_comment(r);
  return end_row(r);
}

/* What only the whole text shows. */
static oc_status check_whole(const reader *r) {
  const text_position end = position_of(r, r->size);
  if (r->after_semicolon) return fail_at(r, end, "Remove the last ';'.", "expected a row after the last ';'");
  if (r->rows == 0)
    return fail_at(r, end, "Write numbers, as in 1,3,2 or \"1 3; 2 4\".", "expected numbers, got none");
  if (r->rows == 1 && r->loose.line)
    return fail_at(r, r->loose,
                   "In a file, write each row on its own line; for one row, leave out the spaces: 1;3;2.",
                   "ambiguous ';': with spaces in a single line it could end a row or separate two numbers");
  if (r->blank_line.line && r->separator && r->separator != ' ')
    return fail_at(r, r->blank_line, "Remove the spaces, or write the missing numbers.",
                   "expected a number, got only spaces in this line");
  return OC_OK;
}

static oc_status read_rows(reader *r) {
  for (;;) {
    TRY(read_row(r));
    if (r->at == r->size) return check_whole(r);
    next_row(r);
  }
}

/* How many words there are outside comments, each of which must be a number. */
static size_t count_words(const char *text, size_t size) {
  size_t count = 0;
  bool comment = false, before = true; /* the character before ends a word */
  for (size_t i = 0; i < size; i++) {
    const char c = text[i];
    comment = !ends_line(c) && (comment || c == '#');
    const bool ends = comment || ends_number(c);
    count += before && !ends;
    before = ends;
  }
  return count;
}

static oc_status read_text(reader *r) {
  const size_t count = count_words(r->text, r->size);
  if (count > (size_t)OC_MATRIX_MAX_ELEMENTS)
    return oc_fail(r->err, OC_E_DATA, r->where, "Use a smaller matrix.",
                   "too many values: %zu; the limit is %lld", count, (long long)OC_MATRIX_MAX_ELEMENTS);
  r->values = oc_memory_array(count + 1, sizeof *r->values);
  return r->values ? read_rows(r) : oc_fail_memory(r->err, (count + 1) * sizeof *r->values);
}

oc_status oc_matrix_text_parse(const char *where, const char *text, size_t size, bool argument,
                               oc_matrix *out, oc_error *err) {
  reader r = {.where = where, .text = text, .size = size, .argument = argument, .line = 1, .err = err};
  locale_t before, plain = oc_plain_locale_begin(&before);
  oc_status status = plain ? read_text(&r) : oc_fail_memory(err, 0);
  oc_plain_locale_end(plain, before);
  if (status != OC_OK) {
    oc_memory_free(r.values);
    return status;
  }
  const bool list = r.rows == 1 || r.columns == 1;
  *out = (oc_matrix){list ? 1 : 2, r.rows, r.columns, 1, 1, r.values};
  return OC_OK;
}

void oc_matrix_text_write(const oc_matrix *m, oc_text *out) {
  char number[32];
  for (int64_t i = 0; i < m->rows; i++)
    for (int64_t j = 0; j < m->columns; j++)
      oc_text_add(out, "%s%s", oc_number_text(m->data[i * m->columns + j], number, sizeof number),
                  j + 1 < m->columns ? "," : "\n");
}
