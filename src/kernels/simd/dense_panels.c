/* dense_panels.c: dense_block for large weights that do not change from run to run: panels are packed once, and lie in the order
 * in which they are read, so that neither rows of w push each other out of a cache nor anything is copied in a run. Cut like
 * dense_columns.c. Flops 2*n*sums*units; bytes: w once, x once a part, from the cache. Not for a few samples, which read rows of w
 * as they lie and leave out those that meet zeros (matmul_block.c), nor for so many that packing w for all of them costs
 * nothing. */
#include "kernels/simd/define.h"
#include "kernels/simd/dense.h"
#include "kernels/simd/matmul.h"

static int64_t sums_of(const oc_op_info *info) {
  return info->in[1].shape.dim[0];
}
static int64_t units_of(const oc_op_info *info) {
  return info->in[1].shape.dim[1];
}

static const char *refuse(const oc_op_info *info, int64_t batch) {
  const char *why = dense_refuse(info);
  if (why) return why;
  if (!info->fixed) return "the weights change from run to run";
  if (batch <= FEW || batch > MANY) return "not 5 to 128 samples";
  if (sums_of(info) * units_of(info) * (int64_t)sizeof(float) <= SMALL_BYTES)
    return "the weights fit the cache as a whole";
  return NULL;
}

static int64_t parts(const oc_op_info *info, int64_t batch, int threads) {
  (void)batch;
  return column_parts(units_of(info), false, threads);
}

static size_t prepared_bytes(const oc_op_info *info) {
  return floats_bytes(panel_floats(sums_of(info), units_of(info)));
}

static int64_t prepare_parts(const oc_op_info *info) {
  return gemm_panels(units_of(info));
}

static void prepare(const oc_call *c) {
  const int64_t sums = sums_of(c->info), units = units_of(c->info);
  const panel_range r = panels_of_part(c, units);
  for (int64_t p = r.first; p < r.end; p++)
    pack_panel((const float *)c->in[1] + p * NR, units, sums, oc_min_i64(NR, units - p * NR),
               (float *)c->out[0] + p * sums * NR);
}

static void run(const oc_call *c) {
  const int64_t sums = sums_of(c->info), units = units_of(c->info);
  const int64_t width = columns_of_part(units, c->parts), first = c->part * width;
  const block_product p = {.x = c->in[0],
                           .y = (float *)c->out[0] + first,
                           .n = c->samples,
                           .sums = sums,
                           .cols = oc_min_i64(width, units - first),
                           .x_row = sums,
                           .y_row = units,
                           .panels = (const float *)c->prepared + first * sums};
  OC_K(oc_block_product)(&p, NULL);
  dense_finish(c, first, p.cols);
}

OC_DEFINE_KERNEL(dense_block, panels, .tolerance = 3e-5, .refuse = refuse, .parts = parts,
                 .prepared_bytes = prepared_bytes, .prepare_parts = prepare_parts, .prepare = prepare,
                 .run = run);
