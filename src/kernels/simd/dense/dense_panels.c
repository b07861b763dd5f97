/* dense_panels.c: computes dense_block for large weights that do not change from run to run. Panels are
 * packed once, in the order in which they are read, so rows of w do not evict each other from a cache, and a
 * run copies nothing. Divided like dense_columns.c. Flops: 2*n*depth*units. Bytes: w once, x once per part,
 * from the cache. Not for a few samples, which read rows of w in place and skip those that meet zeros
 * (matmul_block.c), nor for so many samples that the cost of packing w is negligible. */
#include "kernels/simd/core/define.h"
#include "kernels/simd/dense/dense.h"
#include "kernels/simd/dense/matmul.h"

static const char *OC_K(dense_panels_refuse)(const oc_op_info *info, int64_t batch) {
  if (!info->fixed) return "the weights change from run to run";
  if (batch <= MATVEC_MAX_SAMPLES || batch > PREFETCH_MAX_ROWS) return "not 5 to 128 samples";
  return dense_refuse_large(info);
}

static int64_t OC_K(dense_panels_parts)(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(dense_units(info), false, threads);
}

static size_t OC_K(dense_panels_prepacked_bytes)(const oc_op_info *info) {
  return floats_bytes(panel_floats(dense_depth(info), dense_units(info)));
}

static int64_t OC_K(dense_panels_prepack_parts)(const oc_op_info *info) {
  return gemm_panels(dense_units(info));
}

static void OC_K(dense_panels_prepack)(const oc_call *c) {
  const int64_t depth = dense_depth(c->info), units = dense_units(c->info);
  const panel_range r = panels_of_part(c, units);
  for (int64_t p = r.first; p < r.end; p++)
    pack_panel((const float *)c->in[1] + p * NR, units, depth, oc_min_i64(NR, units - p * NR),
               (float *)c->out[0] + p * depth * NR);
}

static void OC_K(dense_panels_run)(const oc_call *c) {
  dense_part(c, c->prepacked, OC_K(oc_panels_product), NULL);
}

OC_DEFINE_KERNEL(dense_block, panels, .tolerance = 3e-5, .refuse = OC_K(dense_panels_refuse),
                 .parts = OC_K(dense_panels_parts), .prepacked_bytes = OC_K(dense_panels_prepacked_bytes),
                 .prepack_parts = OC_K(dense_panels_prepack_parts), .prepack = OC_K(dense_panels_prepack),
                 .run = OC_K(dense_panels_run));
