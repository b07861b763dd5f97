/* map.c: see map.h. Bilinear interpolation as Pillow's Image.transform: between the four nearest centers,
 * clamped at the edges of the image; a point outside of the image has the background. */
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

/* True if along one axis position p comes from position p + *offset, or with *mirrored from *offset - p. */
static bool is_whole(double scale, double offset, int64_t size, int64_t *out, bool *mirrored) {
  *mirrored = scale == -1;
  if (fabs(scale) != 1 || offset != floor(offset) || !(fabs(offset) <= 2 * (double)size)) return false;
  *out = (int64_t)offset - *mirrored;
  return true;
}

static void fill(const oc_canvas *c, uint8_t *out, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    for (int64_t k = 0; k < c->shape.channels; k++) *out++ = c->background[k];
}

/* A row of the result from a row of the image. */
static void copy_row(const oc_canvas *c, const uint8_t *in, int64_t offset, bool mirrored, uint8_t *out) {
  const int64_t width = c->shape.width, channels = c->shape.channels;
  const int64_t low = mirrored ? offset - width + 1 : -offset, high = mirrored ? offset + 1 : width - offset;
  const int64_t begin = oc_min_i64(width, oc_max_i64(0, low)),
                end = oc_max_i64(begin, oc_min_i64(width, high));
  fill(c, out, begin);
  fill(c, out + end * channels, width - end);
  if (!mirrored && end > begin)
    memcpy(out + begin * channels, in + (begin + offset) * channels, (size_t)((end - begin) * channels));
  for (int64_t x = begin; mirrored && x < end; x++)
    for (int64_t k = 0; k < channels; k++) out[x * channels + k] = in[(offset - x) * channels + k];
}

/* True if each pixel comes from one pixel: then they are copied. */
static bool copy_pixels(const oc_map *map, oc_canvas *c) {
  const double *m = map->m;
  const int64_t height = c->shape.height, row = c->shape.width * c->shape.channels;
  int64_t dx, dy;
  bool mirror_x, mirror_y;
  if (m[1] != 0 || m[3] != 0 || m[6] != 0 || m[7] != 0 || m[8] != 1) return false;
  if (!is_whole(m[0], m[2], c->shape.width, &dx, &mirror_x)) return false;
  if (!is_whole(m[4], m[5], height, &dy, &mirror_y)) return false;
  for (int64_t y = 0; y < height; y++) {
    const int64_t from = mirror_y ? dy - y : y + dy;
    if (from < 0 || from >= height)
      fill(c, c->spare + y * row, c->shape.width);
    else
      copy_row(c, c->pixels + from * row, dx, mirror_x, c->spare + y * row);
  }
  return true;
}

/* ---- between pixels ------------------------------------------------------------------------------------ */

void oc_canvas_sample(const oc_canvas *c, double x, double y, uint8_t *out) {
  const int64_t width = c->shape.width, height = c->shape.height, channels = c->shape.channels;
  if (!(x >= 0 && x < (double)width && y >= 0 && y < (double)height)) { /* NaN is outside too */
    fill(c, out, 1);
    return;
  }
  const int64_t right = (int64_t)(x + 0.5), below = (int64_t)(y + 0.5);
  const float fx = (float)(x + 0.5 - (double)right), fy = (float)(y + 0.5 - (double)below);
  const int64_t left = right > 0 ? right - 1 : 0, above = below > 0 ? below - 1 : 0;
  const uint8_t *upper = c->pixels + above * width * channels,
                *lower = c->pixels + (below < height ? below : above) * width * channels;
  const int64_t a = left * channels, b = (right < width ? right : left) * channels;
  for (int64_t k = 0; k < channels; k++) {
    const float top = (float)upper[a + k] + fx * (float)(upper[b + k] - upper[a + k]);
    const float bottom = (float)lower[a + k] + fx * (float)(lower[b + k] - lower[a + k]);
    out[k] = (uint8_t)(top + fy * (bottom - top) + 0.5f);
  }
}

void oc_map_apply(const oc_map *map, oc_canvas *c) {
  const double *m = map->m;
  uint8_t *out = c->spare;
  const bool copied = copy_pixels(map, c);
  for (int64_t row = 0; row < c->shape.height && !copied; row++)
    for (int64_t column = 0; column < c->shape.width; column++, out += c->shape.channels) {
      const double u = (double)column + 0.5, v = (double)row + 0.5;
      const double w = m[6] * u + m[7] * v + m[8];
      oc_canvas_sample(c, (m[0] * u + m[1] * v + m[2]) / w, (m[3] * u + m[4] * v + m[5]) / w, out);
    }
  oc_canvas_swap(c);
}
