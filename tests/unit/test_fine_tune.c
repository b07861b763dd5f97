/* Training all layers at last: does it change what was frozen, moving averages only if it shall, take the
 * steps that training without frozen layers takes, and resume with the same bits? */
#include "freeze_fixture.h"

/* Which of the variables of frozen layers have changed. */
typedef struct changes {
  int weights, averages;
} changes;

static changes changes_of(oc_model *m, const oc_frozen *z, const float *before, const float *after) {
  changes c = {0, 0};
  for (int i = 0; i < m->own.variable_count; i++) {
    oc_variable_info v;
    assert_true(oc_variable_entry(m->session, i, &v));
    if (oc_frozen_has(z, m->graph, i) && memcmp(before, after, v.bytes) != 0)
      ++*(v.trainable ? &c.weights : &c.averages);
    before += v.bytes / sizeof *before;
    after += v.bytes / sizeof *after;
  }
  return c;
}

/* net has in its frozen layers 6 weights and 2 moving averages. */
static void all_layers_are_trained_at_last(void **state) {
  (void)state;
  for (int batch_norm = 0; batch_norm < 2; batch_norm++) {
    fixture f = make_way(
        &(way){.net = net, .freeze = OC_FREEZE_ALL, .threads = 2, .fine_tune = 2, .batch_norm = batch_norm},
        NULL);
    journal l = {0};
    oc_frozen z;
    oc_error err;
    size_t count;
    f.o.keep_last = true;
    f.o.on_event = on_event;
    f.o.context = &l;
    assert_ok(oc_frozen_find(f.m, OC_FREEZE_ALL, &z, &err), err);
    float *before = values_of(f.m, &count);
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    float *after = values_of(f.m, &count);
    const changes c = changes_of(f.m, &z, before, after);
    assert_int_equal(c.weights, 6);
    assert_int_equal(c.averages, batch_norm ? 2 : 0);
    assert_int_equal(l.kinds[OC_EVENT_EPOCH], 5);
    assert_true(l.last[OC_EVENT_EPOCH].fine_tuning && l.last[OC_EVENT_EPOCH].epochs == 5);
    free(before);
    free(after);
    oc_frozen_release(&z);
    release(&f);
  }
}

/* The same steps as without frozen layers: one epoch of each, without shuffling. */
static void its_steps_are_those_of_the_whole_network(void **state) {
  (void)state;
  static const char plainer[] = "conv 3x3x4 relu | maxpool 2 | dense 12 relu | dense CLASSES";
  char hex[2][65];
  oc_error err;
  for (int i = 0; i < 2; i++) {
    fixture f = make_way(&(way){.net = plainer, .freeze = OC_FREEZE_ALL, .threads = 2, .fine_tune = 1}, NULL);
    f.o.epochs = 1;
    f.o.optimizer = "sgd";
    f.o.keep_last = f.o.no_shuffle = f.o.fine_tune_batch_norm = true;
    if (i) {
      f.o.fine_tune = 0;
      assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
      f.o.freeze = 0;
      f.o.learning_rate = f.o.fine_tune_learning_rate;
    }
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    hash_of_model(f.m, hex[i]);
    release(&f);
  }
  assert_string_equal(hex[0], hex[1]);
}

static void fine_tuning_resumes_with_the_same_bits(void **state) {
  (void)state;
  const way ways[] = {
      {.net = net, .freeze = OC_FREEZE_ALL, .threads = 2, .fine_tune = 2},
      {.net = net, .freeze = 2, .threads = 2, .augment = "shift 1", .fine_tune = 2, .batch_norm = true}};
  const int stops[] = {10, 46, 50, 58}; /* in the epochs before, at their end, in the first after, later */
  char straight[65], resumed[65], folder[32];
  oc_error err;
  for (int i = 0; i < 2; i++) {
    (void)snprintf(folder, sizeof folder, "tuned-%d", i);
    assert_ok(run_until(&ways[i], 0, false, folder, &err), err);
    hash_of_run(folder, straight);
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
      (void)snprintf(folder, sizeof folder, "tuned-%d-%d", i, stops[k]);
      assert_fails(run_until(&ways[i], stops[k], false, folder, &err), OC_E_INTERRUPTED, err, "--resume");
      way other = ways[i];
      other.fine_tune = 0;
      const oc_status status = run_until(&other, 0, true, folder, &err);
      assert_int_equal(status, OC_E_ARGUMENT);
      other = ways[i];
      other.threads = 1;
      assert_ok(run_until(&other, 0, true, folder, &err), err);
      hash_of_run(folder, resumed);
      assert_string_equal(resumed, straight);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_layers_are_trained_at_last),
      cmocka_unit_test(its_steps_are_those_of_the_whole_network),
      IN_FOLDER(fine_tuning_resumes_with_the_same_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
