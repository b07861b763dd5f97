/* safetensors.h: named tensors and texts in one file that other tools read too.
 *
 * The format (github.com/huggingface/safetensors, README, "Format"):
 *   8 bytes  N, little-endian: size of the header
 *   N bytes  a JSON object that begins with '{' and may end in spaces:
 *              {"__metadata__": {key: text, ..}, name: {"dtype": "F32", "shape": [..], "data_offsets":
 * [begin, end]}, ..} the rest the tensors' elements, little-endian, row-major; offsets count from here. They
 * cover the rest exactly, without a hole and without overlap. The header has at most 100 MB and no key twice.
 * Of the element types, F32, F64, U8 and I32 are read here.
 *
 * The reader trusts nothing: each number is checked before it is used, and memory is only ever asked for in
 * proportion to the bytes that are really there. Both assume a little-endian machine. */
#ifndef OC_FORMATS_SAFETENSORS_H
#define OC_FORMATS_SAFETENSORS_H
#include "base/memory.h"
#include "formats/hash_aside.h"
#include "formats/metadata.h"
#include "ocellus/tensor.h"

#define OC_SAFETENSORS_MAX_HEADER  100000000u
#define OC_SAFETENSORS_MAX_TENSORS 65536

/* A tensor by name. From the reader, tensor.data points into the file's bytes and may be unaligned: copy it
 * out. */
typedef struct oc_named_tensor {
  const char *name;
  oc_tensor tensor;
} oc_named_tensor;

typedef struct oc_safetensors {
  unsigned char *bytes; /* the whole file, owned */
  size_t size;
  unsigned char *data; /* where the elements begin */
  size_t data_size;
  oc_named_tensor *tensors; /* sorted by name */
  int count;
  oc_metadata metadata;
  oc_arena arena;      /* names */
  oc_hash_aside *hash; /* NULL: made when it is asked for */
} oc_safetensors;

/* Reads a file of at most `limit` bytes; `aside`: with another thread that makes the hash meanwhile. The caller releases *out;
 * on failure it is empty. */
oc_status oc_safetensors_read(const char *path, size_t limit, bool aside, oc_safetensors *out, oc_error *err);
/* The same from memory: takes `bytes` (from base/memory.h) over, whatever it returns. `where` is for
 * messages. */
oc_status oc_safetensors_parse(const char *where, unsigned char *bytes, size_t size, oc_safetensors *out,
                               oc_error *err);
/* NULL if there is none of this name. */
const oc_tensor *oc_safetensors_find(const oc_safetensors *s, const char *name);
void oc_safetensors_release(oc_safetensors *s);

/* Writes the file whole or not at all. Elements begin at a multiple of 64 bytes in the file and each tensor
 * at a multiple of its element's size, so tensors are laid out by falling element size, then in the order
 * given. */
oc_status oc_safetensors_write(const char *path, const oc_named_tensor *tensors, int count,
                               const oc_metadata *metadata, oc_error *err);
/* SHA-256 of the elements as they would be written, or as they were read: 64 hex digits and a closing 0. */
oc_status oc_safetensors_hash(const oc_named_tensor *tensors, int count, char hex[65], oc_error *err);
void oc_safetensors_hash_read(const oc_safetensors *s, char hex[65]);

#endif
