/* op.h: defines an operation for the graph, the planner, the kernels and the tests.
 *
 * An operation is one file in src/ops: its attributes (in ops.h if others use them), shape rule, gradient,
 * cost, reference implementation and builder, and at the end OC_DEFINE_OP. Each file of src/ops is compiled
 * twice, with `real` as float and as double, so that one definition serves for training and, in double, for
 * checking gradients. Everything that must exist once (builders) stands under #ifdef OC_OPS_FLOAT.
 *
 * How work is cut: a value whose axis 0 is OC_BATCH is batched. - An operation with a batched input is run on
 * chunks of samples. Its batched outputs depend sample by sample on its batched inputs. Its other outputs are
 * sums over the samples: a call writes the sum over its own samples, and the plan adds the chunks' sums along
 * a fixed tree (base/tree.h). - An operation without a batched input is run once, in `parts` independent
 * parts if it has how many. */
#ifndef OC_GRAPH_OP_H
#define OC_GRAPH_OP_H
#include "base/error.h"
#include "ocellus/graph.h"
#include "ocellus/registry.h"
#include <stdatomic.h>
#include <stddef.h>

#define OC_MAX_OUT 4
/* An operation may have any number of inputs. Only the first ones can be changed in place or exchanged for
 * others in a plan without training: they are known in an operation's own file, so they are as few as a
 * formula has letters. */
#define OC_MARKED_INPUTS 8

struct oc_op;
struct oc_custom_rows;

/* Inside the library an operation is an index from 0 on; oc_node counts from 1, so that a zeroed one is
 * none. */
static inline int32_t oc_node_index(oc_node node) {
  return node.number - 1;
}
static inline oc_node oc_node_of(int32_t op, int32_t out) {
  return (oc_node){.number = op + 1, .out = out};
}

typedef struct oc_tensor_desc {
  oc_dtype dtype;
  oc_shape shape;
} oc_tensor_desc;

/* One use of an operation: everything about it that does not change from run to run. */
struct oc_op_info {
  const struct oc_op *op;
  const void *attrs; /* the operation's own struct, or NULL */
  const char *name;  /* "conv_1/Conv2D", for messages */
  uint64_t stream;   /* random stream of dropout: OC_STREAM_OP + index of the operation in the graph */
  int n_in, n_out;
  oc_tensor_desc *in; /* [n_in], in the memory of the owner: graph, plan or test */
  oc_tensor_desc out[OC_MAX_OUT];
  /* In a plan: inputs without batch axis are the same for many runs, so that a kernel may prepack even large
   * ones. */
  bool fixed;
};

/* The first failure of a caller's operation in a run. Built-in ones cannot fail. */
typedef struct oc_run_failure {
  atomic_bool taken;
  oc_error error;
} oc_run_failure;

/* The state of one run, the same for all steps. */
typedef struct oc_run_state {
  uint64_t seed, epoch, sample; /* sample: position in the epoch of the batch's first sample */
  bool training;
  oc_run_failure *failure; /* NULL: failures are ignored */
} oc_run_state;

/* One call of a definition or kernel. Pointers to batched values point at sample `first`. */
struct oc_call {
  const oc_op_info *info;
  const void **in;       /* [info->n_in] */
  void *out[OC_MAX_OUT]; /* NULL for an unused output only if the op allows it */
  int64_t samples;       /* in this call, >= 1 */
  int64_t first;         /* index in the batch of the first of them */
  int64_t batch;         /* samples of the whole run */
  int64_t plan_batch;    /* samples that the plan is for, of which this run has `batch` */
  int64_t chunk;         /* samples of a leaf of base/tree.h: a power of two, at most 8 */
  int64_t part, parts;   /* for operations or kernels that cut themselves; else 0 of 1 */
  const oc_run_state *state;
  void *scratch; /* 64-byte aligned, this worker's own, of the size that scratch() returned, not zeroed */
  /* True on every second run: the kernel may then read streamed data from end to start, to use data that is
   * still in cache. Results must not depend on it. */
  bool read_reversed;
  const void *prepacked; /* kernels only: what prepack() made */
};

typedef void (*oc_run_fn)(const oc_call *call);

