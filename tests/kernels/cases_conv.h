/* cases_conv.h: uses of the convolutions over odd sizes, borders, strides, dilations and channel counts that
 * fill vectors of 4, 8 and 16 and do not. */
#ifndef TESTS_CASES_CONV_H
#define TESTS_CASES_CONV_H
#include "kernel_case.h"

typedef struct conv_trial {
  int64_t ih, iw, ic, kh, kw, oc;
  int64_t sh, sw, dh, dw;
  int64_t pad[4];
  int64_t batch, chunk;
  int64_t groups; /* 0: 1 */
  bool flip;
} conv_trial;

static const conv_trial conv_trials[] = {
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, {0}, 1, 1, 0, false},
    {5, 7, 1, 3, 3, 1, 1, 1, 1, 1, {0}, 3, 2, 0, false},
    {12, 12, 1, 5, 5, 32, 1, 1, 1, 1, {0}, 5, 2, 0, false}, /* the lecture's first layer, smaller */
    {8, 8, 32, 5, 5, 64, 1, 1, 1, 1, {0}, 2, 1, 0, false},  /* its second */
    {6, 9, 3, 3, 2, 5, 1, 1, 1, 1, {1, 1, 1, 0}, 4, 3, 0, false},
    {9, 6, 16, 3, 3, 17, 1, 1, 1, 1, {1, 1, 1, 1}, 2, 1, 0, false},
    {7, 5, 17, 3, 3, 16, 1, 1, 1, 1, {2, 2, 2, 2}, 2, 2, 0, false}, /* full */
    /* 16 to 16 channels: several blocks of tiles, fewer than eight, of 2x2 results, of kernels of 5x5 */
    {21, 18, 16, 3, 3, 16, 1, 1, 1, 1, {1, 0, 1, 2}, 5, 3, 0, false},
    {9, 6, 16, 3, 3, 16, 1, 1, 1, 1, {1, 1, 1, 1}, 2, 1, 0, true},
    {6, 6, 16, 3, 3, 16, 1, 1, 1, 1, {1, 1, 1, 1}, 3, 2, 0, false},
    {14, 13, 16, 5, 5, 16, 1, 1, 1, 1, {2, 2, 1, 0}, 3, 2, 0, false},
    {11, 10, 5, 3, 4, 33, 2, 3, 1, 1, {0, 1, 1, 2}, 3, 2, 0, false},
    {13, 14, 3, 3, 3, 8, 1, 1, 2, 3, {0}, 2, 1, 0, false},
    {13, 14, 4, 3, 3, 20, 2, 2, 2, 2, {2, 2, 3, 1}, 2, 1, 0, false},
    {10, 11, 4, 2, 3, 7, 3, 2, 1, 2, {1, 0, 0, 1}, 2, 1, 0, false}, /* rows that no window meets */
    {6, 6, 33, 1, 1, 40, 1, 1, 1, 1, {0}, 9, 4, 0, false},
    {5, 6, 19, 1, 1, 48, 1, 1, 1, 1, {0}, 5, 3, 0, false},
    {31, 45, 40, 1, 1, 40, 1, 1, 1, 1, {0}, 1, 1, 0, false}, /* rows that threads share */
    {33, 45, 40, 1, 1, 80, 1, 1, 1, 1, {0}, 2, 2, 0, false}, /* several bands of positions */
    {9, 11, 24, 1, 1, 64, 1, 1, 1, 1, {0}, 3, 3, 0, false},  /* several slices of positions */
    {7, 7, 9, 1, 1, 12, 2, 2, 1, 1, {0}, 3, 2, 0, false},
    {5, 4, 6, 1, 1, 3, 1, 1, 1, 1, {1, 0, 2, 1}, 2, 1, 0, false}, /* padding wider than the kernel */
    {4, 4, 3, 4, 4, 65, 1, 1, 1, 1, {0}, 2, 1, 0, false},         /* one place */
    {2, 3, 2, 5, 5, 3, 1, 1, 1, 1, {2, 2, 2, 2}, 2, 1, 0, false}, /* a kernel larger than the image */
    {6, 7, 3, 3, 2, 5, 1, 1, 1, 1, {1, 1, 1, 0}, 2, 1, 0, true},
    {9, 9, 2, 3, 3, 18, 2, 1, 1, 2, {0}, 2, 1, 0, true},
    {1, 50, 3, 1, 7, 9, 1, 1, 1, 1, {0, 0, 3, 3}, 2, 1, 0, false}, /* one dimension */
    {70, 3, 2, 3, 3, 4, 1, 1, 1, 1, {1, 1, 1, 1}, 1, 1, 0, false},
    {20, 70, 8, 3, 3, 36, 1, 1, 1, 1, {1, 1, 1, 1}, 1, 1, 0, false}, /* several bands of rows */
    {13, 11, 9, 5, 5, 10, 1, 1, 1, 1, {2, 2, 2, 2}, 3, 2, 0, false}, /* tiles that stick out */
    {8, 9, 12, 5, 5, 24, 1, 1, 1, 1, {1, 0, 2, 3}, 3, 1, 0, true},
    {10, 9, 12, 3, 3, 24, 1, 1, 1, 1, {1, 1, 1, 1}, 3, 2, 0, false},
    {5, 6, 8, 3, 3, 40, 1, 1, 1, 1, {1, 0, 1, 1}, 5, 3, 0, false},
    {8, 7, 33, 3, 3, 11, 1, 1, 1, 1, {1, 0, 2, 1}, 2, 1, 0, true},
    {14, 17, 1, 5, 5, 33, 1, 1, 1, 1, {0}, 3, 2, 0, false},         /* first layers: tiles that stick out */
    {11, 22, 2, 5, 5, 18, 1, 1, 1, 1, {2, 1, 0, 2}, 3, 2, 0, true}, /* half a strip of tiles */
    {5, 37, 3, 3, 3, 16, 1, 1, 1, 1, {1, 1, 1, 1}, 2, 1, 0, false},
    {6, 57, 2, 2, 5, 9, 1, 1, 1, 1, {1, 0, 2, 2}, 2, 2, 0, true},
    {7, 30, 4, 1, 3, 40, 1, 1, 1, 1, {0, 0, 1, 0}, 2, 1, 0, false},
    {6, 6, 1, 3, 3, 1, 1, 1, 1, 1, {1, 1, 1, 1}, 3, 2, 1, false},
    {7, 6, 5, 3, 3, 5, 1, 1, 1, 1, {1, 1, 1, 1}, 3, 2, 5, false}, /* depthwise */
    {9, 8, 16, 3, 3, 16, 2, 2, 1, 1, {0, 1, 1, 0}, 3, 1, 16, false},
    {9, 8, 33, 3, 2, 33, 1, 2, 2, 1, {1, 1, 1, 0}, 3, 1, 33, false},
    {8, 9, 20, 5, 5, 20, 1, 1, 1, 1, {2, 2, 2, 2}, 2, 1, 20, true},
    {5, 37, 19, 3, 3, 19, 2, 2, 1, 1, {1, 1, 1, 1}, 3, 2, 19, false},  /* runs of 8, 4, 2 and 1 positions */
    {13, 24, 3, 4, 5, 3, 3, 2, 2, 3, {3, 2, 6, 5}, 2, 1, 3, true},     /* taps of different phases */
    {4, 5, 6, 2, 1, 6, 3, 4, 1, 1, {0, 0, 3, 0}, 2, 1, 6, false},      /* positions that no tap meets */
    {31, 21, 40, 3, 3, 40, 1, 1, 1, 1, {1, 1, 1, 1}, 1, 1, 40, false}, /* rows that threads share */
    {6, 6, 3, 3, 3, 6, 1, 1, 1, 1, {1, 1, 1, 1}, 2, 1, 3, false},      /* two results for each channel */
    {6, 6, 4, 3, 3, 6, 1, 1, 1, 1, {1, 1, 1, 1}, 2, 1, 2, false},      /* groups of several channels */
};
/* So large that tiles come in several blocks: for kernels that have them, and one kind of data only. */
static const conv_trial large_trial = {66, 66, 8, 5, 5, 8, 1, 1, 1, 1, {2, 2, 2, 2}, 2, 1, 0, false};
/* A chunk of two blocks, then a shorter one of a single block, which must fit the same scratch. */
static const conv_trial many_trial = {12, 12, 8, 5, 5, 8, 1, 1, 1, 1, {0}, 128, 65, 0, false};
/* More images in a chunk, and more rows of an image, than are summed together, with rows of dy that fill
 * vectors. */
