/* npy_header.h: reads the header of a .npy file (numpy.org, "A simple file format for NumPy arrays"). It is
 * untrusted: the caller compares what it declares with the bytes that follow. */
#ifndef OC_NUMERIC_NPY_HEADER_H
#define OC_NUMERIC_NPY_HEADER_H
#include "base/element.h"
#include "base/error.h"
#include <stdint.h>

enum {
  OC_NPY_MAX_RANK = 8,
  OC_NPY_IMAGE_RANK = 4,      /* of matrices, kernels and images */
  OC_NPY_PREFIX = 12,         /* so many first bytes give the length of the header */
  OC_NPY_MAX_HEADER = 1 << 16 /* NumPy itself refuses more than 10,000 bytes */
};

typedef struct oc_npy {
  const oc_element *element;
  bool boolean;                 /* the elements are of type bool: unsigned, 0 or 1 */
  bool fortran;                 /* the first axis is the fastest one */
  int rank;                     /* 0 to OC_NPY_MAX_RANK */
  int64_t dim[OC_NPY_MAX_RANK]; /* each 0 or more, at most 2^53 */
} oc_npy;

/* True if it begins like a .npy file. */
bool oc_npy_known(const unsigned char *bytes, size_t size);
/* Gives the offset of the elements from the first bytes of a file: at least OC_NPY_PREFIX, or all of a
 * shorter one, which is refused. */
oc_status oc_npy_offset(const char *where, const unsigned char *bytes, size_t size, size_t *offset,
                        oc_error *err);
/* The same of a whole file, which is refused if it ends within its header. */
oc_status oc_npy_offset_within(const char *where, const unsigned char *bytes, size_t size, size_t *offset,
                               oc_error *err);
/* Reads the header; `size` is the offset of the elements, and so many bytes are there. */
oc_status oc_npy_header_of_any(const char *where, const unsigned char *bytes, size_t size, oc_npy *out,
                               oc_error *err);
/* The same; refuses a rank that is not 1 to OC_NPY_IMAGE_RANK. */
oc_status oc_npy_header(const char *where, const unsigned char *bytes, size_t size, oc_npy *out,
                        oc_error *err);
/* Returns where element `n`, counted with the last axis fastest, lies in the file. */
int64_t oc_npy_place(const oc_npy *h, int64_t n);

#endif
