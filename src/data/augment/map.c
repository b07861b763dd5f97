/* map.c: see map.h. Joins maps, and copies pixels where each comes from one. */
#include "data/augment/map.h"
#include "base/checked.h"
#include <math.h>
#include <string.h>

oc_map oc_map_axes(double sx, double tx, double sy, double ty) {
  return (oc_map){{sx, 0, tx, 0, sy, ty, 0, 0, 1}};
}

oc_map oc_map_around_center(oc_image_shape shape, double a, double b, double c, double d) {
  const double x = (double)shape.width / 2, y = (double)shape.height / 2;
  return (oc_map){{a, b, x - a * x - b * y, c, d, y - c * x - d * y, 0, 0, 1}};
}

oc_map oc_map_join(const oc_map *first, const oc_map *then) {
  oc_map joined;
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      joined.m[3 * r + c] = first->m[3 * r] * then->m[c] + first->m[3 * r + 1] * then->m[3 + c] +
                            first->m[3 * r + 2] * then->m[6 + c];
  return joined;
}

/* ---- whole pixels -------------------------------------------------------------------------------------- */

/* Position p along an axis comes from pixel first + step * p. */
typedef struct whole {
  int64_t first, step; /* 1 or -1 */
} whole;

static bool is_whole(double scale, double offset, int64_t size, whole *out) {
  if (fabs(scale) != 1 || offset != floor(offset) || !(fabs(offset) <= 2 * (double)size)) return false;
  *out = (whole){(int64_t)offset - (scale < 0), scale < 0 ? -1 : 1};
  return true;
}

/* Pixels range[0] .. range[1]-1 of a row, which come from outside of it. */
static void copy_outside(const oc_canvas *c, const uint8_t *in, const whole *x, const int64_t range[2],
                         uint8_t *out) {
  const int64_t channels = c->shape.channels;
  if (c->border == OC_BORDER_BACKGROUND) {
    oc_canvas_clear(c, out + range[0] * channels, range[1] - range[0]);
    return;
  }
  for (int64_t i = range[0]; i < range[1]; i++) {
    const int64_t from = oc_border_pixel(c->border, x->first + x->step * i, c->shape.width);
    memcpy(out + i * channels, in + from * channels, (size_t)channels);
  }
}

/* Of 1 or 3 channels, from `in` to the left. */
static void copy_mirrored(const uint8_t *in, int64_t count, int64_t channels, uint8_t *out) {
  if (channels == 1)
    for (int64_t i = 0; i < count; i++) out[i] = in[-i];
  else
    for (int64_t i = 0; i < count; i++, in -= 3, out += 3) out[0] = in[0], out[1] = in[1], out[2] = in[2];
}

/* A row of the result from a row of the image. */
static void copy_row(const oc_canvas *c, const uint8_t *in, const whole *x, uint8_t *out) {
  const int64_t width = c->shape.width, channels = c->shape.channels;
  const int64_t low = x->step > 0 ? -x->first : x->first - width + 1;
  const int64_t begin = oc_min_i64(width, oc_max_i64(0, low)),
                end = oc_max_i64(begin, oc_min_i64(width, low + width));
  copy_outside(c, in, x, (const int64_t[]){0, begin}, out);
  copy_outside(c, in, x, (const int64_t[]){end, width}, out);
  if (begin == end) return;
  in += (x->first + x->step * begin) * channels;
  if (x->step > 0)
    memcpy(out + begin * channels, in, (size_t)((end - begin) * channels));
  else
    copy_mirrored(in, end - begin, channels, out + begin * channels);
}

/* True if each pixel comes from one pixel: then they are copied. */
static bool copy_pixels(const oc_map *map, const oc_canvas *c) {
  const double *m = map->m;
  const int64_t height = c->shape.height, row = c->shape.width * c->shape.channels;
  whole x, y;
  if (m[1] != 0 || m[3] != 0 || m[6] != 0 || m[7] != 0 || m[8] != 1) return false;
  if (!is_whole(m[0], m[2], c->shape.width, &x) || !is_whole(m[4], m[5], height, &y)) return false;
  for (int64_t i = 0; i < height; i++) {
    const int64_t from = oc_border_pixel(c->border, y.first + y.step * i, height);
    if (from < 0)
      oc_canvas_clear(c, c->spare + i * row, c->shape.width);
    else
      copy_row(c, c->pixels + from * row, &x, c->spare + i * row);
  }
  return true;
}

void oc_map_apply(const oc_map *map, oc_canvas *c) {
  if (!copy_pixels(map, c)) oc_map_resample(map, c);
  oc_canvas_swap(c);
}
