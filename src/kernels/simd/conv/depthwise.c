/* depthwise.c: computes conv2d, conv_block without pooling and the gradients where each channel is its own
 * group (depthwise convolution), on vectors of channels. Layout: x, y NHWC, w (kh, kw, 1, c).
 *
 * y and dx: up to eight positions of a row sum their taps in registers, so a vector of w serves eight
 * multiply-adds. dx takes taps in falling order, and the positions of each phase of the stride on their own.
 * dw: up to nine taps sum a row in registers, so a vector of dy serves nine. Taps outside the image
 * are left out, so no border is needed: runs of positions that meet the same taps are listed once per call.
 * Flops: 2*n*oh*ow*c*kh*kw each; bytes: each operand once. */
#include "base/checked.h"
#include "kernels/simd/core/act.h"
#include "kernels/simd/core/define.h"
#include "ops/reference.h"

#define PLACES     8   /* positions in registers */
#define TAPS       9   /* taps in registers */
#define ROWS_FLOPS 4e5 /* of an image that several threads share: some 15 microseconds of one */

static const char *refuse_any(const oc_conv2d_attrs *a, const oc_tensor_desc *x, int64_t ic, int64_t oc) {
  if (a->groups == 1 && ic > 1) return "one group";
  if (a->groups != ic || oc != ic) return "not one channel and one result in each group";
  return oc_tensor_desc_batched(x) ? NULL : "x has no batch axis";
}
static const char *OC_K(depthwise_refuse)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return refuse_any(info->attrs, &info->in[0], info->in[0].shape.dim[3], info->out[0].shape.dim[3]);
}
static const char *OC_K(depthwise_refuse_block)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  const oc_conv_block_attrs *a = info->attrs;
  if (a->pooled) return "pooled";
  return refuse_any(&a->conv, &info->in[0], info->in[0].shape.dim[3], info->out[0].shape.dim[3]);
}
static const char *OC_K(depthwise_refuse_grad_w)(const oc_op_info *info, int64_t batch) {
  (void)batch;
  return refuse_any(info->attrs, &info->in[0], info->in[0].shape.dim[3], info->in[1].shape.dim[3]);
}

/* ---- which taps meet a position, along one axis -------------------------------------------------------- */

typedef struct axis {
  int64_t taps, stride, dilation, pad;
  int64_t size;  /* of the side that is read */
  int64_t width; /* of the side that is written; for dw: of dy */
  bool backward; /* dx: reads dy */
} axis;

/* Tap number i is tap + i*step, and meets position at + i*move of the side that is read. */
typedef struct meeting {
  int64_t tap, step, count, at, move;
} meeting;

static meeting meeting_forward(const axis *a, int64_t position) {
  const int64_t from = position * a->stride - a->pad;
  const int64_t first = from < 0 ? oc_ceil_div(-from, a->dilation) : 0;
  const int64_t end = from < a->size ? oc_min_i64(a->taps, (a->size - 1 - from) / a->dilation + 1) : 0;
  return (meeting){first, 1, oc_max_i64(0, end - first), from + first * a->dilation, a->dilation};
}

static meeting meeting_backward(const axis *a, int64_t position) {
  meeting m = {0};
  for (int64_t tap = a->taps - 1; tap >= 0; tap--) {
    const int64_t from = position + a->pad - tap * a->dilation;
    if (from < 0 || from % a->stride || from / a->stride >= a->size) continue;
    if (m.count == 0) {
      m.tap = tap;
      m.at = from / a->stride;
    } else if (m.count == 1) {
      m.step = tap - m.tap;
      m.move = from / a->stride - m.at;
    }
    m.count++;
  }
  return m;
}

static meeting meeting_at(const axis *a, int64_t position) {
  return a->backward ? meeting_backward(a, position) : meeting_forward(a, position);
}

/* Positions first, first + step, ... of a row, with the same taps, each `advance` after the one before. */
typedef struct run {
  int64_t first, step, count, advance;
  meeting taps; /* of the first */
} run;