/* OC_FIELD(I64, oc_conv2d_attrs, stride): one number, or a field of another kind. OC_FIELDS: an array. */
#define OC_FIELD(kind, type, field)                                                                          \
  { #field, OC_ATTRIBUTE_##kind, offsetof(type, field), 1 }
#define OC_FIELDS(kind, type, field)                                                                         \
  {                                                                                                          \
#field, OC_ATTRIBUTE_##kind, offsetof(type, field),                                                      \
        (int)(sizeof((type *)0)->field / sizeof((type *)0)->field[0])                                        \
  }

/* The terms of one element of output 0, for traces. */
typedef enum oc_terms {
  OC_TERMS_NONE = 0,    /* not traceable */
  OC_TERMS_CONVOLUTION, /* a window of input 0 times a kernel of input 1, see oc_conv2d_attrs */
  OC_TERMS_PRODUCT,     /* a row of input 0 times a column of input 1, see oc_matmul_attrs */
  OC_TERMS_BIAS, /* the element of input 0 at the same position, and the element of input 1 for its channel */
  OC_TERMS_LARGEST,     /* the largest of a window of input 0, see oc_pool_attrs */
  OC_TERMS_MEAN,        /* the mean of such a window */
  OC_TERMS_MEAN_OF_ALL, /* the mean of a channel of input 0 */
  OC_TERMS_ELEMENT,     /* the element of input 0 at the same index in row order */
  OC_TERMS_FUNCTION,    /* `run` applied to that element alone: an activation */
  OC_TERMS_SOFTMAX      /* a row of input 0 */
} oc_terms;

/* Which activation an operation is, for kernels that apply it after a product. */
typedef enum oc_act {
  OC_ACT_NONE = 0,
  OC_ACT_RELU,
  OC_ACT_LEAKY_RELU,
  OC_ACT_SIGMOID,
  OC_ACT_TANH,
  OC_ACT_GELU,
  OC_ACT_SOFTPLUS,
  OC_ACT_RELU6
} oc_act;

/* Takes an operation's attributes under the names that TensorFlow has for them. */
typedef struct oc_attribute_sink {
  void *to;
  void (*text)(void *to, const char *key, const char *value);
  void (*flag)(void *to, const char *key, bool value);
  void (*real)(void *to, const char *key, double value);
  void (*whole)(void *to, const char *key, int64_t value);
  void (*wholes)(void *to, const char *key, const int64_t *values, size_t count);
  void (*type)(void *to, const char *key, oc_dtype value);
} oc_attribute_sink;

typedef struct oc_op {
  const char *name;    /* "conv2d"; unique */
  const char *tf_name; /* default node name, as TensorFlow's: "Conv2D" */
  const char *tf_type; /* TensorFlow's type, where it is not tf_name */
  size_t attr_size;    /* of the attribute struct, 0 if none */
  /* Its fields, for files and copies of a graph, ended by a row without a name. NULL: none, or the operation
   * is never in a model's file (oc_op_stored). What a field may be is for `infer` to check: files can hold
   * anything. */
  const oc_attribute *attributes;
  int inputs;  /* exactly so many; 0: infer checks */
  bool stored; /* may stand in a model's file though it has no gradient */
  bool random; /* draws from its stream */
  /* Checks inputs and attributes, sets n_out and out[]. in[].shape etc. are filled. where is left to the
   * caller. */
  oc_status (*infer)(oc_op_info *info, oc_error *err);
  /* Adds the operations of the gradient. node: this operation; dy[i]: gradient of output i or the invalid
   * node. Sets dx[i] where input i has a gradient (dx starts as invalid nodes; integer inputs stay so). NULL:
   * no gradient. */
  void (*gradient)(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx);
  /* For `batch` samples. NULL: no flops, bytes of inputs and outputs. */
  oc_cost (*cost)(const oc_op_info *info, int64_t batch);
  /* Bytes of scratch for a call with up to `samples` samples. NULL: none. */
  size_t (*scratch)(const oc_op_info *info, int64_t samples);
  /* Independent parts of an operation without batched input, fixed by its shapes. NULL: one. */
  int64_t (*parts)(const oc_op_info *info);
  /* Checks the range of the data that the caller feeds as input 0 (`count` elements of the placeholder
   * `name`), before each run. NULL: any data. */
  oc_status (*accept)(const oc_op_info *info, const char *name, const void *data, int64_t count,
                      oc_error *err);
  /* Gives its attributes as TensorFlow has them. NULL: none. */
  void (*describe)(const oc_op_info *info, const oc_attribute_sink *sink);
  oc_terms terms;
  /* Which activation it is, or is the gradient of by the activation's output: only for those that kernels can
   * apply after a product, with a derivative that depends on the output alone. */
  oc_act activation, activation_grad;
  bool orders;           /* reads nothing: its inputs only have to come before it */
  oc_run_fn run;         /* the reference implementation */
  unsigned char updates; /* bit i: input i is a variable that a run changes in place */
  bool is_view;          /* output 0 is input 0 with another shape: costs nothing */
  bool is_source;        /* placeholder, variable, constant: never run */
  /* In a plan with training = false: identity = output 0 is input 0. */
  bool inference_identity;
  /* In a plan with training = false: input i is replaced by input inference_swap[i] - 1 where that is not 0.
   */
  unsigned char inference_swap[OC_MARKED_INPUTS];
  /* A caller's operation (ops/custom_op.c): its descriptor and its rows of both real types. NULL: ours. */
  const struct oc_custom_rows *custom;
} oc_op;

/* True if a run changes input i in place. */
static inline bool oc_op_changes(const oc_op *op, int i) {
  return i < OC_MARKED_INPUTS && (op->updates >> i & 1);
}
/* The input that a plan reads instead of input i. */
static inline int oc_op_input(const oc_op *op, int i, bool training) {
  const int other = training || i >= OC_MARKED_INPUTS ? 0 : op->inference_swap[i];
  return other ? other - 1 : i;
}

/* True if it may be in the graph of a model file: operations that compute a prediction, not gradients,
 * updates of an optimizer, or fused operations. */
static inline bool oc_op_stored(const oc_op *op) {
  return op->is_source || op->gradient || op->stored;
}
static inline bool oc_tensor_desc_batched(const oc_tensor_desc *v) {
  return v->shape.rank > 0 && v->shape.dim[0] == OC_BATCH;
}
static inline bool oc_info_batched(const oc_op_info *info) {
  for (int i = 0; i < info->n_in; i++)
    if (oc_tensor_desc_batched(&info->in[i])) return true;
  return false;
}
/* Elements of one sample of a batched value, or of the whole of another one. Shapes were checked when built.
 */
static inline int64_t oc_tensor_desc_row(const oc_tensor_desc *v) {
  int64_t n = 1;
  for (int i = oc_tensor_desc_batched(v) ? 1 : 0; i < v->shape.rank; i++) n *= v->shape.dim[i];
  return n;
}
/* Elements of a value in a run of `batch` samples. */
static inline int64_t oc_value_count(const oc_tensor_desc *v, int64_t batch) {
  return oc_tensor_desc_row(v) * (oc_tensor_desc_batched(v) ? batch : 1);
}
/* Elements of value in this call: its samples if batched, else all. */
static inline int64_t oc_call_count(const oc_call *c, const oc_tensor_desc *v) {
  return oc_value_count(v, c->samples);
}

/* ---- for builders -------------------------------------------------------------------------------------- */

/* Adds an operation (attrs are copied), runs its shape rule, names it uniquely in the current scope
 * (tf_name). Invalid inputs, a failed graph or a failed rule give the invalid node. Returns output 0. */
oc_node oc_graph_add(oc_graph *g, const oc_op *op, const oc_node *in, int n_in, const void *attrs);
/* The same, under a given name instead of tf_name. */
oc_node oc_graph_add_named(oc_graph *g, const oc_op *op, const char *name, const oc_node *in, int n_in,
                           const void *attrs);
bool oc_graph_failed(const oc_graph *g);
/* The size of the graph. A builder with several steps returns to it when one of them fails, so that a failed
 * call adds nothing. */
typedef struct oc_graph_mark {
  int32_t count, variable_count, update_count, depth;
} oc_graph_mark;
oc_graph_mark oc_graph_mark_now(const oc_graph *g);
/* Removes what was added since and closes the scopes opened since; the error, if there is one, stays. */
void oc_graph_back(oc_graph *g, oc_graph_mark to);
/* As oc_graph_clear_error, but the caller's scopes stay open. */
void oc_graph_forget_error(oc_graph *g);
oc_dtype oc_graph_real(const oc_graph *g);                      /* OC_F32 or OC_F64 */
const oc_op_info *oc_graph_info(const oc_graph *g, int32_t op); /* moves when the graph grows */
const oc_tensor_desc *oc_graph_value(const oc_graph *g, oc_node node);
/* Checks that a builder can use `node`. Marks the graph as failed if it is not a node of it. */
bool oc_graph_expect(oc_graph *g, oc_node node, const char *where);
/* True if this is a node of `g`. */
bool oc_graph_has(const oc_graph *g, oc_node node);
oc_node oc_graph_input(const oc_graph *g, int32_t op, int i);
/* A training-only side effect (moving averages): oc_minimize makes its training step depend on it. */
void oc_graph_add_update(oc_graph *g, oc_node update);
int oc_graph_update_count(const oc_graph *g);
oc_node oc_graph_update_at(const oc_graph *g, int index);

/* ---- for the files of src/ops -------------------------------------------------------------------------- */

#if defined(OC_OPS_DOUBLE)
typedef double real;
#define OC_REAL_DTYPE      OC_F64
#define OC_OP_SYMBOL(name) oc_op_##name##_f64
#else
typedef float real;
#define OC_REAL_DTYPE      OC_F32
#define OC_OP_SYMBOL(name) oc_op_##name##_f32
#endif
/* At the end of an op's file: OC_DEFINE_OP(relu, .tf_name = "Relu", .infer = ..., ...). Its row is in
 * ops/ops.def. */
#define OC_DEFINE_OP(op_name, ...) const oc_op OC_OP_SYMBOL(op_name) = {.name = #op_name, __VA_ARGS__}
/* The descriptor for a graph: OC_OP(g, relu). */
#define OC_OP(g, op_name) (oc_graph_real(g) == OC_F64 ? &oc_op_##op_name##_f64 : &oc_op_##op_name##_f32)

#endif
