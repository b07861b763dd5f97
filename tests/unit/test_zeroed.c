/* A zeroed struct of options, what oc_x_defaults() gives, and NULL do the same, for every struct in include/ocellus; and
 * where a flag says that 0 is meant, it is. The lists are held against the headers, so that a new struct or flag without a
 * row fails. */
#include "harness.h"
#include "ocellus/ocellus.h"
#include "ocellus/tensorboard.h"
#include <dirent.h>

/* What was seen of one use, as a hash (Fowler, Noll and Vo). */
typedef uint64_t seen;

static void see(seen *s, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) *s = (*s ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}
static void see_text(seen *s, const char *text) {
  see(s, text, strlen(text) + 1);
}
static void see_shape(seen *s, oc_shape shape) {
  char text[128];
  see_text(s, oc_shape_text(&shape, text, sizeof text));
}
static void see_variables(seen *s, const oc_session *session) {
  for (int i = 0; i < oc_variable_count(session); i++) {
    const oc_tensor_view t = oc_variable_view(session, i);
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&t.shape, 1, &count, &err), err);
    see_text(s, oc_variable_name(session, i));
    see(s, t.data, (size_t)count * oc_dtype_size(t.dtype));
  }
}

/* ---- one use of each struct ----------------------------------------------------------------------------- */

static seen use_graph(const void *options) {
  seen s = 0;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(options, &g, &err), err);
  see_text(&s, oc_dtype_name(oc_node_dtype(g, oc_scalar(g, 1))));
  oc_graph_free(g);
  return s;
}

/* A graph with weights and dropout, and what a session and a plan make of it. */
typedef struct small {
  oc_graph *g;
  oc_session *session;
  oc_node x, y;
} small;

static small make_small(const oc_session_options *options) {
  small f;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &f.g, &err), err);
  f.x = oc_placeholder(f.g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(f.g, "w", OC_SHAPE(4, 32), oc_init_of(OC_INIT_HE_NORMAL));
  f.y = oc_dropout(f.g, oc_matmul(f.g, f.x, w, false, false), oc_scalar(f.g, 0.5));
  assert_ok(oc_session_create(f.g, options, &f.session, &err), err);
  return f;
}

static void free_small(small *f) {
  oc_session_free(f->session);
  oc_graph_free(f->g);
}

static void see_plan_line(void *context, const char *line) {
  see_text(context, line);
}

static void see_plan(seen *s, small *f, const oc_plan_options *options) {
  static const float x[4] = {1, 2, 3, 4};
  oc_plan *plan;
  oc_error err;
  assert_ok(oc_plan_create(f->session, &f->y, 1, options, &plan, &err), err);
  assert_ok(oc_plan_print(plan, see_plan_line, s, &err), err);
  assert_ok(oc_plan_bind(plan, f->x, x, &err), err);
  assert_ok(oc_plan_run(plan, 1, (oc_rng_counter){0}, &err), err);
  see(s, oc_plan_result(plan, 0).data, 32 * sizeof *x);
  oc_plan_free(plan);
}

static seen use_session(const void *options) {
  seen s = 0;
  small f = make_small(options);
  const oc_plan_options training = {.training = true};
  const int facts[] = {oc_session_threads(f.session), (int)oc_session_isa(f.session)};
  see(&s, facts, sizeof facts);
  see_variables(&s, f.session);
  see_plan(&s, &f, &training);
  free_small(&f);
  return s;
}

static seen use_plan(const void *options) {
  seen s = 0;
  small f = make_small(NULL);
  see_plan(&s, &f, options);
  free_small(&f);
  return s;
}

/* Two steps: what was decayed or has momentum shows in the second. */
static seen use_optimizer(const void *options) {
  static const float x[4] = {1, 2, 3, 4};
  seen s = 0;
  small f = make_small(NULL);
  oc_error err;
  const oc_node step = oc_minimize(f.g, oc_reduce_mean(f.g, oc_multiply(f.g, f.y, f.y), 0), options);
  assert_ok(oc_graph_status(f.g, &err), err);
  oc_plan *plan;
  assert_ok(oc_plan_create(f.session, &step, 1, NULL, &plan, &err), err);
  assert_ok(oc_plan_bind(plan, f.x, x, &err), err);
  for (uint64_t i = 0; i < 2; i++) assert_ok(oc_plan_run(plan, 1, (oc_rng_counter){i, 0}, &err), err);
  see_variables(&s, f.session);
  oc_plan_free(plan);
  free_small(&f);
  return s;
}

