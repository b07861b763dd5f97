/* xo_walk.c: classifies X or O with features made by hand: matching, ReLU, pooling, matching again, votes. */
#include "inspect/xo_walk.h"
#include "base/error.h"
#include "ocellus/convolve.h"
#include <math.h>
#include <string.h>

enum { SIDE = OC_XO_SIDE, F = OC_XO_FEATURES, VALUES = OC_XO_VALUES, UNKNOWNS = VALUES + 1, SLICE = 64 };

/* The strokes of an X and what they make where they meet; an O has the two lines too, but never the cross. */
static const oc_xo_feature features[F] = {{"falling line", {{1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}}},
                                          {"cross", {{1, -1, 1}, {-1, 1, -1}, {1, -1, 1}}},
                                          {"rising line", {{-1, -1, 1}, {-1, 1, -1}, {1, -1, -1}}}};

const oc_xo_feature *oc_xo_feature_at(int index) {
  return index >= 0 && index < F ? &features[index] : NULL;
}

/* ---- one image ----------------------------------------------------------------------------------------- */

void oc_xo_image(const uint8_t *pixels, oc_xo_reading *r) {
  for (int i = 0; i < OC_XO_PIXELS; i++) r->image[i / SIDE][i % SIDE] = pixels[i] / 127.5 - 1;
}

/* The mean of the products with a feature, at each position of a square map. */
static void match(const double *map, int64_t side, int feature, double *out) {
  const oc_convolve2d_sizes sizes = {1, side, side, 1, OC_XO_FEATURE, OC_XO_FEATURE, 1};
  const int64_t places = (side - OC_XO_FEATURE + 1) * (side - OC_XO_FEATURE + 1);
  oc_convolve2d_options options = oc_convolve2d_defaults();
  options.mode = OC_CONVOLVE_VALID;
  options.correlate = true;
  (void)oc_convolve2d(&sizes, map, features[feature].pixels[0], &options, out,
                      NULL); /* these sizes always fit */
  for (int64_t i = 0; i < places; i++) out[i] /= OC_XO_FEATURE * OC_XO_FEATURE;
}

static void relu(double *map, int64_t count) {
  for (int64_t i = 0; i < count; i++) map[i] = fmax(0, map[i]);
}

static void pool(const double *map, double *out) {
  const oc_pool2d_sizes sizes = {1, OC_XO_MATCH, OC_XO_MATCH, 1};
  oc_pool2d_options options = oc_pool2d_defaults();
  options.mode = OC_CONVOLVE_TF_SAME;
  (void)oc_pool2d(&sizes, map, &options, out, NULL);
}

/* "No match" is -1 again, so that the second layer also matches positions without a match. */
static void stack(oc_xo_reading *r) {
  double map[OC_XO_POOLED * OC_XO_POOLED];
  for (int m = 0; m < F; m++) {
    for (int i = 0; i < OC_XO_POOLED * OC_XO_POOLED; i++)
      map[i] = 2 * r->pooled[m][i / OC_XO_POOLED][i % OC_XO_POOLED] - 1;
    for (int f = 0; f < F; f++) {
      double *out = r->stacked[F * m + f][0];
      match(map, OC_XO_POOLED, f, out);
      relu(out, OC_XO_STACKED * OC_XO_STACKED);
    }
  }
}

static void count_votes(const oc_xo_votes *votes, oc_xo_reading *r) {
  for (int c = 0; c < 2; c++) {
    r->votes[c] = votes->bias[c];
    for (int i = 0; i < VALUES; i++) r->votes[c] += r->values[i] * votes->weight[i][c];
  }
}

static void read_values(const uint8_t *pixels, oc_xo_reading *r) {
  oc_xo_image(pixels, r);
  for (int f = 0; f < F; f++) {
    match(r->image[0], SIDE, f, r->match[f][0]);
    memcpy(r->relu[f], r->match[f], sizeof r->relu[f]);
    relu(r->relu[f][0], OC_XO_MATCH * OC_XO_MATCH);
    pool(r->relu[f][0], r->pooled[f][0]);
  }
  stack(r);
  for (int i = 0; i < VALUES; i++) {
    const int place = i / OC_XO_MAPS;
    r->values[i] = r->stacked[i % OC_XO_MAPS][place / OC_XO_STACKED][place % OC_XO_STACKED];
  }
}

