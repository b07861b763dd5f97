/* batch_norm.c: computes batch_mean, batch_variance, batch_norm and its gradients on vectors of channels.
 * Values that all positions of a channel share are computed once per call, in double, as in the reference
 * implementations. Bytes: each operand once; a few multiply-adds for each element. */
#include "kernels/simd/conv/channels.h"
#include "kernels/simd/core/define.h"
#include "ops/ops.h"
#include <math.h>

typedef struct rows {
  int64_t count, channels; /* elements in all, and of a row */
} rows;

static rows rows_of(const oc_call *c) {
  return (rows){oc_call_count(c, &c->info->in[0]), last_axis(&c->info->in[0])};
}

static size_t OC_K(batch_norm_scratch_doubles)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return 2 * doubles_bytes(last_axis(&info->in[0]));
}
static size_t OC_K(batch_norm_scratch_floats)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return 3 * oc_round_up((size_t)last_axis(&info->in[0]) * sizeof(float), 64);
}

/* ---- statistics: sums of x, or of (x - mean)^2, over the elements of a channel in the whole batch ------ */

OC_INLINE void add_statistic(const rows *r, const float *x, const float *mean, double *sums) {
  for (int64_t first = 0; first < r->count; first += SUM_ROWS * r->channels) {
    const int64_t end = oc_min_i64(first + SUM_ROWS * r->channels, r->count);
    for (int64_t j = 0; j < r->channels; j += VL) {
      const int64_t lanes = vec_lanes(r->channels - j);
      const vf center = mean ? vec_load_part(mean + j, lanes) : vec_zero();
      vf sum = vec_zero();
      for (int64_t i = first; i < end; i += r->channels) {
        const vf v = vec_load_part(x + i + j, lanes) - center;
        if (mean)
          sum = vec_fma(v, v, sum);
        else
          sum += v;
      }
      add_lanes(sums + j, sum, lanes);
    }
  }
}

static void statistic(const oc_call *c, const float *mean) {
  const rows r = rows_of(c);
  const double all = (double)(oc_value_count(&c->info->in[0], c->batch) / r.channels);
  double *sums = c->scratch;
  float *out = c->out[0];
  for (int64_t j = 0; j < r.channels; j++) sums[j] = 0;
  if (mean)
    add_statistic(&r, c->in[0], mean, sums);
  else
    add_statistic(&r, c->in[0], NULL, sums);
  for (int64_t j = 0; j < r.channels; j++) out[j] = (float)(sums[j] / all);
}

static void OC_K(batch_norm_run_mean)(const oc_call *c) {
  statistic(c, NULL);
}
static void OC_K(batch_norm_run_variance)(const oc_call *c) {
  statistic(c, c->in[1]);
}

/* ---- batch_norm (x, gamma, beta, mean, variance, ...) -------------------------------------------------- */

static double inverse(const oc_call *c, float variance) {
  return 1 / sqrt((double)variance + ((const oc_batch_norm_attrs *)c->info->attrs)->epsilon);
}

static void OC_K(batch_norm_run_norm)(const oc_call *c) {
  const rows r = rows_of(c);
  const float *x = c->in[0], *gamma = c->in[1], *beta = c->in[2], *mean = c->in[3], *variance = c->in[4];
  float *y = c->out[0], *scale = c->scratch;
  for (int64_t j = 0; j < r.channels; j++) scale[j] = (float)((double)gamma[j] * inverse(c, variance[j]));
  for (int64_t i = 0; i < r.count; i += r.channels)
    for (int64_t j = 0; j < r.channels; j += VL) {
      const int64_t lanes = vec_lanes(r.channels - j);
      const vf v = vec_load_part(x + i + j, lanes) - vec_load_part(mean + j, lanes);
      vec_store_part(y + i + j, vec_fma(v, vec_load_part(scale + j, lanes), vec_load_part(beta + j, lanes)),
                     lanes);
    }
}

/* ---- batch_norm_grad_sums (x, dy, mean, variance, ...) -> dgamma, dbeta -------------------------------- */

