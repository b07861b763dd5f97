/* Every row of every list of the library has what it needs: words for help, sound ranges, a case in the
 * tests. No count is pinned: a new row is visited by itself, and one without what it needs fails here. The
 * program's side is tests/cli/test_registries.sh. */
#include "harness.h"
#include "data/decode/decoder.h"
#include "data/source/source.h"
#include "kernels/kernel.h"
#include "net/loss.h"
#include "net/net.h"
#include "net/preset.h"
#include "ocellus/file.h"
#include "ocellus/model.h"
#include "ocellus/train.h"
#include "ops/ops.h"
#include "plan/fuse/fuse.h"
#include "train/callback.h"
#include "train/lr_schedule.h"
#include "train/optimizer.h"
#include <ctype.h>
#include <dirent.h>
#include <math.h>

/* ---- words --------------------------------------------------------------------------------------------- */

/* One line that help can print: there is one, and it does not end in a full stop. */
static void is_help(const char *list, const char *row, const char *text) {
  if (!text || !*text || strchr(text, '\n') || text[strlen(text) - 1] == '.')
    fail_msg("%s %s: help is one line without a full stop, got \"%s\"", list, row, text ? text : "(NULL)");
}

static void is_name(const char *list, const char *name) {
  if (!name || !islower((unsigned char)*name))
    fail_msg("%s: \"%s\" is no name", list, name ? name : "(NULL)");
  for (const char *c = name; *c; c++)
    if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
      fail_msg("%s: a name has small letters, digits and _, not \"%s\"", list, name);
}

/* The text of all files of a folder of tests whose names have `part`; freed by the caller. */
static char *read_tests(const char *folder, const char *part) {
  const size_t room = 8u << 20;
  const char *source = getenv("OCELLUS_SOURCE");
  char *text = malloc(room), path[1024];
  size_t used = 0;
  if (!source) skip();
  assert_non_null(text);
  snprintf(path, sizeof path, "%s/tests/%s", source, folder);
  DIR *d = opendir(path);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));) {
    if (!strstr(e->d_name, part)) continue;
    snprintf(path, sizeof path, "%s/tests/%s/%s", source, folder, e->d_name);
    FILE *f = fopen(path, "rb");
    if (!f) continue;
    used += fread(text + used, 1, room - 1 - used, f);
    fclose(f);
  }
  closedir(d);
  text[used] = 0;
  return text;
}

static bool is_part_of_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* Does the text have `name`, or a builder or a kernel of it ("oc_relu", "f32_relu_..")? */
static bool mentions(const char *text, const char *name) {
  const size_t n = strlen(name);
  for (const char *at = text; (at = strstr(at, name)); at++) {
    const bool starts = at == text || !is_part_of_word(at[-1]) ||
                        (at - text >= 3 && strncmp(at - 3, "oc_", 3) == 0) ||
                        (at - text >= 4 && strncmp(at - 4, "f32_", 4) == 0);
    if (starts && (!is_part_of_word(at[n]) || at[n] == '_')) return true;
  }
  return false;
}

/* ---- hyperparameters ----------------------------------------------------------------------------------- */

typedef struct seen {
  const oc_hyperparameter *rows[64];
  const char *owners[64];
  int count;
} seen;

static void check_hyperparameter(const char *owner, const oc_hyperparameter *h) {
  char range[64];
  is_name(owner, h->name);
  is_help(owner, h->name, h->help);
  if (!(h->low < h->high)) fail_msg("%s of %s: its range is empty", h->name, owner);
  if (!h->required && !oc_hyperparameter_allows(h, h->fallback))
    fail_msg("%s of %s: the default %g is not %s", h->name, owner, h->fallback,
             oc_hyperparameter_range(h, range, sizeof range));
}

/* One name is one option of the program: it means the same wherever it is. */
static void add_hyperparameter(seen *s, const char *owner, const oc_hyperparameter *h) {
  check_hyperparameter(owner, h);
  for (int i = 0; i < s->count; i++) {
    const oc_hyperparameter *o = s->rows[i];
    if (strcmp(o->name, h->name) != 0) continue;
    if (o->low != h->low || o->high != h->high || o->above != h->above || o->below != h->below ||
        strcmp(o->help, h->help) != 0)
      fail_msg("%s means one thing for %s and another for %s", h->name, s->owners[i], owner);
  }
  assert_true(s->count < 64);
  s->rows[s->count] = h;
  s->owners[s->count++] = owner;
}

/* ---- operations ---------------------------------------------------------------------------------------- */

/* "relu_grad", where tests/gradients checks the gradient of relu. */
static bool is_checked_gradient(const char *gradients, const char *name) {
  char base[64];
  const char *end = strstr(name, "_grad");
  snprintf(base, sizeof base, "%.*s", end ? (int)(end - name) : 0, name);
  return end && mentions(gradients, base);
}

/* Does a test call its builder? */
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

/* ---- data ---------------------------------------------------------------------------------------------- */

static void sources(void **state) {
  (void)state;
  const char *syntax, *summary;
  for (int i = 0; oc_data_source(i, &syntax, &summary); i++) {
    assert_true(syntax && *syntax);
    is_help("source", syntax, summary);
  }
}