static const conv_trial grouped_trial = {20, 20, 4, 3, 3, 32, 1, 1, 1, 1, {0}, 12, 12, 0, false};
#define CONV_TRIALS ((int)(sizeof conv_trials / sizeof *conv_trials))
static const fill_kind conv_kinds[] = {UNIFORM, WHOLE, EXTREME, NANS};

static oc_conv2d_attrs conv_attrs(const conv_trial *c) {
  oc_conv2d_attrs a = {.kernel = {c->kh, c->kw},
                       .stride = {c->sh, c->sw},
                       .dilation = {c->dh, c->dw},
                       .groups = c->groups ? c->groups : 1,
                       .flip = c->flip};
  memcpy(a.pad, c->pad, sizeof a.pad);
  return a;
}
static oc_shape conv_x(const conv_trial *c) {
  return OC_SHAPE(OC_BATCH, c->ih, c->iw, c->ic);
}
static oc_shape conv_w(const conv_trial *c) {
  return OC_SHAPE(c->kh, c->kw, c->ic / (c->groups ? c->groups : 1), c->oc);
}
/* No outputs for a window that does not fit. */
static bool conv_y(const conv_trial *c, oc_shape *y) {
  const int64_t h = c->ih + c->pad[0] + c->pad[1] - (c->kh - 1) * c->dh - 1;
  const int64_t w = c->iw + c->pad[2] + c->pad[3] - (c->kw - 1) * c->dw - 1;
  *y = OC_SHAPE(OC_BATCH, h / c->sh + 1, w / c->sw + 1, c->oc);
  return h >= 0 && w >= 0;
}
static void conv_text(kernel_case *k, const conv_trial *c, int kind) {
  snprintf(k->text, sizeof k->text,
           "x %lldx%lldx%lld, w %lldx%lldx%lld, stride %lld %lld, dilation %lld %lld, padding %lld %lld %lld "
           "%lld, "
           "groups %lld, flip %d, %lld samples by %lld, data %d",
           (long long)c->ih, (long long)c->iw, (long long)c->ic, (long long)c->kh, (long long)c->kw,
           (long long)c->oc, (long long)c->sh, (long long)c->sw, (long long)c->dh, (long long)c->dw,
           (long long)c->pad[0], (long long)c->pad[1], (long long)c->pad[2], (long long)c->pad[3],
           (long long)c->groups, c->flip, (long long)c->batch, (long long)c->chunk, kind);
}

