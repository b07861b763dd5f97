/* model.h (internal): a classifier as the files of src/model and the training loop see it.
 *
 *   model.c       making and freeing
 *   outputs.c     what it answers
 *   preprocessing.c   how images get its shape
 *   training_images.c what its training images look like
 *   heads.h       what it is trained for
 *   model_graph.c the graph every model has: from a net text, from a file, into a file
 *   graph_copy.c  copies of that graph
 *   model_of_graph.c  a model of its user's graph
 *   model_onnx.c      a model of an ONNX file
 *   input.c       images on their way in
 *   predict.c     probabilities
 *   evaluate.c    scores on a dataset
 *   tta.c         both by the mean over views of each image
 *   threshold.c   which answers are given
 *   transfer.c    a model of another one's layers, for other classes
 *   frozen.h      layers that training leaves as they are
 *   nonfinite.c     finds the layer where a value stopped being finite
 *   tensor_table.c, model_file.c, model_load.c  saving and loading; checkpoints are files of the same kind
 *   network.c     a network without a model
 *   summary.c     layers
 *
 * The graph defines the computation of a model. A net text is one way to make a graph; every reader of a
 * model reads the graph. */
#ifndef OC_MODEL_MODEL_H
#define OC_MODEL_MODEL_H
#include "formats/fast_sum.h"
#include "formats/sums.h"
#include "data/input.h"
#include "data/transform/statistics.h"
#include "model/heads.h"
#include "ocellus/model.h"
#include "ocellus/network.h"
#include "plan/session.h"
#include <pthread.h>

#define OC_MODEL_FORMAT_VERSION 4
/* Memory that a plan for predictions may take before it is made for fewer images at a time. */
#define OC_PIECE_BYTES ((size_t)512 << 20)
/* No more than this is read of a model file. */
#define OC_MODEL_MAX_BYTES ((size_t)4 << 30)
/* The limits of a model are those of its file. */
enum { OC_MODEL_MAX_CLASSES = 65536, OC_MODEL_MAX_SIDE = 65536 };

/* The tensors of the graph; of the lecture's classifier under the lecture's names. Losses and metrics are
 * means over the batch. */
typedef struct oc_output_nodes {
  oc_node node;   /* (?,size): logits, or numbers */
  oc_node answer; /* probabilities; numbers */
  oc_node label;  /* labels: the most probable class; OC_NO_NODE if the output is not a class */
} oc_output_nodes;
typedef struct oc_model_nodes {
  oc_node x; /* tf_x (?,h,w,c) */
  oc_output_nodes outputs[OC_TARGETS_MAX];
  oc_node targets[OC_TARGETS_MAX]; /* of the heads: tf_y (?) int32 */
  oc_node scores[OC_SCORES_MAX];   /* of each head its loss, then its metrics: cross_entropy_loss, accuracy */
  oc_node loss;                    /* their weighted sum */
} oc_model_nodes;

/* Levels that few, half and nearly all training images do not exceed. */
typedef struct oc_levels {
  int low, middle, high;
} oc_levels;
/* See training_images.c. */
typedef struct oc_training_images {
  int64_t images; /* 0: unknown */
  oc_levels brightness, border, contrast;
  double aspect_low, aspect_high; /* 0: unknown */
} oc_training_images;

/* Uses of a model, each with its own plans: as many as there were concurrent callers. */
enum { OC_USE_ONE = 0 /* predict one image */, OC_USE_MANY, OC_USE_SCORE, OC_USES };

typedef struct oc_model_use {
  oc_plan *plan;
  oc_input input;            /* what the plan is bound to */
  const oc_session *asks;    /* called between pieces whether to continue; NULL: none */
  struct oc_model_use *next; /* of those that no caller has borrowed */
} oc_model_use;

struct oc_model {
  char *net; /* canonical form; NULL: the graph was not made from a text */
  oc_image_shape size;
  oc_target outputs[OC_TARGETS_MAX];
  int output_count;
  int classes;    /* of the first output; 0: it is not a class */
  oc_arena names; /* of outputs and classes */
  oc_standardizer standardizer;
  oc_preprocessing preprocessing; /* its shape is `size` */
  bool mixed_sizes;               /* the training images had several before */
  oc_training_images training_images;
  double threshold;      /* see oc_model_threshold */
  oc_metadata metadata;  /* as in the model file, except its sums */
  const char *converted; /* see oc_model_converted */
  bool no_rule;          /* an ONNX file that does not say how images become its input */
  oc_session_options options;
  oc_graph *graph;
  oc_session *session;   /* the weights */
  oc_graph_mark network; /* what of the graph leads to the answers */
  oc_graph_mark own;     /* and to own_heads; its user may have added to it since */
  oc_heads own_heads;
  oc_model_nodes own_nodes;
  oc_heads heads; /* what the model was last trained for */
  oc_model_nodes nodes;
  /* and before that: alternating between two adds nothing to the graph; count 0: none */
  oc_heads earlier_heads;
  oc_model_nodes earlier_nodes;
  pthread_mutex_t lock;        /* of idle, and of making plans */
  oc_model_use *idle[OC_USES]; /* for the next callers */
};

