/* pen.h: draws with a pen: from the knots of a stroke to a smooth path, and from a path to gray pixels. */
#ifndef OC_DATA_PEN_H
#define OC_DATA_PEN_H
#include <stdbool.h>
#include <stdint.h>

/* A point that a stroke goes through. */
typedef enum oc_knot_kind {
  OC_KNOT_START, /* the pen comes down here */
  OC_KNOT_SMOOTH,
  OC_KNOT_CORNER /* the direction may change abruptly */
} oc_knot_kind;
typedef struct oc_knot {
  float x, y;
  oc_knot_kind kind;
} oc_knot;

/* The path of the pen: round dots, joined to the one before unless `start`. */
typedef struct oc_dot {
  float x, y, radius;
  bool start;
} oc_dot;
enum { OC_PATH_MAX = 256 };
typedef struct oc_path {
  int count;
  oc_dot dot[OC_PATH_MAX];
} oc_path;

/* Joins the knots by Hermite curves and appends them as dots of radius 1, `steps` to a piece. Dots beyond
 * OC_PATH_MAX are left out. */
void oc_path_through(oc_path *path, const oc_knot *knots, int count, int steps);
/* Paints the path into `ink` (side*side, row by row): 0 outside to 1 inside, changing over `soft` pixels at
 * the edge. Pixel (row, column) has its center at y = row, x = column. side <= OC_INK_SIDE. */
enum { OC_INK_SIDE = 32 };
void oc_path_paint(const oc_path *path, int side, float soft, float *ink);

#endif
