/* int8_conv.c: convolutions, products with a matrix, and factors and biases for each channel, which are
 * convolutions of one pixel. Weights are int8 with a scale for each channel of the result, such that the
 * largest is 127; biases have the scale of the products. */
#include "export/int8/int8.h"
#include "ops/reference.h"
#include <math.h>

enum { MOST = 127, BIAS_BITS = 30 };

/* Weight i of channel c, of those of the folded step: taps, channels of a group, channels. */
static float weight_of(const oc_int8_layer *l, int64_t c, int64_t i) {
  return l->step->weights[i * l->channels + c];
}
/* Its place: (oc, taps, channels of a group), or (taps, oc). */
static int64_t place_of(const oc_int8_layer *l, int64_t c, int64_t i) {
  return l->kind == OC_INT8_depthwise ? i * l->channels + c : c * (l->weights / l->channels) + i;
}

/* The bias is to fit in 30 bits. */
static float scale_for(const oc_int8_layer *l, int64_t c, float x_scale) {
  float most = 0;
  for (int64_t i = 0; i < l->weights / l->channels; i++) most = fmaxf(most, fabsf(weight_of(l, c, i)));
  const float by_bias = (float)ldexp(fabs((double)l->step->biases[c]) / (double)x_scale, -BIAS_BITS);
  const float scale = fmaxf(most / MOST, by_bias);
  return scale < 1e-30f ? 1 : scale; /* also of denormal weights, which are as good as 0 */
}

/* Weights and bias of a channel; false: its sums may exceed 32 bits. */
static bool set_channel(const oc_int8_layer *l, int64_t c, double x_scale) {
  const double scale = (double)l->scales[c];
  const double bias = round((double)l->step->biases[c] / (x_scale * scale));
  double most = fabs(bias);
  for (int64_t i = 0; i < l->weights / l->channels; i++) {
    const double value = round((double)weight_of(l, c, i) / scale);
    l->own_weights[place_of(l, c, i)] = (int8_t)(value > MOST ? MOST : value < -MOST ? -MOST : value);
    most += fabs(value) * 255;
  }
  l->own_biases[c] = (int32_t)bias;
  return most < 2147483647.0;
}

static oc_status conv_quantize(oc_int8_network *q, oc_int8_layer *l, oc_error *err) {
  const float x = q->values[l->x].scale, y = q->values[l->inner].scale;
  TRY(oc_int8_reserve(q, l, err));
  for (int64_t c = 0; c < l->channels; c++) {
    l->scales[c] = scale_for(l, c, x);
    if (!isfinite(l->scales[c])) return oc_int8_refuse(l->step, "a bias is far larger than its input", err);
    if (!set_channel(l, c, (double)x)) return oc_int8_refuse(l->step, "its sums exceed 32 bits", err);
    oc_int8_set_multiplier(l, c, (double)x * (double)l->scales[c] / (double)y);
  }
  return oc_int8_set_results(q, l, err);
}

static oc_status add_conv(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s, oc_int8_layer **out,
                          oc_error *err) {
  oc_int8_layer *l = *out = oc_int8_add(q, kind, s);
  if (!l) return oc_fail_memory(err, sizeof *l);
  TRY(oc_int8_take(q, l, 0, err));
  l->weights = s->weight_count;
  l->channels = s->bias_count;
  l->quantize = conv_quantize;
  l->code.group_in = l->code.ic;
  l->code.group_out = l->code.oc;
  return oc_int8_activate(q, l, err);
}

/* ---- the operations ------------------------------------------------------------------------------------ */

static oc_status conv2d_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  const oc_conv_dims d = oc_conv_dims_of(s->info->attrs, &s->info->in[0].shape, &s->info->out[0].shape);
  const bool depthwise = d.groups > 1 && d.icg == 1 && d.ocg == 1;
  const int64_t sizes[] = {d.kh, d.kw, d.sh, d.sw, d.dil_h, d.dil_w, d.ph, d.pw};
  oc_int8_layer *l;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > INT16_MAX) return oc_int8_refuse(s, "its window, stride or padding exceeds 32767", err);
  TRY(add_conv(q, depthwise ? OC_INT8_depthwise : OC_INT8_conv, s, &l, err));
  layer *c = &l->code;
  c->kh = (int16_t)d.kh, c->kw = (int16_t)d.kw, c->sh = (int16_t)d.sh, c->sw = (int16_t)d.sw;
  c->dil_h = (int16_t)d.dil_h, c->dil_w = (int16_t)d.dil_w, c->ph = (int16_t)d.ph, c->pw = (int16_t)d.pw;
  c->group_in = (int32_t)d.icg;
  c->group_out = (int32_t)d.ocg;
  return OC_OK;
}

static oc_status matmul_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l;
  return add_conv(q, OC_INT8_conv, s, &l, err);
}

/* The channels are the last axis: all before it are columns of one row, except of images. */
static oc_status affine_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l;
  TRY(add_conv(q, OC_INT8_depthwise, s, &l, err));
  l->in_place = true;
  return l->code.oc == l->channels ? OC_OK : oc_int8_refuse(s, "its input has neither 2 nor 4 axes", err);
}

OC_INT8_OP(conv2d, conv2d_make);
OC_INT8_OP(matmul, matmul_make);
OC_INT8_OP(bias_add, affine_make);
OC_INT8_OP(batch_norm, affine_make);
