/* onnx_reader.h: reads an ONNX graph node by node.
 *
 *   onnx_scan.c        counts what a file holds, before it is unpacked
 *   onnx_unpack.c      messages, with limited memory
 *   onnx_errors.c      errors at a node
 *   onnx_tensor.c      tensors of the file
 *   onnx_external.c    their data in other files
 *   onnx_values.c      values by name; constants; weights
 *   onnx_axes.c        the axes of values
 *   onnx_along.c       matrices along an axis, and padding
 *   onnx_attributes.c  attributes of a node
 *   onnx_graph.c       the walk over the nodes; onnx_ops.def lists the operators
 *   onnx_run.c         the same for a run with given tensors
 *   read_*.c           operators
 *
 * A value is a constant, whose elements are known, or a node of the graph. A node's axes are a permutation of
 * those that ONNX means: images lie as (n,h,w,c), so a Transpose in the file only changes a permutation. */
#ifndef OC_FORMATS_ONNX_READER_H
#define OC_FORMATS_ONNX_READER_H
#include "formats/onnx_import.h"
#include "ops/ops.h"
#include <onnx.pb-c.h>
#include <sys/types.h>

/* Types of elements, as ONNX numbers them. */
enum {
  OC_ONNX_FLOAT = 1,
  OC_ONNX_UINT8 = 2,
  OC_ONNX_INT8 = 3,
  OC_ONNX_UINT16 = 4,
  OC_ONNX_INT16 = 5,
  OC_ONNX_INT32 = 6,
  OC_ONNX_INT64 = 7,
  OC_ONNX_BOOL = 9,
  OC_ONNX_FLOAT16 = 10,
  OC_ONNX_DOUBLE = 11,
  OC_ONNX_UINT32 = 12,
  OC_ONNX_UINT64 = 13,
  OC_ONNX_BFLOAT16 = 16
};

/* An integer that stands for the size of the batch where a file computes shapes. */
#define OC_ONNX_BATCH_SIZE (INT64_MIN / 2)

/* Steps on the way to gelu(x) = x (1 + erf(x / sqrt 2)) / 2, which files spell out: see read_gelu.c. A
 * value that is a step has its own node, too. */
typedef enum oc_onnx_step {
  OC_ONNX_NO_STEP = 0,
  OC_ONNX_SCALED, /* factor * x */
  OC_ONNX_ERF,    /* erf(x / sqrt 2), and so on */
  OC_ONNX_ERF_PLUS_1,
  OC_ONNX_TWICE_GELU
} oc_onnx_step;

typedef struct oc_onnx_value {
  const char *name;
  bool known;                      /* its node was read; else the file names it and it has no value yet */
  bool wanted;                     /* a run needs it */
  int64_t readers;                 /* nodes and outputs that name it */
  oc_shape shape;                  /* as ONNX has it; axis 0 may be OC_BATCH */
  const float *real;               /* a constant of any real type; or */
  const int64_t *whole;            /* of any integer type */
  bool weight;                     /* a constant from the file, which may become a variable */
  oc_node node;                    /* except for constants */
  const struct oc_onnx_value *fed; /* what a run was fed, as a constant */
  int perm[OC_MAX_RANK];           /* axis i of ONNX is axis perm[i] of the node */
  /* A flattened image whose features lie as in (h,w,c), not (c,h,w): its sizes; 0: not so. */
  int64_t flat[3];
  int64_t pad[4]; /* zeros that are meant to be around axes 1 and 2 of the node: top, bottom, left, right */
  oc_onnx_step step;
  const struct oc_onnx_value *of; /* x of the step */
  double factor;
} oc_onnx_value;

/* What was taken of another file so far. */
typedef struct oc_onnx_file {
  struct oc_onnx_file *next;
  dev_t device;
  ino_t inode;
  int64_t taken;
} oc_onnx_file;

typedef struct oc_onnx_reader {
  const char *where;   /* the file */
  const char *folder;  /* of the file; NULL: none */
  oc_onnx_file *files; /* in the import's arena */
  oc_onnx_import *out;
  const OcOnnx__GraphProto *graph;
  int64_t opset;
  oc_onnx_value *values; /* by name */
  int64_t value_count;
  size_t room;                   /* bytes that constants may still take */
  const OcOnnx__NodeProto *node; /* at hand */
  bool fixed_batch;              /* the file says 1 where a batch is meant */
  oc_error *err;
} oc_onnx_reader;

