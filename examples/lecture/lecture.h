/* lecture.h: what the programs of this folder share: a check of each call, and the lecture's wrapper
 * functions, its network and its save and load in the low-level interface ("Implementing a CNN in the
 * TensorFlow Low-Level API"). */
#ifndef LECTURE_H
#define LECTURE_H
#include <errno.h>
#include <ocellus/ocellus.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arguments.h"

/* Ends the program with the library's message if a call fails. For functions that return an int, 0 if all
 * went well. */
#define CHECK(call)                                                                                          \
  if ((call) != OC_OK) return fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.hint), 1

enum { PIXELS = 28 * 28, BATCH = 64 };

/* Where variables and tensors are listed while they are made, as on the slides; NULL: nowhere. */
static FILE *listing;

static inline oc_node list(const oc_graph *g, oc_node node) {
  char text[512];
  if (listing) fprintf(listing, "%s\n", oc_node_describe(g, node, text, sizeof text));
  return node;
}

static inline void heading(const char *text) {
  if (listing) fprintf(listing, *text ? "\n%s\n" : "\n", text);
}

/* ---- Convolutional Layer, Fully Connected Layer -------------------------------------------------------- */

typedef oc_node (*activation_fn)(
    oc_graph *g, oc_node x); /* oc_relu, oc_sigmoid, oc_tanh, oc_gelu and so on, or your own */
typedef enum padding_mode { SAME = 0, VALID } padding_mode;

typedef struct conv_options {
  int64_t kernel_size[2]; /* rows, columns */
  int64_t n_output_channels;
  padding_mode padding_mode;
  int64_t strides[2];          /* rows, columns; 1 if not said */
  activation_fn activation_fn; /* ReLU if not said */
} conv_options;

/* conv_layer(g, x, "conv_1", .kernel_size = {5, 5}, .n_output_channels = 32): what is not said is as on the
 * slide. */
#define conv_layer(g, input, name, ...) make_conv_layer(g, input, name, (conv_options){__VA_ARGS__})

static inline oc_node make_conv_layer(oc_graph *g, oc_node input, const char *name, conv_options o) {
  oc_scope_push(g, name);
  const oc_shape shape = oc_node_shape(g, input);
  const int64_t in = shape.rank == 4 ? shape.dim[3] : 0;
  oc_node weights = list(g, oc_variable(g, "_weights",
                                        OC_SHAPE(o.kernel_size[0], o.kernel_size[1], in, o.n_output_channels),
                                        oc_init_of(OC_INIT_GLOROT_UNIFORM)));
  oc_node biases =
      list(g, oc_variable(g, "_biases", OC_SHAPE(o.n_output_channels), oc_init_of(OC_INIT_ZEROS)));
  oc_conv2d_options options = oc_conv2d_defaults();
  options.padding = o.padding_mode == SAME ? OC_PAD_SAME : OC_PAD_VALID;
  for (int i = 0; i < 2; i++) options.stride[i] = o.strides[i] ? o.strides[i] : 1;
  oc_node conv = list(g, oc_conv2d(g, input, weights, &options));
  conv = list(g, oc_named(g, oc_bias_add(g, conv, biases), "net_pre-activation"));
  conv = list(g, oc_named(g, (o.activation_fn ? o.activation_fn : oc_relu)(g, conv), "activation"));
  oc_scope_pop(g);
  return conv;
}

typedef struct fc_options {
  int64_t n_output_units;
  activation_fn activation_fn; /* none if not said */
} fc_options;

/* fc_layer(g, x, "fc_3", .n_output_units = 1024, .activation_fn = oc_relu) */
#define fc_layer(g, input, name, ...) make_fc_layer(g, input, name, (fc_options){__VA_ARGS__})

static inline oc_node make_fc_layer(oc_graph *g, oc_node input, const char *name, fc_options o) {
  oc_scope_push(g, name);
  if (oc_node_shape(g, input).rank > 2) input = oc_flatten(g, input);
  oc_node weights =
      list(g, oc_variable(g, "_weights", OC_SHAPE(oc_node_shape(g, input).dim[1], o.n_output_units),
                          oc_init_of(OC_INIT_GLOROT_UNIFORM)));
  oc_node biases = list(g, oc_variable(g, "_biases", OC_SHAPE(o.n_output_units), oc_init_of(OC_INIT_ZEROS)));
  oc_node layer = list(g, oc_matmul(g, input, weights, false, false));
  layer = list(g, oc_named(g, oc_bias_add(g, layer, biases), "net_pre-activation"));
  if (o.activation_fn) layer = list(g, oc_named(g, o.activation_fn(g, layer), "activation"));
  oc_scope_pop(g);
  return layer;
}

