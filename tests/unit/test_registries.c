/* Does every row of the lists that make a graph have what it needs: words for help, sound ranges, a case
 * in the tests? No count is pinned: a new row is visited by itself, and one without what it needs fails
 * here. test_registries_of_runs.c has the lists of data and training, tests/cli/test_registries.sh the
 * program's side. */
#include "harness.h"
#include "registry_words.h"
#include "kernels/kernel.h"
#include "net/loss.h"
#include "net/net.h"
#include "net/preset.h"
#include "ops/ops.h"
#include "plan/fuse/fuse.h"
#include <math.h>

/* ---- operations ---------------------------------------------------------------------------------------- */

/* "relu_grad", where tests/gradients checks the gradient of relu. */
static bool is_checked_gradient(const char *gradients, const char *name) {
  char base[64];
  const char *end = strstr(name, "_grad");
  snprintf(base, sizeof base, "%.*s", end ? (int)(end - name) : 0, name);
  return end && mentions(gradients, base);
}

/* True if a test calls its builder. */
static bool is_built(const char *tests, const char *name) {
  char call[96];
  snprintf(call, sizeof call, "oc_%s(", name);
  return strstr(tests, call) != NULL;
}

static void operations(void **state) {
  (void)state;
  int count, count64;
  const oc_op *const *list = oc_ops_list(OC_F32, &count), *const *wide = oc_ops_list(OC_F64, &count64);
  char *gradients = read_tests("gradients", ".c"), *oracle = read_tests("oracle", "");
  char *units = read_tests("unit", ".c"), *cases = read_tests("unit", "test_ops"),
       *kernels = read_tests("kernels", "cases");
  assert_int_equal(count, count64);
  for (int i = 0; i < count; i++) {
    const oc_op *op = list[i];
    is_name("operation", op->name);
    assert_string_equal(op->name, wide[i]->name);
    assert_ptr_equal(oc_ops_find(OC_F32, op->name), op); /* so names are unique */
    if (!op->tf_name) fail_msg("operation %s has no name for its nodes", op->name);
    if (op->is_source) continue;
    if (!op->infer || !op->run) fail_msg("operation %s has no shape rule or no definition", op->name);
    if (op->gradient && !mentions(gradients, op->name))
      fail_msg("no test in tests/gradients checks the gradient of %s", op->name);
    if (!mentions(oracle, op->name) && !mentions(cases, op->name) && !mentions(kernels, op->name) &&
        !is_checked_gradient(gradients, op->name) && !is_built(units, op->name))
      fail_msg("operation %s has no case in tests/oracle, tests/unit or tests/kernels", op->name);
    if (oc_op_stored(op) && op->attr_size && !op->attributes)
      fail_msg("operation %s may stand in a model's file, but does not list its attributes", op->name);
  }
  free(gradients);
  free(oracle);
  free(cases);
  free(units);
  free(kernels);
}

static void kernels(void **state) {
  (void)state;
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i];
    const size_t n = strlen(k->name), level = strlen(oc_isa_name(k->isa));
    is_name("kernel", k->name);
    if (!oc_ops_find(OC_F32, k->op)) fail_msg("kernel %s is for %s, which is no operation", k->name, k->op);
    if (n < level || strcmp(k->name + n - level, oc_isa_name(k->isa)) != 0)
      fail_msg("kernel %s does not end in its level, %s", k->name, oc_isa_name(k->isa));
    if (!k->run || !(k->tolerance >= 0)) fail_msg("kernel %s has no run, or no tolerance", k->name);
    if (!!k->prepack != !!k->prepacked_bytes) fail_msg("kernel %s prepacks, or does not?", k->name);
    for (int j = 0; j < i; j++)
      if (strcmp(list[j]->name, k->name) == 0) fail_msg("two kernels are called %s", k->name);
  }
}

/* A fusion is tried at an operation that there is. tests/unit/test_fusions.c has a case for each. */
static void fusions(void **state) {
  (void)state;
  const oc_fusion *f;
  for (int i = 0; (f = oc_fusion_at(i)); i++) {
    is_name("fusion", f->name);
    is_help("fusion", f->name, f->summary);
    if (!oc_ops_find(OC_F32, f->op))
      fail_msg("fusion %s is tried at %s, which is not an operation", f->name, f->op);
    if (!f->apply) fail_msg("fusion %s does nothing", f->name);
  }
}

/* ---- layers and presets -------------------------------------------------------------------------------- */

/* The shortest text of a layer: its name, sizes that fit 8x8x2, and the numbers that it must have. */
static void example_of(const oc_layer_kind *kind, char text[128]) {
  const oc_hyperparameter *h;
  snprintf(text, 128, kind->branches ? "{ relu ; } %s" : "%s", kind->name);
  for (int i = 0; i < kind->sizes.low; i++)
    snprintf(text + strlen(text), 128 - strlen(text), "%s", i ? "x2" : " 2");
  for (int i = 0; (h = oc_hyperparameter_row(kind->hyperparameters, i)); i++)
    if (h->required)
      snprintf(text + strlen(text), 128 - strlen(text), " %g",
               isfinite(h->high) ? (h->low + h->high) / 2 : h->low + 1);
  if (kind->join && !kind->branches) snprintf(text + strlen(text), 128 - strlen(text), " { relu }");
}

