/* graph.h: builds a network as a graph of named operations, written like its formulas.
 *
 *   oc_graph *g;
 *   oc_graph_create(NULL, &g, &err);
 *   oc_node x = oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
 *   oc_scope_push(g, "conv_1");
 *   oc_node w = oc_variable(g, "_weights", OC_SHAPE(5, 5, 1, 32), oc_init_of(OC_INIT_GLOROT_UNIFORM));
 *   oc_node b = oc_variable(g, "_biases", OC_SHAPE(32), oc_init_of(OC_INIT_ZEROS));
 *   oc_node h = oc_named(g, oc_relu(g, oc_bias_add(g, oc_conv2d(g, x, w, NULL), b)), "activation");
 *   oc_scope_pop(g);
 *   if (oc_graph_status(g, &err) != OC_OK) return 1;
 *
 * Errors are sticky, as in cairo: the first one is kept in the graph, every later call returns the invalid
 * node and does nothing, and oc_graph_status returns the error. The failed call has added nothing, so
 * oc_graph_clear_error makes the graph usable again. A node is a small value; only the graph is freed.
 *
 * Axis 0 of a tensor may be OC_BATCH, the number of samples of a run. Operations keep it in front: a sample
 * of a batched result depends on the same sample of the batched inputs alone; a result without OC_BATCH made
 * from batched inputs is a sum over the samples (a gradient of a weight, a mean loss, batch statistics).
 *
 * Codes: a graph fails with OC_E_NET for shapes and types that do not fit, with OC_E_ARGUMENT for options,
 * names or numbers out of range and for nodes of another graph, with OC_E_MEMORY if there is none.
 *
 * Threads: a graph belongs to one caller while it is built; afterwards any number may read it. */
#ifndef OCELLUS_GRAPH_H
#define OCELLUS_GRAPH_H
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_graph oc_graph;
struct oc_registry;

/* One tensor of a graph: output `out` of the operation with this number ("name:out"). Operations are numbered
 * from 1 in the order they were added, so that a zeroed node is none. Copy it freely; make one only by the
 * functions here. */
typedef struct oc_node {
  int32_t number; /* 0: the invalid node */
  int32_t out;
} oc_node;
#ifdef __cplusplus
#define OC_NO_NODE (oc_node())
#else
#define OC_NO_NODE ((oc_node){0, 0})
#endif

typedef struct oc_graph_options {
  size_t struct_size; /* sizeof(oc_graph_options); 0: that of version 0.1 */
  oc_dtype real;      /* type of all floating tensors: OC_F32 (default), or OC_F64 for checks of gradients */
  /* operations, layers and optimizers of the caller (registry.h), of which the graph keeps a share; NULL
   * (default): none */
  struct oc_registry *registry;
} oc_graph_options;

/* Makes an empty graph. `options` may be NULL for the defaults. The caller frees *out with oc_graph_free;
 * on failure it is NULL. OC_E_ARGUMENT: options.real is neither OC_F32 nor OC_F64. OC_E_MEMORY. */
OC_API oc_status oc_graph_create(const oc_graph_options *options, oc_graph **out, oc_error *err);
/* Frees a graph with everything in it. NULL is fine. Sessions of it must be freed before. */
OC_API void oc_graph_free(oc_graph *g);
/* Returns the first error made while building, with its code (OC_E_NET, OC_E_ARGUMENT, OC_E_MEMORY), or
 * OC_OK. */
OC_API oc_status oc_graph_status(const oc_graph *g, oc_error *err);
/* Clears that error: the graph is as it was before the failed call, except that no scope is open. So an error
 * in the graph of a model (oc_model_graph) does not end the model. */
OC_API void oc_graph_clear_error(oc_graph *g);

/* ---- names: "conv_1/_weights" is the name "_weights" in the scope "conv_1" ----------------------------- */

/* Scopes nest; names are made unique by "_1", "_2" .. as TensorFlow does. Allowed: letters, digits, and _ . -
 * / */
OC_API void oc_scope_push(oc_graph *g, const char *name);
/* Ends the innermost scope; the graph fails if none is open. */
OC_API void oc_scope_pop(oc_graph *g);
/* Names the operation of `node` in the current scope, and returns `node`. */
OC_API oc_node oc_named(oc_graph *g, oc_node node, const char *name);
/* Finds "scope/name" or "scope/name:0". The invalid node if there is none (the graph is not marked as
 * failed). */
