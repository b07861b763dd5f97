/* dense_masked.c: computes a large dense layer where dropout keeps at most MAX_MASKED of its results, and
 * skips the others. A variant of dense_columns.c and dense_transposed.c, divided in the same way.
 *
 *   x      (n, depth), copied once per worker as (slice, sample, SPAN): SAMPLES of them fill most of L1
 *   w      (units, depth), transposed if it is not stored so: a slice of a row stays in registers while it
 *          meets those of the samples that keep its unit
 *   mask   (units of the part): one bit per sample, of SAMPLES samples
 *   sums   a vector for each result that is mask, whose lanes are added with the last slice
 *   y'     (units of the part, n), transposed at the end
 *
 * Four samples at a time: where fewer are left, any others stand in. Flops: 2*n*depth*units*keep. Bytes: w
 * once per block of SAMPLES, x once per slice and block. A result has the same bits in any part, and whether
 * w is stored transposed or not. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"

#define SAMPLES        32                  /* bits of a mask */
#define VECTORS        (VL == 16 ? 16 : 8) /* of a slice: half of the registers */
#define SPAN           (VECTORS * VL)
#define ROWS           4                  /* samples at a time */
#define PREFETCH_UNITS (VL == 16 ? 0 : 8) /* units whose slices, short ones, are fetched ahead */
#define MAX_BYTES      (2 * 1024 * 1024)  /* of x: each worker has its own */

/* With AVX2, half of the products take as long this way as all of them do otherwise. */
static const float MAX_MASKED = VL == 8 ? 0.4f : 0.6f;
#define WHEN_MASKED VL == 8 ? "dropout keeps at most 0.4" : "dropout keeps at most 0.6"

static int64_t slices_of(int64_t depth) {
  return oc_ceil_div(depth, SPAN);
}

/* Any sample may stand for one that is missing at the end of a block. */
static size_t x_bytes(int64_t n, int64_t depth) {
  return floats_bytes((n + SAMPLES) * slices_of(depth) * SPAN);
}

static const char *OC_K(dense_masked_refuse)(const oc_op_info *info, int64_t batch) {
  const oc_dense_block_attrs *a = info->attrs;
  if (batch <= MATVEC_MAX_SAMPLES) return "up to 4 samples";
  return a->dropout ? NULL : "no dropout";
}

static bool OC_K(dense_masked_suits)(const oc_call *c) {
  return c->state->training && *(const float *)c->in[3] <= MAX_MASKED && c->samples <= PREFETCH_MAX_ROWS &&
         x_bytes(c->samples, dense_depth(c->info)) <= MAX_BYTES;
}

typedef struct masked_scratch {
  float *x, *sums, *result, *w, *y;
  uint32_t *mask;
} masked_scratch;

/* Bytes of the pieces for n samples and `units` units of a part, and the pieces themselves. */
static size_t layout_scratch(const oc_op_info *info, int64_t n, int64_t units, char *at, masked_scratch *m) {
  const int64_t depth = dense_depth(info);
  const size_t x = x_bytes(n, depth), vectors = floats_bytes(units * SAMPLES * VL),
               results = floats_bytes(units * SAMPLES), mask = floats_bytes(units);
  const size_t y = floats_bytes(units * n), w = dense_transposed(info) ? 0 : floats_bytes(units * depth);
  if (m) {
    m->x = (float *)at;
    m->sums = (float *)(at += x);
    m->result = (float *)(at += vectors);
    m->mask = (uint32_t *)(at += results);
    m->y = (float *)(at += mask);
    m->w = (float *)(at + y);
  }
  return x + vectors + results + mask + y + w;
}

static size_t OC_K(dense_masked_scratch)(const oc_op_info *info, int64_t n) {
  const int64_t all = dense_units(info), units = columns_of_part(all, column_parts(all, false, 1));
  for (n = oc_min_i64(n, PREFETCH_MAX_ROWS); n > 0 && x_bytes(n, dense_depth(info)) > MAX_BYTES;) n--;
  return n > 0 ? layout_scratch(info, n, units, NULL, NULL) : 0;
}

