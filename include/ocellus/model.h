/* model.h: trains, evaluates, saves, loads and uses a classifier: network, weights, classes, standardization,
 * provenance.
 *
 *   oc_model_create -> oc_model_fit -> oc_model_evaluate -> oc_model_save;  oc_model_load -> oc_model_predict
 *
 * Threads: different models are independent. Of one model, any number of these calls may run concurrently:
 * oc_model_predict, oc_model_predict_f32, oc_model_predict_outputs, oc_model_classify, oc_model_evaluate,
 * oc_model_save, oc_model_save_memory, everything under "inspecting" except oc_model_plan, and what session.h
 * allows for its session. Results have the same bits as one at a time. Calls that change the model
 * (oc_model_fit, a write to a variable, a run that trains, an operation added to its graph), oc_model_plan
 * and oc_model_free require exclusive use. Saving changes nothing. */
#ifndef OCELLUS_MODEL_H
#define OCELLUS_MODEL_H
#include "data.h"
#include "hyperparameter.h"
#include "net.h"
#include "preprocess.h"
#include "session.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_model oc_model;

typedef struct oc_model_options {
  size_t struct_size; /* sizeof(oc_model_options); 0: that of version 0.1 */
  const char *net;    /* net text or preset; NULL: "lecture" (default) */
  double dropout;     /* replaces each dropout layer's rate; in [0,1); default: the rates in the text */
  bool dropout_set;   /* true if a dropout of 0 is intended */
  const oc_session_options *session; /* threads, seed and so on; copied; NULL (default): the defaults */
  oc_standardize standardize;        /* default OC_STANDARDIZE_AUTO */
} oc_model_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_model_options oc_model_defaults(void);

/* Makes a model with fresh weights for the image shape and the one target of `train_data`, and computes the
 * standardization from its pixels: pass the training set. CLASSES in the net text stands for the size of the
 * target. Nothing of `train_data` is kept. `options` may be NULL. The caller frees *out with oc_model_free;
 * on failure it is NULL. OC_E_NET: an error in options.net, or a network that does not fit the images.
 * OC_E_ARGUMENT: an option is out of range. OC_E_DATA: `train_data` has no target, more than one, or fewer
 * than 2 classes. OC_E_MEMORY. */
OC_API oc_status oc_model_create(const oc_dataset *train_data, const oc_model_options *options,
                                 oc_model **out, oc_error *err);
/* What a model of your own graph needs in addition to the graph. */
typedef struct oc_graph_model_options {
  size_t struct_size; /* sizeof(oc_graph_model_options); 0: that of version 0.1 */
  /* names of classes and standardization are its own (default: NULL, none); only read */
  const oc_dataset *train_data;
  /* one for each class, UTF-8 without control characters; NULL (default): those of `train_data`, or "0",
   * "1" and so on */
  const char *const *class_names;
  /* of the pixels, height*width*channels; NULL (default): that of `train_data`, or zeros if there is none
   * or a deviation is given */
  const float *mean;
  double deviation; /* > 0; 0 (default): that of `train_data`, or 1 if there is none or a mean is given */
  /* of the graph: its values are copied; NULL (default): fresh ones, by the variables' initializers */
  const oc_session *weights;
  const oc_session_options *session; /* threads, seed and so on; copied; NULL (default): the defaults */
  /* of `train_data`, where neither mean nor deviation is given; default OC_STANDARDIZE_AUTO */
  oc_standardize standardize;
} oc_graph_model_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_graph_model_options oc_graph_model_defaults(void);

/* Makes a model of a graph that was built by calls (graph.h), without a net text: it predicts from any
 * thread, trains with cross-entropy, is evaluated, saved, loaded, planned and traced like any other.
 *
 *   oc_graph *g;
 *   oc_model *m;
 *   oc_graph_create(NULL, &g, &err);
 *   oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
 *   oc_node w = oc_variable(g, "_weights", OC_SHAPE(784, 10), oc_init_of(OC_INIT_GLOROT_UNIFORM));
 *   oc_node logits = oc_matmul(g, oc_flatten(g, x), w, false, false);
 *   oc_graph_model_options options = oc_graph_model_defaults();
 *   options.train_data = data.train;
 *   if (oc_model_from_graph(g, x, logits, &options, &m, &err) != OC_OK) return 1;
 *   oc_graph_free(g);
 *
 * `input`: a float32 placeholder (OC_BATCH, height, width, channels), each 1 to 65536, which gets
 * standardized pixels. `logits`: float32 (OC_BATCH, classes), 2 to 65536 classes; probabilities are their
 * softmax. The model gets a copy of what leads to them, under the same names, and of the updates of moving
 * averages; `g`, `options` and what they point to stay the caller's and are not needed afterwards. `options`
 * may be NULL. The caller frees *out with oc_model_free; on failure it is NULL. The graph's own error, if it
 * has failed. OC_E_ARGUMENT: input, logits, names, mean or deviation are invalid, the logits depend on
 * another placeholder, or `train_data` has other images or classes. OC_E_UNSUPPORTED: an operation that no
 * model file holds, such as a gradient, or more than 16,384 of them. OC_E_MEMORY. */
