/* Frozen layers: do their variables keep each bit, is the rest trained on what the whole network makes of the
 * images, whether features are kept or not, and does a run that was stopped end with the same bits? */
#include "freeze_fixture.h"

static const char branches[] = "conv 3x3x4 bn relu | residual { conv 3x3x4 same bn relu } | globalmeanpool | "
                               "dense 6 relu | dropout 0.2 | dense CLASSES";

static const char nothing_frozen[] = "must be all or 1 to";

/* Compares variable by variable: those of `frozen` layers are as before, the trainable ones of the rest are
 * not. */
static void compare_variables(oc_model *m, const oc_frozen *z, const float *before, const float *after) {
  int kept = 0, changed = 0;
  for (int i = 0; i < m->own.variable_count; i++) {
    oc_variable_info v;
    assert_true(oc_variable_entry(m->session, i, &v));
    const bool same = memcmp(before, after, v.bytes) == 0;
    if (oc_frozen_has(z, m->graph, i)) {
      assert_true(same);
      kept++;
    } else if (v.trainable) {
      assert_false(same);
      changed++;
    }
    before += v.bytes / sizeof *before;
    after += v.bytes / sizeof *after;
  }
  assert_true(kept > 0 && changed > 0);
}

static void frozen_variables_keep_each_bit(void **state) {
  (void)state;
  const way ways[] = {{.net = net, .freeze = OC_FREEZE_ALL, .threads = 2},
                      {.net = net, .freeze = 1, .threads = 2},
                      {.net = net, .freeze = 2, .threads = 2},
                      {.net = net, .freeze = 4, .threads = 1, .bytes = 1},
                      {.net = net, .freeze = 3, .threads = 2, .augment = "shift 1"},
                      {.net = branches, .freeze = 2, .threads = 2},
                      {.net = branches, .freeze = OC_FREEZE_ALL, .threads = 2}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    fixture f = make_way(&ways[i], NULL);
    oc_frozen z;
    oc_error err;
    size_t count;
    f.o.l2 = 1e-3;
    assert_ok(oc_frozen_find(f.m, ways[i].freeze, &z, &err), err);
    float *before = values_of(f.m, &count);
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    float *after = values_of(f.m, &count);
    compare_variables(f.m, &z, before, after);
    free(before);
    free(after);
    oc_frozen_release(&z);
    release(&f);
  }
}

/* ---- features ------------------------------------------------------------------------------------------ */

static oc_plan *plan_of(oc_model *m, oc_node fetch, oc_node feed, int64_t batch) {
  const oc_plan_options o = {.batch = batch, .feed = feed};
  oc_plan *plan;
  oc_error err;
  assert_ok(oc_plan_create(m->session, &fetch, 1, &o, &plan, &err), err);
  return plan;
}

/* What follows from the features is what follows from the images; an image has the same features in any
 * batch. */
static void features_are_those_of_the_network(void **state) {
  (void)state;
  const int layers[] = {OC_FREEZE_ALL, 1, 3};
  for (size_t l = 0; l < sizeof layers / sizeof *layers; l++) {
    fixture f = make_way(&(way){.net = net, .threads = 2}, NULL);
    oc_error err;
    oc_frozen z;
    oc_frozen_use use;
    oc_input features;
    oc_heads heads = f.m->heads;
    enum { N = 11 };
    assert_ok(oc_frozen_find(f.m, layers[l], &z, &err), err);
    const oc_frozen_request r = {f.m, &z, f.m->session, &f.m->nodes, &heads, 7};
    assert_ok(oc_frozen_use_create(&r, &use, &err), err);
    assert_ok(oc_features_input(&z, N, &heads, &features, &err), err);
    const oc_feature_source source = {&use, NULL};
    const oc_images from = {.data = f.train, .targets = (int[]){0}};
    assert_ok(oc_features_fill(&source, &features, &from, 3, N, &err), err);
    oc_plan *whole = plan_of(f.m, f.m->nodes.outputs[0].node, OC_NO_NODE, 1),
            *rest = plan_of(f.m, f.m->nodes.outputs[0].node, z.features, 1);
    oc_input image;
    assert_ok(oc_model_input(f.m, 1, &heads, &image, &err), err);
    assert_ok(oc_plan_bind(whole, f.m->nodes.x, image.x, &err), err);
    for (int i = 0; i < N; i++) {
      float logits[CLASSES];
      assert_ok(oc_input_fill(&image, &from, 3 + i, 1, &f.m->standardizer, NULL, &err), err);
      assert_ok(oc_plan_run(whole, 1, (oc_rng_counter){0}, &err), err);
      memcpy(logits, oc_plan_result(whole, 0).data, sizeof logits);
      assert_ok(oc_plan_bind(rest, z.features, features.x + i * z.size, &err), err);
      assert_ok(oc_plan_run(rest, 1, (oc_rng_counter){0}, &err), err);
      const float *of_rest = oc_plan_result(rest, 0).data;
      for (int c = 0; c < CLASSES; c++) assert_float_equal(of_rest[c], logits[c], 1e-5);
      assert_int_equal(((int32_t *)features.targets[0])[i], ((int32_t *)image.targets[0])[0]);
    }
    oc_plan_free(whole);
    oc_plan_free(rest);
    oc_input_release(&image);
    oc_input_release(&features);
    oc_frozen_use_release(&use);
    oc_frozen_release(&z);
    release(&f);
  }
}

