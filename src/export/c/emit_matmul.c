/* emit_matmul.c: writes products with a matrix of weights: the rows of the matrix, each times one number, are
 * added up. */
#include "export/c/c_emit.h"

static oc_status matmul_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  const oc_matmul_attrs *a = s->info->attrs;
  const float *w = oc_c_constant(n, s, 1);
  const int64_t inputs = oc_c_shape(n, s->in[0])->dim[1], units = s->info->out[0].shape.dim[1];
  if (!w) return oc_c_refuse(s, "both factors follow from the image", err);
  if (a->transpose_a || !oc_tensor_desc_batched(&s->info->in[0]))
    return oc_c_refuse(s, "its first factor is not one row for each image", err);
  TRY(oc_c_reserve(n, s, inputs * units, units, err));
  for (int64_t i = 0; i < inputs; i++)
    for (int64_t j = 0; j < units; j++)
      s->weights[i * units + j] = a->transpose_b ? w[j * inputs + i] : w[i * units + j];
  return OC_OK;
}

static void matmul_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  (void)n;
  const long long units = s->bias_count, inputs = s->weight_count / s->bias_count;
  oc_c_put(t, "  const float *w = step_%d_weights;\n", s->number);
  oc_c_put(t, "  for (int j = 0; j < %lld; j++) y[j] = step_%d_biases[j];\n", units, s->number);
  oc_c_put(t, "  for (int i = 0; i < %lld; i++, w += %lld)\n", inputs, units);
  oc_c_put(t, "    for (int j = 0; j < %lld; j++) y[j] += in0[i] * w[j];\n", units);
  if (!s->activation) return;
  oc_c_put(t, "  for (int j = 0; j < %lld; j++)", units);
  oc_c_put_result(t, s, "y[j]", "y[j]");
}

static int64_t matmul_multiply_adds(const oc_c_network *n, const oc_c_step *s) {
  (void)n;
  return s->weight_count;
}

OC_C_EMITTER(matmul, .operands = 1, .folds = true, .activates = true, .prepare = matmul_prepare,
             .body = matmul_body, .multiply_adds = matmul_multiply_adds);