/* conv2d (x, w), conv2d_grad_x (dy, w) and conv2d_grad_w (x, dy). NaN stands in the first input. */
static void conv_case(trial *t, const conv_trial *c, const char *op, fill_kind kind) {
  kernel_case k;
  oc_shape y;
  oc_conv2d_attrs a = conv_attrs(c);
  const bool grad_x = strcmp(op, "conv2d_grad_x") == 0, grad_w = strcmp(op, "conv2d_grad_w") == 0;
  if (!conv_y(c, &y)) fail_msg("a case of %s has no result", op);
  a.target = grad_x ? conv_x(c) : conv_w(c);
  case_begin(&k, t, op, &a, c->batch, c->chunk);
  k.exact = kind == WHOLE;
  conv_text(&k, c, kind);
  case_fill(&k, OC_F32, grad_x ? y : conv_x(c), kind);
  case_fill(&k, OC_F32, grad_w ? y : conv_w(c), kind == NANS ? UNIFORM : kind);
  case_check(&k);
}
static void conv_cases(trial *t, const char *op) {
  for (int i = 0; i < CONV_TRIALS; i++)
    for (int j = 0; j < 4; j++)
      if (data_wanted(i, j, 4)) conv_case(t, &conv_trials[i], op, conv_kinds[j]);
  if (kernel_transforms(t->kernel))
    for (int i = 0; i < 2; i++) conv_case(t, i ? &many_trial : &large_trial, op, UNIFORM);
}
static void conv2d_cases(trial *t) {
  conv_cases(t, "conv2d");
}
static void conv2d_grad_x_cases(trial *t) {
  conv_cases(t, "conv2d_grad_x");
}
static void conv2d_grad_w_cases(trial *t) {
  conv_cases(t, "conv2d_grad_w");
  conv_case(t, &grouped_trial, "conv2d_grad_w", UNIFORM);
}
/* x, w, dy */
static void both_grads_case(trial *t, const conv_trial *c, fill_kind kind) {
  kernel_case k;
  oc_shape y;
  const oc_conv2d_attrs a = conv_attrs(c);
  if (!conv_y(c, &y)) fail_msg("a case of conv2d_grad has no result");
  case_begin(&k, t, "conv2d_grad", &a, c->batch, c->chunk);
  k.exact = kind == WHOLE;
  conv_text(&k, c, kind);
  case_fill(&k, OC_F32, conv_x(c), kind);
  case_fill(&k, OC_F32, conv_w(c), kind == NANS ? UNIFORM : kind);
  case_fill(&k, OC_F32, y, kind == NANS ? UNIFORM : kind);
  case_check(&k);
}
static void conv2d_grad_cases(trial *t) {
  for (int i = 0; i < CONV_TRIALS; i++)
    for (int j = 0; j < 4; j++)
      if (data_wanted(i, j, 4)) both_grads_case(t, &conv_trials[i], conv_kinds[j]);
  both_grads_case(t, &grouped_trial, UNIFORM);
  if (kernel_transforms(t->kernel))
    for (int i = 0; i < 2; i++) both_grads_case(t, i ? &many_trial : &large_trial, UNIFORM);
}

