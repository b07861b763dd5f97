/* c_network.h: the network of a model as steps of C: what the graph computes for one image, in order.
 *
 * c_network.c   the operations that the probabilities need, without training -> steps over values c_fold.c
 * batch normalization into weights; activations and pooling into the step before them c_memory.c    an offset
 * in the caller's scratch for each value c_emitters.c  emitters.def as a table; emit_*.c write the steps
 *
 * The steps follow from the graph and the weights alone, never from the machine: the same model gives the
 * same text. */
#ifndef OC_EXPORT_C_NETWORK_H
#define OC_EXPORT_C_NETWORK_H
#include "export/c/c_text.h"
#include "model/model.h"
#include "plan/plan.h"

/* Where the numbers of a value are while the code runs. */
typedef enum oc_c_place {
  OC_C_SCRATCH = 0, /* at `offset` of the scratch */
  OC_C_INPUT,       /* the decoded image */
  OC_C_OUTPUT,      /* the caller's probabilities */
  OC_C_CONSTANT     /* an array of the file: constant_N, N its place in oc_c_network.values */
} oc_c_place;

typedef struct oc_c_value {
  oc_tensor_desc type;
  int64_t count; /* numbers, of one image */
  oc_c_place place;
  int32_t same_as;   /* the value whose memory it has, or -1 */
  const float *data; /* of a constant */
  int32_t users;     /* steps that read it under this shape, and views of it */
  int first, last;   /* steps of its life, from 1; 0: while the image is decoded */
  int64_t offset;    /* in numbers */
} oc_c_value;

typedef struct oc_c_step {
  const struct oc_c_emitter *emitter;
  const oc_op_info *info;
  int32_t *in; /* [info->n_in] */
  int32_t out;
  bool removed; /* part of another step */
  int number;   /* in the file, from 1 */
  /* what the emitter's prepare and folding made; NULL: none */
  float *weights, *biases;
  int64_t weight_count, bias_count;
  /* after it, in the same loop; NULL: none */
  const oc_op_info *activation, *pool;
  const char *expression; /* of the activation: see oc_c_emitter */
} oc_c_step;

typedef struct oc_c_network {
  const oc_model *model;
  oc_plan *plan; /* of one image, unfused: owns what infos point to */
  oc_arena arena;
  oc_c_value *values;
  int32_t value_count;
  oc_c_step *steps;
  int32_t step_count;
  int32_t input, output;
  int64_t decode_count, decode_offset; /* numbers of scratch that decoding takes */
  int64_t scratch_count;               /* numbers of scratch in all */
  int64_t constant_bytes;              /* weights and constants in the file */
  int64_t multiply_adds;               /* for one image */
} oc_c_network;

/* How one operation becomes C. A file emit_*.c ends in OC_C_EMITTER; its row is in emitters.def. */
typedef struct oc_c_emitter {
  const char *op;
  int operands;   /* inputs that its function takes; 0: all */
  bool in_place;  /* its output may be where input 0 was */
  bool folds;     /* biases and batch normalization after it go into its weights and biases */
  bool pools;     /* so does a pooling whose windows do not overlap */
  bool activates; /* so does an activation */
  bool math;      /* needs math.h */
  /* Of an activation: the result for the float v; {name} is its attribute of this name. */
  const char *expression;
  /* Takes weights, refuses what the emitter cannot write. NULL: nothing to do. */
  oc_status (*prepare)(oc_c_network *n, oc_c_step *s, oc_error *err);
  /* Functions before it. NULL: none. */
  void (*parts)(oc_c_text *t, const oc_c_network *n, const oc_c_step *s);
  /* The statements of the function step_N (in0, in1 and so on, y): const float *, and float *. */
  void (*body)(oc_c_text *t, const oc_c_network *n, const oc_c_step *s);
  /* Multiply-adds for one image. NULL: none. */
  int64_t (*multiply_adds)(const oc_c_network *n, const oc_c_step *s);
} oc_c_emitter;
#define OC_C_EMITTER(id, ...)                                                                                \
  extern const oc_c_emitter oc_c_emit_##id;                                                                  \
  const oc_c_emitter oc_c_emit_##id = {.op = #id, __VA_ARGS__}

/* c_emitters.c: NULL if there is none. */
const oc_c_emitter *oc_c_emitter_of(const char *op);

/* Steps of a model whose only output is a class. The caller releases *n, whatever this returns.
 * OC_E_UNSUPPORTED: an operation, or a form of one, that has no emitter; by its name. OC_E_NOT_FINITE: a
 * weight is. OC_E_MEMORY. */
oc_status oc_c_network_build(const oc_model *m, oc_c_network *n, oc_error *err);
void oc_c_network_release(oc_c_network *n);
/* Numbers the steps that are left, counts, and gives values their places. `decode_count`: see above. */
oc_status oc_c_network_place(oc_c_network *n, int64_t decode_count, oc_error *err);

static inline const oc_shape *oc_c_shape(const oc_c_network *n, int32_t value) {
  return &n->values[value].type.shape;
}
/* The numbers of an input, if it is a constant; else NULL. */
static inline const float *oc_c_constant(const oc_c_network *n, const oc_c_step *s, int input) {
  return n->values[s->in[input]].data;
}
/* The value whose memory this one has. */
static inline int32_t oc_c_root(const oc_c_network *n, int32_t value) {
  while (n->values[value].same_as >= 0) value = n->values[value].same_as;
  return value;
}
/* True if it is an array of the file: a constant that a step reads. */
static inline bool oc_c_is_array(const oc_c_value *v) {
  return v->place == OC_C_CONSTANT && v->last > 0;
}

#endif
