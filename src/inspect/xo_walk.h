/* xo_walk.h (internal): what both ways of reading a picture share. xo.c: features made by hand; xo_learned.c: a network's. */
#ifndef OC_INSPECT_XO_H
#define OC_INSPECT_XO_H
#include "ocellus/xo.h"

/* Fills picture. */
void oc_xo_picture(const uint8_t *pixels, oc_xo_reading *r);

#endif
