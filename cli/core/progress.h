/* progress.h: updates one line at the bottom of a terminal during training. Off a
 * terminal nothing is ever drawn. */
#ifndef OC_CLI_PROGRESS_H
#define OC_CLI_PROGRESS_H
#include "ocellus/model.h"
#include "core/terminal.h"

typedef struct cli_progress {
  const cli_terminal *terminal;
  bool enabled;
  bool shown;      /* the line stands there now */
  double drawn_at; /* seconds, by the clock of cli_seconds */
} cli_progress;

/* Draws where the training stands, but not more often than ten times a second. */
void cli_progress_draw(cli_progress *p, const oc_event *event);
/* Draws a text instead. */
void cli_progress_say(cli_progress *p, const char *text);
/* Takes the line away, for something else to be printed. */
void cli_progress_clear(cli_progress *p);
/* Seconds of a clock that only goes forward. */
double cli_seconds(void);
/* "42 s", "4:12", "1:02:03"; "?" if it is not known. Returns `text`. */
const char *cli_time_text(double seconds, char *text, size_t size);

#endif
