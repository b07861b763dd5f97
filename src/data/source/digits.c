/* digits.c: generates handwriting. An image follows from (seed, part, index) alone.
 *
 * A skeleton of its digit is chosen; a writer's habits (proportions, slant, rotation, bending, sloppiness,
 * width of the pen) and smooth elastic waves change it; then it is brought into the form that MNIST's
 * images have: the ink fits a square of 20 pixels and its center of mass lies in the middle of 28x28. */
#include "base/random.h"
#include "data/source/skeletons.h"
#include "data/source/source.h"
#include <math.h>

enum { SIDE = 28, WAVES = 3, STEPS = 7 };
static const float FIT = 20; /* the square the ink fits, pixels */

static float random_normal(oc_random *r, double deviation) {
  return (float)(deviation * oc_random_normal(r));
}
static float random_range(oc_random *r, double low, double high) {
  return (float)oc_random_range(r, low, high);
}
static bool random_event(oc_random *r, double p) {
  return oc_random_unit(r) < p;
}

/* ---- shape ---- */

static const oc_skeleton *choose_skeleton(oc_random *r, int digit) {
  int total = 0;
  for (int i = 0; i < oc_skeleton_count; i++)
    total += oc_skeletons[i].digit == digit ? oc_skeletons[i].weight : 0;
  int left = (int)oc_random_below(r, (uint64_t)total);
  for (int i = 0;; i++) {
    if (oc_skeletons[i].digit != digit) continue;
    left -= oc_skeletons[i].weight;
    if (left < 0) return &oc_skeletons[i];
  }
}

/* Copies the knots into a frame of height 1 around 0 and moves each a little: no two writings are alike. */
static int sloppy_knots(oc_random *r, const oc_skeleton *s, oc_knot *out) {
  double sloppiness = 0.012 + 0.036 * oc_random_unit(r);
  for (int i = 0; i < s->count; i++) {
    out[i] = s->knots[i];
    out[i].x = (out[i].x - 30) / 100 + random_normal(r, sloppiness);
    out[i].y = (out[i].y - 50) / 100 + random_normal(r, sloppiness);
  }
  return s->count;
}

/* A smooth displacement of the plane: a few long waves of random direction. */
typedef struct wave {
  float kx, ky, phase, dx, dy;
} wave;

/* The style of a hand, the same for every stroke. */
typedef struct habit {
  float width, taper, bend_x, bend_y, middle, slant, turn_sin, turn_cos;
  wave waves[WAVES];
} habit;

static habit draw_habit(oc_random *r) {
  double wild = random_event(r, 0.25) ? 1.6 : 1; /* some write far from any model */
  habit h = {.width = expf(0.14f + random_normal(r, 0.27 * wild)), .taper = random_normal(r, 0.2 * wild)};
  h.bend_x = random_normal(r, 0.12 * wild);
  h.bend_y = random_normal(r, 0.12 * wild);
  h.middle = random_normal(r, 0.16 * wild);
  h.slant = 0.14f + random_normal(r, 0.25 * wild);
  float turn = random_normal(r, 0.09 * wild);
  h.turn_sin = sinf(turn);
  h.turn_cos = cosf(turn);
  for (int i = 0; i < WAVES; i++)
    h.waves[i] = (wave){random_normal(r, 5), random_normal(r, 5), random_range(r, 0, 6.2831853),
                        random_normal(r, 0.025), random_normal(r, 0.025)};
  return h;
}

static void bend_dot(const habit *h, oc_dot *p) {
  float x = p->x, y = p->y;
  for (int i = 0; i < WAVES; i++) {
    const wave *w = &h->waves[i];
    float s = sinf(w->kx * x + w->ky * y + w->phase);
    p->x += w->dx * s;
    p->y += w->dy * s;
  }
  x = p->x * h->width * (1 + h->taper * p->y) + h->bend_x * (p->y * p->y - 0.1f);
  y = p->y + h->middle * (p->y * p->y - 0.25f) + h->bend_y * p->x * p->x;
  x -= h->slant * y;
  p->x = h->turn_cos * x - h->turn_sin * y;
  p->y = h->turn_sin * x + h->turn_cos * y;
}

/* Strokes end early or late: the last dots of one end fall together, or its last step grows. `step` is 1 from
 * the start of the stroke on, -1 from its end backwards. */
static void run_out(oc_random *r, oc_dot *end, int count, int step) {
  float late = random_normal(r, 0.05) * (float)count;
  if (late > 0) {
    end->x += (end->x - end[step].x) * late;
    end->y += (end->y - end[step].y) * late;
    return;
  }
  int lost = -late < (float)count / 4 ? (int)-late : count / 4;
  for (int i = 0; i < lost; i++) {
    end[step * i].x = end[step * lost].x;
    end[step * i].y = end[step * lost].y;
  }
}

static void run_out_all(oc_random *r, oc_path *path) {
  for (int first = 0, next; first < path->count; first = next) {
    next = first + 1;
    while (next < path->count && !path->dot[next].start) next++;
    if (next - first < 3) continue;
    run_out(r, &path->dot[first], next - first, 1);
    run_out(r, &path->dot[next - 1], next - first, -1);
  }
}

