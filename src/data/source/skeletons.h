/* skeletons.h: lists the shapes of each digit, as the knots of the pen's path. */
#ifndef OC_DATA_SKELETONS_H
#define OC_DATA_SKELETONS_H
#include "data/source/pen.h"

typedef struct oc_skeleton {
  int digit;
  int weight; /* its frequency, relative to the others of its digit */
  int count;
  const oc_knot *knots; /* x to the right, y down; the digit fills about 60 x 100 */
} oc_skeleton;

enum { OC_SKELETON_KNOTS = 32 }; /* the most knots of one */
extern const oc_skeleton oc_skeletons[];
extern const int oc_skeleton_count;

#endif
