/* number.h: writes real numbers as text that reads back to the same bits.
 *
 * Threads: all functions may be called from any thread. */
#ifndef OCELLUS_NUMBER_H
#define OCELLUS_NUMBER_H
#include "status.h"
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Room for the longest number and its end: "-2.2250738585072014e-308". */
#define OC_NUMBER_TEXT 32
/* Writes `value` in the fewest digits that read back to the same bits (15 to 17), with a point in any
 * locale; "nan", "inf", "-inf" for NaN and infinity. `size` must be at least OC_NUMBER_TEXT bytes. A
 * float32 given as a double keeps its bits too. Returns `text`, the caller's. */
OC_API const char *oc_number_text(double value, char *text, size_t size);
/* Rewrites each real number of 17 digits in a JSON text in the same way, in place. Numbers without point
 * and exponent, and strings, stay. NULL is fine. Returns `json`, which the caller still owns. */
OC_API char *oc_json_shorten(char *json);

#ifdef __cplusplus
}
#endif
#endif