/* ---- conv_block and conv_block_grad -------------------------------------------------------------------- */

typedef struct block_trial {
  oc_act act;
  bool pooled;
  int64_t pool[2];
} block_trial;
static const block_trial block_trials[] = {
    {OC_ACT_NONE, false, {0}},    {OC_ACT_RELU, false, {0}},         {OC_ACT_LEAKY_RELU, false, {0}},
    {OC_ACT_SIGMOID, false, {0}}, {OC_ACT_TANH, true, {2, 2}},       {OC_ACT_RELU, true, {2, 2}},
    {OC_ACT_NONE, true, {2, 2}},  {OC_ACT_LEAKY_RELU, true, {3, 2}}, {OC_ACT_RELU, true, {1, 3}},
    {OC_ACT_RELU6, false, {0}},   {OC_ACT_RELU6, true, {2, 2}},
};
#define BLOCK_TRIALS ((int)(sizeof block_trials / sizeof *block_trials))

static oc_conv_block_attrs block_attrs(const conv_trial *c, const block_trial *b) {
  oc_conv_block_attrs a = {.conv = conv_attrs(c), .act = b->act, .slope = 0.25, .pooled = b->pooled};
  memcpy(a.pool, b->pool, sizeof b->pool);
  return a;
}
static void block_text(kernel_case *k, const conv_trial *c, const block_trial *b, int kind) {
  conv_text(k, c, kind);
  const size_t used = strlen(k->text);
  snprintf(k->text + used, sizeof k->text - used, ", act %d, pool %lldx%lld", (int)b->act,
           (long long)b->pool[0], (long long)b->pool[1]);
}
/* Data whose sums are exact give exact results only where the activation is exact. */
static bool block_exact(const block_trial *b, fill_kind kind) {
  return kind == WHOLE && b->act <= OC_ACT_LEAKY_RELU;
}

static void block_begin(kernel_case *k, trial *t, const char *op, const oc_conv_block_attrs *a,
                        const conv_trial *c, fill_kind kind) {
  case_begin(k, t, op, a, c->batch, c->chunk);
  case_fill(k, OC_F32, conv_x(c), kind);
  case_fill(k, OC_F32, conv_w(c), kind == NANS ? UNIFORM : kind);
}

/* A tile's rounding error follows its largest product, also where the border then cuts that off: magnitudes
 * that differ by 10^50, or sums of hundreds before a sigmoid, prove nothing about a kernel that transforms
 * tiles. */
