/* fit.h (internal): a training run as the files of the loop see it.
 *
 *   fit.c           a run: its beginning, its epochs, its end
 *   fit_epoch.c     an epoch: its steps, validation, saving
 *   fit_step.c      a step: a batch and one run of the plan
 *   fit_stop.c      ends before the end
 *   fit_options.c   checks of the options; which of them decide the bits
 *   fit_setup.c     graph, session, plans and buffers: all memory of a run, before it starts
 *   fit_plan.c      the plans of a model as text
 *   schedules.c     how the learning rate changes; schedule_*.c: a schedule each
 *   recipe.c        what training takes besides
 *   average.c       the moving average of the weights
 *   objective.c     what is minimized
 *   soft_targets.c  classes as distributions
 *   balance.c       classes of uneven size
 *   fit_frozen.c    training on what frozen layers make of the images
 *   settings.c      hyperparameters by name
 *   progress.c      where a run stands, its times, its events
 *   keep.c          files of single epochs
 *   doubt.c         whether anything was learned
 *   checkpoint.c    last.safetensors: the whole state of a run
 *   run_folder.c    the folder of a run: one training at a time, one whole run
 *   callbacks.c     those who look on (callback.h); tensorboard*.c: TensorBoard does
 *   metrics.c       metrics.jsonl, run.json, and what the model file says about its training
 *
 * A run has a graph and a session of its own: the model's network with the optimizer on top. The model that
 * is being trained only ever receives the weights of the best epoch, so it is fit for use whenever and
 * however a run ends. */
#ifndef OC_TRAIN_FIT_H
#define OC_TRAIN_FIT_H
#include "base/text.h"
#include "data/loader.h"
#include "model/frozen.h"
#include "model/model.h"
#include "train/run_folder.h"
#include "train/callback.h"
#include "train/lr_schedule.h"
#include "train/optimizer.h"
#include "train/recipe.h"
#include "train/average.h"
#include "train/balance.h"
#include "train/soft_targets.h"
#include <jansson.h>

/* Where a run stands: with the variables, all that a resumed run needs. */
typedef struct oc_progress {
  int epoch;          /* whole epochs done */
  int64_t sample;     /* images done of the next one */
  double loss_sum;    /* over them: the objective */
  double entropy_sum; /* over them: without penalties; NAN: not known (checkpoints of version 0.1.0) */
  /* over them: of each head its loss and metrics; of the lecture's classifier they follow from these two */
  double sums[OC_SCORES_MAX];
  int64_t correct;        /* of them, of the first head, if its target is a class; -1: not known */
  double train_seconds;   /* of this epoch */
  double elapsed_seconds; /* of all whole epochs, with validation */
  int best_epoch;         /* 0: none yet */
  double best_accuracy;   /* NAN without a validation set */
  double best_loss;       /* of the validation set, where that decides; NAN: none */
  double last_accuracy;   /* of the last whole epoch; NAN: none, or not known */
  /* true if the best and the last whole epoch are remembered by averaged weights, with which their accuracies
   * and losses were measured */
  bool best_averaged, last_averaged;
  /* Cross-entropy of the training part: of the run's first step, and of whole epochs the first, the lowest
   * and the last. NAN: not known. */
  double start_loss, first_loss, lowest_loss, last_loss;
} oc_progress;

/* Fetches of a run's plan. */
enum { OC_FIT_LOSS = 0, OC_FIT_STEP, OC_FIT_LABELS, OC_FIT_ENTROPY, OC_FIT_GRADIENTS };

