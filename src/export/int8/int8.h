/* int8.h: a classifier whose numbers have 8 bits: the steps of c_network.h, folded, as layers over tensors of
 * int8, by the specification of TFLite (ai.google.dev/edge/litert/conversion/tensorflow/quantization).
 *
 *   int8_network.c    steps -> layers, by the rows of ops.def; each of those is in one of the next files,
 *                     which share int8_layers.c and int8_round.c
 *   int8_conv.c, int8_pool.c, int8_table.c, int8_pair.c, int8_concat.c, int8_softmax.c
 *   int8_scale.c      ranges -> scales, zero points and multipliers
 *   int8_pixels.c     how pixels become the first layer's input
 *   int8_calibrate.c  the ranges of tensors on images; what the rounding costs
 *   int8_memory.c     the place of each tensor; layers that run row by row together
 *   int8_simulate.c   runs the layers
 *   int8_source.c     writes them as C
 *   int8_save.c       writes them as a file, for other programs
 *
 * The C code, its tables and the simulator have one text: templates/int8_*.c.in. */
#ifndef OC_EXPORT_INT8_H
#define OC_EXPORT_INT8_H
#include "export/c/c_network.h"
#include "export/c/c_source.h"
#include "ocellus/int8.h"
#include "export/c/templates/int8_layer.c.in"

/* Layers of a chain, at most. */
enum { OC_INT8_CHAIN = 8 };

/* The functions that compute rows: kinds.def. */
typedef enum oc_int8_kind {
#define OC_ROW(name, helpers) OC_INT8_##name,
#include "export/int8/kinds.def"
#undef OC_ROW
  OC_INT8_KINDS
} oc_int8_kind;

/* What is known of a value of the steps, under the same index. A value whose memory is another's has none of
 * its own: see oc_c_root. */
typedef struct oc_int8_value {
  bool used;        /* a layer reads or writes it */
  bool measured;    /* its range is needed */
  bool bounded;     /* its range is given by what makes it: that of the images does not count */
  int32_t group;    /* the value whose quantization it shares, or its own number */
  double low, high; /* of the numbers on the calibration images; they include 0 */
  float scale;      /* the number q stands for scale * (q - zero) */
  int zero;
  int64_t rows, row_bytes;
  int32_t readers, maker; /* layers that read it; the first one that writes it, or -1 */
  int64_t held;           /* rows that are in memory at a time */
  int32_t same_as;        /* the value in whose place it is, or -1 */
  int first, last;        /* chains of its life; 0: while the image is decoded */
  int64_t offset;
  double signal, noise; /* sums of squares: of the numbers, of the differences */
} oc_int8_value;

typedef struct oc_int8_layer oc_int8_layer;
typedef struct oc_int8_network oc_int8_network;
struct oc_int8_layer {
  oc_int8_kind kind;
  layer code; /* as in the file; `row` is the simulator's */
  const oc_c_step *step;
  int32_t x, x2, y; /* values; x2: -1 if there is none */
  int32_t inner;    /* before `code.table` or, without one, y */
  bool streamed;    /* the next layer reads its rows as they come */
  bool in_place;    /* y may be where x was */
  int64_t weights;  /* counts of the arrays in `code` */
  int64_t channels; /* biases, multipliers and shifts; without weights no biases */
  float *scales;    /* of the weights of each channel; NULL without weights */
  /* what `code` points to */
  int8_t *own_weights, *own_shifts, *own_table;
  int32_t *own_biases, *own_multipliers;
  /* Fills the arrays, once the values have scales. */
  oc_status (*quantize)(oc_int8_network *q, oc_int8_layer *l, oc_error *err);
};

struct oc_int8_network {
  oc_c_network steps;
  oc_int8_value *values; /* [steps.value_count] */
  oc_int8_layer *layers;
  int32_t layer_count;
  int64_t layer_capacity;
  int64_t decode_bytes, decode_offset, scratch_bytes;
  int64_t input_offset;
  /* the first layer's input from pixels: see templates/int8_standardized.c.in */
  int32_t *means, *pixel_multipliers;
  int8_t *pixel_shifts;
  int64_t mean_count, deviation_count;
};

/* How an operation becomes layers. A file int8_*.c ends in OC_INT8_OP; its row is in ops.def. */
typedef struct oc_int8_op {
  const char *name;
  oc_status (*make)(oc_int8_network *q, const oc_c_step *s, oc_error *err);
} oc_int8_op;
#define OC_INT8_OP(id, function)                                                                             \
  extern const oc_int8_op oc_int8_op_##id;                                                                   \
  const oc_int8_op oc_int8_op_##id = {.name = #id, .make = function}

/* ---- int8_network.c ------------------------------------------------------------------------------------ */

/* The layers of a model, without scales. The caller releases *q, whatever this returns. Errors as of
 * oc_c_network_build and oc_c_fold; OC_E_UNSUPPORTED: a step has no form in int8. */
