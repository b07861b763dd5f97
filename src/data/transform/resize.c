/* resize.c: resamples an image with a triangle filter, whose support grows with the scale when the image
 * shrinks.
 *
 * The bits are those of Pillow's Image.resize(BILINEAR, box=..) (libImaging/Resample.c): weights with 22
 * bits of fraction, a horizontal pass and a vertical one, each rounded to 8 bits. The rows of the image are
 * read once: those of a block are laid side by side, pixel by pixel, so that both passes are the same sum
 * of weighted rows (weighted_rows.c), with many bytes per weight. Of the horizontal pass only the rows that
 * the vertical one still needs are kept. */
#include "data/transform/resize.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/memory.h"
#include "data/transform/weighted_rows.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 16, BLOCK_BYTES = 1 << 20 };

/* ---- weights ------------------------------------------------------------------------------------------- */

typedef struct axis {
  int64_t count; /* pixels of the result */
  int64_t most;  /* taps of one of them */
  oc_taps *taps;
  int32_t *weights; /* count * most */
} axis;

static double triangle(double x) {
  const double distance = fabs(x);
  return distance < 1 ? 1 - distance : 0;
}

/* The weights of the pixels around `center`, which add up to 1 before they are rounded. */
static oc_taps taps_at(double center, double scale, int64_t length, int32_t *weights) {
  const double support = scale;
  const int64_t first = oc_max_i64(0, (int64_t)(center - support + 0.5)),
                end = oc_min_i64(length, (int64_t)(center + support + 0.5));
  double sum = 0;
  for (int64_t i = first; i < end; i++) sum += triangle(((double)i - center + 0.5) * (1 / scale));
  for (int64_t i = first; i < end; i++) {
    const double weight = triangle(((double)i - center + 0.5) * (1 / scale));
    weights[i - first] = (int32_t)(0.5 + (sum != 0 ? weight / sum : weight) * (1 << OC_WEIGHT_FRACTION));
  }
  return (oc_taps){first, end - first, weights};
}

/* From the part `from` to `to` of `length` pixels to `count` pixels. The difference is float32, as in
 * Pillow. */
static oc_status axis_create(float from, float to, int64_t length, int64_t count, axis *a, oc_error *err) {
  const double step = (double)(to - from) / (double)count, scale = step < 1 ? 1 : step;
  if (scale > OC_RESIZE_MAX_SHRINK)
    return oc_fail(err, OC_E_UNSUPPORTED, "image", "Cut the image into parts, or leave it out.",
                   "cannot shrink %lld pixels to %lld: the limit is %d to 1", (long long)length,
                   (long long)count, OC_RESIZE_MAX_SHRINK);
  *a = (axis){.count = count, .most = (int64_t)ceil(scale) * 2 + 1};
  a->taps = oc_memory_array((size_t)count, sizeof *a->taps);
  a->weights = oc_memory_array((size_t)count * (size_t)a->most, sizeof *a->weights);
  if (!a->taps || !a->weights) return oc_fail_memory(err, (size_t)(count * a->most) * sizeof *a->weights);
  for (int64_t i = 0; i < count; i++)
    a->taps[i] = taps_at((double)from + ((double)i + 0.5) * step, scale, length, a->weights + i * a->most);
  return OC_OK;
}

static void axis_release(axis *a) {
  oc_memory_free(a->taps);
  oc_memory_free(a->weights);
}

static int64_t axis_first(const axis *a) {
  return a->taps[0].first;
}
static int64_t axis_end(const axis *a) {
  return a->taps[a->count - 1].first + a->taps[a->count - 1].count;
}

/* ---- the passes ---------------------------------------------------------------------------------------- */

typedef uint8_t bytes __attribute__((vector_size(BLOCK)));

typedef struct pass {
  const oc_resize *r;
  oc_weighted_rows_fn add_rows;
  axis x, y;
  int64_t channels;     /* during both passes: 1 if either end is gray */
  int64_t columns;      /* of the image that are needed */
  int64_t block;        /* rows that the horizontal pass takes at a time */
  uint8_t *gray;        /* rows of a block as gray; NULL: not converted */
  uint8_t *side;        /* columns x channels x block: rows side by side */
  uint8_t *out;         /* channels x block: a column of the result */
  uint8_t *rows;        /* `room` rows after the horizontal pass */
  int64_t room, bytes;  /* bytes of such a row */
  int64_t first, count; /* which rows these are, of the image */
} pass;

/* Rows of bytes; the next one is `stride` bytes further. */
typedef struct byte_rows {
  const uint8_t *at;
  int64_t stride;
} byte_rows;

/* `n` rows of the image from y on, what is needed of them, with the channels of the passes. */
static byte_rows source_rows(pass *p, int64_t y, int64_t n) {
  const oc_image_shape size = p->r->size;
  const byte_rows from = {p->r->from + (y * size.width + axis_first(&p->x)) * size.channels,
                          size.width * size.channels};
  if (!p->gray) return from;
  for (int64_t b = 0; b < n; b++)
    (void)oc_image_convert(from.at + b * from.stride, (oc_image_shape){1, p->columns, 3}, 1,
                           p->gray + b * p->columns, NULL);
  return (byte_rows){p->gray, p->columns};
}

