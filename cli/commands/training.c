/* training.c: runs training from its arguments to its model. In this order: everything that can be wrong with
 * the request, then the model, then the folder; so that an error leaves no files. */
#include "commands/train.h"
#include "commands/evaluation.h"
#include "core/data.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "ocellus/number.h"
#include "core/page.h"
#include "commands/split.h"
#include "core/target.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int free_to_change[] = {CLI_TRAIN_EPOCHS,
                                     CLI_TRAIN_PATIENCE,
                                     CLI_TRAIN_THREADS,
                                     CLI_TRAIN_RESUME,
                                     CLI_TRAIN_JSON,
                                     CLI_TRAIN_QUIET,
                                     CLI_TRAIN_METRICS,
                                     CLI_TRAIN_KEEP,
                                     CLI_TRAIN_ANY_ISA,
                                     CLI_TRAIN_CACHE,
                                     CLI_TRAIN_WORKERS,
                                     CLI_OPTION_COLOR,
                                     -1};
static bool has(const cli_training *t, int option) {
  return cli_get(t->call, option)->text != NULL;
}

static double real_or(const cli_training *t, int option, double otherwise) {
  return has(t, option) ? cli_get(t->call, option)->real : otherwise;
}

static int64_t whole_or(const cli_training *t, int option, int64_t otherwise) {
  return has(t, option) ? cli_get(t->call, option)->whole : otherwise;
}

/* ---- the request --------------------------------------------------------------------------------------- */

static oc_status read_record(cli_training *t, cli_call *call, oc_error *err) {
  const char *folder = cli_get(call, CLI_TRAIN_RESUME)->text;
  CLI_TRY(cli_record_read(folder, &t->record, err));
  CLI_TRY(cli_record_apply(t->record, folder, &call->arguments, free_to_change, err));
  t->data_name = call->arguments.operand_count ? cli_operand(call, 0) : cli_record_data(t->record);
  snprintf(t->folder.path, sizeof t->folder.path, "%s", folder);
  return OC_OK;
}

/* all, best, a number of epochs; run.json has none if it was not given. */
static oc_status read_keep(const cli_training *t, int *keep, oc_error *err) {
  const char *text = cli_get(t->call, CLI_TRAIN_KEEP)->text;
  char *end;
  *keep = OC_KEEP_NONE;
  if (!text || strcmp(text, "none") == 0) return OC_OK;
  if (strcmp(text, "all") == 0)
    *keep = OC_KEEP_ALL;
  else if (strcmp(text, "best") == 0)
    *keep = OC_KEEP_BEST;
  else {
    const long n = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || n < 1 || n > 1000000)
      return cli_fail(err, OC_E_ARGUMENT, "--keep", "Use, for example, --keep 3 for the last three epochs.",
                      "must be all, best or 1 to 1000000, got '%.60s'", text);
    *keep = (int)n;
  }
  return OC_OK;
}

static oc_status check_request(const cli_training *t, oc_error *err) {
  int keep;
  oc_preprocessing rule;
  bool given;
  CLI_TRY(cli_train_check(t->call, err));
  CLI_TRY(cli_train_rule(t->call, &rule, &given, err));
  if (cli_get(t->call, CLI_TRAIN_ANY_ISA)->given && !t->record)
    return cli_fail(err, OC_E_ARGUMENT, "--any-isa", "Leave it out.", "requires --resume");
  return read_keep(t, &keep, err);
}

/* A preset is a network and its training options. Options that are also given take precedence. */
static oc_status apply_preset(cli_call *call, oc_error *err) {
  const char *name = cli_get(call, CLI_TRAIN_PRESET)->text;
  const oc_preset_option *o;
  if (!name) return OC_OK;
  if (!cli_get(call, CLI_TRAIN_NET)->given)
    CLI_TRY(cli_arguments_set(&call->arguments, CLI_TRAIN_NET, name, err));
  for (int i = 0; (o = oc_net_preset_option_at(name, i)); i++) {
    const int option = cli_option_find(&call->arguments, o->name);
    if (option < 0) return cli_fail(err, OC_E_INTERNAL, "--preset", "", "%s is not an option", o->name);
    if (!cli_get(call, option)->given) CLI_TRY(cli_arguments_set(&call->arguments, option, o->value, err));
  }
  return OC_OK;
}

