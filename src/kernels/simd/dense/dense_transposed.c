/* dense_transposed.c: computes dense_block for large weights that are stored transposed, (units, features),
 * as during training: y' = w x'. A tile reads as many rows of w as it has, side by side, each from beginning
 * to end, so the hardware prefetcher works and nothing is copied. The samples are its columns, in panels of
 * x' that each worker makes once. A part is rows of w. Flops: 2*n*depth*units. Bytes: w once, x once per tile
 * of rows, from L2. Not for so few samples that a vector of them is not full, nor for so many that their
 * panels do not stay in that cache. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

#define PANELS_BYTES                                                                                         \
  (VL == 16 ? 256 * 1024 : 128 * 1024) /* of x' that all tiles of a part read, one after the other */
#define MAX_BYTES (2 * 1024 * 1024)    /* of x': each worker has its own */

static size_t panels_bytes(const oc_op_info *info, int64_t samples) {
  return floats_bytes(panel_floats(dense_depth(info), samples));
}

static const char *OC_K(dense_transposed_refuse)(const oc_op_info *info, int64_t batch) {
  if (!dense_transposed(info)) return "the weights are not stored transposed";
  if (!oc_tensor_desc_batched(&info->in[0])) return "no batch axis";
  if (batch <= MATVEC_MAX_SAMPLES || batch > PREFETCH_MAX_ROWS) return "not 5 to 128 samples";
  if (panels_bytes(info, batch) > MAX_BYTES) return "no cache holds the samples";
  return dense_is_small(info) ? "the weights fit the cache as a whole" : NULL;
}

static int64_t OC_K(dense_transposed_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(dense_units(info), false, threads);
}

static size_t OC_K(dense_transposed_scratch)(const oc_op_info *info, int64_t samples) {
  const int64_t units = dense_units(info), width = columns_of_part(units, column_parts(units, false, 1));
  return panels_bytes(info, samples) + floats_bytes(width * samples);
}

/* x as panels of NR samples: for each feature, the samples side by side. */
static void transpose_samples(const float *x, int64_t n, int64_t depth, float *panels) {
  for (int64_t i = 0; i < n; i += NR, panels += depth * NR) {
    const int64_t samples = oc_min_i64(NR, n - i);
    if (samples < NR) memset(panels, 0, (size_t)(depth * NR) * sizeof *panels);
    transpose_value(x + i * depth, depth, samples, depth, panels, NR);
  }
}

/* y' (units, n) = w (units, depth) times the panels: a tile of rows of w by all samples, then the next. */
static void product(const float *w, int64_t units, int64_t depth, const float *panels, int64_t n, float *y) {
  const int64_t tile = n <= VL ? 2 * MR : MR, width = oc_ceil_div(n, NR) * NR;
  const int64_t slice = oc_max_i64(PANELS_BYTES / (int64_t)sizeof(float) / width, 1);
  for (int64_t k = 0; k < depth; k += slice)
    for (int64_t u = 0; u < units; u += tile) {
      const oc_gemm g = {.a = w + u * depth + k,
                         .b = panels + k * NR,
                         .c = y + u * n,
                         .rows = oc_min_i64(tile, units - u),
                         .cols = n,
                         .a_row = depth,
                         .b_panel = depth * NR,
                         .c_row = n,
                         .count = {1, 1, oc_min_i64(slice, depth - k)},
                         .a_step = {0, 0, 1},
                         .b_step = {0, 0, NR},
                         .add = k > 0};
      OC_K(oc_gemm_run)(&g);
    }
}

/* A worker's panels of all samples. */
static void OC_K(dense_transposed_begin)(const oc_call *c) {
  transpose_samples(c->in[0], c->samples, dense_depth(c->info), c->scratch);
}

static void OC_K(dense_transposed_run)(const oc_call *c) {
  const int64_t depth = dense_depth(c->info), units = dense_units(c->info), n = c->samples;
  const int64_t width = columns_of_part(units, c->parts), first = c->part * width;
  const int64_t rows = oc_min_i64(width, units - first);
  float *panels = c->scratch, *transposed = panels + panels_bytes(c->info, n) / sizeof *panels;
  product((const float *)c->in[1] + first * depth, rows, depth, panels, n, transposed);
  for (int64_t i = 0; i < n; i += VL) {
    const int64_t samples = oc_min_i64(VL, n - i);
    transpose_value(transposed + i, n, rows, samples, (float *)c->out[0] + i * units + first, units);
    dense_epilogue(c, i, samples, first, rows);
  }
}

OC_DEFINE_KERNEL(dense_block, transposed, .tolerance = 3e-5, .refuse = OC_K(dense_transposed_refuse),
                 .parts = OC_K(dense_transposed_parts), .scratch = OC_K(dense_transposed_scratch),
                 .begin = OC_K(dense_transposed_begin), .run = OC_K(dense_transposed_run));
