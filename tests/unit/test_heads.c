/* Trainings of other heads than the lecture's: numbers (mean_squared_error), several classes per image
 * (binary_cross_entropy), a class together with numbers, with weights. Do they do what PyTorch does
 * (figures of tests/oracle/make_heads.py, whose rules for images, targets and first weights are here
 * again), and are they saved, loaded, planned and traced like any other? */
#include "heads_fixture.h"
#include "base/file.h"
#include "ocellus/trace.h"
#include "ocellus/train.h"
#include <math.h>

/* ---- as PyTorch ---------------------------------------------------------------------------------------- */

static void near(const char *what, int i, double got, float want) {
  if (!(fabs(got - (double)want) <= 2e-5 * fmax(0.05, fabs((double)want))))
    fail_msg("%s %d: got %.9g, PyTorch has %.9g", what, i, got, (double)want);
}

typedef struct watcher {
  const training *t;
  int seen;
} watcher;

static bool compare_step(void *context, const oc_event *e) {
  watcher *w = context;
  if (e->kind == OC_EVENT_STEP) near("step", w->seen, e->step_loss, w->t->steps[w->seen]);
  w->seen += e->kind == OC_EVENT_STEP;
  return true;
}

static void compare_weights(const oc_model *m, const float *wanted) {
  const oc_session *s = m->session;
  int at = 0;
  for (int i = 0; i < oc_variable_count(s); i++) {
    const oc_tensor_view v = oc_variable_view(s, i);
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&v.shape, 1, &count, &err), err);
    for (int64_t k = 0; k < count; k++, at++)
      near("weight", at, (double)((const float *)v.data)[k], wanted[at]);
  }
}

static void compare_scores(oc_model *m, const oc_dataset *d, const training *t) {
  oc_evaluation e;
  oc_error err;
  const float *wanted = t->scores;
  assert_ok(oc_model_evaluate(m, d, &e, &err), err);
  near("loss", 0, e.loss, *wanted++);
  assert_int_equal(e.head_count, t->count);
  for (int h = 0; h < t->count; h++) {
    const oc_head_score *s = &e.heads[h];
    assert_string_equal(s->output, t->heads[h].name);
    assert_string_equal(s->target, t->heads[h].name);
    assert_true(s->weight == t->heads[h].weight);
    near(s->loss_name, h, s->loss, *wanted++);
    assert_int_equal(s->metric_count, 1);
    near(s->metric_names[0], h, s->metrics[0], *wanted++);
  }
  const bool counts = t->heads[0].kind == OC_TARGET_CLASS;
  assert_true(counts ? fabs(e.accuracy - e.heads[0].metrics[0]) < 1e-6 : isnan(e.accuracy));
  assert_int_equal(e.classes, counts ? t->heads[0].size : 0);
  assert_true((e.confusion != NULL) == counts);
  oc_evaluation_release(&e);
}

static void trains_as_pytorch(void **state) {
  (void)state;
  for (int i = 0; i < 2 * TRAININGS; i++) {
    const training *t = &trainings[i / 2];
    samples s;
    oc_error err;
    oc_dataset *memory = data_of(&s, t), *called;
    assert_ok(oc_dataset_from_callback(give, &s, &s.o, &called, &err), err);
    oc_model *m = make_model(t);
    oc_fit_options o = options_of(t);
    watcher w = {.t = t};
    o.on_event = compare_step;
    o.context = &w;
    assert_ok(oc_model_fit(m, i % 2 ? called : memory, NULL, &o, &err), err);
    assert_int_equal(w.seen, STEPS * EPOCHS);
    compare_weights(m, t->weights);
    compare_scores(m, memory, t);
    oc_model_free(m);
    oc_dataset_free(memory);
    oc_dataset_free(called);
  }
}

/* ---- saved, loaded, planned, traced -------------------------------------------------------------------- */

/* Of a class and of classes they are probabilities. */
static void check_answers(const training *t, float out[MOST_HEADS][N * MOST]) {
  for (int h = 0; h < t->count; h++)
    for (int i = 0; i < N && t->heads[h].kind != OC_TARGET_VECTOR; i++) {
      double sum = 0;
      for (int k = 0; k < t->heads[h].size; k++) {
        const double p = (double)out[h][i * t->heads[h].size + k];
        assert_true(p > 0 && p < 1);
        sum += p;
      }
      assert_true((fabs(sum - 1) < 1e-5) == (t->heads[h].kind == OC_TARGET_CLASS));
    }
}

static void find_line(void *context, const char *line) {
  const char **wanted = context;
  if (*wanted && strstr(line, *wanted)) *wanted = NULL;
}