/* Lists the runs of a row; returns how many. */
static int64_t list_runs(const axis *a, run *list) {
  const int64_t step = a->backward ? a->stride : 1, advance = a->backward ? 1 : a->stride;
  int64_t count = 0;
  for (int64_t phase = 0; phase < oc_min_i64(step, a->width); phase++)
    for (int64_t i = phase; i < a->width; i += step) {
      const meeting m = meeting_at(a, i);
      run *last = list + count - 1;
      if (i > phase && m.tap == last->taps.tap && m.count == last->taps.count)
        last->count++;
      else
        list[count++] = (run){i, step, 1, advance, m};
    }
  return count;
}

/* What follows the sum of a position. */
typedef struct after_sum {
  const float *bias; /* NULL: nothing */
  oc_act act;
  float slope;
} after_sum;

typedef struct problem {
  oc_conv_dims d;
  axis rows, columns;
  int64_t read_line, write_line; /* floats of a row */
  run *runs;
  int64_t run_count;
  after_sum after;
} problem;

static problem problem_of(const oc_call *c, const oc_conv_dims d, bool backward) {
  problem p = {.d = d, .runs = c->scratch};
  p.rows = (axis){d.kh, d.sh, d.dil_h, d.ph, backward ? d.oh : d.ih, backward ? d.ih : d.oh, backward};
  p.columns = (axis){d.kw, d.sw, d.dil_w, d.pw, backward ? d.ow : d.iw, backward ? d.iw : d.ow, backward};
  p.read_line = p.columns.size * d.ic;
  p.write_line = p.columns.width * d.ic;
  p.run_count = list_runs(&p.columns, p.runs);
  return p;
}

static size_t runs_bytes(int64_t width) {
  return oc_round_up((size_t)width * sizeof(run), 64);
}

/* ---- y and dx ------------------------------------------------------------------------------------------ */

OC_INLINE void finish(const after_sum *f, int64_t j, int64_t lanes, vf sum[PLACES], const int places) {
  if (!f->bias) return;
  const vf bias = vec_load_part(f->bias + j, lanes);
  OC_UNROLL
  for (int i = 0; i < places; i++) sum[i] += bias;
  activate_all(f->act, f->slope, sum, places);
}

/* Taps of some positions in one row: where the first of each side is, and steps in floats. */
typedef struct taps {
  const float *read, *w;
  float *write;
  int64_t rows, columns;                                              /* taps */
  int64_t read_row, read_column, w_row, w_column, place, write_place; /* steps */
  after_sum after;
} taps;

static taps taps_of(const problem *p, const meeting *rows, const run *r) {
  const oc_conv_dims *d = &p->d;
  const meeting *columns = &r->taps;
  const int64_t corner = oc_conv_tap(d, 0, 0);
  return (taps){.rows = rows->count,
                .columns = columns->count,
                .read_row = rows->move * p->read_line,
                .read_column = columns->move * d->ic,
                .w_row = d->kh > 1 ? (oc_conv_tap(d, 1, 0) - corner) * rows->step : 0,
                .w_column = d->kw > 1 ? (oc_conv_tap(d, 0, 1) - corner) * columns->step : 0,
                .place = r->advance * d->ic,
                .write_place = r->step * d->ic};
}

/* One vector of channels of `places` positions. */
OC_INLINE void sum_vector(const taps *t, int64_t j, int64_t lanes, const int places) {
  vf sum[PLACES];
  OC_UNROLL
  for (int i = 0; i < places; i++) sum[i] = vec_zero();
  for (int64_t y = 0; y < t->rows; y++) {
    const float *x = t->read + y * t->read_row + j, *w = t->w + y * t->w_row + j;
    for (int64_t n = t->columns; n > 0; n--, x += t->read_column, w += t->w_column) {
      const vf tap = vec_load_part(w, lanes);
      OC_UNROLL
      for (int i = 0; i < places; i++) sum[i] = vec_fma(vec_load_part(x + i * t->place, lanes), tap, sum[i]);
    }
  }
  finish(&t->after, j, lanes, sum, places);
  OC_UNROLL
  for (int i = 0; i < places; i++) vec_store_part(t->write + i * t->write_place + j, sum[i], lanes);
}

