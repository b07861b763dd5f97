/* onnx_writer.h: builds the messages of an ONNX file from a graph, operation by operation.
 *
 *   onnx_writer.c      nodes, attributes, sources as initializers
 *   onnx_layout.c      the axes of ONNX
 *   onnx_emit.c        the walk over the graph; onnx_emit.def lists what can be written
 *   emit_*.c           the operations
 *   onnx_model.c       a model: standardization, network, answers, metadata
 *
 * Inside, images are (n,h,w,c); in the file they are (n,c,h,w). A value of rank 4 with a batch is an image;
 * every other value has the same axes in both. Weights change their axes when they are written, so that the
 * graph in the file needs no transposes.
 *
 * Errors are sticky, as in a graph: after the first one nothing is added. */
#ifndef OC_EXPORT_ONNX_WRITER_H
#define OC_EXPORT_ONNX_WRITER_H
#include "base/memory.h"
#include "ops/stored_attrs.h"
#include "plan/session.h"
#include <onnx.pb-c.h>

/* How a variable or constant is stored. */
typedef enum oc_onnx_form {
  OC_ONNX_AS_IS = 0,
  OC_ONNX_KERNEL,   /* (kh,kw,i,o) as (o,i,kh,kw) */
  OC_ONNX_FLIPPED,  /* the same, rotated by 180 degrees */
  OC_ONNX_CHANNELS, /* (c) as (c,1,1), to be combined with an image */
  OC_ONNX_IMAGE,    /* any with at most 4 axes as (1,c,h,w), likewise */
  OC_ONNX_ROWS      /* see oc_onnx_rows */
} oc_onnx_form;

typedef struct oc_onnx_list {
  void **items;
  int64_t count, capacity;
} oc_onnx_list;

typedef struct oc_onnx_writer {
  const oc_graph *g;
  const oc_session *session; /* has the weights */
  int opset;
  oc_arena arena;
  oc_onnx_list nodes, initializers;
  int32_t count;             /* operations of the graph that are looked at */
  const char **names;        /* [count] of output 0 in the file; NULL: not there yet */
  int *forms;                /* [count] of a source: the form that has its name, plus 1 */
  int32_t *users, *reader;   /* [count] how many operations of the prediction read it; one of them */
  bool *any_order;           /* [count] all of them allow its features in any order */
  const oc_shape **image_of; /* [count] of a flattened image whose values are in ONNX's order: its shape */
  oc_status status;
  oc_error *err;
} oc_onnx_writer;

/* ---- onnx_writer.c ------------------------------------------------------------------------------------- */

/* Sets the error if there is none; OC_E_MEMORY for oc_onnx_alloc. */
void oc_onnx_refuse(oc_onnx_writer *w, int32_t op, const char *why);
void *oc_onnx_alloc(oc_onnx_writer *w, size_t count, size_t size);
bool oc_onnx_append(oc_onnx_writer *w, oc_onnx_list *list, void *item);
/* A text in the writer's memory; "" when there is none. */
const char *oc_onnx_text(oc_onnx_writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* protobuf-c's structs have no const, though packing changes nothing. */
static inline char *oc_onnx_chars(const char *text) {
  return (char *)(uintptr_t)text;
}

/* Sets the name of an operation's output, which is the graph's name, and returns it. */
const char *oc_onnx_name(oc_onnx_writer *w, int32_t op);
/* The operation that makes `node`, if it is a `kind` that nothing else reads; else -1. */
int32_t oc_onnx_sole(const oc_onnx_writer *w, oc_node node, const char *kind);

/* Adds a node with one output `out`, which is also its name. Never NULL. */
OcOnnx__NodeProto *oc_onnx_node(oc_onnx_writer *w, const char *type, const char *const *in, int n_in,
                                const char *out);
void oc_onnx_int(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, int64_t value);
void oc_onnx_float(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, double value);
void oc_onnx_ints(oc_onnx_writer *w, OcOnnx__NodeProto *node, const char *name, const int64_t *values,
                  int count);

/* Initializers; return their name. The data of the first lives as long as the writer. */
const char *oc_onnx_initializer(oc_onnx_writer *w, const char *name, const oc_tensor_view *value);
const char *oc_onnx_scalar(oc_onnx_writer *w, const char *name, double value);
const char *oc_onnx_index(oc_onnx_writer *w, const char *name, const int64_t *values, int count);

/* ---- onnx_layout.c ------------------------------------------------------------------------------------- */

static inline bool oc_onnx_is_image(const oc_shape *s) {
  return s->rank == 4 && s->dim[0] == OC_BATCH;
}
const oc_shape *oc_onnx_shape(const oc_onnx_writer *w, oc_node node);
/* The axis in the file of an image's axis. */
int64_t oc_onnx_image_axis(int axis);
/* True for a variable or a constant. */
bool oc_onnx_is_source(const oc_onnx_writer *w, oc_node node);
/* An initializer of any data in this form, which is not OC_ONNX_ROWS; float32, unless it is OC_ONNX_AS_IS. */
const char *oc_onnx_form_of(oc_onnx_writer *w, const char *name, const oc_tensor_view *v, oc_onnx_form form);
/* The name in the file of a variable or constant, in this form. */
const char *oc_onnx_source(oc_onnx_writer *w, oc_node node, oc_onnx_form form);
/* A matrix (h*w*c, units) with its rows in the order (c,h,w) of `image`; `transposed`: (units, h*w*c). */
const char *oc_onnx_rows(oc_onnx_writer *w, oc_node node, const oc_shape *image, bool transposed);
/* The name in the file of any value, with the axes that it has there. */
const char *oc_onnx_value(oc_onnx_writer *w, oc_node node);
/* The same with the axes of the graph: an image is transposed. */
const char *oc_onnx_plain_value(oc_onnx_writer *w, oc_node node);
/* The same for what is combined with an image element by element. */
const char *oc_onnx_beside_image(oc_onnx_writer *w, oc_node node);
/* Ends an operation whose result, called `name`, has the axes of the graph: gives it those of the file. */
void oc_onnx_finish_plain(oc_onnx_writer *w, int32_t op, const char *name);

/* ---- onnx_emit.c --------------------------------------------------------------------------------------- */

typedef void oc_onnx_emit_fn(oc_onnx_writer *w, int32_t op);
typedef struct oc_onnx_emitter {
  const char *op; /* of ops.def */
  oc_onnx_emit_fn *emit;
} oc_onnx_emitter;
#define OC_ROW(name, emitter) oc_onnx_emit_fn oc_onnx_emit_##emitter;
#include "export/onnx/onnx_emit.def"
#undef OC_ROW

/* Writes all that leads to the nodes, which are of the graph. */
void oc_onnx_emit(oc_onnx_writer *w, const oc_node *nodes, int count);
#endif
