/* onnx_tensor.c: turns tensors of an ONNX file into constants: real types become float32, integers int64. The
 * elements are raw_data, little-endian, or the list that belongs to the type. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include "formats/safetensors.h"
#include <math.h>
#include <string.h>

/* Where the elements of a tensor are: so many of `size` bytes each. */
typedef struct elements {
  const unsigned char *data;
  size_t size;
} elements;

static size_t raw_size(int type) {
  static const unsigned char sizes[] = {
      [OC_ONNX_FLOAT] = 4,   [OC_ONNX_UINT8] = 1,   [OC_ONNX_INT8] = 1,   [OC_ONNX_UINT16] = 2,
      [OC_ONNX_INT16] = 2,   [OC_ONNX_INT32] = 4,   [OC_ONNX_INT64] = 8,  [OC_ONNX_BOOL] = 1,
      [OC_ONNX_DOUBLE] = 8,  [OC_ONNX_FLOAT16] = 2, [OC_ONNX_UINT32] = 4, [OC_ONNX_UINT64] = 8,
      [OC_ONNX_BFLOAT16] = 2};
  return type >= 0 && (size_t)type < sizeof sizes ? sizes[type] : 0;
}

static const char *name_of(const OcOnnx__TensorProto *t) {
  return t->name && *t->name ? t->name : "(without a name)";
}

static oc_status fail(const oc_onnx_reader *r, const OcOnnx__TensorProto *t, oc_status code,
                      const char *why) {
  return oc_fail(r->err, code, r->where, "Export the model again.", "tensor '%.120s': %s", name_of(t), why);
}

static oc_status shape_of(const oc_onnx_reader *r, const OcOnnx__TensorProto *t, oc_shape *out,
                          int64_t *count) {
  *out = (oc_shape){.rank = (int)t->n_dims};
  if (t->n_dims > OC_MAX_RANK) return fail(r, t, OC_E_UNSUPPORTED, "it has more than 8 axes");
  for (size_t i = 0; i < t->n_dims; i++) out->dim[i] = t->dims[i];
  if (oc_onnx_elements(out, count)) return OC_OK;
  return fail(r, t, OC_E_DATA, "a dimension is negative, or their product is too large");
}

/* The list of its type; narrow types are in int32_data. */
static size_t find_list(const OcOnnx__TensorProto *t, elements *out) {
  switch (t->data_type) {
  case OC_ONNX_FLOAT:
    *out = (elements){(const unsigned char *)t->float_data, sizeof(float)};
    return t->n_float_data;
  case OC_ONNX_DOUBLE:
    *out = (elements){(const unsigned char *)t->double_data, sizeof(double)};
    return t->n_double_data;
  case OC_ONNX_INT64:
    *out = (elements){(const unsigned char *)t->int64_data, sizeof(int64_t)};
    return t->n_int64_data;
  case OC_ONNX_UINT32:
  case OC_ONNX_UINT64:
    *out = (elements){(const unsigned char *)t->uint64_data, sizeof(uint64_t)};
    return t->n_uint64_data;
  default:
    *out = (elements){(const unsigned char *)t->int32_data, sizeof(int32_t)};
    return t->n_int32_data;
  }
}

/* As many elements as in the shape. */
static oc_status find_elements(oc_onnx_reader *r, const OcOnnx__TensorProto *t, int64_t count,
                               elements *out) {
  const size_t raw = raw_size(t->data_type);
  if (t->n_external_data || (t->has_data_location && t->data_location)) {
    int64_t bytes;
    if (!oc_mul_i64(count, (int64_t)raw, &bytes)) return fail(r, t, OC_E_DATA, "it is too large");
    out->size = raw;
    return oc_onnx_external(r, t, bytes, &out->data);
  }
  size_t listed = find_list(t, out);
  if (t->has_raw_data) {
    *out = (elements){t->raw_data.data, raw};
    listed = t->raw_data.len % raw ? SIZE_MAX : t->raw_data.len / raw;
  }
  return listed == (size_t)count ? OC_OK : fail(r, t, OC_E_DATA, "its data is not as long as its shape");
}

/* float16 and bfloat16: the low half of each element. */
static float narrow_at(const elements *e, int64_t i, oc_narrow narrow) {
  float value;
  const oc_named_tensor t = {
      .tensor = {OC_F32, OC_SHAPE(1), (void *)(uintptr_t)(e->data + (size_t)i * e->size)}, .narrow = narrow};
  oc_named_tensor_convert(&t, 1, OC_F32, &value);
  return value;
}

static float real_at(const elements *e, int64_t i, int type) {
  float single;
  double value;
  if (type == OC_ONNX_FLOAT16) return narrow_at(e, i, OC_NARROW_F16);
  if (type == OC_ONNX_BFLOAT16) return narrow_at(e, i, OC_NARROW_BF16);
  if (type == OC_ONNX_FLOAT) return memcpy(&single, e->data + 4 * i, sizeof single), single;
  memcpy(&value, e->data + 8 * i, sizeof value);
  return (float)value;
}

/* False for a number of uint64 that int64 does not have. */
static bool whole_at(const elements *e, int64_t i, int type, int64_t *out) {
  const unsigned char *at = e->data + (size_t)i * e->size;
  uint64_t bits = 0;
  memcpy(&bits, at, e->size); /* little-endian */
  const bool is_signed =
      type == OC_ONNX_INT8 || type == OC_ONNX_INT16 || type == OC_ONNX_INT32 || type == OC_ONNX_INT64;
  const unsigned unused = 64 - 8 * (unsigned)e->size;
  *out = is_signed ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
  return is_signed || *out >= 0;
}

static bool is_real(int type) {
  return type == OC_ONNX_FLOAT || type == OC_ONNX_DOUBLE || type == OC_ONNX_FLOAT16 ||
         type == OC_ONNX_BFLOAT16;
}

static oc_status take_reals(oc_onnx_reader *r, const OcOnnx__TensorProto *t, const elements *e, int64_t count,
                            oc_onnx_value *out) {
  void *room;
  TRY(oc_onnx_take_room(r, &out->shape, sizeof(float), &room));
  float *to = room;
  for (int64_t i = 0; i < count; i++) to[i] = real_at(e, i, t->data_type);
  out->real = to;
  return OC_OK;
}

static oc_status take_wholes(oc_onnx_reader *r, const OcOnnx__TensorProto *t, const elements *e,
                             int64_t count, oc_onnx_value *out) {
  void *room;
  TRY(oc_onnx_take_room(r, &out->shape, sizeof(int64_t), &room));
  int64_t *to = room;
  for (int64_t i = 0; i < count; i++)
    if (!whole_at(e, i, t->data_type, &to[i]))
      return fail(r, t, OC_E_UNSUPPORTED, "a number is larger than 2^63-1");
  out->whole = to;
  return OC_OK;
}

oc_status oc_onnx_tensor(oc_onnx_reader *r, const OcOnnx__TensorProto *t, oc_onnx_value *out) {
  int64_t count;
  elements e;
  TRY(shape_of(r, t, &out->shape, &count));
  if (t->segment) return fail(r, t, OC_E_UNSUPPORTED, "it is stored in segments");
  if (!raw_size(t->data_type)) return fail(r, t, OC_E_UNSUPPORTED, "its type of elements is not supported");
  TRY(find_elements(r, t, count, &e));
  return is_real(t->data_type) ? take_reals(r, t, &e, count, out) : take_wholes(r, t, &e, count, out);
}