static oc_status read_request(cli_training *t, cli_call *call, oc_error *err) {
  if (has(t, CLI_TRAIN_RESUME)) {
    CLI_TRY(read_record(t, call, err));
  } else {
    if (call->arguments.operand_count == 0)
      return cli_fail(err, OC_E_ARGUMENT, "",
                      "Write, for example, `ocellus train digits`; see `ocellus help data`.",
                      "expected DATA or --resume RUN");
    t->data_name = cli_operand(call, 0);
    CLI_TRY(cli_train_from_load(t, err));
    CLI_TRY(cli_run_folder_choose(cli_get(call, CLI_TRAIN_OUT)->text, cli_get(call, CLI_TRAIN_FORCE)->given,
                                  &t->folder, err));
    CLI_TRY(cli_train_choose(t, call, err));
    CLI_TRY(apply_preset(call, err));
  }
  return check_request(t, err);
}

/* ---- data and model ------------------------------------------------------------------------------------ */

static oc_session_options session_options(const cli_training *t) {
  oc_session_options session = oc_session_defaults();
  session.seed = (uint64_t)cli_get(t->call, CLI_TRAIN_SEED)->whole;
  session.threads = (int)whole_or(t, CLI_TRAIN_THREADS, 0);
  return session;
}

static oc_status create_model(cli_training *t, oc_error *err) {
  oc_model_options options = oc_model_defaults();
  const oc_session_options session = session_options(t);
  if (t->from) return cli_train_from_create(t, &session, err);
  options.net = cli_get(t->call, CLI_TRAIN_NET)->text;
  options.dropout = real_or(t, CLI_TRAIN_DROPOUT, 0);
  options.dropout_set = has(t, CLI_TRAIN_DROPOUT);
  options.standardize = cli_train_standardize(t->call);
  options.session = &session;
  oc_status status = oc_model_create(t->data.train, &options, &t->model, err);
  if (status == OC_E_NET && err && !cli_get(t->call, CLI_TRAIN_NET)->given && !t->record)
    snprintf(err->hint, sizeof err->hint, "%s",
             "The preset lecture does not fit these images: for small ones, try --net 'conv 3x3x8 relu | "
             "maxpool 2 | dense CLASSES'.");
  return status;
}

static oc_fit_options fit_options(cli_training *t) {
  const cli_call *call = t->call;
  oc_fit_options fit = oc_fit_defaults();
  fit.epochs = (int)cli_get(call, CLI_TRAIN_EPOCHS)->whole;
  fit.patience = (int)cli_get(call, CLI_TRAIN_PATIENCE)->whole;
  fit.batch = cli_get(call, CLI_TRAIN_BATCH)->whole;
  fit.learning_rate = cli_get(call, CLI_TRAIN_LR)->real;
  fit.schedule = cli_get(call, CLI_TRAIN_SCHEDULE)->text;
  fit.optimizer = cli_get(call, CLI_TRAIN_OPTIMIZER)->text;
  fit.settings = t->settings;
  fit.setting_count = cli_train_settings(call, t->settings);
  fit.clip_norm = cli_get(call, CLI_TRAIN_CLIP_NORM)->real;
  fit.l2 = cli_get(call, CLI_TRAIN_L2)->real;
  fit.seed = (uint64_t)cli_get(call, CLI_TRAIN_SEED)->whole;
  fit.sampling = cli_get(call, CLI_TRAIN_SAMPLING)->text;
  fit.class_weights = cli_get(call, CLI_TRAIN_CLASS_WEIGHTS)->text;
  fit.no_shuffle = has(t, CLI_TRAIN_NO_SHUFFLE);
  (void)read_keep(t, &fit.keep, NULL); /* was checked */
  fit.full_train_metrics = strcmp(cli_get(call, CLI_TRAIN_METRICS)->text, "full") == 0;
  fit.out = t->folder.path;
  fit.callbacks = t->callbacks;
  fit.callback_count = cli_train_callbacks(call, t->callbacks);
  fit.fine_tune = (int)whole_or(t, CLI_TRAIN_FINE_TUNE, 0);
  fit.fine_tune_learning_rate = real_or(t, CLI_TRAIN_FINE_TUNE_LR, 0);
  fit.fine_tune_batch_norm =
      has(t, CLI_TRAIN_FINE_TUNE_BN) && strcmp(cli_get(call, CLI_TRAIN_FINE_TUNE_BN)->text, "trained") == 0;
  (void)cli_train_freeze(call, &fit.freeze, NULL); /* was checked too */
  fit.feature_bytes = (size_t)cli_get(call, CLI_TRAIN_CACHE)->whole;
  fit.workers = (int)whole_or(t, CLI_TRAIN_WORKERS, 0);
  fit.kernels = cli_get(call, CLI_TRAIN_KERNELS)->text;
  fit.augment = cli_get(call, CLI_TRAIN_AUGMENT)->text;
  fit.resume = t->record != NULL;
  fit.any_isa = cli_get(call, CLI_TRAIN_ANY_ISA)->given;
  fit.replace = cli_get(call, CLI_TRAIN_FORCE)->given;
  fit.on_event = cli_report;
  fit.context = &t->reporter;
  return fit;
}

