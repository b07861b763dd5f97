/* matrix.h: the two readers behind oc_matrix_parse, and the two writers behind oc_matrix_save. */
#ifndef OC_NUMERIC_MATRIX_H
#define OC_NUMERIC_MATRIX_H
#include "base/text.h"
#include "ocellus/matrix.h"
#include <locale.h>

/* Is it what a .npy file begins with? */
bool oc_npy_known(const unsigned char *bytes, size_t size);
oc_status oc_npy_parse(const char *where, const unsigned char *bytes, size_t size, oc_matrix *out,
                       oc_error *err);
oc_status oc_matrix_text_parse(const char *where, const char *text, size_t size, oc_matrix *out,
                               oc_error *err);
void oc_npy_write(const oc_matrix *m, oc_text *out);
void oc_matrix_text_write(const oc_matrix *m, oc_text *out);

/* The C locale for this thread, so that a number is written with a point; NULL if there is no memory. To be given back
 * to oc_plain_locale_end with what it was before. */
locale_t oc_plain_locale_begin(locale_t *before);
void oc_plain_locale_end(locale_t plain, locale_t before);

#endif
