/* train.h: runs training from its arguments to its model, for `ocellus train` and `ocellus demo`. */
#ifndef OC_CLI_TRAIN_H
#define OC_CLI_TRAIN_H
#include "core/command.h"
#include "core/progress.h"
#include "commands/run_folder.h"
#include "ocellus/choose.h"
#include "ocellus/model.h"
#include "ocellus/train.h"

enum {
  CLI_TRAIN_PRESET = CLI_COMMON_COUNT,
  CLI_TRAIN_NET,
  CLI_TRAIN_EPOCHS,
  CLI_TRAIN_PATIENCE,
  CLI_TRAIN_BATCH,
  CLI_TRAIN_LR,
  CLI_TRAIN_SCHEDULE,
  CLI_TRAIN_OPTIMIZER,
  CLI_TRAIN_CLIP_NORM,
  CLI_TRAIN_DROPOUT,
  CLI_TRAIN_L2,
  CLI_TRAIN_SEED,
  CLI_TRAIN_THREADS,
  CLI_TRAIN_KERNELS,
  CLI_TRAIN_VALID,
  CLI_TRAIN_TEST,
  CLI_TRAIN_PER_CLASS,
  CLI_TRAIN_MINUTES,
  CLI_TRAIN_FROM,
  CLI_TRAIN_FREEZE,
  CLI_TRAIN_FINE_TUNE,
  CLI_TRAIN_FINE_TUNE_LR,
  CLI_TRAIN_FINE_TUNE_BN,
  CLI_TRAIN_SKIP,
  CLI_TRAIN_TRUNCATED,
  CLI_TRAIN_CACHE,
  CLI_TRAIN_WORKERS,
  CLI_TRAIN_SIZE,
  CLI_TRAIN_CHANNELS,
  CLI_TRAIN_RESIZE,
  CLI_TRAIN_BACKGROUND,
  CLI_TRAIN_STANDARDIZE,
  CLI_TRAIN_NO_SHUFFLE,
  CLI_TRAIN_SAMPLING,
  CLI_TRAIN_CLASS_WEIGHTS,
  CLI_TRAIN_AUGMENT,
  CLI_TRAIN_METRICS,
  CLI_TRAIN_KEEP,
  CLI_TRAIN_OUT,
  CLI_TRAIN_FORCE,
  CLI_TRAIN_RESUME,
  CLI_TRAIN_ANY_ISA,
  CLI_TRAIN_JSON,
  CLI_TRAIN_QUIET,
  CLI_TRAIN_COUNT /* after them: one for each callback and hyperparameter, see train_lists.c */
};

/* Prints a training run while it runs: epochs on standard output, the live line on standard error. */
typedef struct cli_reporter {
  const cli_terminal *out, *err;
  cli_progress progress;
  bool json;
  bool penalized; /* --l2 adds to the loss */
  bool averages;  /* --ema averages the weights */
  bool augments;  /* --augment changes the images */
  bool quiet;
  bool tunes;        /* said that all layers are trained now */
  bool stopping;     /* printed that it stops */
  int epochs;        /* that were reported */
  oc_status written; /* OC_OK until standard output fails */
  oc_error problem;  /* then this */
  oc_event last;     /* the latest event; at the end it has the best epoch and its accuracy */
} cli_reporter;
cli_reporter cli_reporter_of(const cli_call *call, bool json, bool quiet);
/* An oc_event_fn; the context is the reporter. */
bool cli_report(void *reporter, const oc_event *event);

typedef struct cli_training {
  const cli_call *call; /* of the options above */
  const char *data_name;
  json_t *record; /* of a run that is resumed */
  oc_data data;
  oc_model *from; /* of --from; of a run that is resumed its last weights; NULL once `model` is made of it */
  oc_model *model;
  int64_t parameters; /* of the model, trainable */
  oc_evaluation test; /* count 0 if the data has no test part */
  cli_run_folder folder;
  cli_reporter reporter;
  oc_choice choices[OC_CHOICES_MAX]; /* choice_count of them: what was chosen instead of given */
  int choice_count;
  oc_setting settings[CLI_OPTIONS_MAX]; /* hyperparameters that were given */
  oc_callback_setting callbacks[CLI_OPTIONS_MAX];
} cli_training;
/* doubt.c: why the training may have learned nothing, NULL if it did learn; and the warning about it. */
const char *cli_doubt_text(const oc_event *end, char *text, size_t size);
void cli_doubt_print(const oc_event *end, const cli_call *call);
/* train_images.c: the options for images. In *rule what they say of size, channels and resizing; true if they
 * say anything. */
oc_status cli_train_rule(const cli_call *call, oc_preprocessing *rule, bool *given, oc_error *err);
oc_standardize cli_train_standardize(const cli_call *call);
/* train_from.c: the model of --from, into t->from, and refuses options that it decides; the same of a run
 * that is resumed; and t->model of it, for t->data. */
bool cli_train_has_from(const cli_call *call);
oc_status cli_train_from_load(cli_training *t, oc_error *err);
oc_status cli_train_from_resume(cli_training *t, const oc_session_options *session, oc_error *err);
oc_status cli_train_from_create(cli_training *t, const oc_session_options *session, oc_error *err);
/* --freeze as oc_fit_options.freeze. */
oc_status cli_train_freeze(const cli_call *call, int *layers, oc_error *err);
/* Says how many layers are frozen, and what that costs. */
void cli_train_print_frozen(const cli_reporter *r, const oc_event *e);
/* train_lists.c: as `extend` of a command; an option that neither the optimizer nor the schedule takes; and
 * what is given of hyperparameters and callbacks: they return how many. */
oc_status cli_train_extend(cli_command *command, cli_room *room, oc_error *err);
oc_status cli_train_check(const cli_call *call, oc_error *err);
int cli_train_settings(const cli_call *call, oc_setting settings[CLI_OPTIONS_MAX]);
int cli_train_callbacks(const cli_call *call, oc_callback_setting callbacks[CLI_OPTIONS_MAX]);

/* train_choice.c: gives the options that nobody gave, for data that has no usual training; prints them. And
 * what it gave, for the record. */
oc_status cli_train_choose(cli_training *t, cli_call *call, oc_error *err);
json_t *cli_training_choices(const cli_training *t);

/* training_start.c: the options that determine the result, as the record of the run has them; and the lines
 * before training, for which the model is there. */
json_t *cli_training_command(const cli_training *t);
oc_status cli_training_start(cli_training *t, oc_error *err);

/* training_open.c: opens the data by the options of the call; it has a training set then. Where it is open
 * already, its images follow the options that were chosen since. Says nothing. */
oc_status cli_training_open(cli_training *t, oc_error *err);
/* Prints what there is to say of the data. */
oc_status cli_training_note(cli_training *t, oc_error *err);

/* training.c: does everything that `ocellus train` does but the words at the end. Release `t` whatever it
 * returns. The options may be changed by a run that is resumed. */
oc_status cli_training_run(cli_training *t, cli_call *call, oc_error *err);
void cli_training_release(cli_training *t);

#endif
