/* stored.h: converts the numbers of a file, of any type, to pixels and labels.
 *
 * Pixels: an integer from 0 to 255 is itself. Real numbers of which none exceeds 1 become round(255 v), real
 * numbers of 0 to 255 become round(v). True becomes 255. All else is refused, NaN and negative numbers too.
 * Labels: whole numbers from 0 to 65,535. */
#ifndef OC_DATA_STORED_H
#define OC_DATA_STORED_H
#include "base/element.h"
#include "base/error.h"
#include "ocellus/data.h"
#include <stdint.h>

/* The numbers of one file on their way into memory, in pieces of any length. Zero-initialize. */
typedef struct oc_stored {
  const char *where; /* for messages */
  const oc_element *type;
  bool boolean;    /* 1 becomes 255 */
  uint8_t *pixels; /* where pixels go, or NULL */
  int32_t *labels; /* where labels go, or NULL */
  int64_t done;    /* as many are there */
  bool beyond_one; /* a real number exceeds 1: 255 is the largest */
  int32_t largest; /* of the labels */
} oc_stored;

/* Converts the next `count` numbers. */
oc_status oc_stored_add(oc_stored *e, const unsigned char *raw, int64_t count, oc_error *err);
/* Returns the largest value of real numbers as pixels, 1 or 255; 0 for integers. */
int oc_stored_real_max(const oc_stored *e);

/* Where the bytes of an array come from. `read` gives `size` of them, or fewer at the end. */
typedef struct oc_stream {
  oc_status (*read)(void *context, void *to, size_t size, size_t *got, oc_error *err);
  void *context;
} oc_stream;
/* Reads and converts `count` numbers; *got is their number. how->go_on (may be NULL) is called
 * before every 4 MB: false ends it with OC_E_INTERRUPTED. */
oc_status oc_stored_read(oc_stored *e, const oc_stream *from, int64_t count, const oc_data_options *how,
                         int64_t *got, oc_error *err);

#endif
