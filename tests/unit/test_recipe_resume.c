/* Whatever the recipe: does a run that was interrupted resume with the same bits, for any number of threads,
 * and what does it keep of averaged weights? */
#include "fit_journal.h"
#include <stdlib.h>

typedef struct recipe {
  const char *name;
  oc_setting settings[4];
  int count;
  const char *sampling, *class_weights, *schedule;
} recipe;

static const recipe recipes[] = {
    {"soft", {{"label_smoothing", 0.1}}, 1, NULL, "balanced", "constant"},
    {"sampled", {{"warmup", 1.5}}, 1, "balanced", NULL, "onecycle"},
    {"averaged", {{"ema", 0.9}}, 1, NULL, NULL, "constant"},
    {"all", {{"ema", 0.99}, {"label_smoothing", 0.2}, {"warmup", 0.5}}, 3, "balanced", "balanced", "cosine"},
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

static fixture make_recipe(const recipe *r, const char *folder, int threads) {
  setting s = plain;
  s.threads = threads;
  fixture f = make(&s, folder);
  f.o.settings = r->settings;
  f.o.setting_count = r->count;
  f.o.sampling = r->sampling;
  f.o.class_weights = r->class_weights;
  f.o.schedule = r->schedule;
  return f;
}

/* Runs in `folder` and stops after `stop_at` events (0: runs to the end). */
static void run_until(const recipe *r, const char *folder, int threads, int stop_at, bool resume) {
  fixture f = make_recipe(r, folder, threads);
  oc_error err;
  assert_int_equal(fit_until(&f, stop_at, resume, &err), stop_at ? OC_E_INTERRUPTED : OC_OK);
}

static char *metrics_of(const char *folder) {
  char path[256];
  unsigned char *bytes;
  size_t size;
  oc_error err;
  (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
  assert_ok(oc_file_read(path, 1 << 20, &bytes, &size, &err), err);
  return (char *)bytes;
}

/* One more member of all epochs, without times. */
static void compare_metrics(const char *a, const char *b, const char *key) {
  char *x = metrics_of(a), *y = metrics_of(b);
  const char *p = x, *q = y;
  while ((p = strstr(p, key)) && (q = strstr(q, key))) {
    const size_t length = strcspn(p, ",}");
    assert_memory_equal(p, q, length);
    p += length;
    q += length;
  }
  oc_memory_free(x);
  oc_memory_free(y);
}

static void resumed_runs_end_with_the_same_bits(void **state) {
  (void)state;
  const int stops[] = {4, 12, 19}; /* in an epoch, at its end, in the second */
  char straight[65], run[65], folder[32];
  for (int i = 0; i < RECIPES; i++) {
    const recipe *r = &recipes[i];
    run_until(r, r->name, 2, 0, false);
    hash_of_run(r->name, straight);
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
      (void)snprintf(folder, sizeof folder, "%s-%d", r->name, stops[k]);
      run_until(r, folder, 1, stops[k], false);
      run_until(r, folder, 3, 4, true); /* and once more after START and three steps */
      run_until(r, folder, 2, 0, true);
      hash_of_run(folder, run);
      assert_string_equal(run, straight);
      compare_metrics(r->name, folder, "\"valid_accuracy\"");
      compare_metrics(r->name, folder, "\"averaged_loss\"");
    }
  }
}

/* A recipe changes the weights, and another one is refused when a run is resumed. */
static void recipes_matter(void **state) {
  (void)state;
  char hashes[RECIPES + 1][65];
  const recipe none = {.name = "none", .schedule = "constant"};
  run_until(&none, "none", 2, 0, false);
  hash_of_run("none", hashes[RECIPES]);
  for (int i = 0; i < RECIPES; i++) {
    run_until(&recipes[i], recipes[i].name, 2, 0, false);
    hash_of_run(recipes[i].name, hashes[i]);
    assert_string_not_equal(hashes[i], hashes[RECIPES]);
    fixture f = make_recipe(&none, recipes[i].name, 2);
    oc_error err;
    f.o.schedule = recipes[i].schedule;
    f.o.resume = true;
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, ", but the run in ");
    release(&f);
  }
}

/* ---- averaged weights ---------------------------------------------------------------------------------- */

typedef struct epochs {
  oc_event seen[8], end;
  int count;
} epochs;

static bool keep_epochs(void *context, const oc_event *e) {
  epochs *all = context;
  if (e->kind == OC_EVENT_EPOCH && all->count < 8) all->seen[all->count++] = *e;
  if (e->kind == OC_EVENT_END) all->end = *e;
  return true;
}

