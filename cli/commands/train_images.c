/* train_images.c: the options of `ocellus train` for the shape of images and for standardizing them. */
#include "commands/train.h"
#include "core/images.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_SIDE = 65536 };

/* A number at *at, 1 to MAX_SIDE. */
static bool read_side(const char **at, int64_t *side) {
  char *end;
  if (**at < '0' || **at > '9') return false;
  const long n = strtol(*at, &end, 10);
  *at = end;
  *side = n;
  return n >= 1 && n <= MAX_SIDE;
}

static oc_status read_size(const char *text, oc_image_shape *shape, oc_error *err) {
  const char *at = text;
  bool good = read_side(&at, &shape->height);
  shape->width = shape->height;
  if (good && *at == 'x') good = (at++, read_side(&at, &shape->width));
  if (good && *at == 0) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--size", "Write, for example, --size 64 or --size 48x64.",
                  "must be N or HxW, each 1 to %d, got '%.60s'", MAX_SIDE, text);
}

oc_status cli_train_rule(const cli_call *call, oc_preprocessing *rule, bool *given, oc_error *err) {
  const char *size = cli_get(call, CLI_TRAIN_SIZE)->text, *channels = cli_get(call, CLI_TRAIN_CHANNELS)->text,
             *resize = cli_get(call, CLI_TRAIN_RESIZE)->text,
             *background = cli_get(call, CLI_TRAIN_BACKGROUND)->text;
  *rule = oc_preprocessing_defaults();
  *given = size || channels || resize || background;
  if (background) {
    oc_error wrong = {0};
    if (oc_background_check(background, &wrong) != OC_OK)
      return cli_fail(err, wrong.code, "--background", wrong.hint, "%s", wrong.message);
  }
  if (channels) rule->shape.channels = channels[0] - '0'; /* one of the choices */
  rule->resize = cli_resize_mode(resize);
  return size ? read_size(size, &rule->shape, err) : OC_OK;
}

oc_standardize cli_train_standardize(const cli_call *call) {
  const char *name = cli_get(call, CLI_TRAIN_STANDARDIZE)->text;
  int how = OC_STANDARDIZE_AUTO;
  while (name && strcmp(oc_standardize_name((oc_standardize)how), name) != 0) how++;
  return (oc_standardize)how;
}