OC_API oc_status oc_model_from_graph(const oc_graph *g, oc_node input, oc_node logits,
                                     const oc_graph_model_options *options, oc_model **out, oc_error *err);

/* An output of a graph, and what it answers. */
typedef struct oc_output {
  oc_node node; /* float32 (OC_BATCH, size); of a class or classes their logits */
  /* Its name, its kind, and the names of its classes: NULL (default) for those of the target of this name of
   * options.train_data, or "0", "1" and so on. Size 0 (default): that of the node. Values are ignored. The
   * answers of a class are the softmax of its logits, those of classes the sigmoid of each, those of a vector
   * its numbers. */
  oc_target answers;
} oc_output;
/* As oc_model_from_graph, for any outputs: `count` of them, 1 to OC_TARGETS_MAX, in this order. A class has 2
 * to 65,536 classes; classes and vectors have 1 to 65,536 numbers. options.class_names is ignored. The model
 * is trained, evaluated, saved, loaded and planned like any other; oc_model_predict_outputs returns its
 * answers. The caller frees *out with oc_model_free; on failure it is NULL. Errors as of
 * oc_model_from_graph. */
OC_API oc_status oc_model_from_outputs(const oc_graph *g, oc_node input, const oc_output *outputs, int count,
                                       const oc_graph_model_options *options, oc_model **out, oc_error *err);
/* Makes a model of the layers and weights of `base` for the classes of `train_data`: its last dense layer
 * becomes a new one, with fresh weights (Glorot uniform, by the session's seed) and a bias. Image shape, rule
 * and standardization are those of `base`, so open the data by oc_model_preprocessing(base). With
 * oc_fit_options.freeze, oc_model_fit then trains the new layer alone. `session` may be NULL. Nothing of
 * `base` or `train_data` is kept. The caller frees *out with oc_model_free; on failure it is NULL.
 * OC_E_UNSUPPORTED: `base` answers anything else than one class, or does not end in a dense layer.
 * OC_E_ARGUMENT: the images have another shape. OC_E_DATA: `train_data` has no target, more than one, or
 * fewer than 2 classes. OC_E_MEMORY. */
OC_API oc_status oc_model_transfer(const oc_model *base, const oc_dataset *train_data,
                                   const oc_session_options *session, oc_model **out, oc_error *err);
/* Frees a model with its graph and session, and everything that it returned. NULL is fine. Traces and
 * plans of it must be freed before. */
OC_API void oc_model_free(oc_model *m);

/* ---- training ------------------------------------------------------------------------------------------ */

/* Limits of heads, and of metrics per head. */
#define OC_HEADS_MAX   16
#define OC_METRICS_MAX 8

/* An output of the model, the target that it is compared to, and the loss. Training minimizes the sum of the
 * losses of all heads, each times its weight. */
typedef struct oc_head {
  /* Name of the model's output (oc_model_output). NULL (default): the one with the target's name, or the only
   * one. */
  const char *output;
  /* Name of the dataset's target. NULL (default): the output's name. If one target is needed and the dataset
   * has one, its name is ignored. */
  const char *target;
  const char *loss; /* oc_loss_name (net.h); NULL (default): the first one for the output's kind */
  double weight;    /* > 0 and finite; 0 (default): 1 */
  /* oc_metric_name (net.h), metric_count of them; NULL (default): the loss's own */
  const char *const *metrics;
  int metric_count; /* 0 to OC_METRICS_MAX */
} oc_head;

/* The loss and metrics of a head, as means over the images. */
typedef struct oc_head_score {
  const char *output; /* the model's, until it is freed */
  char target[64];
  const char *loss_name; /* static storage */
  double weight;
  double loss; /* without its weight */
  int metric_count;
  const char *metric_names[OC_METRICS_MAX]; /* static storage */
  double metrics[OC_METRICS_MAX];
} oc_head_score;

