/* int8_arrays.h: the arrays and sizes of a layer by name, for what writes them. */
#ifndef OC_EXPORT_INT8_ARRAYS_H
#define OC_EXPORT_INT8_ARRAYS_H
#include "export/int8/int8.h"

/* Numbers of 8 bits or, if `bytes` is NULL, of 32 bits. */
typedef struct oc_int8_array {
  const char *name; /* "weights" */
  const int8_t *bytes;
  const int32_t *words;
  int64_t count;
} oc_int8_array;
enum { OC_INT8_ARRAYS = 5, OC_INT8_POINTERS = OC_INT8_ARRAYS + 1 };
/* Array k of the layer; its count is 0 if it has none. */
oc_int8_array oc_int8_array_of(const oc_int8_layer *l, int k);
int64_t oc_int8_array_bytes(const oc_int8_array *a);

/* A whole number of `layer` by its name. */
typedef struct oc_int8_field {
  const char *name;
  int32_t value;
  size_t size;
} oc_int8_field;
/* False past the end. */
bool oc_int8_field_of(const oc_int8_layer *l, int k, oc_int8_field *out);

#endif
