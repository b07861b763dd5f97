/* freeze_fixture.h: training with frozen layers, for its tests. */
#ifndef TESTS_FREEZE_FIXTURE_H
#define TESTS_FREEZE_FIXTURE_H
#include "fit_journal.h"
#include "model/frozen.h"

typedef struct way {
  const char *net;
  int freeze, threads;
  size_t bytes; /* for features; 0: the default */
  const char *augment;
  int fine_tune;
  bool batch_norm;
} way;

static inline fixture make_way(const way *w, const char *out) {
  setting s = plain;
  s.net = w->net;
  s.threads = w->threads;
  fixture f = make(&s, out);
  f.o.freeze = w->freeze;
  f.o.feature_bytes = w->bytes;
  f.o.augment = w->augment;
  f.o.fine_tune = w->fine_tune;
  f.o.fine_tune_batch_norm = w->batch_norm;
  f.o.fine_tune_learning_rate = 1e-3;
  return f;
}

/* All variables of a model, one after the other. */
static inline float *values_of(oc_model *m, size_t *count) {
  float *all = malloc(1 << 20);
  assert_non_null(all);
  *count = 0;
  for (int i = 0; i < m->own.variable_count; i++) {
    oc_variable_info v;
    oc_error err;
    assert_true(oc_variable_entry(m->session, i, &v));
    assert_ok(oc_variable_get(m->session, i, all + *count, v.bytes, &err), err);
    *count += v.bytes / sizeof *all;
  }
  return all;
}

static inline oc_status run_until(const way *w, int stop_at, bool resume, const char *folder, oc_error *err) {
  fixture f = make_way(w, folder);
  return fit_until(&f, stop_at, resume, err);
}

#endif
