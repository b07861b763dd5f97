/* tensorboard_images.c: draws the filters of the first layer, the confusion matrix, and the misclassified
 * images. */
#include "base/checked.h"
#include "base/memory.h"
#include "graph/graph.h"
#include "train/tensorboard.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const oc_color black = {0, 0, 0}, white = {255, 255, 255}, gray = {200, 200, 200};

/* From white at 0 to the full color at 1. */
static oc_color shade(oc_color full, double share) {
  const double left = 1 - fmin(1, fmax(0, share));
  return (oc_color){(uint8_t)(full.red + left * (255 - full.red)),
                    (uint8_t)(full.green + left * (255 - full.green)),
                    (uint8_t)(full.blue + left * (255 - full.blue))};
}

/* ---- kernels ------------------------------------------------------------------------------------------- */

enum { MAX_KERNELS = 256, KERNEL_SIDE = 40, KERNEL_GAP = 4 };

/* The first weights as kernels (height, width, channels, count), row-major in that order; a dense layer on
 * the images has kernels of their size. */
typedef struct kernels {
  const float *w;
  int64_t height, width, channels, count;
  float largest; /* absolute value */
} kernels;

static bool find_kernels(const oc_fit *f, kernels *k) {
  const oc_image_shape s = f->model->size;
  for (int i = 0; i < f->weights; i++) {
    const oc_tensor_view t = oc_variable_view(f->session, i);
    const int64_t *d = t.shape.dim;
    if (t.shape.rank < 2) continue;
    *k = (kernels){.w = t.data, .height = d[0], .width = d[1], .channels = d[2], .count = d[3]};
    if (t.shape.rank == 2) *k = (kernels){t.data, s.height, s.width, s.channels, d[1], 0};
    return t.shape.rank == 4 || (t.shape.rank == 2 && d[0] == s.height * s.width * s.channels);
  }
  return false;
}

static void measure(kernels *k) {
  const int64_t n = k->height * k->width * k->channels * k->count;
  for (int64_t i = 0; i < n; i++) k->largest = fmaxf(k->largest, fabsf(k->w[i]));
  if (!(k->largest > 0)) k->largest = 1;
}

static uint8_t around_gray(double share) {
  return (uint8_t)(127.5 + 127.5 * share);
}

/* The color of one position of a filter: of channel `plane`, or of all three if `colored`. */
static oc_color weight_color(const kernels *k, int64_t place, int64_t plane, int64_t kernel, bool colored) {
  static const oc_color red = {178, 24, 43}, blue = {33, 102, 172};
  const float *w = k->w + (place * k->channels + plane) * k->count + kernel;
  if (colored)
    return (oc_color){around_gray(w[0] / k->largest), around_gray(w[k->count] / k->largest),
                      around_gray(w[2 * k->count] / k->largest)};
  return shade(*w < 0 ? blue : red, fabsf(*w) / k->largest);
}

static void draw_kernel(oc_canvas *c, const kernels *k, int64_t tile, int64_t y, int64_t x) {
  const bool colored = k->channels == 3;
  const int64_t planes = colored ? 1 : k->channels, kernel = tile / planes, plane = tile % planes;
  const int64_t scale = oc_max_i64(1, KERNEL_SIDE / oc_max_i64(k->height, k->width));
  for (int64_t i = 0; i < k->height * k->width; i++)
    oc_canvas_fill(c, y + i / k->width * scale, x + i % k->width * scale, scale, scale,
                   weight_color(k, i, plane, kernel, colored));
}

oc_status oc_board_kernels(const oc_fit *f, oc_canvas *out, oc_error *err) {
  kernels k;
  *out = (oc_canvas){0};
  if (!find_kernels(f, &k) || k.height > 256 || k.width > 256) return OC_OK;
  measure(&k);
  const int64_t scale = oc_max_i64(1, KERNEL_SIDE / oc_max_i64(k.height, k.width));
  const int64_t tiles = oc_min_i64(MAX_KERNELS, k.count * (k.channels == 3 ? 1 : k.channels));
  const int64_t columns = (int64_t)ceil(sqrt((double)tiles)), rows = oc_ceil_div(tiles, columns);
  const int64_t dy = k.height * scale + KERNEL_GAP, dx = k.width * scale + KERNEL_GAP;
  TRY(oc_canvas_create(rows * dy + KERNEL_GAP, columns * dx + KERNEL_GAP, out, err));
  oc_canvas_fill(out, 0, 0, out->height, out->width, gray);
  for (int64_t i = 0; i < tiles; i++)
    draw_kernel(out, &k, i, KERNEL_GAP + i / columns * dy, KERNEL_GAP + i % columns * dx);
  return OC_OK;
}

