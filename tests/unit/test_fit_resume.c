/* Does a training run that was interrupted resume with the same bits, and does its folder belong to one
 * run at a time? */
#include "fit_journal.h"

/* Runs in `folder` and stops after `stop_at` events (0: runs to the end). */
static void run_until(const setting *s, const char *folder, int stop_at, bool resume, char model[65]) {
  fixture f = make(s, folder);
  journal l = {.stop_at = stop_at};
  oc_error err;
  f.o.on_event = on_event;
  f.o.context = &l;
  f.o.resume = resume;
  if (stop_at == 0) {
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    assert_int_equal(l.last[OC_EVENT_END].epoch, 3);
  } else {
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_INTERRUPTED, err, "--resume");
    assert_int_equal(l.events, stop_at);
  }
  hash_of_model(f.m, model);
  release(&f);
}

/* Losses and accuracies by epoch, without times. */
static void metrics_of(const char *folder, char text[1024]) {
  char path[256], line[512];
  (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t used = 0;
  while (fgets(line, sizeof line, file)) {
    json_t *o = json_loads(line, 0, NULL);
    used += (size_t)snprintf(
        text + used, 1024 - used, "%d %.9g %.9g %.9g;", (int)json_integer_value(json_object_get(o, "epoch")),
        json_real_value(json_object_get(o, "loss")), json_real_value(json_object_get(o, "train_accuracy")),
        json_real_value(json_object_get(o, "valid_accuracy")));
    json_decref(o);
  }
  (void)fclose(file);
}

static void resumed_runs_end_with_the_same_bits(void **state) {
  (void)state;
  const char *const optimizers[] = {"adam", "momentum"};
  /* Events: START, 10 steps, EPOCH, and so on: before the first step, mid-epoch, last step, epoch's end,
   * later ones. */
  const int stops[] = {1, 2, 6, 11, 12, 13, 19, 30};
  for (int i = 0; i < 2; i++) {
    setting s = plain;
    s.optimizer = optimizers[i];
    char straight[65], model[65], straight_run[65], run[65], lines[1024], again[1024], folder[32];
    (void)snprintf(folder, sizeof folder, "straight-%d", i);
    run_until(&s, folder, 0, false, straight);
    hash_of_run(folder, straight_run);
    metrics_of(folder, lines);
    assert_non_null(strstr(lines, ";3 "));
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
      (void)snprintf(folder, sizeof folder, "run-%d-%d", i, stops[k]);
      s.threads = 2;
      run_until(&s, folder, stops[k], false, model);
      s.threads = 3;
      run_until(&s, folder, 4, true, model); /* and once more after START and three steps */
      run_until(&s, folder, 0, true, model);
      hash_of_run(folder, run);
      metrics_of(folder, again);
      assert_string_equal(model, straight);
      assert_string_equal(run, straight_run);
      assert_string_equal(again, lines);
    }
  }
}

/* A run that is killed leaves the checkpoint of its last epoch, and perhaps newer other files. */
static void a_killed_run_goes_on_from_its_last_epoch(void **state) {
  (void)state;
  char straight[65], model[65], lines[1024], again[1024];
  run_until(&plain, "straight", 0, false, straight);
  metrics_of("straight", lines);
  run_until(&plain, "killed", 12, false, model); /* epoch 1 is whole */
  oc_error err;
  assert_ok(oc_file_append_line("killed/metrics.jsonl", "{\"epoch\":2,\"loss\":9}", &err), err);
  assert_int_equal(unlink("killed/model.safetensors"), 0);
  run_until(&plain, "killed", 1, true, model);
  assert_true(oc_file_exists("killed/model.safetensors"));
  run_until(&plain, "killed", 0, true, model);
  metrics_of("killed", again);
  assert_string_equal(model, straight);
  assert_string_equal(again, lines);
  run_until(&plain, "killed", 0, true, model); /* nothing left to do */
  assert_string_equal(model, straight);
}

static void more_epochs_may_follow(void **state) {
  (void)state;
  char straight[65], model[65];
  run_until(&plain, "straight", 0, false, straight);
  fixture f = make(&plain, "two");
  oc_error err;
  f.o.epochs = 2;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  release(&f);
  run_until(&plain, "two", 0, true, model);
  assert_string_equal(model, straight);
}

static void resume_refuses_fewer_epochs_than_were_done(void **state) {
  (void)state;
  char model[65], again[65];
  oc_error err;
  run_until(&plain, "done", 0, false, model);
  fixture f = make(&plain, "done");
  f.o.resume = true;
  f.o.epochs = 2;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "epochs: 2 is less than the epochs that the run in done/last.safetensors has begun, 3");
  f.o.epochs = 3;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_model(f.m, again);
  assert_string_equal(again, model);
  release(&f);
}

