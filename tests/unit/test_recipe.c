/* Do label smoothing, weights of classes, averaged weights and decayed ones train as PyTorch does (figures of
 * tests/oracle/make_fit.py, whose rules for labels are here again)? And what do they refuse? */
#include "heads_fixture.h"
#include "oracle/figures/fit_trainings.h"
#include "train/fit.h"
#include <math.h>

static const training uneven = {.name = "class", .heads = {{"digit", OC_TARGET_CLASS, MOST, 1}}, .count = 1};

static void make_uneven(samples *s, oc_dataset **d) {
  oc_error err;
  make_samples(s, &uneven);
  for (int i = 0; i < N; i++) s->labels[0][i] = i % 9 < 4 ? i % 9 : 4;
  assert_ok(oc_dataset_from_memory(s->pixels, &s->o, d, &err), err);
}

static void near(const char *what, int i, double got, float want) {
  if (!(fabs(got - (double)want) <= 2e-5 * fmax(0.05, fabs((double)want))))
    fail_msg("%s %d: got %.9g, PyTorch has %.9g", what, i, got, (double)want);
}

/* ---- training runs ------------------------------------------------------------------------------------- */

typedef struct variant {
  const char *name;
  oc_setting settings[2];
  int count;
  const char *class_weights, *optimizer;
  double l2;
  const float *steps, *weights; /* steps NULL: with a penalty, which PyTorch's loss is without */
} variant;

static const variant variants[] = {
    {"smooth", {{"label_smoothing", 0.125}}, 1, NULL, "sgd", 0, smooth_steps, smooth_weights},
    {"weighted", {{NULL, 0}}, 0, "balanced", "sgd", 0, weighted_steps, weighted_weights},
    {"smooth_weighted",
     {{"label_smoothing", 0.25}},
     1,
     "balanced",
     "sgd",
     0,
     smooth_weighted_steps,
     smooth_weighted_weights},
    {"averaged", {{"ema", 0.75}}, 1, NULL, "sgd", 0, averaged_steps, averaged_weights},
    {"decayed", {{"momentum", 0.875}}, 1, NULL, "nesterov", 0.03125, NULL, decayed_weights},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

typedef struct watcher {
  const variant *v;
  int seen;
} watcher;

static bool compare_step(void *context, const oc_event *e) {
  watcher *w = context;
  if (e->kind != OC_EVENT_STEP) return true;
  if (w->v->steps) near(w->v->name, w->seen, e->step_loss, w->v->steps[w->seen]);
  w->seen++;
  return true;
}

static void compare_weights(const variant *v, const oc_session *s) {
  int at = 0;
  for (int i = 0; i < oc_variable_count(s); i++) {
    const oc_tensor_view t = oc_variable_view(s, i);
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&t.shape, 1, &count, &err), err);
    for (int64_t k = 0; k < count; k++, at++)
      near(v->name, at, (double)((const float *)t.data)[k], v->weights[at]);
  }
  assert_int_equal(at, 9 * CHANNELS + CHANNELS + FLAT * MOST + MOST);
}

static oc_fit_options options_of_variant(const variant *v) {
  oc_fit_options o = oc_fit_defaults();
  o.optimizer = v->optimizer;
  o.learning_rate = 0.0625;
  o.batch = BATCH;
  o.epochs = EPOCHS;
  o.no_shuffle = true;
  o.settings = v->settings;
  o.setting_count = v->count;
  o.class_weights = v->class_weights;
  o.l2 = v->l2;
  return o;
}

/* Without a validation set the model has the averages at the end. */
static void trains_as_pytorch(void **state) {
  (void)state;
  for (int i = 0; i < VARIANTS; i++) {
    samples s;
    oc_error err;
    oc_dataset *d;
    make_uneven(&s, &d);
    oc_model *m = make_model(&uneven);
    oc_fit_options o = options_of_variant(&variants[i]);
    watcher w = {.v = &variants[i]};
    o.on_event = compare_step;
    o.context = &w;
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    assert_int_equal(w.seen, STEPS * EPOCHS);
    compare_weights(&variants[i], oc_model_session(m));
    oc_model_free(m);
    oc_dataset_free(d);
  }
}

