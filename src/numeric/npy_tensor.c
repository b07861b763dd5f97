/* npy_tensor.c: reads and writes NumPy's .npy files as tensors of up to eight axes. */
#include "base/checked.h"
#include "base/error.h"
#include "numeric/matrix.h"
#include "numeric/npy_header.h"
#include <string.h>

/* ---- reading ------------------------------------------------------------------------------------------- */

/* As many elements as the shape says, and no byte more. */
static oc_status check_size(const char *where, const oc_npy *h, size_t size, oc_error *err) {
  int64_t wanted = (int64_t)h->element->bytes;
  bool fits = true;
  for (int i = 0; i < h->rank; i++) fits = fits && oc_mul_i64(wanted, h->dim[i], &wanted);
  if (fits && (uint64_t)wanted == size) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Copy or save the file again.",
                 "its shape needs %s than the %zu bytes of values that follow",
                 fits && (uint64_t)wanted < size ? "less" : "more", size);
}

static oc_status read_elements(const char *where, const oc_npy *h, const unsigned char *bytes, int64_t count,
                               oc_tensor *to, oc_error *err) {
  double value = 0;
  for (int64_t n = 0; n < count; n++) {
    const unsigned char *from = bytes + (size_t)oc_npy_place(h, n) * h->element->bytes;
    if (to->dtype == OC_F32) {
      (void)oc_element_value(h->element, from, &value); /* fails for integers only */
      ((float *)to->data)[n] = (float)value;
    } else if (!oc_element_whole(h->element, from, (int64_t *)to->data + n)) {
      return oc_fail(err, OC_E_DATA, where, "Save it as int64.", "element %lld is larger than 2^63-1",
                     (long long)n);
    }
  }
  return OC_OK;
}

oc_status oc_npy_tensor(const char *where, const unsigned char *bytes, size_t size, oc_tensor *out,
                        oc_error *err) {
  size_t offset;
  oc_npy h;
  int64_t count;
  *out = (oc_tensor){0};
  TRY(oc_npy_offset_within(where, bytes, size, &offset, err));
  TRY(oc_npy_header_of_any(where, bytes, offset, &h, err));
  TRY(check_size(where, &h, size - offset, err));
  const oc_shape shape = oc_shape_make(h.rank, h.dim);
  TRY(oc_shape_count(&shape, 1, &count, err));
  TRY(oc_tensor_create(h.element->kind == OC_ELEMENT_REAL ? OC_F32 : OC_I64, shape, out, err));
  const oc_status status = read_elements(where, &h, bytes + offset, count, out, err);
  if (status != OC_OK) oc_tensor_release(out);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

void oc_npy_write_tensor(const oc_tensor_view *t, oc_text *out) {
  static const char *const descrs[] = {
      [OC_F32] = "<f4", [OC_F64] = "<f8", [OC_U8] = "|u1", [OC_I32] = "<i4", [OC_I64] = "<i8"};
  int64_t count = 0;
  (void)oc_shape_count(&t->shape, 1, &count, NULL);
  oc_npy_begin(out, descrs[t->dtype], t->shape.rank, t->shape.dim);
  if (count) oc_text_add_bytes(out, t->data, (size_t)count * oc_dtype_size(t->dtype));
}
