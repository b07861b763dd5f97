/* border.c: says what the transforms after it take for points outside of an image. Names as in NumPy's pad:
 * edge is SciPy's "nearest", and reflect its "mirror", without the outermost pixels twice. */
#include "base/checked.h"
#include "data/augment/transform.h"
#include <math.h>

static double reflect(double from_first, double last) {
  const double turned = last > 0 ? fabs(fmod(from_first, 2 * last)) : 0 * from_first;
  return turned > last ? 2 * last - turned : turned;
}

double oc_border_place(oc_border border, double position, int64_t size) {
  const double last = (double)(size - 1), from_first = position - 0.5;
  if (border == OC_BORDER_REFLECT) return 0.5 + reflect(from_first, last);
  return 0.5 + fmin(fmax(from_first, 0), last);
}

int64_t oc_border_pixel(oc_border border, int64_t p, int64_t size) {
  if (p >= 0 && p < size) return p;
  if (border == OC_BORDER_BACKGROUND) return -1;
  return (int64_t)(oc_border_place(border, (double)p + 0.5, size));
}

static bool border_draw(oc_random *r, const double *values, oc_image_shape shape, double *drawn) {
  (void)r, (void)shape;
  drawn[0] = -1 - values[0]; /* the number of the word */
  return true;
}

/* drawn: an oc_border. */
static void border_change(oc_canvas *c, const double *drawn) {
  c->border = (oc_border)drawn[0];
}

const oc_transform oc_transform_border = {
    .name = "border",
    .summary =
        "what later transforms take for points outside of the image: the background, the nearest pixel "
        "(edge), or the mirror image (reflect, as in NumPy's pad)",
    .words = {"background", "edge", "reflect"},
    .draw = border_draw,
    .change = border_change};