/* m->graph from m's net, size and classes, without anything for training. */
oc_status oc_model_build(oc_model *m, oc_error *err);
/* A part of the model's graph, whose nodes keep their numbers; the caller frees *out. */
oc_status oc_model_copy_graph(const oc_model *m, const oc_graph_mark *part, oc_dtype type, oc_graph **out,
                              oc_error *err);
/* The variables so far will be copied from elsewhere: a session need not draw initial values, which takes
 * longer than reading a model. */
void oc_model_skip_init(oc_graph *g);
/* model_graph.c: the graph of m->graph's network from nodes.x to nodes.outputs[..].node gets what every model
 * has, with m->heads (those of a file, or count 0: the default). OC_E_DATA if these are not for m's size and
 * outputs. */
oc_status oc_model_finish_graph(oc_model *m, oc_error *err);
/* m->graph from the text in a model file; m's size, outputs and heads are known. */
oc_status oc_model_read_graph(oc_model *m, const char *text, oc_error *err);
/* The text for a model file, for oc_memory_free. */
oc_status oc_model_graph_text(const oc_model *m, char **text, oc_error *err);
/* Adds the content of a model file, except its frame, to `d`: its metadata, its graph and these heads. */
oc_status oc_model_describe(const oc_model *m, const oc_heads *h, oc_metadata *d, oc_error *err);
/* m's net (if it has one), outputs and size into its metadata. */
oc_status oc_model_note(oc_model *m, oc_error *err);
/* m->session from m's graph and options. */
oc_status oc_model_start(oc_model *m, oc_error *err);
/* A plan that reads an input: `training` as in oc_plan_options. Binds tf_x, or `feed` instead if it is a
 * node, and the targets of `heads` (NULL: none). */
typedef struct oc_plan_request {
  oc_session *session;
  const oc_model_nodes *nodes;
  const oc_node *fetches;
  int count;
  bool training;
  const oc_heads *heads;
  oc_node feed; /* features of frozen layers, see frozen.h */
} oc_plan_request;
/* How many images such a plan should take at a time: as oc_input_capacity returns, or fewer, so that it stays
 * below OC_PIECE_BYTES, if that can be done at all. */
oc_status oc_model_capacity(const oc_plan_request *r, oc_image_shape size, int64_t *out, oc_error *err);
oc_status oc_model_plan_bound(const oc_plan_request *r, const oc_input *input, oc_plan **out, oc_error *err);
/* A plan and input for a use, made if none is idle; for one caller until it is given back. From any
 * thread. */
oc_status oc_model_borrow(oc_model *m, int use, oc_model_use **out, oc_error *err);
void oc_model_give_back(oc_model *m, int use, oc_model_use *borrowed);
/* These heads, which were prepared, become the model's. */
void oc_model_set_heads(oc_model *m, const oc_heads *h, const oc_model_nodes *nodes);
/* Frees the plans that nobody has borrowed. */
void oc_model_forget_uses(oc_model *m);
/* Memory for images and the targets of heads (NULL: none). */
oc_status oc_model_input(const oc_model *m, int64_t capacity, const oc_heads *h, oc_input *out,
                         oc_error *err);
/* The same for images of another size. */
oc_status oc_model_input_of(oc_image_shape size, int64_t capacity, const oc_heads *h, oc_input *out,
                            oc_error *err);
/* A model with nothing in it; oc_model_free frees it. */
oc_status oc_model_new(oc_model **out, oc_error *err);

/* Where to look for the first value that is not finite: in all that leads to `until`, for the `samples` in
 * `input`. */