/* ---- the training -------------------------------------------------------------------------------------- */

/* " --tensorboard logs": what looked on, to be given again. */
static void callbacks_text(const cli_training *t, char *text, size_t size) {
  char word[CLI_PATH_MAX];
  text[0] = 0;
  for (int i = CLI_TRAIN_COUNT; i < t->call->command->option_count; i++) {
    const cli_option *o = &t->call->command->options[i];
    if (!o->looks_on || !has(t, i)) continue;
    const size_t used = strlen(text);
    snprintf(text + used, size - used, " --%s %s", o->name,
             cli_shell_word(cli_get(t->call, i)->text, word, sizeof word));
  }
}

static oc_status explain_stop(const cli_training *t, oc_error *err) {
  char run[CLI_PATH_MAX], callbacks[96], hint[256];
  const oc_event *last = &t->reporter.last;
  callbacks_text(t, callbacks, sizeof callbacks);
  snprintf(hint, sizeof hint, "Continue with `ocellus train --resume %.120s%s`.",
           cli_shell_word(t->folder.path, run, sizeof run), callbacks);
  return cli_fail(err, OC_E_INTERRUPTED, "", hint,
                  "stopped in epoch %d after step %lld of %lld; all is saved in %.180s", last->epoch,
                  (long long)last->step, (long long)last->steps, t->folder.path);
}

/* {"command": the record, "choice": if one was made}, for run.json and the model file; NULL: no memory. */
static char *provenance_of(const cli_training *t) {
  json_t *command = cli_training_command(t);
  json_t *facts = command ? json_pack("{s:o}", "command", command) : NULL;
  json_t *choice = t->record         ? json_incref(json_object_get(t->record, "choice"))
                   : t->choice_count ? cli_training_choices(t)
                                     : NULL;
  if (choice && json_object_set_new(facts, "choice", choice) != 0) {
    json_decref(facts);
    return NULL;
  }
  return cli_json_line(facts);
}

/* Names of the library that are not options under another spelling; cli_failure_explain handles those. */
static void name_option(oc_error *err) {
  static const struct {
    const char *field, *option;
  } names[] = {{"instruction_set", "--resume"},
               {"train_data", "DATA"},
               {"valid_data", "DATA"},
               {"refused_kernels", "OCELLUS_REFUSE"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(err->where, names[i].field) == 0)
      snprintf(err->where, sizeof err->where, "%s", names[i].option);
}

static oc_status fit(cli_training *t, oc_error *err) {
  char *provenance = provenance_of(t);
  if (!provenance) return cli_fail_memory(err);
  oc_fit_options options = fit_options(t);
  options.provenance = provenance;
  cli_interrupt_begin();
  oc_status status = oc_model_fit(t->model, t->data.train, t->data.valid, &options, err);
  cli_interrupt_end();
  cli_progress_clear(&t->reporter.progress);
  free(provenance);
  if (t->reporter.written != OC_OK) {
    if (err) *err = t->reporter.problem;
    return t->reporter.written;
  }
  if (status == OC_E_ARGUMENT && err) name_option(err);
  const bool saved = !t->folder.replaces || t->reporter.epochs > 0; /* else the old run is still there */
  return status == OC_E_INTERRUPTED && saved ? explain_stop(t, err) : status;
}

static oc_status print_test(cli_training *t, oc_error *err) {
  const oc_evaluation *e = &t->test;
  cli_progress_clear(&t->reporter.progress);
  if (t->reporter.json)
    return cli_json_print(json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "schema", "ocellus.train/2",
                                    "type", "test", "count", (json_int_t)e->count, "correct",
                                    (json_int_t)e->correct, "accuracy", cli_json_real(e->accuracy), "low",
                                    cli_json_real(e->low), "high", cli_json_real(e->high), "loss",
                                    cli_json_real(e->loss)),
                          err);
  printf("Test Acc: %8.4f  (%lld of %lld; 95%% interval %.4f to %.4f)\n", e->accuracy, (long long)e->correct,
         (long long)e->count, e->low, e->high);
  return cli_flush_output(err);
}

