/* perspective.c: shows an image as if it was looked at from the side. Its corners move inward, as in
 * torchvision's RandomPerspective. The homography of a square to four points is that of Heckbert,
 * "Fundamentals of Texture Mapping and Image Warping" (1989). */
#include "data/augment/transform.h"

static bool perspective_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  const double w = (double)shape.width, h = (double)shape.height, dx = values[0] * w / 2,
               dy = values[0] * h / 2;
  if (oc_random_unit(r) >= values[1]) return false;
  for (int i = 0; i < 4; i++) {
    const double x = dx * oc_random_unit(r), y = dy * oc_random_unit(r);
    drawn[2 * i] = i == 0 || i == 3 ? x : w - x;
    drawn[2 * i + 1] = i < 2 ? y : h - y;
  }
  return true;
}

/* From the unit square to the points p: (0,0), (1,0), (1,1), (0,1). */
static oc_map square_to(const double *p) {
  const double dx1 = p[2] - p[4], dx2 = p[6] - p[4], sx = p[0] - p[2] + p[4] - p[6];
  const double dy1 = p[3] - p[5], dy2 = p[7] - p[5], sy = p[1] - p[3] + p[5] - p[7];
  const double all = dx1 * dy2 - dx2 * dy1, g = (sx * dy2 - dx2 * sy) / all, h = (dx1 * sy - sx * dy1) / all;
  return (oc_map){{p[2] - p[0] + g * p[2], p[6] - p[0] + h * p[6], p[0], p[3] - p[1] + g * p[3],
                   p[7] - p[1] + h * p[7], p[1], g, h, 1}};
}

/* The inverse, times a number that homographies do not depend on. */
static oc_map inverse_of(const oc_map *map) {
  const double *m = map->m;
  return (oc_map){{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
                   m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
                   m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]}};
}

/* drawn: x and y of where the corners of the image go: upper left, upper right, lower right, lower left. */
static oc_map perspective_map(oc_image_shape shape, const double *drawn) {
  const oc_map there = square_to(drawn), back = inverse_of(&there),
               size = oc_map_axes((double)shape.width, 0, (double)shape.height, 0);
  return oc_map_join(&size, &back);
}

const oc_transform oc_transform_perspective = {
    .name = "perspective",
    .summary = "move each corner inward, as in torchvision's RandomPerspective",
    .hyperparameters = {{.name = "distortion",
                         .above = true,
                         .high = 1,
                         .fallback = 0.5,
                         .help = "largest way of a corner, as a fraction of half the image"},
                        OC_PROBABILITY},
    .draw = perspective_draw,
    .map = perspective_map};
