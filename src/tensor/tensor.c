/* tensor.c: implements element types, shapes and arrays. */
#include "ocellus/tensor.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include <inttypes.h>
#include <stdio.h>

const char *oc_dtype_name(oc_dtype dtype) {
  switch (dtype) {
  case OC_F32:
    return "float32";
  case OC_F64:
    return "float64";
  case OC_U8:
    return "uint8";
  case OC_I32:
    return "int32";
  case OC_I64:
    return "int64";
  }
  return "?";
}

size_t oc_dtype_size(oc_dtype dtype) {
  switch (dtype) {
  case OC_F32:
    return sizeof(float);
  case OC_F64:
    return sizeof(double);
  case OC_U8:
    return sizeof(uint8_t);
  case OC_I32:
    return sizeof(int32_t);
  case OC_I64:
    return sizeof(int64_t);
  }
  return 0;
}

/* A rank out of range is kept, so that oc_shape_count can refuse it. */
oc_shape oc_shape_make(int rank, const int64_t *dims) {
  oc_shape shape = {.rank = rank};
  for (int i = 0; i < rank && i < OC_MAX_RANK && dims; i++) shape.dim[i] = dims[i];
  return shape;
}

bool oc_shape_equal(const oc_shape *a, const oc_shape *b) {
  if (!a || !b) return false;
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank && i < OC_MAX_RANK; i++)
    if (a->dim[i] != b->dim[i]) return false;
  return true;
}

static int64_t dim_of(const oc_shape *shape, int axis, int64_t batch) {
  return axis == 0 && shape->dim[0] == OC_BATCH ? batch : shape->dim[axis];
}

static oc_status check_dims(const oc_shape *shape, int64_t batch, bool *empty, oc_error *err) {
  if (shape->rank < 0 || shape->rank > OC_MAX_RANK)
    return oc_fail(err, OC_E_ARGUMENT, "shape", "", "rank must be 0 to %d, got %d", OC_MAX_RANK, shape->rank);
  for (int i = 0; i < shape->rank; i++) {
    const int64_t dim = dim_of(shape, i, batch);
    char text[128];
    if (dim < 0)
      return oc_fail(err, OC_E_ARGUMENT, "shape", "",
                     "axis %d of %s has size %" PRId64 ": a size is 0 or more", i,
                     oc_shape_text(shape, text, sizeof text), dim);
    if (dim == 0) *empty = true;
  }
  return OC_OK;
}

oc_status oc_shape_count(const oc_shape *shape, int64_t batch, int64_t *count, oc_error *err) {
  NEED(shape, count);
  bool empty = false;
  TRY(check_dims(shape, batch, &empty, err));
  int64_t product = empty ? 0 : 1;
  for (int i = 0; i < shape->rank && !empty; i++) {
    char text[128];
    if (!oc_mul_i64(product, dim_of(shape, i, batch), &product))
      return oc_fail(err, OC_E_ARGUMENT, "shape", "", "%s has too many elements",
                     oc_shape_text(shape, text, sizeof text));
  }
  *count = product;
  return OC_OK;
}

const char *oc_shape_text(const oc_shape *shape, char *text, size_t size) {
  if (!shape || !text) return "";
  size_t at = (size_t)snprintf(text, size, "(");
  for (int i = 0; i < shape->rank && i < OC_MAX_RANK && at < size; i++) {
    const char *comma = shape->rank == 1 ? "," : i + 1 < shape->rank ? ", " : "";
    at += (size_t)(i == 0 && shape->dim[0] == OC_BATCH
                       ? snprintf(text + at, size - at, "?%s", comma)
                       : snprintf(text + at, size - at, "%" PRId64 "%s", shape->dim[i], comma));
  }
  if (at < size) snprintf(text + at, size - at, ")");
  return text;
}

oc_status oc_tensor_create(oc_dtype dtype, oc_shape shape, oc_tensor *out, oc_error *err) {
  NEED(out);
  *out = (oc_tensor){.dtype = dtype};
  int64_t count;
  size_t bytes;
  TRY(oc_shape_count(&shape, OC_BATCH, &count, err));
  if (oc_dtype_size(dtype) == 0)
    return oc_fail(err, OC_E_ARGUMENT, "dtype", "", "unknown element type %d", (int)dtype);
  if (!oc_mul_size((size_t)count, oc_dtype_size(dtype), &bytes)) return oc_fail_memory(err, SIZE_MAX);
  void *data = oc_memory_alloc(bytes);
  if (!data) return oc_fail_memory(err, bytes);
  *out = (oc_tensor){.dtype = dtype, .shape = shape, .data = data};
  return OC_OK;
}

void oc_tensor_release(oc_tensor *tensor) {
  if (!tensor) return;
  oc_memory_free(tensor->data);
  *tensor = (oc_tensor){.dtype = tensor->dtype};
}
