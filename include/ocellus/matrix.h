/* matrix.h: reads and writes matrices as text, CSV and NumPy's .npy, in float64.
 *
 * Numbers are decimal (1, -0.5, 2e-3), nan or inf, whatever the locale. Two numbers are separated by spaces,
 * or by one tab, comma or ';' with spaces around it, the same in the whole text. Each row has as many numbers
 * as the first. Empty lines and text after # are skipped. Anything else is refused, with its character, line
 * and column.
 *
 *   typed (oc_matrix_parse_argument)   1,3,2,4           a list
 *                                      1 3; 2 4          rows: ';' or a new line between them
 *   in a file (oc_matrix_parse)        1;3               a line is a row, and ';' separates values, as
 *                                      2;4               spreadsheets write it. UTF-8, or UTF-16 with a
 *                                                        byte-order mark; a line ends with LF, CR LF or CR
 *
 * Threads: all functions may be called from any thread. A matrix belongs to one caller at a time while it is
 * written to. */
#ifndef OCELLUS_MATRIX_H
#define OCELLUS_MATRIX_H
#include "number.h"
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

/* No text or file may have more numbers than this. */
#define OC_MATRIX_MAX_ELEMENTS ((int64_t)1 << 26)

/* rank 1: a list, of one row or one column as it stood in the text; 2: rows x columns; 3: rows x columns x
 * channels; 4: rows x columns x channels x outputs, as kernels are stored. Axes that a rank lacks have size
 * 1. */
typedef struct oc_matrix {
  int rank;
  int64_t rows, columns, channels, outputs; /* >= 1 */
  double *data; /* the last axis varies fastest; owned: oc_matrix_release, or oc_free */
} oc_matrix;

/* Makes zeroed numbers of sizes[0] x .. x sizes[rank - 1], rank 1 to 4 (a list is one row), each size at
 * least 1, at most OC_MATRIX_MAX_ELEMENTS together. The caller frees *out with oc_matrix_release; on
 * failure it is empty. OC_E_ARGUMENT: rank or sizes out of range. OC_E_MEMORY. */
OC_API oc_status oc_matrix_create(int rank, const int64_t *sizes, oc_matrix *out, oc_error *err);
/* Returns the number of elements. */
OC_API int64_t oc_matrix_count(const oc_matrix *m);
/* Frees the elements and empties *m. An empty matrix or NULL is fine. */
OC_API void oc_matrix_release(oc_matrix *m);

/* Reads bytes: .npy if they begin as such a file does (little-endian float32, float64, bool and integers
 * of 8 to 64 bits, 1 to 4 axes, C or Fortran order), otherwise text as in a file. `where` is what messages
 * call them. One row or one column of text has rank 1. The caller frees *out with oc_matrix_release.
 * OC_E_DATA: not such a text or file, with line and column; an integer that a double cannot hold; too many
 * numbers. OC_E_MEMORY. */
OC_API oc_status oc_matrix_parse(const char *where, const void *bytes, size_t size, oc_matrix *out,
                                 oc_error *err);
/* Reads a text as it is typed; `where` is what messages call it. The caller frees *out with
 * oc_matrix_release. Errors as of oc_matrix_parse. */
OC_API oc_status oc_matrix_parse_argument(const char *where, const char *text, oc_matrix *out, oc_error *err);
/* Reads a file or a pipe, as oc_matrix_parse reads bytes. The caller frees *out with oc_matrix_release.
 * OC_E_NO_INPUT: it cannot be opened. OC_E_IO: it cannot be read. Others as of oc_matrix_parse. */
OC_API oc_status oc_matrix_load(const char *path, oc_matrix *out, oc_error *err);
/* Writes .npy (float64) if `path` ends so, otherwise CSV with as many digits as identify each double. The old
 * file is replaced whole or not at all. OC_E_ARGUMENT: 3 or 4 axes as CSV. OC_E_CANT_CREATE, OC_E_IO: as of
 * oc_file_save. */
OC_API oc_status oc_matrix_save(const oc_matrix *m, const char *path, oc_error *err);

/* Returns how many of the values are NaN. */
OC_API int64_t oc_count_nan(const double *values, int64_t count);

#ifdef __cplusplus
}
#endif
#endif
