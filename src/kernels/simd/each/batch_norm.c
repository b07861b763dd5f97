/* batch_norm.c: computes batch_norm and batch_norm_block on vectors of channels. Bytes: x, r and y once; a
 * few multiply-adds for each element. */
#include "kernels/simd/each/batch_norm.h"

typedef struct problem {
  const float *x, *mean, *scale, *beta, *r; /* r: NULL if there is none */
  float *y;
  norm_rows rows;
  float slope;
} problem;

OC_INLINE void normalize(const problem *p, const norm_place v, const int rows, const oc_act act,
                         const bool residual) {
  const int64_t j = v.channel, lanes = v.lanes;
  const vf mean = vec_load_part(p->mean + j, lanes), scale = vec_load_part(p->scale + j, lanes),
           beta = vec_load_part(p->beta + j, lanes);
  int64_t at = v.at;
  OC_UNROLL
  for (int i = 0; i < rows; i++, at += p->rows.channels) {
    norm_request(p->x + at);
    norm_request(p->y + at);
    if (residual) norm_request(p->r + at);
    vf y = vec_fma(vec_load_part(p->x + at, lanes) - mean, scale, beta);
    if (residual) y += vec_load_part(p->r + at, lanes);
    vec_store_part(p->y + at, norm_activate(act, p->slope, y), lanes);
  }
}

OC_INLINE void normalize_rows(const problem *p, int64_t at, const int rows, const oc_act act,
                              const bool residual) {
  int64_t j = 0;
  for (; j + VL <= p->rows.channels; j += VL) normalize(p, (norm_place){at + j, j, VL}, rows, act, residual);
  if (j < p->rows.channels) normalize(p, (norm_place){at + j, j, p->rows.channels - j}, rows, act, residual);
}

OC_INLINE void normalize_all(const problem *p, const oc_act act, const bool residual) {
  const int64_t channels = p->rows.channels;
  int64_t at = 0;
  for (; at + NORM_ROWS * channels <= p->rows.count; at += NORM_ROWS * channels)
    normalize_rows(p, at, NORM_ROWS, act, residual);
  for (; at < p->rows.count; at += channels) normalize_rows(p, at, 1, act, residual);
}

static void normalize_with(const problem *p, oc_act act) {
  if (act == OC_ACT_RELU && p->r)
    normalize_all(p, OC_ACT_RELU, true);
  else if (act == OC_ACT_RELU)
    normalize_all(p, OC_ACT_RELU, false);
  else if (p->r)
    normalize_all(p, act, true);
  else if (act == OC_ACT_NONE)
    normalize_all(p, OC_ACT_NONE, false);
  else
    normalize_all(p, act, false);
}

/* (x, gamma, beta, mean, variance, and so on) */
static problem problem_of(const oc_call *c) {
  problem p = {.x = c->in[0],
               .beta = c->in[2],
               .mean = c->in[3],
               .scale = c->scratch,
               .y = c->out[0],
               .rows = norm_rows_of(c)};
  norm_scales(c, p.rows.channels, c->in[1], c->in[4], c->scratch);
  return p;
}

static size_t OC_K(batch_norm_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return (size_t)norm_floats(last_axis(&info->in[0])) * sizeof(float);
}

static void OC_K(batch_norm_run)(const oc_call *c) {
  const problem p = problem_of(c);
  normalize_with(&p, OC_ACT_NONE);
}

static const char *OC_K(batch_norm_refuse_block)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return norm_refuse(info);
}

static void OC_K(batch_norm_run_block)(const oc_call *c) {
  const oc_batch_norm_block_attrs *a = c->info->attrs;
  problem p = problem_of(c);
  p.r = c->info->n_in > 5 ? c->in[5] : NULL;
  p.slope = (float)a->slope;
  normalize_with(&p, a->act);
}

OC_DEFINE_KERNEL(batch_norm, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch),
                 .run = OC_K(batch_norm_run));
OC_DEFINE_KERNEL(batch_norm_block, vector, .tolerance = 1e-5, .refuse = OC_K(batch_norm_refuse_block),
                 .scratch = OC_K(batch_norm_scratch), .run = OC_K(batch_norm_run_block));
