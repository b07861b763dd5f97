/* int8_table.c: activations. relu and its kin bound the results. Any other function of one number is a table
 * of 256 results, made by the reference implementation. */
#include "export/c/c_emit.h"
#include "export/int8/int8.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { NUMBERS = 256 };

static const oc_op_info *activation_of(const oc_int8_layer *l) {
  return l->kind == OC_INT8_table ? l->step->info : l->step->activation;
}

/* True if it only bounds numbers: to low and high. */
static bool bounds_of(const oc_op_info *a, double *low, double *high) {
  const bool relu6 = strcmp(a->op->name, "relu6") == 0, relu = strcmp(a->op->name, "relu") == 0;
  *low = 0;
  *high = relu6 ? 6 : INFINITY;
  if (relu || relu6) return true;
  if (strcmp(a->op->name, "clip") != 0) return false;
  *low = *(const double *)oc_c_attribute(a, "low");
  *high = *(const double *)oc_c_attribute(a, "high");
  return true;
}

/* What the step that was folded into this one, or this one, reads. */
static int32_t input_of(const oc_int8_network *q, const oc_op_info *activation) {
  for (int32_t i = 0; i < q->steps.step_count; i++)
    if (q->steps.steps[i].info == activation) return oc_c_root(&q->steps, q->steps.steps[i].in[0]);
  return -1;
}

/* The results of these have scales of their own in TFLite. */
static void bound_result(oc_int8_network *q, const oc_op_info *a, int32_t y) {
  if (strcmp(a->op->name, "tanh") == 0) oc_int8_bound(q, y, -1, 127.0 / 128);
  if (strcmp(a->op->name, "sigmoid") == 0) oc_int8_bound(q, y, 0, 255.0 / 256);
}

oc_status oc_int8_activate(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const oc_op_info *a = activation_of(l);
  double low, high;
  if (!a || (l->kind != OC_INT8_table && bounds_of(a, &low, &high))) return OC_OK;
  l->inner = input_of(q, a);
  q->values[l->inner].measured = true;
  bound_result(q, a, l->y);
  l->code.table = l->own_table = oc_arena_alloc(&q->steps.arena, NUMBERS);
  if (!l->own_table) return oc_fail_memory(err, NUMBERS);
  return OC_OK;
}

/* ---- with scales --------------------------------------------------------------------------------------- */

/* y = the activation of x, of one number for each of NUMBERS samples. */
static void apply(const oc_op_info *activation, const float *x, float *y) {
  oc_op_info info = *activation;
  oc_tensor_desc type = {.dtype = OC_F32, .shape = OC_SHAPE(OC_BATCH, 1)};
  const oc_run_state state = {0};
  const void *in[] = {x};
  info.in = &type;
  info.n_in = 1;
  info.out[0] = type;
  info.op->run(&(oc_call){.info = &info,
                          .in = in,
                          .out = {y},
                          .samples = NUMBERS,
                          .batch = NUMBERS,
                          .plan_batch = NUMBERS,
                          .chunk = 1,
                          .parts = 1,
                          .state = &state});
}

static oc_status fill_table(const oc_int8_value *x, const oc_int8_value *y, const oc_int8_layer *l,
                            oc_error *err) {
  float from[NUMBERS], to[NUMBERS];
  for (int i = 0; i < NUMBERS; i++) from[i] = x->scale * (float)(i - 128 - x->zero);
  apply(activation_of(l), from, to);
  for (int i = 0; i < NUMBERS; i++) {
    if (isnan(to[i]))
      return oc_int8_refuse(l->step, "it is not defined for all numbers that its input may have", err);
    const double bounded = fmax(-(double)FLT_MAX, fmin((double)to[i], (double)FLT_MAX));
    l->own_table[i] = oc_int8_round(bounded, y->scale, y->zero);
  }
  return OC_OK;
}

oc_status oc_int8_set_results(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const oc_op_info *a = activation_of(l);
  const oc_int8_value *y = &q->values[l->y];
  double low, high;
  l->code.low = -128;
  l->code.high = 127;
  if (l->code.table) return fill_table(&q->values[l->inner], y, l, err);
  if (!a || !bounds_of(a, &low, &high)) return OC_OK;
  l->code.low = oc_int8_round(low, y->scale, y->zero);
  if (isfinite(high)) l->code.high = oc_int8_round(high, y->scale, y->zero);
  return OC_OK;
}
