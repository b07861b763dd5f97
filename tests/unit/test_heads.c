/* Trainings of other heads than the lecture's: numbers (mean_squared_error), several classes an image (binary_cross_entropy), a class
 * and numbers at once with weights. Do they do what PyTorch does (figures of tests/oracle/make_heads.py, whose rules for images,
 * targets and first weights are here again), and are they saved, loaded, planned, traced and resumed like any other? */
#include "heads_fixture.h"
#include "base/file.h"
#include "ocellus/trace.h"
#include "ocellus/train.h"
#include <math.h>

/* ---- as PyTorch ------------------------------------------------------------------------------------------ */

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

/* ---- saved, loaded, planned, traced ----------------------------------------------------------------------- */

static void answers_of(oc_model *m, const uint8_t *pixels, int64_t count, float out[MOST_HEADS][N * MOST]) {
  float *answers[OC_TARGETS_MAX] = {out[0], out[1]};
  oc_error err;
  memset(out, 0, sizeof(float[MOST_HEADS][N * MOST]));
  assert_ok(oc_model_predict_outputs(m, pixels, count, answers, &err), err);
}

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
               err, "more than one class");
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

/* A first output that is no class has no class probabilities, and nobody writes into room for none. */
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

/* ---- a run ----------------------------------------------------------------------------------------------- */

typedef struct stopper {
  int step; /* of the whole run after which it ends; 0: none */
  int seen, epochs;
  double lowest;
  bool best_was_lowest;
} stopper;

static bool watch(void *context, const oc_event *e) {
  stopper *s = context;
  s->seen += e->kind == OC_EVENT_STEP;
  if (e->kind == OC_EVENT_EPOCH) {
    assert_int_equal(e->head_count, 2);
    assert_string_equal(e->valid_heads[1].loss_name, "mean_squared_error");
    assert_float_equal(e->valid_loss, e->valid_heads[0].loss + 0.25 * e->valid_heads[1].loss, 1e-5);
    assert_float_equal(e->train_loss, e->train_heads[0].loss + 0.25 * e->train_heads[1].loss, 1e-5);
    assert_float_equal(e->valid_accuracy, e->valid_heads[0].metrics[0], 1e-6);
    assert_float_equal(e->train_accuracy, e->train_heads[0].metrics[0], 1e-6);
    s->best_was_lowest = s->best_was_lowest && e->best == (e->valid_loss < s->lowest);
    s->lowest = fmin(s->lowest, e->valid_loss);
    s->epochs++;
  }
  return !s->step || s->seen < s->step;
}

static char *read_text(const char *path) {
  unsigned char *bytes;
  size_t count;
  oc_error err;
  assert_ok(oc_file_read(path, 1 << 20, &bytes, &count, &err), err);
  char *text = calloc(1, count + 1);
  assert_non_null(text);
  memcpy(text, bytes, count);
  oc_memory_free(bytes);
  return text;
}

/* Two numbers behind a key, one in each text, however often it is there. */
static void same_numbers(const char *a, const char *b, const char *key) {
  int found = 0;
  for (; (a = strstr(a, key)) && (b = strstr(b, key)); found++) {
    a += strlen(key), b += strlen(key);
    assert_true(strtod(a, NULL) == strtod(b, NULL));
  }
  assert_true(found >= EPOCHS);
}

static void resumes_with_the_same_bits(void **state) {
  (void)state;
  const training *t = &trainings[BOTH];
  samples s;
  oc_error err;
  oc_dataset *d = data_of(&s, t);
  oc_model *whole = make_model(t), *cut = make_model(t), *loaded;
  oc_fit_options o = options_of(t);
  stopper all = {.lowest = INFINITY, .best_was_lowest = true}, first = all;
  float a[MOST_HEADS][N * MOST], b[MOST_HEADS][N * MOST];
  o.on_event = watch;
  o.context = &all;
  o.out = "whole";
  o.optimizer = "adam";
  assert_ok(oc_model_fit(whole, d, d, &o, &err), err);
  assert_true(all.best_was_lowest);
  o.out = "cut";
  o.context = &first;
  first.step = 2 * STEPS + 2; /* in the middle of the third epoch */
  assert_fails(oc_model_fit(cut, d, d, &o, &err), OC_E_INTERRUPTED, err, "epoch 3 of 5 after step 2");
  o.resume = true;
  first = (stopper){.lowest = INFINITY};
  o.heads = &(oc_head){.output = "digit"};
  o.head_count = 1;
  assert_fails(oc_model_fit(cut, d, d, &o, &err), OC_E_ARGUMENT, err, "heads is [{\"output\":");
  o.heads = heads_of[BOTH];
  o.head_count = 2;
  assert_ok(oc_model_fit(cut, d, d, &o, &err), err);
  answers_of(whole, s.pixels, N, a);
  answers_of(cut, s.pixels, N, b);
  assert_memory_equal(a, b, sizeof a);
  assert_ok(oc_model_load("cut/last.safetensors", NULL, &loaded, &err), err);
  assert_int_equal(loaded->heads.count, 2);
  assert_true(loaded->heads.list[1].weight == 0.25);
  char *x = read_text("whole/metrics.jsonl"), *y = read_text("cut/metrics.jsonl");
  assert_non_null(strstr(x, "\"train_heads\":[{\"output\":\"digit\",\"target\":\"digit\",\"loss_name\":"));
  same_numbers(x, y, "\"accuracy\":");
  same_numbers(x, y, "\"mean_absolute_error\":");
  same_numbers(x, y, "\"loss\":");
  char *run = read_text("whole/run.json");
  assert_non_null(strstr(run, "\"weight\": 0.25"));
  free(x), free(y), free(run);
  oc_model_free(whole), oc_model_free(cut), oc_model_free(loaded);
  oc_dataset_free(d);
}

