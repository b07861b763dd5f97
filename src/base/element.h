/* element.h: numbers as files store them: unsigned, signed or real, of 1 to 8 bytes, in either byte order. */
#ifndef OC_BASE_ELEMENT_H
#define OC_BASE_ELEMENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum oc_element_kind { OC_ELEMENT_UNSIGNED, OC_ELEMENT_SIGNED, OC_ELEMENT_REAL } oc_element_kind;

typedef struct oc_element {
  const char *name; /* "float32" */
  oc_element_kind kind;
  size_t bytes;    /* 1, 2, 4 or 8; of a real number 4 or 8 */
  bool big_endian; /* the highest byte comes first */
} oc_element;

/* Reads the number at `from` as a double. False for an integer beyond 2^53, which no double may hold. */
bool oc_element_value(const oc_element *e, const unsigned char *from, double *to);
/* Reads the integer at `from`. False for one of uint64 that is larger than 2^63-1. */
bool oc_element_whole(const oc_element *e, const unsigned char *from, int64_t *to);

#endif
