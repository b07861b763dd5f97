/* onnx_tensor_file.c: reads and writes files of one TensorProto, as ONNX's tests have them (input_0.pb). */
#include "formats/onnx/onnx_reader.h"
#include "formats/tensor_file.h"
#include <string.h>

/* ---- reading ------------------------------------------------------------------------------------------- */

/* The elements of a constant, owned. */
static oc_status copy_constant(const oc_onnx_value *v, oc_tensor *out, oc_error *err) {
  const int64_t count = oc_onnx_count(v);
  TRY(oc_tensor_create(v->real ? OC_F32 : OC_I64, v->shape, out, err));
  if (count)
    memcpy(out->data, v->real ? (const void *)v->real : v->whole, (size_t)count * oc_dtype_size(out->dtype));
  return OC_OK;
}

oc_status oc_onnx_tensor_parse(const char *where, const void *bytes, size_t size, oc_tensor *out,
                               oc_error *err) {
  enum { TIMES = 8, BASE = 1 << 10 };
  oc_arena messages = {0};
  oc_onnx_import import = {0};
  OcOnnx__TensorProto *t;
  oc_onnx_value v = {0};
  oc_onnx_reader r = {.where = where, .out = &import, .err = err};
  *out = (oc_tensor){0};
  if (!size) return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.", "the file is empty");
  r.room = size > (SIZE_MAX - BASE) / TIMES ? SIZE_MAX : size * TIMES + BASE;
  oc_status status = oc_onnx_unpack_tensor(bytes, size, where, &messages, &t, err);
  if (status == OC_OK) status = oc_onnx_tensor(&r, t, &v);
  if (status == OC_OK) status = copy_constant(&v, out, err);
  oc_arena_free(&messages);
  oc_onnx_import_release(&import);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static int type_of(oc_dtype dtype) {
  static const int types[] = {[OC_F32] = OC_ONNX_FLOAT,
                              [OC_F64] = OC_ONNX_DOUBLE,
                              [OC_U8] = OC_ONNX_UINT8,
                              [OC_I32] = OC_ONNX_INT32,
                              [OC_I64] = OC_ONNX_INT64};
  return types[dtype];
}

oc_status oc_onnx_tensor_write(const char *where, const oc_tensor_view *t, oc_text *out, oc_error *err) {
  OcOnnx__TensorProto m = OC_ONNX__TENSOR_PROTO__INIT;
  int64_t count;
  oc_shape shape = t->shape;
  TRY(oc_shape_count(&shape, 1, &count, err));
  const size_t bytes = (size_t)count * oc_dtype_size(t->dtype);
  if (bytes > (size_t)INT32_MAX - 4096)
    return oc_fail(err, OC_E_UNSUPPORTED, where, "Choose a name that ends in .npy.",
                   "a message of 2 GiB or more");
  m.n_dims = (size_t)shape.rank;
  m.dims = shape.dim;
  m.has_data_type = true;
  m.data_type = type_of(t->dtype);
  m.has_raw_data = true;
  m.raw_data = (ProtobufCBinaryData){bytes, (uint8_t *)(uintptr_t)t->data};
  const size_t size = oc_onnx__tensor_proto__get_packed_size(&m);
  unsigned char *packed = oc_memory_alloc_uninitialized(size);
  if (!packed) return oc_fail_memory(err, size);
  oc_text_add_bytes(out, packed, oc_onnx__tensor_proto__pack(&m, packed));
  oc_memory_free(packed);
  return OC_OK;
}