/* Moves on by `places` positions. */
OC_INLINE void sum_places(taps *t, int64_t channels, const int places) {
  int64_t j = 0;
  for (; j + VL <= channels; j += VL) sum_vector(t, j, VL, places);
  if (j < channels) sum_vector(t, j, channels - j, places);
  t->read += places * t->place;
  t->write += places * t->write_place;
}

static void sum_run(const problem *p, const meeting *rows, const run *r, const float *read, const float *w,
                    float *write) {
  const int64_t c = p->d.ic;
  taps t = taps_of(p, rows, r);
  t.read = read + rows->at * p->read_line + r->taps.at * c;
  t.w = w + oc_conv_tap(&p->d, rows->tap, r->taps.tap);
  t.write = write + r->first * c;
  t.after = p->after;
  int64_t left = r->count;
  for (; left >= PLACES; left -= PLACES) sum_places(&t, c, PLACES);
  if (left & 4) sum_places(&t, c, 4);
  if (left & 2) sum_places(&t, c, 2);
  if (left & 1) sum_places(&t, c, 1);
}

/* One tensor from the other: y from x, or dx from dy. Of a call that is one of several parts, its rows. */
static void sum_images(const problem *p, const oc_call *c) {
  const int64_t height = p->rows.width, first = height * c->part / c->parts,
                end = height * (c->part + 1) / c->parts;
  for (int64_t n = 0; n < c->samples; n++) {
    const float *read = (const float *)c->in[0] + n * p->rows.size * p->read_line;
    float *write = (float *)c->out[0] + n * height * p->write_line;
    for (int64_t y = first; y < end; y++) {
      const meeting rows = meeting_at(&p->rows, y);
      for (int64_t i = 0; i < p->run_count; i++)
        sum_run(p, &rows, &p->runs[i], read, c->in[1], write + y * p->write_line);
    }
  }
}

/* Rows of one image, where they are enough work to meet for; no result depends on them. */
static int64_t OC_K(depthwise_parts)(const oc_op_info *info, int64_t batch, int threads) {
  const int64_t kernel = info->in[1].shape.dim[0] * info->in[1].shape.dim[1];
  if (batch > 1 || threads < 2 || 2 * (double)(kernel * oc_tensor_desc_row(&info->out[0])) < ROWS_FLOPS)
    return 0;
  return oc_min_i64(info->out[0].shape.dim[1], 2 * threads);
}

static size_t OC_K(depthwise_scratch)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return runs_bytes(info->out[0].shape.dim[2]);
}

static void OC_K(depthwise_run)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->out[0].shape);
  const problem p = problem_of(c, d, false);
  sum_images(&p, c);
}

static void OC_K(depthwise_run_block)(const oc_call *c) {
  const oc_conv_block_attrs *a = c->info->attrs;
  const oc_conv_dims d = oc_conv_dims_of(&a->conv, &c->info->in[0].shape, &c->info->out[0].shape);
  problem p = problem_of(c, d, false);
  p.after = (after_sum){c->in[2], a->act, (float)a->slope};
  sum_images(&p, c);
}

static void OC_K(depthwise_run_grad_x)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->out[0].shape, &c->info->in[0].shape);
  const problem p = problem_of(c, d, true);
  sum_images(&p, c);
}

/* ---- dw ------------------------------------------------------------------------------------------------ */

/* Some taps over some positions of a row: where each tap reads x, and its sum in dw. */
typedef struct tap_sums {
  const float *x[TAPS], *dy;
  float *dw[TAPS];
  int64_t places, x_place, dy_place;
} tap_sums;

OC_INLINE void tap_vector(const tap_sums *t, int64_t j, int64_t lanes, const int count) {
  vf sum[TAPS];
  OC_UNROLL
  for (int i = 0; i < count; i++) sum[i] = vec_load_part(t->dw[i] + j, lanes);
  const float *dy = t->dy + j;
  int64_t at = j;
  for (int64_t n = t->places; n > 0; n--, dy += t->dy_place, at += t->x_place) {
    const vf v = vec_load_part(dy, lanes);
    OC_UNROLL
    for (int i = 0; i < count; i++) sum[i] = vec_fma(vec_load_part(t->x[i] + at, lanes), v, sum[i]);
  }
  OC_UNROLL
  for (int i = 0; i < count; i++) vec_store_part(t->dw[i] + j, sum[i], lanes);
}

