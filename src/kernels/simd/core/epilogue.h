/* epilogue.h: computes the epilogue of conv_block, vectorized over channels: bias, activation, max pooling;
 * and its backward pass. */
#ifndef OC_SIMD_EPILOGUE_H
#define OC_SIMD_EPILOGUE_H
#include "kernels/simd/core/act.h"
#include "kernels/simd/conv/conv.h"

/* Constant in the calls of inner loops, so that the common case is compiled on its own. */
typedef struct epilogue {
  oc_act act;
  float slope;
  int64_t ph, pw; /* window */
} epilogue;

static inline epilogue epilogue_of(const oc_conv_block_attrs *a) {
  return (epilogue){a->act, (float)a->slope, a->pooled ? a->pool[0] : 1, a->pooled ? a->pool[1] : 1};
}

/* The epilogues whose inner loops are compiled on their own. */
typedef enum epilogue_kind { EPILOGUE_OTHER, EPILOGUE_RELU, EPILOGUE_RELU_POOLED } epilogue_kind;
static inline epilogue_kind epilogue_kind_of(epilogue f) {
  if (f.act != OC_ACT_RELU || f.ph != f.pw) return EPILOGUE_OTHER;
  return f.ph == 1 ? EPILOGUE_RELU : f.ph == 2 ? EPILOGUE_RELU_POOLED : EPILOGUE_OTHER;
}

/* The largest so far, and which it was. */
typedef struct largest {
  vf value;
  vi arg;
} largest;

OC_INLINE void take_larger(largest *l, vf v, int32_t index) {
  const vmask wins = vec_beats(v, l->value);
  l->value = vec_select(wins, v, l->value);
  l->arg = vec_selecti(wins, vec_set1i(index), l->arg);
}

/* True if this activation is monotonic, so that it may come after a maximum instead of before it. */
OC_INLINE bool never_falls(oc_act act) {
  return act == OC_ACT_NONE || act == OC_ACT_RELU || act == OC_ACT_RELU6;
}

/* The larger, a if they are equal; NaN if either is. */
OC_INLINE vf larger(vf a, vf b) {
  return vec_select(vec_is_nan(b), b, vec_max(a, b));
}

/* The largest of a window of activated values, `line` floats from row to row and `step` from column to
 * column, and which it was. */
OC_INLINE vf window_max(const float *c, int64_t line, int64_t step, vf bias, const epilogue f, vi *arg) {
  largest l = {vec_activate(f.act, f.slope, vec_load(c) + bias), vec_set1i(0)};
  for (int64_t i = 0; i < f.ph; i++)
    for (int64_t j = 0; j < f.pw; j++)
      if (i + j > 0)
        take_larger(&l, vec_activate(f.act, f.slope, vec_load(c + i * line + j * step) + bias),
                    (int32_t)(i * f.pw + j));
  *arg = l.arg;
  return l.value;
}

/* Like window_max, without the index. */
OC_INLINE vf window_value(const float *c, int64_t line, int64_t step, vf bias, const epilogue f) {
  vf most = vec_load(c);
  for (int64_t i = 0; i < f.ph; i++)
    for (int64_t j = 0; j < f.pw; j++)
      if (i + j > 0) most = larger(most, vec_load(c + i * line + j * step));
  return vec_activate(f.act, f.slope, most + bias);
}

/* Convolved values of a window, `line` floats from row to row and `step` from column to column. */
typedef struct window_values {
  const float *c;
  int64_t line, step;
} window_values;

/* A pooled element of y, and, if arg is there, which of its window it was. */
OC_INLINE void epilogue_window(const window_values in, vf bias, const epilogue f, int64_t lanes, float *y,
                               uint8_t *arg) {
  vi which;
  if (!arg && never_falls(f.act)) {
    vec_store_part(y, window_value(in.c, in.line, in.step, bias, f), lanes);
    return;
  }
  vec_store_part(y, window_max(in.c, in.line, in.step, bias, f, &which), lanes);
  if (arg) vec_store_bytes(arg, which, lanes);
}