static seen use_net(const void *options) {
  seen s = 0;
  char *text;
  oc_error err;
  assert_ok(oc_net_canonicalize("conv 3x3x2 | dropout 0.25 | dense CLASSES", 3, options, &text, &err), err);
  see_text(&s, text);
  oc_free(text);
  return s;
}

static void see_dataset(seen *s, const oc_dataset *d) {
  if (d) see_text(s, oc_dataset_hash(d));
}

static seen use_data(const void *options) {
  seen s = 0;
  oc_data data;
  oc_error err;
  assert_ok(oc_data_open("xo:13:2", options, &data, &err), err);
  see_dataset(&s, data.train);
  see_dataset(&s, data.valid);
  see_dataset(&s, data.test);
  oc_data_close(&data);
  return s;
}

static oc_data open_digits(void) {
  oc_data data;
  oc_error err;
  assert_ok(oc_data_open("digits:24:2", NULL, &data, &err), err);
  return data;
}

static seen use_model(const void *options) {
  seen s = 0;
  oc_data data = open_digits();
  oc_model *m;
  oc_error err;
  assert_ok(oc_model_create(data.train, options, &m, &err), err);
  see_text(&s, oc_model_net(m));
  see_variables(&s, oc_model_session(m));
  oc_model_free(m);
  oc_data_close(&data);
  return s;
}

static seen use_graph_model(const void *options) {
  seen s = 0;
  oc_graph *g;
  oc_model *m;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, 2, 2, 1));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(4, 3), oc_init_of(OC_INIT_HE_NORMAL));
  const oc_node logits = oc_matmul(g, oc_flatten(g, x), w, false, false);
  assert_ok(oc_model_from_graph(g, x, logits, options, &m, &err), err);
  see_text(&s, oc_model_class_name(m, 2));
  see_variables(&s, oc_model_session(m));
  oc_model_free(m);
  oc_graph_free(g);
  return s;
}

static seen use_fit(const void *options) {
  seen s = 0;
  oc_data data = open_digits();
  const oc_model_options how = {.net = "dense 8 relu | dense CLASSES"};
  oc_model *m;
  oc_error err;
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  assert_ok(oc_model_fit(m, data.train, NULL, options, &err), err);
  see_variables(&s, oc_model_session(m));
  oc_model_free(m);
  oc_data_close(&data);
  return s;
}

static seen use_convnn(const void *options) {
  seen s = 0;
  oc_data data = open_digits();
  oc_convnn *c;
  oc_error err;
  assert_ok(oc_convnn_create(options, &c, &err), err);
  assert_ok(oc_convnn_build(c, data.train, &err), err);
  assert_ok(oc_convnn_train(c, data.train, NULL, false, &err), err);
  see_text(&s, oc_model_net(oc_convnn_model(c)));
  see_variables(&s, oc_model_session(oc_convnn_model(c)));
  oc_convnn_free(c);
  oc_data_close(&data);
  return s;
}

/* The shape of what a layer makes of an image of 9x8, and its attributes as the plan prints them. */
static seen use_layer(bool pool, const void *options) {
  seen s = 0;
  oc_graph *g;
  oc_session *session;
  oc_plan *plan;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 9, 8, 4));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(3, 2, 4, 6), oc_init_of(OC_INIT_HE_NORMAL));
  const oc_node y = pool ? oc_max_pool(g, x, options) : oc_conv2d(g, x, w, options);
  see_shape(&s, oc_node_shape(g, y));
  if (pool) see_shape(&s, oc_node_shape(g, oc_mean_pool(g, x, options)));
  assert_ok(oc_session_create(g, NULL, &session, &err), err);
  assert_ok(oc_plan_create(session, &y, 1, NULL, &plan, &err), err);
  assert_ok(oc_plan_print(plan, see_plan_line, &s, &err), err);
  oc_plan_free(plan);
  oc_session_free(session);
  oc_graph_free(g);
  return s;
}
static seen use_conv2d(const void *options) {
  return use_layer(false, options);
}
static seen use_pool(const void *options) {
  return use_layer(true, options);
}