static void builds(const char *row, const char *text) {
  oc_graph *g;
  oc_error err;
  oc_node logits;
  char *canonical;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  if (oc_net_build(g, x, text, 10, NULL, &logits, &err) != OC_OK)
    fail_msg("%s: \"%s\": %s", row, text, err.message);
  oc_graph_free(g);
  assert_ok(oc_net_canonicalize(text, 10, NULL, &canonical, &err), err);
  oc_free(canonical);
}

static void layers(void **state) {
  (void)state;
  char *texts = read_tests("unit", "test_net");
  const oc_layer_kind *kind;
  for (int i = 0; (kind = oc_layer_kind_at(NULL, i)); i++) {
    char usage[OC_LAYER_USAGE_MAX], example[128], net[160];
    const oc_hyperparameter *h;
    is_name("layer", kind->name);
    is_name("scope of a layer", kind->scope);
    is_help("layer", kind->name, kind->summary);
    oc_layer_usage(kind, usage);
    const char *name_at = strstr(usage, kind->name);
    if (!name_at || (name_at != usage && (!kind->branches || name_at[strlen(kind->name)])))
      fail_msg("layer %s is written \"%s\"", kind->name, usage);
    for (int k = 0; (h = oc_hyperparameter_row(kind->hyperparameters, k)); k++)
      check_hyperparameter(kind->name, h);
    example_of(kind, example);
    snprintf(net, sizeof net, "%s | dense CLASSES", example);
    builds(kind->name, net);
    if (kind->activate) {
      snprintf(net, sizeof net, "conv 3x3x2 %s | dense 4 %s | dense CLASSES", kind->name, kind->name);
      builds(kind->name, net);
    }
    if (!mentions(texts, kind->name))
      fail_msg("no test in tests/unit/test_net*.c has the layer %s", kind->name);
  }
  free(texts);
}

static void presets(void **state) {
  (void)state;
  const char *name;
  for (int i = 0; (name = oc_net_preset_name(i)); i++) {
    const oc_preset_option *o;
    is_name("preset", name);
    is_help("preset", name, oc_net_preset_summary(name));
    builds(name, oc_net_preset(name));
    builds(name, name);
    for (int k = 0; (o = oc_net_preset_option_at(name, k)); k++)
      if (!o->value || !*o->value) fail_msg("preset %s: the option %s has no value", name, o->name);
  }
}

/* ---- losses and metrics -------------------------------------------------------------------------------- */

/* A loss or a metric of an output of two numbers, for targets of a kind: a scalar from a graph that is
 * sound. */
static void gives_a_scalar(const char *name, oc_target_kind kind,
                           oc_node (*build)(oc_graph *, const oc_loss_inputs *)) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const bool is_class = kind == OC_TARGET_CLASS;
  const oc_node output = oc_placeholder(g, "output", OC_F32, OC_SHAPE(OC_BATCH, 2));
  const oc_node target = is_class ? oc_placeholder(g, "target", OC_I32, OC_SHAPE(OC_BATCH))
                                  : oc_placeholder(g, "target", OC_F32, OC_SHAPE(OC_BATCH, 2));
  const oc_node label = is_class ? oc_argmax(g, output) : OC_NO_NODE;
  const oc_loss_inputs in = {output, oc_sigmoid(g, output), label, target, 2};
  const oc_node made = build(g, &in);
  assert_ok(oc_graph_status(g, &err), err);
  if (oc_node_shape(g, made).rank != 0) fail_msg("%s gives no scalar", name);
  oc_graph_free(g);
}

static void losses_and_metrics(void **state) {
  (void)state;
  const oc_loss *loss, *fallback;
  const oc_metric *metric;
  oc_error err;
  for (int i = 0; (loss = oc_loss_at(i)); i++) {
    is_name("loss", loss->name);
    is_help("loss", loss->name, oc_loss_summary(oc_loss_name(i)));
    if (!loss->kinds) fail_msg("loss %s is for no kind of target", loss->name);
    for (int kind = 0; kind <= OC_TARGET_VECTOR; kind++)
      if (oc_loss_takes(loss->name, kind)) {
        gives_a_scalar(loss->name, kind, loss->build);
        assert_ok(oc_metric_find(loss->metric, kind, &metric, &err), err);
      }
  }
  for (int i = 0; (metric = oc_metric_at(i)); i++) {
    is_name("metric", metric->name);
    is_help("metric", metric->name, oc_metric_summary(oc_metric_name(i)));
    if (!metric->kinds) fail_msg("metric %s is for no kind of target", metric->name);
    for (int kind = 0; kind <= OC_TARGET_VECTOR; kind++)
      if (oc_metric_takes(metric->name, kind)) gives_a_scalar(metric->name, kind, metric->build);
  }
  for (int kind = 0; kind <= OC_TARGET_VECTOR; kind++)
    assert_ok(oc_loss_find(NULL, kind, &fallback, &err), err);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operations), cmocka_unit_test(kernels), cmocka_unit_test(fusions),
      cmocka_unit_test(layers),     cmocka_unit_test(presets), cmocka_unit_test(losses_and_metrics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
