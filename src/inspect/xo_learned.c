/* xo_learned.c: classifies X or O with a trained network of the same shape. All values are the engine's
 * own. */
#include "inspect/xo_walk.h"
#include "inspect/activations.h"
#include <string.h>

/* The network that OC_XO_NET becomes with two classes, in canonical form. */
static const char wanted[] = "conv 3x3x3 relu | maxpool 2 same | conv 3x3x9 relu | dense 2";
static const char *const names[] = {"conv_1/net_pre-activation", "conv_1/activation", "maxpool_1/MaxPool",
                                    "conv_2/activation", "fc_3/net_pre-activation"};
enum { MATCH, RELU, POOLED, STACKED, VOTES, NAMES };

static oc_status check_model(const oc_model *m, oc_error *err) {
  const oc_image_shape s = m->size;
  if (m->net && strcmp(m->net, wanted) == 0 && s.height == OC_XO_SIDE && s.width == OC_XO_SIDE &&
      s.channels == 1)
    return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "X or O", "Train one of OC_XO_NET.",
                 "the model is '%s' for images of %lldx%lldx%lld, expected '%s' for 9x9x1",
                 m->net ? m->net : "a graph", (long long)s.height, (long long)s.width, (long long)s.channels,
                 wanted);
}

/* Maps from (row, column, map) to (map, row, column). */
static void hwc_to_chw(const float *from, int maps, int pixels, double *to) {
  for (int m = 0; m < maps; m++)
    for (int p = 0; p < pixels; p++) to[m * pixels + p] = (double)from[p * maps + m];
}

static void copy_activations(const oc_plan *plan, oc_xo_reading *r) {
  const float *stacked = oc_plan_result(plan, STACKED).data, *votes = oc_plan_result(plan, VOTES).data;
  hwc_to_chw(oc_plan_result(plan, MATCH).data, OC_XO_FEATURES, OC_XO_MATCH * OC_XO_MATCH, r->match[0][0]);
  hwc_to_chw(oc_plan_result(plan, RELU).data, OC_XO_FEATURES, OC_XO_MATCH * OC_XO_MATCH, r->relu[0][0]);
  hwc_to_chw(oc_plan_result(plan, POOLED).data, OC_XO_FEATURES, OC_XO_POOLED * OC_XO_POOLED, r->pooled[0][0]);
  hwc_to_chw(stacked, OC_XO_MAPS, OC_XO_STACKED * OC_XO_STACKED, r->stacked[0][0]);
  for (int i = 0; i < OC_XO_VALUES; i++) r->values[i] = (double)stacked[i];
  for (int c = 0; c < 2; c++) r->votes[c] = (double)votes[c];
  r->verdict = r->votes[1] > r->votes[0];
}

oc_status oc_xo_read_model(oc_model *m, const uint8_t *pixels, oc_xo_reading *out, oc_error *err) {
  NEED(m, pixels, out);
  oc_node fetches[NAMES];
  oc_activations look = {0};
  TRY(check_model(m, err));
  for (int i = 0; i < NAMES; i++) fetches[i] = oc_find(m->graph, names[i]);
  oc_status status = oc_activations_fetch(&look, m, pixels, fetches, NAMES, err);
  for (int i = 0; i < NAMES && status == OC_OK; i++)
    status = oc_activations_check(&look, m, i, fetches[i], err);
  if (status == OC_OK) {
    oc_xo_image(pixels, out);
    copy_activations(look.plan, out);
  }
  oc_activations_release(&look);
  return status;
}

static const float *variable(const oc_model *m, const char *name) {
  return oc_variable_view(m->session, oc_variable_index(m->session, name)).data;
}

oc_status oc_xo_learned(oc_model *m, double features[OC_XO_FEATURES][OC_XO_FEATURE][OC_XO_FEATURE],
                        oc_xo_votes *votes, oc_error *err) {
  NEED(m, features, votes);
  TRY(check_model(m, err));
  const float *weights = variable(m, "fc_3/_weights"), *biases = variable(m, "fc_3/_biases");
  hwc_to_chw(variable(m, "conv_1/_weights"), OC_XO_FEATURES, OC_XO_FEATURE * OC_XO_FEATURE, features[0][0]);
  for (int i = 0; i < OC_XO_VALUES * 2; i++) votes->weight[i / 2][i % 2] = (double)weights[i];
  for (int c = 0; c < 2; c++) votes->bias[c] = (double)biases[c];
  return OC_OK;
}
