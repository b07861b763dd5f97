/* resample.c: bilinear interpolation as Pillow's Image.transform: between the four nearest centers, clamped
 * at the edges of the image. Points outside of it are those of its border.
 *
 * A map along the axes (shift, scale, resizedcrop, each flipped or not) has one place per column and per row:
 * rows of the image are interpolated along x once, and then between two of them along y. Sums are those of a
 * point on its own, so the bits are the same. */
#include "base/checked.h"
#include "data/augment/map.h"
#include <string.h>

/* ---- points -------------------------------------------------------------------------------------------- */

void oc_canvas_clear(const oc_canvas *c, uint8_t *out, int64_t count) {
  const uint8_t *b = c->background;
  const int64_t channels = c->shape.channels;
  if (channels == 1 || (b[0] == b[1] && b[0] == b[2]))
    memset(out, b[0], (size_t)(count * channels));
  else
    for (int64_t i = 0; i < count; i++, out += 3) out[0] = b[0], out[1] = b[1], out[2] = b[2];
}

/* A point along an axis: between the centers of two pixels. */
typedef struct place {
  bool inside;
  int64_t before, after;
  float part; /* of `after` */
} place;

static inline place place_of(oc_border border, double position, int64_t size) {
  if (border != OC_BORDER_BACKGROUND) position = oc_border_place(border, position, size);
  if (!(position >= 0 && position < (double)size)) return (place){false, 0, 0, 0}; /* NaN is outside too */
  const int64_t after = (int64_t)(position + 0.5);
  return (place){true, after > 0 ? after - 1 : 0, after < size ? after : size - 1,
                 (float)(position + 0.5 - (double)after)};
}

/* A value between four. */
static inline uint8_t value_at(const uint8_t *upper, const uint8_t *lower, int64_t way, const place *x,
                               float part) {
  const float top = (float)upper[0] + x->part * (float)(upper[way] - upper[0]);
  const float bottom = (float)lower[0] + x->part * (float)(lower[way] - lower[0]);
  return (uint8_t)(top + part * (bottom - top) + 0.5f);
}

static inline void sample(const oc_canvas *c, int64_t channels, double u, double v, uint8_t *out) {
  const place x = place_of(c->border, u, c->shape.width), y = place_of(c->border, v, c->shape.height);
  if (!x.inside || !y.inside) {
    for (int64_t k = 0; k < channels; k++) out[k] = c->background[k];
    return;
  }
  const int64_t row = c->shape.width * channels, way = (x.after - x.before) * channels;
  const uint8_t *upper = c->pixels + y.before * row + x.before * channels,
                *lower = upper + (y.after - y.before) * row;
  for (int64_t k = 0; k < channels; k++) out[k] = value_at(upper + k, lower + k, way, &x, y.part);
}

void oc_canvas_sample(const oc_canvas *c, double x, double y, uint8_t *out) {
  sample(c, c->shape.channels, x, y, out);
}

/* ---- any map ------------------------------------------------------------------------------------------- */

static inline void resample_points(const oc_map *map, const oc_canvas *c, int64_t channels) {
  const double *m = map->m;
  const bool affine = m[6] == 0 && m[7] == 0 && m[8] == 1;
  uint8_t *out = c->spare;
  for (int64_t row = 0; row < c->shape.height; row++)
    for (int64_t column = 0; column < c->shape.width; column++, out += channels) {
      const double u = (double)column + 0.5, v = (double)row + 0.5;
      const double x = m[0] * u + m[1] * v + m[2], y = m[3] * u + m[4] * v + m[5];
      const double w = affine ? 1 : m[6] * u + m[7] * v + m[8];
      sample(c, channels, affine ? x : x / w, affine ? y : y / w, out);
    }
}

/* ---- a map along the axes ------------------------------------------------------------------------------ */

/* Memory of the canvas: two rows along x, and the places of the columns. */
typedef struct columns {
  int64_t begin, end; /* columns that come from inside of the image */
  float *lines[2];    /* rows of the image at these columns */
  int64_t held[2];    /* which rows; -1: none */
  place *places;
} columns;

/* False if the canvas has too little room: images of a few pixels. */
static bool find_columns(const oc_map *map, const oc_canvas *c, columns *out) {
  const int64_t width = c->shape.width, line = width * c->shape.channels;
  const size_t room = 3 * (size_t)(c->shape.height * width) * sizeof(float),
               need = (size_t)width * sizeof(place) + 2 * (size_t)line * sizeof(float);
  if (need > room) return false;
  *out = (columns){.held = {-1, -1}, .places = (place *)c->planes};
  out->lines[0] = (float *)(out->places + width);
  out->lines[1] = out->lines[0] + line;
  for (int64_t i = 0; i < width; i++) {
    out->places[i] = place_of(c->border, map->m[0] * ((double)i + 0.5) + map->m[2], width);
    if (!out->places[i].inside) continue;
    if (out->end == 0) out->begin = i;
    out->end = i + 1;
  }
  return true;
}

static inline void interpolate_line(const columns *s, const uint8_t *in, int64_t channels, float *line) {
  line += s->begin * channels;
  for (const place *x = s->places + s->begin; x < s->places + s->end; x++, line += channels) {
    const uint8_t *from = in + x->before * channels;
    const int64_t way = (x->after - x->before) * channels;
    for (int64_t k = 0; k < channels; k++)
      line[k] = (float)from[k] + x->part * (float)(from[k + way] - from[k]);
  }
}

/* Row `row` of the image at the columns; the line of row `kept` stays. */
static const float *line_of(const oc_canvas *c, columns *s, int64_t row, int64_t kept) {
  for (int i = 0; i < 2; i++)
    if (s->held[i] == row) return s->lines[i];
  const int i = s->held[0] == kept;
  const uint8_t *in = c->pixels + row * c->shape.width * c->shape.channels;
  if (c->shape.channels == 1)
    interpolate_line(s, in, 1, s->lines[i]);
  else
    interpolate_line(s, in, 3, s->lines[i]);
  s->held[i] = row;
  return s->lines[i];
}

static void resample_row(const oc_canvas *c, columns *s, const place *y, uint8_t *restrict out) {
  const int64_t channels = c->shape.channels;
  const float *top = line_of(c, s, y->before, y->after), *bottom = line_of(c, s, y->after, y->before);
  oc_canvas_clear(c, out, s->begin);
  oc_canvas_clear(c, out + s->end * channels, c->shape.width - s->end);
  for (int64_t i = s->begin * channels; i < s->end * channels; i++)
    out[i] = (uint8_t)(int32_t)(top[i] + y->part * (bottom[i] - top[i]) + 0.5f);
}

static bool resample_axes(const oc_map *map, const oc_canvas *c) {
  const double *m = map->m;
  columns s;
  if (m[1] != 0 || m[3] != 0 || m[6] != 0 || m[7] != 0 || m[8] != 1 || !find_columns(map, c, &s))
    return false;
  for (int64_t i = 0; i < c->shape.height; i++) {
    const place y = place_of(c->border, m[4] * ((double)i + 0.5) + m[5], c->shape.height);
    uint8_t *out = c->spare + i * c->shape.width * c->shape.channels;
    if (y.inside)
      resample_row(c, &s, &y, out);
    else
      oc_canvas_clear(c, out, c->shape.width);
  }
  return true;
}

void oc_map_resample(const oc_map *map, const oc_canvas *c) {
  if (resample_axes(map, c)) return;
  if (c->shape.channels == 1)
    resample_points(map, c, 1);
  else
    resample_points(map, c, 3);
}
