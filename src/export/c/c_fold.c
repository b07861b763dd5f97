/* c_fold.c: see c_fold.h. A step takes the one that reads its result, if no other does, as long as it can. */
#include "export/c/c_fold.h"
#include "ops/ops.h"
#include <math.h>
#include <string.h>

/* The step whose input 0 is the result of `s`, which nothing else reads; NULL if there is none. */
static oc_c_step *only_reader(const oc_c_network *n, const oc_c_step *s) {
  if (n->values[s->out].users != 1) return NULL;
  for (int32_t i = 0; i < n->step_count; i++)
    if (!n->steps[i].removed && n->steps[i].info->n_in > 0 && n->steps[i].in[0] == s->out)
      return &n->steps[i];
  return NULL;
}

static void take(oc_c_step *s, oc_c_step *next) {
  s->out = next->out;
  next->removed = true;
}

/* w * x + b, then times scale plus shift, channel by channel, which are the last axis of the weights. */
static oc_status fold_affine(oc_c_step *s, const oc_c_step *next, oc_error *err) {
  const float *scale = next->weights, *shift = next->biases;
  const int64_t channels = s->bias_count;
  bool finite = true;
  for (int64_t i = 0; i < s->weight_count; i++) {
    s->weights[i] = (float)((double)s->weights[i] * (double)scale[i % channels]);
    finite = finite && isfinite(s->weights[i]);
  }
  for (int64_t c = 0; c < channels; c++) {
    s->biases[c] = (float)((double)s->biases[c] * (double)scale[c] + (double)shift[c]);
    finite = finite && isfinite(s->biases[c]);
  }
  if (finite) return OC_OK;
  return oc_fail(err, OC_E_NOT_FINITE, next->info->name, "Train the model again, with a lower learning rate.",
                 "its factors make weights of %s infinite", s->info->name);
}

static bool is_affine(const oc_c_step *s) {
  return strcmp(s->info->op->name, "bias_add") == 0 || strcmp(s->info->op->name, "batch_norm") == 0;
}

/* Windows that neither overlap nor leave the image: each result of the step before is computed once. */
static bool is_simple_pool(const oc_c_step *s) {
  const char *op = s->info->op->name;
  if (strcmp(op, "max_pool") != 0 && strcmp(op, "mean_pool") != 0) return false;
  const oc_pool_attrs *a = s->info->attrs;
  return a->stride[0] >= a->size[0] && a->stride[1] >= a->size[1] && !a->pad[0] && !a->pad[1] && !a->pad[2] &&
         !a->pad[3];
}

/* Takes the next step; false if it stays one of its own. */
static bool take_next(oc_c_step *s, oc_c_step *next, bool pools, oc_status *status, oc_error *err) {
  const oc_c_emitter *e = s->emitter;
  if (s->pool) return false;
  if (e->folds && !s->activation && is_affine(next) && next->bias_count == s->bias_count)
    *status = fold_affine(s, next, err);
  else if (e->activates && !s->activation && next->emitter->expression)
    s->activation = next->info, s->expression = next->emitter->expression;
  else if (pools && e->pools && is_simple_pool(next))
    s->pool = next->info;
  else
    return false;
  take(s, next);
  return true;
}

oc_status oc_c_fold(oc_c_network *n, bool pools, oc_error *err) {
  oc_status status = OC_OK;
  for (int32_t i = 0; i < n->step_count; i++) {
    oc_c_step *s = &n->steps[i], *next;
    if (s->removed) continue;
    while (status == OC_OK && (next = only_reader(n, s)) && take_next(s, next, pools, &status, err)) {
    }
  }
  return status;
}
