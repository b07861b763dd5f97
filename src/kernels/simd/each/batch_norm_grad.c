/* batch_norm_grad.c: computes the gradients of batch_norm and batch_norm_block on vectors of channels. dz,
 * the gradient of the normalized values, is dy itself, or dy through the activation, whose result y is
 * computed again from x or given. Bytes: each operand once; about ten multiply-adds for each element. */
#include "kernels/simd/each/batch_norm.h"

/* How dz is made. DZ_TWO: from the sum of two gradients. DZ_GIVEN and DZ_TWO store it. */
typedef enum dz_kind { DZ_PLAIN, DZ_AGAIN, DZ_GIVEN, DZ_TWO } dz_kind;
/* A constant in the calls of inner loops, so that each common case is compiled on its own. */
typedef struct dz_way {
  dz_kind kind;
  oc_act act;
  bool training; /* else the statistics do not move with x */
} dz_way;

typedef struct problem {
  const float *x, *dy, *dy2, *y, *mean;
  const float *scale, *beta;  /* for y again; scale also for dx */
  const float *slope, *shift; /* for dx: what x does through the statistics */
  float *dz, *dx;
  norm_rows rows;
  float leak; /* slope of the activation */
} problem;

/* (x, dy, mean, variance, and so on) */
static problem problem_of(const oc_call *c) {
  return (problem){.x = c->in[0], .dy = c->in[1], .mean = c->in[2], .rows = norm_rows_of(c)};
}

static float leak_of(const oc_call *c) {
  return (float)((const oc_batch_norm_block_attrs *)c->info->attrs)->slope;
}

/* What belongs to a vector of channels. */
typedef struct channel_vector {
  vf mean, scale, beta, slope, shift;
} channel_vector;

/* dz of a vector of elements from `at` on, whose x is `distance` from the mean. */
OC_INLINE vf dz_of(const problem *p, int64_t at, vf distance, const channel_vector *k, int64_t lanes,
                   const dz_way way) {
  vf dy = vec_load_part(p->dy + at, lanes);
  if (way.kind == DZ_PLAIN) return dy;
  if (way.kind == DZ_AGAIN) {
    const vf y = norm_activate(way.act, p->leak, vec_fma(distance, k->scale, k->beta));
    return vec_activate_grad(way.act, p->leak, y, dy);
  }
  if (way.kind == DZ_TWO) dy += vec_load_part(p->dy2 + at, lanes);
  dy = vec_activate_grad(way.act, p->leak, vec_load_part(p->y + at, lanes), dy);
  vec_store_part(p->dz + at, dy, lanes);
  return dy;
}

/* ---- dgamma, dbeta ------------------------------------------------------------------------------------- */

typedef struct grad_sums {
  double *with_x, *alone; /* of dz * (x - mean), and of dz */
} grad_sums;

/* Up to SUM_ROWS rows, of some vectors of channels from j on. */
OC_INLINE void sum_vectors(const problem *p, const norm_place at_first, int64_t rows, const int vectors,
                           const dz_way way, const grad_sums *to) {
  const int64_t j = at_first.channel, lanes = at_first.lanes;
  vf products[NORM_VECTORS], sum[NORM_VECTORS];
  channel_vector k[NORM_VECTORS];
  OC_UNROLL
  for (int v = 0; v < vectors; v++) {
    k[v].mean = vec_load_part(p->mean + j + v * VL, lanes);
    if (way.kind == DZ_AGAIN) {
      k[v].scale = vec_load_part(p->scale + j + v * VL, lanes);
      k[v].beta = vec_load_part(p->beta + j + v * VL, lanes);
    }
    products[v] = sum[v] = vec_zero();
  }
  for (int64_t at = at_first.at; rows > 0; rows--, at += p->rows.channels) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++) {
      norm_request(p->x + at + v * VL);
      const vf distance = vec_load_part(p->x + at + v * VL, lanes) - k[v].mean;
      const vf dz = dz_of(p, at + v * VL, distance, &k[v], lanes, way);
      products[v] = vec_fma(dz, distance, products[v]);
      sum[v] += dz;
    }
  }
  for (int v = 0; v < vectors; v++) {
    add_lanes(to->with_x + j + v * VL, products[v], lanes);
    add_lanes(to->alone + j + v * VL, sum[v], lanes);
  }
}

OC_INLINE void sum_all(const problem *p, const dz_way way, const grad_sums *to) {
  const int64_t channels = p->rows.channels;
  for (int64_t first = 0; first < p->rows.count; first += SUM_ROWS * channels) {
    const int64_t rows = oc_min_i64(SUM_ROWS, (p->rows.count - first) / channels);
    int64_t j = 0;
    for (; j + NORM_VECTORS * VL <= channels; j += NORM_VECTORS * VL)
      sum_vectors(p, (norm_place){first + j, j, VL}, rows, NORM_VECTORS, way, to);
    for (; j + VL <= channels; j += VL) sum_vectors(p, (norm_place){first + j, j, VL}, rows, 1, way, to);
    if (j < channels) sum_vectors(p, (norm_place){first + j, j, channels - j}, rows, 1, way, to);
  }
}

