/* A network alone: its layers and plan are those of a model of it, and take no memory for weights. */
#include "base/memory.h"
#include "harness.h"
#include "ocellus/network.h"

enum { TEXT = 1 << 16 };

static void add_line(void *context, const char *line) {
  char *text = context;
  const size_t used = strlen(text);
  snprintf(text + used, TEXT - used, "%s\n", line);
}

static void the_same_as_of_a_model(void **state) {
  (void)state;
  static const char *const nets[] = {"lecture",
                                     "conv 3x3x4 relu same | residual { conv 3x3x4 same } | dense CLASSES",
                                     "depthwise 3x3 | batchnorm | globalmeanpool | dense CLASSES"};
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
    const oc_network n = {.net = nets[i], .input = {28, 28, 1}};
    oc_model_options how = oc_model_defaults();
    oc_layer_summary *a, *b;
    oc_data data;
    oc_model *m;
    oc_error err;
    int count, wanted;
    how.net = nets[i];
    assert_ok(oc_data_open("digits:20:10", NULL, &data, &err), err);
    assert_ok(oc_model_create(data.train, &how, &m, &err), err);
    assert_ok(oc_network_layers(&n, &a, &count, &err), err);
    assert_ok(oc_model_layers(m, &b, &wanted, &err), err);
    assert_int_equal(count, wanted);
    assert_memory_equal(a, b, (size_t)count * sizeof *a);
    for (int training = 0; training < 2; training++) {
      char *of_network = oc_memory_alloc(TEXT), *of_model = oc_memory_alloc(TEXT);
      assert_ok(oc_network_plan(&n, training, 17, add_line, of_network, &err), err);
      assert_ok(oc_model_plan(m, training, 17, add_line, of_model, &err), err);
      assert_true(strlen(of_network) > 200);
      assert_string_equal(of_network, of_model);
      oc_memory_free(of_network);
      oc_memory_free(of_model);
    }
    oc_free(a);
    oc_free(b);
    oc_model_free(m);
    oc_data_close(&data);
  }
}

static void any_output(void **state) {
  (void)state;
  oc_network n = {.net = "conv 3x3x32 relu same", .input = {28, 28, 1}};
  oc_layer_summary *layers;
  oc_error err;
  int count;
  assert_int_equal(oc_network_layers(&n, &layers, &count, &err), OC_E_NET);
  n.any_output = true;
  assert_ok(oc_network_layers(&n, &layers, &count, &err), err);
  assert_int_equal(count, 1);
  const oc_shape wanted = OC_SHAPE(OC_BATCH, 28, 28, 32);
  assert_true(oc_shape_equal(&layers[0].output, &wanted));
  assert_true(layers[0].parameters == 3 * 3 * 32 + 32);
  oc_free(layers);
  assert_int_equal(oc_network_plan(&n, true, 1, add_line, (char[TEXT]){0}, &err), OC_E_NET);
}

/* 64 GB of weights: were they allocated, this would end here. */
static void no_memory_for_weights(void **state) {
  (void)state;
  const oc_network n = {.net = "dense 65536 | dense 65536 | dense 65536 | dense 65536 | dense CLASSES",
                        .input = {256, 256, 1}};
  oc_layer_summary *layers;
  oc_error err;
  int count;
  assert_ok(oc_network_layers(&n, &layers, &count, &err), err);
  assert_true(layers[0].parameters == ((int64_t)1 << 32) + 65536);
  oc_free(layers);
  char *text = oc_memory_alloc(TEXT);
  assert_ok(oc_network_plan(&n, true, 64, add_line, text, &err), err);
  assert_ok(oc_network_plan(&n, false, 64, add_line, text, &err), err);
  oc_memory_free(text);
}

static void sizes_that_are_none_are_refused(void **state) {
  (void)state;
  oc_layer_summary *layers;
  oc_error err;
  int count;
  assert_int_equal(oc_network_layers(NULL, &layers, &count, &err), OC_E_ARGUMENT);
  oc_network n = {.input = {28, 0, 1}};
  assert_int_equal(oc_network_layers(&n, &layers, &count, &err), OC_E_ARGUMENT);
  n = (oc_network){.input = {28, 28, 1}, .classes = 1};
  assert_int_equal(oc_network_layers(&n, &layers, &count, &err), OC_E_ARGUMENT);
  n.classes = 0;
  assert_int_equal(oc_network_plan(&n, true, -1, add_line, (char[TEXT]){0}, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_network_plan(&n, true, 1, NULL, NULL, &err), OC_E_ARGUMENT);
}

static void more_than_there_is_is_refused_with_both_numbers(void **state) {
  (void)state;
  oc_error err;
  assert_true(oc_memory_most() > 0);
  assert_ok(oc_memory_check("it", 1, &err), err);
  assert_int_equal(oc_memory_check("it", SIZE_MAX / 2, &err), OC_E_MEMORY);
  assert_non_null(strstr(err.message, "8589934592.0 GiB needed"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_as_of_a_model),
      cmocka_unit_test(any_output),
      cmocka_unit_test(no_memory_for_weights),
      cmocka_unit_test(sizes_that_are_none_are_refused),
      cmocka_unit_test(more_than_there_is_is_refused_with_both_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