typedef struct oc_nonfinite {
  oc_session *session;
  const oc_model_nodes *nodes;
  const oc_input *input;
  int64_t samples;
  oc_node until;
  bool training; /* as in oc_plan_request */
  const oc_heads *heads;
  oc_node feed;
  oc_rng_counter position;
  /* what else is bound: placeholders, none where there is none, and their values */
  const oc_node *bound;
  float *const *values;
  int bound_count;
} oc_nonfinite;
/* Fills `err` with the layer. Returns OC_E_NOT_FINITE, or what went wrong while looking. */
oc_status oc_nonfinite_find(const oc_nonfinite *a, oc_error *err);
/* The same for a number of a model, up to `until`: its loss, an answer or another, in words for its user. */
oc_status oc_model_find_nonfinite(oc_model *m, const oc_input *input, int64_t samples, oc_node until,
                                  oc_error *err);

typedef struct oc_feature_source oc_feature_source; /* frozen.h */
/* The scored data: all of `data`, by a plan of the fetches of oc_heads_fetches. */
typedef struct oc_scoring {
  const oc_model *model;
  const oc_heads *heads;
  oc_model_use *use;
  oc_thread_pool *pool;
  const oc_dataset *data;
  const int *targets;                /* of the data, as oc_heads_check_data gives them */
  const oc_feature_source *features; /* that the plan is fed instead of the images; NULL: it takes images */
} oc_scoring;
/* Ends at the first batch whose loss is not finite: it is `loss` then, and its `samples` lie in
 * use->input. */
typedef struct oc_score {
  int64_t count, correct;     /* correct: of the first head, if its target is a class */
  double loss;                /* mean */
  double sums[OC_SCORES_MAX]; /* over the images, of what oc_model_nodes.scores are means */
  int64_t samples;
} oc_score;
/* What else a scoring writes, of a first head with a class; each may be NULL. */
typedef struct oc_score_detail {
  int64_t *confusion;   /* classes x classes, added to: row = true, column = predicted */
  int32_t *predictions; /* one for each image */
} oc_score_detail;
oc_status oc_model_score(const oc_scoring *s, oc_score *out, const oc_score_detail *detail, oc_error *err);
/* OC_E_DATA if one of `count` labels in an input, which begins with image `first`, is not a class of its
 * head: it cannot be right or wrong. */
oc_status oc_heads_check_labels(const oc_heads *h, const oc_input *input, int64_t first, int64_t count,
                                oc_error *err);
/* Room for the results of all of `d`, empty: for oc_evaluation_release. */
oc_status oc_evaluation_create(const oc_model *m, const oc_dataset *d, oc_evaluation *e, oc_error *err);
/* Fills accuracy, interval and per_class from confusion, classes and count. */
void oc_evaluation_finish(oc_evaluation *e);
/* Wilson's interval for `correct` of `count` at 95%. */
void oc_wilson_interval(int64_t correct, int64_t count, double *low, double *high);

/* ---- preprocessing.c ----------------------------------------------------------------------------------- */

/* The rule of the training images (NULL: none) becomes m's. */
void oc_preprocessing_take(oc_model *m, const oc_dataset *train_data);
/* The rule into m's metadata. */
oc_status oc_preprocessing_note(oc_model *m, oc_error *err);
/* From m's metadata, which was read from `path`. OC_E_DATA. */
oc_status oc_preprocessing_read(oc_model *m, const char *path, oc_error *err);
/* OC_E_UNSUPPORTED if it is not known how images become the model's input. */
oc_status oc_model_need_rule(const oc_model *m, oc_error *err);

/* ---- model_onnx.c -------------------------------------------------------------------------------------- */

/* True if the first bytes of the file are those of ONNX. */
bool oc_model_is_onnx(const char *path);
/* The model in an ONNX file, or in its bytes; `where` is for messages. */
oc_status oc_model_load_onnx(const char *path, const oc_session_options *session, oc_model **out,
                             oc_error *err);
oc_status oc_model_from_onnx(const void *bytes, size_t size, const char *where,
                             const oc_session_options *session, oc_model **out, oc_error *err);
/* The bytes of an ONNX file, and its folder; released after a failure, too. */
typedef struct oc_onnx_file_bytes {
  unsigned char *bytes;
  size_t size;
  char *folder;
} oc_onnx_file_bytes;
oc_status oc_onnx_file_read(const char *path, oc_onnx_file_bytes *out, oc_error *err);
void oc_onnx_file_release(oc_onnx_file_bytes *f);

/* ---- training_images.c --------------------------------------------------------------------------------- */

