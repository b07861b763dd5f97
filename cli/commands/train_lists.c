/* train_lists.c: options of `ocellus train` that follow from the library's lists: what presets, optimizers
 * and schedules are called, and an option for each hyperparameter that one of them takes and for each
 * callback. */
#include "commands/train.h"
#include <math.h>
#include <string.h>

/* A list whose rows take hyperparameters. */
typedef struct owners {
  const char *kind; /* "optimizer": also the option that chooses one; NULL: there is one, which is training */
  int option;
  const char *(*name_at)(int index);
  const oc_hyperparameter *(*hyperparameter_at)(const char *name, int index);
} owners;

static const char *training_name_at(int index) {
  return index == 0 ? "training" : NULL;
}

static const oc_hyperparameter *training_hyperparameter_at(const char *name, int index) {
  (void)name;
  return oc_fit_hyperparameter_at(index);
}

static const owners lists[] = {
    {"optimizer", CLI_TRAIN_OPTIMIZER, oc_optimizer_name, oc_optimizer_hyperparameter_at},
    {"schedule", CLI_TRAIN_SCHEDULE, oc_lr_schedule_name, oc_lr_schedule_hyperparameter_at},
    {NULL, 0, training_name_at, training_hyperparameter_at},
};
enum { LISTS = sizeof lists / sizeof *lists };

static const oc_hyperparameter *find_hyperparameter(const owners *list, const char *owner, const char *name) {
  const oc_hyperparameter *h;
  for (int i = 0; (h = list->hyperparameter_at(owner, i)); i++)
    if (strcmp(h->name, name) == 0) return h;
  return NULL;
}

typedef struct text {
  char text[256];
} text;

static void append_text(text *t, const char *before, const char *more) {
  const size_t used = strlen(t->text);
  snprintf(t->text + used, sizeof t->text - used, "%s%s", before, more);
}

/* "sgd, momentum, adam" and "0.9", or "0; adamw 0.01" where defaults differ; returns how many take it. */
static int read_owners(const owners *list, const char *name, text *names, text *usual) {
  const char *owner;
  const oc_hyperparameter *first = NULL, *h;
  char number[64];
  int count = 0;
  *names = *usual = (text){""};
  for (int i = 0; (owner = list->name_at(i)); i++) {
    if (!(h = find_hyperparameter(list, owner, name))) continue;
    append_text(names, count++ ? ", " : "", owner);
    snprintf(number, sizeof number, first ? "%s %g" : "%s%g", first ? owner : "", h->fallback);
    if (!first || h->fallback != first->fallback) append_text(usual, first ? "; " : "", number);
    if (!first) first = h;
  }
  return count;
}

static oc_status add_option(cli_room *room, const owners *list, const oc_hyperparameter *h, cli_option *out,
                            oc_error *err) {
  text names, usual;
  char option[64];
  const int count = read_owners(list, h->name, &names, &usual);
  snprintf(option, sizeof option, "%s", h->name);
  for (char *c = option; *c; c++)
    if (*c == '_') *c = '-';
  *out = (cli_option){.kind = CLI_REAL,
                      .value = "X",
                      .low = h->low,
                      .high = h->high,
                      .above = h->above,
                      .below = h->below,
                      .setting = h->name};
  CLI_TRY(cli_room_take_text(room, &out->name, err, "%s", option));
  CLI_TRY(cli_room_take_text(room, &out->usual, err, "%s", usual.text));
  const char *in = h->unit ? ", in " : "", *unit = h->unit ? h->unit : "";
  if (!list->kind) return cli_room_take_text(room, &out->help, err, "%s%s%s", h->help, in, unit);
  return cli_room_take_text(room, &out->help, err, "%s%s%s, for the %s%s %s", h->help, in, unit, list->kind,
                            count > 1 ? "s" : "", names.text);
}

static bool is_there(const cli_command *c, const char *setting) {
  for (int i = CLI_TRAIN_COUNT; i < c->option_count; i++)
    if (strcmp(c->options[i].setting, setting) == 0) return true;
  return false;
}

static oc_status next_row(cli_command *c, cli_option *table, cli_option **out, oc_error *err) {
  if (c->option_count == CLI_OPTIONS_MAX)
    return cli_fail(err, OC_E_INTERNAL, "", "", "no room for the options of %s", c->name);
  *out = &table[c->option_count++];
  return OC_OK;
}

