/* elements.c: lists the element types of a safetensors file, and converts those that only files have. */
#include "formats/safetensors.h"
#include <string.h>

const char *oc_named_tensor_type(const oc_named_tensor *t) {
  static const char *const narrow[] = {[OC_NARROW_F16] = "F16", [OC_NARROW_BF16] = "BF16"};
  static const char *const names[] = {
      [OC_F32] = "F32", [OC_F64] = "F64", [OC_U8] = "U8", [OC_I32] = "I32", [OC_I64] = "I64"};
  return t->narrow ? narrow[t->narrow] : names[t->tensor.dtype];
}

size_t oc_named_tensor_bytes(const oc_named_tensor *t) {
  size_t count = 1;
  for (int i = 0; i < t->tensor.shape.rank; i++) count *= (size_t)t->tensor.shape.dim[i];
  return count * (t->narrow ? sizeof(uint16_t) : oc_dtype_size(t->tensor.dtype));
}

static float of_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* IEEE 754 binary16: 1 bit of sign, 5 of exponent (bias 15), 10 of fraction. */
static float of_f16(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = half >> 10 & 31u,
                 fraction = half & 1023u;
  if (exponent == 31) return of_bits(sign | 0x7f800000u | fraction << 13);
  if (exponent > 0) return of_bits(sign | (exponent + 112) << 23 | fraction << 13);
  const float small = (float)fraction * 0x1p-24f; /* exact */
  return sign ? -small : small;
}

static double element(const oc_named_tensor *t, int64_t i) {
  const unsigned char *data = t->tensor.data;
  uint16_t half;
  float single;
  double value;
  if (t->narrow) {
    memcpy(&half, data + 2 * i, sizeof half);
    return t->narrow == OC_NARROW_F16 ? of_f16(half) : of_bits((uint32_t)half << 16);
  }
  if (t->tensor.dtype == OC_F32) {
    memcpy(&single, data + 4 * i, sizeof single);
    return single;
  }
  memcpy(&value, data + 8 * i, sizeof value);
  return value;
}

void oc_named_tensor_convert(const oc_named_tensor *t, int64_t count, oc_dtype to, void *out) {
  for (int64_t i = 0; i < count; i++) {
    const double value = element(t, i);
    if (to == OC_F64)
      ((double *)out)[i] = value;
    else
      ((float *)out)[i] = (float)value;
  }
}
