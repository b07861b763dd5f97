/* emit_conv2d.c: writes convolutions, with the biases, batch normalization, activation and pooling that were
 * folded into them. A function step_N_at computes some neighboring channels at one position, in registers;
 * the step calls it for all, and for all positions of a pooling window. */
#include "export/c/c_emit.h"
#include "ops/reference.h"
#include <string.h>

static oc_conv_dims dims_of(const oc_c_step *s) {
  return oc_conv_dims_of(s->info->attrs, &s->info->in[0].shape, &s->info->out[0].shape);
}

static oc_status conv2d_prepare(oc_c_network *n, oc_c_step *s, oc_error *err) {
  const oc_conv_dims d = dims_of(s);
  const float *w = oc_c_constant(n, s, 1);
  const int64_t tap = d.icg * d.oc;
  if (!w) return oc_c_refuse(s, "its weights follow from the image", err);
  TRY(oc_c_reserve(n, s, oc_conv_w_size(&d), d.oc, err));
  for (int64_t ky = 0; ky < d.kh; ky++)
    for (int64_t kx = 0; kx < d.kw; kx++)
      memcpy(s->weights + (ky * d.kw + kx) * tap, w + oc_conv_tap(&d, ky, kx), (size_t)tap * sizeof *w);
  return OC_OK;
}

static bool is_depthwise(const oc_conv_dims *d) {
  return d->groups > 1 && d->icg == 1 && d->ocg == 1;
}
static int64_t piece_of(const oc_conv_dims *d) {
  return d->groups == 1 || is_depthwise(d) ? oc_c_piece(d->oc, false) : oc_c_piece(d->ocg, true);
}

/* " * FACTOR", or nothing for 1. */
static void put_factor(oc_c_text *t, int64_t factor) {
  if (factor != 1) oc_c_put(t, " * %lld", (long long)factor);
}

/* A loop over the taps of one axis, with the row or column of the image that each meets; those outside are
 * skipped. */
static void put_tap(oc_c_text *t, const char *indent, char axis, const int64_t *of) {
  const int64_t kernel = of[0], stride = of[1], dilation = of[2], pad = of[3], out = of[4], in = of[5];
  oc_c_put(t, "%sfor (int k%c = 0; k%c < %lld; k%c++) {\n", indent, axis, axis, (long long)kernel, axis);
  oc_c_put(t, "%s  const int i%c = o%c", indent, axis, axis);
  put_factor(t, stride);
  oc_c_put(t, " + k%c", axis);
  put_factor(t, dilation);
  if (pad > 0) oc_c_put(t, " - %lld", (long long)pad);
  oc_c_put(t, ";\n");
  if (pad > 0) oc_c_put(t, "%s  if (i%c < 0) continue;\n", indent, axis);
  if ((out - 1) * stride + (kernel - 1) * dilation - pad >= in)
    oc_c_put(t, "%s  if (i%c >= %lld) break;\n", indent, axis, (long long)in);
}

/* sum += the products of one tap. */
static void put_products(oc_c_text *t, const oc_c_step *s, const oc_conv_dims *d, int64_t piece) {
  const long long lanes = piece, oc = d->oc, icg = d->icg;
  oc_c_put(t, "      const float *w = step_%d_weights + (ky * %lld + kx) * %lld + c;\n", s->number,
           (long long)d->kw, icg * oc);
  oc_c_put(t, "      const float *v = x + (iy * %lld + ix) * %lld", (long long)d->iw, (long long)d->ic);
  if (is_depthwise(d)) {
    oc_c_put(t, " + c;\n      for (int k = 0; k < %lld; k++) sum[k] += v[k] * w[k];\n", lanes);
    return;
  }
  if (d->groups > 1) oc_c_put(t, " + c / %lld * %lld", (long long)d->ocg, icg);
  oc_c_put(t, ";\n      for (int i = 0; i < %lld; i++, w += %lld)\n", icg, oc);
  oc_c_put(t, "        for (int k = 0; k < %lld; k++) sum[k] += v[i] * w[k];\n", lanes);
}

