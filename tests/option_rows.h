/* option_rows.h: every struct of options in include/ocellus: one use of it, whose results depend on each
 * option, and its defaults. */
#ifndef OC_TESTS_OPTION_ROWS_H
#define OC_TESTS_OPTION_ROWS_H
#include "harness.h"
#include "ocellus/ocellus.h"
#include "ocellus/tensorboard.h"

/* What was seen of one use, as a hash (Fowler, Noll and Vo). */
typedef uint64_t seen;

static inline void see(seen *s, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) *s = (*s ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
}
static inline void see_text(seen *s, const char *text) {
  see(s, text, strlen(text) + 1);
}
static inline void see_shape(seen *s, oc_shape shape) {
  char text[128];
  see_text(s, oc_shape_text(&shape, text, sizeof text));
}
static inline void see_variables(seen *s, const oc_session *session) {
  for (int i = 0; i < oc_variable_count(session); i++) {
    const oc_tensor_view t = oc_variable_view(session, i);
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&t.shape, 1, &count, &err), err);
    see_text(s, oc_variable_name(session, i));
    see(s, t.data, (size_t)count * oc_dtype_size(t.dtype));
  }
}

/* ---- one use of each struct ---------------------------------------------------------------------------- */

static inline seen use_graph(const void *options) {
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

static inline small make_small(const oc_session_options *options) {
  small f;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &f.g, &err), err);
  f.x = oc_placeholder(f.g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(f.g, "w", OC_SHAPE(4, 32), oc_init_of(OC_INIT_HE_NORMAL));
  f.y = oc_dropout(f.g, oc_matmul(f.g, f.x, w, false, false), oc_scalar(f.g, 0.5));
  assert_ok(oc_session_create(f.g, options, &f.session, &err), err);
  return f;
}

static inline void free_small(small *f) {
  oc_session_free(f->session);
  oc_graph_free(f->g);
}

static inline void see_plan_line(void *context, const char *line) {
  see_text(context, line);
}

