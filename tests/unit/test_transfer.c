/* Layers of another model: does the new model have all of them but the last, that model's rule and
 * standardization, and the classes of the new images; is it a model like others; what is refused? */
#include "fit_journal.h"

enum { FEW = 2 };
static const char *const names[FEW] = {"high", "low"};

/* The images of two of the fixture's classes. */
static oc_dataset *make_two(void) {
  uint8_t pixels[TRAIN * PIXELS];
  int32_t labels[TRAIN], label;
  oc_dataset *all = make_data(TRAIN, 5), *two;
  oc_error err;
  int count = 0;
  for (int i = 0; i < TRAIN; i++) {
    assert_ok(oc_dataset_read(all, i, 1, pixels + count * PIXELS, &label, &err), err);
    if (label < FEW) labels[count++] = label;
  }
  oc_dataset_free(all);
  const oc_dataset_options o = {.count = count, .size = {SIDE, SIDE, 1}};
  assert_ok(labeled_images(pixels, labels, &o, FEW, names, &two, &err), err);
  return two;
}

static oc_model *transfer(const oc_model *base, const oc_dataset *d) {
  oc_model *m;
  oc_error err;
  assert_ok(oc_model_transfer(base, d, &(oc_session_options){.threads = 2}, &m, &err), err);
  return m;
}

static void layers_and_rule_are_those_of_the_base(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  oc_dataset *two = make_two();
  oc_model *m = transfer(f.m, two);
  const oc_standardizer *s = oc_model_standardizer(m), *of_base = oc_model_standardizer(f.m);
  assert_int_equal(oc_model_classes(m), FEW);
  assert_string_equal(oc_model_class_name(m, 1), "low");
  assert_string_equal(oc_model_net(m),
                      "conv 3x3x4 relu | batchnorm | maxpool 2 | dense 12 relu | dropout 0.3 | dense 2");
  assert_int_equal(m->own.variable_count, f.m->own.variable_count);
  for (int i = 0; i < m->own.variable_count; i++) {
    oc_variable_info v, w;
    assert_true(oc_variable_entry(m->session, i, &v) && oc_variable_entry(f.m->session, i, &w));
    assert_string_equal(v.name, w.name);
    if (i < m->own.variable_count - 2)
      assert_memory_equal(oc_variable_view(m->session, i).data, oc_variable_view(f.m->session, i).data,
                          v.bytes);
    else
      assert_int_equal(v.bytes * CLASSES, w.bytes * FEW);
  }
  assert_true(s->deviation == of_base->deviation && s->how == of_base->how);
  assert_memory_equal(s->mean, of_base->mean, PIXELS * sizeof *s->mean);
  assert_int_equal(oc_model_preprocessing(m).resize, oc_model_preprocessing(f.m).resize);
  oc_model_free(m);
  oc_dataset_free(two);
  release(&f);
}

/* Trained, saved, loaded: the same answers; and layers can be taken from it again. */
static void it_is_a_model_like_others(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  oc_dataset *two = make_two();
  oc_model *m = transfer(f.m, two), *loaded;
  oc_evaluation e;
  oc_error err;
  release(&f); /* which is not needed any more */
  oc_fit_options o = oc_fit_defaults();
  o.freeze = OC_FREEZE_ALL;
  o.learning_rate = 0.02;
  assert_ok(oc_model_fit(m, two, NULL, &o, &err), err);
  assert_ok(oc_model_evaluate(m, two, &e, &err), err);
  assert_true(e.accuracy > 0.8);
  assert_ok(oc_model_save(m, "model.safetensors", &err), err);
  assert_ok(oc_model_load("model.safetensors", NULL, &loaded, &err), err);
  char saved[65], read[65];
  hash_of_model(m, saved);
  hash_of_model(loaded, read);
  assert_string_equal(saved, read);
  oc_model_free(m);
  m = transfer(loaded, two);
  assert_string_equal(oc_model_net(m), oc_model_net(loaded));
  oc_model_free(m);
  oc_model_free(loaded);
  oc_evaluation_release(&e);
  oc_dataset_free(two);
}

/* Of a graph without a net text, with a sum in the place of a bias, and a license. */
static void graphs_give_their_layers(void **state) {
  (void)state;
  oc_graph *g;
  oc_model *base, *m;
  oc_dataset *two = make_two();
  oc_error err;
  const oc_init init = oc_init_of(OC_INIT_HE_NORMAL);
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1)),
                a = oc_relu(g, oc_matmul(g, oc_flatten(g, x), oc_variable(g, "v", OC_SHAPE(PIXELS, 5), init),
                                         false, false)),
                product = oc_matmul(g, a, oc_variable(g, "w", OC_SHAPE(5, 3), init), false, false);
  const oc_node logits = oc_add(g, product, oc_variable(g, "b", OC_SHAPE(3), init));
  assert_ok(oc_model_from_graph(g, x, logits, NULL, &base, &err), err);
  assert_true(oc_metadata_set(&base->metadata, "license", "Apache-2.0"));
  m = transfer(base, two);
  assert_string_equal(oc_model_net(m), "");
  assert_string_equal(oc_model_metadata(m, "license"), "Apache-2.0");
  assert_true(oc_node_valid(oc_find(m->graph, "head/_weights")));
  oc_model_free(m);
  oc_model_free(base);
  oc_graph_free(g);
  oc_dataset_free(two);
}

static void refuse(const char *text, oc_status status, const char *part) {
  setting s = plain;
  s.net = text;
  fixture f = make(&s, NULL);
  oc_dataset *two = make_two();
  oc_model *m = f.m;
  oc_error err;
  assert_fails(oc_model_transfer(f.m, two, NULL, &m, &err), status, err, part);
  assert_null(m);
  oc_dataset_free(two);
  release(&f);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  refuse("conv 3x3x3 | globalmeanpool", OC_E_UNSUPPORTED, "not a dense one");
  refuse("dense CLASSES relu", OC_E_UNSUPPORTED, "ends in relu");
  fixture f = make(&plain, NULL);
  oc_dataset *other, *two = make_two();
  oc_model *m;
  oc_error err;
  const oc_dataset_options o = {.count = 2, .size = {1, 1, 1}};
  assert_ok(labeled_images((const uint8_t *)"ab", (int32_t[]){0, 1}, &o, 2, NULL, &other, &err), err);
  assert_fails(oc_model_transfer(f.m, other, NULL, &m, &err), OC_E_ARGUMENT, err,
               "its images are 1x1x1; the model takes 8x8x1");
  oc_dataset_free(other);
  assert_ok(labeled_images((const uint8_t *)"ab", NULL, &o, 0, NULL, &other, &err), err);
  assert_fails(oc_model_transfer(f.m, other, NULL, &m, &err), OC_E_DATA, err, "one label each");
  oc_dataset_free(other);
  oc_dataset_free(two);
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_and_rule_are_those_of_the_base),
      IN_FOLDER(it_is_a_model_like_others),
      cmocka_unit_test(graphs_give_their_layers),
      cmocka_unit_test(wrong_requests_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
