/* suggest.c: finds similar words. The distance of two words is how many letters must be inserted, dropped,
 * changed or swapped with their neighbor (Damerau 1964, each position at most once). */
#include "core/suggest.h"
#include <stdint.h>
#include <string.h>

enum { LONGEST = 31 };

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Three rows of the table of distances between beginnings are enough: a swap looks two rows back. */
static size_t distance(const char *a, const char *b) {
  size_t na = strlen(a), nb = strlen(b), rows[3][LONGEST + 1];
  if (na > LONGEST || nb > LONGEST) return SIZE_MAX;
  for (size_t j = 0; j <= nb; j++) rows[0][j] = j;
  for (size_t i = 1; i <= na; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      row[j] = least(least(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = least(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[na % 3][nb];
}

void cli_suggest(cli_suggestion *s, const char *candidate) {
  size_t length = strlen(s->word);
  size_t d = distance(s->word, candidate);
  if (length >= 2 && strncmp(s->word, candidate, length) == 0)
    d = 1; /* a beginning is as good as one wrong letter */
  if (d > 1 + length / 4 || d >= length) return;
  if (s->best && d >= s->distance) return;
  s->best = candidate;
  s->distance = d;
}
