/* Is what is wrong with a caller's descriptor (ocellus/registry.h) refused in words?
 * test_registry_failures.c has what its functions do wrong. */
#include "harness.h"
#include "registry_rows.h"
#include <math.h>

static void wrong_operations_are_refused(void **state) {
  (void)state;
  static char name[] = "a name that is far too long for anyone";
  const oc_attribute outside[] = {{"a", OC_ATTRIBUTE_F64, 8, 1}, {.name = NULL}},
                     crooked[] = {{"a", OC_ATTRIBUTE_F64, 4, 1}, {.name = NULL}},
                     none[] = {{"a", (oc_attribute_kind)99, 0, 1}, {.name = NULL}},
                     many[] = {{"a", OC_ATTRIBUTE_BOOL, 0, 2}, {.name = NULL}},
                     huge[] = {{"a", OC_ATTRIBUTE_I64, SIZE_MAX - 7, 1}, {.name = NULL}},
                     twice[] = {{"a", OC_ATTRIBUTE_INT, 0, 1}, {"a", OC_ATTRIBUTE_INT, 4, 1}, {.name = NULL}},
                     odd[] = {{"a b", OC_ATTRIBUTE_INT, 0, 1}, {.name = NULL}};
  const struct {
    oc_custom_op op;
    const char *words;
  } rows[] = {
      {{.name = NULL}, "name must not be NULL"},
      {{.name = ""}, "got ''"},
      {{.name = name}, "must be 1 to 20 lower-case letters"},
      {{.name = "Big"}, "got 'Big'"},
      {{.name = "1st"}, "got '1st'"},
      {{.name = "a/b"}, "got 'a/b'"},
      {{.name = "relu"}, "'relu' is a built-in operation"},
      {{.name = "variable"}, "'variable' is a built-in operation"},
      {{.name = "t.square"}, "the registry already has operation 't.square'"},
      {{.name = "n", .run_f32 = square_f32, .run_f64 = square_f64}, "infer must not be NULL"},
      {{.name = "n", .infer = like_input, .run_f64 = square_f64}, "run_f32 must not be NULL"},
      {{.name = "n", .infer = like_input, .run_f32 = square_f32}, "run_f64 must not be NULL"},
#define WHOLE .infer = like_input, .run_f32 = square_f32, .run_f64 = square_f64
      {{.name = "n", WHOLE, .node_name = "a b"}, "invalid node_name 'a b'"},
      {{.name = "n", WHOLE, .inputs = -1}, "inputs must be at least 0, got -1"},
      {{.name = "n", WHOLE, .inputs = 2, .elementwise = true}, "1 of an elementwise operation, got 2"},
      {{.name = "n", WHOLE, .attribute_bytes = 8}, "without a list"},
      {{.name = "n", WHOLE, .attribute_bytes = SIZE_MAX, .attributes = outside}, "more than 65536"},
      {{.name = "n", WHOLE, .attribute_bytes = 8, .attributes = outside}, "'a' does not lie in the 8 bytes"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = crooked},
       "'a' does not lie in the 16 bytes"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = none}, "'a' does not lie"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = many}, "'a' does not lie"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = huge}, "'a' does not lie"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = twice}, "duplicate attribute 'a'"},
      {{.name = "n", WHOLE, .attribute_bytes = 16, .attributes = odd}, "invalid attribute name 'a b'"},
      {{.name = "n", WHOLE, .struct_size = 8}, "struct_size is 8 bytes"},
      {{.name = "n", WHOLE, .struct_size = sizeof(oc_custom_op) - 1}, "but must be 0 or at least"},
  };
  oc_registry *r = make_registry();
  oc_error err;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_fails(oc_registry_add_op(r, &rows[i].op, &err), OC_E_ARGUMENT, err, rows[i].words);
  const oc_attribute last[] = {{"a", OC_ATTRIBUTE_I64, 8, 2},
                               {.name = NULL}}; /* ends where the struct does */
  const oc_custom_op right = {.name = "n", WHOLE, .attribute_bytes = 24, .attributes = last};
  assert_ok(oc_registry_add_op(r, &right, &err), err);
  oc_registry_free(r);
}

