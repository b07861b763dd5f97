/* soft_targets.c: computes the distributions that classes are trained with. Of image i with label k, of C
 * classes with weights w: t_c = w_c ((1 - s) [c = k] + s / C) n / sum_i w_(k of i). That is what PyTorch's
 * CrossEntropyLoss makes of label_smoothing s (Szegedy et al. 2016) and weight w. A mixture has the same of
 * both of its labels, each times its share (Zhang et al. 2018). */
#include "train/fit.h"
#include <string.h>

/* ---- setup --------------------------------------------------------------------------------------------- */

static bool is_class(const oc_heads *h, int target) {
  return h->targets[target].kind == OC_TARGET_CLASS;
}

/* The first head with a class whose loss takes labels only; NULL: none. */
static const oc_head_row *find_hard(const oc_heads *h) {
  for (int i = 0; i < h->count; i++)
    if (is_class(h, h->list[i].target) && !h->list[i].loss->build_soft) return &h->list[i];
  return NULL;
}

/* The mean of two images is not an image of the mean of two numbers. */
static oc_status check_mixtures(const oc_heads *h, oc_error *err) {
  for (int t = 0; t < h->target_count; t++)
    if (h->targets[t].kind == OC_TARGET_VECTOR)
      return oc_fail(err, OC_E_ARGUMENT, "augment", "Leave mixup and cutmix out.",
                     "images are mixed only if their targets are classes, but %.60s is numbers",
                     h->targets[t].name);
  return OC_OK;
}

oc_status oc_soft_targets_check(oc_fit *f, oc_error *err) {
  const double smoothing = f->recipe[OC_RECIPE_LABEL_SMOOTHING];
  const bool weighted = smoothing > 0 || oc_balances_weights(f),
             mixes = oc_augmentation_mixes(f->augmentation);
  const char *what = smoothing > 0 ? "label_smoothing" : weighted ? "class_weights" : "augment";
  bool has_class = false;
  f->soft.smoothing = smoothing;
  f->soft.used = weighted || mixes;
  if (!f->soft.used) return OC_OK;
  for (int t = 0; t < f->heads.target_count; t++) has_class = has_class || is_class(&f->heads, t);
  if (weighted && !has_class)
    return oc_fail(err, OC_E_ARGUMENT, what, "Leave it out.", "no target of the heads is a class");
  if (mixes) TRY(check_mixtures(&f->heads, err));
  const oc_head_row *hard = find_hard(&f->heads);
  if (!hard) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, what, "Use the loss softmax_cross_entropy.",
                 "the loss %s takes labels, not distributions", hard->loss->name);
}

oc_status oc_soft_targets_create(oc_fit *f, oc_error *err) {
  oc_soft_targets *s = &f->soft;
  for (int t = 0; s->used && t < f->heads.target_count; t++) {
    const size_t classes = (size_t)f->heads.targets[t].size;
    if (!is_class(&f->heads, t)) continue;
    s->rows[t] = oc_memory_array((size_t)f->batch, classes * sizeof(float));
    if (!s->rows[t]) return oc_fail_memory(err, (size_t)f->batch * classes * sizeof(float));
    if (oc_balances_weights(f)) TRY(oc_balance_weights(f, t, &s->class_weights[t], err));
  }
  return OC_OK;
}

void oc_soft_targets_release(oc_soft_targets *s) {
  for (int t = 0; t < OC_TARGETS_MAX; t++) {
    oc_memory_free(s->rows[t]);
    oc_memory_free(s->class_weights[t]);
  }
}

/* ---- a batch ------------------------------------------------------------------------------------------- */

/* The target of one kind of a batch: labels, those of the second images (NULL: none) and shares. */
typedef struct labeling {
  const int32_t *labels, *others;
  const float *shares;
  const double *weights;
  int64_t classes, n;
} labeling;

static double weight_of(const labeling *l, int32_t label) {
  return l->weights ? l->weights[label] : 1;
}

static double share_of(const labeling *l, int64_t i) {
  return l->others ? (double)l->shares[i] : 1;
}

static oc_status check_label(const labeling *l, int64_t i, int32_t label, oc_error *err) {
  if (label >= 0 && label < l->classes) return OC_OK;
  return oc_fail(err, OC_E_DATA, "training data", "Use labels from 0 to the number of classes - 1.",
                 "label %d of image %lld of the batch is out of range: there are %lld classes", label,
                 (long long)i, (long long)l->classes);
}

/* The sum of the weights of the images' classes. */
static oc_status sum_weights(const labeling *l, double *sum, oc_error *err) {
  *sum = 0;
  for (int64_t i = 0; i < l->n; i++) {
    const double share = share_of(l, i);
    TRY(check_label(l, i, l->labels[i], err));
    if (l->others) TRY(check_label(l, i, l->others[i], err));
    *sum += share * weight_of(l, l->labels[i]);
    if (l->others) *sum += (1 - share) * weight_of(l, l->others[i]);
  }
  return OC_OK;
}

static void fill_row(const labeling *l, int64_t i, double smoothing, double scale, float *row) {
  const double share = share_of(l, i), spread = smoothing / (double)l->classes;
  for (int64_t c = 0; c < l->classes; c++) {
    double t = spread;
    if (c == l->labels[i]) t += (1 - smoothing) * share;
    if (l->others && c == l->others[i]) t += (1 - smoothing) * (1 - share);
    row[c] = (float)(scale * weight_of(l, (int32_t)c) * t);
  }
}

static oc_status fill_rows(const labeling *l, double smoothing, float *rows, oc_error *err) {
  double sum;
  TRY(sum_weights(l, &sum, err));
  for (int64_t i = 0; i < l->n; i++) fill_row(l, i, smoothing, (double)l->n / sum, rows + i * l->classes);
  return OC_OK;
}

/* What a mixture is called: the right answer of the accuracy of training. */
static void take_larger(int32_t *labels, const int32_t *others, const float *shares, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    if (shares[i] < 0.5F) labels[i] = others[i];
}

/* Numbers, or fractions of classes. */
static void mix_numbers(float *values, const float *others, const float *shares, int64_t size, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = i * size; k < (i + 1) * size; k++)
      values[k] = shares[i] * values[k] + (1 - shares[i]) * others[k];
}

oc_status oc_soft_targets_fill(const oc_soft_targets *s, const oc_heads *h, const oc_input *input, int64_t n,
                               oc_error *err) {
  const oc_mixed *mixed = input->mixed.shares ? &input->mixed : NULL;
  for (int t = 0; t < h->target_count; t++) {
    const int64_t size = h->targets[t].size;
    const labeling l = {input->targets[t],
                        mixed ? mixed->targets[t] : NULL,
                        mixed ? mixed->shares : NULL,
                        s->class_weights[t],
                        size,
                        n};
    if (is_class(h, t)) TRY(fill_rows(&l, s->smoothing, s->rows[t], err));
    if (is_class(h, t) && mixed)
      take_larger(input->targets[t], mixed->targets[t], mixed->shares, n);
    else if (mixed)
      mix_numbers(input->targets[t], mixed->targets[t], mixed->shares, size, n);
  }
  return OC_OK;
}
