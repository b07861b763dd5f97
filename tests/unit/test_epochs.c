/* What a run reports of each epoch, and which epochs it keeps: are the figures of both parts right, and do
 * the files follow from the epochs done alone? */
#include "fit_fixture.h"
#include "base/file.h"
#include "ocellus/convnn.h"
#include <math.h>

typedef struct journal {
  oc_event last[4]; /* by kind */
  int events, stop_at;
} journal;

static bool on_event(void *context, const oc_event *e) {
  journal *l = context;
  l->last[e->kind] = *e;
  return ++l->events != l->stop_at;
}

/* Running figures are means over the steps as they came; full ones are what an evaluation says. */
static void both_parts_are_reported(void **state) {
  (void)state;
  for (int full = 0; full < 2; full++) {
    const setting still = {"dense 8 tanh | dense CLASSES", "sgd", 1, 1e-30, 0.5};
    fixture f = make(&still, NULL);
    journal l = {0};
    oc_error err;
    oc_evaluation e, v;
    f.o.epochs = 2;
    f.o.full_train_metrics = full;
    f.o.on_event = on_event;
    f.o.context = &l;
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    assert_ok(oc_model_evaluate(f.m, f.train, &e, &err), err);
    assert_ok(oc_model_evaluate(f.m, f.valid, &v, &err), err);
    const oc_event *epoch = &l.last[OC_EVENT_EPOCH], *step = &l.last[OC_EVENT_STEP];
    assert_true(epoch->train_full == full);
    assert_true(fabs(epoch->train_loss - e.loss) < 1e-6);
    assert_true(epoch->train_accuracy == e.accuracy && epoch->valid_accuracy == v.accuracy);
    assert_true(epoch->valid_loss == v.loss);
    assert_true(fabs(epoch->loss - epoch->penalty - e.loss) < 1e-6 && epoch->penalty > 0.01);
    assert_true(step->train_accuracy == e.accuracy && isnan(step->valid_loss));
    oc_evaluation_release(&e);
    oc_evaluation_release(&v);
    release(&f);
  }
}

/* The best epoch by default; the last one if requested, in the model file too. */
static void keep_last_keeps_the_last(void **state) {
  (void)state;
  char best[65], last[65], checkpoint[65];
  oc_error err;
  for (int i = 0; i < 2; i++) {
    setting wild = plain;
    wild.learning_rate = 0.1; /* so that the best epoch is not the last */
    const char *folder = i ? "last" : "best";
    fixture f = make(&wild, folder);
    journal l = {0};
    oc_model *m;
    f.o.epochs = 6;
    f.o.keep_last = i;
    f.o.on_event = on_event;
    f.o.context = &l;
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    assert_true(l.last[OC_EVENT_END].best_epoch < 6);
    hash_of_model(f.m, i ? last : best);
    assert_ok(oc_model_load(i ? "last/last.safetensors" : "best/last.safetensors", NULL, &m, &err), err);
    hash_of_model(m, checkpoint);
    oc_model_free(m);
    assert_ok(oc_model_load(i ? "last/model.safetensors" : "best/model.safetensors", NULL, &m, &err), err);
    char trained[16];
    (void)snprintf(trained, sizeof trained, "%d", i ? 6 : l.last[OC_EVENT_END].best_epoch);
    assert_string_equal(oc_model_metadata(m, "trained_epochs"), trained);
    oc_model_free(m);
    release(&f);
  }
  assert_string_equal(last, checkpoint);
  assert_string_not_equal(best, last);
}

/* Which of epoch-1 .. epoch-9 are there, as digits. */
static const char *kept(const char *folder) {
  static char digits[10];
  int n = 0;
  for (int i = 1; i <= 9; i++) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/epoch-%d.safetensors", folder, i);
    if (oc_file_exists(path)) digits[n++] = (char)('0' + i);
  }
  digits[n] = 0;
  return digits;
}

