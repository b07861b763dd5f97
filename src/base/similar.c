/* similar.c: computes the edit distance of two words (Levenshtein 1966). */
#include "base/similar.h"
#include <string.h>

enum { LONGEST = 30 };

size_t oc_word_distance(const char *a, size_t n, const char *b) {
  size_t row[LONGEST + 1];
  const size_t m = strlen(b);
  if (n > LONGEST || m > LONGEST) return 99;
  for (size_t j = 0; j <= m; j++) row[j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      const size_t change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      const size_t gap = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
      row[j] = change < gap ? change : gap;
    }
  }
  return row[m];
}