/* ---- misclassified images ------------------------------------------------------------------------------ */

enum { SHEET_COLUMNS = 6, SHEET_ROWS = 6, IMAGE_SIDE = 96, SHEET_GAP = 8, CAPTION = OC_LETTER_HEIGHT + 4 };

/* Into a square of IMAGE_SIDE, in whole multiples if it is smaller. */
static void draw_image(oc_canvas *c, const uint8_t *pixels, oc_image_shape s, int64_t y, int64_t x) {
  const int64_t side = oc_max_i64(s.height, s.width);
  const int64_t target = side < IMAGE_SIDE ? IMAGE_SIDE / side * side : IMAGE_SIDE;
  const int64_t height = oc_max_i64(1, s.height * target / side),
                width = oc_max_i64(1, s.width * target / side);
  for (int64_t i = 0; i < height; i++)
    for (int64_t k = 0; k < width; k++) {
      const uint8_t *p = pixels + (i * s.height / height * s.width + k * s.width / width) * s.channels;
      const oc_color color = {p[0], p[s.channels >= 3 ? 1 : 0], p[s.channels >= 3 ? 2 : 0]};
      oc_canvas_fill(c, y + i, x + k, 1, 1, color);
    }
}

/* The label that the first head is compared to; `pixels` may be NULL. */
static oc_status read_label(const oc_fit *f, int64_t index, uint8_t *pixels, int32_t *label, oc_error *err) {
  void *targets[OC_TARGETS_MAX] = {NULL};
  targets[f->valid_targets[f->heads.list[0].target]] = label;
  return oc_dataset_read_targets(f->valid, index, 1, pixels, targets, err);
}

/* One image with "truth>answer" over it. */
static oc_status draw_mistake(const oc_fit *f, int64_t index, int place, uint8_t *pixels, oc_canvas *c,
                              oc_error *err) {
  char caption[32];
  int32_t label;
  const int64_t y = CAPTION + SHEET_GAP + place / SHEET_COLUMNS * (IMAGE_SIDE + CAPTION + SHEET_GAP);
  const int64_t x = SHEET_GAP + place % SHEET_COLUMNS * (IMAGE_SIDE + SHEET_GAP);
  TRY(read_label(f, index, pixels, &label, err));
  (void)snprintf(caption, sizeof caption, "%.5s>%.5s", oc_heads_class_name(f->model, &f->heads, label),
                 oc_heads_class_name(f->model, &f->heads, f->callbacks.predictions[index]));
  oc_canvas_write(c, y, x, caption, IMAGE_SIDE / OC_LETTER_WIDTH, black);
  draw_image(c, pixels, f->model->size, y + CAPTION, x);
  return OC_OK;
}

/* Indices of the first misclassified images, at most `most`; *all counts every one. */
static oc_status find_mistakes(const oc_fit *f, int64_t *found, int most, int64_t *all, oc_error *err) {
  *all = 0;
  for (int64_t i = 0; i < oc_dataset_count(f->valid); i++) {
    int32_t label;
    TRY(read_label(f, i, NULL, &label, err));
    if (label == f->callbacks.predictions[i]) continue;
    if (*all < most) found[*all] = i;
    ++*all;
  }
  return OC_OK;
}

static oc_status draw_sheet(const oc_fit *f, uint8_t *pixels, oc_canvas *out, oc_error *err) {
  char title[96];
  int64_t found[SHEET_COLUMNS * SHEET_ROWS], all;
  TRY(find_mistakes(f, found, SHEET_COLUMNS * SHEET_ROWS, &all, err));
  const int64_t shown = oc_min_i64(all, SHEET_COLUMNS * SHEET_ROWS), rows = oc_ceil_div(shown, SHEET_COLUMNS);
  TRY(oc_canvas_create(CAPTION + 2 * SHEET_GAP + rows * (IMAGE_SIDE + CAPTION + SHEET_GAP),
                       SHEET_GAP + SHEET_COLUMNS * (IMAGE_SIDE + SHEET_GAP), out, err));
  (void)snprintf(title, sizeof title, "%lld of %lld wrong (truth>answer)", (long long)all,
                 (long long)oc_dataset_count(f->valid));
  oc_canvas_write(out, SHEET_GAP / 2, SHEET_GAP, title, (int)sizeof title, black);
  for (int i = 0; i < shown; i++) TRY(draw_mistake(f, found[i], i, pixels, out, err));
  return OC_OK;
}