/* What training measures on features is what the model is measured by on images. */
static void measures_are_those_of_the_model(void **state) {
  (void)state;
  fixture f = make_way(&(way){.net = net, .freeze = OC_FREEZE_ALL, .threads = 2}, NULL);
  journal l = {0};
  oc_evaluation e;
  oc_error err;
  f.o.on_event = on_event;
  f.o.context = &l;
  f.o.keep_last = true;
  f.o.full_train_metrics = true;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.last[OC_EVENT_START].frozen_layers, 5);
  assert_true(l.last[OC_EVENT_START].features_kept);
  assert_int_equal(l.last[OC_EVENT_START].feature_bytes, (TRAIN + VALID) * 12 * sizeof(float));
  assert_true(l.kinds[OC_EVENT_FEATURES] > 0);
  assert_ok(oc_model_evaluate(f.m, f.valid, &e, &err), err);
  assert_float_equal(e.loss, l.last[OC_EVENT_EPOCH].valid_loss, 1e-6);
  assert_float_equal(e.accuracy, l.last[OC_EVENT_EPOCH].valid_accuracy, 1e-12);
  oc_evaluation_release(&e);
  assert_ok(oc_model_evaluate(f.m, f.train, &e, &err), err);
  assert_float_equal(e.loss, l.last[OC_EVENT_EPOCH].train_loss, 1e-6);
  oc_evaluation_release(&e);
  release(&f);
}

/* ---- the same bits ------------------------------------------------------------------------------------- */

static void train_to_hash(const way *w, int64_t batch, char hex[65]) {
  fixture f = make_way(w, NULL);
  journal l = {0};
  oc_error err;
  f.o.batch = batch;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_true(l.last[OC_EVENT_START].features_kept == (w->bytes == 0));
  assert_true((l.last[OC_EVENT_START].frozen_multiply_adds > 0));
  hash_of_model(f.m, hex);
  release(&f);
}

static void bits_depend_on_neither_threads_nor_memory(void **state) {
  (void)state;
  const int layers[] = {OC_FREEZE_ALL, 1, 4};
  const int64_t batches[] = {BATCH, 13, 50};
  for (size_t l = 0; l < sizeof layers / sizeof *layers; l++)
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
      char kept[65], computed[65], threads[65];
      train_to_hash(&(way){.net = net, .freeze = layers[l], .threads = 2}, batches[b], kept);
      train_to_hash(&(way){.net = net, .freeze = layers[l], .threads = 2, .bytes = 1}, batches[b], computed);
      train_to_hash(&(way){.net = net, .freeze = layers[l], .threads = 1}, batches[b], threads);
      assert_string_equal(kept, computed);
      assert_string_equal(kept, threads);
    }
}

static void a_resumed_run_has_the_same_bits(void **state) {
  (void)state;
  const way ways[] = {{.net = net, .freeze = OC_FREEZE_ALL, .threads = 2},
                      {.net = net, .freeze = 2, .threads = 2, .augment = "shift 1, flip"}};
  const int stops[] = {2, 20, 27}; /* while features are computed, in an epoch, in the next */
  char straight[65], resumed[65], folder[32];
  oc_error err;
  for (int i = 0; i < 2; i++) {
    (void)snprintf(folder, sizeof folder, "straight-%d", i);
    assert_ok(run_until(&ways[i], 0, false, folder, &err), err);
    hash_of_run(folder, straight);
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
      (void)snprintf(folder, sizeof folder, "parts-%d-%d", i, stops[k]);
      assert_fails(run_until(&ways[i], stops[k], false, folder, &err), OC_E_INTERRUPTED, err, "--resume");
      way other = ways[i];
      other.freeze = 0;
      assert_fails(run_until(&other, 0, true, folder, &err), OC_E_ARGUMENT, err, "had frozen layers");
      other.freeze = 1;
      assert_fails(run_until(&other, 0, true, folder, &err), OC_E_ARGUMENT, err, "freeze is 1");
      other = ways[i];
      other.bytes = 1;
      assert_ok(run_until(&other, 0, true, folder, &err), err);
      hash_of_run(folder, resumed);
      assert_string_equal(resumed, straight);
    }
  }
}

