/* prediction.c: see prediction.h. */
#include "commands/prediction.h"
#include "core/message.h"
#include <stdio.h>
#include <string.h>

void cli_best_labels(const float *probabilities, int classes, int top, int *labels) {
  int count = 0;
  for (int c = 0; c < classes; c++) {
    int at = count < top ? count++ : top;
    for (; at > 0 && probabilities[labels[at - 1]] < probabilities[c]; at--)
      if (at < top) labels[at] = labels[at - 1];
    if (at < top) labels[at] = c;
  }
}

cli_drawing cli_draw_prediction(const cli_terminal *t, const oc_model *m, const uint8_t *pixels,
                                const float *probabilities, int truth, int width) {
  cli_drawing d = {.pixels = pixels};
  char words[96], bar[128];
  int best = 0;
  cli_best_labels(probabilities, oc_model_classes(m), 1, &best);
  double percent = 100 * (double)probabilities[best];
  bool wrong = truth >= 0 && truth != best;
  if (wrong)
    snprintf(words, sizeof words, "%.20s (is %.20s) %.1f%%", CLI_SHOWN(oc_model_class_name(m, best)),
             CLI_SHOWN(oc_model_class_name(m, truth)), percent);
  else
    snprintf(words, sizeof words, "%.20s  %.1f%%", CLI_SHOWN(oc_model_class_name(m, best)), percent);
  const char *look = cli_style(t, wrong ? CLI_RED : CLI_BOLD);
  if (width > 40) width = 40;
  cli_draw_caption(&d, 0, (int)strlen(words), "%s%s%s", look, words, cli_style(t, CLI_PLAIN));
  cli_draw_caption(&d, 1, width, "%s%s%s", cli_style(t, wrong ? CLI_RED : CLI_GREEN),
                   cli_bar(t, percent / 100, width, bar, sizeof bar), cli_style(t, CLI_PLAIN));
  return d;
}
