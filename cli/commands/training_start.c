/* training_start.c: prints what is going to be trained, before training starts. */
#include "commands/train.h"
#include "core/json.h"
#include "core/page.h"
#include "core/target.h"
#include <stdlib.h>
#include <string.h>

/* Leaves out options that do not affect the weights, so that equal training gives equal files. */
static const int not_recorded[] = {CLI_TRAIN_PRESET,
                                   CLI_TRAIN_EPOCHS,
                                   CLI_TRAIN_CACHE,
                                   CLI_TRAIN_WORKERS,
                                   CLI_TRAIN_PATIENCE,
                                   CLI_TRAIN_THREADS,
                                   CLI_TRAIN_OUT,
                                   CLI_TRAIN_FORCE,
                                   CLI_TRAIN_RESUME,
                                   CLI_TRAIN_JSON,
                                   CLI_TRAIN_QUIET,
                                   CLI_TRAIN_METRICS,
                                   CLI_TRAIN_KEEP,
                                   CLI_OPTION_COLOR,
                                   CLI_TRAIN_ANY_ISA,
                                   CLI_TRAIN_MINUTES,
                                   -1};

/* With --from there is no --net, not even its default. */
json_t *cli_training_command(const cli_training *t) {
  json_t *command = cli_record_make(t->data_name, &t->call->arguments, not_recorded);
  if (cli_train_has_from(t->call)) (void)json_object_del(json_object_get(command, "options"), "net");
  return command;
}

static int64_t count_of(const oc_dataset *d) {
  return d ? oc_dataset_count(d) : 0;
}

static oc_status count_parameters(cli_training *t, oc_error *err) {
  oc_layer_summary *layers = NULL;
  int count = 0;
  CLI_TRY(oc_model_layers(t->model, &layers, &count, err));
  for (int i = 0; i < count; i++) t->parameters += layers[i].parameters;
  oc_free(layers);
  return OC_OK;
}

/* With --any-isa: the instruction-set level that the run had so far; NULL if it is the one of this
 * machine. */
static const char *other_level(const cli_training *t) {
  const char *before = t->record ? cli_record_level(t->record) : NULL;
  const char *now = oc_isa_name(oc_session_isa(oc_model_session(t->model)));
  return cli_get(t->call, CLI_TRAIN_ANY_ISA)->given && before && strcmp(before, now) != 0 ? before : NULL;
}

/* With --any-isa: the number of the arithmetic that the run had so far; 0 if it is that of this version. */
static int other_arithmetic(const cli_training *t) {
  const int before = t->record ? cli_record_arithmetic(t->record) : oc_arithmetic();
  return cli_get(t->call, CLI_TRAIN_ANY_ISA)->given && before != oc_arithmetic() ? before : 0;
}

/* Says what is lost when a run is resumed in another way than it had so far. */
static void print_note(const cli_training *t) {
  FILE *to = t->call->err.stream;
  const char *level = other_level(t);
  const int arithmetic = other_arithmetic(t);
  if (!level && !arithmetic) return;
  fputs("Note  the run had ", to);
  if (level) cli_put(to, level);
  if (arithmetic) fprintf(to, "%sarithmetic %d", level ? " and " : "", arithmetic);
  fputs(" so far: from here on its bits differ from those of an uninterrupted run\n", to);
}

static oc_status print_start_json(const cli_training *t, oc_error *err) {
  oc_session *session = oc_model_session(t->model);
  json_t *command = cli_training_command(t);
  return cli_json_print(
      json_pack("{s:s, s:s, s:s, s:o, s:b, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:s, s:s?, s:o}", "schema",
                "ocellus.train/2", "type", "start", "split", oc_dataset_split(t->data.train), "run",
                cli_json_text(t->folder.path), "resumed", t->record != NULL, "command", command, "net",
                oc_model_net(t->model), "parameters", (json_int_t)t->parameters, "epochs",
                (json_int_t)cli_get(t->call, CLI_TRAIN_EPOCHS)->whole, "train_images",
                (json_int_t)count_of(t->data.train), "valid_images", (json_int_t)count_of(t->data.valid),
                "test_images", (json_int_t)count_of(t->data.test), "threads", oc_session_threads(session),
                "instructions", oc_isa_name(oc_session_isa(session)), "earlier_instructions", other_level(t),
                "earlier_arithmetic", other_arithmetic(t) ? json_integer(other_arithmetic(t)) : json_null()),
      err);
}

static void print_start(const cli_training *t) {
  const cli_terminal *err = &t->call->err;
  const oc_session *session = oc_model_session(t->model);
  const int threads = oc_session_threads(session);
  char text[CLI_PATH_MAX + 128], size[64];
  snprintf(text, sizeof text, "%s: %d classes, %s", t->data_name, oc_model_classes(t->model),
           cli_size_text(oc_model_image_shape(t->model), size, sizeof size));
  cli_page_labeled(err, "Data  ", text);
  fprintf(err->stream, "      %lld training, %lld validation (%s), %lld test images\n",
          (long long)count_of(t->data.train), (long long)count_of(t->data.valid),
          oc_dataset_split(t->data.train), (long long)count_of(t->data.test));
  if (*oc_model_net(t->model))
    cli_page_labeled(err, "Net   ", oc_model_net(t->model));
  else
    cli_page_labeled(err, "Net   ", "the layers of --from, with another last one");
  fprintf(err->stream, "      %lld parameters; %d thread%s, %s\n", (long long)t->parameters, threads,
          threads == 1 ? "" : "s", oc_isa_name(oc_session_isa(session)));
  snprintf(text, sizeof text, "%s%s", t->folder.path, t->record ? " (resumed)" : "");
  cli_page_labeled(err, "Run   ", text);
  print_note(t);
}

oc_status cli_training_start(cli_training *t, oc_error *err) {
  CLI_TRY(count_parameters(t, err));
  if (cli_get(t->call, CLI_TRAIN_JSON)->given) return print_start_json(t, err);
  if (!cli_get(t->call, CLI_TRAIN_QUIET)->given) print_start(t);
  return OC_OK;
}