/* ---- onnx_scan.c, onnx_unpack.c ------------------------------------------------------------------------ */

/* OC_E_DATA, OC_E_UNSUPPORTED: more than OC_ONNX_MAX_ITEMS nodes, attributes of them or tensors. */
oc_status oc_onnx_scan(const void *bytes, size_t size, const char *where, oc_error *err);
/* The message, in `arena`, which takes at most 4 times the bytes and 1 MB. */
oc_status oc_onnx_unpack(const void *bytes, size_t size, const char *where, oc_arena *arena,
                         OcOnnx__ModelProto **out, oc_error *err);
/* The same for a file of one tensor. */
oc_status oc_onnx_unpack_tensor(const void *bytes, size_t size, const char *where, oc_arena *arena,
                                OcOnnx__TensorProto **out, oc_error *err);

/* ---- onnx_errors.c ------------------------------------------------------------------------------------- */

/* Where the node at hand is: "model.onnx: node 'conv1' (Conv, opset 17)". Returns `text`. */
const char *oc_onnx_place(const oc_onnx_reader *r, char text[256]);
/* Fails at the node at hand: OC_E_UNSUPPORTED for what is valid but not supported, OC_E_DATA else. */
oc_status oc_onnx_unsupported(const oc_onnx_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
oc_status oc_onnx_invalid(const oc_onnx_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- onnx_tensor.c ------------------------------------------------------------------------------------- */

/* A tensor of the file as a constant. */
oc_status oc_onnx_tensor(oc_onnx_reader *r, const OcOnnx__TensorProto *t, oc_onnx_value *out);

/* ---- onnx_external.c ----------------------------------------------------------------------------------- */

/* `bytes` bytes of a tensor that lie in another file, in the import's arena. */
oc_status oc_onnx_external(oc_onnx_reader *r, const OcOnnx__TensorProto *t, int64_t bytes,
                           const unsigned char **out);

/* ---- onnx_values.c ------------------------------------------------------------------------------------- */

/* All names of the graph, each once. */
oc_status oc_onnx_values_create(oc_onnx_reader *r);
/* NULL if the file does not have it. */
oc_onnx_value *oc_onnx_value_find(const oc_onnx_reader *r, const char *name);
static inline bool oc_onnx_is_constant(const oc_onnx_value *v) {
  return v->real || v->whole;
}
/* Elements of a shape without a batch. False if a size is negative, or the product overflows, sizes of 0 left
 * aside: then every product of some of them is sound. */
bool oc_onnx_elements(const oc_shape *shape, int64_t *count);
/* Elements of a constant. */
int64_t oc_onnx_count(const oc_onnx_value *v);
/* Memory for a constant of this shape, not zeroed: OC_E_UNSUPPORTED if it is more than the file justifies. */
oc_status oc_onnx_take_room(oc_onnx_reader *r, const oc_shape *shape, size_t size, void **out);
/* Number of inputs at hand, and the i-th; NULL: it is not given. Inputs are known. */
int oc_onnx_inputs(const oc_onnx_reader *r);
const oc_onnx_value *oc_onnx_input(const oc_onnx_reader *r, int i);
/* The same, with a condition: that it is there; a node; a constant of reals; of integers. */
oc_status oc_onnx_need(const oc_onnx_reader *r, int i, const oc_onnx_value **out);
oc_status oc_onnx_need_node(const oc_onnx_reader *r, int i, const oc_onnx_value **out);
/* A node that is fed to a run is a constant to those who need one. */
oc_status oc_onnx_need_real(const oc_onnx_reader *r, int i, const oc_onnx_value **out);
oc_status oc_onnx_need_whole(const oc_onnx_reader *r, int i, const oc_onnx_value **out);

/* Results: the first output of the node at hand, or another, if the file names it. */
oc_status oc_onnx_give(oc_onnx_reader *r, const oc_onnx_value *value);
oc_status oc_onnx_give_at(oc_onnx_reader *r, size_t i, const oc_onnx_value *value);
/* A node whose axes are as in ONNX, or those of an image, with the channels last: (n,h,w,c) for (n,c,h,w),
 * and with more or fewer axes between them. */
oc_status oc_onnx_value_of(const oc_onnx_reader *r, oc_node node, bool image, oc_onnx_value *out);
oc_status oc_onnx_give_plain(oc_onnx_reader *r, oc_node node);
oc_status oc_onnx_give_image(oc_onnx_reader *r, oc_node node);
/* (n,h,w,c) that was computed of the image `x`, which may be one row, (n,c,w). */
oc_status oc_onnx_give_image_of(oc_onnx_reader *r, oc_node node, const oc_onnx_value *x);
/* A node with the axes of `like`, as of an operation on each element. */
oc_status oc_onnx_give_like(oc_onnx_reader *r, oc_node node, const oc_onnx_value *like);

/* The name of a value as the graph may have it. Returns `out`. */
const char *oc_onnx_graph_name(const char *name, char out[101]);
/* Begins the scope of the operations of the node at hand; oc_scope_pop ends it. */
void oc_onnx_open_scope(oc_onnx_reader *r);
/* A trainable variable of this shape, whose values are the reader's; its name follows `from`, or the node. */
oc_node oc_onnx_weight_of(oc_onnx_reader *r, const oc_onnx_value *from, oc_shape shape, const float *values,
                          bool trainable);
/* A vector of `count` for channels, of a constant with as many elements or one. */
oc_status oc_onnx_vector(oc_onnx_reader *r, const oc_onnx_value *v, int64_t count, bool trainable,
                         oc_node *out);

/* ---- onnx_axes.c --------------------------------------------------------------------------------------- */

bool oc_onnx_is_plain(const oc_onnx_value *v);
static inline bool oc_onnx_is_batched(const oc_onnx_value *v) {
  return v->shape.rank > 0 && v->shape.dim[0] == OC_BATCH;
}
/* The node of a value with the axes of ONNX, transposed if need be; a constant becomes one. Zeros that are
 * meant around it become part of the node. */
oc_status oc_onnx_plain(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out);
/* With the channels, axis 1, last. */
oc_status oc_onnx_channels_last(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out);
/* An image as (n,h,w,c); one row, (n,c,w), as (n,1,w,c). Zeros that are meant around it become part of the
 * node, or are left to the caller in `pad` if that is not NULL. */
oc_status oc_onnx_image(oc_onnx_reader *r, const oc_onnx_value *v, int64_t pad[4], oc_node *out);
/* A node whose last axis is `axis` of ONNX; `like` has its axes, for a result of the same rank. */
oc_status oc_onnx_axis_last(oc_onnx_reader *r, const oc_onnx_value *v, int axis, oc_node *out,
                            oc_onnx_value *like);
/* The node as it lies, for operations on each element. */
oc_status oc_onnx_as_it_lies(oc_onnx_reader *r, const oc_onnx_value *v, oc_node *out);
/* A node with its axes in the order `perm`: a view where only axes of size 1 move. */
oc_node oc_onnx_reordered(oc_graph *g, oc_node node, const int *perm);
/* An axis of ONNX from -rank to rank-1, as 0 to rank-1. */
oc_status oc_onnx_axis(const oc_onnx_reader *r, int64_t axis, int rank, int *out);
/* Elements of a constant with its axes permuted: axis i of the result is axis perm[i]. */
oc_status oc_onnx_permuted_constant(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm,
                                    oc_onnx_value *out);
oc_status oc_onnx_permuted(oc_onnx_reader *r, const oc_onnx_value *v, const int *perm, oc_shape *shape,
                           const float **out);

/* ---- onnx_along.c -------------------------------------------------------------------------------------- */

/* A variable of the node at hand that is not trained, for numbers that follow from its attributes. */
oc_node oc_onnx_made_weight(oc_onnx_reader *r, const char *name, oc_shape shape, const float *values);
/* y[.., k, ..] = sum over i of x[.., i, ..] matrix[i, k], along `axis` of a node of four axes, which is not
 * the batch; the matrix has as many rows as that axis, and `out` columns. */
oc_status oc_onnx_along(oc_onnx_reader *r, oc_node *x, int axis, const float *matrix, int64_t out);
/* Adds values[i] to all elements i of an axis, which is not the batch. */
oc_status oc_onnx_add_along(oc_onnx_reader *r, oc_node *x, int axis, const float *values);
/* An image (n,h,w,c) with rows and columns of zeros around it: top, bottom, left, right. */
oc_status oc_onnx_padded(oc_onnx_reader *r, oc_node *image, const int64_t pad[4]);

/* ---- onnx_broadcast.c ---------------------------------------------------------------------------------- */

/* The shape of both laid over each other, from the last axis on. */
oc_status oc_onnx_broadcast_shape(const oc_onnx_reader *r, const oc_shape *a, const oc_shape *b,
                                  oc_shape *out);
/* The elements of a constant, in the same order, for every element of `shape`, to which it broadcasts:
 * real or whole of *out. */
oc_status oc_onnx_broadcast(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *shape,
                            oc_onnx_value *out);

/* ---- onnx_take.c --------------------------------------------------------------------------------------- */

/* `v` with the elements at[0] .. at[count-1] of an axis, each within it: a constant or a node. */
oc_status oc_onnx_take(oc_onnx_reader *r, const oc_onnx_value *v, int axis, const int64_t *at, int64_t count,
                       oc_onnx_value *out);

/* ---- onnx_attributes.c --------------------------------------------------------------------------------- */

oc_status oc_onnx_get_int(const oc_onnx_reader *r, const char *name, int64_t fallback, int64_t *out);
oc_status oc_onnx_get_float(const oc_onnx_reader *r, const char *name, double fallback, double *out);
/* *count is 0 if it is missing. */
oc_status oc_onnx_get_ints(const oc_onnx_reader *r, const char *name, const int64_t **out, int64_t *count);
/* "" if it is missing; at most 31 characters. */
oc_status oc_onnx_get_text(const oc_onnx_reader *r, const char *name, char out[32]);
const OcOnnx__AttributeProto *oc_onnx_attribute(const oc_onnx_reader *r, const char *name);
/* Refuses a node with an attribute that is none of `names`, closed by NULL. */
oc_status oc_onnx_only(const oc_onnx_reader *r, const char *const *names);
/* A list of axes or sizes: input i since opset `since`, before that an attribute. *count 0: not given. */
oc_status oc_onnx_list_of(const oc_onnx_reader *r, int i, int since, const char *name, const int64_t **out,
                          int64_t *count);

/* ---- read_gelu.c --------------------------------------------------------------------------------------- */

/* `type` ("Add", "Mul" or "Div") of a and b is the last step of gelu: gives its result, and *done is true. */
oc_status oc_onnx_gelu_end(oc_onnx_reader *r, const char *type, const oc_onnx_value *a,
                           const oc_onnx_value *b, bool *done);
/* Notes that the result of a and b is another step. */
void oc_onnx_gelu_note(oc_onnx_reader *r, const char *type, const oc_onnx_value *a, const oc_onnx_value *b);

/* ---- onnx_window.c ------------------------------------------------------------------------------------- */

typedef struct oc_onnx_window {
  int spatial; /* given: how many spatial dimensions the file has, 1 (columns) or 2 */
  int64_t kernel[2], stride[2], dilation[2];
  int64_t pad[4];     /* top, bottom, left, right */
  int64_t counted[2]; /* of pad, at the end of both axes: what ceil_mode did not add */
} oc_onnx_window;
/* Attributes kernel_shape (NULL `kernel`: needed), strides, dilations, pads or auto_pad, and with `pools`
 * ceil_mode, for images of `size` rows and columns. */
oc_status oc_onnx_window_read(oc_onnx_reader *r, const int64_t *kernel, const int64_t size[2], bool pools,
                              oc_onnx_window *out);

/* ---- onnx_reshape.c ------------------------------------------------------------------------------------ */

/* The value of the node at hand: `v` with this shape of ONNX, whose axis 0 is the batch. */
oc_status oc_onnx_give_reshaped(oc_onnx_reader *r, const oc_onnx_value *v, oc_shape shape);

/* ---- onnx_graph.c -------------------------------------------------------------------------------------- */

oc_status oc_onnx_fail_file(const oc_onnx_reader *r, oc_status code, const char *why, const char *name);
/* What the graph says of an operation is an error of the file's node. */
oc_status oc_onnx_in_file(const oc_onnx_reader *r, oc_status status);
/* The file up to its nodes: frame, metadata, a graph, values, initializers. */
oc_status oc_onnx_begin(oc_onnx_reader *r, const OcOnnx__ModelProto *m);
/* The sizes of a value; -1 where the file gives a name or none. False if it is not a tensor. */
bool oc_onnx_sizes(const OcOnnx__ValueInfoProto *info, oc_shape *out);
/* The node at hand. */
oc_status oc_onnx_read_node(oc_onnx_reader *r);

typedef oc_status oc_onnx_read_fn(oc_onnx_reader *r);
#define OC_ROW(name) oc_onnx_read_fn oc_onnx_read_##name;
#include "formats/onnx/onnx_ops.def"
#undef OC_ROW

#endif
