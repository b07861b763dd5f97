/* tensor_file.c: reads and writes a tensor as a .npy file or as a TensorProto of ONNX (input_0.pb). */
#include "formats/tensor_file.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "numeric/matrix.h"
#include "numeric/npy_header.h"
#include <string.h>

/* protobuf's messages have fewer than 2 GiB. */
#define TENSOR_MAX_BYTES ((size_t)INT32_MAX)

/* An empty tensor may have any other sizes, in which sums would overflow. */
static oc_status check_sizes(const char *where, const oc_shape *shape, oc_error *err) {
  for (int i = 0; i < shape->rank; i++)
    if (shape->dim[i] > (int64_t)1 << 40)
      return oc_fail(err, OC_E_UNSUPPORTED, where, "Save a smaller tensor.", "axis %d is larger than 2^40",
                     i);
  return OC_OK;
}

oc_status oc_tensor_parse(const char *where, const void *bytes, size_t size, oc_tensor *out, oc_error *err) {
  TRY(oc_npy_known(bytes, size) ? oc_npy_tensor(where, bytes, size, out, err)
                                : oc_onnx_tensor_parse(where, bytes, size, out, err));
  const oc_status status = check_sizes(where, &out->shape, err);
  if (status != OC_OK) oc_tensor_release(out);
  return status;
}

oc_status oc_tensor_load(const char *path, oc_tensor *out, oc_error *err) {
  NEED(path, out);
  unsigned char *bytes;
  size_t size;
  *out = (oc_tensor){0};
  TRY(oc_file_read(path, TENSOR_MAX_BYTES, &bytes, &size, err));
  const oc_status status = oc_tensor_parse(path, bytes, size, out, err);
  oc_memory_free(bytes);
  return status;
}

static bool ends_with(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static oc_status check_tensor(const oc_tensor_view *t, oc_error *err) {
  int64_t count;
  if (!oc_dtype_size(t->dtype))
    return oc_fail(err, OC_E_ARGUMENT, "oc_tensor_save", "", "unknown element type %d", (int)t->dtype);
  if (t->shape.rank < 0 || t->shape.rank > OC_MAX_RANK)
    return oc_fail(err, OC_E_ARGUMENT, "oc_tensor_save", "", "rank must be 0 to %d, got %d", OC_MAX_RANK,
                   t->shape.rank);
  TRY(oc_shape_count(&t->shape, -1, &count, err));
  return count && !t->data ? oc_fail_null(err, "oc_tensor_save", "tensor->data") : OC_OK;
}

oc_status oc_tensor_save(const oc_tensor_view *t, const char *path, oc_error *err) {
  NEED(t, path);
  oc_text text = {0};
  const bool npy = ends_with(path, ".npy");
  TRY(check_tensor(t, err));
  if (!npy && !ends_with(path, ".pb"))
    return oc_fail(err, OC_E_ARGUMENT, path, "Choose a name that ends in .npy or .pb.",
                   "unknown kind of file for a tensor");
  if (npy)
    oc_npy_write_tensor(t, &text);
  else
    TRY(oc_onnx_tensor_write(path, t, &text, err));
  const size_t size = text.size;
  char *bytes = oc_text_take(&text);
  if (!bytes) return oc_fail_memory(err, size);
  const oc_status status = oc_file_replace(path, bytes, size, err);
  oc_memory_free(bytes);
  return status;
}

#if !OC_HAVE_PROTOBUF_C
static oc_status refuse(const char *where, oc_error *err) {
  return oc_fail(
      err, OC_E_UNSUPPORTED, where,
      "Use a .npy file, or build with protobuf-c (Debian: libprotobuf-c-dev, protobuf-c-compiler).",
      "ONNX is unsupported: this build has no protobuf-c");
}
oc_status oc_onnx_tensor_parse(const char *where, const void *bytes, size_t size, oc_tensor *out,
                               oc_error *err) {
  (void)bytes, (void)size;
  *out = (oc_tensor){0};
  return refuse(where, err);
}
oc_status oc_onnx_tensor_write(const char *where, const oc_tensor_view *t, oc_text *out, oc_error *err) {
  (void)t, (void)out;
  return refuse(where, err);
}
#endif