/* ---- chosen by the fit ------------------------------------------------------------------------------------ */

/* One model, trained for one head and then for the other: it keeps what it was last trained for. */
static void the_last_fit_counts(void **state) {
  (void)state;
  static const char *const none[] = {NULL};
  samples s;
  oc_error err;
  oc_evaluation e;
  oc_dataset *d = data_of(&s, &trainings[BOTH]);
  oc_model *m = make_model(&trainings[BOTH]), *again;
  oc_fit_options o = options_of(&trainings[BOTH]);
  const oc_head place = {.output = "place", .weight = 3, .metrics = none}, digit = {.target = "digit"};
  o.epochs = 1;
  o.head_count = 1;
  o.heads = &place;
  for (int round = 0; round < 3; round++) { /* place, digit, digit because it was last */
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    assert_ok(oc_model_evaluate(m, d, &e, &err), err);
    assert_int_equal(e.head_count, 1);
    assert_string_equal(e.heads[0].output, round ? "digit" : "place");
    assert_int_equal(e.heads[0].metric_count, round ? 1 : 0);
    assert_float_equal(e.loss, (round ? 1 : 3) * e.heads[0].loss, 1e-5);
    oc_evaluation_release(&e);
    assert_ok(oc_model_save(m, "m.safetensors", &err), err);
    assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
    assert_true(oc_heads_equal(&m->heads, &again->heads));
    oc_model_free(again);
    o.heads = round ? NULL : &digit;
    o.head_count = round ? 0 : 1;
  }
  oc_model_free(m);
  oc_dataset_free(d);
}

/* A net text answers whatever the one target of its data is. */
static void net_texts_answer_numbers(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_model *m, *again;
  oc_evaluation before, after;
  const oc_model_options how = {.net = "conv 3x3x4 relu | dense CLASSES"};
  for (int i = 0; i < 2; i++) {
    oc_dataset *d = data_of(&s, &trainings[i]);
    assert_ok(oc_model_create(d, &how, &m, &err), err);
    assert_ok(oc_model_evaluate(m, d, &before, &err), err);
    const oc_fit_options o = {.epochs = 100, .learning_rate = 1e-2, .batch = BATCH};
    assert_ok(oc_model_fit(m, d, d, &o, &err), err);
    assert_ok(oc_model_evaluate(m, d, &after, &err), err);
    assert_true(after.loss < 0.7 * before.loss);
    assert_ok(oc_model_save(m, "net.safetensors", &err), err);
    assert_ok(oc_model_load("net.safetensors", NULL, &again, &err), err);
    assert_string_equal(oc_model_net(again), oc_model_net(m));
    assert_string_equal(oc_model_output(again, 0)->name, trainings[i].heads[0].name);
    oc_evaluation_release(&before);
    oc_evaluation_release(&after);
    oc_model_free(again);
    oc_model_free(m);
    oc_dataset_free(d);
  }
  oc_dataset *both = data_of(&s, &trainings[BOTH]);
  assert_fails(oc_model_create(both, &how, &m, &err), OC_E_DATA, err, "expected one target");
  oc_dataset_free(both);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trains_as_pytorch),
      cmocka_unit_test_setup_teardown(comes_back_from_its_file, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test(no_class_no_probabilities),
      cmocka_unit_test_setup_teardown(resumes_with_the_same_bits, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(the_last_fit_counts, harness_enter_folder, harness_leave_folder),
      cmocka_unit_test_setup_teardown(net_texts_answer_numbers, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