/* There is a good file of each format among those of tests/bad/data, and only its own decoder knows it. */
static void decoders(void **state) {
  (void)state;
  const char *source = getenv("OCELLUS_SOURCE");
  const oc_decoder *decoder;
  char folder[1024], path[2048];
  oc_error err;
  if (!source) skip();
  snprintf(folder, sizeof folder, "%s/tests/bad/data", source);
  for (int i = 0; (decoder = oc_decoder_at(i)); i++) {
    int good = 0;
    is_name("decoder", decoder->name);
    is_help("decoder", decoder->name, decoder->formats);
    if (!decoder->known || !decoder->decode) fail_msg("decoder %s knows or decodes nothing", decoder->name);
    if (!decoder->endings[0]) fail_msg("decoder %s has no ending of file names", decoder->name);
    for (int k = 0; decoder->endings[k]; k++) {
      snprintf(path, sizeof path, "A.b%s", decoder->endings[k]);
      if (!oc_decoder_has_ending(path)) fail_msg("decoder %s: %s is not an ending", decoder->name, path);
    }
    assert_false(decoder->known((const unsigned char *)"", 0));
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
      void *bytes;
      size_t size;
      oc_image image;
      snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
      if (strncmp(e->d_name, "good", 4) != 0 || oc_file_load(path, 1u << 20, &bytes, &size, NULL) != OC_OK)
        continue;
      if (decoder->known(bytes, size)) {
        assert_ptr_equal(oc_decoder_for(bytes, size), decoder);
        assert_true(oc_image_is_known(bytes, size < OC_IMAGE_MAGIC ? size : OC_IMAGE_MAGIC));
        const oc_status status = oc_image_decode(e->d_name, bytes, size, NULL, &image, &err);
        good += status == OC_OK || status == OC_E_UNSUPPORTED; /* a build without its library */
        oc_image_release(&image);
      }
      oc_free(bytes);
    }
    closedir(d);
    if (!good) fail_msg("there is no tests/bad/data/good* for the decoder %s", decoder->name);
  }
}

/* ---- training ------------------------------------------------------------------------------------------ */

/* loss = mean of (w - 1)^2 over four weights; every optimizer brings it down. */
static void lowers_a_loss(const char *name) {
  oc_graph *g;
  oc_session *s;
  oc_error err;
  float x[4] = {1, 1, 1, 1};
  oc_tensor loss;
  float first = NAN, last = NAN;
  const oc_optimizer_options how = {.name = name, .learning_rate = 1e-3};
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node one = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(4, 4), oc_init_of(OC_INIT_ONES));
  const oc_node y = oc_matmul(g, one, w, false, false);
  oc_named(g, oc_reduce_mean(g, oc_multiply(g, y, y), 0), "loss");
  oc_minimize(g, oc_find(g, "loss"), &how);
  assert_ok(oc_graph_status(g, &err), err);
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  for (int i = 0; i < 20; i++) {
    const oc_feed feed = {"x", {OC_F32, OC_SHAPE(1, 4), x}};
    const char *fetch[] = {"train_op", "loss"};
    oc_tensor results[2];
    assert_ok(oc_run(s, &feed, 1, fetch, 2, results, &err), err);
    loss = results[1];
    last = *(const float *)loss.data;
    if (i == 0) first = last;
  }
  if (!(last < first))
    fail_msg("optimizer %s: the loss went from %g to %g", name, (double)first, (double)last);
  oc_session_free(s);
  oc_graph_free(g);
}

static void optimizers_and_schedules(void **state) {
  (void)state;
  const char *name;
  const oc_hyperparameter *h;
  seen s = {.count = 0};
  for (int i = 0; (name = oc_optimizer_name(i)); i++) {
    is_name("optimizer", name);
    is_help("optimizer", name, oc_optimizer_summary(name));
    for (int k = 0; (h = oc_optimizer_hyperparameter_at(name, k)); k++) add_hyperparameter(&s, name, h);
    lowers_a_loss(name);
  }
  for (int i = 0; (name = oc_lr_schedule_name(i)); i++) {
    const oc_lr_schedule *schedule;
    double values[OC_HYPERPARAMETERS_MAX] = {0};
    oc_error err;
    is_name("schedule", name);
    is_help("schedule", name, oc_lr_schedule_summary(name));
    assert_ok(oc_lr_schedule_find(name, &schedule, &err), err);
    for (int k = 0; (h = oc_lr_schedule_hyperparameter_at(name, k)); k++) {
      add_hyperparameter(&s, name, h);
      values[k] = h->fallback;
    }
    for (int step = 0; step <= 100; step++) {
      const oc_lr_position at = {step / 100.0, step / 10.0, 10, step, 101};
      const oc_lr_position more = {step / 200.0, step / 10.0, 20, step, 201};
      const double factor = schedule->factor(&at, values);
      if (!(factor >= 0 && isfinite(factor))) fail_msg("schedule %s: a factor of %g", name, factor);
      if (schedule->extends && factor != schedule->factor(&more, values))
        fail_msg("schedule %s depends on the number of epochs, but says that it does not", name);
    }
  }
}

static void callbacks(void **state) {
  (void)state;
  const oc_callback_info *info;
  for (int i = 0; (info = oc_callback_at(i)); i++) {
    is_name("callback", info->name);
    is_help("callback", info->name, info->help);
    if (!info->value || !*info->value) fail_msg("callback %s: its value has no name for help", info->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operations), cmocka_unit_test(kernels),
      cmocka_unit_test(fusions),    cmocka_unit_test(layers),
      cmocka_unit_test(presets),    cmocka_unit_test(sources),
      cmocka_unit_test(decoders),   cmocka_unit_test(optimizers_and_schedules),
      cmocka_unit_test(callbacks),  cmocka_unit_test(losses_and_metrics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