/* Hyperparameters, most of them wrong somewhere. */
static const oc_hyperparameter taken[] = {{.name = "batch", .high = 1}, {.name = NULL}},
                               scheduled[] = {{.name = "end_factor", .high = 1}, {.name = NULL}},
                               required[] = {{.name = "a", .high = 1, .required = true}, {.name = NULL}},
                               late[] = {{.name = "a", .high = 1},
                                         {.name = "b", .high = 1, .required = true},
                                         {.name = NULL}},
                               inverted[] = {{.name = "a", .low = 2, .high = 1}, {.name = NULL}},
                               beyond[] = {{.name = "a", .high = 1, .fallback = 2}, {.name = NULL}},
                               number[] = {{.name = "a", .high = NAN}, {.name = NULL}},
                               twice[] = {{.name = "a", .high = 1}, {.name = "a", .high = 1}, {.name = NULL}},
                               seven[] = {{.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"},
                                          {.name = "e"}, {.name = "f"}, {.name = "g"}, {.name = NULL}};

static void wrong_layers_are_refused(void **state) {
  (void)state;
  const struct {
    oc_custom_layer layer;
    const char *words;
  } layers[] = {{{.name = "conv", .build = square_build}, "'conv' is a word of net texts already"},
                {{.name = "stride", .build = square_build}, "'stride' is a word"},
                {{.name = "he_normal", .build = square_build}, "'he_normal' is a word"},
                {{.name = "lecture", .build = square_build}, "'lecture' is a word"},
                {{.name = "t.wide", .build = square_build}, "already has layer 't.wide'"},
                {{.name = "n"}, "build must not be NULL"},
                {{.name = "n", .build = square_build, .scope = "a/b"}, "invalid scope 'a/b'"},
                {{.name = "n", .build = square_build, .sizes = "Hx"}, "got 'Hx'"},
                {{.name = "n", .build = square_build, .sizes = "AxBxCxD"}, "got 'AxBxCxD'"},
                {{.name = "n", .build = square_build, .sizes = ""}, "got ''"},
                {{.name = "n", .build = square_build, .sizes = "AxB", .classes = true},
                 "CLASSES can stand for one size"},
                {{.name = "n", .build = square_build, .sizes = "N", .activates = true}, "ACT has no sizes"},
                {{.name = "n", .build = square_build, .words = 512}, "unknown words 0x200"},
                {{.name = "n", .build = square_build, .activates = true, .hyperparameters = required},
                 "'a' must not be required of a layer that stands for ACT"},
                {{.name = "n", .build = square_build, .hyperparameters = late}, "after one that is not"},
                {{.name = "n", .build = square_build, .hyperparameters = seven}, "too many hyperparameters"},
                {{.name = "n", .build = square_build, .struct_size = 1}, "struct_size is 1 bytes"}};
  oc_registry *r = make_registry();
  oc_error err;
  for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
    assert_fails(oc_registry_add_layer(r, &layers[i].layer, &err), OC_E_ARGUMENT, err, layers[i].words);
  oc_registry_free(r);
}

static void wrong_optimizers_are_refused(void **state) {
  (void)state;
  const struct {
    oc_custom_optimizer optimizer;
    const char *words;
  } optimizers[] = {
      {{.name = "adam", .apply = plain_apply}, "'adam' is a built-in optimizer"},
      {{.name = "t.plain", .apply = plain_apply}, "already has optimizer"},
      {{.name = "n"}, "apply must not be NULL"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = taken}, "'batch' is an option"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = scheduled}, "'end_factor' is an option"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = required}, "must not be required"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = inverted},
       "invalid range of hyperparameter 'a'"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = beyond}, "invalid range"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = number}, "invalid range"},
      {{.name = "n", .apply = plain_apply, .hyperparameters = twice}, "duplicate hyperparameter 'a'"},
      {{.name = "n", .apply = plain_apply, .struct_size = 9}, "struct_size is 9 bytes"}};
  oc_registry *r = make_registry();
  oc_error err;
  for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++)
    assert_fails(oc_registry_add_optimizer(r, &optimizers[i].optimizer, &err), OC_E_ARGUMENT, err,
                 optimizers[i].words);
  oc_registry_free(r);
}

static void wrong_sources_are_refused(void **state) {
  (void)state;
  oc_registry *r = make_registry();
  oc_error err;
  oc_custom_source source = letters;
  assert_fails(oc_registry_add_source(r, &source, &err), OC_E_ARGUMENT, err, "already has data source");
  source.name = "digits";
  assert_fails(oc_registry_add_source(r, &source, &err), OC_E_ARGUMENT, err,
               "'digits' is a built-in data source");
  source.name = "n";
  source.open = NULL;
  assert_fails(oc_registry_add_source(r, &source, &err), OC_E_ARGUMENT, err, "open must not be NULL");
  oc_graph_free(make_graph(r, OC_F32));
  assert_fails(oc_registry_add_op(r, &square, &err), OC_E_ARGUMENT, err, "takes no more rows");
  oc_registry_free(r);
  oc_registry_free(NULL);
}

/* A descriptor of an older or a newer program: with its size, with more that is 0, with more that is not. */
static void sizes_are_read(void **state) {
  (void)state;
  oc_error err;
  for (int i = 0; i < 4; i++) {
    struct {
      oc_custom_op op;
      unsigned char more[16];
    } later = {.op = square};
    oc_registry *r;
    later.op.struct_size = i == 0 ? 0 : i == 1 ? sizeof later.op : sizeof later;
    later.more[3] = i == 3;
    assert_ok(oc_registry_create(&r, &err), err);
    if (i < 3)
      assert_ok(oc_registry_add_op(r, &later.op, &err), err);
    else
      assert_fails(oc_registry_add_op(r, &later.op, &err), OC_E_ARGUMENT, err, "oc_custom_op: struct_size");
    oc_registry_free(r);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_operations_are_refused),
      cmocka_unit_test(wrong_layers_are_refused),
      cmocka_unit_test(wrong_optimizers_are_refused),
      cmocka_unit_test(wrong_sources_are_refused),
      cmocka_unit_test(sizes_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
