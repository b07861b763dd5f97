/* c_text.h: builds the text of a C file. In what oc_c_put adds, @ becomes the prefix of functions and $ that
 * of macros; texts of a model go through oc_c_put_string and oc_c_put_words, which let nothing out of a
 * string or a comment. */
#ifndef OC_EXPORT_C_TEXT_H
#define OC_EXPORT_C_TEXT_H
#include "base/text.h"
#include <stdint.h>

enum { OC_C_PREFIX_MAX = 63 };

/* Zero-initialize `text`. */
typedef struct oc_c_text {
  oc_text text;
  const char *prefix;                 /* "digits" */
  char capitals[OC_C_PREFIX_MAX + 1]; /* "DIGITS" */
} oc_c_text;

/* `prefix` must stay as long as the text; at most OC_C_PREFIX_MAX letters, digits and _. */
oc_c_text oc_c_text_begin(const char *prefix);
void oc_c_put(oc_c_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A text of any length, in which % stands for itself. */
void oc_c_put_template(oc_c_text *t, const char *text);
/* A string literal of these bytes: letters, digits and plain punctuation stay, all else becomes octal. */
void oc_c_put_string(oc_c_text *t, const char *text);
/* The text for a comment: what could end it or the line, and what is not ASCII, becomes _. */
void oc_c_put_words(oc_c_text *t, const char *text);
/* A constant of type float that is exactly this number; the largest float for an infinity. */
void oc_c_put_float(oc_c_text *t, float value);
/* static const float NAME[count] = {..}; */
void oc_c_put_floats(oc_c_text *t, const char *name, const float *values, int64_t count);

#endif