static const double ramp[12] = {1, 2, 4, 7, 11, 16, 22, 29, 37, 46, 56, 67};

static seen use_convolve1d(const void *options) {
  seen s = 0;
  oc_convolve_axis axis;
  double y[32];
  oc_error err;
  assert_ok(oc_convolve1d_axis(7, 3, options, &axis, &err), err);
  assert_ok(oc_convolve1d(ramp, 7, ramp, 3, options, y, &err), err);
  see(&s, y, (size_t)axis.out * sizeof *y);
  return s;
}

static seen use_convolve2d(const void *options) {
  seen s = 0;
  const oc_convolve2d_sizes sizes = {1, 3, 4, 1, 2, 2, 1};
  oc_convolve_axis axes[2];
  double y[64];
  oc_error err;
  assert_ok(oc_convolve2d_axes(&sizes, options, axes, &err), err);
  assert_ok(oc_convolve2d(&sizes, ramp, ramp, options, y, &err), err);
  see(&s, y, (size_t)(axes[0].out * axes[1].out) * sizeof *y);
  return s;
}

static seen use_pool2d(const void *options) {
  seen s = 0;
  const oc_pool2d_sizes sizes = {1, 3, 4, 1};
  oc_convolve_axis axes[2];
  double y[64];
  oc_error err;
  assert_ok(oc_pool2d_axes(&sizes, options, axes, &err), err);
  assert_ok(oc_pool2d(&sizes, ramp, options, y, &err), err);
  see(&s, y, (size_t)(axes[0].out * axes[1].out) * sizeof *y);
  return s;
}

/* No images are none to make a dataset of. */
static seen use_dataset(const void *options) {
  static const oc_dataset_options none;
  seen s = 0;
  const uint8_t pixel = 0;
  oc_dataset *d;
  oc_error err;
  assert_fails(oc_dataset_from_memory(&pixel, options ? options : &none, &d, &err), OC_E_ARGUMENT, err,
               "0 images");
  see_text(&s, err.message);
  return s;
}

/* ---- every struct --------------------------------------------------------------------------------------- */

#define ROWS(X)                                                                                              \
  X(convolve1d)                                                                                              \
  X(convolve2d)                                                                                              \
  X(pool2d)                                                                                                  \
  X(conv2d)                                                                                                  \
  X(pool) X(session) X(plan) X(net) X(optimizer) X(data) X(model) X(graph_model) X(fit) X(convnn) X(dataset)

typedef struct row {
  const char *name;
  seen (*use)(const void *options);
  const void *zeroed, *defaults;
  size_t size;
} row;

static const row *rows(int *count) {
#define STORE(id) static oc_##id##_options zeroed_##id, defaults_##id;
#define FILL(id)  defaults_##id = oc_##id##_defaults();
#define ROW(id)   {"oc_" #id "_options", use_##id, &zeroed_##id, &defaults_##id, sizeof zeroed_##id},
  ROWS(STORE)
  static const oc_graph_options no_graph_options;
  static const row list[] = {
      {"oc_graph_options", use_graph, &no_graph_options, NULL, sizeof no_graph_options}, ROWS(ROW)};
  ROWS(FILL)
  *count = (int)(sizeof list / sizeof *list);
  return list;
}

static void zeroed_is_default(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++) {
    const seen wanted = list[i].use(NULL);
    if (list[i].use(list[i].zeroed) != wanted) fail_msg("a zeroed %s is not the default", list[i].name);
    if (list[i].use(list[i].defaults) != wanted) fail_msg("%s: the filled defaults differ", list[i].name);
    if (list[i].defaults && *(const size_t *)list[i].defaults != list[i].size)
      fail_msg("the defaults of %s have another struct_size", list[i].name);
  }
}

/* As of the program of another version: with a size, with more behind it, with less. */
static void sizes_are_read(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++) {
    unsigned char *larger = calloc(1, list[i].size + 64);
    const size_t size = list[i].size + 64;
    assert_non_null(larger);
    memcpy(larger, &size, sizeof size); /* a later version, whose options are not set */
    if (list[i].use(larger) != list[i].use(NULL)) fail_msg("a larger %s is not the default", list[i].name);
    memcpy(larger, &list[i].size, sizeof size);
    if (list[i].use(larger) != list[i].use(NULL))
      fail_msg("a %s with its size is not the default", list[i].name);
    free(larger);
  }
}