OC_API oc_node oc_find(const oc_graph *g, const char *name);
/* True if the node is one that a call returned without failing. */
OC_API bool oc_node_valid(oc_node node);
/* Full name with scope, without ":0". Valid until the graph changes; "" for the invalid node. */
OC_API const char *oc_node_name(const oc_graph *g, oc_node node);
/* The kind of operation: "conv2d", "relu" and so on; "" for the invalid node. Static storage. */
OC_API const char *oc_node_op(const oc_graph *g, oc_node node);
/* The shape of the tensor; axis 0 may be OC_BATCH. Rank 0 for the invalid node. */
OC_API oc_shape oc_node_shape(const oc_graph *g, oc_node node);
/* The type of the tensor's elements; the graph's real type for the invalid node. */
OC_API oc_dtype oc_node_dtype(const oc_graph *g, oc_node node);
/* Writes one line of the lecture's listing: "variable conv_1/_weights:0 (5, 5, 1, 32) float32", "tensor
 * conv_1/activation:0 (?, 24, 24, 32) float32"; "operation train_op" for one without a result. Writes at
 * most `size` bytes with the closing 0; 512 hold any name. Returns `text`, the caller's. */
OC_API const char *oc_node_describe(const oc_graph *g, oc_node node, char *text, size_t size);
/* Number of operations, in the order they were added. */
OC_API int oc_graph_op_count(const oc_graph *g);
/* Output 0 of operation `index`, 0 .. count-1; the invalid node past the end. */
OC_API oc_node oc_node_at(const oc_graph *g, int index);

/* ---- inputs -------------------------------------------------------------------------------------------- */

/* How a variable starts. Fan-in and fan-out of a kernel HWIO are H*W*I and H*W*O; of a matrix (I,O), I and O.
 * Glorot: Glorot and Bengio 2010, eq. 16: uniform in +-sqrt(6/(fan_in+fan_out)), normal with
 * sqrt(2/(fan_in+fan_out)). He: He et al. 2015, eq. 10: variance 2/fan_in. Normal ones are not truncated. */
typedef enum oc_init_kind {
  OC_INIT_ZEROS = 0,
  OC_INIT_ONES,
  OC_INIT_CONSTANT,
  OC_INIT_GLOROT_UNIFORM,
  OC_INIT_GLOROT_NORMAL,
  OC_INIT_HE_UNIFORM,
  OC_INIT_HE_NORMAL
} oc_init_kind;

typedef struct oc_init {
  oc_init_kind kind;
  double value;       /* for OC_INIT_CONSTANT */
  bool not_trainable; /* true for moving averages and optimizer state: no gradient, saved all the same */
} oc_init;
/* An initializer of this kind, trainable, with value 0. */
OC_API oc_init oc_init_of(oc_init_kind kind);

/* Adds a tensor that every run must be fed. OC_BATCH may be axis 0. OC_F32 and OC_F64 both mean the
 * graph's real type. */
OC_API oc_node oc_placeholder(oc_graph *g, const char *name, oc_dtype dtype, oc_shape shape);
/* A tensor that keeps its value between runs (in a session). Always of the graph's real type. */
OC_API oc_node oc_variable(oc_graph *g, const char *name, oc_shape shape, oc_init init);
/* A constant of the graph's real type; `values` (as many as `shape` counts) are copied. */
OC_API oc_node oc_constant(oc_graph *g, oc_shape shape, const double *values);
/* A constant of any type: `values`, as many as `shape` counts and of the type `dtype`, are copied. OC_F32 and
 * OC_F64 both give the graph's real type. */
OC_API oc_node oc_constant_of(oc_graph *g, oc_dtype dtype, oc_shape shape, const void *values);
/* Adds a constant of rank 0. */
OC_API oc_node oc_scalar(oc_graph *g, double value);

/* ---- operations ---------------------------------------------------------------------------------------- */

typedef enum oc_padding {
  OC_PAD_VALID = 0, /* none */
  OC_PAD_SAME,      /* as TensorFlow: o = ceil(n/s), the odd element of padding at the end */
  OC_PAD_FULL,      /* m-1 on each side (m: the dilated kernel) */
  OC_PAD_EXPLICIT   /* the four numbers in `pad` */
} oc_padding;

