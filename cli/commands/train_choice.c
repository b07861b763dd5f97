/* train_choice.c: chooses what was not given of the training of data that has no usual one (oc_choose), as if
 * it had been typed; and prints it as a command, with the reason for each option. */
#include "commands/train.h"
#include "core/json.h"
#include "core/page.h"
#include "core/target.h"
#include "ocellus/number.h"
#include <stdlib.h>
#include <string.h>

enum { FEW_IMAGES = 50 };

/* Options that change no weight, or that the choice was made by. */
static const int not_in_command[] = {CLI_TRAIN_CACHE, CLI_TRAIN_WORKERS, CLI_TRAIN_THREADS, CLI_TRAIN_OUT,
                                     CLI_TRAIN_FORCE, CLI_TRAIN_JSON,    CLI_TRAIN_QUIET,   CLI_TRAIN_METRICS,
                                     CLI_TRAIN_KEEP,  CLI_OPTION_COLOR,  CLI_TRAIN_MINUTES, -1};

/* A choice that is left out where another option is given. */
static const struct {
  const char *choice, *given;
} instead[] = {{"class-weights", "sampling"}, {"sampling", "class-weights"}, {"sampling", "no-shuffle"},
               {"l2", "weight-decay"},        {"weight-decay", "l2"},        {"preset", "net"}};

/* ---- the choice ---------------------------------------------------------------------------------------- */

static const char *given_text(const cli_call *call, int option) {
  return cli_get(call, option)->given ? cli_get(call, option)->text : NULL;
}

static int64_t given_whole(const cli_call *call, int option) {
  return cli_get(call, option)->given ? cli_get(call, option)->whole : 0;
}

static oc_status take_given(const cli_call *call, oc_choose_options *o, oc_error *err) {
  oc_preprocessing rule;
  bool given;
  int layers;
  CLI_TRY(cli_train_rule(call, &rule, &given, err));
  o->minutes = cli_get(call, CLI_TRAIN_MINUTES)->real;
  o->preset = given_text(call, CLI_TRAIN_PRESET);
  o->net = given_text(call, CLI_TRAIN_NET);
  o->size = rule.shape.height;
  o->width = rule.shape.width;
  o->epochs = given_whole(call, CLI_TRAIN_EPOCHS);
  o->batch = given_whole(call, CLI_TRAIN_BATCH);
  o->optimizer = given_text(call, CLI_TRAIN_OPTIMIZER);
  o->schedule = given_text(call, CLI_TRAIN_SCHEDULE);
  o->transfer = cli_train_has_from(call);
  CLI_TRY(cli_train_freeze(call, &layers, err));
  o->frozen = layers == OC_FREEZE_ALL;
  return OC_OK;
}

/* *can: the data is such that there is a choice; what is wrong with other data is found later. */
static oc_status describe(cli_training *t, oc_choose_options *o, bool *can, oc_error *err) {
  CLI_TRY(cli_training_open(t, err));
  const oc_dataset *train = t->data.train;
  const int64_t channels = oc_dataset_image_shape(train).channels;
  *can = oc_dataset_classes(train) >= 2 && (channels == 1 || channels == 3);
  return *can ? oc_choose_describe(train, o, err) : OC_OK;
}

static bool is_left_out(const cli_call *call, const char *option) {
  if (cli_get_named(call, option)->given) return true;
  for (size_t i = 0; i < sizeof instead / sizeof *instead; i++)
    if (strcmp(instead[i].choice, option) == 0 && cli_get_named(call, instead[i].given)->given) return true;
  return false;
}

/* Keeps what was not given, and gives it. */
static oc_status take_choices(cli_training *t, cli_call *call, int count, oc_error *err) {
  t->choice_count = 0;
  for (int i = 0; i < count; i++)
    if (!is_left_out(call, t->choices[i].option)) t->choices[t->choice_count++] = t->choices[i];
  for (int i = 0; i < t->choice_count; i++) {
    const int option = cli_option_find(&call->arguments, t->choices[i].option);
    CLI_TRY(cli_arguments_give(&call->arguments, option, t->choices[i].value, err));
  }
  return OC_OK;
}

/* ---- the command --------------------------------------------------------------------------------------- */

