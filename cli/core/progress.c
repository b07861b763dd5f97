/* progress.c: see progress.h. */
#include "core/progress.h"
#include <math.h>
#include <string.h>
#include <time.h>

enum { LONGEST_BAR = 40, SHORTEST_BAR = 5 };
static const double interval = 0.1; /* seconds between two drawings */

double cli_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

const char *cli_time_text(double seconds, char *text, size_t size) {
  if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
    snprintf(text, size, "?");
    return text;
  }
  long s = lround(seconds);
  if (s < 60)
    snprintf(text, size, "%ld s", s);
  else if (s < 3600)
    snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
  else
    snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  return text;
}

void cli_progress_draw(cli_progress *p, const oc_event *e) {
  double now = p->enabled ? cli_seconds() : 0;
  if (!p->enabled || (p->shown && now - p->drawn_at < interval)) return;
  const cli_terminal *t = p->terminal;
  char left[64], right[160], time[32], bar[3 * LONGEST_BAR + 1], loss[32] = "";
  double share = e->steps > 0 ? (double)e->step / (double)e->steps : 0;
  if (e->step > 0) snprintf(loss, sizeof loss, "  loss %.4f", e->loss);
  snprintf(left, sizeof left, "Epoch %02d/%d ", e->epoch, e->epochs);
  snprintf(right, sizeof right, " %3.0f%%  %.0f images/s%s  left %s", 100 * share, e->images_per_second, loss,
           cli_time_text(e->seconds_left, time, sizeof time));
  int room = t->columns - 1 - (int)strlen(left) - (int)strlen(right);
  int width = room > LONGEST_BAR ? LONGEST_BAR : room < SHORTEST_BAR ? 0 : room;
  if (room < 0) right[(int)strlen(right) + room > 0 ? (int)strlen(right) + room : 0] = 0;
  fprintf(t->stream, "\r%s%s%s%s%s\033[K", left, cli_style(t, CLI_GREEN),
          cli_bar(t, share, width, bar, sizeof bar), cli_style(t, CLI_PLAIN), right);
  fflush(t->stream);
  p->shown = true;
  p->drawn_at = now;
}

void cli_progress_say(cli_progress *p, const char *text) {
  if (!p->enabled) return;
  fprintf(p->terminal->stream, "\r%s\033[K", text);
  fflush(p->terminal->stream);
  p->shown = true;
}

void cli_progress_clear(cli_progress *p) {
  if (!p->shown) return;
  fputs("\r\033[K", p->terminal->stream);
  fflush(p->terminal->stream);
  p->shown = false;
}