/* ---- mixed images -------------------------------------------------------------------------------------- */

/* The cross-entropy of fixed logits with the rows, the mean over the images. */
static double loss_of(const float *rows) {
  double sum = 0;
  for (int i = 0; i < N; i++) {
    double z[MOST], total = 0;
    for (int c = 0; c < MOST; c++) {
      z[c] = (double)((i * MOST + c) * 7919 % 2001 - 1000) / 512;
      total += exp(z[c]);
    }
    for (int c = 0; c < MOST; c++) sum -= (double)rows[i * MOST + c] * (z[c] - log(total));
  }
  return sum / N;
}

static void mixtures_have_both_labels(void **state) {
  (void)state;
  int32_t first[N], labels[N], others[N];
  float shares[N], rows[N * MOST];
  double weights[MOST] = {0};
  oc_heads h = {.count = 1, .target_count = 1, .targets = {{"digit", OC_TARGET_CLASS, MOST}}};
  oc_error err;
  for (int i = 0; i < N; i++) {
    first[i] = labels[i] = i % 9 < 4 ? i % 9 : 4;
    others[N - 1 - i] = first[i];
    shares[i] = (float)(i * 5 % 11) / 10;
    weights[first[i]]++;
  }
  for (int c = 0; c < MOST; c++) weights[c] = N / (MOST * weights[c]);
  const oc_input input = {
      .target_count = 1, .targets = {labels}, .mixed = {.targets = {others}, .shares = shares}};
  oc_soft_targets s = {.used = true, .rows = {rows}};
  assert_ok(oc_soft_targets_fill(&s, &h, &input, N, &err), err);
  near("mixed", 0, loss_of(rows), mixtures[0]);
  for (int i = 0; i < N; i++) assert_int_equal(labels[i], shares[i] < 0.5F ? others[i] : first[i]);
  memcpy(labels, first, sizeof labels);
  s.smoothing = 0.25;
  assert_ok(oc_soft_targets_fill(&s, &h, &input, N, &err), err);
  near("mixed and smooth", 0, loss_of(rows), mixtures[1]);
  memcpy(labels, first, sizeof labels);
  s.class_weights[0] = weights;
  assert_ok(oc_soft_targets_fill(&s, &h, &input, N, &err), err);
  near("mixed, smooth and weighted", 0, loss_of(rows), mixtures[2]);
  others[3] = MOST;
  assert_fails(oc_soft_targets_fill(&s, &h, &input, N, &err), OC_E_DATA, err,
               "label 5 of image 3 of the batch is out of range: there are 5 classes");
}

static void fractions_of_classes_are_mixed_too(void **state) {
  (void)state;
  float values[] = {1, 0, 1, 0.5F}, others[] = {0, 1, 0, 1};
  float shares[] = {1, 0.25F};
  oc_heads h = {.count = 1, .target_count = 1, .targets = {{"tags", OC_TARGET_CLASSES, 2}}};
  const oc_input input = {
      .target_count = 1, .targets = {values}, .mixed = {.targets = {others}, .shares = shares}};
  const oc_soft_targets s = {.used = true};
  oc_error err;
  assert_ok(oc_soft_targets_fill(&s, &h, &input, 2, &err), err);
  assert_true(values[0] == 1 && values[1] == 0 && values[2] == 0.25F && values[3] == 0.875F);
}

/* ---- several heads, and what is refused ---------------------------------------------------------------- */

static bool keep_epoch(void *context, const oc_event *e) {
  oc_head_score *kept = context;
  for (int h = 0; e->kind == OC_EVENT_EPOCH && h < 2; h++) kept[h] = e->train_heads[h];
  return true;
}

