/* safetensors.h: reads and writes named tensors and strings in one file that other tools also read.
 *
 * The format (github.com/huggingface/safetensors, README, "Format"):
 *   8 bytes  N, little-endian: size of the header
 *   N bytes  a JSON object that begins with '{' and may end in spaces:
 *              {"__metadata__": {key: text, ..}, name: {"dtype": "F32", "shape": [..], "data_offsets":
 * [begin, end]}, ..} the rest the tensors' elements, little-endian, row-major; offsets count from here. They
 * cover the rest exactly, without a hole and without overlap. The header has at most 100 MB and no key twice.
 * Of the element types, F32, F64, U8, I32 and I64 are read here, and F16 and BF16, which
 * oc_named_tensor_convert widens.
 *
 * The reader trusts nothing: each number is checked before it is used, and memory is only allocated in
 * proportion to the bytes that are really there. Both assume a little-endian machine. */
#ifndef OC_FORMATS_SAFETENSORS_H
#define OC_FORMATS_SAFETENSORS_H
#include "base/memory.h"
#include "formats/metadata.h"
#include "ocellus/tensor.h"

#define OC_SAFETENSORS_MAX_HEADER  100000000u
#define OC_SAFETENSORS_MAX_TENSORS 65536
/* jansson takes some 150 bytes for each value of a header: this bounds them whatever the header holds. Every
 * value but the first in its list follows a comma. */
#define OC_SAFETENSORS_MAX_COMMAS 1000000

/* Types that elements have in files only. */
typedef enum oc_narrow { OC_NARROW_NONE = 0, OC_NARROW_F16, OC_NARROW_BF16 } oc_narrow;

/* A tensor by name. From the reader, tensor.data points into the file's bytes and may be unaligned: copy it
 * out. */
typedef struct oc_named_tensor {
  const char *name;
  oc_tensor tensor;
  oc_narrow narrow; /* not OC_NARROW_NONE: elements of 16 bits, for which tensor.dtype is float32 */
  size_t begin;     /* from the reader: where in the data it lies */
} oc_named_tensor;
/* Commas of a JSON text that stand in no string. */
size_t oc_json_commas(const char *text, size_t size);
/* "F32", "BF16": the name of its elements' type in a file. Static storage. */
const char *oc_named_tensor_type(const oc_named_tensor *t);
/* Bytes of its elements; its shape must be one that oc_shape_count accepts. */
size_t oc_named_tensor_bytes(const oc_named_tensor *t);
/* The `count` elements of a tensor of F16, BF16, F32 or F64 as float32 or float64 (`to`). */
void oc_named_tensor_convert(const oc_named_tensor *t, int64_t count, oc_dtype to, void *out);

typedef struct oc_safetensors {
  unsigned char *owned; /* the whole file, if it was read */
  const unsigned char *bytes;
  size_t size;
  const unsigned char *data; /* where the elements begin */
  size_t header_size;        /* bytes before them */
  size_t data_size;
  oc_named_tensor *tensors; /* sorted by name */
  int count;
  oc_metadata metadata;
  oc_arena arena; /* names */
} oc_safetensors;

/* Told while a file is read, so that work on it can begin meanwhile. */
typedef struct oc_safetensors_watch {
  /* Once: the header has been read and is sound. There are tensors (without data yet), header_size, data_size
   * and metadata; bytes of the file are reported afterwards. Not called for a file whose header is not. */
  void (*header)(void *context, const oc_safetensors *s);
  void (*bytes)(void *context, const unsigned char *bytes, size_t have); /* as for oc_file_watch */
  void *context;
} oc_safetensors_watch;

/* Reads a file of at most `limit` bytes; `watch` may be NULL. The caller releases *out; on failure it is
 * empty. */
oc_status oc_safetensors_read(const char *path, size_t limit, const oc_safetensors_watch *watch,
                              oc_safetensors *out, oc_error *err);
/* The same from memory, which must stay as long as *out. `where` is for messages. */
oc_status oc_safetensors_parse(const char *where, const unsigned char *bytes, size_t size,
                               oc_safetensors *out, oc_error *err);
/* NULL if there is none of this name. */
const oc_named_tensor *oc_safetensors_find(const oc_safetensors *s, const char *name);
void oc_safetensors_release(oc_safetensors *s);

/* Writes the file whole or not at all. Elements begin at a multiple of 64 bytes in the file and each tensor
 * at a multiple of its element's size, so tensors are laid out by falling element size, then by name. */
oc_status oc_safetensors_write(const char *path, const oc_named_tensor *tensors, int count,
                               const oc_metadata *metadata, oc_error *err);
/* The same bytes into memory, which the caller frees with oc_memory_free. */
oc_status oc_safetensors_write_memory(const oc_named_tensor *tensors, int count, const oc_metadata *metadata,
                                      unsigned char **bytes, size_t *size, oc_error *err);

#endif