static void sum_with(const problem *p, dz_kind kind, oc_act act, const grad_sums *to) {
  const bool relu = act == OC_ACT_RELU;
  if (kind == DZ_PLAIN)
    sum_all(p, (dz_way){DZ_PLAIN, OC_ACT_NONE, true}, to);
  else if (kind == DZ_AGAIN && relu)
    sum_all(p, (dz_way){DZ_AGAIN, OC_ACT_RELU, true}, to);
  else if (kind == DZ_AGAIN)
    sum_all(p, (dz_way){DZ_AGAIN, act, true}, to);
  else if (kind == DZ_GIVEN && relu)
    sum_all(p, (dz_way){DZ_GIVEN, OC_ACT_RELU, true}, to);
  else if (kind == DZ_GIVEN)
    sum_all(p, (dz_way){DZ_GIVEN, act, true}, to);
  else if (relu)
    sum_all(p, (dz_way){DZ_TWO, OC_ACT_RELU, true}, to);
  else
    sum_all(p, (dz_way){DZ_TWO, act, true}, to);
}

static size_t OC_K(batch_norm_grad_scratch_sums)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  const int64_t channels = last_axis(&info->in[0]);
  return 2 * doubles_bytes(channels) + (size_t)norm_floats(channels) * sizeof(float);
}

/* Where scratch has room for the scales: after the sums. */
static float *scales_after_sums(const oc_call *c, int64_t channels) {
  return (float *)((char *)c->scratch + 2 * doubles_bytes(channels));
}

static void run_sums(const oc_call *c, const problem *p, dz_kind kind, oc_act act) {
  const float *variance = c->in[3];
  float *dgamma = c->out[0], *dbeta = c->out[1];
  const int64_t channels = p->rows.channels;
  const grad_sums sums = {c->scratch, (double *)c->scratch + channels};
  for (int64_t j = 0; j < 2 * channels; j++) sums.with_x[j] = 0;
  sum_with(p, kind, act, &sums);
  for (int64_t j = 0; j < channels; j++) {
    dgamma[j] = (float)(sums.with_x[j] * norm_inverse(c, variance[j]));
    dbeta[j] = (float)sums.alone[j];
  }
}

/* batch_norm_grad_sums (x, dy, mean, variance, and so on) */
static void OC_K(batch_norm_grad_run_sums)(const oc_call *c) {
  const problem p = problem_of(c);
  run_sums(c, &p, DZ_PLAIN, OC_ACT_NONE);
}

/* batch_norm_block_grad_sums (x, dy, mean, variance, gamma, beta) */
static void OC_K(batch_norm_grad_run_block_sums)(const oc_call *c) {
  problem p = problem_of(c);
  float *scale = scales_after_sums(c, p.rows.channels);
  norm_scales(c, p.rows.channels, c->in[4], c->in[3], scale);
  p.scale = scale;
  p.beta = c->in[5];
  p.leak = leak_of(c);
  run_sums(c, &p, DZ_AGAIN, ((const oc_batch_norm_block_attrs *)c->info->attrs)->act);
}

/* batch_norm_block_grad_z (x, dy, mean, variance, y [, dy2]) */
static void OC_K(batch_norm_grad_run_block_z)(const oc_call *c) {
  problem p = problem_of(c);
  p.y = c->in[4];
  p.dz = c->out[2];
  p.leak = leak_of(c);
  const bool two = c->info->n_in > 5;
  if (two) p.dy2 = c->in[5];
  run_sums(c, &p, two ? DZ_TWO : DZ_GIVEN, ((const oc_batch_norm_block_attrs *)c->info->attrs)->act);
}

/* ---- dx = scale * (dz - (x - mean) * slope - shift) ---------------------------------------------------- */

/* (x, dy, mean, variance, gamma, dgamma, dbeta, and so on) */
static problem problem_of_x(const oc_call *c) {
  problem p = problem_of(c);
  const int64_t channels = p.rows.channels;
  const float *variance = c->in[3], *gamma = c->in[4], *dgamma = c->in[5], *dbeta = c->in[6];
  const double all = (double)(oc_value_count(&c->info->in[0], c->batch) / channels);
  const double share = c->state->training ? 1 / all : 0;
  float *scale = c->scratch, *slope = scale + norm_floats(channels), *shift = slope + norm_floats(channels);
  norm_scales(c, channels, gamma, variance, scale);
  for (int64_t j = 0; j < channels; j++) {
    slope[j] = (float)((double)dgamma[j] * norm_inverse(c, variance[j]) * share);
    shift[j] = (float)((double)dbeta[j] * share);
  }
  p.scale = scale;
  p.slope = slope;
  p.shift = shift;
  p.dx = c->out[0];
  return p;
}