typedef struct oc_fit {
  oc_model *model;
  const oc_dataset *train, *valid; /* valid may be NULL */
  oc_fit_options o;
  const oc_optimizer *optimizer;
  const oc_lr_schedule *schedule;
  double optimizer_values[OC_HYPERPARAMETERS_MAX], schedule_values[OC_HYPERPARAMETERS_MAX];
  double recipe[OC_RECIPE_COUNT];
  oc_heads heads;
  bool plain;                                                       /* oc_heads_plain */
  int train_targets[OC_TARGETS_MAX], valid_targets[OC_TARGETS_MAX]; /* of the data, for the heads' */
  oc_graph_mark model_before, model_after; /* of the model's graph, without and with these heads */
  oc_model_nodes model_nodes;              /* of the heads, in the model's own graph */
  oc_head_score train_scores[OC_HEADS_MAX], valid_scores[OC_HEADS_MAX]; /* what events show */
  int64_t count, batch;                                                 /* images of an epoch, of a step */
  json_t *result_config; /* options and data that determine the bits of the result */

  oc_graph *graph;
  oc_session *session;
  oc_model_nodes nodes;   /* of scoring */
  oc_model_nodes trained; /* the same, with the losses that are minimized */
  oc_soft_targets soft;
  oc_balance balance;
  oc_average average;
  oc_frozen frozen;         /* layers 0: none. Else `input` and `score.input` take features: */
  oc_frozen_use frozen_use; /* from images to features */
  oc_feature_source train_features, valid_features;
  int64_t feature_bytes;      /* of all training and validation images */
  int first_epochs;           /* of o.epochs: those before all layers are trained */
  bool tuning;                /* these are over */
  oc_node learning_rate_node; /* placeholder of the learning rate, if a schedule changes it */
  float learning_rate;        /* what it is bound to */
  oc_node loss, step;         /* the heads' and penalties; training step */
  int weights;                /* variables 0 .. weights-1 are the model's, in the model's order */
  /* fetches loss, step, labels, the heads' loss; from OC_FIT_GRADIENTS on the fetches of callbacks, then the
   * scores of the heads */
  oc_plan *plan;
  oc_input input;
  oc_augmentation *augmentation; /* NULL: none */
  oc_input_augment augment;      /* of the present epoch */
  oc_loader *loader;             /* reads batches ahead; NULL: they are read when they are needed */
  oc_model_use score;            /* validation */
  int64_t *order;                /* of the images of an epoch */
  float *step_ms;                /* of the steps of an epoch */
  int64_t timed_steps;

  oc_progress at;
  double step_loss;     /* of the last step */
  double valid_seconds; /* of this epoch's measuring, 0 before it */
  oc_event last;        /* the last epoch's */
  oc_text metrics;      /* metrics.jsonl so far */
  oc_run_folder folder;
  char *model_path, *last_path, *metrics_path, *run_path, *images_path; /* in folder.work; NULL: no folder */
  char started[32];                                                     /* UTC */
  bool recorded;                                                        /* run.json is this run's */
  bool saved; /* there is a checkpoint to resume from */
  oc_callbacks callbacks;
} oc_fit;

/* fit_options.c */
/* The options with every default filled in; `given` may be NULL or zeroed. */
oc_fit_options oc_fit_resolve(const oc_fit_options *given);
/* Checks f->o, and finds in it the optimizer, the schedule, and the values of their hyperparameters. */
oc_status oc_fit_read_options(oc_fit *f, oc_error *err);
/* Options, data and machine facts that decide the bits, as a JSON object; NULL when there is no memory. */
json_t *oc_fit_result_config(const oc_fit *f);

/* image_list.c */
/* Saves the names and sums of the images, if they have names. */
oc_status oc_image_list_save(const oc_fit *f, oc_error *err);
/* What differs between the saved list and the images, for the end of a message; "": unknown. */
void oc_image_list_compare(const oc_fit *f, char text[256]);

/* The first entry in which that of f differs from `old`, which came from f's checkpoint, as an error. */
oc_status oc_fit_compare(const oc_fit *f, const json_t *old, oc_error *err);
/* Where optimizers of the caller's are looked up; NULL: the built-in ones alone. */
const oc_registry *oc_fit_registry(const oc_fit *f);
/* Adds to `now` the other instruction-set levels ("avx512,avx2") and numbers of the arithmetic that `old`
 * went through. */
oc_status oc_fit_note_earlier(const json_t *old, json_t *now, oc_error *err);

/* fit_setup.c */
/* The run continues with all layers: another graph and session, with the weights so far, and other plans. */
oc_status oc_fit_unfreeze(oc_fit *f, oc_error *err);
oc_status oc_fit_setup(oc_fit *f, oc_error *err);
/* The folder of the run, taken, and the names of its files; without one, nothing. */
oc_status oc_fit_open_folder(oc_fit *f, oc_error *err);
/* A run that replaces another takes its place. */
oc_status oc_fit_take_place(oc_fit *f, oc_error *err);
void oc_fit_release(oc_fit *f);
/* The graph for training `m` with the options of f: nodes, loss and step. */
oc_status oc_fit_build(oc_fit *f, oc_error *err);

/* fit_epoch.c */
oc_status oc_fit_run_epoch(oc_fit *f, oc_error *err);
/* The model receives the present weights, or their averages, which are those of this epoch. */
oc_status oc_fit_take_weights(oc_fit *f, int epoch, double accuracy, bool averaged, oc_error *err);

/* fit_step.c: the steps that are left of an epoch */
oc_status oc_fit_run_steps(oc_fit *f, oc_error *err);

/* fit_stop.c */
/* The words for something that is not finite: `found` names the layer or variable. */
oc_status oc_fit_tell_not_finite(const oc_fit *f, const char *what, const oc_error *found, oc_error *err);
/* `what` ("loss", "validation loss") is not finite for the samples of an input. */
oc_status oc_fit_not_finite(oc_fit *f, const char *what, double loss, const oc_nonfinite *where,
                            oc_error *err);