static inline void see_plan(seen *s, small *f, const oc_plan_options *options) {
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

static inline seen use_session(const void *options) {
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

static inline seen use_plan(const void *options) {
  seen s = 0;
  small f = make_small(NULL);
  see_plan(&s, &f, options);
  free_small(&f);
  return s;
}

/* Two steps: what was decayed or has momentum shows in the second. */
static inline seen use_optimizer(const void *options) {
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

static inline seen use_net(const void *options) {
  seen s = 0;
  char *text;
  oc_error err;
  assert_ok(oc_net_canonicalize("conv 3x3x2 | dropout 0.25 | dense CLASSES", 3, options, &text, &err), err);
  see_text(&s, text);
  oc_free(text);
  return s;
}

static inline void see_dataset(seen *s, const oc_dataset *d) {
  if (d) see_text(s, oc_dataset_hash(d));
}

static inline seen use_data(const void *options) {
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

static inline oc_data open_digits(void) {
  oc_data data;
  oc_error err;
  assert_ok(oc_data_open("digits:24:2", NULL, &data, &err), err);
  return data;
}

static inline seen use_model(const void *options) {
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

static inline seen use_graph_model(const void *options) {
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

static inline seen use_fit(const void *options) {
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

static inline seen use_convnn(const void *options) {
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
static inline seen use_layer(bool pool, const void *options) {
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
static inline seen use_conv2d(const void *options) {
  return use_layer(false, options);
}
static inline seen use_pool(const void *options) {
  return use_layer(true, options);
}

static const double ramp[12] = {1, 2, 4, 7, 11, 16, 22, 29, 37, 46, 56, 67};

static inline seen use_convolve1d(const void *options) {
  seen s = 0;
  oc_convolve_axis axis;
  double y[32];
  oc_error err;
  assert_ok(oc_convolve1d_axis(7, 3, options, &axis, &err), err);
  assert_ok(oc_convolve1d(ramp, 7, ramp, 3, options, y, &err), err);
  see(&s, y, (size_t)axis.out * sizeof *y);
  return s;
}

static inline seen use_convolve2d(const void *options) {
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

static inline seen use_pool2d(const void *options) {
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

/* What comes into the image from outside of it. */
static inline seen use_augmentation(const void *options) {
  seen s = 0;
  oc_augmentation *a;
  oc_error err;
  uint8_t pixels[27];
  memset(pixels, 250, sizeof pixels); /* light: a background of the image is white */
  assert_ok(oc_augmentation_create("shift 1000", (oc_image_shape){3, 3, 3}, options, &a, &err), err);
  void *scratch = malloc(oc_augmentation_scratch(a));
  oc_augmentation_apply(a, &(oc_augment_key){1, 2, 3, 0}, pixels, scratch);
  see(&s, pixels, sizeof pixels);
  free(scratch);
  oc_augmentation_free(a);
  return s;
}

/* No images are none to make a dataset of. */
static inline seen use_dataset(const void *options) {
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

/* A PGM of 300 x 2 pixels; what is refused because of a limit differs, too. */
static inline seen use_image(const void *options) {
  static const char head[] = "P5 300 2 255\n";
  seen s = 0;
  char pgm[sizeof head - 1 + 600] = {0};
  oc_image_details details;
  oc_error err = {0};
  memcpy(pgm, head, sizeof head - 1);
  see_text(&s, oc_status_name(oc_image_decode_with("p", pgm, sizeof pgm, options, &details, &err)));
  see(&s, &details.image.size, sizeof details.image.size);
  see_text(&s, err.message);
  oc_image_release(&details.image);
  return s;
}

static inline seen use_choose(const void *options) {
  static const oc_choose_options none;
  oc_choice choices[OC_CHOICES_MAX];
  seen s = 0;
  int count = 0;
  oc_error err = {0};
  see_text(&s, oc_status_name(oc_choose(options ? options : &none, choices, &count, &err)));
  see_text(&s, err.message);
  return s;
}
static inline seen use_loading(const void *options) {
  const uint8_t pixels[4] = {0};
  const oc_dataset_options o = {.count = 4, .size = {1, 1, 1}};
  oc_dataset *data;
  oc_loading loading;
  seen s = 0;
  oc_error err = {0};
  assert_ok(oc_dataset_from_memory(pixels, &o, &data, &err), err);
  see_text(&s, oc_status_name(oc_loading_measure(data, options, &loading, &err)));
  see(&s, &loading.images, sizeof loading.images);
  see_text(&s, err.message);
  oc_dataset_free(data);
  return s;
}
/* Of a name and of data that are refused for another reason. */
static inline seen use_doctor(const void *options) {
  seen s = 0;
  oc_error err = {0};
  oc_doctor *report;
  see_text(&s, oc_status_name(oc_doctor_examine("digits", options, &report, &err)));
  see_text(&s, err.message);
  return s;
}
static inline seen use_fetch(const void *options) {
  seen s = 0;
  oc_error err = {0};
  see_text(&s, oc_status_name(oc_fetch("no-such-set", options, &err)));
  see_text(&s, err.message);
  return s;
}

static inline seen use_activate(const void *options) {
  seen s = 0;
  double a[3], h[3];
  oc_error err;
  assert_ok(oc_convolve_activate((const double[]){-1, 0, 2}, 3, 1, options, a, h, &err), err);
  see(&s, a, sizeof a);
  see(&s, h, sizeof h);
  return s;
}

/* The options need nodes: a copy gets them. */
static inline seen use_batch_norm(const void *options) {
  seen s = 0;
  union {
    oc_batch_norm_options o;
    unsigned char bytes[512];
  } copy = {.o = {0}};
  oc_graph *g;
  oc_session *session;
  oc_error err;
  if (options) memcpy(&copy, options, *(const size_t *)options ? *(const size_t *)options : sizeof copy.o);
  const oc_init ones = oc_init_of(OC_INIT_ONES);
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 1));
  oc_node *const nodes[] = {&copy.o.gamma, &copy.o.beta, &copy.o.moving_mean, &copy.o.moving_variance};
  for (int i = 0; i < 4; i++) *nodes[i] = oc_variable(g, "v", OC_SHAPE(1), ones);
  const oc_node y = oc_batch_norm(g, x, &copy.o);
  (void)oc_minimize(g, oc_reduce_mean(g, y, 0), NULL); /* which moves the averages, too */
  assert_ok(oc_graph_status(g, &err), err);
  assert_ok(oc_session_create(g, NULL, &session, &err), err);
  const float pixels[] = {1, 4};
  const oc_feed feed = {"x", {OC_F32, OC_SHAPE(2, 1), pixels}};
  const char *const fetches[] = {oc_node_name(g, y), "train_op"};
  oc_tensor results[2];
  assert_ok(oc_run(session, &feed, 1, fetches, 2, results, &err), err);
  see(&s, results[0].data, sizeof pixels);
  see_variables(&s, session);
  oc_session_free(session);
  oc_graph_free(g);
  return s;
}

static inline void see_file(seen *s, const char *folder, const char *name) {
  char path[96];
  void *bytes;
  size_t size;
  oc_error err;
  snprintf(path, sizeof path, "%s/c/%s", folder, name);
  assert_ok(oc_file_load(path, 1 << 24, &bytes, &size, &err), err);
  see(s, bytes, size);
  oc_free(bytes);
  assert_int_equal(remove(path), 0);
}

static inline seen use_c_export(const void *options) {
  seen s = 0;
  char folder[] = "/tmp/ocellus-options-XXXXXX", inside[64];
  oc_data data;
  oc_model *m;
  oc_error err;
  const oc_model_options how = {.net = "dense CLASSES"};
  assert_non_null(mkdtemp(folder));
  snprintf(inside, sizeof inside, "%s/c", folder);
  assert_ok(oc_data_open("xo:13:2", NULL, &data, &err), err);
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  assert_ok(oc_model_export_c(m, inside, options, NULL, &err), err);
  see_file(&s, folder, "model.c");
  see_file(&s, folder, "model.h");
  assert_int_equal(rmdir(inside) + rmdir(folder), 0);
  oc_model_free(m);
  oc_data_close(&data);
  return s;
}

/* The bytes of the file; of a build without ONNX, that there is none. */
static inline seen use_onnx_export(const void *options) {
  seen s = 0;
  oc_data data = open_digits();
  oc_model_options o = oc_model_defaults();
  oc_model *m;
  oc_error err;
  void *bytes = NULL;
  size_t size = 0;
  o.net = "maxpool 4 | dense CLASSES";
  assert_ok(oc_model_create(data.train, &o, &m, &err), err);
  const oc_status status = oc_model_export_onnx(m, "options.onnx", options, &err);
  if (status != OC_E_UNSUPPORTED) assert_ok(status, err);
  if (status == OC_OK) assert_ok(oc_file_load("options.onnx", 1 << 20, &bytes, &size, &err), err);
  if (bytes) see(&s, bytes, size);
  oc_free(bytes);
  (void)unlink("options.onnx");
  oc_model_free(m);
  oc_data_close(&data);
  return s;
}

/* The rule that a model gets whose file lacks one; of a build without ONNX, that there is none. */
static inline seen use_rule(const void *options) {
  seen s = 0;
  oc_data data = open_digits();
  oc_model_options o = oc_model_defaults();
  oc_model *m, *bare = NULL;
  oc_error err;
  void *bytes = NULL;
  size_t size = 0;
  o.net = "maxpool 4 | dense CLASSES";
  assert_ok(oc_model_create(data.train, &o, &m, &err), err);
  if (oc_model_export_onnx(m, "options.onnx", NULL, &err) == OC_OK) {
    assert_ok(oc_file_load("options.onnx", 1 << 20, &bytes, &size, &err), err);
    for (size_t i = 0; i + 13 < size; i++) /* its key gets another name */
      if (memcmp((char *)bytes + i, "preprocessing", 13) == 0) ((char *)bytes)[i] = 'q';
    assert_ok(oc_model_load_memory(bytes, size, NULL, &bare, &err), err);
    const oc_status status = oc_model_set_rule(bare, options, &err);
    see(&s, &status, sizeof status);
  }
  oc_free(bytes);
  (void)unlink("options.onnx");
  oc_model_free(bare);
  oc_model_free(m);
  oc_data_close(&data);
  return s;
}

/* ---- every struct -------------------------------------------------------------------------------------- */

#define ROWS(X)                                                                                              \
  X(convolve1d)                                                                                              \
  X(convolve2d)                                                                                              \
  X(pool2d)                                                                                                  \
  X(conv2d)                                                                                                  \
  X(pool)                                                                                                    \
  X(session)                                                                                                 \
  X(plan)                                                                                                    \
  X(net)                                                                                                     \
  X(optimizer)                                                                                               \
  X(data)                                                                                                    \
  X(model)                                                                                                   \
  X(graph_model)                                                                                             \
  X(loading)                                                                                                 \
  X(fit)                                                                                                     \
  X(convnn)                                                                                                  \
  X(dataset)                                                                                                 \
  X(image)                                                                                                   \
  X(choose) X(doctor) X(fetch) X(activate) X(batch_norm) X(augmentation) X(onnx_export) X(c_export) X(rule)

typedef struct row {
  const char *name;
  seen (*use)(const void *options);
  const void *zeroed, *defaults;
  size_t size;
} row;

static inline const row *rows(int *count) {
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

#endif