static oc_status refuse(const char *name, const void *options, oc_error *err) {
  oc_graph *g;
  oc_session *session;
  oc_data data;
  oc_convnn *c;
  if (strcmp(name, "oc_graph_options") == 0) return oc_graph_create(options, &g, err);
  if (strcmp(name, "oc_data_options") == 0) return oc_data_open("xo:13:2", options, &data, err);
  if (strcmp(name, "oc_dataset_options") == 0) {
    oc_dataset *d;
    return oc_dataset_from_memory((const uint8_t *)"", options, &d, err);
  }
  if (strcmp(name, "oc_convnn_options") == 0) return oc_convnn_create(options, &c, err);
  if (strcmp(name, "oc_convolve1d_options") == 0)
    return oc_convolve1d_axis(7, 3, options, &(oc_convolve_axis){0}, err);
  if (strcmp(name, "oc_convolve2d_options") == 0)
    return oc_convolve2d_axes(&(oc_convolve2d_sizes){1, 3, 4, 1, 2, 2, 1}, options, (oc_convolve_axis[2]){0},
                              err);
  if (strcmp(name, "oc_pool2d_options") == 0)
    return oc_pool2d_axes(&(oc_pool2d_sizes){1, 3, 4, 1}, options, (oc_convolve_axis[2]){0}, err);
  if (strcmp(name, "oc_net_options") == 0) {
    char *text;
    return oc_net_canonicalize("dense CLASSES", 3, options, &text, err);
  }
  oc_data digits = open_digits();
  oc_model *m = NULL, *wrong;
  oc_plan *plan;
  oc_error none;
  assert_ok(oc_model_create(digits.train, &(oc_model_options){.net = "dense CLASSES"}, &m, &none), none);
  g = oc_model_graph(m);
  const oc_node x = oc_find(g, "tf_x"),
                w = oc_variable(g, "w", OC_SHAPE(3, 2, 1, 6), oc_init_of(OC_INIT_ZEROS));
  const oc_node loss = oc_find(g, "cross_entropy_loss");
  oc_status status = OC_OK;
  if (strcmp(name, "oc_conv2d_options") == 0) oc_conv2d(g, x, w, options);
  if (strcmp(name, "oc_pool_options") == 0) oc_max_pool(g, x, options);
  if (strcmp(name, "oc_optimizer_options") == 0) oc_minimize(g, loss, options);
  if (strcmp(name, "oc_model_options") == 0) status = oc_model_create(digits.train, options, &wrong, err);
  if (strcmp(name, "oc_graph_model_options") == 0)
    status = oc_model_from_graph(g, x, oc_find(g, "fc_1/net_pre-activation"), options, &wrong, err);
  if (strcmp(name, "oc_fit_options") == 0) status = oc_model_fit(m, digits.train, NULL, options, err);
  if (strcmp(name, "oc_plan_options") == 0)
    status = oc_plan_create(oc_model_session(m), &loss, 1, options, &plan, err);
  if (strcmp(name, "oc_session_options") == 0) status = oc_session_create(g, options, &session, err);
  if (status == OC_OK) status = oc_graph_status(g, err);
  oc_model_free(m);
  oc_data_close(&digits);
  return status;
}

/* Options of a later version that are set, and a size that no version has. */
static void wrong_sizes_are_refused(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++)
    for (int less = 0; less < 2; less++) {
      const size_t size = less ? list[i].size - 1 : list[i].size + 64;
      unsigned char *options = calloc(1, list[i].size + 64);
      oc_error err = {0};
      assert_non_null(options);
      memcpy(options, &size, sizeof size);
      options[list[i].size + 7] = 1;
      const oc_status status = refuse(list[i].name, options, &err);
      free(options);
      if (status != OC_E_ARGUMENT || strcmp(err.where, list[i].name) != 0 ||
          !strstr(err.message, "struct_size"))
        fail_msg("%s of %zu bytes: status %d, %s: %s", list[i].name, size, (int)status, err.where,
                 err.message);
    }
}