static void resume_refuses_another_run(void **state) {
  (void)state;
  char model[65];
  oc_error err;
  run_until(&plain, "run", 5, false, model);
  unsigned char *before;
  size_t size;
  assert_ok(oc_file_read("run/run.json", 1 << 20, &before, &size, &err), err);
  setting other = plain;
  other.learning_rate = 1e-3;
  fixture f = make(&other, "run");
  f.o.resume = true;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "learning_rate is 0.001, but the run in run/last.safetensors had 0.003");
  f.o.learning_rate = plain.learning_rate;
  assert_fails(oc_model_fit(f.m, f.valid, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "train_data: the training images or their labels differ from those of the run in run/last");
  assert_fails(oc_model_fit(f.m, f.train, NULL, &f.o, &err), OC_E_ARGUMENT, err,
               "valid_data: the validation images or their labels");
  f.o.out = "nowhere";
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_NO_INPUT, err, "nowhere: cannot open");
  assert_false(oc_file_exists("nowhere"));
  f.o.out = "run";
  unsigned char *after;
  assert_ok(oc_file_read("run/run.json", 1 << 20, &after, &size, &err), err);
  assert_string_equal(before, after); /* the run's own record is untouched */
  oc_memory_free(before);
  oc_memory_free(after);
  assert_int_equal(truncate("run/last.safetensors", 3000), 0);
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_DATA, err, "truncated");
  assert_ok(oc_model_save(f.m, "run/last.safetensors", &err), err);
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_DATA, err, "expected a checkpoint");
  release(&f);
}

/* ---- one run at a time --------------------------------------------------------------------------------- */

typedef struct rival {
  oc_model *m;
  const fixture *f;
  oc_error err;
  oc_status status;
} rival;

/* A second training of the same folder, begun while the first is in the middle of an epoch. */
static bool begin_another(void *context, const oc_event *e) {
  rival *r = context;
  if (e->kind != OC_EVENT_STEP || e->epoch != 1 || e->step != 2) return true;
  oc_fit_options o = r->f->o;
  o.on_event = NULL;
  r->status = oc_model_fit(r->m, r->f->train, r->f->valid, &o, &r->err);
  return true;
}

static void a_folder_belongs_to_one_fit_at_a_time(void **state) {
  (void)state;
  oc_error err;
  char first[65], after[65];
  fixture f = make(&plain, "run"), other = make(&plain, NULL);
  rival r = {.m = other.m, .f = &f};
  f.o.on_event = begin_another;
  f.o.context = &r;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(r.status, OC_E_CANT_CREATE);
  assert_non_null(strstr(r.err.message, "another training run is writing"));
  hash_of_run("run", first);
  f.o.on_event = NULL;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_CANT_CREATE, err,
               "run: already holds a run");
  f.o.replace = true;
  f.o.on_event = begin_another; /* refused while the first one still runs, too */
  memset(&r.err, 0, sizeof r.err);
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(r.status, OC_E_CANT_CREATE);
  assert_non_null(strstr(r.err.message, "another training run is writing"));
  hash_of_run("run", after);
  assert_string_not_equal(first, after); /* its model was trained further */
  release(&f);
  release(&other);
}

static bool stop_in_first_epoch(void *context, const oc_event *e) {
  (void)context;
  return e->kind != OC_EVENT_STEP || e->step < 2;
}

static bool stop_in_second_epoch(void *context, const oc_event *e) {
  (void)context;
  return e->kind != OC_EVENT_STEP || e->epoch < 2 || e->step < 2;
}

static void a_run_stays_if_its_successor_does_not_get_far(void **state) {
  (void)state;
  oc_error err;
  char first[65], after[65];
  fixture f = make(&plain, "run");
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run("run", first);
  f.o.replace = true;
  f.o.on_event = stop_in_first_epoch;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_INTERRUPTED, err,
               "The run in run is unchanged");
  f.o.on_event = NULL;
  f.o.learning_rate = 1e30;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_NOT_FINITE, err,
               "The run in run is unchanged");
  hash_of_run("run", after);
  assert_string_equal(first, after);
  assert_false(oc_file_exists(".run.ocellus-new"));
  release(&f);
}

static void without_a_folder_interruption_keeps_the_weights(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  journal l = {.stop_at = 5};
  oc_error err;
  char before[65], after[65];
  hash_of_model(f.m, before);
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_INTERRUPTED, err, "after step 4 of 10");
  hash_of_model(f.m, after);
  assert_string_not_equal(before, after);
  release(&f);
}

/* In the second epoch the best one is the first, whose weights the model then has: a new fit continues from
 * these. */
static void interruption_keeps_the_best_epoch(void **state) {
  (void)state;
  for (int keep_last = 0; keep_last < 2; keep_last++) {
    fixture f = make(&plain, keep_last ? "stopped-last" : "stopped");
    oc_error err;
    oc_model *best;
    char held[65], saved[65];
    f.o.keep_last = keep_last;
    f.o.on_event = stop_in_second_epoch;
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_INTERRUPTED, err,
                 "stopped in epoch 2");
    assert_ok(oc_model_load(keep_last ? "stopped-last/model.safetensors" : "stopped/model.safetensors", NULL,
                            &best, &err),
              err);
    hash_of_model(f.m, held);
    hash_of_model(best, saved);
    assert_string_equal(held, saved);
    assert_string_equal(oc_model_metadata(best, "trained_epochs"), "1");
    oc_model_free(best);
    release(&f);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(resumed_runs_end_with_the_same_bits),
      IN_FOLDER(a_killed_run_goes_on_from_its_last_epoch),
      IN_FOLDER(more_epochs_may_follow),
      IN_FOLDER(resume_refuses_fewer_epochs_than_were_done),
      IN_FOLDER(resume_refuses_another_run),
      IN_FOLDER(a_folder_belongs_to_one_fit_at_a_time),
      IN_FOLDER(a_run_stays_if_its_successor_does_not_get_far),
      cmocka_unit_test(without_a_folder_interruption_keeps_the_weights),
      IN_FOLDER(interruption_keeps_the_best_epoch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
