/* model.h (internal): a classifier as the files of src/model and the training loop see it.
 *
 *   model.c       making and freeing; the graph every model has
 *   input.c       pictures on their way in
 *   predict.c     probabilities
 *   evaluate.c    scores on a dataset
 *   tensor_table.c, model_file.c  saving and loading; checkpoints are files of the same kind
 *   summary.c     layers */
#ifndef OC_MODEL_MODEL_H
#define OC_MODEL_MODEL_H
#include "formats/safetensors.h"
#include "model/input.h"
#include "ocellus/model.h"
#include "plan/session.h"
#include <pthread.h>

#define OC_MODEL_FORMAT_VERSION 1
/* No more than this is read of a model file. */
#define OC_MODEL_MAX_BYTES ((size_t)4 << 30)

/* The tensors of the graph under the lecture's names; loss and accuracy are means over the batch. */
typedef struct oc_model_nodes {
  oc_node x, y;          /* tf_x (?,h,w,c), tf_y (?) int32 */
  oc_node logits;        /* (?,classes) */
  oc_node probabilities; /* probabilities */
  oc_node labels;        /* labels: the most probable class */
  oc_node loss;          /* cross_entropy_loss */
  oc_node accuracy;      /* accuracy */
} oc_model_nodes;

/* Uses of a model, each with plans of its own: as many as callers were there at once. */
enum { OC_USE_ONE = 0 /* predict one picture */, OC_USE_MANY, OC_USE_SCORE, OC_USES };

typedef struct oc_model_use {
  oc_plan *plan;
  oc_input input;            /* what the plan is bound to */
  struct oc_model_use *next; /* of those that nobody has borrowed */
} oc_model_use;

struct oc_model {
  char *net; /* normal form */
  oc_picture_size size;
  int classes;
  char **class_names; /* [classes] */
  oc_standard standard;
  oc_metadata metadata; /* as in the model file, but for its hash */
  oc_session_options options;
  oc_graph *graph;
  oc_session *session; /* the weights */
  oc_model_nodes nodes;
  pthread_mutex_t lock;        /* of idle, and of making plans */
  oc_model_use *idle[OC_USES]; /* for the next callers */
};

/* A graph for m's net, size and classes, without anything for training. `options` may be NULL. The caller frees *g. */
oc_status oc_model_build(const oc_model *m, const oc_graph_options *options, oc_graph **g,
                         oc_model_nodes *nodes, oc_error *err);
/* The variables so far will be copied from elsewhere: a session need not draw initial values, which takes
 * longer than reading a model. */
void oc_model_skip_init(oc_graph *g);
/* m->graph and m->session from m's net, size, classes and options. */
oc_status oc_model_start(oc_model *m, oc_error *err);
/* Can the model be trained or scored on this dataset (size, labels, not empty)? `what` names it in messages.
 */
oc_status oc_model_check_data(const oc_model *m, const oc_dataset *d, const char *what, oc_error *err);

/* A plan that reads an input: `training` as in oc_plan_options. Binds tf_x, and tf_y if the plan has it
 * (`labels`). */
typedef struct oc_plan_request {
  oc_session *session;
  const oc_model_nodes *nodes;
  const oc_node *fetches;
  int count;
  bool training, labels;
} oc_plan_request;
oc_status oc_model_plan_bound(const oc_plan_request *r, const oc_input *input, oc_plan **out, oc_error *err);
/* A plan and input for a use, made if none is idle; for one caller until it is given back. From any thread. */
oc_status oc_model_borrow(oc_model *m, int use, oc_model_use **out, oc_error *err);
void oc_model_give_back(oc_model *m, int use, oc_model_use *borrowed);
/* A model with nothing in it; oc_model_free frees it. */
oc_status oc_model_new(oc_model **out, oc_error *err);

/* Correct answers and loss on all of `d`, from a plan that fetches labels and loss. `confusion` (classes x
 * classes) and `predictions` may be NULL. */
typedef struct oc_score {
  int64_t count, correct;
  double loss; /* mean */
} oc_score;
oc_status oc_model_score(const oc_model *m, oc_model_use *use, oc_pool *pool, const oc_dataset *d,
                         oc_score *out, int64_t *confusion, int32_t *predictions, oc_error *err);
/* Fills accuracy, interval and per_class from confusion, classes and count. */
void oc_evaluation_finish(oc_evaluation *e);
/* Wilson's interval for `correct` of `count` at 95 %. */
void oc_wilson_interval(int64_t correct, int64_t count, double *low, double *high);

/* ---- tensor_table.c ------------------------------------------------------------------------------------ */

/* A growing table of tensors for a file. Zero-initialise; oc_tensor_table_release frees names and rows, not
 * data. */
typedef struct oc_tensor_table {
  oc_named_tensor *rows;
  int count, capacity;
  oc_arena names;
} oc_tensor_table;
/* Adds prefix + name. */
oc_status oc_tensor_table_add(oc_tensor_table *t, const char *prefix, const char *name, oc_tensor tensor,
                              oc_error *err);
/* Variables 0 .. count-1 of a session. */
oc_status oc_tensor_table_add_variables(oc_tensor_table *t, const char *prefix, const oc_session *s,
                                        int count, oc_error *err);
void oc_tensor_table_release(oc_tensor_table *t);
/* input/mean and input/deviation. */
oc_status oc_standard_tensors(const oc_standard *standard, oc_picture_size size, oc_tensor_table *t,
                              oc_error *err);
/* The model's own: its variables and its standardisation. */
oc_status oc_model_tensors(const oc_model *m, oc_tensor_table *t, oc_error *err);

/* session_file.c: "folder/stem-EPOCH.safetensors", from the heap. */
oc_status oc_epoch_path(const char *folder, const char *stem, int epoch, char **path, oc_error *err);

/* ---- model_file.c -------------------------------------------------------------------------------------- */

/* Writes the table as a file of this `kind` ("model", "checkpoint") with the hash of its tensors. */
oc_status oc_model_write(const char *path, const char *kind, const oc_tensor_table *t,
                         const oc_metadata *metadata, oc_error *err);
/* Reads a file of this kind and checks format, version and hash. The caller releases. */
oc_status oc_model_read(const char *path, const char *kind, oc_safetensors *out, oc_error *err);
/* The model in a file of kind "model"; `path` is for messages. */
oc_status oc_model_from(const oc_safetensors *file, const char *path, const oc_session_options *session,
                        oc_model **out, oc_error *err);
/* Is tensor `name` in the file, with this dtype and shape? */
oc_status oc_model_expect(const oc_safetensors *file, const char *path, const char *name, oc_dtype dtype,
                          const oc_shape *shape, oc_error *err);
/* Copies tensor `name` out of the file; it must be as oc_model_expect says, and finite. */
oc_status oc_model_take(const oc_safetensors *file, const char *path, const char *name, const oc_tensor *to,
                        oc_error *err);
/* The same for variables 0 .. count-1 of a session, each under prefix + its name. */
oc_status oc_model_take_variables(const oc_safetensors *file, const char *path, const char *prefix,
                                  oc_session *s, int count, oc_error *err);

#endif