/* Copies x, slice by slice, with zeros after its end. */
static void copy_samples(const float *x, int64_t n, int64_t depth, float *to) {
  for (int64_t k = 0; k < depth; k += SPAN)
    for (int64_t i = 0; i < n; i++, to += SPAN) {
      const int64_t count = oc_min_i64(SPAN, depth - k);
      memcpy(to, x + i * depth + k, (size_t)count * sizeof *to);
      if (count < SPAN) memset(to + count, 0, (size_t)(SPAN - count) * sizeof *to);
    }
}

/* Which of `samples` samples, from number i of the call on, keep the units first .. first+units-1: a bit
 * each. */
static void find_mask(const oc_call *c, int64_t i, int64_t samples, int64_t first, int64_t units,
                      uint32_t *mask) {
  const oc_dense_block_attrs *a = c->info->attrs;
  const oc_random_key key = oc_random_key_of(c->state->seed, a->stream);
  uint32_t words[4 * VL], last;
  memset(mask, 0, (size_t)units * sizeof *mask);
  if (!philox_last(*(const float *)c->in[3], &last)) return;
  for (int64_t u = 0; u < units; u += 4 * VL) {
    const int64_t count = oc_min_i64(4 * VL, units - u);
    for (int64_t s = 0; s < samples; s++) {
      philox_words(key, (uint32_t)((first + u) / 4), c->state->sample + (uint64_t)(c->first + i + s),
                   c->state->epoch, words);
      for (int64_t j = 0; j < count; j++) mask[u + j] |= (uint32_t)(words[j] <= last) << s;
    }
  }
}

/* Expands consecutive values of `from` to the lanes whose bit is set; 0 in the others. */
OC_INLINE vf spread_lanes(const float *from, uint32_t bits) {
#if VL == 16
  return (vf)_mm512_maskz_expandloadu_ps((__mmask16)bits, from);
#else
  vf to = vec_zero();
  for (int i = 0; i < VL; i++) {
    to[i] = bits >> i & 1 ? *from : 0;
    from += bits >> i & 1;
  }
  return to;
#endif
}

/* The sum of each one's lanes. */
OC_INLINE void add_lanes(const vf v[ROWS], float *sum) {
  typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
  const vf ac = vec_low(v[0], v[2]) + vec_high(v[0], v[2]), bd = vec_low(v[1], v[3]) + vec_high(v[1], v[3]);
  const vf abcd = vec_low(ac, bd) + vec_high(ac, bd);
  v4 all = {0};
  OC_UNROLL
  for (int i = 0; i < VL; i += 4) all += *(const v4 *)((const float *)&abcd + i);
  *(v4 *)sum = all;
}

/* A slice of a unit's weights times that of the samples which keep it, ROWS at a time. */
typedef struct unit_job {
  const float *x;
  float *sums;   /* a vector for each, which the last slice reduces to a value */
  float *result; /* consecutive */
  bool add, last;
} unit_job;

OC_INLINE void run_unit(unit_job *j, const vf w[VECTORS], uint32_t mask) {
  const uint32_t others =
      (1u << (-__builtin_popcount(mask) & (ROWS - 1))) - 1; /* stand in, up to a multiple of ROWS */
  for (uint64_t left = mask | (uint64_t)others << SAMPLES; left;) {
    const float *row[ROWS];
    vf even[ROWS], odd[ROWS];
    OC_UNROLL
    for (int r = 0; r < ROWS; r++, left &= left - 1) {
      row[r] = j->x + (__builtin_ctzll(left) % SAMPLES) * SPAN;
      even[r] = j->add ? vec_load(j->sums + r * VL) : vec_zero();
      odd[r] = vec_zero();
    }
    OC_UNROLL
    for (int v = 0; v < VECTORS; v += 2) {
      OC_UNROLL
      for (int r = 0; r < ROWS; r++) {
        even[r] = vec_fma(w[v], vec_load(row[r] + v * VL), even[r]);
        odd[r] = vec_fma(w[v + 1], vec_load(row[r] + (v + 1) * VL), odd[r]);
      }
    }
    OC_UNROLL
    for (int r = 0; r < ROWS; r++) even[r] += odd[r];
    if (j->last) {
      add_lanes(even, j->result);
    } else {
      OC_UNROLL
      for (int r = 0; r < ROWS; r++) vec_store(j->sums + r * VL, even[r]);
    }
    j->sums += (ptrdiff_t)(ROWS * VL);
    j->result += ROWS;
  }
}