/* ---- pen ---- */

/* Radii in units of the pen's radius: pressure comes and goes, a broad nib depends on the direction, ends run
 * out. */
static void press_pen(oc_random *r, oc_path *path) {
  float swing = fabsf(random_normal(r, 0.12)), rate = random_range(r, 0.08, 0.3),
        phase = random_range(r, 0, 6.2831853);
  float rough = random_range(r, 0.02, 0.13), nib = fabsf(random_normal(r, 0.1)),
        nib_x = random_range(r, -1, 1), nib_y = random_range(r, -1, 1);
  for (int i = 0; i < path->count; i++) {
    oc_dot *p = &path->dot[i];
    const oc_dot *q = p->start ? p : p - 1;
    float dx = p->x - q->x, dy = p->y - q->y, n = sqrtf(dx * dx + dy * dy) + 1e-6f;
    p->radius = 1 + swing * sinf(rate * (float)i + phase) + nib * (dx * nib_x + dy * nib_y) / n +
                random_normal(r, rough);
  }
}

/* ---- frame ---- */

/* Scales the path so that its ink of pen radius `pen` fits the square, and puts its center of mass into the
 * middle. */
static void fit_frame(oc_random *r, oc_path *path, float pen) {
  float x0 = 1e9f, x1 = -1e9f, y0 = 1e9f, y1 = -1e9f;
  for (int i = 0; i < path->count; i++) {
    x0 = fminf(x0, path->dot[i].x), x1 = fmaxf(x1, path->dot[i].x);
    y0 = fminf(y0, path->dot[i].y), y1 = fmaxf(y1, path->dot[i].y);
  }
  float fit = FIT * (1 - fabsf(random_normal(r, 0.03)));
  float scale = (fit - 2 * pen) / fmaxf(fmaxf(x1 - x0, y1 - y0), 1e-3f);
  float mass = 1e-6f, mx = 0, my = 0;
  for (int i = 0; i < path->count; i++) {
    oc_dot *p = &path->dot[i];
    const oc_dot *q = p->start ? p : p - 1;
    p->x *= scale, p->y *= scale, p->radius = fmaxf(0.3f, p->radius * pen);
    float dx = p->x - q->x, dy = p->y - q->y, m = sqrtf(dx * dx + dy * dy) * p->radius;
    mass += m, mx += m * (p->x + q->x) / 2, my += m * (p->y + q->y) / 2;
  }
  float to_x = 14 - mx / mass + random_normal(r, 0.4), to_y = 14 - my / mass + random_normal(r, 0.4);
  for (int i = 0; i < path->count; i++) path->dot[i].x += to_x, path->dot[i].y += to_y;
}

/* ---- image ---- */

static void expose(oc_random *r, const float *ink, uint8_t *pixels) {
  float contrast = random_event(r, 0.1) ? random_range(r, 0.75, 1) : 1.1f, gamma = random_range(r, 0.8, 1.25),
        noise = 0;
  if (random_event(r, 0.15)) noise = random_range(r, 0, 0.08);
  for (int i = 0; i < SIDE * SIDE; i++) {
    float v = ink[i];
    if (v > 0 && v < 1) v = powf(v, gamma);
    v *= contrast;
    if (noise > 0 && v > 0) v += random_normal(r, noise);
    pixels[i] = (uint8_t)(255 * (v < 0 ? 0 : v > 1 ? 1 : v) + 0.5f);
  }
}

static void draw_digit(uint64_t seed, uint64_t part, uint64_t index, int label, uint8_t *pixels) {
  oc_random r = oc_random_at(seed, OC_STREAM_DIGITS, part, index);
  oc_knot knots[OC_SKELETON_KNOTS];
  oc_path path;
  float ink[SIDE * SIDE];
  path.count = 0;
  int count = sloppy_knots(&r, choose_skeleton(&r, label), knots);
  oc_path_through(&path, knots, count, STEPS);
  run_out_all(&r, &path);
  habit h = draw_habit(&r);
  for (int i = 0; i < path.count; i++) bend_dot(&h, &path.dot[i]);
  press_pen(&r, &path);
  float pen = 1.2f * expf(random_normal(&r, random_event(&r, 0.1) ? 0.6 : 0.3));
  fit_frame(&r, &path, fminf(fmaxf(pen, 0.55f), 3.2f));
  oc_path_paint(&path, SIDE, random_range(&r, 0.8, 1.3), ink);
  expose(&r, ink, pixels);
}

static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const oc_image_generator generator = {.recipe = "digits 1",
                                             .size = {SIDE, SIDE, 1},
                                             .classes = 10,
                                             .class_names = names,
                                             .stream = OC_STREAM_DIGITS,
                                             .draw = draw_digit};

static bool digits_accepts(const char *where) {
  return oc_is_builtin(where, "digits");
}
static oc_status digits_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  return oc_open_builtin(&generator, where, 60000, 10000, options, out, err);
}

OC_DEFINE_SOURCE(digits, .syntax = "digits[:TRAIN[:TEST]]",
                 .summary = "built-in handwriting, 28x28 gray, ten classes (default: 60000 and 10000)",
                 .accepts = digits_accepts, .open = digits_open, .lecture = true);
