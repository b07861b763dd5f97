/* prediction.c: see prediction.h. */
#include "prediction.h"
#include "message.h"
#include "target.h"
#include <stdio.h>
#include <stdlib.h>
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
    snprintf(words, sizeof words, "%.20s (is %.20s) %.1f %%", oc_model_class_name(m, best),
             oc_model_class_name(m, truth), percent);
  else
    snprintf(words, sizeof words, "%.20s  %.1f %%", oc_model_class_name(m, best), percent);
  const char *look = cli_style(t, wrong ? CLI_RED : CLI_BOLD);
  if (width > 40) width = 40;
  cli_draw_caption(&d, 0, (int)strlen(words), "%s%s%s", look, words, cli_style(t, CLI_PLAIN));
  cli_draw_caption(&d, 1, width, "%s%s%s", cli_style(t, wrong ? CLI_RED : CLI_GREEN),
                   cli_bar(t, percent / 100, width, bar, sizeof bar), cli_style(t, CLI_PLAIN));
  return d;
}

/* ---- pictures to look at ------------------------------------------------------------------------------- */

oc_status cli_pictures_open(const char *path, oc_dataset **out, oc_error *err) {
  oc_data data = {0};
  *out = NULL;
  if (cli_is_file(path)) return oc_dataset_open_file(path, NULL, out, err);
  CLI_TRY(oc_data_open(path, NULL, &data, err));
  *out = data.test;
  data.test = NULL;
  oc_data_close(&data);
  if (*out) return OC_OK;
  return cli_fail(err, OC_E_DATA, path, "", "has no test part: name one of its files instead");
}

oc_status cli_pictures_fit(const oc_dataset *set, const char *file, oc_picture_size m, oc_error *err) {
  oc_picture_size s = oc_dataset_size(set);
  char is[64], wanted[64], hint[128];
  bool channels = s.channels == m.channels ||
                  ((s.channels == 1 || s.channels == 3) && (m.channels == 1 || m.channels == 3));
  if (s.height == m.height && s.width == m.width && channels) return OC_OK;
  snprintf(hint, sizeof hint, "scale it to %lldx%lld pixels before, or train a model on pictures of its size",
           (long long)m.width, (long long)m.height);
  return cli_fail(
      err, OC_E_DATA, file, hint,
      "is %s (height x width x channels), but the model takes %s; pictures are never resized silently",
      cli_size_text(s, is, sizeof is), cli_size_text(m, wanted, sizeof wanted));
}

static oc_status read_picture(const oc_dataset *set, int64_t index, oc_picture_size size, uint8_t **pixels,
                              oc_error *err) {
  const oc_picture_size s = oc_dataset_size(set);
  uint8_t *read = calloc((size_t)(s.height * s.width), (size_t)s.channels);
  *pixels = calloc((size_t)(size.height * size.width), (size_t)size.channels);
  oc_status status = read && *pixels ? OC_OK : cli_fail_memory(err);
  if (status == OC_OK) status = oc_dataset_read(set, index, 1, read, NULL, err);
  if (status == OC_OK && s.channels != size.channels)
    status = oc_picture_convert(read, s, size.channels, *pixels, err);
  else if (status == OC_OK)
    memcpy(*pixels, read, (size_t)(s.height * s.width * s.channels));
  free(read);
  return status;
}

oc_status cli_picture_open(const char *name, oc_picture_size size, uint8_t **pixels, oc_error *err) {
  cli_slice slice;
  int64_t first, count;
  oc_dataset *set;
  CLI_TRY(cli_slice_read(name, &slice, err));
  CLI_TRY(cli_pictures_open(slice.path, &set, err));
  oc_status status = cli_pictures_fit(set, slice.path, size, err);
  if (status == OC_OK) status = cli_slice_resolve(&slice, oc_dataset_count(set), &first, &count, err);
  if (status == OC_OK && count != 1)
    status = cli_fail(err, OC_E_ARGUMENT, name, "put the number of one in brackets: 'FILE[0]'",
                      "has %lld pictures, but one is wanted", (long long)count);
  if (status == OC_OK) status = read_picture(set, first, size, pixels, err);
  oc_dataset_free(set);
  return status;
}