OC_INLINE void dx_vectors(const problem *p, const norm_place v, const int rows, const dz_way way) {
  const int64_t j = v.channel, lanes = v.lanes;
  channel_vector k = {.mean = vec_load_part(p->mean + j, lanes),
                      .scale = vec_load_part(p->scale + j, lanes),
                      .slope = vec_load_part(p->slope + j, lanes),
                      .shift = vec_load_part(p->shift + j, lanes)};
  if (way.kind == DZ_AGAIN) k.beta = vec_load_part(p->beta + j, lanes);
  int64_t at = v.at;
  OC_UNROLL
  for (int i = 0; i < rows; i++, at += p->rows.channels) {
    vf distance = vec_zero(), moved = vec_zero();
    if (way.training || way.kind == DZ_AGAIN) distance = vec_load_part(p->x + at, lanes) - k.mean;
    if (way.training) moved = k.mean - vec_load_part(p->x + at, lanes);
    const vf own = dz_of(p, at, distance, &k, lanes, way) - k.shift;
    vec_store_part(p->dx + at, k.scale * vec_fma(moved, k.slope, own), lanes);
  }
}

OC_INLINE void dx_rows(const problem *p, int64_t at, const int rows, const dz_way way) {
  int64_t j = 0;
  for (; j + VL <= p->rows.channels; j += VL) dx_vectors(p, (norm_place){at + j, j, VL}, rows, way);
  if (j < p->rows.channels) dx_vectors(p, (norm_place){at + j, j, p->rows.channels - j}, rows, way);
}

OC_INLINE void dx_all(const problem *p, const dz_way way) {
  const int64_t channels = p->rows.channels;
  int64_t at = 0;
  for (; at + NORM_ROWS * channels <= p->rows.count; at += NORM_ROWS * channels)
    dx_rows(p, at, NORM_ROWS, way);
  for (; at < p->rows.count; at += channels) dx_rows(p, at, 1, way);
}

static size_t OC_K(batch_norm_grad_scratch_x)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return 3 * (size_t)norm_floats(last_axis(&info->in[0])) * sizeof(float);
}

static void OC_K(batch_norm_grad_run_x)(const oc_call *c) {
  const problem p = problem_of_x(c);
  if (c->state->training)
    dx_all(&p, (dz_way){DZ_PLAIN, OC_ACT_NONE, true});
  else
    dx_all(&p, (dz_way){DZ_PLAIN, OC_ACT_NONE, false});
}

/* batch_norm_block_grad_x (x, dy, mean, variance, gamma, dgamma, dbeta, beta) */
static void OC_K(batch_norm_grad_run_block_x)(const oc_call *c) {
  const oc_act act = ((const oc_batch_norm_block_attrs *)c->info->attrs)->act;
  problem p = problem_of_x(c);
  p.beta = c->in[7];
  p.leak = leak_of(c);
  if (act == OC_ACT_RELU && c->state->training)
    dx_all(&p, (dz_way){DZ_AGAIN, OC_ACT_RELU, true});
  else if (c->state->training)
    dx_all(&p, (dz_way){DZ_AGAIN, act, true});
  else
    dx_all(&p, (dz_way){DZ_AGAIN, act, false});
}

static const char *OC_K(batch_norm_grad_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return norm_refuse(info);
}

OC_DEFINE_KERNEL(batch_norm_grad_sums, vector, .tolerance = 1e-5,
                 .scratch = OC_K(batch_norm_grad_scratch_sums), .run = OC_K(batch_norm_grad_run_sums));
OC_DEFINE_KERNEL(batch_norm_grad_x, vector, .tolerance = 1e-5, .scratch = OC_K(batch_norm_grad_scratch_x),
                 .run = OC_K(batch_norm_grad_run_x));
OC_DEFINE_KERNEL(batch_norm_block_grad_sums, vector, .tolerance = 1e-5,
                 .refuse = OC_K(batch_norm_grad_refuse), .scratch = OC_K(batch_norm_grad_scratch_sums),
                 .run = OC_K(batch_norm_grad_run_block_sums));
OC_DEFINE_KERNEL(batch_norm_block_grad_z, vector, .tolerance = 1e-5, .refuse = OC_K(batch_norm_grad_refuse),
                 .scratch = OC_K(batch_norm_grad_scratch_sums), .run = OC_K(batch_norm_grad_run_block_z));
OC_DEFINE_KERNEL(batch_norm_block_grad_x, vector, .tolerance = 1e-5, .refuse = OC_K(batch_norm_grad_refuse),
                 .scratch = OC_K(batch_norm_grad_scratch_x), .run = OC_K(batch_norm_grad_run_block_x));
