/* Are kernels taken that are named, and no others, and recorded? */
#include "fit_fixture.h"
#include "base/file.h"
#include "ocellus/train.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* A first layer and one after it, which several kernels can compute. */
static const char two_layers[] = "conv 3x3x8 relu | conv 3x3x8 relu | dense CLASSES";
static const setting layers = {two_layers, "adam", 2, 3e-3, 0};

typedef struct search {
  const char *text;
  bool found;
} search;

static void look(void *context, const char *line) {
  search *s = context;
  s->found |= strstr(line, s->text) != NULL;
}

/* True if the plan of a training run with these kernels has this text. */
static bool plan_has(const char *network, const char *kernels, const char *text) {
  fixture f = make(&layers, NULL);
  oc_model_options options = oc_model_defaults();
  oc_model *m;
  oc_error err;
  search s = {.text = text};
  char *own = kernels ? strdup(kernels) : NULL; /* copied, so it need not stay */
  options.net = network;
  options.session = &(oc_session_options){.kernels = own};
  assert_ok(oc_model_create(f.train, &options, &m, &err), err);
  free(own);
  assert_ok(oc_model_plan(m, true, BATCH, look, &s, &err), err);
  oc_model_free(m);
  release(&f);
  return s.found;
}

static bool has_line(const char *kernels, const char *text) {
  return plan_has(two_layers, kernels, text);
}

static void named_kernels_are_taken(void **state) {
  (void)state;
  static const char gemm[] = "conv_2/Conv2D: conv_block by f32_conv_block_gemm_portable";
  assert_false(has_line(NULL, gemm));
  assert_false(has_line("", gemm));
  assert_true(has_line("conv_2/Conv2D=f32_conv_block_gemm_portable", gemm));
  assert_true(has_line("no/such=f32_matmul_rows_portable;conv_2/Conv2D=f32_conv_block_gemm_portable;", gemm));
  assert_false(has_line("conv_1/Conv2D=f32_conv_block_gemm_portable", gemm));
  /* another operation's kernel, and one that cannot do it: as if it were not there */
  assert_false(has_line("conv_2/Conv2D=f32_matmul_rows_portable", "conv_2/Conv2D: conv_block by f32_matmul"));
  assert_false(has_line("conv_2/Conv2D=f32_conv_block_tiles_portable",
                        "conv_2/Conv2D: conv_block by f32_conv_block_tiles"));
}

/* Variants, between which the data of a run decide, can be named and refused as any other row. */
static void variants_are_within_reach(void **state) {
  (void)state;
  static const char large[] = "dense 1024 relu | dropout 0.5 | dense CLASSES";
  char left[128], base[128];
  const char *level = oc_isa_name(oc_isa_best()), *step = "train/fc_1/_weights/ApplyAdam";
  (void)snprintf(left, sizeof left, "%s=f32_matmul_adam_rows_left_%s", step, level);
  (void)snprintf(base, sizeof base, "%s=f32_matmul_adam_rows_%s", step, level);
  static const char masked[] = "where dropout keeps at most", right[] = "f32_matmul_adam_rows_right_";
  assert_true(plan_has(large, NULL, masked) && plan_has(large, NULL, right));
  assert_true(plan_has(large, NULL, "where x is mostly zeros: f32_matmul_adam_rows_left_"));
  /* one that is named keeps the others out; the kernel that they vary does not */
  assert_true(plan_has(large, left, "f32_matmul_adam_rows_left_") && !plan_has(large, left, right));
  assert_true(plan_has(large, base, right) && plan_has(large, left, masked));
  assert_int_equal(setenv("OCELLUS_REFUSE", "masked,right", 1), 0);
  assert_false(plan_has(large, NULL, masked) || plan_has(large, NULL, right));
  assert_true(plan_has(large, NULL, "f32_matmul_adam_rows_left_"));
  assert_int_equal(unsetenv("OCELLUS_REFUSE"), 0);
}

static void texts_that_are_none(void **state) {
  (void)state;
  static const char *const bad[] = {";",
                                    "x",
                                    "=",
                                    "x=",
                                    "=f32_matmul_rows_portable",
                                    "x=f32_matmul_rows",
                                    "x=f32_matmul_rows_portable;;",
                                    "x=f32_matmul_rows_portablex",
                                    "a;b=c"};
  fixture f = make(&layers, NULL);
  oc_session_options options = oc_session_defaults();
  oc_session *s;
  oc_error err;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    options.kernels = bad[i];
    assert_fails(oc_session_create(f.m->graph, &options, &s, &err), OC_E_ARGUMENT, err, "kernels");
    f.o.kernels = bad[i];
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "kernels");
  }
  release(&f);
}

/* Every sum of the gemm kernel runs in the order of the reference implementation or near it: the loss hardly
 * changes, but bits do. */
static double loss_after_an_epoch(const char *kernels) {
  fixture f = make(&layers, NULL);
  oc_evaluation e;
  oc_error err;
  f.o.epochs = 1;
  f.o.kernels = kernels;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_model_evaluate(f.m, f.valid, &e, &err), err);
  const double loss = e.loss;
  oc_evaluation_release(&e);
  release(&f);
  return loss;
}

static void they_change_bits_and_nothing_else(void **state) {
  (void)state;
  static const char kernels[] =
      "conv_2/Conv2D=f32_conv_block_gemm_portable;conv_2/Conv2D=f32_conv_block_grad_gemm_portable";
  const double loss = loss_after_an_epoch(kernels);
  assert_true(loss == loss_after_an_epoch(kernels));
  assert_true(fabs(loss - loss_after_an_epoch(NULL)) < 1e-3);
}

/* Those that a model was made with hold for its training, too, and the run says so. */
static void kernels_of_the_model_are_recorded(void **state) {
  (void)state;
  static const char kernels[] = "conv_2/Conv2D=f32_conv_block_gemm_portable";
  fixture f = make(&layers, NULL);
  oc_model_options options = oc_model_defaults();
  oc_model *m;
  oc_error err;
  options.net = two_layers;
  options.session = &(oc_session_options){.kernels = kernels};
  assert_ok(oc_model_create(f.train, &options, &m, &err), err);
  f.o.epochs = 1;
  f.o.out = "run";
  assert_ok(oc_model_fit(m, f.train, f.valid, &f.o, &err), err);
  json_t *run = json_load_file("run/run.json", 0, NULL);
  const json_t *training = json_object_get(json_object_get(run, "provenance"), "training");
  assert_string_equal(json_string_value(json_object_get(training, "kernels")), kernels);
  json_decref(run);
  f.o.resume = true;
  f.o.epochs = 2;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "kernels");
  assert_ok(oc_model_fit(m, f.train, f.valid, &f.o, &err), err);
  oc_model_free(m);
  release(&f);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(named_kernels_are_taken), cmocka_unit_test(variants_are_within_reach),
      cmocka_unit_test(texts_that_are_none), cmocka_unit_test(they_change_bits_and_nothing_else),
      IN_FOLDER(kernels_of_the_model_are_recorded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