typedef struct oc_conv2d_options {
  size_t struct_size;  /* sizeof(oc_conv2d_options); 0: that of version 0.1 */
  int64_t stride[2];   /* rows, columns; >= 1; 0: 1 (default) */
  int64_t dilation[2]; /* rows, columns; >= 1; 0: 1 (default) */
  int64_t groups;      /* >= 1; 0: 1 (default); divides input and output channels */
  oc_padding padding;  /* default OC_PAD_VALID */
  int64_t pad[4];      /* top, bottom, left, right; >= 0, for OC_PAD_EXPLICIT */
  bool flip;           /* false (default): cross-correlation, as in every network. true: true convolution */
} oc_conv2d_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_conv2d_options oc_conv2d_defaults(void);

/* x (n,ih,iw,ic), w (kh,kw,ic/groups,oc) -> (n,oh,ow,oc), o = floor((i + p0 + p1 - ((k-1)*d+1))/s) + 1.
 * NULL options: the defaults. Lecture: "Working with Multiple Input or Color Channels". */
OC_API oc_node oc_conv2d(oc_graph *g, oc_node x, oc_node w, const oc_conv2d_options *options);
/* x (..,c) + b (c). */
OC_API oc_node oc_bias_add(oc_graph *g, oc_node x, oc_node b);

/* max(0, x), element by element; the gradient at 0 is 0. */
OC_API oc_node oc_relu(oc_graph *g, oc_node x);
/* min(max(x, 0), 6), element by element; the gradient at 0 and 6 is 0 (Howard et al. 2017). */
OC_API oc_node oc_relu6(oc_graph *g, oc_node x);
/* x for x > 0, else slope*x; slope in [0,1). */
OC_API oc_node oc_leaky_relu(oc_graph *g, oc_node x, double slope);
/* 1 / (1 + exp(-x)), element by element. */
OC_API oc_node oc_sigmoid(oc_graph *g, oc_node x);
/* tanh(x), element by element. */
OC_API oc_node oc_tanh(oc_graph *g, oc_node x);
/* x * Phi(x) with the exact error function (Hendrycks and Gimpel 2016). */
OC_API oc_node oc_gelu(oc_graph *g, oc_node x);
/* log(1 + exp(x)), computed without overflow. */
OC_API oc_node oc_softplus(oc_graph *g, oc_node x);
/* x / (1 + exp(-x)), element by element (Elfwing, Uchibe and Doya 2018). */
OC_API oc_node oc_silu(oc_graph *g, oc_node x);
/* x * min(max(x + 3, 0), 6) / 6, element by element (Howard et al. 2019). */
OC_API oc_node oc_hard_swish(oc_graph *g, oc_node x);
/* x (..,c) for x > 0, else slope*x with a slope (c) for each channel (He et al. 2015). */
OC_API oc_node oc_prelu(oc_graph *g, oc_node x, oc_node slope);
/* x (n,h,w,c) times s (n,c): a factor for each channel of each image, as in squeeze-and-excite (Hu, Shen and
 * Sun 2018). */
OC_API oc_node oc_channel_scale(oc_graph *g, oc_node x, oc_node s);

typedef struct oc_pool_options {
  size_t struct_size; /* sizeof(oc_pool_options); 0: that of version 0.1 */
  int64_t size[2];    /* rows, columns; >= 1; 0: 2 (default) */
  int64_t stride[2];  /* rows, columns; >= 1; 0 (default): as `size` */
  oc_padding padding; /* OC_PAD_VALID (default) or OC_PAD_SAME */
} oc_pool_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_pool_options oc_pool_defaults(void);
/* Largest of each window: (n,ih,iw,c) -> (n,oh,ow,c). Padding is never the maximum; of equal values the first
 * in row order wins. NaN wins. NULL options: 2x2, stride 2. */
OC_API oc_node oc_max_pool(oc_graph *g, oc_node x, const oc_pool_options *options);
/* Mean of each window. Padding is not counted in the mean, as in TensorFlow. NULL options: 2x2, stride 2. */
OC_API oc_node oc_mean_pool(oc_graph *g, oc_node x, const oc_pool_options *options);
/* Mean over rows and columns: (n,h,w,c) -> (n,c). */
OC_API oc_node oc_global_mean_pool(oc_graph *g, oc_node x);

