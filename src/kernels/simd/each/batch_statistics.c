/* batch_statistics.c: computes batch_mean and batch_variance on vectors of channels: sums of x, or of
 * (x - mean)^2, over the elements of a channel. Bytes: x once; a few additions for each element. */
#include "kernels/simd/each/batch_norm.h"

/* A few rows, of which some vectors of channels are summed. */
typedef struct strip {
  int64_t rows, channels, lanes;
} strip;

/* Adds up to SUM_ROWS rows of some vectors of channels to sums. */
OC_INLINE void add_vectors(const float *x, const float *mean, const strip s, const int vectors,
                           double *sums) {
  vf center[NORM_VECTORS], sum[NORM_VECTORS];
  OC_UNROLL
  for (int v = 0; v < vectors; v++) {
    center[v] = mean ? vec_load_part(mean + v * VL, s.lanes) : vec_zero();
    sum[v] = vec_zero();
  }
  for (int64_t i = 0; i < s.rows; i++, x += s.channels) {
    OC_UNROLL
    for (int v = 0; v < vectors; v++) {
      const vf value = vec_load_part(x + v * VL, s.lanes) - center[v];
      if (mean)
        sum[v] = vec_fma(value, value, sum[v]);
      else
        sum[v] += value;
    }
  }
  for (int v = 0; v < vectors; v++) add_lanes(sums + v * VL, sum[v], s.lanes);
}

OC_INLINE void add_statistic(const norm_rows *r, const float *x, const float *mean, double *sums) {
  const int64_t channels = r->channels;
  for (int64_t first = 0; first < r->count; first += SUM_ROWS * channels) {
    const int64_t rows = oc_min_i64(SUM_ROWS, (r->count - first) / channels);
    int64_t j = 0;
    for (; j + NORM_VECTORS * VL <= channels; j += NORM_VECTORS * VL)
      add_vectors(x + first + j, mean ? mean + j : NULL, (strip){rows, channels, VL}, NORM_VECTORS, sums + j);
    for (; j < channels; j += VL)
      add_vectors(x + first + j, mean ? mean + j : NULL, (strip){rows, channels, vec_lanes(channels - j)}, 1,
                  sums + j);
  }
}

static void statistic(const oc_call *c, const float *mean) {
  const norm_rows r = norm_rows_of(c);
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

static size_t OC_K(batch_statistics_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return doubles_bytes(last_axis(&info->in[0]));
}
static void OC_K(batch_statistics_run_mean)(const oc_call *c) {
  statistic(c, NULL);
}
static void OC_K(batch_statistics_run_variance)(const oc_call *c) {
  statistic(c, c->in[1]);
}

OC_DEFINE_KERNEL(batch_mean, vector, .tolerance = 1e-5, .scratch = OC_K(batch_statistics_scratch),
                 .run = OC_K(batch_statistics_run_mean));
OC_DEFINE_KERNEL(batch_variance, vector, .tolerance = 1e-5, .scratch = OC_K(batch_statistics_scratch),
                 .run = OC_K(batch_statistics_run_variance));