/* Weights, and what the optimizer keeps of each, after an epoch and before they are saved. */
oc_status oc_fit_check_variables(const oc_fit *f, oc_error *err);
/* Saves all and says how to continue. Returns OC_E_INTERRUPTED, or what went wrong. */
oc_status oc_fit_interrupted(oc_fit *f, oc_error *err);

/* fit_frozen.c */
/* Adds fine_tune to the epochs, and its defaults. */
void oc_fit_add_fine_tuning(oc_fit *f);
/* True if training changes a variable of the run's graph or, of the model's variables, of the model's. */
bool oc_fit_trains(const oc_fit *f, const oc_graph *g, int variable);
/* f->frozen, of the options. */
oc_status oc_fit_freeze(oc_fit *f, oc_error *err);
/* With frozen layers: room for features, and the inputs of the plans. */
oc_status oc_fit_frozen_create(oc_fit *f, oc_error *err);
void oc_fit_frozen_release(oc_fit *f);
/* Multiply-adds of the frozen layers for all training images. */
oc_status oc_fit_frozen_cost(const oc_fit *f, double *multiply_adds, oc_error *err);
/* Computes the features that are kept; *goes_on is false if on_event stopped it. */
oc_status oc_fit_keep_features(oc_fit *f, bool *goes_on, oc_error *err);
/* Those of a part, as it is without augmentation; NULL without frozen layers. */
const oc_feature_source *oc_fit_features(const oc_fit *f, const oc_dataset *part);

/* objective.c: f->trained and f->loss */
void oc_fit_add_objective(oc_fit *f);

/* progress.c */
double oc_clock_seconds(void);
/* True if all epochs are done, or `patience` of them were not better than the best. */
bool oc_fit_done(const oc_fit *f);
int64_t oc_fit_steps(const oc_fit *f);      /* of an epoch */
int64_t oc_fit_step_index(const oc_fit *f); /* steps done of this epoch */
double oc_fit_median_step_ms(oc_fit *f);    /* sorts step_ms */
/* Fills the present event; valid_accuracy, step_ms and best are left to the caller. */
oc_event oc_fit_event(oc_fit *f, oc_event_kind kind);
/* Of an epoch on the validation set, with the better of its weights and their averages. */
double oc_event_accuracy(const oc_event *e);
double oc_event_loss(const oc_event *e);
/* Calls on_event; false: stop. */
bool oc_fit_emit(const oc_fit *f, const oc_event *event);

/* schedules.c */
bool oc_fit_scheduled(const oc_fit *f);   /* true if the learning rate changes */
double oc_fit_rate(const oc_fit *f);      /* of the next step */
double oc_fit_last_rate(const oc_fit *f); /* of the last step of this epoch */
double oc_fit_top_rate(const oc_fit *f);  /* the option that it follows from */

/* checkpoint.c */
oc_status oc_checkpoint_save(const oc_fit *f, oc_error *err);
/* Into f's session, progress and metrics, and into its model (standardization, best weights). */
oc_status oc_checkpoint_load(oc_fit *f, oc_error *err);

/* doubt.c: computes the END event's verdict on the whole training run. */
oc_status oc_fit_doubt(oc_fit *f, oc_event *end, oc_error *err);

/* keep.c */
/* The epoch that has just been measured as a model file of its own, if it is to be kept. */
oc_status oc_keep_save(const oc_fit *f, const oc_event *epoch, oc_error *err);
/* Removes the epoch files that are not to be kept of the epochs done so far, and those of epochs that are
 * still to come. */
oc_status oc_keep_prune(const oc_fit *f, oc_error *err);

/* metrics.c */
/* The heads' scores as a list of objects; NULL: no memory. */
json_t *oc_scores_json(const oc_head_score *scores, int count);
/* A finite number, or null: JSON has no NaN. */
json_t *oc_json_number(double value);
/* Adds an epoch's line to f->metrics and to the file. */
oc_status oc_metrics_add(oc_fit *f, const oc_event *epoch, oc_error *err);
/* Rolls metrics.jsonl back to f->metrics. */
oc_status oc_metrics_restore(const oc_fit *f, oc_error *err);
/* `status`: "running", "finished", "interrupted", "failed". */
oc_status oc_run_record_save(const oc_fit *f, const char *status, oc_error *err);
/* trained_epochs, valid_accuracy (NAN: none) and provenance of a model with the weights of that epoch, or
 * their averages. */
oc_status oc_fit_describe(const oc_fit *f, int epoch, double accuracy, bool averaged, oc_metadata *d,
                          oc_error *err);

#endif