void oc_xo_read(const uint8_t *pixels, const oc_xo_votes *votes, oc_xo_reading *out) {
  if (!pixels || !votes || !out) return;
  read_values(pixels, out);
  count_votes(votes, out);
  out->verdict = out->votes[1] > out->votes[0];
}

/* ---- many ---------------------------------------------------------------------------------------------- */

typedef struct equations { /* a w = b: (sum of v v' + ridge) w = sum of v t' */
  double a[UNKNOWNS][UNKNOWNS], b[UNKNOWNS][2];
} equations;

static void add_image(equations *e, const uint8_t *pixels, int label) {
  oc_xo_reading r;
  double v[UNKNOWNS];
  read_values(pixels, &r);
  memcpy(v, r.values, sizeof r.values);
  v[VALUES] = 1;
  for (int i = 0; i < UNKNOWNS; i++) {
    for (int j = 0; j <= i; j++) e->a[i][j] += v[i] * v[j];
    e->b[i][label] += v[i];
  }
}

/* Cholesky: a = l l', of which only the lower half is there; it is positive definite thanks to the ridge. */
static void solve(equations *e) {
  for (int i = 0; i < UNKNOWNS; i++)
    for (int j = 0; j <= i; j++) {
      double sum = e->a[i][j];
      for (int k = 0; k < j; k++) sum -= e->a[i][k] * e->a[j][k];
      e->a[i][j] = i == j ? sqrt(sum) : sum / e->a[j][j];
    }
  for (int c = 0; c < 2; c++) {
    for (int i = 0; i < UNKNOWNS; i++) {
      for (int k = 0; k < i; k++) e->b[i][c] -= e->a[i][k] * e->b[k][c];
      e->b[i][c] /= e->a[i][i];
    }
    for (int i = UNKNOWNS - 1; i >= 0; i--) {
      for (int k = i + 1; k < UNKNOWNS; k++) e->b[i][c] -= e->a[k][i] * e->b[k][c];
      e->b[i][c] /= e->a[i][i];
    }
  }
}

static oc_status check_data(const oc_dataset *d, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(d);
  if (s.height == SIDE && s.width == SIDE && s.channels == 1 && oc_dataset_labeled(d) &&
      oc_dataset_classes(d) == 2)
    return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "X or O", "Open `xo` with oc_data_open, which has such images.",
                 "expected labeled images of 9x9x1 and 2 classes, got %lldx%lldx%lld and %d",
                 (long long)s.height, (long long)s.width, (long long)s.channels, oc_dataset_classes(d));
}

typedef void (*image_fn)(void *context, const uint8_t *pixels, int label);

static oc_status each_image(const oc_dataset *d, image_fn fn, void *context, oc_error *err) {
  uint8_t pixels[SLICE * OC_XO_PIXELS];
  int32_t labels[SLICE];
  TRY(check_data(d, err));
  for (int64_t first = 0; first < oc_dataset_count(d); first += SLICE) {
    const int64_t left = oc_dataset_count(d) - first, count = left < SLICE ? left : SLICE;
    TRY(oc_dataset_read(d, first, count, pixels, labels, err));
    for (int64_t i = 0; i < count; i++) fn(context, pixels + i * OC_XO_PIXELS, labels[i]);
  }
  return OC_OK;
}

static void fit_image(void *context, const uint8_t *pixels, int label) {
  add_image(context, pixels, label);
}

oc_status oc_xo_votes_fit(const oc_dataset *d, oc_xo_votes *out, oc_error *err) {
  NEED(d, out);
  equations e = {0};
  for (int i = 0; i < UNKNOWNS; i++) e.a[i][i] = 1;
  TRY(each_image(d, fit_image, &e, err));
  solve(&e);
  memcpy(out->weight, e.b, sizeof out->weight);
  memcpy(out->bias, e.b[VALUES], sizeof out->bias);
  return OC_OK;
}

typedef struct score {
  const oc_xo_votes *votes;
  int64_t correct;
} score;

static void score_image(void *context, const uint8_t *pixels, int label) {
  score *s = context;
  oc_xo_reading r;
  oc_xo_read(pixels, s->votes, &r);
  s->correct += r.verdict == label;
}

oc_status oc_xo_score(const oc_dataset *d, const oc_xo_votes *votes, int64_t *correct, oc_error *err) {
  NEED(d, votes, correct);
  score s = {votes, 0};
  TRY(each_image(d, score_image, &s, err));
  *correct = s.correct;
  return OC_OK;
}
