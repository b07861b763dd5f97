/* map.h: moves the pixels of an image.
 *
 * A map is a homography: it says for each point of the result from which point of the image it comes. Points
 * are in pixels; the center of the first pixel is (0.5, 0.5), as in Pillow. */
#ifndef OC_DATA_AUGMENT_MAP_H
#define OC_DATA_AUGMENT_MAP_H
#include "ocellus/data.h"

/* Row-major: x = (m0 u + m1 v + m2) / w, y = (m3 u + m4 v + m5) / w, w = m6 u + m7 v + m8. */
typedef struct oc_map {
  double m[9];
} oc_map;

/* What a point outside of an image gets. */
typedef enum oc_border {
  OC_BORDER_BACKGROUND = 0,
  OC_BORDER_EDGE,   /* the nearest point inside */
  OC_BORDER_REFLECT /* its mirror image, at the center of the outermost pixels: NumPy's pad "reflect" */
} oc_border;

/* An image while it is transformed. */
typedef struct oc_canvas {
  oc_image_shape shape;
  uint8_t *pixels; /* the image */
  uint8_t *spare;  /* as many bytes for a result; oc_canvas_swap makes it the image */
  float *planes;   /* three of height*width numbers for any use */
  const uint8_t *background;
  oc_border border;
  struct oc_random *random; /* those of the transform, after the ones that it drew */
} oc_canvas;

static inline void oc_canvas_swap(oc_canvas *c) {
  uint8_t *const result = c->spare;
  c->spare = c->pixels;
  c->pixels = result;
}

/* The linear map (a b; c d) around the center of an image, from the result to the image. */
oc_map oc_map_around_center(oc_image_shape shape, double a, double b, double c, double d);
/* x = sx u + tx, y = sy v + ty. */
oc_map oc_map_axes(double sx, double tx, double sy, double ty);
/* The map of `first`, then `then`. */
oc_map oc_map_join(const oc_map *first, const oc_map *then);
/* Resamples the image, bilinearly between the centers of pixels; the canvas's border where a point comes from
 * outside of it. A map that takes each pixel from one pixel copies them. */
void oc_map_apply(const oc_map *map, oc_canvas *c);
/* resample.c: the same without the copying. */
void oc_map_resample(const oc_map *map, const oc_canvas *c);
/* Writes `count` pixels of the background. */
void oc_canvas_clear(const oc_canvas *c, uint8_t *out, int64_t count);
/* Writes the value at (x, y) to out[0..channels-1]. */
void oc_canvas_sample(const oc_canvas *c, double x, double y, uint8_t *out);
/* border.c: where a position along an axis comes from, for an edge or a reflection; NaN if it is not
 * finite. */
double oc_border_place(oc_border border, double position, int64_t size);
/* The same of pixel number p; -1: the background. */
int64_t oc_border_pixel(oc_border border, int64_t p, int64_t size);

#endif
