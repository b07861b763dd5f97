/* doubt.c: prints the warning at the end of a training run that learned nothing, and what to try. */
#include "core/page.h"
#include "commands/train.h"
#include <string.h>

const char *cli_doubt_text(const oc_event *end, char *text, size_t size) {
  if (end->doubt == OC_DOUBT_GUESSING)
    snprintf(text, size,
             "the best validation accuracy, %.4f, may be chance: always predicting the largest class "
             "gives %.4f",
             end->valid_accuracy, end->guess_accuracy);
  else if (end->doubt == OC_DOUBT_LOSS_STUCK)
    snprintf(text, size, "the training loss began at %.4f and never fell 1%% below that (last epoch: %.4f)",
             end->start_loss, end->train_loss);
  else if (end->doubt == OC_DOUBT_LOSS_GREW)
    snprintf(text, size, "the training loss grew to more than 100 times its start (from %.4g to %.4g)",
             end->start_loss, end->train_loss);
  else
    return NULL;
  return text;
}

void cli_doubt_print(const oc_event *end, const cli_call *call) {
  static const char *const slow[] = {"train for more --epochs", "a higher --lr, or --optimizer adam",
                                     "check that the labels fit the images: `ocellus show DATA`"};
  static const char *const stuck[] = {"a --lr ten times higher or lower",
                                      "more --epochs, or a smaller --batch",
                                      "check that the labels fit the images: `ocellus show DATA`"};
  static const char *const wild[] = {"a --lr ten times lower", "--clip-norm 1",
                                     "batchnorm after the convolutions of --net"};
  char text[200];
  if (!cli_doubt_text(end, text, sizeof text)) return;
  const char *const *tries = end->doubt == OC_DOUBT_GUESSING     ? slow
                             : end->doubt == OC_DOUBT_LOSS_STUCK ? stuck
                                                                 : wild;
  FILE *stream = call->err.stream;
  fprintf(stream, "Warning: this training run seems to have failed:\n");
  cli_page_text(stream, text, 9, 80);
  fprintf(stream, "         Try one of these:\n");
  for (int i = 0; i < 3; i++) fprintf(stream, "         - %s\n", tries[i]);
}
