/* Any bytes as an array of images and as their labels: either an error with a message, or as many pixels as
 * the shape says, and labels below the number of classes. */
#include "base/memory.h"
#include "data/source/npy_array.h"
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

typedef struct memory {
  const uint8_t *at;
  size_t left;
} memory;

static oc_status read_memory(void *context, void *to, size_t size, size_t *got, oc_error *err) {
  memory *m = context;
  (void)err;
  *got = size < m->left ? size : m->left;
  if (*got) memcpy(to, m->at, *got);
  m->at += *got;
  m->left -= *got;
  return OC_OK;
}

static void require(bool holds) {
  if (!holds) abort();
}

static void check_images(const oc_store *s) {
  const oc_image_shape z = s->size;
  require(s->count >= 1 && z.height >= 1 && z.width >= 1 && z.channels >= 1);
  require(s->image_bytes == (size_t)(z.height * z.width * z.channels));
  require((uint64_t)s->count * s->image_bytes <= LIMIT);
  volatile unsigned sum = 0;
  for (size_t i = 0; i < (size_t)s->count * s->image_bytes; i++) sum += s->pixels[i];
  (void)sum;
}

static void check_labels(const oc_store *s) {
  const int32_t *labels = s->values[0];
  require(s->classes >= 2 && s->classes <= 65536);
  for (int64_t i = 0; i < s->count; i++) require(labels[i] >= 0 && labels[i] < s->classes);
}

/* As labels of the images of the same bytes, or of four. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const oc_data_options how = {.max_bytes = LIMIT};
  memory m = {bytes, size};
  oc_npy_bytes from = {"input", {read_memory, &m}, size};
  oc_error err = {0};
  oc_store *store = oc_store_create();
  require(store != NULL);
  oc_status status = oc_npy_read_images(&from, &how, store, &err);
  if (status == OC_OK)
    check_images(store);
  else
    require(err.code == status && err.message[0]);
  m = (memory){bytes, size};
  if (status != OC_OK) store->count = 4;
  err = (oc_error){0};
  status = oc_npy_read_labels(&from, &how, store, &err);
  if (status == OC_OK)
    check_labels(store);
  else
    require(err.code == status && err.message[0]);
  oc_store_release(store);
  return 0;
}
