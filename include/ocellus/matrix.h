/* matrix.h: numbers from and to text, CSV and NumPy's .npy, as float64.
 *
 *   1,3,2,4          a list: commas, blanks or both between the numbers
 *   1 3 2 4; 5 6 1 3     rows: ';' or a new line between them, each as long as the first
 *
 * Numbers are decimal (1, -0.5, 2e-3), nan or inf, whatever the locale. Empty lines and what follows # are skipped. */
#ifndef OCELLUS_MATRIX_H
#define OCELLUS_MATRIX_H
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

/* No text or file may have more numbers than this. */
#define OC_MATRIX_MOST ((int64_t)1 << 26)

/* rank 1: a list of `columns` numbers (rows is 1); 2: rows x columns; 3: rows x columns x channels. */
typedef struct oc_matrix {
  int rank;
  int64_t rows, columns, channels; /* >= 1 */
  double *data;                    /* row by row, the channels of an element together; owned */
} oc_matrix;

/* Zeroed numbers of this size; the caller releases. */
OC_API oc_status oc_matrix_create(int rank, int64_t rows, int64_t columns, int64_t channels, oc_matrix *out,
                                  oc_error *err);
/* Frees the numbers and empties *m. An empty matrix or NULL is fine. */
OC_API void oc_matrix_release(oc_matrix *m);

/* From bytes: .npy if they begin as such a file does (little-endian float32, float64, bool and integers of 8 to 64 bits,
 * 1 to 3 axes, C or Fortran order), otherwise text. `where` is what messages call it. A list of one row has rank 1.
 * OC_E_DATA names line and column of what is wrong. Integers that a double cannot hold are refused. */
OC_API oc_status oc_matrix_parse(const char *where, const void *bytes, size_t size, oc_matrix *out,
                                 oc_error *err);
/* The same from a file or a pipe. */
OC_API oc_status oc_matrix_load(const char *path, oc_matrix *out, oc_error *err);
/* Writes .npy (float64) if `path` ends so, otherwise CSV with as many digits as tell each double from all others; 3 axes
 * need .npy. The old file is replaced whole or not at all. */
OC_API oc_status oc_matrix_save(const oc_matrix *m, const char *path, oc_error *err);

/* How many of the numbers are NaN. */
OC_API int64_t oc_count_nan(const double *values, int64_t count);
/* The number with the fewest of 15 to 17 digits that read back as the same double ("4.6", "nan", "-inf"), into at least
 * 32 bytes. Returns `text`. */
OC_API const char *oc_number_text(double value, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
