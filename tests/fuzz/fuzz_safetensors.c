/* fuzz_safetensors.c: any bytes as a safetensors file, and, when they are one, as a model. What is accepted
 * must be what the format promises: tensors that tile the data. (The sum of format 1 covers the data alone,
 * so that changes of the header reach the checks of net, classes and shapes; files of format 2 reach those of
 * its sums.) */
#include "model/model.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static size_t bytes_of(const oc_named_tensor *t) {
  int64_t count = -1;
  require(oc_shape_count(&t->tensor.shape, 1, &count, NULL) == OC_OK);
  return (size_t)count * (t->narrow ? 2 : oc_dtype_size(t->tensor.dtype));
}

static void check_tiling(const oc_safetensors *s) {
  size_t total = 0;
  for (int i = 0; i < s->count; i++) {
    const oc_named_tensor *t = &s->tensors[i];
    const size_t begin = (size_t)((const unsigned char *)t->tensor.data - s->data), bytes = bytes_of(t);
    require(begin <= s->data_size && bytes <= s->data_size - begin);
    require(oc_safetensors_find(s, s->tensors[i].name) == t);
    total += bytes;
  }
  require(total == s->data_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const oc_session_options options = {.seed = 1, .threads = 1};
  oc_model_source from;
  oc_model *m;
  oc_error err = {0};
  if (oc_model_source_memory(data, size, &from, &err) != OC_OK) {
    require(err.code != OC_OK && err.message[0] && !from.file.bytes);
    return 0;
  }
  check_tiling(&from.file);
  if (oc_model_from(&from, &options, &m, &err) != OC_OK) require(err.code != OC_OK && err.message[0]);
  oc_model_free(m);
  oc_model_source_release(&from);
  return 0;
}