/* With a class and numbers, smoothing changes the loss of the class alone. */
static void heads_have_their_own_losses(void **state) {
  (void)state;
  oc_head_score heads[2][2];
  oc_evaluation e[2];
  for (int smooth = 0; smooth < 2; smooth++) {
    samples s;
    oc_error err;
    oc_dataset *d = data_of(&s, &trainings[BOTH]);
    oc_model *m = make_model(&trainings[BOTH]);
    oc_fit_options o = options_of(&trainings[BOTH]);
    o.settings = &(oc_setting){"label_smoothing", 0.5};
    o.setting_count = smooth;
    o.epochs = 1;
    o.learning_rate = 1e-12;
    o.on_event = keep_epoch;
    o.context = heads[smooth];
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    assert_ok(oc_model_evaluate(m, d, &e[smooth], &err), err);
    oc_model_free(m);
    oc_dataset_free(d);
  }
  assert_true(fabs(heads[0][0].loss - heads[1][0].loss) > 1e-4);
  assert_true(fabs(heads[0][1].loss - heads[1][1].loss) < 1e-6);
  assert_true(fabs(heads[0][0].metrics[0] - heads[1][0].metrics[0]) < 1e-6);
  assert_true(fabs(e[0].loss - e[1].loss) < 1e-6); /* which compares with the labels themselves */
  oc_evaluation_release(&e[0]);
  oc_evaluation_release(&e[1]);
}

/* Several classes of an image are mixed where they lie. */
static void multi_hot_targets_are_mixed(void **state) {
  (void)state;
  double losses[2] = {0};
  for (int mixes = 0; mixes < 2; mixes++) {
    samples s;
    oc_head_score kept[2];
    oc_error err;
    oc_dataset *d = data_of(&s, &trainings[1]);
    oc_model *m = make_model(&trainings[1]);
    oc_fit_options o = options_of(&trainings[1]);
    o.augment = mixes ? "mixup 100" : NULL;
    o.epochs = 1;
    o.learning_rate = 1e-12;
    o.on_event = keep_epoch;
    o.context = kept;
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    losses[mixes] = kept[0].loss;
    oc_model_free(m);
    oc_dataset_free(d);
  }
  assert_true(isfinite(losses[1]) && fabs(losses[0] - losses[1]) > 1e-4);
}

/* In a step, whose distributions are bound, and in a larger batch of validation after the only step, which
 * has none. */
static void a_loss_that_is_not_finite_names_its_layer(void **state) {
  (void)state;
  for (int steps = 0; steps < 2; steps++) {
    samples s;
    oc_error err;
    oc_dataset *d;
    make_uneven(&s, &d);
    oc_model *m = make_model(&uneven);
    oc_fit_options o = options_of_variant(&variants[2]);
    o.learning_rate = 1e30;
    o.batch = steps ? 4 : N;
    o.epochs = 1;
    assert_fails(oc_model_fit(m, d, d, &o, &err), OC_E_NOT_FINITE, err, "last_digit");
    assert_true((strstr(err.message, "the loss is") != NULL) == (steps == 1));
    oc_model_free(m);
    oc_dataset_free(d);
  }
}

static void classes_are_needed(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_dataset *d = data_of(&s, &trainings[0]);
  oc_model *m = make_model(&trainings[0]);
  oc_fit_options o = options_of(&trainings[0]);
  o.settings = &(oc_setting){"label_smoothing", 0.1};
  o.setting_count = 1;
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "label_smoothing: no target of the heads is a class");
  o.setting_count = 0;
  o.class_weights = "balanced";
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "class_weights: no target of the heads is a class");
  o.class_weights = "uneven";
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "class_weights: must be none or balanced, got 'uneven'");
  o.class_weights = "none";
  o.augment = "mixup 1";
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "images are mixed only if their targets are classes, but place is numbers");
  o.augment = NULL;
  o.no_shuffle = false;
  o.sampling = "balanced";
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "sampling: the target of the first head is not a class");
  o.no_shuffle = true;
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err, "but no_shuffle is set");
  oc_model_free(m);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(trains_as_pytorch),
      cmocka_unit_test(mixtures_have_both_labels),
      cmocka_unit_test(fractions_of_classes_are_mixed_too),
      cmocka_unit_test(heads_have_their_own_losses),
      cmocka_unit_test(a_loss_that_is_not_finite_names_its_layer),
      cmocka_unit_test(multi_hot_targets_are_mixed),
      cmocka_unit_test(classes_are_needed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
