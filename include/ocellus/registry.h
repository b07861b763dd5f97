/* registry.h: operations, layers, optimizers and data sources of your own, added at run time through
 * descriptors like the built-in ones.
 *
 *   oc_custom_op swish = {.name = "mine.swish"};
 *   oc_custom_layer layer = {.name = "mine.swish", .activates = true};
 *   oc_registry *r;
 *   oc_registry_create(&r, &err);
 *   oc_registry_add_op(r, &swish, &err);
 *   oc_registry_add_layer(r, &layer, &err);
 *   oc_session_options session = {.registry = r};
 *   oc_model_options how = {.net = "conv 3x3x8 mine.swish | dense CLASSES", .session = &session};
 *   oc_model_create(data.train, &how, &model, &err);
 *   oc_registry_free(r);
 *
 * (The functions of `swish` and `layer` are left out here; examples/custom.c has all of them.)
 *
 * A registry is an option of everything that looks up a name: oc_graph_options, oc_session_options (for
 * models), oc_net_options, oc_data_options, oc_optimizer_options and oc_fit_options. NULL means the
 * built-in rows alone, a registry its rows in addition.
 *
 * Descriptors are copied, with all texts and lists in them, so they need not outlive the call that adds
 * them. The functions and `context` must live as long as the registry does. A registry counts its owners:
 * the caller, until oc_registry_free, and each graph made with it, until that is freed (a model owns a
 * graph). So a registry may be freed as soon as nothing more will be made with it.
 *
 * Names: 1 to 20 lower-case letters, digits, '_' and '.', beginning with a letter. A name is free if no
 * built-in row of its kind has it, and no row of the registry. No built-in name has a dot: "mine.swish"
 * stays free in later versions.
 *
 * An operation of the caller has two functions, for float32 and for float64. They are its reference
 * implementation, and it has no other kernels. Plans run it like a built-in one, on chunks of samples and
 * on several threads. Results have the same bits for any number of threads if these functions depend on
 * their arguments alone.
 *
 * Threads: a registry belongs to one caller while rows are added. Its first use closes it for more rows;
 * from then on any number of threads may use it. The library may call an operation's `run_f32`, `run_f64`,
 * `cost` and `scratch` from several threads concurrently; all other functions of a descriptor are called
 * on the thread of the caller. */
#ifndef OCELLUS_REGISTRY_H
#define OCELLUS_REGISTRY_H
#include "data.h"
#include "graph.h"
#include "hyperparameter.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_registry oc_registry;

/* Makes an empty registry. The caller frees *out with oc_registry_free; on failure it is NULL.
 * OC_E_MEMORY. */
OC_API oc_status oc_registry_create(oc_registry **out, oc_error *err);
/* Gives up the caller's share: the registry is freed with the last graph that was made with it. NULL is
 * fine. */
OC_API void oc_registry_free(oc_registry *r);

/* ---- operations ---------------------------------------------------------------------------------------- */

/* One use of an operation, and one call of it, for the functions below. Both are valid until your function
 * returns. */
typedef struct oc_op_info oc_op_info;
typedef struct oc_call oc_call;

typedef struct oc_cost {
  double flops; /* a multiply-add is two */
  double bytes; /* read and written, each tensor once */
} oc_cost;

/* What an attribute is. Whole numbers and reals may be arrays. */
typedef enum oc_attribute_kind {
  OC_ATTRIBUTE_BOOL = 0,
  OC_ATTRIBUTE_INT,
  OC_ATTRIBUTE_I64,
  OC_ATTRIBUTE_F64,
  OC_ATTRIBUTE_DTYPE, /* oc_dtype; OC_F32 and OC_F64 both mean the graph's real type */
  OC_ATTRIBUTE_SHAPE, /* oc_shape */
  OC_ATTRIBUTE_AXES,  /* int for each axis of input 0, OC_MAX_RANK of them */
  OC_ATTRIBUTE_MASK   /* unsigned: bit i is axis i */
} oc_attribute_kind;

/* A field of an attribute struct, under the name that model files have it by: it never changes. */
typedef struct oc_attribute {
  const char *name;
  oc_attribute_kind kind;
  size_t offset;
  int count; /* elements of an array, or 1 */
} oc_attribute;

