/* plan_fixture.h: a network with its loss and gradients, a plan of them, and questions about plans. */
#ifndef OC_TESTS_PLAN_FIXTURE_H
#define OC_TESTS_PLAN_FIXTURE_H
#include "base/memory.h"
#include "ocellus/net.h"
#include "ocellus/session.h"
#include "ocellus/train.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { BATCH = 21, CLASSES = 10, MAX_VARIABLES = 64, SEEN = 8 /* images of a prediction */ };

/* A network with its loss and the gradients of all variables, on fixed pseudo-random images. */
typedef struct fixture {
  oc_graph *g;
  oc_session *s;
  oc_plan *plan;
  oc_node tf_x, tf_y, logits, fetches[MAX_VARIABLES + 1];
  int count;
  float x[BATCH * 28 * 28 * 3];
  int32_t y[BATCH];
} fixture;

static inline void check(oc_status status, const oc_error *err) {
  if (status != OC_OK) fail_msg("%s: %s (%s)", err->where, err->message, err->hint);
}

static inline void fill(fixture *f) {
  uint32_t state = 7;
  for (size_t i = 0; i < sizeof f->x / sizeof *f->x; i++) {
    state = state * 1664525u + 1013904223u;
    f->x[i] = (float)(state >> 8) / 8388608.0f - 1;
  }
  for (int i = 0; i < BATCH; i++) f->y[i] = (i * 7) % CLASSES;
}

static inline void make_graph(fixture *f, const char *net, int64_t size, int64_t channels) {
  oc_error err = {0};
  check(oc_graph_create(NULL, &f->g, &err), &err);
  f->tf_x = oc_placeholder(f->g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, size, size, channels));
  f->tf_y = oc_placeholder(f->g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  check(oc_net_build(f->g, f->tf_x, net, CLASSES, NULL, &f->logits, &err), &err);
  const oc_node loss =
      oc_reduce_mean(f->g, oc_softmax_cross_entropy(f->g, f->logits, oc_one_hot(f->g, f->tf_y, CLASSES)), 0);
  oc_node xs[MAX_VARIABLES];
  int n = 0;
  for (int i = 0; i < oc_graph_op_count(f->g); i++) {
    const oc_node node = oc_node_at(f->g, i);
    if (strcmp(oc_node_op(f->g, node), "variable") == 0 && !strstr(oc_node_name(f->g, node), "moving"))
      xs[n++] = node;
  }
  f->fetches[0] = loss;
  oc_gradients(f->g, loss, xs, n, f->fetches + 1);
  f->count = n + 1;
  check(oc_graph_status(f->g, &err), &err);
}

static inline fixture *make(const char *net, int64_t size, int64_t channels,
                            const oc_session_options *options) {
  fixture *f = oc_memory_alloc(sizeof *f);
  assert_non_null(f);
  oc_error err = {0};
  fill(f);
  make_graph(f, net, size, channels);
  check(oc_session_create(f->g, options, &f->s, &err), &err);
  const oc_plan_options o = {.batch = BATCH, .training = true};
  check(oc_plan_create(f->s, f->fetches, f->count, &o, &f->plan, &err), &err);
  check(oc_plan_bind(f->plan, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(f->plan, f->tf_y, f->y, &err), &err);
  check(oc_plan_run(f->plan, BATCH, (oc_rng_counter){3, 100}, &err), &err);
  return f;
}

static inline void release(fixture *f) {
  oc_plan_free(f->plan);
  oc_session_free(f->s);
  oc_graph_free(f->g);
  oc_memory_free(f);
}

static inline int64_t count_of(oc_tensor t) {
  int64_t n = 0;
  assert_int_equal(oc_shape_count(&t.shape, 1, &n, NULL), OC_OK);
  return n;
}

static inline void compare(const fixture *want, const fixture *have, double tolerance, const char *what) {
  for (int i = 0; i < want->count; i++) {
    const oc_tensor a = oc_plan_result(want->plan, i), b = oc_plan_result(have->plan, i);
    const float *x = a.data, *y = b.data;
    double largest = 1e-6, error = 0;
    assert_true(oc_shape_equal(&a.shape, &b.shape));
    for (int64_t k = 0; k < count_of(a); k++) {
      assert_true(isfinite(x[k]) && isfinite(y[k]));
      largest = fmax(largest, fabs((double)x[k]));
      error = fmax(error, fabs((double)x[k] - (double)y[k]));
    }
    if (error > tolerance * largest)
      fail_msg("%s: %s differs by %g of %g", what, oc_node_name(want->g, want->fetches[i]), error, largest);
  }
}

/* Predictions of one plan before and after its session's variables changed: by hand, by a training step. */
static inline void predict(oc_plan *plan, int64_t samples, float *out) {
  oc_error err = {0};
  check(oc_plan_run(plan, samples, (oc_rng_counter){0, 0}, &err), &err);
  const oc_tensor y = oc_plan_result(plan, 0);
  memcpy(out, y.data, (size_t)(samples * CLASSES) * sizeof *out);
}

static inline oc_plan *predictor(fixture *f) {
  oc_error err = {0};
  oc_plan *plan;
  const oc_plan_options o = {.batch = SEEN};
  check(oc_plan_create(f->s, &f->logits, 1, &o, &plan, &err), &err);
  check(oc_plan_bind(plan, f->tf_x, f->x, &err), &err);
  return plan;
}

static inline void expect_as_fresh(fixture *f, oc_plan *old, bool changed) {
  float before[SEEN * CLASSES], now[SEEN * CLASSES], fresh[SEEN * CLASSES];
  const oc_tensor last = oc_plan_result(old, 0);
  memcpy(before, last.data, sizeof before);
  oc_plan *plan = predictor(f);
  predict(old, SEEN, now);
  predict(plan, SEEN, fresh);
  oc_plan_free(plan);
  assert_memory_equal(now, fresh, sizeof now);
  assert_int_equal(memcmp(before, now, sizeof now) != 0, changed);
}

static inline bool has_kernel(const oc_plan *plan, const char *name) {
  oc_step_time t;
  for (int i = 0; oc_plan_step_time(plan, i, &t); i++)
    if (strstr(t.kernel, name)) return true;
  return false;
}

static inline int count_steps(const oc_plan *plan, const char *operation) {
  oc_step_time t;
  int count = 0;
  for (int i = 0; oc_plan_step_time(plan, i, &t); i++) count += strcmp(t.operation, operation) == 0;
  return count;
}

static inline bool has_step(const oc_plan *plan, const char *operation) {
  return count_steps(plan, operation) > 0;
}

#endif
