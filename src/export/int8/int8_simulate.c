/* int8_simulate.c: runs the layers as the C file does, by the same text. Each value has a place of its own,
 * and no layer is in a chain with others: the numbers do not depend on that. */
#include "base/checked.h"
#include "export/int8/int8.h"

enum { CHAIN_MOST = 1 };
#include "export/c/templates/fixed_point.c.in"
#include "export/c/templates/int8_row_of.c.in"
#include "export/c/templates/int8_result.c.in"
#include "export/c/templates/int8_taps.c.in"
#include "export/c/templates/int8_second.c.in"
#include "export/c/templates/int8_conv.c.in"
#include "export/c/templates/int8_depthwise.c.in"
#include "export/c/templates/int8_max_pool.c.in"
#include "export/c/templates/int8_mean_pool.c.in"
#include "export/c/templates/int8_table.c.in"
#include "export/c/templates/int8_copy.c.in"
#include "export/c/templates/int8_add.c.in"
#include "export/c/templates/int8_multiply.c.in"
#include "export/c/templates/int8_softmax.c.in"
#include "export/c/templates/int8_network.c.in"

typedef void (*row_fn)(const layer *l, const places *p, int row);
static const row_fn rows[] = {
#define OC_ROW(name, helpers) [OC_INT8_##name] = name##_row,
#include "export/int8/kinds.def"
#undef OC_ROW
};

/* ---- memory -------------------------------------------------------------------------------------------- */

static int64_t bytes_of(const oc_int8_value *v) {
  return v->used ? v->rows * v->row_bytes : 0;
}

static int64_t window_of_layer(const oc_int8_layer *l) {
  return l->kind == OC_INT8_conv ? (int64_t)l->code.kh * l->code.kw * l->code.group_in : 0;
}

/* Offsets in the simulator's memory, with a window for all layers at its end; returns its size. */
static int64_t lay_out(const oc_int8_network *q, int64_t *offsets) {
  int64_t at = 0, window = 0;
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    offsets[v] = at;
    at += bytes_of(&q->values[v]);
  }
  for (int32_t i = 0; i < q->layer_count; i++) window = oc_max_i64(window, window_of_layer(&q->layers[i]));
  offsets[q->steps.value_count] = at;
  return at + window;
}

static int32_t at(const oc_int8_simulator *s, int32_t value) {
  return value < 0 || value == s->network->steps.input ? -1 : (int32_t)s->offsets[value];
}

static void copy_layers(oc_int8_simulator *s) {
  for (int32_t i = 0; i < s->network->layer_count; i++) {
    const oc_int8_layer *from = &s->network->layers[i];
    layer *to = &s->layers[i];
    *to = from->code;
    to->row = rows[from->kind];
    to->chain = 1;
    to->x_rows = to->ih;
    to->y_rows = to->oh;
    to->x_at = at(s, from->x);
    to->x2_at = at(s, from->x2);
    to->y_at = at(s, from->y);
    to->window_at = (int32_t)s->offsets[s->network->steps.value_count];
  }
}

oc_status oc_int8_simulator_create(const oc_int8_network *q, oc_int8_simulator *s, oc_error *err) {
  *s = (oc_int8_simulator){.network = q};
  s->offsets = oc_memory_array((size_t)q->steps.value_count + 1, sizeof *s->offsets);
  s->layers = oc_memory_array((size_t)q->layer_count, sizeof *s->layers);
  if (!s->offsets || !s->layers) return oc_fail_memory(err, (size_t)q->layer_count * sizeof *s->layers);
  const int64_t bytes = lay_out(q, s->offsets);
  if (bytes > INT32_MAX)
    return oc_fail(err, OC_E_UNSUPPORTED, "model", "Use smaller images or smaller layers.",
                   "its activations have %lld numbers: the limit is %d", (long long)bytes, INT32_MAX);
  s->memory = oc_memory_alloc((size_t)bytes);
  if (!s->memory) return oc_fail_memory(err, (size_t)bytes);
  s->input = s->memory + s->offsets[q->steps.input];
  copy_layers(s);
  return OC_OK;
}

void oc_int8_simulator_release(oc_int8_simulator *s) {
  oc_memory_free(s->offsets);
  oc_memory_free(s->layers);
  oc_memory_free(s->memory);
  *s = (oc_int8_simulator){0};
}

/* ---- running ------------------------------------------------------------------------------------------- */

/* As templates/int8_standardized.c.in. */
static void standardize(const oc_int8_network *q, const uint8_t *pixels, int8_t *input) {
  const oc_int8_value *v = &q->values[q->steps.input];
  for (int64_t i = 0; i < v->rows * v->row_bytes; i++) {
    const int64_t k = i % q->deviation_count;
    const int32_t x =
        scaled(pixels[i] * 128 - q->means[i % q->mean_count], q->pixel_multipliers[k], q->pixel_shifts[k]);
    input[i] = (int8_t)(clamped(x, -128 - v->zero, 127 - v->zero) + v->zero);
  }
}

void oc_int8_simulate(oc_int8_simulator *s, const uint8_t *pixels, float *probabilities) {
  const oc_int8_network *q = s->network;
  standardize(q, pixels, s->input);
  run_layers(s->layers, q->layer_count, s->input, s->memory);
  const int8_t *y = oc_int8_simulated(s, q->steps.output);
  for (int i = 0; i < q->steps.model->classes; i++) probabilities[i] = (float)(y[i] + 128) / 256.0f;
}

const int8_t *oc_int8_simulated(const oc_int8_simulator *s, int32_t value) {
  return s->memory + s->offsets[oc_c_root(&s->network->steps, value)];
}
