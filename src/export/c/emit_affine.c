/* emit_affine.c: writes biases and batch normalization that no step before took: y = x * weight + bias for
 * each channel, the last axis. */
#include "export/c/c_emit.h"
#include <stdio.h>
#include <math.h>

static oc_status bias_add_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  const float *b = oc_c_constant(n, s, 1);
  if (!b) return oc_c_refuse(s, "its biases follow from the image", err);
  const int64_t channels = n->values[s->in[1]].count;
  TRY(oc_c_reserve(n, s, channels, channels, err));
  for (int64_t c = 0; c < channels; c++) s->weights[c] = 1, s->biases[c] = b[c];
  return OC_OK;
}

static oc_status batch_norm_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  enum { GAMMA = 1, BETA, MEAN, VARIANCE };
  const double epsilon = ((const oc_batch_norm_attrs *)s->info->attrs)->epsilon;
  const float *given[VARIANCE + 1] = {NULL};
  for (int i = GAMMA; i <= VARIANCE; i++) {
    given[i] = oc_c_constant(n, s, i);
    if (!given[i]) return oc_c_refuse(s, "its averages follow from the image", err);
  }
  const int64_t channels = n->values[s->in[GAMMA]].count;
  TRY(oc_c_reserve(n, s, channels, channels, err));
  for (int64_t c = 0; c < channels; c++) {
    const double scale = (double)given[GAMMA][c] / sqrt((double)given[VARIANCE][c] + epsilon);
    s->weights[c] = (float)scale;
    s->biases[c] = (float)((double)given[BETA][c] - (double)given[MEAN][c] * scale);
    if (!isfinite(s->weights[c]) || !isfinite(s->biases[c]))
      return oc_fail(err, OC_E_NOT_FINITE, s->info->name,
                     "Train the model again, with a lower learning rate.",
                     "its factor for channel %lld is infinite", (long long)c);
  }
  return OC_OK;
}

static void affine_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  char value[96];
  const long long channels = s->bias_count, count = n->values[s->out].count;
  (void)snprintf(value, sizeof value, "in0[i + c] * step_%d_weights[c] + step_%d_biases[c]", s->number,
                 s->number);
  oc_c_put(t, "  for (int i = 0; i < %lld; i += %lld)\n    for (int c = 0; c < %lld; c++)", count, channels,
           channels);
  oc_c_put_result(t, s, "y[i + c]", value);
}

OC_C_EMITTER(bias_add, .operands = 1, .in_place = true, .folds = true, .activates = true,
             .prepare = bias_add_prepare, .body = affine_body);
OC_C_EMITTER(batch_norm, .operands = 1, .in_place = true, .folds = true, .activates = true,
             .prepare = batch_norm_prepare, .body = affine_body);