/* What a fit reports. Epochs count from 1 here. */
typedef enum oc_event_kind {
  OC_EVENT_START = 0,
  OC_EVENT_STEP,
  OC_EVENT_EPOCH,
  OC_EVENT_END,
  OC_EVENT_FEATURES /* before the first step: features of `step` of `steps` images were computed and kept */
} oc_event_kind;
/* Why a finished training run may have learned nothing. */
typedef enum oc_doubt {
  OC_DOUBT_NONE = 0,
  OC_DOUBT_GUESSING,   /* the best validation accuracy is not above the 95% interval of the largest class's
                      * fraction */
  OC_DOUBT_LOSS_STUCK, /* the training loss of no epoch was 1% below that of the first step */
  OC_DOUBT_LOSS_GREW   /* the training loss of the last epoch is more than 100 times that of the first step */
} oc_doubt;

typedef struct oc_event {
  oc_event_kind kind;
  int epoch, epochs;
  int64_t step, steps; /* in this epoch: done, of */
  /* Running means over the epoch's images so far, each with the weights at its step, with dropout: of the
   * objective (cross-entropy and penalties), and of the penalties alone (0 without l2). */
  double loss, penalty;
  double step_loss;         /* of the last batch */
  double images_per_second; /* of this epoch, without validation */
  double seconds_left;      /* estimate for the whole fit */
  /* The loss without penalties (cross-entropy, or the weighted sum of the heads), and the accuracy, of the
   * training images: the running mean, as above; at EPOCH with full_train_metrics measured on all of them
   * with the epoch's last weights. NAN where it is unknown. The accuracy is that of the first head, NAN if
   * its target is not a class. */
  double train_loss, train_accuracy;
  bool train_full;                     /* EPOCH: the two above are not a running mean */
  double valid_loss;                   /* EPOCH: of the whole validation set; NAN if there is none */
  double valid_accuracy;               /* EPOCH, END (there of the best epoch): the same */
  double train_seconds, valid_seconds; /* EPOCH; valid_seconds: all measuring after the steps */
  double step_ms;                      /* EPOCH: median time of a step */
  /* EPOCH: the best so far, by validation accuracy; with several heads, or a target that is not a class, by
   * validation loss */
  bool best;
  int best_epoch;
  oc_doubt doubt;        /* END */
  double start_loss;     /* END: cross-entropy of the first step; NAN if it is not known */
  double guess_accuracy; /* END: fraction of the largest class of the validation set; NAN if there is none */
  /* Of each head, as train_loss and valid_loss are of all of them; valid_heads: EPOCH, NULL without a
   * validation set. Valid during the call. */
  const oc_head_score *train_heads, *valid_heads;
  int head_count;
  /* EPOCH, with the setting "ema" and a validation set: its loss and accuracy with averaged weights; else
   * NAN */
  double averaged_loss, averaged_accuracy;
  /* EPOCH: the averaged weights are better than the weights, or there is no validation set: the epoch is
   * remembered by them, and `best` compares them. END: the model has averaged weights. */
  bool averaged;
  double wait_seconds; /* EPOCH: what of train_seconds was spent waiting for images to be decoded */
  /* START, with frozen layers: their number, the bytes that the features of all training and validation
   * images take, whether those of the training images are kept or computed in each epoch, and what computing
   * those of the training images takes. */
  int frozen_layers;
  int64_t feature_bytes;
  bool features_kept;
  double frozen_multiply_adds;
  bool fine_tuning; /* the layers that were frozen are trained now */
} oc_event;
/* Called on the caller's thread. Return false to stop: fit saves what it has and returns OC_E_INTERRUPTED. It
 * has no effect at END, nor at the EPOCH event of the last epoch. */
typedef bool (*oc_event_fn)(void *context, const oc_event *event);

/* Which epochs a run keeps as separate models, such as epoch-20.safetensors, in addition to the best and the
 * last one: a number of epochs, the newest, or one of these. */
#define OC_KEEP_NONE 0
#define OC_KEEP_ALL  (-1)
#define OC_KEEP_BEST (-2) /* the best epoch so far, by its number */

/* Freezes all layers before the last dense one. */
#define OC_FREEZE_ALL (-1)

/* The "format_version" of a run's run.json and metrics.jsonl (docs/run-folder.md). Those without one are of
 * version 1. */
#define OC_RUN_FORMAT_VERSION 3

