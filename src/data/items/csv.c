/* csv.c: see csv.h. Fields are cut out of the bytes in place, in one pass. */
#include "data/items/csv.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

oc_status oc_csv_fail(const oc_csv *c, int64_t line, oc_error *err, const char *hint, const char *format,
                      ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return oc_fail(err, OC_E_DATA, c->where, hint, "line %lld: %s", (long long)line, text);
}

/* Tab in FILE.tsv, else the first of these in the first row. */
static char find_separator(const char *where, const char *text) {
  static const char known[] = ",\t;";
  const size_t row = strcspn(text, "\n"), name = strlen(where);
  if (name >= 4 && strcasecmp(where + name - 4, ".tsv") == 0) return '\t';
  for (const char *s = known; *s; s++)
    if (memchr(text, *s, row)) return *s;
  return ',';
}

oc_status oc_csv_begin(oc_csv *c, const char *where, unsigned char *bytes, size_t size, oc_error *err) {
  char *text = (char *)bytes;
  *c = (oc_csv){.where = where, .at = text, .end = text + size, .next_line = 1};
  if (size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0))
    return oc_fail(err, OC_E_DATA, where, "Save it as UTF-8.", "the text is UTF-16");
  const char *zero = memchr(bytes, 0, size);
  int64_t line = 1;
  for (const char *at = text; zero && at < zero; at++) line += *at == '\n';
  if (zero) return oc_csv_fail(c, line, err, "Save it as text, in UTF-8.", "a 0 byte, which no text has");
  if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) c->at += 3;
  c->separator = find_separator(where, c->at);
  return OC_OK;
}

static bool is_blank(const oc_csv *c, char byte) {
  return byte == ' ' || byte == '\r' || (byte == '\t' && c->separator != '\t');
}

static bool ends_field(const oc_csv *c) {
  return c->at == c->end || *c->at == c->separator || *c->at == '\n';
}

static void skip_blanks(oc_csv *c) {
  while (c->at < c->end && is_blank(c, *c->at)) c->at++;
}

/* The field whose first quote is at c->at, without its quotes. `*after` is where its text ends. */
static oc_status take_quoted(oc_csv *c, char **after, oc_error *err) {
  const int64_t opened = c->next_line;
  char *to = c->fields[c->count] = ++c->at;
  while (c->at < c->end && (*c->at != '"' || c->at[1] == '"')) {
    c->at += *c->at == '"';
    c->next_line += *c->at == '\n';
    *to++ = *c->at++;
  }
  if (c->at == c->end)
    return oc_csv_fail(c, opened, err, "Close the quote; a quote inside of quotes is written twice.",
                       "a quote is opened and never closed");
  c->at++;
  skip_blanks(c);
  *after = to;
  return ends_field(c) ? OC_OK
                       : oc_csv_fail(c, c->next_line, err, "Write a quote inside of quotes twice.",
                                     "text follows the closing quote of field %d", c->count + 1);
}

static void take_plain(oc_csv *c, char **after) {
  c->fields[c->count] = c->at;
  while (!ends_field(c)) c->at++;
  *after = c->at;
  while (*after > c->fields[c->count] && is_blank(c, (*after)[-1])) --*after;
}

/* Takes the field at c->at and what ends it; *more: another one follows in the row. */
static oc_status take_field(oc_csv *c, bool *more, oc_error *err) {
  char *after = NULL;
  if (c->count == OC_CSV_FIELDS)
    return oc_csv_fail(
        c, c->line, err,
        "A list has the path and the label of an image in each row, and its split if you like.",
        "more than %d fields in a row", OC_CSV_FIELDS);
  skip_blanks(c);
  if (c->at < c->end && *c->at == '"')
    TRY(take_quoted(c, &after, err));
  else
    take_plain(c, &after);
  *more = c->at < c->end && *c->at == c->separator;
  c->next_line += c->at < c->end && *c->at == '\n';
  c->at += c->at < c->end;
  *after = 0;
  c->count++;
  return OC_OK;
}

static void skip_blank_rows(oc_csv *c) {
  for (skip_blanks(c); c->at < c->end && *c->at == '\n'; skip_blanks(c)) {
    c->at++;
    c->next_line++;
  }
}

oc_status oc_csv_next(oc_csv *c, oc_error *err) {
  c->count = 0;
  skip_blank_rows(c);
  c->line = c->next_line;
  bool more = c->at < c->end;
  while (more) TRY(take_field(c, &more, err));
  return OC_OK;
}