static void put_at(oc_c_text *t, const oc_c_step *s, const oc_conv_dims *d, int64_t piece) {
  const int64_t rows[] = {d->kh, d->sh, d->dil_h, d->ph, d->oh, d->ih},
                columns[] = {d->kw, d->sw, d->dil_w, d->pw, d->ow, d->iw};
  oc_c_put(t, "static void step_%d_at(const float *restrict x, int oy, int ox, int c, float *restrict y) {\n",
           s->number);
  oc_c_put(t, "  float sum[%lld];\n", (long long)piece);
  oc_c_put(t, "  for (int k = 0; k < %lld; k++) sum[k] = step_%d_biases[c + k];\n", (long long)piece,
           s->number);
  put_tap(t, "  ", 'y', rows);
  put_tap(t, "    ", 'x', columns);
  put_products(t, s, d, piece);
  oc_c_put(t, "    }\n  }\n  for (int k = 0; k < %lld; k++)", (long long)piece);
  oc_c_put_result(t, s, "y[k]", "sum[k]");
  oc_c_put(t, "}\n\n");
}

/* ---- the step ------------------------------------------------------------------------------------------ */

/* y[0 .. piece-1] = the pooling of a window at row oy, column ox. */
static void put_window(oc_c_text *t, const oc_c_step *s, int64_t piece) {
  const oc_pool_attrs *a = s->pool->attrs;
  const bool mean = strcmp(s->pool->op->name, "mean_pool") == 0;
  const long long lanes = piece;
  oc_c_put(t, "static void step_%d_window(const float *restrict x, int oy, int ox, int c, ", s->number);
  oc_c_put(t, "float *restrict y) {\n  float one[%lld];\n", lanes);
  oc_c_put(t, "  for (int py = 0; py < %lld; py++)\n", (long long)a->size[0]);
  oc_c_put(t, "    for (int px = 0; px < %lld; px++) {\n", (long long)a->size[1]);
  oc_c_put(t, "      step_%d_at(x, oy * %lld + py, ox * %lld + px, c, one);\n", s->number,
           (long long)a->stride[0], (long long)a->stride[1]);
  oc_c_put(t, "      for (int k = 0; k < %lld; k++)\n        y[k] = py + px == 0 ? one[k] : ", lanes);
  oc_c_put(t, mean ? "y[k] + one[k];\n" : "one[k] > y[k] || one[k] != one[k] ? one[k] : y[k];\n");
  oc_c_put(t, "    }\n");
  if (mean)
    oc_c_put(t, "  for (int k = 0; k < %lld; k++) y[k] /= %lld.0f;\n", lanes,
             (long long)(a->size[0] * a->size[1]));
  oc_c_put(t, "}\n\n");
}

static void conv2d_parts(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  (void)n;
  const oc_conv_dims d = dims_of(s);
  const int64_t piece = piece_of(&d);
  put_at(t, s, &d, piece);
  if (s->pool) put_window(t, s, piece);
}

static void conv2d_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  (void)n;
  const oc_conv_dims d = dims_of(s);
  const oc_shape *y = s->pool ? &s->pool->out[0].shape : &s->info->out[0].shape;
  const int64_t piece = piece_of(&d);
  const long long channels = d.oc, last = d.oc - piece;
  oc_c_put(t, "  for (int oy = 0; oy < %lld; oy++)\n", (long long)y->dim[1]);
  oc_c_put(t, "    for (int ox = 0; ox < %lld; ox++, y += %lld)\n", (long long)y->dim[2], channels);
  oc_c_put(t, "      for (int i = 0; i < %lld; i += %lld) {\n        const int c = ", channels,
           (long long)piece);
  oc_c_put(t, channels % piece ? "i < %lld ? i : %lld;\n" : "i;\n", last, last);
  oc_c_put(t, "        step_%d_%s(in0, oy, ox, c, y + c);\n      }\n", s->number, s->pool ? "window" : "at");
}

static int64_t conv2d_multiply_adds(const oc_c_network *n, const oc_c_step *s) {
  (void)n;
  const oc_conv_dims d = dims_of(s);
  const oc_shape *y = s->pool ? &s->pool->out[0].shape : &s->info->out[0].shape;
  const oc_pool_attrs *pool = s->pool ? s->pool->attrs : NULL;
  const int64_t positions = y->dim[1] * y->dim[2] * (pool ? pool->size[0] * pool->size[1] : 1);
  return positions * d.kh * d.kw * d.icg * d.oc;
}

OC_C_EMITTER(conv2d, .operands = 1, .folds = true, .pools = true, .activates = true,
             .prepare = conv2d_prepare, .parts = conv2d_parts, .body = conv2d_body,
             .multiply_adds = conv2d_multiply_adds);