/* By --patience. */
static bool ended_early(const oc_event *last) {
  return last->kind == OC_EVENT_END && last->epoch < last->epochs;
}

static void print_model(const cli_training *t, const char *path) {
  FILE *stream = t->call->err.stream;
  const oc_event *last = &t->reporter.last;
  if (ended_early(last))
    fprintf(stream, "Note  training ended early: no epoch after epoch %d was better\n", last->best_epoch);
  else if (t->reporter.epochs == 0)
    fprintf(stream, "Note  all %d epochs are already done%s\n", last->epochs,
            oc_schedule_extends(cli_get(t->call, CLI_TRAIN_SCHEDULE)->text)
                ? "; --epochs N continues to epoch N"
                : "");
  fputs("Model ", stream);
  cli_put(stream, path);
  if (isfinite(last->valid_accuracy))
    fprintf(stream, " (epoch %d, the best on validation)", last->best_epoch);
  if (last->averaged) fputs(" with averaged weights", stream);
  fputc('\n', stream);
}

static oc_status print_end(const cli_training *t, oc_error *err) {
  char path[CLI_PATH_MAX];
  const oc_event *last = &t->reporter.last;
  char warning[200];
  CLI_TRY(cli_path_join(t->folder.path, "model.safetensors", path, err));
  cli_doubt_print(last, t->call);
  if (t->reporter.json)
    return cli_json_print(json_pack("{s:s, s:s, s:s?, s:i, s:o, s:b, s:b, s:o}", "schema", "ocellus.train/2",
                                    "type", "end", "warning", cli_doubt_text(last, warning, sizeof warning),
                                    "best_epoch", last->best_epoch, "best_accuracy",
                                    cli_json_real(last->valid_accuracy), "ended_early", ended_early(last),
                                    "averaged", last->averaged, "model", cli_json_text(path)),
                          err);
  if (!cli_get(t->call, CLI_TRAIN_QUIET)->given) print_model(t, path);
  return OC_OK;
}

oc_status cli_training_run(cli_training *t, cli_call *call, oc_error *err) {
  bool json = cli_get(call, CLI_TRAIN_JSON)->given, quiet = cli_get(call, CLI_TRAIN_QUIET)->given;
  t->call = call;
  CLI_TRY(read_request(t, call, err));
  const oc_session_options session = session_options(t);
  if (t->record) CLI_TRY(cli_train_from_resume(t, &session, err));
  CLI_TRY(cli_training_open(t, err));
  CLI_TRY(cli_training_note(t, err));
  CLI_TRY(create_model(t, err));
  t->reporter = cli_reporter_of(call, json, quiet);
  t->reporter.averages = cli_get_named(call, "ema")->real > 0;
  t->reporter.augments = strcmp(cli_get(call, CLI_TRAIN_AUGMENT)->text, "none") != 0;
  t->reporter.penalized = cli_get(call, CLI_TRAIN_L2)->real > 0;
  CLI_TRY(cli_run_folder_claim(&t->folder, err));
  CLI_TRY(cli_training_start(t, err));
  CLI_TRY(cli_split_warn(&t->data, &call->err, err));
  CLI_TRY(fit(t, err));
  if (t->data.test) {
    cli_progress_say(&t->reporter.progress, "Testing ...");
    CLI_TRY(oc_model_evaluate(t->model, t->data.test, &t->test, err));
    CLI_TRY(cli_evaluation_keep(t->model, &t->test, t->folder.path, t->reporter.last.best_epoch, err));
    CLI_TRY(print_test(t, err));
  }
  return print_end(t, err);
}

void cli_training_release(cli_training *t) {
  cli_run_folder_release(&t->folder);
  oc_evaluation_release(&t->test);
  oc_model_free(t->from);
  oc_model_free(t->model);
  oc_data_close(&t->data);
  json_decref(t->record);
}
