/* matrix.h: declares the readers of oc_matrix_parse, and the two writers of oc_matrix_save. */
#ifndef OC_NUMERIC_MATRIX_H
#define OC_NUMERIC_MATRIX_H
#include "base/text.h"
#include "ocellus/matrix.h"
#include "ocellus/tensor.h"
#include <locale.h>

oc_status oc_npy_parse(const char *where, const unsigned char *bytes, size_t size, oc_matrix *out,
                       oc_error *err);
/* npy_tensor.c: any array as a tensor: reals become float32, integers and bool int64. */
oc_status oc_npy_tensor(const char *where, const unsigned char *bytes, size_t size, oc_tensor *out,
                        oc_error *err);
/* The file of a tensor; a failed text if there is no memory. */
void oc_npy_write_tensor(const oc_tensor_view *t, oc_text *out);
/* `argument`: ';' ends a row; otherwise it separates numbers, as in a file. */
oc_status oc_matrix_text_parse(const char *where, const char *text, size_t size, bool argument,
                               oc_matrix *out, oc_error *err);
/* Converts UTF-16, which begins with its byte-order mark, to UTF-8; an invalid character becomes U+FFFD. NULL
 * if there is no memory. The caller frees it with oc_memory_free. */
char *oc_utf8_of_utf16(const unsigned char *bytes, size_t size, size_t *length);
/* The beginning of a .npy file, up to its elements, which are of the type `descr`, little-endian. */
void oc_npy_begin(oc_text *out, const char *descr, int rank, const int64_t *sizes);
void oc_npy_write(const oc_matrix *m, oc_text *out);
void oc_matrix_text_write(const oc_matrix *m, oc_text *out);

/* The C locale for this thread, so that a number is written with a point; NULL if there is no memory. To be
 * given back to oc_plain_locale_end with what it was before. */
locale_t oc_plain_locale_begin(locale_t *before);
void oc_plain_locale_end(locale_t plain, locale_t before);

#endif