/* ---- what is refused ----------------------------------------------------------------------------------- */

static void refuse(const char *text, int freeze, const char *part) {
  fixture f = make_way(&(way){.net = text, .freeze = freeze, .threads = 1}, NULL);
  oc_error err;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, part);
  assert_string_equal(err.where, "freeze");
  release(&f);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  const oc_setting ema = {"ema", 0.9};
  oc_error err;
  refuse(net, 6, nothing_frozen);
  refuse(net, -2, nothing_frozen);
  fixture f = make_way(&(way){.net = net, .freeze = OC_FREEZE_ALL, .threads = 1, .augment = "mixup 1"}, NULL);
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "mixtures");
  f.o.augment = NULL;
  f.o.settings = &ema;
  f.o.setting_count = 1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "ema");
  f.o.setting_count = 0;
  f.o.fine_tune = -1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "at least 0, got -1");
  f.o.fine_tune = 1;
  f.o.patience = 1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "may end early");
  f.o.patience = 0;
  f.o.fine_tune_learning_rate = -1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "greater than 0");
  f.o.fine_tune_learning_rate = 0;
  f.o.freeze = 0;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "no layers are frozen");
  release(&f);
  f = make_way(&(way){.net = "dense CLASSES relu", .freeze = OC_FREEZE_ALL, .threads = 1}, NULL);
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_UNSUPPORTED, err, "ends in relu");
  release(&f);
}

/* Layer 2 is read by layer 3 and, around it, by layer 4. */
static void a_branch_around_the_cut_is_refused(void **state) {
  (void)state;
  oc_graph *g;
  oc_model *m;
  oc_frozen z;
  oc_error err;
  const oc_init init = oc_init_of(OC_INIT_HE_NORMAL);
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_flatten(g, oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 2, 2, 1))),
                a = oc_matmul(g, x, oc_variable(g, "v", OC_SHAPE(4, 4), init), false, false),
                b = oc_relu(g, a), c = oc_add(g, a, b);
  const oc_node logits = oc_matmul(g, c, oc_variable(g, "w", OC_SHAPE(4, 3), init), false, false);
  assert_ok(oc_model_from_graph(g, oc_find(g, "image"), logits, NULL, &m, &err), err);
  assert_fails(oc_frozen_find(m, 3, &z, &err), OC_E_ARGUMENT, err, "Freeze 2 layers, or all.");
  assert_ok(oc_frozen_find(m, 2, &z, &err), err);
  assert_int_equal(z.size, 4);
  oc_frozen_release(&z);
  assert_ok(oc_frozen_find(m, OC_FREEZE_ALL, &z, &err), err);
  assert_int_equal(z.layers, 4);
  oc_frozen_release(&z);
  oc_model_free(m);
  oc_graph_free(g);
}

/* A computed tensor is fed to a plan; others are not. */
static void plans_are_fed_what_they_ask_for(void **state) {
  (void)state;
  fixture f = make_way(&(way){.net = net, .threads = 1}, NULL);
  const oc_node logits = f.m->nodes.outputs[0].node, relu = oc_find(f.m->graph, "conv_1/activation");
  float values[4096] = {0};
  oc_error err;
  oc_plan *plan = plan_of(f.m, logits, relu, 2);
  assert_fails(oc_plan_run(plan, 1, (oc_rng_counter){0}, &err), OC_E_ARGUMENT, err, "conv_1/activation");
  assert_fails(oc_plan_bind(plan, logits, values, &err), OC_E_ARGUMENT, err, "not a placeholder");
  assert_ok(oc_plan_bind(plan, relu, values, &err), err);
  assert_ok(oc_plan_run(plan, 2, (oc_rng_counter){0}, &err), err);
  oc_plan_free(plan);
  const oc_plan_options o = {.feed = {1 << 20, 0}};
  assert_fails(oc_plan_create(f.m->session, &logits, 1, &o, &plan, &err), OC_E_ARGUMENT, err, "only result");
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frozen_variables_keep_each_bit),
      cmocka_unit_test(features_are_those_of_the_network),
      cmocka_unit_test(measures_are_those_of_the_model),
      cmocka_unit_test(bits_depend_on_neither_threads_nor_memory),
      IN_FOLDER(a_resumed_run_has_the_same_bits),
      cmocka_unit_test(wrong_requests_are_refused),
      cmocka_unit_test(a_branch_around_the_cut_is_refused),
      cmocka_unit_test(plans_are_fed_what_they_ask_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