static oc_status add_callbacks(cli_command *c, cli_option *table, oc_error *err) {
  const oc_callback_info *info;
  cli_option *row = NULL;
  for (int i = 0; (info = oc_callback_at(i)); i++) {
    CLI_TRY(next_row(c, table, &row, err));
    *row = (cli_option){.name = info->name,
                        .kind = CLI_TEXT,
                        .value = info->value,
                        .help = info->help,
                        .setting = info->name,
                        .viewer = info->viewer,
                        .looks_on = true};
  }
  return OC_OK;
}

static oc_status add_options(cli_command *c, const owners *list, cli_room *room, cli_option *table,
                             oc_error *err) {
  const char *owner;
  const oc_hyperparameter *h;
  cli_option *row = NULL;
  if (list->kind) CLI_TRY(cli_room_take_words(room, list->name_at, &table[list->option].choices, err));
  for (int i = 0; (owner = list->name_at(i)); i++)
    for (int k = 0; (h = list->hyperparameter_at(owner, k)); k++) {
      if (is_there(c, h->name)) continue;
      CLI_TRY(next_row(c, table, &row, err));
      CLI_TRY(add_option(room, list, h, row, err));
    }
  return OC_OK;
}

oc_status cli_train_extend(cli_command *c, cli_room *room, oc_error *err) {
  cli_option *table;
  CLI_TRY(cli_room_take_table(room, c, &table, err));
  CLI_TRY(cli_room_take_words(room, oc_net_preset_name, &table[CLI_TRAIN_PRESET].choices, err));
  CLI_TRY(add_callbacks(c, table, err));
  for (int i = 0; i < LISTS; i++) CLI_TRY(add_options(c, &lists[i], room, table, err));
  return OC_OK;
}

/* What takes the option instead. */
static oc_status refuse_setting(const cli_call *call, const cli_option *o, oc_error *err) {
  char where[64], hint[256] = "";
  const owners *of = NULL;
  text names, usual;
  for (int i = 0; i < LISTS && !of; i++)
    if (read_owners(&lists[i], o->setting, &names, &usual) > 0) of = &lists[i];
  snprintf(where, sizeof where, "--%s", o->name);
  if (!of) return cli_fail(err, OC_E_INTERNAL, where, "", "belongs to nothing");
  snprintf(hint, sizeof hint, "with --%s it may be given: %.200s", of->kind, names.text);
  return cli_fail(err, OC_E_ARGUMENT, where, hint, "the %s %s has no %s", of->kind,
                  cli_get(call, of->option)->text, o->name);
}

/* The optimizer, the schedule, or training. */
static const char *chosen(const cli_call *call, const owners *list) {
  return list->kind ? cli_get(call, list->option)->text : list->name_at(0);
}

oc_status cli_train_check(const cli_call *call, oc_error *err) {
  const cli_command *c = call->command;
  for (int i = CLI_TRAIN_COUNT; i < c->option_count; i++) {
    bool taken = !cli_get(call, i)->given || c->options[i].looks_on;
    for (int k = 0; k < LISTS && !taken; k++)
      taken = find_hyperparameter(&lists[k], chosen(call, &lists[k]), c->options[i].setting) != NULL;
    if (!taken) return refuse_setting(call, &c->options[i], err);
  }
  return OC_OK;
}

int cli_train_settings(const cli_call *call, oc_setting settings[CLI_OPTIONS_MAX]) {
  int count = 0;
  for (int i = CLI_TRAIN_COUNT; i < call->command->option_count; i++)
    if (cli_get(call, i)->text && !call->command->options[i].looks_on)
      settings[count++] = (oc_setting){call->command->options[i].setting, cli_get(call, i)->real};
  return count;
}

int cli_train_callbacks(const cli_call *call, oc_callback_setting callbacks[CLI_OPTIONS_MAX]) {
  int count = 0;
  for (int i = CLI_TRAIN_COUNT; i < call->command->option_count; i++)
    if (cli_get(call, i)->text && call->command->options[i].looks_on)
      callbacks[count++] = (oc_callback_setting){call->command->options[i].setting, cli_get(call, i)->text};
  return count;
}