/* a (m,k) * b (k,n) -> (m,n); with transpose_a, a is (k,m), with transpose_b, b is (n,k). OC_BATCH may be
 * axis 0 of a, and with transpose_a axis 0 of both (a sum over the samples). */
OC_API oc_node oc_matmul(oc_graph *g, oc_node a, oc_node b, bool transpose_a, bool transpose_b);
/* One axis may be -1 (inferred); if x is batched, axis 0 stays OC_BATCH and may be given as OC_BATCH. */
OC_API oc_node oc_reshape(oc_graph *g, oc_node x, oc_shape shape);
/* (n, ...) -> (n, product of the rest). */
OC_API oc_node oc_flatten(oc_graph *g, oc_node x);
/* perm[i]: which axis of x becomes axis i. If x is batched, perm[0] is 0. */
OC_API oc_node oc_transpose(oc_graph *g, oc_node x, const int *perm);
/* 1 or more tensors, equal except for `axis` (negative counts from the end). The batch axis cannot be
 * joined. */
OC_API oc_node oc_concat(oc_graph *g, const oc_node *xs, int count, int axis);
/* The elements begin .. end-1 along `axis` (negative counts from the end), 0 <= begin <= end <= its size. The
 * batch axis cannot be cut. */
OC_API oc_node oc_slice(oc_graph *g, oc_node x, int axis, int64_t begin, int64_t end);
/* a + b, element by element, with broadcasting as in NumPy: shapes are laid over each other from the last
 * axis on; two sizes must be equal or one of them 1, and an axis that is not there counts as 1: (n,h,w,c)
 * with (c), (n,10) with (n,1), anything with a scalar. The batch goes with the batch, with 1 or with no axis.
 * A gradient is summed over the axes along which its tensor was repeated. */
OC_API oc_node oc_add(oc_graph *g, oc_node a, oc_node b);
/* a - b, element by element; shapes as for oc_add. */
OC_API oc_node oc_subtract(oc_graph *g, oc_node a, oc_node b);
/* a * b, element by element; shapes as for oc_add. */
OC_API oc_node oc_multiply(oc_graph *g, oc_node a, oc_node b);
/* a / b, element by element; shapes as for oc_add. x/0 is infinite and 0/0 NaN, as IEEE 754 has it. */
OC_API oc_node oc_divide(oc_graph *g, oc_node a, oc_node b);
/* The larger one of a and b, element by element, NaN where either is NaN; shapes as for oc_add. Where they
 * are equal the gradient goes to a. */
OC_API oc_node oc_maximum(oc_graph *g, oc_node a, oc_node b);
/* e^x. */
OC_API oc_node oc_exp(oc_graph *g, oc_node x);
/* The natural logarithm: -infinity at 0, NaN below. */
OC_API oc_node oc_log(oc_graph *g, oc_node x);
/* The square root: NaN below 0; its gradient is infinite at 0. */
OC_API oc_node oc_sqrt(oc_graph *g, oc_node x);
/* Sum over axes: bit i of `axes` set = axis i is summed; 0 = all. The axes vanish. */
OC_API oc_node oc_reduce_sum(oc_graph *g, oc_node x, unsigned axes);
/* Mean over axes, chosen as for oc_reduce_sum. */
OC_API oc_node oc_reduce_mean(oc_graph *g, oc_node x, unsigned axes);
/* The largest element over axes, chosen as for oc_reduce_sum; NaN counts as largest. The gradient goes to it,
 * in equal shares where there are several. The batch cannot be among the axes: a result without a batch axis
 * is a sum over the samples. */
OC_API oc_node oc_reduce_max(oc_graph *g, oc_node x, unsigned axes);
/* int32 or int64 (n) -> real (n,depth); a label outside 0..depth-1 gives a row of zeros. */
OC_API oc_node oc_one_hot(oc_graph *g, oc_node labels, int64_t depth);
/* Index (int32) of the largest value along the last axis; the first of equal ones; NaN counts as largest. */
OC_API oc_node oc_argmax(oc_graph *g, oc_node x);
/* Two of int32, int64 or uint8 -> uint8, 1 where equal. */
OC_API oc_node oc_equal(oc_graph *g, oc_node a, oc_node b);
/* Between real, int64, int32 and uint8. Real to integer truncates and saturates, NaN gives 0; integers
 * saturate. */