/* ---- Build CNN ----------------------------------------------------------------------------------------- */

/* fc_4, the logits, on top of the images `image`; the share `keep_prob` of fc_3's units is kept in
 * training. */
static inline oc_node build_layers(oc_graph *g, oc_node image) {
  heading("Building 1st layer:");
  oc_node h1 =
      conv_layer(g, image, "conv_1", .kernel_size = {5, 5}, .padding_mode = VALID, .n_output_channels = 32);
  oc_node h1_pool = oc_max_pool(g, h1, NULL);
  heading("Building 2nd layer:");
  oc_node h2 =
      conv_layer(g, h1_pool, "conv_2", .kernel_size = {5, 5}, .padding_mode = VALID, .n_output_channels = 64);
  oc_node h2_pool = oc_max_pool(g, h2, NULL);
  heading("Building 3rd layer:");
  oc_node h3 = fc_layer(g, h2_pool, "fc_3", .n_output_units = 1024, .activation_fn = oc_relu);
  heading("");
  oc_node keep_prob = list(g, oc_placeholder(g, "fc_keep_prob", OC_F32, OC_SCALAR_SHAPE));
  oc_node h3_drop = list(g, oc_named(g, oc_dropout(g, h3, keep_prob), "dropout_layer"));
  heading("Building 4th layer:");
  return fc_layer(g, h3_drop, "fc_4", .n_output_units = 10);
}

/* tf_x, tf_y and fc_keep_prob are fed; train_op, cross_entropy_loss, probabilities, labels and accuracy
 * fetched. */
static inline void build_cnn(oc_graph *g, double learning_rate) {
  oc_node tf_x = list(g, oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, PIXELS)));
  oc_node tf_y = list(g, oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH)));
  oc_node image = list(g, oc_named(g, oc_reshape(g, tf_x, OC_SHAPE(OC_BATCH, 28, 28, 1)), "tf_x_reshaped"));
  oc_node onehot = list(g, oc_named(g, oc_one_hot(g, tf_y, 10), "tf_y_onehot"));
  oc_node h4 = build_layers(g, image);
  heading("");
  list(g, oc_named(g, oc_softmax(g, h4), "probabilities"));
  oc_node labels = list(g, oc_named(g, oc_argmax(g, h4), "labels"));
  oc_node each = oc_softmax_cross_entropy(g, h4, onehot);
  oc_node loss = list(g, oc_named(g, oc_reduce_mean(g, each, 0), "cross_entropy_loss"));
  oc_optimizer_options adam = oc_optimizer_defaults();
  adam.learning_rate = learning_rate;
  list(g, oc_minimize(g, loss, &adam));
  oc_node correct = list(g, oc_named(g, oc_equal(g, labels, tf_y), "correct_preds"));
  list(g, oc_named(g, oc_reduce_mean(g, oc_cast(g, correct, OC_F32), 0), "accuracy"));
}

/* save and load: model/cnn-model.ckpt-20.safetensors holds all variables after epoch 20. */
static inline int save(oc_session *s, int epoch, const char *folder) {
  oc_error err;
  char path[4096];
  if (mkdir(folder, 0777) != 0 && errno != EEXIST) return perror(folder), 1;
  printf("Saving model in %s\n", folder);
  (void)snprintf(path, sizeof path, "%scnn-model.ckpt-%d.safetensors", folder, epoch);
  CHECK(oc_session_save(s, path, &err));
  return 0;
}
static inline int load(oc_session *s, int epoch, const char *folder) {
  oc_error err;
  char path[4096];
  printf("Loading model from %s\n", folder);
  (void)snprintf(path, sizeof path, "%scnn-model.ckpt-%d.safetensors", folder, epoch);
  printf("Restoring parameters from %s\n", path);
  const oc_status status = oc_session_load(s, path, &err);
  if (status == OC_E_NO_INPUT && access(path, F_OK) != 0)
    (void)snprintf(err.hint, sizeof err.hint,
                   "Train to this epoch first: 11_training --epochs %d, with the same DATA.", epoch);
  CHECK(status);
  return 0;
}

