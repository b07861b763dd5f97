/* number.h: real numbers as text that reads back to the same bits. */
#ifndef OCELLUS_NUMBER_H
#define OCELLUS_NUMBER_H
#include "status.h"
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Room for the longest number and its end: "-2.2250738585072014e-308". */
#define OC_NUMBER_TEXT 32
/* `value` in as few digits as read back to the same bits (15 to 17), with a point in any locale; "nan", "inf", "-inf" for what is no
 * number. Into `text` of `size` >= OC_NUMBER_TEXT bytes, which is returned. A float32 given as a double keeps its bits too. From any
 * thread. */
OC_API const char *oc_number_text(double value, char *text, size_t size);
/* Rewrites each real number of a JSON text of 17 digits so, in place; numbers with neither point nor exponent, and strings, stay. NULL is
 * fine. Returns `json`. */
OC_API char *oc_json_shorten(char *json);

#ifdef __cplusplus
}
#endif
#endif