/* A built-in training callback and its value. */
typedef struct oc_callback_setting {
  const char *name, *value;
} oc_callback_setting;
typedef struct oc_callback_info {
  const char *name;
  const char *value;  /* metavariable of its value in help: "DIR" */
  const char *help;   /* one line, without a period */
  const char *viewer; /* a command that shows its output when followed by the value; NULL: none */
} oc_callback_info;
/* The index-th kind of callback, or NULL past the end. Static storage. */
OC_API const oc_callback_info *oc_callback_at(int index);

typedef struct oc_fit_options {
  size_t struct_size;    /* sizeof(oc_fit_options); 0: that of version 0.1 */
  int epochs;            /* 1..; 0: 20 (default) */
  int64_t batch;         /* 1..; 0: 64 (default); the last short batch is used */
  double learning_rate;  /* > 0 and finite; 0: 1e-4 (default) */
  const char *schedule;  /* how the learning rate changes (oc_lr_schedule_name); NULL: "constant" (default) */
  const char *optimizer; /* oc_optimizer_name in train.h; NULL: "adam" (default) */
  /* Hyperparameters of the optimizer and of the schedule by name, setting_count of them, such as
   * {{"weight_decay", 0.1}}, and of training itself, such as {{"warmup", 2}}; of two with one name the later
   * counts; missing ones have their defaults. See oc_optimizer_hyperparameter_at (train.h),
   * oc_lr_schedule_hyperparameter_at and oc_fit_hyperparameter_at. */
  const oc_setting *settings;
  int setting_count;
  double l2;        /* adds l2 * sum(w^2)/2 of kernels and matrices to the loss; >= 0; default 0 */
  double clip_norm; /* gradients are scaled down to this global norm; 0 (default): off */
  uint64_t seed;    /* of the order of images; default 123 */
  bool seed_set;    /* true if a seed of 0 is intended */
  bool no_shuffle;  /* true: the images in the order of the data in each epoch; default false */
  /* Measure the training set after each epoch with its last weights, without dropout, instead of the running
   * mean. This takes as long as a validation of as many images. The weights do not depend on it. Default
   * false. */
  bool full_train_metrics;
  int keep; /* 1.. or OC_KEEP_..: epoch files in `out`; default OC_KEEP_NONE. */
  /* At the end the model (and model.safetensors) has the weights of the last epoch, not of the best. Default
   * false. */
  bool keep_last;
  /* Folder for model.safetensors, last.safetensors, metrics.jsonl, run.json (docs/run-folder.md); made if
   * need be. NULL: none. It belongs to one fit at a time, across processes: a second one is refused
   * (OC_E_CANT_CREATE) while the first runs. */
  const char *out;
  /* If `out` already holds a run: false (default): refused (OC_E_CANT_CREATE). true: the new run is built
   * next to it, and replaces it in one step once its first epoch is saved; if it ends earlier, the old run
   * stays unchanged. */
  bool replace;
  /* Training callbacks, callback_count of them, such as {{"tensorboard", "logs"}} for files that TensorBoard
   * shows (docs/tensorboard.md). oc_callback_at lists them. The weights do not depend on them. */
  const oc_callback_setting *callbacks;
  int callback_count;
  /* Kernels of the training's plans, as in oc_session_options. NULL: the model's. */
  const char *kernels;
  /* Continue from `out`/last.safetensors with the same bits as an uninterrupted run. The configuration that
   * determines the bits must be unchanged; `epochs` may grow if oc_schedule_extends, but never be fewer than
   * the run has done or begun. */
  bool resume;
  /* Resume at another instruction-set level than the run had, or with another arithmetic (oc_arithmetic);
   * else OC_E_ARGUMENT. The bits then differ from those of an uninterrupted run, and
   * "earlier_instruction_sets" or "earlier_arithmetics" in the run's record lists what it had before. */
  bool any_isa;
  /* The heads to train, head_count of them. NULL (default): the model's own. Those are the heads of its last
   * fit; a new model has one for each output, with the default loss of its kind (cross-entropy for a class).
   * The model takes these heads together with the weights, and its file stores them. */
  const oc_head *heads;
  int head_count;         /* 0 (default) to OC_HEADS_MAX */
  const char *provenance; /* a JSON object with more facts for run.json and the model file; NULL: none */
  oc_event_fn on_event;   /* NULL: none */
  void *context;
  struct oc_registry *registry; /* optimizers of the caller; NULL (default): those of the model's registry */
  /* Ends training after this many epochs in a row that are not better than the best one (oc_event.best);
   * requires a validation set. 0 (default): off. A resumed run may have another value. */
  int patience;
  /* For classes of uneven size. class_weights: "balanced" gives the images of a class the weight images /
   * (classes * images of the class) in the loss, whose sum over a batch is divided by the sum of its
   * weights; "none" or NULL (default): all 1. sampling: "balanced" draws the order of an epoch so that each
   * class has the same share of it; images of large classes may be missing and those of small ones come
   * again; "uniform" or NULL (default): each image once. Both need a head with a class. */
  const char *class_weights, *sampling;
  /* How training images are changed at random (augment.h), keyed by `seed`; NULL (default): not at all.
   * Images that are measured, those of the training set too, are never changed. */
  const char *augment;
  /* Threads that read the next batches while the present one is trained on, 0 to 256; the result does not
   * depend on it. 0 (default): one for each CPU. Images that are held in memory need none. */
  int workers;
  /* The first layers, in the order of oc_model_layers, that training leaves as they are, bit for bit;
   * OC_FREEZE_ALL: all before the last dense layer; 0 (default): none. They compute as in prediction: batch
   * normalization by its moving averages, dropout not at all. Their result for an image, its features, is
   * computed once and kept, and the rest trains on it. If `augment` changes the images or `feature_bytes` is
   * too little, features of training images are computed in each epoch. Later layers may read nothing else of
   * the frozen ones. Not with mixtures of images, and not with "ema". */
  int freeze;
  size_t feature_bytes; /* memory for features; the result does not depend on it; 0: 512 MiB (default) */
  /* With frozen layers: epochs after those of `epochs` in which all layers are trained, with a new optimizer
   * and the schedule from its beginning; 0 (default): none. Not with `patience`. */
  int fine_tune;
  double fine_tune_learning_rate; /* of these epochs, > 0 and finite; 0: 1e-5 (default) */
  /* In these epochs, true: batch normalization uses the batch and updates its moving averages. false
   * (default): all layers compute as in prediction, and moving averages stay as they are. */
  bool fine_tune_batch_norm;
} oc_fit_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_fit_options oc_fit_defaults(void);

