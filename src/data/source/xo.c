/* xo.c: generates X and O on 9x9 pixels (lecture: "A Simple Walk Through of a Convolutional Neural Network"):
 * a clean one, or one that is shifted, rotated, scaled, thick or noisy. Stored as 255 (white, 1) and 0
 * (black, -1). */
#include "ocellus/xo.h"
#include "base/random.h"
#include "data/source/pen.h"
#include "data/source/source.h"
#include <math.h>

enum { PIXELS = OC_XO_SIDE * OC_XO_SIDE };
static const float MIDDLE = 4;

/* The walk-through's X reaches from pixel 1 to pixel 7; the O is its counterpart. */
static const char *const clean[2] = {"........."
                                     ".#.....#."
                                     "..#...#.."
                                     "...#.#..."
                                     "....#...."
                                     "...#.#..."
                                     "..#...#.."
                                     ".#.....#."
                                     ".........",
                                     "........."
                                     "...###..."
                                     "..#...#.."
                                     ".#.....#."
                                     ".#.....#."
                                     ".#.....#."
                                     "..#...#.."
                                     "...###..."
                                     "........."};

const char *oc_xo_kind_name(oc_xo_kind kind) {
  static const char *const names[OC_XO_KINDS] = {"clean", "shifted", "rotated", "scaled", "thick", "noisy"};
  return kind >= 0 && kind < OC_XO_KINDS ? names[kind] : "";
}

static void draw_clean(int label, int right, int down, uint8_t *pixels) {
  for (int y = 0; y < OC_XO_SIDE; y++)
    for (int x = 0; x < OC_XO_SIDE; x++) {
      int from_y = y - down, from_x = x - right;
      bool inside = from_y >= 0 && from_y < OC_XO_SIDE && from_x >= 0 && from_x < OC_XO_SIDE;
      pixels[y * OC_XO_SIDE + x] = inside && clean[label][from_y * OC_XO_SIDE + from_x] == '#' ? 255 : 0;
    }
}

/* The same figures as strokes, for what pixels cannot do. */
static void make_path(int label, oc_path *path) {
  static const oc_knot x[] = {
      {-3, -3, OC_KNOT_START}, {3, 3, OC_KNOT_CORNER}, {3, -3, OC_KNOT_START}, {-3, 3, OC_KNOT_CORNER}};
  static const oc_knot o[] = {{0, -3, OC_KNOT_START},
                              {-3, 0, OC_KNOT_SMOOTH},
                              {0, 3, OC_KNOT_SMOOTH},
                              {3, 0, OC_KNOT_SMOOTH},
                              {0, -3, OC_KNOT_CORNER}};
  path->count = 0;
  if (label == 0)
    oc_path_through(path, x, sizeof x / sizeof x[0], 1);
  else
    oc_path_through(path, o, sizeof o / sizeof o[0], 6);
}

typedef struct pose {
  float turn, wide, high, right, down, radius;
} pose;

static void draw_pose(int label, const pose *p, uint8_t *pixels) {
  oc_path path;
  float ink[PIXELS], s = sinf(p->turn), c = cosf(p->turn);
  make_path(label, &path);
  for (int i = 0; i < path.count; i++) {
    oc_dot *d = &path.dot[i];
    float x = d->x * p->wide, y = d->y * p->high;
    d->x = MIDDLE + p->right + c * x - s * y;
    d->y = MIDDLE + p->down + s * x + c * y;
    d->radius = p->radius;
  }
  oc_path_paint(&path, OC_XO_SIDE, 0.8f, ink);
  for (int i = 0; i < PIXELS; i++) pixels[i] = (uint8_t)(255 * ink[i] + 0.5f);
}

/* Some pixels change their color, all change their brightness a little. */
static void add_noise(oc_random *r, uint8_t *pixels) {
  double flips = oc_random_range(r, 0.01, 0.08);
  for (int i = 0; i < PIXELS; i++) {
    double v = oc_random_unit(r) < flips ? 255 - pixels[i] : pixels[i];
    v += 25 * oc_random_normal(r);
    pixels[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
  }
}

void oc_xo_draw(uint64_t seed, uint64_t part, uint64_t index, int label, oc_xo_kind kind, uint8_t *pixels) {
  if (!pixels || label < 0 || label > 1) return;
  oc_random r = oc_random_at(seed, OC_STREAM_XO, part, index);
  pose p = {0, 1, 1, 0, 0, 0.5f};
  switch (kind) {
  case OC_XO_SHIFTED: {
    static const int moves[8][2] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}};
    const int *move = moves[oc_random_below(&r, 8)];
    draw_clean(label, move[0], move[1], pixels);
    return;
  }
  case OC_XO_ROTATED:
    p.turn = (float)oc_random_range(&r, -0.45, 0.45);
    break;
  case OC_XO_SCALED:
    p.wide = (float)oc_random_range(&r, 0.55, 1.15);
    p.high = (float)oc_random_range(&r, 0.55, 1.15);
    p.right = (float)oc_random_range(&r, -0.5, 0.5);
    p.down = (float)oc_random_range(&r, -0.5, 0.5);
    break;
  case OC_XO_THICK:
    p.radius = (float)oc_random_range(&r, 0.8, 1.3);
    break;
  default:
    draw_clean(label, 0, 0, pixels);
    if (kind == OC_XO_NOISY) add_noise(&r, pixels);
    return;
  }
  draw_pose(label, &p, pixels);
}

/* One in sixteen is clean, the others are divided among the five changes. */
static void draw_letter(uint64_t seed, uint64_t part, uint64_t index, int label, uint8_t *pixels) {
  oc_random r = oc_random_at(seed, OC_STREAM_XO, part + 4, index); /* parts 0 to 3 are taken: see dataset.c */
  int kind = oc_random_below(&r, 16) == 0 ? OC_XO_CLEAN : 1 + (int)oc_random_below(&r, OC_XO_KINDS - 1);
  oc_xo_draw(seed, part, index, label, (oc_xo_kind)kind, pixels);
}

static const char *const names[] = {"X", "O"};
static const oc_image_generator generator = {.recipe = "xo 1",
                                             .size = {OC_XO_SIDE, OC_XO_SIDE, 1},
                                             .classes = 2,
                                             .class_names = names,
                                             .stream = OC_STREAM_XO,
                                             .draw = draw_letter};

static bool xo_accepts(const char *where) {
  return oc_is_builtin(where, "xo");
}
static oc_status xo_open(const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  return oc_open_builtin(&generator, where, 12000, 2000, options, out, err);
}

OC_DEFINE_SOURCE(xo, .syntax = "xo[:TRAIN[:TEST]]",
                 .summary = "built-in X and O, 9x9 (default: 12000 and 2000)", .accepts = xo_accepts,
                 .open = xo_open, .lecture = true);