static void check_plans(oc_model *m, const training *t) {
  oc_error err;
  for (int train = 0; train < 2; train++) {
    char last[96];
    snprintf(last, sizeof last, "last_%s/MatMul", t->heads[t->count - 1].name);
    const char *wanted = train ? "adam" : last;
    assert_ok(oc_model_plan(m, train, BATCH, find_line, &wanted, &err), err);
    if (wanted) fail_msg("%s: no line of the plan has %s", t->name, wanted);
  }
}

static void check_traces(oc_model *m, const training *t, const uint8_t *pixels) {
  char address[96];
  oc_trace *trace;
  oc_trace_gradient *gradient;
  oc_error err;
  float out[MOST_HEADS][N * MOST];
  answers_of(m, pixels, 1, out);
  for (int h = 0; h < t->count; h++) {
    snprintf(address, sizeof address, "last_%s/y[1]", t->heads[h].name);
    assert_ok(oc_trace_create(m, pixels, address, &trace, &err), err);
    assert_true(trace->count >= 2);
    if (t->heads[h].kind == OC_TARGET_VECTOR)
      assert_float_equal(trace->steps[0].value, (double)out[h][1], 1e-5);
    oc_trace_free(trace);
  }
  assert_fails(oc_trace_gradient_create(m, pixels, "trunk/w[0,0,0,0]", -1, &gradient, &err), OC_E_UNSUPPORTED,
               err, "more than a class label");
}

static void comes_back_from_its_file(void **state) {
  (void)state;
  for (int i = 0; i < TRAININGS; i++) {
    const training *t = &trainings[i];
    samples s;
    oc_error err;
    oc_model *m = make_model(t), *again;
    oc_dataset *d = data_of(&s, t);
    float before[MOST_HEADS][N * MOST], after[MOST_HEADS][N * MOST];
    oc_fit_options o = options_of(t);
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    answers_of(m, s.pixels, N, before);
    check_answers(t, before);
    assert_ok(oc_model_save(m, "m.safetensors", &err), err);
    assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
    answers_of(again, s.pixels, N, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(oc_model_output_count(again), t->count);
    for (int h = 0; h < t->count; h++) {
      const oc_target *output = oc_model_output(again, h);
      assert_string_equal(output->name, t->heads[h].name);
      assert_int_equal(output->kind, t->heads[h].kind);
      assert_int_equal(output->size, t->heads[h].size);
      assert_true((output->class_names != NULL) == (output->kind != OC_TARGET_VECTOR));
    }
    compare_scores(again, d, t);
    check_plans(again, t);
    check_traces(again, t, s.pixels);
    assert_ok(oc_model_save(again, "n.safetensors", &err), err);
    unsigned char *a, *b;
    size_t x, y;
    assert_ok(oc_file_read("m.safetensors", 1 << 20, &a, &x, &err), err);
    assert_ok(oc_file_read("n.safetensors", 1 << 20, &b, &y, &err), err);
    assert_int_equal(x, y);
    assert_memory_equal(a, b, x);
    oc_memory_free(a);
    oc_memory_free(b);
    oc_model_free(m);
    oc_model_free(again);
    oc_dataset_free(d);
  }
}

/* A first output that is not a class has no class probabilities, and nothing is written where there is no
 * room. */
static void no_class_no_probabilities(void **state) {
  (void)state;
  samples s;
  oc_error err;
  float p[MOST];
  int32_t label;
  oc_model *m = make_model(&trainings[0]), *both = make_model(&trainings[BOTH]);
  make_samples(&s, &trainings[0]);
  assert_int_equal(oc_model_classes(m), 0);
  assert_string_equal(oc_model_class_name(m, 0), "");
  assert_fails(oc_model_predict(m, s.pixels, 1, p, &err), OC_E_UNSUPPORTED, err,
               "the model's first output, place, is a vector: it has no class probabilities");
  assert_fails(oc_model_classify(m, s.pixels, 1, &label, &err), OC_E_UNSUPPORTED, err, "place");
  assert_int_equal(oc_model_classes(both), 5);
  assert_ok(oc_model_predict(both, s.pixels, 1, p, &err), err);
  assert_ok(oc_model_classify(both, s.pixels, 1, &label, &err), err);
  assert_int_equal(label, oc_best_class(p, 5));
  oc_model_free(m);
  oc_model_free(both);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trains_as_pytorch),
      cmocka_unit_test_setup_teardown(comes_back_from_its_file, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test(no_class_no_probabilities),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