static bool block_tells(const trial *t, const block_trial *b, fill_kind kind) {
  if (!kernel_transforms(t->kernel)) return true;
  return kind != EXTREME && (kind != WHOLE || b->act <= OC_ACT_LEAKY_RELU);
}

/* False for data that prove nothing, where there are others. A case with one kind of data gets data that
 * prove something. */
static bool block_kind(const trial *t, const block_trial *b, fill_kind *kind) {
  if (block_tells(t, b, *kind)) return true;
  *kind = UNIFORM;
  return !EVERY_KIND;
}

/* False for pooling windows larger than what the convolution gives: no case. */
static bool block_fits(const conv_trial *c, const block_trial *b) {
  oc_shape z;
  return conv_y(c, &z) && (!b->pooled || (z.dim[1] >= b->pool[0] && z.dim[2] >= b->pool[1]));
}

static void block_case(trial *t, const conv_trial *c, const block_trial *b, fill_kind kind) {
  kernel_case k;
  oc_conv_block_attrs a = block_attrs(c, b);
  if (!block_fits(c, b) || !block_kind(t, b, &kind)) return;
  a.save_argmax = c->batch % 2 == 0;
  block_begin(&k, t, "conv_block", &a, c, kind);
  case_fill(&k, OC_F32, OC_SHAPE(c->oc), kind == WHOLE ? WHOLE : UNIFORM);
  k.exact = block_exact(b, kind);
  k.uniform = kind == UNIFORM;
  block_text(&k, c, b, kind);
  case_check(&k);
}
static void conv_block_cases(trial *t) {
  for (int i = 0; i < CONV_TRIALS; i++)
    for (int j = 0; j < BLOCK_TRIALS; j++)
      for (int l = 0; l < 4; l++)
        if (data_wanted(i + j, l, 4)) block_case(t, &conv_trials[i], &block_trials[j], conv_kinds[l]);
  if (kernel_transforms(t->kernel)) block_case(t, &large_trial, &block_trials[5], UNIFORM);
}

/* y and arg as conv_block gives them, by its reference implementation; then dy of its own. */
static void block_grad_case(trial *t, const conv_trial *c, const block_trial *b, fill_kind kind) {
  kernel_case forward, k;
  oc_error err;
  oc_conv_block_attrs a = block_attrs(c, b);
  if (!block_fits(c, b) || !block_kind(t, b, &kind)) return;
  a.save_argmax = true;
  a.needs_dx = c->ic % 3 == 2 || c->ic > 5;
  block_begin(&forward, t, "conv_block", &a, c, kind);
  case_fill(&forward, OC_F32, OC_SHAPE(c->oc), kind == WHOLE ? WHOLE : UNIFORM);
  if (forward.info.op->infer(&forward.info, &err) != OC_OK) fail_msg("conv_block: %s", err.message);
  const results *y = plain_results(&forward);
  block_begin(&k, t, "conv_block_grad", &a, c, kind);
  memcpy(case_add(&k, OC_F32, forward.info.out[0].shape), block_data(&y->out[0]), y->out[0].bytes);
  case_fill(&k, OC_F32, forward.info.out[0].shape, kind == NANS ? UNIFORM : kind);
  if (a.pooled)
    memcpy(case_add(&k, OC_U8, forward.info.out[1].shape), block_data(&y->out[1]), y->out[1].bytes);
  k.exact = block_exact(b, kind) && b->act != OC_ACT_LEAKY_RELU;
  k.skips_zeros = strstr(t->kernel->name, "_gather_") != NULL && kind == NANS;
  block_text(&k, c, b, kind);
  case_check(&k);
  case_free(&forward);
}
static void conv_block_grad_cases(trial *t) {
  for (int i = 0; i < CONV_TRIALS; i++)
    for (int j = 0; j < BLOCK_TRIALS; j++)
      for (int l = 0; l < 4; l++)
        if (data_wanted(i + j, l, 4)) block_grad_case(t, &conv_trials[i], &block_trials[j], conv_kinds[l]);
  for (int i = 0; i < 2; i++) block_grad_case(t, &grouped_trial, &block_trials[i], UNIFORM);
  if (kernel_transforms(t->kernel)) block_grad_case(t, &large_trial, &block_trials[5], UNIFORM);
}

#endif
