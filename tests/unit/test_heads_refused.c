/* What no training of heads can be: is it refused in words, before anything is trained? */
#include "heads_fixture.h"
#include <math.h>

/* ---- refused ------------------------------------------------------------------------------------------- */

static void wrong_heads(void **state) {
  (void)state;
  static const char *const luck[] = {"luck"}, *const shares[] = {"accuracy"};
  samples s, other;
  oc_error err;
  oc_dataset *d = data_of(&s, &trainings[BOTH]), *tags = data_of(&other, &trainings[1]), *spoiled;
  oc_model *m = make_model(&trainings[BOTH]);
  oc_fit_options o = options_of(&trainings[BOTH]);
  oc_head h = {.output = "digit"};
  o.heads = &h;
  o.head_count = 1;
#define REFUSED(head, status, words)                                                                         \
  do {                                                                                                       \
    h = (oc_head)head;                                                                                       \
    assert_fails(oc_model_fit(m, d, NULL, &o, &err), status, err, words);                                    \
  } while (0)
#define HEAD(...) {__VA_ARGS__}
  REFUSED(HEAD(.output = "nose"), OC_E_ARGUMENT,
          "unknown output 'nose': Name one of the model's outputs: digit, place.");
  REFUSED(HEAD(.target = "nose"), OC_E_ARGUMENT, "unknown output 'nose'");
  REFUSED(HEAD(.weight = 1), OC_E_ARGUMENT, "unknown output ''");
  REFUSED(HEAD(.output = "digit", .loss = "mean_squared_error"), OC_E_ARGUMENT, "does not take a class");
  REFUSED(HEAD(.output = "digit", .loss = "best"), OC_E_ARGUMENT, "unknown loss 'best'");
  REFUSED(HEAD(.output = "digit", .weight = NAN), OC_E_ARGUMENT, "greater than 0 and finite, got nan");
  REFUSED(HEAD(.output = "digit", .weight = -1), OC_E_ARGUMENT, "got -1");
  REFUSED(HEAD(.output = "digit", .metrics = luck, .metric_count = 1), OC_E_ARGUMENT,
          "unknown metric 'luck'");
  REFUSED(HEAD(.output = "place", .metrics = shares, .metric_count = 1), OC_E_ARGUMENT,
          "accuracy does not take a vector");
  REFUSED(HEAD(.output = "place", .metrics = shares, .metric_count = 99), OC_E_ARGUMENT, "at most 8");
  REFUSED(HEAD(.output = "place", .target = "digit"), OC_E_DATA,
          "target 'digit' is a class, but the model predicts a vector");
  REFUSED(HEAD(.output = "place", .target = "nose"), OC_E_DATA, "has no target 'nose'");
  REFUSED(HEAD(.output = "place", .target = "a b"), OC_E_ARGUMENT, "must be letters");
#undef HEAD
#undef REFUSED
  o.head_count = 17;
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err,
               "expected an array of 1 to 16, got 17");
  const oc_head two[] = {{.output = "digit", .target = "x"}, {.output = "place", .target = "x"}};
  o.heads = two;
  o.head_count = 2;
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_ARGUMENT, err, "target 'x' differs in kind or size");
  o.heads = NULL;
  o.head_count = 0;
  assert_fails(oc_model_fit(m, tags, NULL, &o, &err), OC_E_DATA, err, "has no target 'digit'");
  oc_evaluation e;
  assert_fails(oc_model_evaluate(m, tags, &e, &err), OC_E_DATA, err, "has no target 'digit'");
  s.targets[1].size = 1;
  assert_ok(oc_dataset_from_memory(s.pixels, &s.o, &spoiled, &err), err);
  assert_fails(oc_model_fit(m, spoiled, NULL, &o, &err), OC_E_DATA, err,
               "target 'place' has size 1, but the model predicts 2");
  oc_dataset_free(spoiled);
  oc_model_free(m);
  oc_dataset_free(d);
  oc_dataset_free(tags);
}

/* A function's target that is NaN ends the training in words; a number that is too large for float32 names
 * the loss. */
static void targets_that_cannot_be_learned(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_dataset *d;
  oc_model *m = make_model(&trainings[0]);
  oc_fit_options o = options_of(&trainings[0]);
  make_samples(&s, &trainings[0]);
  assert_ok(oc_dataset_from_callback(give, &s, &s.o, &d, &err), err);
  s.numbers[0][3 * 10] = NAN;
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_DATA, err, "the target of image 10 is nan");
  oc_dataset_free(d);
  s.numbers[0][3 * 10] = 3e38F;
  assert_ok(oc_dataset_from_callback(give, &s, &s.o, &d, &err), err);
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_NOT_FINITE, err, "the loss is inf");
  assert_string_equal(err.where, "place");
  oc_dataset_free(d);
  oc_model_free(m);
}

static void wrong_outputs(void **state) {
  (void)state;
  oc_graph *g;
  oc_model *m;
  oc_error err;
  samples s;
  oc_dataset *d = data_of(&s, &trainings[BOTH]);
  const oc_graph_model_options like = {.train_data = d};
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1)),
                flat = oc_flatten(g, x);
  const oc_node one = oc_slice(g, flat, 1, 0, 1), two = oc_slice(g, flat, 1, 0, 2);
  const struct {
    oc_output outputs[2];
    int count;
    const oc_graph_model_options *how;
    const char *words;
  } rows[] = {
      {{{x, {.name = "a", .kind = OC_TARGET_VECTOR}}}, 1, NULL, "a: must be float32 (OC_BATCH, size)"},
      {{{OC_NO_NODE, {.name = "a", .kind = OC_TARGET_VECTOR}}}, 1, NULL, "must be float32 (OC_BATCH, size)"},
      {{{one, {.name = "a", .kind = OC_TARGET_CLASS}}}, 1, NULL, "classes must be 2 to 65536, got 1"},
      {{{two, {.name = "a", .kind = OC_TARGET_VECTOR, .size = 3}}},
       1,
       NULL,
       "size is 3, but its node has 2 values"},
      {{{two, {.name = "a", .kind = (oc_target_kind)7}}}, 1, NULL, "unknown kind"},
      {{{two, {.name = "a b", .kind = OC_TARGET_VECTOR}}}, 1, NULL, "the name of output 0 must be letters"},
      {{{two, {.name = NULL, .kind = OC_TARGET_VECTOR}}}, 1, NULL, "the name of output 0"},
      {{{two, {.name = "a", .kind = OC_TARGET_VECTOR}}, {one, {.name = "a", .kind = OC_TARGET_VECTOR}}},
       2,
       NULL,
       "two outputs are called 'a'"},
      {{{two, {.name = "a", .kind = OC_TARGET_VECTOR}}}, 0, NULL, "must be 1 to 16, got 0"},
      {{{two, {.name = "digit", .kind = OC_TARGET_CLASS}}},
       1,
       &like,
       "its target 'digit' is a class of size 5"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_fails(oc_model_from_outputs(g, x, rows[i].outputs, rows[i].count, rows[i].how, &m, &err),
                 OC_E_ARGUMENT, err, rows[i].words);
    assert_null(m);
  }
  oc_graph_free(g);
  oc_dataset_free(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_heads),
                                     cmocka_unit_test(targets_that_cannot_be_learned),
                                     cmocka_unit_test(wrong_outputs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
