/* fuzz_safetensors.c: any bytes as a safetensors file, and, when they are one, as a model. What is accepted
 * must be what the format promises: tensors that tile the data. (The hash of a model covers its data, so that
 * changes of the header alone reach the checks of net, classes and shapes.) */
#include "model/model.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static size_t bytes_of(const oc_tensor *t) {
  int64_t count = -1;
  require(oc_shape_count(&t->shape, 1, &count, NULL) == OC_OK);
  return (size_t)count * oc_dtype_size(t->dtype);
}

static void check_tiling(const oc_safetensors *s) {
  size_t total = 0;
  for (int i = 0; i < s->count; i++) {
    const oc_tensor *t = &s->tensors[i].tensor;
    const size_t begin = (size_t)((const unsigned char *)t->data - s->data), bytes = bytes_of(t);
    require(begin <= s->data_size && bytes <= s->data_size - begin);
    require(oc_safetensors_find(s, s->tensors[i].name) == t);
    total += bytes;
  }
  require(total == s->data_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const oc_session_options options = {.seed = 1, .threads = 1, .isa = -1};
  oc_safetensors file;
  oc_model *m;
  oc_error err = {0};
  unsigned char *bytes = oc_memory_copy(data, size);
  if (!bytes) return 0;
  if (oc_safetensors_parse("fuzz", bytes, size, &file, &err) != OC_OK) {
    require(err.code != OC_OK && err.message[0] && !file.bytes);
    return 0;
  }
  check_tiling(&file);
  if (oc_model_from(&file, "fuzz", &options, &m, &err) != OC_OK) require(err.code != OC_OK && err.message[0]);
  oc_model_free(m);
  oc_safetensors_release(&file);
  return 0;
}
