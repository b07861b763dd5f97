/* variable_fixture.h: a caller's own network with a training step, for tests of its variables and
 * gradients. */
#ifndef OC_TESTS_VARIABLE_FIXTURE_H
#define OC_TESTS_VARIABLE_FIXTURE_H
#include "harness.h"
#include "ocellus/train.h"
#include "plan/plan.h"
#include "train/optimizer.h"

/* Large enough that a training step fuses fc_1's update with its gradient, and keeps the weights
 * transposed. */
enum { IN = 225, UNITS = 600, CLASSES = 3, SAMPLES = 64, MOST = 64 };

typedef struct net {
  oc_graph *g;
  oc_session *s;
  oc_node x, y, loss, step, gradients[MOST];
  float images[SAMPLES * IN];
  int32_t labels[SAMPLES];
} net;

static inline void build(net *n) {
  oc_error err;
  assert_ok(oc_graph_create(NULL, &n->g, &err), err);
  n->x = oc_placeholder(n->g, "x", OC_F32, OC_SHAPE(OC_BATCH, IN));
  n->y = oc_placeholder(n->g, "y", OC_I32, OC_SHAPE(OC_BATCH));
  const oc_node w = oc_variable(n->g, "w", OC_SHAPE(IN, UNITS), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node b = oc_variable(n->g, "b", OC_SHAPE(UNITS), oc_init_of(OC_INIT_ZEROS));
  oc_init kept = oc_init_of(OC_INIT_ONES);
  kept.not_trainable = true;
  (void)oc_variable(n->g, "average", OC_SHAPE(5), kept);
  const oc_node v = oc_variable(n->g, "v", OC_SHAPE(UNITS, CLASSES), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node h = oc_relu(n->g, oc_bias_add(n->g, oc_matmul(n->g, n->x, w, false, false), b));
  const oc_node losses =
      oc_softmax_cross_entropy(n->g, oc_matmul(n->g, h, v, false, false), oc_one_hot(n->g, n->y, CLASSES));
  n->loss = oc_named(n->g, oc_reduce_mean(n->g, losses, 0), "loss");
  for (int i = 0; i < SAMPLES * IN; i++) n->images[i] = (float)(i * 29 % 101) / 50 - 1;
  for (int i = 0; i < SAMPLES; i++) n->labels[i] = i % CLASSES;
}

static inline void start(net *n, const oc_optimizer_options *how, oc_isa isa) {
  oc_error err;
  build(n);
  n->step = oc_minimize_keeping(n->g, n->loss, how, n->gradients);
  const oc_session_options o = {.seed = 1, .threads = 2, .isa = isa};
  assert_ok(oc_session_create(n->g, &o, &n->s, &err), err);
}

static inline void end(net *n) {
  oc_session_free(n->s);
  oc_graph_free(n->g);
}

static inline oc_plan *plan_of(net *n, bool keep_gradients, int gradients) {
  oc_node fetches[MOST] = {n->loss, n->step};
  oc_error err;
  oc_plan *p;
  for (int i = 0; i < gradients; i++) fetches[2 + i] = n->gradients[i];
  const oc_plan_options o = {.batch = SAMPLES, .training = true, .keep_gradients = keep_gradients};
  assert_ok(oc_plan_create(n->s, fetches, 2 + gradients, &o, &p, &err), err);
  assert_ok(oc_plan_bind(p, n->x, n->images, &err), err);
  assert_ok(oc_plan_bind(p, n->y, n->labels, &err), err);
  return p;
}

static inline void run(oc_plan *p, int64_t samples) {
  oc_error err;
  assert_ok(oc_plan_run(p, samples, (oc_rng_counter){0, 0}, &err), err);
}

static inline oc_variable_info entry(const oc_session *s, const char *name) {
  oc_variable_info v;
  if (!oc_variable_entry(s, oc_variable_index(s, name), &v)) fail_msg("no variable %s", name);
  assert_string_equal(v.name, name);
  return v;
}

static inline const unsigned char *where(const oc_session *s, const char *name) {
  return oc_variable_view(s, oc_variable_index(s, name)).data;
}

/* All values, by name. */
static inline void expect_same_values(const oc_session *a, const oc_session *b) {
  static float one[IN * UNITS], two[IN * UNITS];
  oc_error err;
  assert_int_equal(oc_variable_count(a), oc_variable_count(b));
  for (int i = 0; i < oc_variable_count(a); i++) {
    const oc_variable_info v = entry(a, oc_variable_name(a, i));
    assert_ok(oc_variable_get(a, i, one, v.bytes, &err), err);
    assert_ok(oc_variable_get(b, oc_variable_index(b, v.name), two, v.bytes, &err), err);
    if (memcmp(one, two, v.bytes) != 0) fail_msg("%s has other bits", v.name);
  }
}

#endif
