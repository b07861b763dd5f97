/* pen.c: strokes as curves, and their ink by distance: a pixel is as dark as it lies inside the pen's trace.
 */
#include "data/source/pen.h"
#include <math.h>

typedef struct vec {
  float x, y;
} vec;

static vec minus(oc_knot a, oc_knot b) {
  return (vec){a.x - b.x, a.y - b.y};
}
static float length(vec v) {
  return sqrtf(v.x * v.x + v.y * v.y);
}
static vec unit(vec v) {
  float n = length(v);
  return n > 1e-6f ? (vec){v.x / n, v.y / n} : (vec){0, 0};
}
/* v as seen in a mirror whose axis is the unit vector `axis`: turns the far end's direction into that of a
 * round arc. */
static vec mirrored(vec v, vec axis) {
  float along = 2 * (v.x * axis.x + v.y * axis.y);
  return (vec){along * axis.x - v.x, along * axis.y - v.y};
}

/* ---- curves ---- */

/* True if the curve is smooth at knot i. */
static bool is_smooth(const oc_knot *k, int count, int i) {
  return k[i].kind == OC_KNOT_SMOOTH && i + 1 < count && k[i + 1].kind != OC_KNOT_START;
}

/* Unit directions at both ends of the piece from knot i to i+1: along the neighbors where smooth, an arc
 * where not. */
static void directions(const oc_knot *k, int count, int i, vec *from, vec *to) {
  vec chord = unit(minus(k[i + 1], k[i]));
  bool smooth_from = is_smooth(k, count, i), smooth_to = is_smooth(k, count, i + 1);
  *from = *to = chord;
  if (smooth_from) *from = unit(minus(k[i + 1], k[i - 1]));
  if (smooth_to) *to = unit(minus(k[i + 2], k[i]));
  if (!smooth_from && smooth_to) *from = mirrored(*to, chord);
  if (smooth_from && !smooth_to) *to = mirrored(*from, chord);
}

static void add_dot(oc_path *path, float x, float y, bool start) {
  if (path->count < OC_PATH_MAX) path->dot[path->count++] = (oc_dot){x, y, 1, start};
}

/* The cubic with these ends, whose speeds are the length of the chord: no overshoot, whatever the distance of
 * knots. */
static void add_piece(oc_path *path, const oc_knot *k, int count, int i, int steps) {
  vec from, to;
  directions(k, count, i, &from, &to);
  float speed = 1.1f * length(minus(k[i + 1], k[i]));
  for (int s = 1; s <= steps; s++) {
    float t = (float)s / (float)steps, t2 = t * t, t3 = t2 * t;
    float a = 2 * t3 - 3 * t2 + 1, b = (t3 - 2 * t2 + t) * speed, c = 3 * t2 - 2 * t3, d = (t3 - t2) * speed;
    add_dot(path, a * k[i].x + b * from.x + c * k[i + 1].x + d * to.x,
            a * k[i].y + b * from.y + c * k[i + 1].y + d * to.y, false);
  }
}

void oc_path_through(oc_path *path, const oc_knot *knots, int count, int steps) {
  for (int i = 0; i < count; i++) {
    if (i == 0 || knots[i].kind == OC_KNOT_START) add_dot(path, knots[i].x, knots[i].y, true);
    if (i + 1 < count && knots[i + 1].kind != OC_KNOT_START) add_piece(path, knots, count, i, steps);
  }
}

/* ---- ink ---- */

static int clamp_index(float v, int side) {
  return v < 0 ? 0 : v > (float)(side - 1) ? side - 1 : (int)v;
}

/* Lowers depth[] (distance from the edge of the ink, negative inside) to that of the tapered piece from a to
 * b. */
static void add_trace(const oc_dot *a, const oc_dot *b, int side, float soft, float *depth) {
  float reach = fmaxf(a->radius, b->radius) + soft;
  int x0 = clamp_index(fminf(a->x, b->x) - reach, side),
      x1 = clamp_index(fmaxf(a->x, b->x) + reach + 1, side);
  int y0 = clamp_index(fminf(a->y, b->y) - reach, side),
      y1 = clamp_index(fmaxf(a->y, b->y) + reach + 1, side);
  float dx = b->x - a->x, dy = b->y - a->y, dr = b->radius - a->radius, square = dx * dx + dy * dy;
  float inverse = square > 1e-12f ? 1 / square : 0;
  for (int y = y0; y <= y1; y++) {
    float py = (float)y - a->y, *row = depth + y * side;
    for (int x = x0; x <= x1; x++) {
      float px = (float)x - a->x, t = (px * dx + py * dy) * inverse;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      float ex = px - t * dx, ey = py - t * dy, d = sqrtf(ex * ex + ey * ey) - (a->radius + t * dr);
      row[x] = d < row[x] ? d : row[x];
    }
  }
}

void oc_path_paint(const oc_path *path, int side, float soft, float *ink) {
  float depth[OC_INK_SIDE * OC_INK_SIDE];
  for (int i = 0; i < side * side; i++) depth[i] = 1e9f;
  for (int i = 0; i < path->count; i++) {
    const oc_dot *from = path->dot[i].start ? &path->dot[i] : &path->dot[i - 1];
    bool alone = path->dot[i].start && i + 1 < path->count && !path->dot[i + 1].start;
    if (!alone) add_trace(from, &path->dot[i], side, soft, depth);
  }
  for (int i = 0; i < side * side; i++) {
    float v = 0.5f - depth[i] / soft;
    ink[i] = v < 0 ? 0 : v > 1 ? 1 : v;
  }
}