/* From the statistics of the training images, which are not none, and their sizes. */
void oc_training_images_take(oc_model *m, const oc_image_statistics *s, const oc_dataset *train_data);
/* Into m's metadata. */
oc_status oc_training_images_note(oc_model *m, oc_error *err);
/* From m's metadata, which was read from `path`. OC_E_DATA. */
oc_status oc_training_images_read(oc_model *m, const char *path, oc_error *err);
/* Standardizer and statistics of the training images, in one pass, and into m's metadata. */
oc_status oc_model_look_at(oc_model *m, const oc_dataset *train_data, oc_standardize how, oc_error *err);

/* ---- threshold.c --------------------------------------------------------------------------------------- */

/* From m's metadata, which was read from `path`. OC_E_DATA. */
oc_status oc_threshold_read(oc_model *m, const char *path, oc_error *err);

/* ---- outputs.c ----------------------------------------------------------------------------------------- */

/* True for a classifier as in the lecture: one output, a class, called "label". */
bool oc_model_plain(const oc_model *m);
/* UTF-8 without control characters: what a file may hold and a terminal be shown. */
bool oc_class_name_is_sound(const char *name);
/* Adds an output like this; everything is copied. OC_E_DATA: a name, size or class name that no file can
 * store. */
oc_status oc_model_add_output(oc_model *m, const oc_target *like, oc_error *err);
/* class_names.c: oc_model_load_class_names for a text of `size` bytes, which it changes, with a 0 after
 * them. */
oc_status oc_model_class_names_of(oc_model *m, char *text, size_t size, const char *where, oc_error *err);
/* The outputs into m's metadata. */
oc_status oc_outputs_note(oc_model *m, oc_error *err);
/* From a file's "classes" or "outputs", of which one is not NULL. OC_E_DATA. */
oc_status oc_outputs_read(oc_model *m, const char *classes, const char *outputs, const char *path,
                          oc_error *err);

/* ---- head_nodes.c -------------------------------------------------------------------------------------- */

/* Answers of n's outputs, whose nodes are there. */
void oc_model_add_answers(oc_graph *g, const oc_model *m, oc_model_nodes *n);
/* Targets, losses and metrics; of the lecture's classifier targets[0], tf_y, is there. */
void oc_model_add_heads(oc_graph *g, const oc_model *m, const oc_heads *h, oc_model_nodes *n);
/* The losses of these heads again, where a target of the heads has a distribution (n, classes), and their
 * sum: scores and loss of n change. */
void oc_model_add_soft_heads(oc_graph *g, const oc_model *m, const oc_heads *h, const oc_node *distributions,
                             oc_model_nodes *n);
/* A copy of the model's network with these heads; the caller frees *out. */
oc_status oc_model_graph_with(const oc_model *m, const oc_heads *h, oc_dtype type, oc_graph **out,
                              oc_model_nodes *nodes, oc_error *err);
/* Adds to the model's graph what scoring by other heads needs; oc_model_set_heads makes them the model's
 * own. */
oc_status oc_model_prepare_heads(oc_model *m, const oc_heads *h, oc_model_nodes *nodes, oc_error *err);
/* What scoring fetches: the first head's label (its loss, if it has none), the loss and, except for the
 * lecture's classifier, the scores. Returns how many, at most 2 + OC_SCORES_MAX. */
int oc_heads_fetches(const oc_model *m, const oc_heads *h, const oc_model_nodes *n, oc_node *out);

/* ---- summary.c ---------------------------------------------------------------------------------------- */

/* The last operation that computes of each layer, in the order of oc_model_layers, -1 for a layer without
 * one. The caller frees *out. */
oc_status oc_model_layer_ends(const oc_model *m, int32_t **out, int *count, oc_error *err);

/* ---- network.c ---------------------------------------------------------------------------------------- */

/* The sizes of a network alone; its text and classes with their defaults. */
oc_status oc_network_check(const oc_network *n, oc_error *err);
const char *oc_network_text(const oc_network *n);
int oc_network_classes(const oc_network *n);
/* A model of it that has a graph and no session: for what reads graphs. oc_model_free frees it. */
oc_status oc_network_model(const oc_network *n, oc_model **out, oc_error *err);

/* ---- tensor_table.c ------------------------------------------------------------------------------------ */

/* A growing table of tensors for a file. Zero-initialize; oc_tensor_table_release frees names and rows, not
 * data. */
typedef struct oc_tensor_table {
  oc_named_tensor *rows;
  int count;
  int64_t capacity;
  oc_arena names;
} oc_tensor_table;
/* Adds prefix + name. */
oc_status oc_tensor_table_add(oc_tensor_table *t, const char *prefix, const char *name, oc_tensor tensor,
                              oc_error *err);