typedef struct oc_custom_op {
  size_t struct_size;    /* sizeof(oc_custom_op); 0: that of version 0.1 */
  const char *name;      /* "swish", as model files have it */
  const char *node_name; /* default name of its nodes, letters, digits, _ . and -; NULL: name */
  void *context;         /* for your functions: oc_op_context */
  /* The attribute struct: plain memory without pointers. Each use has a copy. Its fields, ended by a row
   * without a name, are what files and copies of a graph keep; what a field may be is for `infer` to
   * check, since a file can hold anything. */
  size_t attribute_bytes;
  const oc_attribute *attributes;
  int inputs; /* exactly so many, 1 or more; 0: 1 or more, and `infer` checks */
  /* May stand in a model's file. What has a gradient may anyway. */
  bool stored;
  /* There is one input, output 0 has its shape, and each element depends on the input's element at the
   * same index alone. Traces then go through the operation. */
  bool elementwise;
  /* Checks inputs and attributes, and sets the outputs in order (oc_op_set_output). On failure it returns
   * a code, with err->message and err->hint for the user. `err` is never NULL, and empty before. */
  oc_status (*infer)(oc_op_info *info, oc_error *err);
  /* Computes all outputs of one call from its inputs, float32 and float64 for real tensors. Both must
   * compute the same. A code other than OC_OK ends the run of the plan: oc_plan_run returns it with the
   * operation's name and the message in `err`, and there are no results. Some variables of a training step
   * may have changed by then. */
  oc_status (*run_f32)(const oc_call *call, oc_error *err);
  oc_status (*run_f64)(const oc_call *call, oc_error *err);
  /* Adds the operations of the gradient to `g`. `node` is output 0 of this use. dy[i]: gradient of output
   * i, or the invalid node if the loss does not depend on it. Sets dx[i], of the shape and type of input
   * i, where that has a gradient. NULL: there is none. */
  void (*gradient)(oc_graph *g, oc_node node, const oc_op_info *info, const oc_node *dy, oc_node *dx);
  /* For `batch` samples. NULL: no flops, bytes of inputs and outputs. */
  oc_cost (*cost)(const oc_op_info *info, int64_t batch);
  /* Bytes of scratch memory for a call with up to `samples` samples. NULL: none. */
  size_t (*scratch)(const oc_op_info *info, int64_t samples);
} oc_custom_op;

/* Adds an operation. Both run functions, `infer` and `name` are needed. OC_E_ARGUMENT: a member is
 * missing, out of range, or a name that is taken; the registry was used already. OC_E_MEMORY. After a
 * failure the registry is as before. */
OC_API oc_status oc_registry_add_op(oc_registry *r, const oc_custom_op *op, oc_error *err);
/* Adds a use of the operation `name` of the graph's registry, with inputs[0..count-1] and `attributes`
 * (copied; NULL: zeros), and returns its output 0. The graph fails with OC_E_ARGUMENT if there is no such
 * operation, and with what its shape rule says. */
OC_API oc_node oc_graph_custom_op(oc_graph *g, const char *name, const oc_node *inputs, int count,
                                  const void *attributes);
/* Output `out` of the operation that `node` is output 0 of; the invalid node if there is none. */
OC_API oc_node oc_node_output(const oc_graph *g, oc_node node, int out);
/* Input i of the operation of `node`; the invalid node if there is none. */
OC_API oc_node oc_node_input(const oc_graph *g, oc_node node, int i);
/* Marks a graph as failed from within a function of yours; the first failure stays. Returns the invalid
 * node. `where` and `hint` may be "". The code is any OC_E_ of the list. */
