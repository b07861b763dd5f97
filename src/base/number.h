/* number.h (internal): text to numbers in any locale. */
#ifndef OC_BASE_NUMBER_H
#define OC_BASE_NUMBER_H
#include "ocellus/number.h"
#include <stddef.h>

/* The number that text[0..size-1] is, written with a point; correctly rounded. At most 63 characters, of
 * which the caller has checked the form. */
double oc_number_read(const char *text, size_t size);
/* The shortest decimal text, with a point, that is read back as this float32, which is finite: in at most
 * OC_NUMBER_TEXT bytes. Returns `text`. */
const char *oc_number_text_f32(float value, char *text, size_t size);

#endif