/* Variables 0 .. count-1 of a session. */
oc_status oc_tensor_table_add_variables(oc_tensor_table *t, const char *prefix, const oc_session *s,
                                        int count, oc_error *err);
void oc_tensor_table_release(oc_tensor_table *t);
/* Its numbers as tensors: (h,w,c) and a scalar, or both (c). */
void oc_standardizer_as_tensors(const oc_standardizer *s, oc_image_shape size, oc_tensor *mean,
                                oc_tensor *deviation);
/* input/mean and input/deviation. */
oc_status oc_standardizer_tensors(const oc_standardizer *standardizer, oc_image_shape size,
                                  oc_tensor_table *t, oc_error *err);
/* The model's own: its variables and its standardization. */
oc_status oc_model_tensors(const oc_model *m, oc_tensor_table *t, oc_error *err);

/* session_file.c: "folder/stem-EPOCH.safetensors", from the heap. */
oc_status oc_epoch_path(const char *folder, const char *stem, int epoch, char **path, oc_error *err);

/* ---- model_file.c -------------------------------------------------------------------------------------- */

/* Where a file goes: to `path`, or, if that is NULL, into memory for the caller to free with
 * oc_memory_free. */
typedef struct oc_model_target {
  const char *path;
  unsigned char **bytes;
  size_t *size;
} oc_model_target;
/* Writes the table as a file of this `kind` ("model", "checkpoint", "variables") with its two sums. The bytes
 * depend on the content only. OC_E_NOT_FINITE, naming the tensor, if one holds NaN or infinity: no load would
 * take it. */
oc_status oc_model_write(const oc_model_target *to, const char *kind, const oc_tensor_table *t,
                         const oc_metadata *metadata, oc_error *err);

/* A file of ours being read. */
typedef struct oc_model_source {
  const char *where; /* its name in messages */
  oc_safetensors file;
  bool converts;         /* true if tensors may have another real type */
  const char *converted; /* the type of the first that was, or NULL */
  oc_fast_state fast;    /* right: no other sum is made */
  oc_sum_parts parts;    /* of the sum of the tensors ... */
  oc_async_hash *hash;   /* ... which is computed while reading; NULL: on demand */
} oc_model_source;
/* `aside`: with another thread that makes the sum meanwhile. Nothing but the safetensors format is checked.
 * The caller releases; on failure *out is empty. */
oc_status oc_model_source_file(const char *path, bool aside, oc_model_source *out, oc_error *err);
/* `bytes` must stay until *out is released. */
oc_status oc_model_source_memory(const void *bytes, size_t size, oc_model_source *out, oc_error *err);
void oc_model_source_release(oc_model_source *from);
/* Format, version, sum of the metadata, kind. */
oc_status oc_model_check_frame(const oc_model_source *from, const char *kind, oc_error *err);
/* The sum of the tensors, once the frame is known to be right. */
oc_status oc_model_check_sum(const oc_model_source *from, oc_error *err);
/* Both. */
oc_status oc_model_check_whole(const oc_model_source *from, const char *kind, oc_error *err);
/* Reads a file of this kind and checks it whole. The caller releases. */
oc_status oc_model_read(const char *path, const char *kind, oc_model_source *out, oc_error *err);
oc_status oc_model_missing(const oc_model_source *from, const char *key, oc_error *err);
/* True if tensor `name` is in the file, with this shape and dtype, or one that can be converted. */
oc_status oc_model_expect(oc_model_source *from, const char *name, oc_dtype dtype, const oc_shape *shape,
                          oc_error *err);
/* Copies tensor `name` out of the file; it must pass oc_model_expect, and be finite. */
oc_status oc_model_take(oc_model_source *from, const char *name, const oc_tensor *to, oc_error *err);
/* The same for variables 0 .. count-1 of a session, each under prefix + its name. */
oc_status oc_model_take_variables(oc_model_source *from, const char *prefix, oc_session *s, int count,
                                  oc_error *err);
/* `count` elements of any type, anywhere in memory; integers are finite. */
bool oc_tensor_finite(const oc_tensor *t, int64_t count);

/* ---- model_load.c -------------------------------------------------------------------------------------- */

/* The model in a file of kind "model" or "checkpoint". */
oc_status oc_model_from(oc_model_source *from, const oc_session_options *session, oc_model **out,
                        oc_error *err);

#endif
