/* elementwise.c: computes relu, relu_grad, relu_dropout_grad and add on vectors. Bytes: each operand once,
 * which determines their time; the bits are those of the reference implementations. */
#include "kernels/simd/core/define.h"
#include "ops/elementwise.h"

static void OC_K(elementwise_relu)(const oc_call *c) {
  const float *x = c->in[0];
  float *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    const vf v = vec_load_part(x + i, lanes);
    vec_store_part(y + i, vec_select(vec_le(v, vec_zero()), vec_zero(), v), lanes);
  }
}

static void OC_K(elementwise_relu_grad)(const oc_call *c) {
  const float *y = c->in[0], *dy = c->in[1];
  float *dx = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    const vmask on = vec_gt(vec_load_part(y + i, lanes), vec_zero());
    vec_store_part(dx + i, vec_select(on, vec_load_part(dy + i, lanes), vec_zero()), lanes);
  }
}

static void OC_K(elementwise_relu_dropout_grad)(const oc_call *c) {
  const float *y = c->in[0], *dy = c->in[1];
  float *dz = c->out[0];
  const vf keep = vec_set1(*(const float *)c->in[2]);
  const int64_t count = oc_call_count(c, &c->info->in[0]);
  for (int64_t i = 0; i < count; i += VL) {
    const int64_t lanes = vec_lanes(count - i);
    const vmask on = vec_gt(vec_load_part(y + i, lanes), vec_zero());
    vec_store_part(dz + i, vec_select(on, vec_load_part(dy + i, lanes) / keep, vec_zero()), lanes);
  }
}

static const char *OC_K(elementwise_refuse_add)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return oc_shape_equal(&info->in[0].shape, &info->in[1].shape) ? NULL : "the shapes differ";
}

static void OC_K(elementwise_add)(const oc_call *c) {
  const float *a = c->in[0], *b = c->in[1];
  float *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i += VL) {
    const int64_t lanes = vec_lanes(s.end - i);
    vec_store_part(y + i, vec_load_part(a + i, lanes) + vec_load_part(b + i, lanes), lanes);
  }
}

OC_DEFINE_KERNEL(relu, vector, .tolerance = 0, .run = OC_K(elementwise_relu));
OC_DEFINE_KERNEL(relu_grad, vector, .tolerance = 0, .run = OC_K(elementwise_relu_grad));
OC_DEFINE_KERNEL(relu_dropout_grad, vector, .tolerance = 0, .run = OC_K(elementwise_relu_dropout_grad));
OC_DEFINE_KERNEL(add, vector, .tolerance = 0, .refuse = OC_K(elementwise_refuse_add),
                 .run = OC_K(elementwise_add));
