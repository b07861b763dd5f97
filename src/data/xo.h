/* xo.h: the X and O of the lecture's walk-through, also as single pictures of a given kind. */
#ifndef OC_DATA_XO_H
#define OC_DATA_XO_H
#include "ocellus/data.h"

enum { OC_XO_SIDE = 9 };
typedef enum oc_xo_kind {
  OC_XO_CLEAN, /* the picture of the walk-through, pixel for pixel */
  OC_XO_SHIFTED,
  OC_XO_ROTATED,
  OC_XO_SCALED,
  OC_XO_THICK,
  OC_XO_NOISY,
  OC_XO_KINDS
} oc_xo_kind;

/* "clean", "shifted", ..; static storage. */
const char *oc_xo_kind_name(oc_xo_kind kind);
/* Draws an X (label 0) or an O (label 1): white 255, black 0, standing for 1 and -1 by v / 127.5 - 1. `seed`
 * and `index` say which one of its kind. */
void oc_xo_draw(uint64_t seed, uint64_t part, uint64_t index, int label, oc_xo_kind kind, uint8_t *pixels);

#endif
