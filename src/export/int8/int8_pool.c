/* int8_pool.c: pooling. Its result has the scale of its input, so that a maximum is exact and a mean needs
 * one rounding. */
#include "export/int8/int8.h"
#include "ops/reference.h"

static oc_status add_pool(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s, oc_int8_layer **out,
                          oc_error *err) {
  oc_int8_layer *l = *out = oc_int8_add(q, kind, s);
  if (!l) return oc_fail_memory(err, sizeof *l);
  TRY(oc_int8_take(q, l, 0, err));
  l->quantize = oc_int8_set_results;
  TRY(oc_int8_activate(q, l, err));
  if (l->inner != l->y) return oc_int8_refuse(s, "its activation is not one of bounds", err);
  oc_int8_unite(q, l->x, l->y);
  return OC_OK;
}

static oc_status pool_make(oc_int8_network *q, oc_int8_kind kind, const oc_c_step *s, oc_error *err) {
  const oc_pool_dims d =
      oc_pool_dims_of(s->info->attrs, oc_c_shape(&q->steps, s->in[0]), &s->info->out[0].shape);
  const int64_t sizes[] = {d.kh, d.kw, d.sh, d.sw};
  oc_int8_layer *l;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    if (sizes[i] > INT16_MAX) return oc_int8_refuse(s, "its window or stride exceeds 32767", err);
  if (d.ph >= d.kh || d.pw >= d.kw) return oc_int8_refuse(s, "windows may lie outside the image", err);
  TRY(add_pool(q, kind, s, &l, err));
  layer *c = &l->code;
  c->kh = (int16_t)d.kh, c->kw = (int16_t)d.kw, c->sh = (int16_t)d.sh, c->sw = (int16_t)d.sw;
  c->ph = (int16_t)d.ph, c->pw = (int16_t)d.pw;
  return OC_OK;
}

static oc_status max_pool_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  return pool_make(q, OC_INT8_max_pool, s, err);
}
static oc_status mean_pool_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  return pool_make(q, OC_INT8_mean_pool, s, err);
}

/* One window is the whole image, and the result one pixel. */
static oc_status global_mean_pool_make(oc_int8_network *q, const oc_c_step *s, oc_error *err) {
  oc_int8_layer *l;
  TRY(add_pool(q, OC_INT8_mean_pool, s, &l, err));
  layer *c = &l->code;
  if (c->ih > INT16_MAX || c->iw > INT16_MAX) return oc_int8_refuse(s, "its window exceeds 32767", err);
  c->kh = (int16_t)c->ih;
  c->kw = (int16_t)c->iw;
  return OC_OK;
}

OC_INT8_OP(max_pool, max_pool_make);
OC_INT8_OP(mean_pool, mean_pool_make);
OC_INT8_OP(global_mean_pool, global_mean_pool_make);
