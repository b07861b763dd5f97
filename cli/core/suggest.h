/* suggest.h: finds the word for a "Did you mean" hint. Start with {.word = typed}, offer every word there is;
 * `best` is the nearest one, or NULL if none is near enough to be worth naming. */
#ifndef OC_CLI_SUGGEST_H
#define OC_CLI_SUGGEST_H
#include <stddef.h>

typedef struct cli_suggestion {
  const char *word;
  const char *best;
  size_t distance; /* of best */
} cli_suggestion;

void cli_suggest(cli_suggestion *s, const char *candidate);

#endif