oc_status oc_int8_build(const oc_model *m, oc_int8_network *q, oc_error *err);
void oc_int8_release(oc_int8_network *q);

/* ---- int8_layers.c ------------------------------------------------------------------------------------- */

/* A new last layer for the step, with its values and shapes; NULL: no memory is left. */
oc_int8_layer *oc_int8_add(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s);
/* Input k of the step becomes x or x2, with the shape of x. OC_E_UNSUPPORTED: it is a constant. */
oc_status oc_int8_take(oc_int8_network *q, oc_int8_layer *l, int k, oc_error *err);
/* OC_E_UNSUPPORTED: the step, `why` not, and what to do. */
oc_status oc_int8_refuse(const oc_c_step *s, const char *why, oc_error *err);
/* Both get one quantization. */
void oc_int8_unite(oc_int8_network *q, int32_t a, int32_t b);
/* The range of a value that its operation bounds. */
void oc_int8_bound(oc_int8_network *q, int32_t value, double low, double high);
/* Arrays for `weights` and `channels`. */
oc_status oc_int8_reserve(oc_int8_network *q, oc_int8_layer *l, oc_error *err);
const oc_int8_value *oc_int8_value_of(const oc_int8_network *q, int32_t value);

/* ---- int8_table.c -------------------------------------------------------------------------------------- */

/* The step's activation, after it: bounds of the results or a table of them. */
oc_status oc_int8_activate(oc_int8_network *q, oc_int8_layer *l, oc_error *err);
/* Once there are scales: sets them. */
oc_status oc_int8_set_results(oc_int8_network *q, oc_int8_layer *l, oc_error *err);

/* ---- int8_round.c -------------------------------------------------------------------------------------- */

/* factor = multiplier / 2^31 * 2^shift. */
void oc_int8_multiplier(double factor, int32_t *multiplier, int8_t *shift);
/* Element i of the layer's multipliers and shifts. */
void oc_int8_set_multiplier(const oc_int8_layer *l, int64_t i, double factor);
/* The nearest number in int8. */
int8_t oc_int8_round(double value, float scale, int zero);

/* ---- int8_scale.c -------------------------------------------------------------------------------------- */

/* Scales for all values, from their ranges; then the arrays of all layers. OC_E_NOT_FINITE. */
oc_status oc_int8_quantize(oc_int8_network *q, oc_error *err);

/* ---- int8_pixels.c ------------------------------------------------------------------------------------- */

/* Once the input has a scale. OC_E_UNSUPPORTED: a mean is far from any pixel. */
oc_status oc_int8_set_pixels(oc_int8_network *q, oc_error *err);

/* ---- int8_calibrate.c ---------------------------------------------------------------------------------- */

/* Ranges and arrays from `count` images spread over the data; *report without its layers. OC_E_DATA. */
oc_status oc_int8_calibrate(oc_int8_network *q, const oc_dataset *d, int64_t count, oc_int8_report *report,
                            oc_error *err);

/* ---- int8_memory.c ------------------------------------------------------------------------------------- */

/* Chains, and the offset of each value, with `decode_bytes` for decoding. */
oc_status oc_int8_place(oc_int8_network *q, int64_t decode_bytes, oc_error *err);

/* ---- int8_simulate.c ----------------------------------------------------------------------------------- */

/* Runs a network with a place of its own for each value, so that all are there afterwards. */
typedef struct oc_int8_simulator {
  const oc_int8_network *network;
  layer *layers;
  int64_t *offsets; /* of values, in `memory`, and of a window */
  int8_t *memory, *input;
} oc_int8_simulator;
/* The caller releases *s, whatever this returns. */
oc_status oc_int8_simulator_create(const oc_int8_network *q, oc_int8_simulator *s, oc_error *err);
void oc_int8_simulator_release(oc_int8_simulator *s);
/* Answers one image of the network's size. */
void oc_int8_simulate(oc_int8_simulator *s, const uint8_t *pixels, float *probabilities);
/* A value of the last image. */
const int8_t *oc_int8_simulated(const oc_int8_simulator *s, int32_t value);

/* ---- int8_source.c ------------------------------------------------------------------------------------- */

/* What *u says of a network with places; only its arrays need scales. */
void oc_int8_unit(const oc_int8_network *q, oc_c_unit *u);
/* The caller frees golden->probabilities with oc_memory_free, whatever this returns. */
oc_status oc_int8_golden(const oc_int8_network *q, oc_c_golden *golden, oc_error *err);
/* What a layer takes of the file: weights, tables, and its row of the table of layers. */
int64_t oc_int8_layer_bytes(const oc_int8_layer *l);
int64_t oc_int8_multiply_adds(const oc_int8_layer *l);

/* ---- int8_save.c --------------------------------------------------------------------------------------- */

oc_status oc_int8_write(const oc_int8_network *q, const char *path, oc_error *err);

#endif
