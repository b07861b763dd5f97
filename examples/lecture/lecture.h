/* lecture.h: what the programs of this folder share: a check of each call, and the lecture's network in the low-level
 * interface ("Implementing a CNN in the TensorFlow Low-Level API"). */
#ifndef LECTURE_H
#define LECTURE_H
#include <ocellus/ocellus.h>
#include <stdio.h>
#include <stdlib.h>

/* Ends the program with the library's message if a call fails. For main. */
#define CHECK(call)                                                                                          \
  if ((call) != OC_OK) return fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.hint), 1

enum { PIXELS = 28 * 28, BATCH = 64 };

static inline oc_node conv_layer(oc_graph *g, oc_node x, const char *name, int64_t kernel, int64_t out) {
  oc_scope_push(g, name);
  const int64_t in = oc_node_shape(g, x).dim[3];
  oc_node w =
      oc_variable(g, "_weights", OC_SHAPE(kernel, kernel, in, out), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  oc_node b = oc_variable(g, "_biases", OC_SHAPE(out), oc_init_of(OC_INIT_ZEROS));
  oc_node y = oc_named(g, oc_bias_add(g, oc_conv2d(g, x, w, NULL), b), "net_pre-activation");
  oc_node h = oc_named(g, oc_relu(g, y), "activation");
  oc_scope_pop(g);
  return h;
}

static inline oc_node fc_layer(oc_graph *g, oc_node x, const char *name, int64_t out, bool relu) {
  oc_scope_push(g, name);
  oc_node flat = oc_node_shape(g, x).rank > 2 ? oc_flatten(g, x) : x;
  oc_node w = oc_variable(g, "_weights", OC_SHAPE(oc_node_shape(g, flat).dim[1], out),
                          oc_init_of(OC_INIT_GLOROT_UNIFORM));
  oc_node b = oc_variable(g, "_biases", OC_SHAPE(out), oc_init_of(OC_INIT_ZEROS));
  oc_node y = oc_named(g, oc_bias_add(g, oc_matmul(g, flat, w, false, false), b), "net_pre-activation");
  oc_node h = relu ? oc_named(g, oc_relu(g, y), "activation") : y;
  oc_scope_pop(g);
  return h;
}

/* tf_x, tf_y and fc_keep_prob are fed; train_op, cross_entropy_loss, probabilities, labels and accuracy fetched. */
static inline void build_cnn(oc_graph *g, double learning_rate) {
  oc_node x = oc_placeholder(g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, PIXELS));
  oc_node y = oc_placeholder(g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  oc_node keep = oc_placeholder(g, "fc_keep_prob", OC_F32, OC_SCALAR_SHAPE);
  oc_node h1 = conv_layer(g, oc_reshape(g, x, OC_SHAPE(OC_BATCH, 28, 28, 1)), "conv_1", 5, 32);
  oc_node h2 = conv_layer(g, oc_max_pool(g, h1, NULL), "conv_2", 5, 64);
  oc_node h3 = fc_layer(g, oc_max_pool(g, h2, NULL), "fc_3", 1024, true);
  oc_node h4 = fc_layer(g, oc_dropout(g, h3, keep), "fc_4", 10, false);
  oc_named(g, oc_softmax(g, h4), "probabilities");
  oc_node labels = oc_named(g, oc_argmax(g, h4), "labels");
  oc_node each = oc_softmax_cross_entropy(g, h4, oc_one_hot(g, y, 10));
  oc_node loss = oc_named(g, oc_reduce_mean(g, each, 0), "cross_entropy_loss");
  oc_optimizer_options adam = oc_optimizer_defaults();
  adam.learning_rate = learning_rate;
  oc_minimize(g, loss, &adam);
  oc_named(g, oc_reduce_mean(g, oc_cast(g, oc_equal(g, labels, y), OC_F32), 0), "accuracy");
}

/* Pictures first .. first+count-1 of an order, standardised, and their labels. */
static inline oc_status read_batch(const oc_dataset *d, const oc_standard *s, const int64_t *order,
                                   int64_t first, int64_t count, float *x, int32_t *y, oc_error *err) {
  uint8_t *pixels = malloc((size_t)count * PIXELS);
  if (!pixels) return OC_E_MEMORY;
  const oc_status status = oc_batch_read(d, order, first, count, pixels, y, err);
  if (status == OC_OK) oc_standard_apply(s, pixels, count, x);
  free(pixels);
  return status;
}

#endif