static bool is_in_command(const cli_call *call, int option) {
  if (!cli_get(call, option)->given || call->command->options[option].looks_on) return false;
  for (const int *i = not_in_command; *i >= 0; i++)
    if (*i == option) return false;
  return true;
}

static void write_command(FILE *to, const cli_training *t) {
  char word[4 * CLI_PATH_MAX];
  fprintf(to, "%s train %s", t->call->program, cli_shell_word(t->data_name, word, sizeof word));
  for (int i = 0; i < t->call->command->option_count; i++) {
    const cli_option *o = &t->call->command->options[i];
    if (!is_in_command(t->call, i)) continue;
    fprintf(to, " --%s", o->name);
    if (o->kind != CLI_FLAG) fprintf(to, " %s", cli_shell_word(cli_get(t->call, i)->text, word, sizeof word));
  }
}

json_t *cli_training_choices(const cli_training *t) {
  json_t *list = json_array();
  for (int i = 0; i < t->choice_count; i++) {
    const oc_choice *c = &t->choices[i];
    (void)json_array_append_new(
        list, json_pack("{s:s, s:s, s:s}", "option", c->option, "value", c->value, "reason", c->reason));
  }
  return list;
}

static oc_status print_json(const cli_training *t, const oc_choose_options *o, oc_error *err) {
  char *command = NULL;
  size_t size;
  FILE *to = open_memstream(&command, &size);
  if (!to) return cli_fail_memory(err);
  write_command(to, t);
  const bool written = fclose(to) == 0;
  json_t *line = json_pack(
      "{s:s, s:s, s:o, s:o, s:f, s:I, s:i, s:[I,I,I], s:I, s:I}", "schema", "ocellus.train/2", "type",
      "choice", "command", cli_json_text(written ? command : ""), "choice", cli_training_choices(t),
      "minutes", o->minutes, "train_images", (json_int_t)o->images, "classes", o->classes, "typical_shape",
      (json_int_t)o->typical.height, (json_int_t)o->typical.width, (json_int_t)o->typical.channels,
      "smallest_class", (json_int_t)o->smallest, "largest_class", (json_int_t)o->largest);
  free(command);
  return cli_json_print(line, err);
}

static void print_few(const cli_terminal *t, const oc_choose_options *o) {
  char text[200];
  if (o->smallest >= FEW_IMAGES) return;
  snprintf(text, sizeof text,
           "the smallest class has %lld training image%s, which %s few: more would help most, and the "
           "accuracy differs between runs",
           (long long)o->smallest, o->smallest == 1 ? "" : "s", o->smallest == 1 ? "is" : "are");
  cli_page_labeled(t, "Note  ", text);
}

static void print_choice(const cli_training *t, const oc_choose_options *o) {
  const cli_terminal *err = &t->call->err;
  char label[32], text[sizeof t->choices[0].value + sizeof t->choices[0].reason];
  fprintf(err->stream, "Chosen for %lld training images of %d classes, what was not given:\n  ",
          (long long)o->images, o->classes);
  write_command(err->stream, t);
  fputc('\n', err->stream);
  for (int i = 0; i < t->choice_count; i++) {
    snprintf(label, sizeof label, "      %-16s", t->choices[i].option);
    snprintf(text, sizeof text, "%s: %s", t->choices[i].value, t->choices[i].reason);
    cli_page_labeled(err, label, text);
  }
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

oc_status cli_train_choose(cli_training *t, cli_call *call, oc_error *err) {
  oc_choose_options o = oc_choose_defaults();
  bool can;
  int count;
  const bool asks = cli_get(call, CLI_TRAIN_MINUTES)->given || cli_train_has_from(call);
  if (!asks && oc_data_is_lecture(t->data_name)) return OC_OK;
  CLI_TRY(take_given(call, &o, err));
  CLI_TRY(describe(t, &o, &can, err));
  if (!can) return OC_OK;
  CLI_TRY(oc_choose(&o, t->choices, &count, err));
  CLI_TRY(take_choices(t, call, count, err));
  if (cli_get(call, CLI_TRAIN_JSON)->given) return t->choice_count ? print_json(t, &o, err) : OC_OK;
  if (cli_get(call, CLI_TRAIN_QUIET)->given) return OC_OK;
  if (t->choice_count) print_choice(t, &o);
  print_few(&call->err, &o);
  return OC_OK;
}