/* The index-th hyperparameter of training that belongs to no optimizer and no schedule, or NULL past the end.
 * Static storage. */
OC_API const oc_hyperparameter *oc_fit_hyperparameter_at(int index);
/* Name of the i-th schedule, or NULL past the end. Static storage. */
OC_API const char *oc_lr_schedule_name(int index);
/* One line about a schedule, for help; NULL if there is none of this name. Static storage. */
OC_API const char *oc_lr_schedule_summary(const char *name);
/* The index-th hyperparameter of a schedule, or NULL past the end or if there is none of this name. Static
 * storage. */
OC_API const oc_hyperparameter *oc_lr_schedule_hyperparameter_at(const char *name, int index);
/* True if a run with this schedule may be resumed with another number of epochs. "constant": true.
 * "linear", "cosine" and "onecycle" follow the epochs that the run was started with, so more epochs would
 * be another run. False for an unknown name. */
OC_API bool oc_schedule_extends(const char *name);

/* Trains on `train`; measures accuracy on all of `valid` (may be NULL) after each epoch. At the end the model
 * holds the weights of the best epoch (of the last one if there is no validation set, or with keep_last).
 * OC_E_NOT_FINITE: the loss became NaN or infinite; `where` names the layer, the message the epoch and step;
 * the model holds the best weights so far. OC_E_INTERRUPTED: on_event returned false. The model holds the
 * weights of the best epoch so far, with keep_last too, or, if none has ended, those of this moment;
 * last.safetensors in `out` holds the state for `resume`, also in the middle of an epoch. Without `out` there
 * are only these weights. With `replace`, before the first epoch was saved, nothing is saved and the old run
 * stays. After any other error the model holds the best epoch so far, or what it held before. A second fit of
 * the same model continues from its weights with a new optimizer; into the same folder it is refused
 * (OC_E_CANT_CREATE) unless `replace` or `resume` is set. */
OC_API oc_status oc_model_fit(oc_model *m, const oc_dataset *train, const oc_dataset *valid,
                              const oc_fit_options *options, oc_error *err);

/* ---- predicting ---------------------------------------------------------------------------------------- */