/* A position of y with its gradient, and its window in dz, the gradient before bias and activation. */
typedef struct at_place {
  const float *y, *dy;
  const uint8_t *arg; /* NULL without pooling */
  float *dz;
} at_place;

/* Writes the window of one pooled element's lanes, whole vectors, and returns the gradient that went into
 * it. */
OC_INLINE vf spread(const at_place *p, int64_t line, int64_t step, int64_t lanes, const epilogue f) {
  const vf dz = vec_activate_grad(f.act, f.slope, vec_load_part(p->y, lanes), vec_load_part(p->dy, lanes));
  if (!p->arg) {
    vec_store(p->dz, dz);
    return dz;
  }
  const vi arg = vec_load_bytes(p->arg, lanes);
  for (int64_t i = 0; i < f.ph; i++)
    for (int64_t j = 0; j < f.pw; j++)
      vec_store(p->dz + i * line + j * step,
                vec_select(vec_eqi(arg, vec_set1i((int32_t)(i * f.pw + j))), dz, vec_zero()));
  return dz;
}

/* The destination of the results of four positions, channels of a panel: adjacent, or, pooled, the maximum of
 * a window. */
typedef struct four_places {
  float *y;
  uint8_t *arg;      /* or NULL */
  const float *bias; /* of the panel */
  int64_t oc, cols;  /* channels of y, and of the panel */
  bool pooled;
  float slope;
} four_places;

/* The same, `floats` of y further on. */
OC_INLINE four_places four_places_on(four_places t, int64_t floats) {
  t.y += floats;
  if (t.arg) t.arg += floats;
  return t;
}

/* One vector of their channels: bias, activation, and the first `count` stored, or the largest of the
 * four. */
OC_INLINE void epilogue_four(const four_places *t, const int v, vf sum[4], int64_t count, const oc_act act) {
  const int64_t lanes = vec_lanes(t->cols - v * VL);
  const vf bias = vec_load_part(t->bias + v * VL, lanes);
  if (t->pooled && !t->arg && never_falls(act)) {
    const vf most = larger(larger(sum[0], sum[1]), larger(sum[2], sum[3]));
    vec_store_part(t->y + v * VL, vec_activate(act, t->slope, most + bias), lanes);
    return;
  }
  OC_UNROLL
  for (int q = 0; q < 4; q++) sum[q] = vec_activate(act, t->slope, sum[q] + bias);
  if (!t->pooled) {
    for (int64_t q = 0; q < count; q++) vec_store_part(t->y + q * t->oc + v * VL, sum[q], lanes);
    return;
  }
  largest l = {sum[0], vec_set1i(0)};
  OC_UNROLL
  for (int q = 1; q < 4; q++) take_larger(&l, sum[q], q);
  vec_store_part(t->y + v * VL, l.value, lanes);
  if (t->arg) vec_store_bytes(t->arg + v * VL, l.arg, lanes);
}

/* Channels from n on of image `image`, whose y has `places` positions. */
static inline four_places four_places_of(const oc_call *c, int64_t image, int64_t places, int64_t n) {
  const oc_conv_block_attrs *a = c->info->attrs;
  const int64_t oc = c->info->in[1].shape.dim[3], at = image * places * oc + n;
  return (four_places){.y = (float *)c->out[0] + at,
                       .arg = a->pooled && a->save_argmax ? (uint8_t *)c->out[1] + at : NULL,
                       .bias = (const float *)c->in[2] + n,
                       .oc = oc,
                       .cols = oc_min_i64(NR, oc - n),
                       .pooled = a->pooled,
                       .slope = (float)a->slope};
}

/* Why the kernels of first layers, whose epilogue takes four positions at a time, do not support a
 * conv_block. */
static inline const char *first_layer_refuse(const oc_op_info *info) {
  const oc_conv_block_attrs *a = info->attrs;
  const char *why = conv_refuse(&a->conv, &info->in[0]);
  if (why) return why;
  if (a->pooled && (a->pool[0] != 2 || a->pool[1] != 2)) return "not pooled by 2x2";
  return info->in[0].shape.dim[3] > 4 ? "more than 4 input channels" : NULL;
}

#endif