static void OC_K(batch_norm_run_sums)(const oc_call *c) {
  const rows r = rows_of(c);
  const float *x = c->in[0], *dy = c->in[1], *mean = c->in[2], *variance = c->in[3];
  float *dgamma = c->out[0], *dbeta = c->out[1];
  double *with_x = c->scratch, *alone = with_x + r.channels;
  for (int64_t j = 0; j < 2 * r.channels; j++) with_x[j] = 0;
  for (int64_t first = 0; first < r.count; first += SUM_ROWS * r.channels) {
    const int64_t end = oc_min_i64(first + SUM_ROWS * r.channels, r.count);
    for (int64_t j = 0; j < r.channels; j += VL) {
      const int64_t lanes = vec_lanes(r.channels - j);
      const vf center = vec_load_part(mean + j, lanes);
      vf products = vec_zero(), sum = vec_zero();
      for (int64_t i = first; i < end; i += r.channels) {
        const vf d = vec_load_part(dy + i + j, lanes);
        products = vec_fma(d, vec_load_part(x + i + j, lanes) - center, products);
        sum += d;
      }
      add_lanes(with_x + j, products, lanes);
      add_lanes(alone + j, sum, lanes);
    }
  }
  for (int64_t j = 0; j < r.channels; j++) {
    dgamma[j] = (float)(with_x[j] * inverse(c, variance[j]));
    dbeta[j] = (float)alone[j];
  }
}

/* ---- batch_norm_grad_x (x, dy, mean, variance, gamma, dgamma, dbeta, ...) -> dx
 * --------------------------------------- dx = scale * (dy - (x - mean) * slope - shift), where slope and
 * shift are what x does through the statistics. */

typedef struct through {
  float *scale, *slope, *shift;
} through;

static through statistics_of(const oc_call *c, int64_t channels) {
  const float *variance = c->in[3], *gamma = c->in[4], *dgamma = c->in[5], *dbeta = c->in[6];
  const double all = (double)(oc_value_count(&c->info->in[0], c->batch) / channels);
  const double share = c->state->training ? 1 / all : 0;
  const int64_t step = (int64_t)(oc_round_up((size_t)channels * sizeof(float), 64) / sizeof(float));
  const through t = {c->scratch, (float *)c->scratch + step, (float *)c->scratch + 2 * step};
  for (int64_t j = 0; j < channels; j++) {
    const double i = inverse(c, variance[j]);
    t.scale[j] = (float)((double)gamma[j] * i);
    t.slope[j] = (float)((double)dgamma[j] * i * share);
    t.shift[j] = (float)((double)dbeta[j] * share);
  }
  return t;
}

OC_INLINE vf dx_of(vf dy, vf distance, const through *t, int64_t j, int64_t lanes) {
  const vf own = dy - vec_load_part(t->shift + j, lanes);
  return vec_load_part(t->scale + j, lanes) * vec_fma(distance, vec_load_part(t->slope + j, lanes), own);
}

static void OC_K(batch_norm_run_x)(const oc_call *c) {
  const rows r = rows_of(c);
  const through t = statistics_of(c, r.channels);
  const float *x = c->in[0], *dy = c->in[1], *mean = c->in[2];
  const bool training = c->state->training; /* else x is not used */
  float *dx = c->out[0];
  for (int64_t i = 0; i < r.count; i += r.channels)
    for (int64_t j = 0; j < r.channels; j += VL) {
      const int64_t lanes = vec_lanes(r.channels - j);
      vf distance = vec_zero();
      if (training) distance = vec_load_part(mean + j, lanes) - vec_load_part(x + i + j, lanes);
      vec_store_part(dx + i + j, dx_of(vec_load_part(dy + i + j, lanes), distance, &t, j, lanes), lanes);
    }
}

OC_DEFINE_KERNEL(batch_mean, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch_doubles),
                 .run = OC_K(batch_norm_run_mean));
OC_DEFINE_KERNEL(batch_variance, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch_doubles),
                 .run = OC_K(batch_norm_run_variance));
OC_DEFINE_KERNEL(batch_norm, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch_floats),
                 .run = OC_K(batch_norm_run_norm));
OC_DEFINE_KERNEL(batch_norm_grad_sums, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch_doubles),
                 .run = OC_K(batch_norm_run_sums));
OC_DEFINE_KERNEL(batch_norm_grad_x, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_scratch_floats),
                 .run = OC_K(batch_norm_run_x));