static oc_status run_in(const char *folder, int keep, int epochs, bool resume, int stop_at, journal *l) {
  setting s = plain;
  s.learning_rate = 0.1;
  fixture f = make(&s, folder);
  *l = (journal){.stop_at = stop_at};
  f.o.keep = keep;
  f.o.epochs = epochs;
  f.o.resume = resume;
  f.o.on_event = on_event;
  f.o.context = l;
  const oc_status status = oc_model_fit(f.m, f.train, f.valid, &f.o, NULL);
  release(&f);
  return status;
}

static oc_status run(int keep, int epochs, bool resume, int stop_at, journal *l) {
  return run_in("run", keep, epochs, resume, stop_at, l);
}

static void epochs_are_kept(void **state) {
  (void)state;
  journal l;
  oc_error err;
  oc_model *m;
  assert_int_equal(run(OC_KEEP_ALL, 4, false, 0, &l), OC_OK);
  assert_string_equal(kept("run"), "1234");
  assert_ok(oc_model_load("run/epoch-2.safetensors", NULL, &m, &err), err);
  assert_string_equal(oc_model_metadata(m, "trained_epochs"), "2");
  assert_string_equal(oc_model_metadata(m, "kind"), "model");
  oc_model_free(m);
  assert_int_equal(run_in("two", 2, 4, false, 0, &l), OC_OK);
  assert_string_equal(kept("two"), "34");
  assert_int_equal(run_in("one", OC_KEEP_BEST, 4, false, 0, &l), OC_OK);
  assert_int_equal(kept("one")[0] - '0', l.last[OC_EVENT_END].best_epoch);
  assert_int_equal(strlen(kept("one")), 1);
  assert_int_equal(run_in("none", OC_KEEP_NONE, 4, false, 0, &l), OC_OK);
  assert_string_equal(kept("none"), "");
}

/* Stopped within epoch 3, with files that a killed run could have left, and others that are none of the
 * run's. */
static void a_resumed_run_keeps_the_same(void **state) {
  (void)state;
  journal l;
  oc_error err;
  const int stop = 2 + 2 * (STEPS + 1) + 3;
  assert_int_equal(run(2, 5, false, stop, &l), OC_E_INTERRUPTED);
  assert_string_equal(kept("run"), "12");
  assert_ok(oc_file_replace("run/epoch-3.safetensors", "half", 4, &err), err);
  assert_ok(oc_file_replace("run/epoch-03.safetensors", "mine", 4, &err), err);
  assert_ok(oc_file_replace("run/epoch-1.safetensors.txt", "mine", 4, &err), err);
  assert_int_equal(run(2, 5, true, 2, &l), OC_E_INTERRUPTED);
  assert_string_equal(kept("run"), "12");
  assert_int_equal(run(2, 5, true, 0, &l), OC_OK);
  assert_string_equal(kept("run"), "45");
  assert_true(oc_file_exists("run/epoch-03.safetensors") && oc_file_exists("run/epoch-1.safetensors.txt"));
  assert_int_equal(run(OC_KEEP_NONE, 6, true, 0, &l), OC_OK); /* what was kept stays */
  assert_string_equal(kept("run"), "45");
}

static void keep_is_checked(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  oc_error err;
  f.o.keep = OC_KEEP_ALL;
  assert_fails(oc_model_fit(f.m, f.train, NULL, &f.o, &err), OC_E_ARGUMENT, err, "no folder");
  f.o.out = "run";
  f.o.keep = -3;
  assert_fails(oc_model_fit(f.m, f.train, NULL, &f.o, &err), OC_E_ARGUMENT, err, "epochs, got -3");
  release(&f);
}