/* ---- data and a session -------------------------------------------------------------------------------- */

/* Places first .. first+count-1 of `order`; NULL: of the data as they lie. */
typedef struct places {
  const int64_t *order;
  int64_t first, count;
} places;

/* The images at these places, standardized into x (count x PIXELS), and their labels into y (count). `order`
 * must be that long: near its end request fewer. */
static inline oc_status read_batch(const oc_dataset *d, const oc_standardizer *s, places at, float *x,
                                   int32_t *y, oc_error *err) {
  uint8_t *pixels = malloc((size_t)at.count * PIXELS);
  if (!pixels) return OC_E_MEMORY;
  const oc_status status = at.order ? oc_batch_read(d, at.order, at.first, at.count, pixels, y, err)
                                    : oc_dataset_read(d, at.first, at.count, pixels, y, err);
  if (status == OC_OK) oc_standardizer_apply(s, pixels, at.count, x);
  free(pixels);
  return status;
}

/* The images that the low-level programs take: 28x28x1 of ten classes, in three parts. */
static inline int open_data(const char *where, oc_data *data, oc_standardizer *standardizer) {
  oc_error err;
  CHECK(oc_data_open(where, NULL, data, &err));
  if (!data->train || !data->valid || !data->test)
    return fprintf(stderr, "%s: expected a training and a test set\n", where), 1;
  const oc_image_shape size = oc_dataset_image_shape(data->train);
  if (size.height != 28 || size.width != 28 || size.channels != 1 || oc_dataset_classes(data->train) != 10)
    return fprintf(stderr, "%s: expected images of 28x28x1 in ten classes\n", where), 1;
  CHECK(oc_standardizer_fit(data->train, standardizer, &err));
  return 0;
}

/* A graph with the network, and a session whose variables have their initial values. */
static inline int open_network(double learning_rate, uint64_t seed, oc_graph **g, oc_session **s) {
  oc_error err;
  oc_session_options options = oc_session_defaults();
  options.seed = seed;
  CHECK(oc_graph_create(NULL, g, &err));
  build_cnn(*g, learning_rate);
  CHECK(oc_graph_status(*g, &err));
  CHECK(oc_session_create(*g, &options, s, &err));
  return 0;
}

typedef struct batch {
  int64_t count;
  float *x;   /* count x 784 */
  int32_t *y; /* count */
} batch;

/* Feeds a batch and fetches one or two things by name. */
static inline int run(oc_session *s, const batch *b, float keep_prob, const char *first, const char *second,
                      oc_tensor *results) {
  oc_error err;
  const oc_feed feeds[] = {{"tf_x:0", {OC_F32, OC_SHAPE(b->count, PIXELS), b->x}},
                           {"tf_y:0", {OC_I32, OC_SHAPE(b->count), b->y}},
                           {"fc_keep_prob:0", {OC_F32, OC_SCALAR_SHAPE, &keep_prob}}};
  CHECK(oc_run(s, feeds, 3, (const char *const[]){first, second}, second ? 2 : 1, results, &err));
  return 0;
}

static inline double scalar(const oc_tensor *t) {
  return (double)*(const float *)t->data;
}

/* The share of the images of `d` that are read rightly, with all units, a thousand at a time. */
static inline int accuracy(oc_session *s, const oc_dataset *d, const oc_standardizer *standardizer,
                           double *out) {
  enum { MAX = 1000 };
  static float x[MAX * PIXELS];
  static int32_t y[MAX];
  oc_error err;
  oc_tensor right;
  const int64_t count = oc_dataset_count(d);
  *out = 0;
  for (int64_t at = 0; at < count; at += MAX) {
    const batch b = {count - at < MAX ? count - at : MAX, x, y};
    CHECK(read_batch(d, standardizer, (places){NULL, at, b.count}, x, y, &err));
    if (run(s, &b, 1, "accuracy:0", NULL, &right)) return 1;
    *out += scalar(&right) * (double)b.count / (double)count;
  }
  return 0;
}

#endif
