/* int8_layers.c: adds layers to a network in int8: what the files of operations share. */
#include "export/int8/int8.h"

oc_status oc_int8_refuse(const oc_c_step *s, const char *why, oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, s->info->name, "Export it in float32, or use another layer.",
                 "the operation '%s' has no form in int8: %s", s->info->op->name, why);
}

/* ---- values -------------------------------------------------------------------------------------------- */

const oc_int8_value *oc_int8_value_of(const oc_int8_network *q, int32_t value) {
  return &q->values[oc_c_root(&q->steps, value)];
}

static int32_t group_of(const oc_int8_network *q, int32_t value) {
  while (q->values[value].group != value) value = q->values[value].group;
  return value;
}

void oc_int8_unite(oc_int8_network *q, int32_t a, int32_t b) {
  const int32_t x = group_of(q, oc_c_root(&q->steps, a)), y = group_of(q, oc_c_root(&q->steps, b));
  q->values[x > y ? x : y].group = x > y ? y : x;
}

void oc_int8_bound(oc_int8_network *q, int32_t value, double low, double high) {
  oc_int8_value *v = &q->values[oc_c_root(&q->steps, value)];
  v->bounded = true;
  v->low = low;
  v->high = high;
}

static void use(oc_int8_network *q, int32_t value) {
  q->values[value].used = q->values[value].measured = true;
}

/* ---- layers -------------------------------------------------------------------------------------------- */

/* Rows, columns and channels: (n,h,w,c), or all of one image as channels. */
static void take_shape(const oc_shape *s, int64_t count, int32_t *h, int32_t *w, int32_t *c) {
  const bool image = s->rank == 4;
  *h = image ? (int32_t)s->dim[1] : 1;
  *w = image ? (int32_t)s->dim[2] : 1;
  *c = image ? (int32_t)s->dim[3] : (int32_t)count;
}

oc_int8_layer *oc_int8_add(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s) {
  const int32_t y = oc_c_root(&q->steps, s->out);
  oc_int8_value *v = &q->values[y];
  if (!oc_memory_reserve(&q->layers, q->layer_count, &q->layer_capacity, sizeof *q->layers)) return NULL;
  oc_int8_layer *l = &q->layers[q->layer_count++];
  *l = (oc_int8_layer){.kind = kind, .step = s, .x = -1, .x2 = -1, .y = y, .inner = y};
  layer *c = &l->code;
  c->kh = c->kw = c->sh = c->sw = c->dil_h = c->dil_w = 1;
  take_shape(oc_c_shape(&q->steps, s->out), q->steps.values[s->out].count, &c->oh, &c->ow, &c->oc);
  use(q, y);
  if (v->maker < 0) v->maker = q->layer_count - 1;
  v->rows = c->oh;
  v->row_bytes = (int64_t)c->ow * c->oc;
  return l;
}

oc_status oc_int8_take(oc_int8_network *q, oc_int8_layer *l, int k, oc_error *err) {
  const int32_t value = l->step->in[k], root = oc_c_root(&q->steps, value);
  layer *c = &l->code;
  if (q->steps.values[root].place == OC_C_CONSTANT)
    return oc_int8_refuse(l->step, "one of its inputs is a constant", err);
  use(q, root);
  q->values[root].readers++;
  if (l->x >= 0) {
    l->x2 = root;
    return OC_OK;
  }
  l->x = root;
  take_shape(oc_c_shape(&q->steps, value), q->steps.values[value].count, &c->ih, &c->iw, &c->ic);
  return OC_OK;
}

oc_status oc_int8_reserve(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  oc_arena *a = &q->steps.arena;
  const size_t weights = (size_t)l->weights, channels = (size_t)l->channels;
  int8_t *w = oc_arena_alloc(a, weights + 1), *shifts = oc_arena_alloc(a, channels + 1);
  int32_t *numbers = oc_arena_alloc(a, (2 * channels + 1) * sizeof *numbers);
  float *scales = oc_arena_alloc(a, (channels + 1) * sizeof *scales);
  if (!w || !shifts || !numbers || !scales) return oc_fail_memory(err, weights + channels * 16);
  l->code.shifts = l->own_shifts = shifts;
  l->code.multipliers = l->own_multipliers = numbers;
  if (!weights) return OC_OK;
  l->code.weights = l->own_weights = w;
  l->code.biases = l->own_biases = numbers + channels;
  l->scales = scales;
  return OC_OK;
}