/* to[16 * i + b] = byte i of row b, for 16 bytes of 16 rows: four rounds of interleaving rows that are eight
 * apart. */
static void transpose(byte_rows from, uint8_t *to) {
  bytes row[2][BLOCK];
  for (int b = 0; b < BLOCK; b++) memcpy(&row[0][b], from.at + b * from.stride, sizeof row[0][b]);
  for (int round = 0; round < 4; round++) {
    const bytes *old = row[round % 2];
    bytes *next = row[(round + 1) % 2];
    for (int b = 0; b < BLOCK / 2; b++) {
      next[2 * b] =
          __builtin_shufflevector(old[b], old[b + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * b + 1] = __builtin_shufflevector(old[b], old[b + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13,
                                                29, 14, 30, 15, 31);
    }
  }
  memcpy(to, row[0], sizeof row[0]);
}

/* Lays `n` rows from y on side by side. */
static void lay_side_by_side(pass *p, int64_t y, int64_t n) {
  const int64_t values = p->columns * p->channels;
  const byte_rows from = source_rows(p, y, n);
  int64_t done = 0;
  for (; n == BLOCK && done + BLOCK <= values; done += BLOCK)
    transpose((byte_rows){from.at + done, from.stride}, p->side + done * BLOCK);
  for (int64_t b = 0; b < n; b++) {
    const uint8_t *row = from.at + b * from.stride;
    uint8_t *to = p->side + b;
    for (int64_t i = done; i < values; i++) to[i * p->block] = row[i];
  }
}

/* Adds rows first+count .. of the image to those that are kept. */
static void add_block(pass *p, int64_t n) {
  const int64_t pixel = p->channels * p->block;
  lay_side_by_side(p, p->first + p->count, n);
  for (int64_t x = 0; x < p->x.count; x++) {
    oc_taps t = p->x.taps[x];
    p->add_rows(p->side + (t.first - axis_first(&p->x)) * pixel, pixel, &t, pixel, p->out);
    for (int64_t b = 0; b < n; b++)
      for (int64_t c = 0; c < p->channels; c++)
        p->rows[(p->count + b) * p->bytes + x * p->channels + c] = p->out[c * p->block + b];
  }
  p->count += n;
}

/* Makes the rows first .. end-1 available, and forgets those before. */
static void need_rows(pass *p, int64_t first, int64_t end) {
  const int64_t last = axis_end(&p->y);
  while (p->first + p->count < end) {
    if (p->count + p->block > p->room) { /* what is left moves to the front */
      p->count -= first - p->first;
      memmove(p->rows, p->rows + (first - p->first) * p->bytes, (size_t)(p->count * p->bytes));
      p->first = first;
    }
    add_block(p, oc_min_i64(p->block, last - p->first - p->count));
  }
}

static void run(pass *p) {
  const oc_resize *r = p->r;
  for (int64_t y = 0; y < r->height; y++) {
    const oc_taps t = p->y.taps[y];
    uint8_t *to = r->to + y * r->stride;
    need_rows(p, t.first, t.first + t.count);
    p->add_rows(p->rows + (t.first - p->first) * p->bytes, p->bytes, &t, p->bytes, to);
    for (int64_t x = r->width - 1; p->channels < r->channels && x >= 0; x--)
      to[3 * x] = to[3 * x + 1] = to[3 * x + 2] = to[x];
  }
}

static oc_status prepare(pass *p, oc_error *err) {
  const oc_resize *r = p->r;
  TRY(axis_create(r->left, r->right, r->size.width, r->width, &p->x, err));
  TRY(axis_create(r->top, r->bottom, r->size.height, r->height, &p->y, err));
  p->channels = oc_min_i64(r->size.channels, r->channels);
  p->columns = axis_end(&p->x) - axis_first(&p->x);
  const int64_t row = p->columns * p->channels;
  p->block = oc_max_i64(1, oc_min_i64(BLOCK, BLOCK_BYTES / row));
  p->bytes = r->width * p->channels;
  p->room = 2 * p->y.most + p->block;
  p->first = axis_first(&p->y);
  p->side = oc_memory_alloc((size_t)(row * p->block));
  p->out = oc_memory_alloc((size_t)(p->channels * p->block));
  p->rows = oc_memory_array((size_t)p->room, (size_t)p->bytes);
  if (r->size.channels > p->channels) p->gray = oc_memory_array((size_t)p->columns, (size_t)p->block);
  const bool whole = p->side && p->out && p->rows && (p->gray || r->size.channels == p->channels);
  return whole ? OC_OK : oc_fail_memory(err, (size_t)(row * p->block));
}

oc_status oc_resize_image(const oc_resize *r, oc_error *err) {
  pass p = {.r = r, .add_rows = oc_weighted_rows_for(oc_isa_best())};
  const oc_status status = prepare(&p, err);
  if (status == OC_OK) run(&p);
  axis_release(&p.x);
  axis_release(&p.y);
  oc_memory_free(p.gray);
  oc_memory_free(p.side);
  oc_memory_free(p.out);
  oc_memory_free(p.rows);
  return status;
}
