/* net_scan.c: splits a net text into words, reads numbers, and makes messages that point at a character. */
#include "base/number.h"
#include "base/checked.h"
#include "net/net.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ------------------------------------------------------------------------------------------ */

/* Part of the line that is shown, in characters. */
#define SHOWN 72

static bool continues(char c) {
  return ((unsigned char)c & 0xC0) == 0x80; /* a later byte of a UTF-8 character */
}

/* The line around byte `at` on one line, a caret on the next. Characters other than printable ASCII are shown
 * as '?'. */
static void draw_excerpt(const char *line, size_t length, size_t column, char *out) {
  size_t used = 0, index = 0;
  const size_t first = column > SHOWN / 2 ? column - SHOWN / 2 : 0;
  for (size_t i = 0; i < length && index < first + SHOWN; i++) {
    if (continues(line[i])) continue;
    if (index++ < first) continue;
    out[used++] = line[i] >= ' ' && line[i] <= '~' ? line[i] : line[i] == '\t' ? ' ' : '?';
  }
  out[used++] = '\n';
  memset(out + used, ' ', column - first);
  used += column - first;
  out[used++] = '^';
  out[used] = 0;
}

oc_status oc_net_fail(oc_error *err, const char *text, size_t at, const char *hint, const char *format, ...) {
  size_t begin = at, end = at, line = 1, column = 0;
  while (begin > 0 && text[begin - 1] != '\n') begin--;
  while (text[end] && text[end] != '\n') end++;
  for (size_t i = 0; i < begin; i++) line += text[i] == '\n';
  for (size_t i = begin; i < at; i++) column += !continues(text[i]);
  char message[300], image[2 * SHOWN + 4], where[80];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  draw_excerpt(text + begin, end - begin, column, image);
  snprintf(where, sizeof where, "net text, line %zu, column %zu", line, column + 1);
  return oc_fail(err, OC_E_NET, where, hint, "%s\n%s", message, image);
}

/* ---- words --------------------------------------------------------------------------------------------- */

/* Any printable character, so that the reader of the word reports a wrong one. */
static bool is_word(char c) {
  return c > ' ' && c <= '~' && !strchr("|{;}#", c);
}

static size_t skip(const char *text, size_t at) {
  while (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') at++;
  if (text[at] == '#')
    while (text[at] && text[at] != '\n') at++;
  return at;
}

oc_status oc_net_scan(const char *text, size_t *at, oc_word *out, oc_error *err) {
  static const char marks[] = "|\n{;}";
  static const oc_word_kind kinds[] = {OC_WORD_BAR, OC_WORD_NEWLINE, OC_WORD_OPEN, OC_WORD_NEXT,
                                       OC_WORD_CLOSE};
  *at = skip(text, *at);
  *out = (oc_word){OC_WORD_END, *at, 0};
  if (text[*at] == 0) return OC_OK;
  const char *mark = strchr(marks, text[*at]);
  if (mark) {
    out->kind = kinds[mark - marks];
    out->length = 1;
  } else {
    out->kind = OC_WORD;
    while (is_word(text[*at + out->length])) out->length++;
    if (out->length == 0)
      return oc_net_fail(err, text, *at, "Write layers as in `conv 5x5x32 relu | maxpool 2 | dense 10`.",
                         "unexpected character");
  }
  *at += out->length;
  return OC_OK;
}

bool oc_word_is(const char *text, oc_word word, const char *is) {
  return word.kind == OC_WORD && strlen(is) == word.length && memcmp(text + word.at, is, word.length) == 0;
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Digits from byte *at on, before `end`; *at moves past them. */
static oc_status read_size(const char *text, size_t *at, size_t end, const oc_word_sizes *rule, int64_t limit,
                           int64_t *out, oc_error *err) {
  const size_t begin = *at;
  int64_t value = 0;
  if (begin >= end || !is_digit(text[begin]))
    return oc_net_fail(err, text, begin, "Write integers with x between them, such as 5x5x32.",
                       "expected a number for %s", rule->what);
  for (; *at < end && is_digit(text[*at]); (*at)++)
    if (value <= limit) value = 10 * value + (text[*at] - '0');
  if (value < 1 || value > limit)
    return oc_net_fail(err, text, begin, "", "%s must be 1 to %lld", rule->what, (long long)limit);
  *out = value;
  return OC_OK;
}

oc_status oc_word_read_sizes(const char *text, oc_word word, const oc_word_sizes *rule, int64_t *out,
                             int *count, oc_error *err) {
  size_t at = word.at;
  const size_t end = word.kind == OC_WORD ? word.at + word.length : word.at;
  for (*count = 0;;) {
    TRY(read_size(text, &at, end, rule, rule->limit[*count], &out[*count], err));
    (*count)++;
    if (at == end) break;
    if (text[at] != 'x')
      return oc_net_fail(err, text, at, "Write integers with x between them, such as 5x5x32.",
                         "expected %s, got another character", rule->what);
    if (*count == rule->high)
      return oc_net_fail(err, text, at, "", "expected %s, got an extra number", rule->what);
    at++;
  }
  if (*count < rule->low)
    return oc_net_fail(err, text, end, "", "expected %s: a number is missing after '%.*s'", rule->what,
                       (int)(word.length < 40 ? word.length : 40), text + word.at);
  return OC_OK;
}

/* Digits into *mantissa while it has at most 17; *decimals counts them. */
static size_t read_digits(const char *text, size_t at, size_t end, int64_t *mantissa, int *decimals) {
  for (; at < end && is_digit(text[at]); at++, (*decimals)++)
    if (*mantissa < 100000000000000000) *mantissa = 10 * *mantissa + (text[at] - '0');
  return at;
}

oc_status oc_word_read_number(const char *text, oc_word word, double *out, oc_error *err) {
  const size_t end = word.kind == OC_WORD ? word.at + word.length : word.at;
  int64_t mantissa = 0, shift = 0;
  int whole = 0, fraction = 0, exponent = 0;
  size_t at = read_digits(text, word.at, end, &mantissa, &whole);
  if (at < end && text[at] == '.') at = read_digits(text, at + 1, end, &mantissa, &fraction);
  if (at < end && (text[at] == 'e' || text[at] == 'E') && whole + fraction > 0) {
    at++;
    if (at < end && (text[at] == '-' || text[at] == '+')) at++;
    at = read_digits(text, at, end, &shift, &exponent);
    if (exponent == 0) at = end + 1; /* "1e" */
  }
  if (whole + fraction == 0 || at != end)
    return oc_net_fail(err, text, at < end ? at : end, "Write it as 0.5 or 1e-3.",
                       "expected a decimal number");
  *out = oc_number_read(text + word.at, end - word.at);
  if (mantissa >= 100000000000000000 || end - word.at > 60 || !isfinite(*out) || (*out == 0 && mantissa > 0))
    return oc_net_fail(err, text, word.at, "Use at most 17 digits, from 1e-307 to 1e308.",
                       "the number is too long or out of range");
  return OC_OK;
}