OC_API oc_node oc_graph_fail(oc_graph *g, oc_status code, const char *where, const char *hint,
                             const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The descriptor's context, which the caller owns; NULL for a built-in operation. */
OC_API void *oc_op_context(const oc_op_info *info);
/* The attributes of this use, as long as the graph lives; NULL if it has none. */
OC_API const void *oc_op_attributes(const oc_op_info *info);
/* Name of the node, such as "conv_1/swish", for messages. It lives as long as the graph. */
OC_API const char *oc_op_node_name(const oc_op_info *info);
/* Number of inputs. */
OC_API int oc_op_input_count(const oc_op_info *info);
/* Shape of input i, whose axis 0 may be OC_BATCH; a scalar's if there is no such input. */
OC_API oc_shape oc_op_input_shape(const oc_op_info *info, int i);
/* Type of input i; OC_F32 or OC_F64, as the graph has it, for real tensors. */
OC_API oc_dtype oc_op_input_dtype(const oc_op_info *info, int i);
/* Shape of output i; a scalar's if there is no such output. */
OC_API oc_shape oc_op_output_shape(const oc_op_info *info, int i);
/* Type of output i. */
OC_API oc_dtype oc_op_output_dtype(const oc_op_info *info, int i);
/* For `infer`: output i, 0 to 3, each after the one before, has this type and shape. OC_F32 and OC_F64
 * both mean the graph's real type. Axis 0 may be OC_BATCH if that of an input is: each sample then follows
 * from the same sample of the inputs. An output without batch axis made from inputs with one is a sum over
 * the samples, of the real type; `run` gives the sum over its own samples. */
OC_API void oc_op_set_output(oc_op_info *info, int i, oc_dtype dtype, oc_shape shape);

/* The use that is called. It lives during the call. */
OC_API const oc_op_info *oc_call_info(const oc_call *call);
/* The elements of input i, of this call's samples if it is batched, else all; NULL if there is no such
 * input. They live during the call. */
OC_API const void *oc_call_input(const oc_call *call, int i);
/* Memory for the elements of output i, to be filled whole; NULL if there is no such output. It lives
 * during the call. */
OC_API void *oc_call_output(const oc_call *call, int i);
/* Number of elements of input i in this call. */
OC_API int64_t oc_call_input_elements(const oc_call *call, int i);
/* Number of elements of output i in this call. */
OC_API int64_t oc_call_output_elements(const oc_call *call, int i);
/* Samples of this call, 1 or more. */
OC_API int64_t oc_call_samples(const oc_call *call);
/* The index in the batch of this call's first sample. */
OC_API int64_t oc_call_first_sample(const oc_call *call);
/* Samples of the whole run. */
OC_API int64_t oc_call_batch(const oc_call *call);
/* True in a plan for training. */
OC_API bool oc_call_training(const oc_call *call);
/* As many bytes as `scratch` returned, 64-byte aligned, not zeroed, this thread's own. They live during
 * the call. */
OC_API void *oc_call_scratch(const oc_call *call);

/* ---- layers -------------------------------------------------------------------------------------------- */

/* A layer of a net text, read by the functions below while `build` runs. */
typedef struct oc_layer oc_layer;

/* Words that a layer may take after its sizes and numbers, in any order, each once. */
enum {
  OC_LAYER_ACT = 1 << 0,
  OC_LAYER_STRIDE = 1 << 1,
  OC_LAYER_SAME = 1 << 2, /* same, valid */
  OC_LAYER_FULL = 1 << 3, /* and full, pad N */
  OC_LAYER_DILATION = 1 << 4,
  OC_LAYER_GROUPS = 1 << 5,
  OC_LAYER_NOBIAS = 1 << 6,
  OC_LAYER_INIT = 1 << 7,
  OC_LAYER_BN = 1 << 8 /* oc_layer_finish adds batch normalization instead of the bias */
};

typedef struct oc_custom_layer {
  size_t struct_size;  /* sizeof(oc_custom_layer); 0: that of version 0.1 */
  const char *name;    /* "swish", in net texts */
  const char *summary; /* one line, without a period; NULL: none */
  const char *scope;   /* "conv": its operations stand in the scope conv_1; NULL: name */
  void *context;       /* for your functions: oc_layer_context */
  bool weighted;       /* numbered together with all layers that have weights */
  /* "N", "HxWxC": as many whole numbers, 1 to 16777216, as there are names, 3 at most; NULL: none */
  const char *sizes;
  bool classes; /* CLASSES may stand for the size, of which there is one */
  /* Decimal numbers after the sizes, in this order, required ones first, ended by a row without a name, 6 at
   * most; NULL: none */
  const oc_hyperparameter *hyperparameters;
  unsigned words; /* OC_LAYER_ACT | OC_LAYER_INIT and so on */
  bool activates; /* needs no sizes and numbers, and may stand for ACT in other layers */
  /* Adds the layer's operations to `x`, whose axis 0 is OC_BATCH, in its scope, and returns the last. An
   * error marks the graph as failed (oc_graph_fail). */
  oc_node (*build)(oc_graph *g, const oc_layer *layer, oc_node x);
} oc_custom_layer;

/* Adds a layer. `name` and `build` are needed. Words of net texts (stride, same, glorot_uniform, a preset)
 * cannot be names. OC_E_ARGUMENT, OC_E_MEMORY: as of oc_registry_add_op. */
OC_API oc_status oc_registry_add_layer(oc_registry *r, const oc_custom_layer *layer, oc_error *err);

/* The sizes and words of a layer in the text, with the defaults filled in. */
typedef struct oc_layer_words {
  int64_t size[3];
  int64_t stride[2], dilation[2], groups; /* rows, columns; each 1 by default */
  oc_padding padding;
  int64_t pad; /* of OC_PAD_EXPLICIT, on each side */
  bool nobias;
  oc_init_kind init;
} oc_layer_words;
/* Fills *out. */
OC_API void oc_layer_read(const oc_layer *layer, oc_layer_words *out);
/* The value of the i-th hyperparameter; 0 if there is none. */
OC_API double oc_layer_value(const oc_layer *layer, int i);
/* The descriptor's context, which the caller owns. */
OC_API void *oc_layer_context(const oc_layer *layer);
/* Adds the bias (a variable of `outputs` zeros) or batch normalization, and the activation to x, as far as
 * the text has them. */
OC_API oc_node oc_layer_finish(oc_graph *g, const oc_layer *layer, oc_node x, int64_t outputs);

/* ---- optimizers ---------------------------------------------------------------------------------------- */

/* A training step while it is being built. */
typedef struct oc_minimizer oc_minimizer;

typedef struct oc_custom_optimizer {
  size_t struct_size;  /* sizeof(oc_custom_optimizer); 0: that of version 0.1 */
  const char *name;    /* "lion" */
  const char *summary; /* one line, without a period; NULL: none */
  void *context;       /* for `apply`: oc_minimizer_context */
  /* All that it takes besides the learning rate, each with a default, ended by a row without a name, 6 at
   * most; NULL: none. One named "weight_decay" applies to matrices and kernels alone: see `decay`. Names
   * that the record of a run or a schedule uses, such as "batch" and "l2", are refused. */
  const oc_hyperparameter *hyperparameters;
  /* Adds the operations that change `variable` (oc_assign, oc_assign_add) by its gradient, and returns the
   * one that runs them all (oc_group). The gradient has been clipped already. `decay` is the weight decay
   * of this variable: 0 where weights do not decay. */
  oc_node (*apply)(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay);
} oc_custom_optimizer;

/* Adds an optimizer. `name` and `apply` are needed. OC_E_ARGUMENT, OC_E_MEMORY: as of oc_registry_add_op. */
OC_API oc_status oc_registry_add_optimizer(oc_registry *r, const oc_custom_optimizer *optimizer,
                                           oc_error *err);

/* The value of the i-th hyperparameter; 0 if there is none. */
OC_API double oc_minimizer_value(const oc_minimizer *m, int i);
/* A scalar: the learning rate of the step. */
OC_API oc_node oc_minimizer_learning_rate(const oc_minimizer *m);
/* A scalar variable: how many steps have been finished. */
OC_API oc_node oc_minimizer_step(const oc_minimizer *m);
/* A variable of zeros like `variable`, named "<variable>/<name>", that is not trained: the optimizer's
 * state, which checkpoints keep. */
OC_API oc_node oc_minimizer_slot(oc_minimizer *m, oc_node variable, const char *name);
/* The descriptor's context, which the caller owns. */
OC_API void *oc_minimizer_context(const oc_minimizer *m);

/* ---- data sources -------------------------------------------------------------------------------------- */

typedef struct oc_custom_source {
  size_t struct_size;  /* sizeof(oc_custom_source); 0: that of version 0.1 */
  const char *name;    /* "shapes" */
  const char *syntax;  /* "shapes[:COUNT]"; NULL: name */
  const char *summary; /* one line, without a period; NULL: none */
  void *context;       /* for your functions */
  /* Returns true if `where` is such data. Called in the order of adding, before the built-in sources.
   * NULL: true for NAME and for NAME followed by ':'. */
  bool (*accepts)(void *context, const char *where);
  /* Fills *out, which is empty, with one dataset or more (oc_dataset_from_memory,
   * oc_dataset_from_callback). The library frees them. `options` has its defaults filled in. If `train` is
   * there and `valid` is not, the library splits off the validation part according to options->valid. On
   * failure it returns a code, with err->message and err->hint for the user. `err` is never NULL. */
  oc_status (*open)(void *context, const char *where, const oc_data_options *options, oc_data *out,
                    oc_error *err);
} oc_custom_source;

/* Adds a data source. `name` and `open` are needed. OC_E_ARGUMENT, OC_E_MEMORY: as of oc_registry_add_op. */
OC_API oc_status oc_registry_add_source(oc_registry *r, const oc_custom_source *source, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
