/* trace.h: traces one value of a trained network back to every multiply-add that makes it.
 *
 *   oc_trace *t;
 *   oc_trace_create(model, pixels, "conv_2/activation[3,5,17]", &t, &err);
 *   for (int i = 0; i < t->count; i++) printf("%s: %g\n", t->steps[i].name, t->steps[i].value);
 *   oc_trace_free(t);
 *
 * A trace goes back from the value through operations that choose or change a single value (activation, bias,
 * reshape, the winner of a max-pooling, the logit of a probability) to the sum it comes from (convolution,
 * matrix product, mean), and stops there; the terms of that sum name the values to trace next. Each step is
 * recomputed in float64 from the same inputs and compared with the engine's value. Lecture: "Working with
 * Multiple Input or Color Channels".
 *
 * Threads: making a trace uses the model, which must not be used elsewhere meanwhile; a trace is then read
 * from any thread. */
#ifndef OCELLUS_TRACE_H
#define OCELLUS_TRACE_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

/* product = value * weight. Of a pooling the weight is 1 (largest) or 1/elements (mean); the bias has the
 * value 1. Of a softmax the weight is 1 / sum over all values of exp(value - largest), and product =
 * exp(value - largest) * weight: the fraction of each; the step's own is `computed`. */
typedef struct oc_trace_term {
  int64_t x[OC_MAX_RANK]; /* index in the step's input, without the batch axis; not set for a bias */
  int64_t w[OC_MAX_RANK]; /* index in the step's weights */
  double value, weight, product;
  bool bias;
} oc_trace_term;

typedef struct oc_trace_step {
  const char *name, *op; /* "conv_2/Conv2D", "conv2d" */
  const char *input;     /* name of the tensor that x counts in */
  const char *weights;   /* name of the variable that w counts in, or NULL */
  int rank, input_rank, weights_rank;
  int64_t index[OC_MAX_RANK];
  double value;    /* as the engine computed it, in float32 */
  double computed; /* from the terms, in float64 */
  double scale;    /* sum of |product|: rounding may make the two differ by a few 1e-7 of it */
  oc_trace_term *terms;
  int64_t count;
  int64_t outside; /* products with padding, which are 0 and not listed */
} oc_trace_step;

typedef struct oc_trace {
  oc_trace_step *steps; /* the traced value first */
  int count;
  int64_t rows[2],
      columns[2]; /* receptive field: first and last pixel row and column that can change the value */
} oc_trace;

/* `pixels`: one image of the model's size. `address`: NAME[i,j,..], the name of a tensor and one index per
 * axis, without the batch axis. OC_E_ARGUMENT: no such name, or an index that is not a number or out of
 * range. OC_E_UNSUPPORTED: the operation cannot be traced (the most probable class, batch normalization, sums
 * of branches). OC_E_NOT_FINITE: a number on the way is NaN or infinite; `err` names the layer where that
 * began. The caller frees *out, before the model. */
OC_API oc_status oc_trace_create(oc_model *m, const uint8_t *pixels, const char *address, oc_trace **out,
                                 oc_error *err);
/* Frees a trace with its steps and terms. NULL is fine. */
OC_API void oc_trace_free(oc_trace *t);

/* One weight's gradient for one image: d loss / d w = sum over positions of x * dy, where x is the input that
 * the weight multiplies and dy the gradient of the sum that it contributes to. Without dropout, as in
 * evaluation. */
typedef struct oc_trace_gradient {
  /* name: the weight's; value: the engine's gradient; a term's weight is dy, its w an index in dy */
  oc_trace_step sum;
  const char *of; /* dy = d loss / d this tensor: "conv_2/Conv2D" */
  double weight;  /* the weight itself */
  int32_t label;  /* the label of the loss */
  double loss;    /* in float64 */
  /* (loss(w+h) - loss(w-h)) / 2h in float64. A ReLU or a maximum that switches within h shows here */
  double difference;
  double h;
} oc_trace_gradient;

/* `address`: a trainable variable of a convolution, a dense layer or a bias, with an index for each axis,
 * such as "conv_2/_weights[2,2,5,17]". `label`: 0..classes-1, or -1 for the most probable class. Errors as of
 * oc_trace_create. The caller frees *out, before the model. */
OC_API oc_status oc_trace_gradient_create(oc_model *m, const uint8_t *pixels, const char *address,
                                          int32_t label, oc_trace_gradient **out, oc_error *err);
/* Frees a gradient with its terms. NULL is fine. */
OC_API void oc_trace_gradient_free(oc_trace_gradient *t);

#ifdef __cplusplus
}
#endif
#endif
