/* fit_journal.h: what a training run reports and leaves, for the tests of oc_model_fit. */
#ifndef OC_TESTS_FIT_JOURNAL_H
#define OC_TESTS_FIT_JOURNAL_H
#include "fit_fixture.h"
#include "base/file.h"
#include "base/random.h"
#include "model/model.h"
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)

/* Weights, optimizer state and best weights of the run in a folder. */
static inline void hash_of_run(const char *folder, char hex[65]) {
  char path[256];
  oc_model_source file;
  oc_error err;
  (void)snprintf(path, sizeof path, "%s/last.safetensors", folder);
  assert_ok(oc_model_read(path, "checkpoint", &file, &err), err);
  (void)snprintf(hex, 65, "%s", oc_metadata_get(&file.file.metadata, "sha256")); /* which was checked */
  oc_model_source_release(&file);
}

/* ---- events -------------------------------------------------------------------------------------------- */

typedef struct journal {
  int events, kinds[4], stop_at; /* stop_at: after this many events, 0: never */
  oc_event last[4];              /* by kind */
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

#endif
