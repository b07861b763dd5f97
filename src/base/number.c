/* number.c: writes real numbers as text, and reads them. printf and strtod take the decimal point of the
 * process's locale, which is not ours to choose: it is exchanged for a point. */
#include "base/number.h"
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 64 };

static char decimal_point(void) {
  const struct lconv *l = localeconv();
  return l && l->decimal_point && l->decimal_point[0] ? l->decimal_point[0] : '.';
}

double oc_number_read(const char *text, size_t size) {
  char copy[MAX];
  if (size >= MAX) return NAN;
  memcpy(copy, text, size);
  copy[size] = 0;
  char *point = memchr(copy, '.', size);
  if (point) *point = decimal_point();
  return strtod(copy, NULL);
}

const char *oc_number_text(double value, char *text, size_t size) {
  if (!text) return "";
  if (!isfinite(value)) {
    (void)snprintf(text, size, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return text;
  }
  for (int digits = 15; digits <= 17; digits++) {
    (void)snprintf(text, size, "%.*g", digits, value);
    if (strtod(text, NULL) == value) break;
  }
  char *point = strchr(text, decimal_point());
  if (point) *point = '.';
  return text;
}

const char *oc_number_text_f32(float value, char *text, size_t size) {
  for (int digits = 8; digits <= 9; digits++) {
    (void)snprintf(text, size, "%.*g", digits, (double)value);
    if (strtof(text, NULL) == value) break;
  }
  char *point = strchr(text, decimal_point());
  if (point) *point = '.';
  return text;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

/* Behind the string that begins at `at`. */
static const char *skip_string(const char *at) {
  for (at++; *at && *at != '"'; at++)
    if (*at == '\\' && at[1]) at++;
  return *at ? at + 1 : at;
}

/* Returns the length of the number at `at`; `real` if it is not an integer. strspn would do, but a
 * sanitizer's build reads the whole rest of the text in each call. */
static size_t number_size(const char *at, bool *real) {
  size_t size = 0;
  *real = false;
  if (*at != '-' && (*at < '0' || *at > '9')) return 0;
  for (; (at[size] >= '0' && at[size] <= '9') || (at[size] && strchr("+-.eE", at[size])); size++)
    *real |= at[size] == '.' || at[size] == 'e' || at[size] == 'E';
  return size;
}

/* Writes the real number of `size` characters at `from`, shortened, at `to`, which is not after `from`.
 * Returns its end. */
static char *shorten_number(char *to, const char *from, size_t size) {
  char text[OC_NUMBER_TEXT];
  if (size < MAX) {
    oc_number_text(oc_number_read(from, size), text, sizeof text);
    const size_t n = strlen(text);
    const bool whole = text[strcspn(text, ".e")] == 0; /* it must stay a real */
    if (n + (whole ? 2 : 0) <= size) {
      memcpy(to, text, n);
      if (whole) memcpy(to + n, ".0", 2);
      return to + n + (whole ? 2 : 0);
    }
  }
  memmove(to, from, size);
  return to + size;
}

char *oc_json_shorten(char *json) {
  char *to = json;
  for (const char *at = json; at && *at;) {
    const char *end = at + 1;
    if (*at == '"') end = skip_string(at);
    bool real;
    const size_t number = number_size(at, &real);
    if (number > 0) end = at + number;
    if (real) {
      to = shorten_number(to, at, number);
      at = end;
      continue;
    }
    memmove(to, at, (size_t)(end - at));
    to += end - at;
    at = end;
  }
  if (to) *to = 0;
  return json;
}