oc_status oc_board_mistakes(const oc_fit *f, oc_canvas *out, oc_error *err) {
  const oc_image_shape s = f->model->size;
  *out = (oc_canvas){0};
  if (!f->callbacks.predictions) return OC_OK;
  uint8_t *pixels = oc_memory_alloc((size_t)(s.height * s.width * s.channels));
  if (!pixels) return oc_fail_memory(err, (size_t)(s.height * s.width * s.channels));
  const oc_status status = draw_sheet(f, pixels, out, err);
  oc_memory_free(pixels);
  if (status != OC_OK) oc_canvas_release(out);
  return status;
}

/* ---- confusion ----------------------------------------------------------------------------------------- */

enum { MAX_CELL = 48, MIN_NUMBERED = 5 * OC_LETTER_WIDTH, MATRIX_SIDE = 900, MARGIN = 7 * OC_LETTER_WIDTH };

typedef struct cell {
  int64_t y, x, side;
  bool right; /* on the diagonal */
} cell;

static void draw_cell(oc_canvas *c, cell at, int64_t count, double share) {
  static const oc_color good = {33, 102, 172}, bad = {178, 24, 43};
  const double strength = sqrt(share); /* so that a few errors can be seen */
  char text[24];
  oc_canvas_fill(c, at.y, at.x, at.side - 1, at.side - 1, shade(at.right ? good : bad, strength));
  if (at.side < MIN_NUMBERED || count == 0) return;
  const bool fits = count < 100000;
  const int length =
      snprintf(text, sizeof text, "%lld%s", (long long)(fits ? count : count / 1000), fits ? "" : "k");
  oc_canvas_write(c, at.y + (at.side - OC_LETTER_HEIGHT) / 2,
                  at.x + (at.side - length * OC_LETTER_WIDTH) / 2 + 1, text, 5,
                  strength > 0.6 ? white : black);
}

static void draw_row(const oc_fit *f, oc_canvas *c, int row, int64_t side) {
  const int n = oc_heads_classes(&f->heads);
  const int64_t *counts = f->callbacks.confusion + (int64_t)row * n, y = MARGIN + row * side;
  int64_t all = 0;
  for (int i = 0; i < n; i++) all += counts[i];
  for (int i = 0; i < n; i++)
    draw_cell(c, (cell){y, MARGIN + i * side, side, i == row}, counts[i],
              all ? (double)counts[i] / (double)all : 0);
  if (side < MIN_NUMBERED) return;
  const char *name = oc_heads_class_name(f->model, &f->heads, row);
  const int64_t middle = (side - OC_LETTER_HEIGHT) / 2;
  oc_canvas_write(c, y + middle, OC_LETTER_WIDTH, name, 5, black);
  const int64_t length = oc_min_i64(5, (int64_t)strlen(name)) * OC_LETTER_WIDTH;
  oc_canvas_write(c, MARGIN - OC_LETTER_HEIGHT - 6, MARGIN + row * side + (side - length) / 2 + 1, name, 5,
                  black);
}

oc_status oc_board_confusion(const oc_fit *f, oc_canvas *out, oc_error *err) {
  *out = (oc_canvas){0};
  if (!f->callbacks.confusion) return OC_OK;
  const int64_t n = oc_heads_classes(&f->heads), side = oc_max_i64(2, oc_min_i64(MAX_CELL, MATRIX_SIDE / n));
  TRY(oc_canvas_create(MARGIN + n * side + OC_LETTER_WIDTH, MARGIN + n * side + OC_LETTER_WIDTH, out, err));
  oc_canvas_write(out, OC_LETTER_WIDTH, OC_LETTER_WIDTH, "rows: truth, columns: answer",
                  (int)(out->width / OC_LETTER_WIDTH) - 1, black);
  for (int row = 0; row < n; row++) draw_row(f, out, row, side);
  return OC_OK;
}
