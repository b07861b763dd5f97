/* preset.c: whole trainings by name: --preset fast sets several options of `ocellus train` at once. What is also given on the
 * command line wins. A preset is a row here and a name in cli_preset_choices. */
#include "commands/train.h"
#include <string.h>

const char *const cli_preset_choices[] = {"lecture", "fast", NULL};

typedef struct setting {
  int option;
  const char *value;
} setting;

typedef struct preset {
  const char *name;
  setting settings[8]; /* closed by a value of NULL */
} preset;

static const preset presets[] = {
    {"lecture", {{0, NULL}}}, /* the defaults */
    {"fast",
     {{CLI_TRAIN_NET, "fast"},
      {CLI_TRAIN_LR, "4e-3"},
      {CLI_TRAIN_SCHEDULE, "linear"},
      {CLI_TRAIN_BATCH, "64"},
      {CLI_TRAIN_EPOCHS, "3"},
      {0, NULL}}},
};

static oc_status apply(cli_call *call, const preset *p, oc_error *err) {
  for (const setting *s = p->settings; s->value; s++)
    if (!cli_get(call, s->option)->given)
      CLI_TRY(cli_arguments_set(&call->arguments, s->option, s->value, err));
  return OC_OK;
}

oc_status cli_preset_apply(cli_call *call, oc_error *err) {
  const char *name = cli_get(call, CLI_TRAIN_PRESET)->text;
  for (size_t i = 0; name && i < sizeof presets / sizeof presets[0]; i++)
    if (strcmp(presets[i].name, name) == 0) return apply(call, &presets[i], err);
  return OC_OK;
}
