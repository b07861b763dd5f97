/* fit_journal.h: what a training run reports and leaves, for the tests of oc_model_fit. */
#ifndef OC_TESTS_FIT_JOURNAL_H
#define OC_TESTS_FIT_JOURNAL_H
#include "fit_fixture.h"
#include "run_hash.h"
#include "base/file.h"
#include "base/random.h"
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

/* ---- events -------------------------------------------------------------------------------------------- */

typedef struct journal {
  int events, kinds[5], stop_at; /* stop_at: after this many events, 0: never */
  oc_event last[5];              /* by kind */
  double best;
} journal;

static inline bool on_event(void *context, const oc_event *e) {
  journal *l = context;
  l->events++;
  l->kinds[e->kind]++;
  l->last[e->kind] = *e;
  if (e->kind == OC_EVENT_EPOCH && !(e->valid_accuracy <= l->best)) l->best = e->valid_accuracy;
  return l->stop_at == 0 || l->events < l->stop_at;
}

/* Trains as f->o says, stops after `stop_at` events (0: runs to the end), and releases *f. */
static inline oc_status fit_until(fixture *f, int stop_at, bool resume, oc_error *err) {
  journal l = {.stop_at = stop_at};
  f->o.on_event = on_event;
  f->o.context = &l;
  f->o.resume = resume;
  const oc_status status = oc_model_fit(f->m, f->train, f->valid, &f->o, err);
  release(f);
  return status;
}

#endif