/* What the event says of an epoch is what the model has, and a later evaluation finds. */
static void the_better_weights_are_kept(void **state) {
  (void)state;
  fixture f = make_recipe(&recipes[2], "run", 2);
  epochs all = {.count = 0};
  oc_evaluation e;
  oc_error err;
  double best = -1;
  f.o.epochs = 6;
  f.o.learning_rate = 0.02;
  f.o.keep = OC_KEEP_ALL;
  f.o.on_event = keep_epochs;
  f.o.context = &all;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(all.count, 6);
  for (int i = 0; i < 6; i++) {
    const oc_event *at = &all.seen[i];
    const double accuracy = at->averaged ? at->averaged_accuracy : at->valid_accuracy;
    char path[64];
    oc_model *kept;
    assert_true(accuracy >= at->valid_accuracy && accuracy >= at->averaged_accuracy);
    assert_true(at->best == (accuracy > best));
    if (at->best) best = accuracy;
    (void)snprintf(path, sizeof path, "run/epoch-%d.safetensors", i + 1);
    assert_ok(oc_model_load(path, NULL, &kept, &err), err);
    assert_ok(oc_model_evaluate(kept, f.valid, &e, &err), err);
    assert_float_equal(e.accuracy, accuracy, 1e-12);
    assert_float_equal(e.loss, at->averaged ? at->averaged_loss : at->valid_loss, 1e-6);
    assert_true((strstr(oc_model_metadata(kept, "provenance"), "averaged_weights") != NULL) == at->averaged);
    oc_evaluation_release(&e);
    oc_model_free(kept);
  }
  assert_true(all.end.averaged == all.seen[all.end.best_epoch - 1].averaged);
  assert_ok(oc_model_evaluate(f.m, f.valid, &e, &err), err);
  assert_float_equal(e.accuracy, best, 1e-12);
  oc_evaluation_release(&e);
  release(&f);
}

/* Noise, of which nothing can be learned: weights and averages are right by chance, and so differ. */
static oc_dataset *make_noise(int count, uint64_t seed) {
  uint8_t pixels[TRAIN * PIXELS];
  int32_t labels[TRAIN];
  oc_dataset *d;
  oc_error err;
  oc_random r = oc_random_at(seed, OC_STREAM_XO, 0, 0);
  for (int i = 0; i < count; i++) labels[i] = (int32_t)oc_random_below(&r, CLASSES);
  for (int i = 0; i < count * PIXELS; i++) pixels[i] = (uint8_t)oc_random_below(&r, 256);
  const oc_dataset_options o = {.count = count, .size = {SIDE, SIDE, 1}};
  assert_ok(labeled_images(pixels, labels, &o, CLASSES, NULL, &d, &err), err);
  return d;
}

typedef struct verdicts {
  int equal, opposite; /* epochs of equal accuracy; in which the loss alone says otherwise */
} verdicts;

static bool check_verdict(void *context, const oc_event *e) {
  verdicts *seen = context;
  if (e->kind != OC_EVENT_EPOCH) return true;
  const bool lower = e->averaged_loss<e->valid_loss, righter = e->averaged_accuracy> e->valid_accuracy;
  const bool equal = e->averaged_accuracy == e->valid_accuracy;
  assert_true(e->averaged == (equal ? lower : righter));
  seen->equal += equal && lower;
  seen->opposite += !equal && lower != righter;
  return true;
}

/* More often right is better; of two that are equally often right, the one of the lower loss. */
static void accuracy_decides_before_loss(void **state) {
  (void)state;
  const setting s = {"dense CLASSES", "sgd", 1, 0.1, 0};
  fixture f = make(&s, NULL);
  verdicts seen = {0, 0};
  oc_error err;
  oc_dataset_free(f.train);
  oc_dataset_free(f.valid);
  f.train = make_noise(TRAIN, 1);
  f.valid = make_noise(VALID, 2);
  f.o.settings = &(oc_setting){"ema", 0.8};
  f.o.setting_count = 1;
  f.o.epochs = 40;
  f.o.on_event = check_verdict;
  f.o.context = &seen;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_true(seen.equal > 0 && seen.opposite > 0);
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(resumed_runs_end_with_the_same_bits),
      IN_FOLDER(recipes_matter),
      IN_FOLDER(the_better_weights_are_kept),
      cmocka_unit_test(accuracy_decides_before_loss),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