OC_INLINE void tap_channels(const tap_sums *t, int64_t channels, const int count) {
  int64_t j = 0;
  for (; j + VL <= channels; j += VL) tap_vector(t, j, VL, count);
  if (j < channels) tap_vector(t, j, channels - j, count);
}

/* As many of `left` taps at a time as there is code for: those of a 3x3 kernel inside, at an edge, in a
 * corner; 5x5 takes 9, 9, 6 and 1. */
static int64_t tap_count(int64_t left) {
  return left >= 9 ? 9 : left >= 6 ? 6 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

static void add_taps(const tap_sums *t, int64_t channels, int64_t count) {
  switch (count) {
  case 9:
    tap_channels(t, channels, 9);
    break;
  case 6:
    tap_channels(t, channels, 6);
    break;
  case 4:
    tap_channels(t, channels, 4);
    break;
  case 2:
    tap_channels(t, channels, 2);
    break;
  default:
    tap_channels(t, channels, 1);
  }
}

/* Adds the positions of a run to all its taps. */
static void add_run(const problem *p, const meeting *rows, const run *r, const float *x, const float *dy,
                    float *dw) {
  const int64_t c = p->d.ic, all = rows->count * r->taps.count;
  tap_sums t = {.places = r->count, .x_place = r->advance * c, .dy_place = c, .dy = dy + r->first * c};
  for (int64_t tap = 0, count; tap < all; tap += count) {
    count = tap_count(all - tap);
    for (int64_t i = 0; i < count; i++) {
      const int64_t ky = (tap + i) / r->taps.count, kx = (tap + i) % r->taps.count;
      t.x[i] = x + (rows->at + ky * rows->move) * p->read_line + (r->taps.at + kx * r->taps.move) * c;
      t.dw[i] = dw + oc_conv_tap(&p->d, rows->tap + ky, r->taps.tap + kx);
    }
    add_taps(&t, c, count);
  }
}

static size_t OC_K(depthwise_scratch_grad_w)(const oc_op_info *info, int64_t samples) {
  (void)samples;
  return runs_bytes(info->in[1].shape.dim[2]);
}

static void OC_K(depthwise_run_grad_w)(const oc_call *c) {
  const oc_conv_dims d = oc_conv_dims_of(c->info->attrs, &c->info->in[0].shape, &c->info->in[1].shape);
  const problem p = problem_of(c, d, false);
  const float *x = c->in[0], *dy = c->in[1];
  float *dw = c->out[0];
  memset(dw, 0, (size_t)oc_conv_w_size(&d) * sizeof *dw);
  for (int64_t n = 0; n < c->samples; n++, x += oc_conv_x_size(&d))
    for (int64_t y = 0; y < d.oh; y++, dy += d.ow * d.oc) {
      const meeting rows = meeting_at(&p.rows, y);
      for (int64_t i = 0; i < p.run_count; i++) add_run(&p, &rows, &p.runs[i], x, dy, dw);
    }
}

OC_DEFINE_KERNEL(conv2d, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse),
                 .parts = OC_K(depthwise_parts), .scratch = OC_K(depthwise_scratch),
                 .run = OC_K(depthwise_run));
OC_DEFINE_KERNEL(conv_block, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse_block),
                 .parts = OC_K(depthwise_parts), .scratch = OC_K(depthwise_scratch),
                 .run = OC_K(depthwise_run_block));
OC_DEFINE_KERNEL(conv2d_grad_x, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse),
                 .scratch = OC_K(depthwise_scratch), .run = OC_K(depthwise_run_grad_x));
OC_DEFINE_KERNEL(conv2d_grad_w, depthwise, .tolerance = 1e-5, .refuse = OC_K(depthwise_refuse_grad_w),
                 .scratch = OC_K(depthwise_scratch_grad_w), .run = OC_K(depthwise_run_grad_w));
