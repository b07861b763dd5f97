/* fuzz_tensor.c: any bytes as a file of one tensor, .npy or TensorProto. What is read has all its
 * elements, and comes back the same from a file of either kind; what is refused says why. */
#include "base/memory.h"
#include "formats/tensor_file.h"
#include "numeric/matrix.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check_again(const oc_tensor *t, oc_text *text) {
  oc_tensor again;
  int64_t count;
  oc_error err = {0};
  const size_t size = text->size;
  char *bytes = oc_text_take(text);
  require(bytes && oc_tensor_parse("again", bytes, size, &again, &err) == OC_OK);
  require(again.dtype == t->dtype && oc_shape_equal(&again.shape, &t->shape));
  require(oc_shape_count(&t->shape, -1, &count, NULL) == OC_OK);
  require(!count || memcmp(again.data, t->data, (size_t)count * oc_dtype_size(t->dtype)) == 0);
  oc_tensor_release(&again);
  oc_memory_free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  oc_tensor t;
  oc_text npy = {0}, message = {0};
  oc_error err = {0};
  const oc_status status = oc_tensor_parse("fuzz.pb", data, size, &t, &err);
  if (status != OC_OK) {
    require(status == err.code && err.message[0] && !t.data);
    return 0;
  }
  const oc_tensor_view view = {t.dtype, t.shape, t.data};
  require(t.dtype == OC_F32 || t.dtype == OC_I64);
  oc_npy_write_tensor(&view, &npy);
  check_again(&t, &npy);
  if (oc_onnx_tensor_write("again.pb", &view, &message, &err) == OC_OK)
    check_again(&t, &message);
  else
    require(err.code == OC_E_UNSUPPORTED); /* a build without protobuf-c */
  oc_tensor_release(&t);
  return 0;
}