/* Class probabilities (count x classes, float32) of `count` images (uint8 HWC of the model's size), those of
 * the first output if the model has more. OC_E_UNSUPPORTED: the first output is not a class. OC_E_NOT_FINITE,
 * with the layer where it began, instead of a NaN result. The same images and count give the same bits, for
 * any number of threads. With another count an image's last bits may be others (seen: by 1e-7): images are
 * computed in pieces, and a dense layer adds up in another order where a piece, or the rest of `count` in the
 * last one, has very few rows (seen: 4 or fewer). From any thread; the session's threads work for one caller
 * at a time, others compute on their own thread. Each caller of a moment needs a plan, which is kept for the
 * next; once there are enough, nothing is allocated. OC_E_INTERRUPTED: the session's go_on returned false
 * between two pieces; only the results of the pieces before it are written. */
OC_API oc_status oc_model_predict(oc_model *m, const uint8_t *pixels, int64_t count, float *probabilities,
                                  oc_error *err);

/* The answers of all outputs of `count` images: answers[i] gets those of output i, count x its size, float32:
 * probabilities of a class, of each class of classes, or numbers. `answers` has oc_model_output_count
 * elements, each of which may be NULL. OC_E_NOT_FINITE, OC_E_INTERRUPTED and all else as of
 * oc_model_predict. */
OC_API oc_status oc_model_predict_outputs(oc_model *m, const uint8_t *pixels, int64_t count,
                                          float *const *answers, oc_error *err);

/* The same for float32 pixels, on the scale of the bytes that oc_model_predict takes: 0 is black, 255 full,
 * fractions are allowed. They are not standardized: the model subtracts its means and divides by its
 * deviation, as it does with bytes. Images of 0 to 1 must be multiplied by 255 before. Whole numbers of 0 to
 * 255 give the bits of oc_model_predict; others beyond that range are taken as they are. `pixels` has `count`
 * images of height x width x channels, HWC, and stays the caller's. OC_E_DATA: a pixel is NaN or infinite.
 * Others: errors as of oc_model_predict. */
OC_API oc_status oc_model_predict_f32(oc_model *m, const float *pixels, int64_t count, float *probabilities,
                                      oc_error *err);

/* The class of the highest probability, of equal ones the first; -1 if none is a number, or there are
 * none. */
OC_API int oc_best_class(const float *probabilities, int classes);
/* The best class of each image: labels[i] is 0..classes-1. Otherwise as oc_model_predict; OC_E_NOT_FINITE
 * where no probability is a number. */
OC_API oc_status oc_model_classify(oc_model *m, const uint8_t *pixels, int64_t count, int32_t *labels,
                                   oc_error *err);

typedef struct oc_class_score {
  int64_t count;                /* images of this class */
  double precision, recall, f1; /* NAN where undefined */
} oc_class_score;
/* Counts and classes belong to the first head. If its target is not a class, `correct` and `classes` are 0,
 * the fractions NAN and the arrays NULL. */
typedef struct oc_evaluation {
  int64_t count, correct;
  double accuracy, low, high; /* 95% Wilson interval (Wilson 1927) */
  double loss;                /* mean cross-entropy; of other heads the weighted sum of their losses */
  int classes;
  oc_class_score *per_class; /* classes */
  int64_t *confusion;        /* classes x classes: row = true, column = predicted */
  int32_t *predictions;      /* count */
  oc_head_score *heads;      /* of the model's heads, head_count of them */
  int head_count;
} oc_evaluation;
/* Measures all of `d`, with every unit (no dropout). The caller frees the arrays of *out with
 * oc_evaluation_release; on failure it is empty. OC_E_NOT_FINITE: the loss is NaN or infinite; `where`
 * names the layer where it began. OC_E_DATA: no labels, or other targets, sizes or classes than the model's.
 * OC_E_INTERRUPTED: the session's go_on returned false. OC_E_MEMORY. */
OC_API oc_status oc_model_evaluate(oc_model *m, const oc_dataset *d, oc_evaluation *out, oc_error *err);
/* Frees the arrays of an evaluation and empties it. An empty one or NULL is fine. */
OC_API void oc_evaluation_release(oc_evaluation *e);

/* What a threshold does on images with labels. */
typedef struct oc_threshold {
  double value;     /* the probability that an answer must have */
  int64_t count;    /* images */
  int64_t answered; /* of them, with an answer of at least that probability */
  int64_t right;    /* of these */
} oc_threshold;
/* Finds the lowest probability such that, of the answers on `d` that have at least it, the fraction
 * `precision` (above 0, at most 1) is right. The model stays as it is. OC_E_DATA: that is not so even for the
 * most certain answers; or as of oc_model_evaluate. OC_E_UNSUPPORTED: the model does not answer with one
 * class. OC_E_ARGUMENT: precision is out of range. Others as of oc_model_predict. */