/* What other optimizers take from the struct too. */
static void zeroed_is_default_for_each_optimizer(void **state) {
  (void)state;
  for (int i = 0; oc_optimizer_name(i); i++) {
    const oc_optimizer_options zeroed = {.name = oc_optimizer_name(i)};
    oc_optimizer_options defaults = oc_optimizer_defaults();
    defaults.name = zeroed.name;
    assert_true(use_optimizer(&zeroed) == use_optimizer(&defaults));
    const oc_fit_options fit = {.optimizer = zeroed.name};
    oc_fit_options filled = oc_fit_defaults();
    filled.optimizer = fit.optimizer;
    assert_true(use_fit(&fit) == use_fit(&filled));
  }
}

/* ---- every flag ----------------------------------------------------------------------------------------- */

/* Two uses that must differ: of 0 as the default, and of 0 that is meant. */
typedef struct flag {
  const char *options, *name;
  seen plain, meant;
} flag;

#define FLAG(id, flag, ...)                                                                                  \
  {                                                                                                          \
    "oc_" #id "_options", #flag, use_##id(&(oc_##id##_options){__VA_ARGS__}),                                \
        use_##id(&(oc_##id##_options){.flag = true, __VA_ARGS__})                                            \
  }

static int flags(flag *out) {
  const flag list[] = {FLAG(session, seed_set, .threads = 0),     FLAG(data, seed_set, .seed = 0),
                       FLAG(net, dropout_set, .dropout = 0),      FLAG(model, dropout_set, .dropout = 0),
                       FLAG(fit, seed_set, .batch = 8),           FLAG(convnn, dropout_rate_set, .epochs = 1),
                       FLAG(convnn, random_seed_set, .epochs = 1)};
  const int count = (int)(sizeof list / sizeof *list);
  for (int i = 0; out && i < count; i++) out[i] = list[i];
  return count;
}

static void flags_mean_zero(void **state) {
  (void)state;
  flag list[32];
  const int count = flags(list);
  for (int i = 0; i < count; i++)
    if (list[i].plain == list[i].meant) fail_msg("%s.%s changes nothing", list[i].options, list[i].name);
}

/* ---- the lists are whole -------------------------------------------------------------------------------- */

static char *read_headers(void) {
  static char text[1 << 20];
  const char *source = getenv("OCELLUS_SOURCE");
  char path[1024];
  size_t used = 0;
  if (!source) skip();
  snprintf(path, sizeof path, "%s/include/ocellus", source);
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (struct dirent *e; (e = readdir(folder));) {
    if (!strstr(e->d_name, ".h")) continue;
    snprintf(path, sizeof path, "%s/include/ocellus/%s", source, e->d_name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    used += fread(text + used, 1, sizeof text - 1 - used, f);
    fclose(f);
  }
  closedir(folder);
  text[used] = 0;
  return text;
}

static bool in_rows(const char *name) {
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++)
    if (strcmp(list[i].name, name) == 0) return true;
  return false;
}

/* Each name that ends in "_options;", and each "bool .._set" between its braces. */
static void every_struct_has_a_row(void **state) {
  (void)state;
  flag known[32];
  const int count = flags(known);
  int structs = 0, set = 0;
  char name[128] = "";
  for (char *at = read_headers(); (at = strstr(at, "typedef struct oc_")); at++) {
    if (sscanf(at, "typedef struct %127[a-z0-9_] {", name) != 1 || !strstr(name, "_options")) continue;
    structs++;
    if (!in_rows(name)) fail_msg("%s has no row in this test", name);
    char end[160];
    snprintf(end, sizeof end, "} %s;", name);
    const char *close = strstr(at, end);
    assert_non_null(close);
    for (const char *f = at; (f = strstr(f, "_set")) && f < close; f += 4)
      if (f[4] == ';' || f[4] == ',') set++;
  }
  int count_rows;
  (void)rows(&count_rows);
  assert_int_equal(structs, count_rows);
  assert_int_equal(set, count);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(zeroed_is_default),       cmocka_unit_test(sizes_are_read),
      cmocka_unit_test(wrong_sizes_are_refused), cmocka_unit_test(zeroed_is_default_for_each_optimizer),
      cmocka_unit_test(flags_mean_zero),         cmocka_unit_test(every_struct_has_a_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