/* All units of a part by a slice of a block of samples. */
static void run_slice(const float *w, int64_t units, int64_t w_row, int64_t count, const uint32_t *mask,
                      unit_job j) {
  float whole[SPAN] = {0};
  for (int64_t u = 0; u < units; u++, w += w_row) {
    const float *from = count < SPAN ? memcpy(whole, w, (size_t)count * sizeof *w) : w;
    vf row[VECTORS];
    OC_UNROLL
    for (int v = 0; v < VECTORS; v++) row[v] = vec_load(from + v * VL);
    for (int64_t at = 0; at < SPAN && PREFETCH_UNITS > 0; at += 16)
      __builtin_prefetch(w + PREFETCH_UNITS * w_row + at, 0, 3);
    run_unit(&j, row, mask[u]);
  }
}

/* The results of a block of samples, and what the epilogue needs for them. */
typedef struct masked_results {
  const float *result, *bias;
  const uint32_t *mask;
  int64_t units, samples;
  float keep;
} masked_results;

/* Bias, relu and dropout: a block of samples of y', whose rows are n apart. */
static void epilogue(const masked_results *r, float *y, int64_t n) {
  const float *result = r->result, *bias = r->bias, keep = r->keep, scale = philox_scale(keep);
  const uint32_t *mask = r->mask;
  for (int64_t u = 0; u < r->units; u++, y += n) {
    for (int64_t s = 0; s < r->samples; s += VL) {
      const uint32_t bits = mask[u] >> s & (uint32_t)((1ull << VL) - 1);
      const vf v = vec_max(spread_lanes(result, bits) + bias[u], vec_zero());
      vec_store_part(y + s, vec_select(vec_mask(bits), scale > 0 ? v * scale : v / keep, vec_zero()),
                     vec_lanes(r->samples - s));
      result += __builtin_popcount(bits);
    }
    result += -__builtin_popcount(mask[u]) & (ROWS - 1);
  }
}

/* The rows of w that belong to these units, from number `first` on. */
static const float *rows_of(const oc_call *c, int64_t first, int64_t units, float *transposed) {
  const float *w = c->in[1];
  const int64_t depth = dense_depth(c->info), w_row = dense_units(c->info);
  if (dense_transposed(c->info)) return w + first * depth;
  transpose_value(w + first, w_row, depth, units, transposed, depth);
  return transposed;
}

/* A worker's copy of all samples, which no part changes. */
static void OC_K(dense_masked_begin)(const oc_call *c) {
  copy_samples(c->in[0], c->samples, dense_depth(c->info), c->scratch);
}

static void OC_K(dense_masked_run)(const oc_call *c) {
  const int64_t n = c->samples, depth = dense_depth(c->info), all = dense_units(c->info);
  const int64_t width = columns_of_part(all, c->parts), first = c->part * width,
                units = oc_min_i64(width, all - first);
  const float *bias = (const float *)c->in[2] + first, keep = *(const float *)c->in[3];
  masked_scratch m;
  layout_scratch(c->info, n, units, c->scratch, &m);
  const float *w = rows_of(c, first, units, m.w);
  for (int64_t i = 0; i < n; i += SAMPLES) {
    const int64_t samples = oc_min_i64(SAMPLES, n - i);
    find_mask(c, i, samples, first, units, m.mask);
    for (int64_t k = 0; k < depth; k += SPAN) {
      const unit_job j = {m.x + k * n + i * SPAN, m.sums, m.result, k > 0, k + SPAN >= depth};
      run_slice(w + k, units, depth, oc_min_i64(SPAN, depth - k), m.mask, j);
    }
    epilogue(&(masked_results){m.result, bias, m.mask, units, samples, keep}, m.y + i, n);
  }
  transpose_value(m.y, n, units, n, (float *)c->out[0] + first, all);
}

#define MASKED                                                                                               \
  .tolerance = 3e-5, .refuse = OC_K(dense_masked_refuse), .scratch = OC_K(dense_masked_scratch),             \
  .begin = OC_K(dense_masked_begin), .run = OC_K(dense_masked_run), .when = WHEN_MASKED,                     \
  .suits = OC_K(dense_masked_suits)
OC_DEFINE_VARIANT(dense_block, columns, masked, MASKED);
OC_DEFINE_VARIANT(dense_block, transposed, masked, MASKED);