OC_API oc_status oc_model_find_threshold(oc_model *m, const oc_dataset *d, double precision,
                                         oc_threshold *out, oc_error *err);
/* The probability below which an answer of the model means that it is not known; 0 if every answer is given,
 * and for NULL. Predictions do not depend on it: it is for those who use them. */
OC_API double oc_model_threshold(const oc_model *m);
/* Stores such a probability, 0 to 1, in the model and in files of it; 0 removes it, and so does
 * oc_model_fit. Needs exclusive use of the model. OC_E_ARGUMENT: out of range. OC_E_MEMORY. */
OC_API oc_status oc_model_set_threshold(oc_model *m, double threshold, oc_error *err);

/* ---- files --------------------------------------------------------------------------------------------- */

/* Writes one safetensors file with everything predict needs (docs/formats.md); replaced whole or not at
 * all. Variables that were added to the model's graph are not in it: oc_session_save has them.
 * OC_E_NOT_FINITE: a weight is NaN or infinite; `where` names the tensor, and nothing is written.
 * OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_model_save(const oc_model *m, const char *path, oc_error *err);
/* The same bytes into memory: the caller frees *bytes with oc_free; on failure it is NULL.
 * OC_E_NOT_FINITE: as of oc_model_save. OC_E_MEMORY. */
OC_API oc_status oc_model_save_memory(const oc_model *m, void **bytes, size_t *size, oc_error *err);
/* True if the first bytes of a file are those of safetensors or of ONNX, which oc_model_load reads. False if
 * it cannot be read. From any thread. */
OC_API bool oc_model_is_file(const char *path);
/* Reads a model file of any earlier version, or an ONNX file, as its first bytes say. `session` may be NULL.
 * Its XXH3 sum is checked or, in a file without it, both SHA-256 sums; see oc_model_verify. Tensors that
 * another program has stored as F16, BF16 or F64 are converted, see oc_model_converted. A run's
 * last.safetensors can be loaded too: the model has the weights of its last epoch then, where
 * model.safetensors has those of the best epoch on the validation set.
 *
 * An ONNX file (opset 6 to 26) must be the network of images with one input, float32 with four axes, and
 * operators of docs/onnx.md; what is not supported is refused with its node. A softmax or sigmoid at the end
 * makes an output a class or classes; the metadata of oc_model_export_onnx names them. Without its rule for
 * images (key "preprocessing") the model is shown and planned, but answers nothing, and is not trained or
 * saved: OC_E_UNSUPPORTED, until oc_model_set_rule (rule.h) gives it one.
 *
 * The caller frees *out with oc_model_free; on failure it is NULL. OC_E_NO_INPUT, OC_E_IO: the file cannot be
 * opened or read. OC_E_DATA: it is damaged, or not a model. OC_E_UNSUPPORTED: a newer format, or more of ONNX
 * than is read. OC_E_ARGUMENT: a session option is out of range. OC_E_MEMORY. */
OC_API oc_status oc_model_load(const char *path, const oc_session_options *session, oc_model **out,
                               oc_error *err);
/* Checks both SHA-256 sums of a model file or checkpoint, which identify it, and every other sum that it has.
 * Nothing is kept of it. From any thread. OC_E_DATA: a sum does not match, also where another program has
 * converted the weights. OC_E_NO_INPUT, OC_E_IO, OC_E_UNSUPPORTED, OC_E_MEMORY: as of oc_model_load. */
OC_API oc_status oc_model_verify(const char *path, oc_error *err);
/* As oc_model_load, from the bytes of such a file, which the model does not need afterwards: they stay the
 * caller's. The caller frees *out with oc_model_free. Errors as of oc_model_load. */
OC_API oc_status oc_model_load_memory(const void *bytes, size_t size, const oc_session_options *session,
                                      oc_model **out, oc_error *err);

/* ---- inspecting ---------------------------------------------------------------------------------------- */

/* The net text in its canonical form; "" for a model whose graph was made without one. The model owns it,
 * until it is freed. */
OC_API const char *oc_model_net(const oc_model *m);
/* Number of outputs, 1 or more; 0 for NULL. */
OC_API int oc_model_output_count(const oc_model *m);
/* Name, kind, size and classes of output `index`, without values; NULL if it is out of range. The model owns
 * it, until it is freed. */
