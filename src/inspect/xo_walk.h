/* xo_walk.h (internal): shares code of both ways of reading an image. xo.c: features made by hand;
 * xo_learned.c: a network's. */
#ifndef OC_INSPECT_XO_WALK_H
#define OC_INSPECT_XO_WALK_H
#include "ocellus/xo.h"

/* Fills image. */
void oc_xo_image(const uint8_t *pixels, oc_xo_reading *r);

#endif