/* The lecture's class: fresh weights on request, the losses, files by epoch. */
static void convnn_by_epoch(void **state) {
  (void)state;
  oc_error err;
  oc_convnn *c;
  char *path;
  int count = -1;
  float a[CLASSES], b[CLASSES];
  uint8_t pixels[PIXELS] = {7};
  oc_dataset *train = make_data(TRAIN, 1);
  oc_convnn_options how = oc_convnn_defaults();
  how.net = net;
  how.epochs = 2;
  assert_ok(oc_convnn_create(&how, &c, &err), err);
  assert_fails(oc_convnn_save_epoch(c, 1, NULL, &err), OC_E_ARGUMENT, err, "no network yet");
  assert_fails(oc_convnn_train(c, train, NULL, false, &err), OC_E_ARGUMENT, err, "no network yet");
  assert_ok(oc_convnn_train(c, train, NULL, true, &err), err);
  const double *losses = oc_convnn_losses(c, &count);
  assert_int_equal(count, 2);
  const double first = losses[0], second = losses[1];
  assert_true(first > 0 && second > 0 && first != second);
  assert_ok(oc_convnn_save_epoch(c, 20, NULL, &err), err);
  assert_true(oc_file_exists("tflayers-model/model.ckpt-20.safetensors"));
  assert_ok(oc_convnn_save_epoch(c, 0, "deep/er", &err), err);
  assert_ok(oc_convnn_predict_proba(c, pixels, 1, a, &err), err);
  assert_ok(oc_convnn_train(c, train, NULL, false, &err), err); /* further, with the losses after the first */
  losses = oc_convnn_losses(c, &count);
  assert_int_equal(count, 4);
  assert_true(losses[0] == first && losses[2] != first);
  assert_ok(oc_convnn_load_epoch(c, 20, NULL, &err), err);
  assert_ok(oc_convnn_predict_proba(c, pixels, 1, b, &err), err);
  assert_memory_equal(a, b, sizeof a);
  assert_ok(oc_convnn_train(c, train, NULL, true, &err), err); /* from the start: the same bits */
  losses = oc_convnn_losses(c, &count);
  assert_true(count == 2 && losses[0] == first && losses[1] == second);
  assert_fails(oc_convnn_load_epoch(c, 21, NULL, &err), OC_E_NO_INPUT, err, "model.ckpt-21");
  assert_fails(oc_convnn_save_epoch(c, -1, NULL, &err), OC_E_ARGUMENT, err, "must be at least 0, got -1");
  assert_ok(oc_convnn_epoch_path(3, "f", &path, &err), err);
  assert_string_equal(path, "f/model.ckpt-3.safetensors");
  oc_free(path);
  oc_convnn_free(c);
  oc_dataset_free(train);
}

static void session_by_epoch(void **state) {
  (void)state;
  oc_error err;
  char *path;
  fixture f = make(&plain, NULL);
  oc_session *s = oc_model_session(f.m);
  assert_ok(oc_session_save_epoch(s, 20, NULL, &err), err);
  assert_true(oc_file_exists("model/cnn-model.ckpt-20.safetensors"));
  float *w = oc_variable_value(s, 0).data;
  const float before = w[0];
  w[0] = 5;
  assert_ok(oc_session_load_epoch(s, 20, "./model/", &err), err);
  assert_true(((float *)oc_variable_value(s, 0).data)[0] == before);
  assert_fails(oc_session_load_epoch(s, 20, "elsewhere", &err), OC_E_NO_INPUT, err, "cnn-model.ckpt-20");
  assert_ok(oc_session_epoch_path(7, NULL, &path, &err), err);
  assert_string_equal(path, "./model/cnn-model.ckpt-7.safetensors");
  oc_free(path);
  release(&f);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_parts_are_reported),
      IN_FOLDER(keep_last_keeps_the_last),
      IN_FOLDER(epochs_are_kept),
      IN_FOLDER(a_resumed_run_keeps_the_same),
      cmocka_unit_test(keep_is_checked),
      IN_FOLDER(convnn_by_epoch),
      IN_FOLDER(session_by_epoch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