OC_API const oc_target *oc_model_output(const oc_model *m, int index);
/* Number of classes of the first output, 2 or more; 0 if it is not a class, and for NULL. */
OC_API int oc_model_classes(const oc_model *m);
/* Name of class `label`, "" if it is out of range. The model owns it, until it is freed. */
OC_API const char *oc_model_class_name(const oc_model *m, int label);
/* Height, width and channels that the network takes, in pixels. */
OC_API oc_image_shape oc_model_image_shape(const oc_model *m);
/* The rule by which images get the shape that the network takes, with nothing left open: that of the training
 * images. oc_preprocess applies it, and oc_data_options.preprocessing. All 0 for NULL. */
OC_API oc_preprocessing oc_model_preprocessing(const oc_model *m);
/* True if the training images had several sizes before the rule. False for NULL. */
OC_API bool oc_model_mixed_sizes(const oc_model *m);
/* How an image differs from the training images: bits, which add up. */
typedef enum oc_unlike {
  OC_UNLIKE_INVERTED = 1, /* dark and light are exchanged, as by ink on paper */
  OC_UNLIKE_EMPTY = 2,    /* all pixels are (nearly) equal, which none of the training images was */
  OC_UNLIKE_BRIGHTER = 4, /* much brighter */
  OC_UNLIKE_DARKER = 8,   /* much darker */
  OC_UNLIKE_ASPECT = 16   /* another ratio of width to height, by more than a quarter */
} oc_unlike;
/* Compares an image with the statistics of the training images that the model stores, which 0.1% and 99.9% of
 * them bound: `pixels` has the model's shape, `original` is the shape before it was fitted into that (0:
 * unknown). Returns the sum of the bits that apply; 0 if none does, for a model without statistics (one of an
 * earlier version, or that was made without images), and for NULL. */
OC_API unsigned oc_model_unlike(const oc_model *m, const uint8_t *pixels, oc_image_shape original);
/* How the model standardizes pixels. The model owns it, until it is freed. NULL for NULL. */
OC_API const oc_standardizer *oc_model_standardizer(const oc_model *m);
/* What standardization divides by, after it has subtracted each pixel's mean over the training images: above
 * 0. 0 if each channel has its own deviation, and for NULL. */
OC_API double oc_model_stddev(const oc_model *m);
/* The model's graph, which the model owns and frees. Adding operations requires exclusive use of the model;
 * they are not saved with it. */
OC_API oc_graph *oc_model_graph(oc_model *m);
/* The model's session, which the model owns and frees: its variables and, by oc_run, its tensors. Changing a
 * variable requires exclusive use of the model. */
OC_API oc_session *oc_model_session(oc_model *m);
/* "F16", "BF16" or "F64": the file's tensors were of this type (or some were), and converted on load, so that
 * its SHA-256 of the tensors could not be compared. NULL: nothing was converted. Static storage. */
OC_API const char *oc_model_converted(const oc_model *m);
/* Value of a metadata entry of the model file ("provenance", "trained_epochs" and so on), or NULL if there is
 * none. The model owns it, until it is freed or fitted again. */
OC_API const char *oc_model_metadata(const oc_model *m, const char *key);

typedef struct oc_layer_summary {
  char name[64];            /* scope: "conv_1" */
  char text[96];            /* its net text: "conv 5x5x32 relu" */
  oc_shape output;          /* axis 0 is OC_BATCH */
  int64_t parameters;       /* trainable */
  int64_t multiply_adds;    /* for one image */
  int64_t activation_bytes; /* of its output, one image */
} oc_layer_summary;
/* Lists the layers in order, *count of them. The caller frees *out with oc_free; on failure it is NULL.
 * OC_E_MEMORY; OC_E_ARGUMENT for NULL. */
OC_API oc_status oc_model_layers(const oc_model *m, oc_layer_summary **out, int *count, oc_error *err);

/* Prints the plan for training (with the default optimizer) or for prediction with `batch` images (at least
 * 1; 0: 64), one call of `line` per line; `line` is called on this thread, and its text lives during the
 * call. OC_E_ARGUMENT: a batch below 0, or one whose tensors would be larger than memory can be.
 * OC_E_MEMORY. */
OC_API oc_status oc_model_plan(oc_model *m, bool training, int64_t batch, oc_line_fn line, void *context,
                               oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
