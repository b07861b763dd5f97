/* history.h: the epochs of a run, as its metrics.jsonl has them. */
#ifndef OC_CLI_HISTORY_H
#define OC_CLI_HISTORY_H
#include "core/json.h"
#include <stdint.h>

typedef enum cli_column {
  CLI_EPOCH = 0,
  CLI_TRAIN_LOSS,
  CLI_VALID_LOSS,
  CLI_TRAIN_ACCURACY,
  CLI_VALID_ACCURACY,
  CLI_LEARNING_RATE,
  CLI_COLUMNS
} cli_column;

typedef struct cli_history {
  double *columns[CLI_COLUMNS]; /* one number for each epoch; NAN where there is none */
  int64_t count, capacity;
  int64_t best; /* index of the best epoch so far; -1: none */
  bool cut;     /* the last line is not whole: it is being written, or never was */
} cli_history;

/* Reads metrics.jsonl of a run; without the file there are no epochs. OC_E_DATA: a line but the last is
 * damaged. */
oc_status cli_history_load(const char *folder, cli_history *out, oc_error *err);
void cli_history_release(cli_history *h);
/* True if the column has a number. */
bool cli_history_has(const cli_history *h, cli_column column);

#endif