OC_API oc_node oc_cast(oc_graph *g, oc_node x, oc_dtype dtype);
/* exp(x_i - max) / sum_j exp(x_j - max) along the last axis. */
OC_API oc_node oc_softmax(oc_graph *g, oc_node x);
/* x_i - max - log(sum_j exp(x_j - max)) along the last axis. */
OC_API oc_node oc_log_softmax(oc_graph *g, oc_node x);
/* logits, labels (n,c) -> (n): -sum_j labels_j * log_softmax(logits)_j, stable for any finite logits. */
OC_API oc_node oc_softmax_cross_entropy(oc_graph *g, oc_node logits, oc_node labels);
/* Inverted dropout (Srivastava et al. 2014): while training each element is kept with probability keep_prob
 * (a scalar node, in (0,1]) and divided by it; the mask follows from (seed, operation, epoch, sample,
 * element) alone. In a plan made with training = false it is the identity and costs nothing. */
OC_API oc_node oc_dropout(oc_graph *g, oc_node x, oc_node keep_prob);
/* The same for whole channels, the last axis of x (Tompson et al. 2015). */
OC_API oc_node oc_spatial_dropout(oc_graph *g, oc_node x, oc_node keep_prob);
/* sum(w^2)/2, a scalar. */
OC_API oc_node oc_l2_penalty(oc_graph *g, oc_node w);

typedef struct oc_batch_norm_options {
  size_t struct_size;                   /* sizeof(oc_batch_norm_options); 0: that of version 0.1 */
  oc_node gamma, beta;                  /* scale and shift (c) */
  oc_node moving_mean, moving_variance; /* variables (c) that are not trainable */
  double epsilon;                       /* > 0; 0: 1e-3 (default) */
  double momentum;                      /* in [0,1]; 0: 0.99 (default), unless momentum_set */
  bool momentum_set;                    /* a momentum of 0 is meant */
} oc_batch_norm_options;
/* Returns the defaults, without the four nodes; a zeroed struct means the same. */
OC_API oc_batch_norm_options oc_batch_norm_defaults(void);
/* Normalizes the last axis (Ioffe and Szegedy 2015): gamma * (x - mean) / sqrt(variance + epsilon) + beta.
 * Training: with mean and biased variance of the batch, and the moving averages are updated: moving =
 * momentum*moving + (1-momentum)*batch. Inference: with the moving ones. The options must have the four
 * nodes. */
OC_API oc_node oc_batch_norm(oc_graph *g, oc_node x, const oc_batch_norm_options *options);
/* Limits each element to [low, high], low <= high, neither NaN; the gradient is 0 outside. */
OC_API oc_node oc_clip(oc_graph *g, oc_node x, double low, double high);

/* Changes a variable when a plan is run that the operation is in: it becomes `value`. `variable` is what
 * oc_variable returned, `value` a tensor of its shape. The operation has no result; fetch it, or an oc_group
 * of several. In one run all other operations read the variable as it was before; changes take place in the
 * order in which they were added, so that one which reads a changed variable itself reads its new value. A
 * custom optimizer consists of this and oc_gradients:
 *   oc_node weights = oc_variable(g, "w", OC_SHAPE(3), oc_init_of(OC_INIT_ZEROS)), gradient;
 *   oc_gradients(g, loss, &weights, 1, &gradient);
 *   oc_node change = oc_multiply(g, gradient, oc_scalar(g, 0.1));
 *   oc_node step = oc_assign(g, weights, oc_subtract(g, weights, change)); */
OC_API oc_node oc_assign(oc_graph *g, oc_node variable, oc_node value);
/* As oc_assign, but `value` is added to the variable. */
OC_API oc_node oc_assign_add(oc_graph *g, oc_node variable, oc_node value);
/* One operation without a result that is done when all of nodes[0..count-1] are, count >= 1: several updates
 * under one name, as a training step is. Fetching it runs them. Name it with oc_named. */
OC_API oc_node oc_group(oc_graph *g, const oc_node *nodes, int count);

/* ---- gradients ----------------------------------------------------------------------------------------- */

/* Adds the operations that compute d loss / d xs[i] to the same graph, under the scope "gradients"; loss is a
 * scalar. Gradients of a tensor with several consumers are added. dxs[i] is a tensor of zeros where loss does
 * not depend on xs[i]. */
OC_API void oc_gradients(oc_graph *g, oc_node loss, const oc_node *xs, int count, oc_node *dxs);

#ifdef __cplusplus
}
#endif
#endif
