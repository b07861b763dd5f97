/* tensor.h: what an array is. Dense, row-major (last index fastest), at most OC_MAX_RANK axes.
 *
 * Images are NHWC (sample, row, column, channel), convolution kernels HWIO (row, column, input, output
 * channel).
 *
 * Threads: all functions may be called from any thread. A tensor belongs to one caller at a time while it
 * is written to. */
#ifndef OCELLUS_TENSOR_H
#define OCELLUS_TENSOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "status.h"
#ifdef __cplusplus
extern "C" {
#endif

#define OC_MAX_RANK 8
/* The size of axis 0 that is not known before the data comes (TensorFlow prints it as "?"). */
#define OC_BATCH ((int64_t)-1)

typedef enum oc_dtype { OC_F32 = 0, OC_F64 = 1, OC_U8 = 2, OC_I32 = 3, OC_I64 = 4 } oc_dtype;

typedef struct oc_shape {
  int rank;                 /* 0 (a scalar) .. OC_MAX_RANK */
  int64_t dim[OC_MAX_RANK]; /* each >= 0; dim[0] may be OC_BATCH in a graph */
} oc_shape;

/* A view: it does not own `data` unless oc_tensor_create made it. */
typedef struct oc_tensor {
  oc_dtype dtype;
  oc_shape shape;
  void *data;
} oc_tensor;

/* The same to look at only. */
typedef struct oc_tensor_view {
  oc_dtype dtype;
  oc_shape shape;
  const void *data;
} oc_tensor_view;

/* "float32", "float64", "uint8", "int32", "int64"; "?" for an unknown type. Static storage. */
OC_API const char *oc_dtype_name(oc_dtype dtype);
/* Bytes of one element: 4, 8, 1, 4, 8; 0 for an unknown type. */
OC_API size_t oc_dtype_size(oc_dtype dtype);

/* The shape whose axes are dims[0] .. dims[rank-1]; `dims` may be NULL for a scalar, rank 0. A rank out of
 * 0..OC_MAX_RANK is kept, and refused by whatever takes the shape. */
OC_API oc_shape oc_shape_make(int rank, const int64_t *dims);
/* The same in one expression, in C and in C++11: OC_SHAPE(3, 4) is (3, 4). Any integers, 1 to OC_MAX_RANK of
 * them. */
#ifndef __cplusplus
#define OC_SHAPE(...)                                                                                        \
  oc_shape_make((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})
#else
#define OC_SHAPE(...) oc_shape_of(__VA_ARGS__)
#endif
#define OC_SCALAR_SHAPE oc_shape_make(0, NULL)

/* True if both shapes have the same rank and sizes (axes past the rank do not count). */
OC_API bool oc_shape_equal(const oc_shape *a, const oc_shape *b);
/* Elements of a shape, axis 0 counted as `batch` if it is OC_BATCH. OC_E_ARGUMENT if a size is negative or
 * the product does not fit into int64_t. */
OC_API oc_status oc_shape_count(const oc_shape *shape, int64_t batch, int64_t *count, oc_error *err);
/* Writes "(?, 24, 24, 32)" as TensorFlow prints it; "(32,)" for rank 1, "()" for a scalar. Writes at most
 * `size` bytes with the closing 0; 192 are always enough, 128 for a tensor that is not empty. Returns
 * `text`, the caller's. */
OC_API const char *oc_shape_text(const oc_shape *shape, char *text, size_t size);

/* Allocates zeroed, 64-byte aligned elements. The caller owns *out and frees it with oc_tensor_release; on
 * failure *out is empty. OC_E_ARGUMENT: a rank out of 0..OC_MAX_RANK, a size below 0, OC_BATCH, or an
 * unknown type. OC_E_MEMORY: more than the machine can give. */
OC_API oc_status oc_tensor_create(oc_dtype dtype, oc_shape shape, oc_tensor *out, oc_error *err);
/* Frees what oc_tensor_create allocated and empties the view. An empty view or NULL is fine. */
OC_API void oc_tensor_release(oc_tensor *tensor);

#ifdef __cplusplus
}

/* What OC_SHAPE is in C++, which has no compound literals. */
template <typename... Sizes> inline oc_shape oc_shape_of(Sizes... sizes) {
  const int64_t dims[] = {static_cast<int64_t>(sizes)...};
  return oc_shape_make(static_cast<int>(sizeof...(Sizes)), dims);
}
#endif
#endif
