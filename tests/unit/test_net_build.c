/* Networks built from text: names, shapes, variables, parameters of the presets, errors that only the graph
 * finds. */
#include "harness.h"
#include "graph/graph.h"
#include "net/net.h"
#include "ocellus/ocellus.h"
#include <math.h>

typedef struct built {
  oc_graph *g;
  oc_node logits;
  oc_error err;
  oc_status status;
} built;

static built build_on(const char *text, oc_shape images, int64_t classes) {
  built b = {0};
  assert_ok(oc_graph_create(NULL, &b.g, &b.err), b.err);
  const oc_node x = oc_placeholder(b.g, "tf_x", OC_F32, images);
  b.status = oc_net_build(b.g, x, text, classes, NULL, &b.logits, &b.err);
  return b;
}
static built build(const char *text) {
  return build_on(text, OC_SHAPE(OC_BATCH, 28, 28, 1), 10);
}

static int64_t parameters(const oc_graph *g) {
  int64_t count = 0;
  for (int i = 0; i < oc_graph_variable_count(g); i++)
    if (!oc_graph_variable_init(g, i)->not_trainable)
      count += oc_tensor_desc_row(oc_graph_value(g, oc_graph_variable_at(g, i)));
  return count;
}

static void check_shape(const built *b, const char *name, const char *wanted) {
  char text[128];
  const oc_node node = oc_find(b->g, name);
  if (!oc_node_valid(node)) fail_msg("there is no %s", name);
  const oc_shape shape = oc_node_shape(b->g, node);
  assert_string_equal(oc_shape_text(&shape, text, sizeof text), wanted);
}

/* ---- presets ------------------------------------------------------------------------------------------- */

/* The listing of the lecture's slides. */
static void lecture(void **state) {
  (void)state;
  static const char *const rows[][2] = {{"conv_1/_weights:0", "(5, 5, 1, 32)"},
                                        {"conv_1/_biases:0", "(32,)"},
                                        {"conv_1/Conv2D:0", "(?, 24, 24, 32)"},
                                        {"conv_1/net_pre-activation:0", "(?, 24, 24, 32)"},
                                        {"conv_1/activation:0", "(?, 24, 24, 32)"},
                                        {"conv_2/_weights:0", "(5, 5, 32, 64)"},
                                        {"conv_2/_biases:0", "(64,)"},
                                        {"conv_2/Conv2D:0", "(?, 8, 8, 64)"},
                                        {"conv_2/net_pre-activation:0", "(?, 8, 8, 64)"},
                                        {"conv_2/activation:0", "(?, 8, 8, 64)"},
                                        {"fc_3/_weights:0", "(1024, 1024)"},
                                        {"fc_3/_biases:0", "(1024,)"},
                                        {"fc_3/MatMul:0", "(?, 1024)"},
                                        {"fc_3/net_pre-activation:0", "(?, 1024)"},
                                        {"fc_3/activation:0", "(?, 1024)"},
                                        {"dropout_1/keep_prob:0", "()"},
                                        {"fc_4/_weights:0", "(1024, 10)"},
                                        {"fc_4/_biases:0", "(10,)"},
                                        {"fc_4/MatMul:0", "(?, 10)"},
                                        {"fc_4/net_pre-activation:0", "(?, 10)"}};
  built b = build("lecture");
  assert_ok(b.status, b.err);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_shape(&b, rows[i][0], rows[i][1]);
  assert_string_equal(oc_node_name(b.g, b.logits), "fc_4/net_pre-activation");
  oc_graph_free(b.g);
}

static void presets(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int64_t parameters;
  } rows[] = {{"lecture", 1111946}, {"lenet5", 61706}, {"tiny", 8830}, {"fast", 18378}, {"best", 325994}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_non_null(oc_net_preset(rows[i].name));
    built b = build(rows[i].name);
    assert_ok(b.status, b.err);
    assert_int_equal(parameters(b.g), rows[i].parameters);
    oc_graph_free(b.g);
    built other = build_on(rows[i].name, OC_SHAPE(OC_BATCH, 32, 32, 3), 7);
    assert_ok(other.status, other.err);
    oc_graph_free(other.g);
  }
  assert_string_equal(oc_net_preset_name(0), "lecture");
  assert_null(oc_net_preset_name(-1));
  assert_null(oc_net_preset("nothing"));
  assert_null(oc_net_preset(NULL));
}

static void presets_of_photographs(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int64_t parameters;
  } rows[] = {{"vgg", 288746}, {"resnet8", 78186}, {"resnet20", 272474}, {"mobile", 823722}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    built b = build_on(rows[i].name, OC_SHAPE(OC_BATCH, 32, 32, 3), 10);
    assert_ok(b.status, b.err);
    if (parameters(b.g) != rows[i].parameters)
      fail_msg("%s: %lld parameters", rows[i].name, (long long)parameters(b.g));
    oc_graph_free(b.g);
  }
}

/* MLPerf Tiny counts all weights of its ResNet-8, also those that move. */
static void weights_of_resnet8(void **state) {
  (void)state;
  built b = build_on("resnet8", OC_SHAPE(OC_BATCH, 32, 32, 3), 10);
  int64_t count = 0;
  assert_ok(b.status, b.err);
  for (int i = 0; i < oc_graph_variable_count(b.g); i++)
    count += oc_tensor_desc_row(oc_graph_value(b.g, oc_graph_variable_at(b.g, i)));
  assert_int_equal(count, 78666);
  check_shape(&b, "add_3/conv_9/Conv2D", "(?, 8, 8, 64)");
  oc_graph_free(b.g);
}

/* The last maps of images of these sizes. */
static void strides_of_mobile(void **state) {
  (void)state;
  static const int sides[][2] = {{28, 7}, {32, 8}, {64, 8}, {96, 6}, {128, 8}, {224, 7}};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
    char shape[32];
    built b = build_on("mobile", OC_SHAPE(OC_BATCH, sides[i][0], sides[i][0], 3), 20);
    assert_ok(b.status, b.err);
    snprintf(shape, sizeof shape, "(?, %d, %d, 512)", sides[i][1], sides[i][1]);
    check_shape(&b, "conv_27/activation", shape);
    oc_graph_free(b.g);
  }
}

/* ---- layers -------------------------------------------------------------------------------------------- */

/* Every kind once, and how they are numbered. */
static void every_layer(void **state) {
  (void)state;
  built b = build(
      "conv 3x3x8 same nobias | batchnorm | relu | maxpool 2 | depthwise 3x3 same leakyrelu he_normal | "
      "meanpool 3x2 stride 2 same | conv 3x3x4 groups 2 full tanh | conv 3x2x6 stride 2x1 dilation 1x2 pad 2 "
      "| "
      "gelu | softplus | sigmoid | tanh | leakyrelu 0.3 | relu | globalmeanpool | flatten | dropout 0.25 | "
      "dense 5 sigmoid zeros | dense CLASSES nobias");
  static const char *const rows[][2] = {{"conv_1/Conv2D", "(?, 28, 28, 8)"},
                                        {"batchnorm_1/gamma", "(8,)"},
                                        {"batchnorm_1/moving_variance", "(8,)"},
                                        {"relu_1/Relu", "(?, 28, 28, 8)"},
                                        {"maxpool_1/MaxPool", "(?, 14, 14, 8)"},
                                        {"depthwise_2/_weights", "(3, 3, 1, 8)"},
                                        {"depthwise_2/activation", "(?, 14, 14, 8)"},
                                        {"meanpool_1/AvgPool", "(?, 7, 7, 8)"},
                                        {"conv_3/_weights", "(3, 3, 4, 4)"},
                                        {"conv_3/activation", "(?, 9, 9, 4)"},
                                        {"conv_4/net_pre-activation", "(?, 6, 11, 6)"},
                                        {"relu_2/Relu", "(?, 6, 11, 6)"},
                                        {"flatten_1/Reshape", "(?, 6)"},
                                        {"dropout_1/dropout", "(?, 6)"},
                                        {"fc_5/activation", "(?, 5)"},
                                        {"fc_6/MatMul", "(?, 10)"}};
  assert_ok(b.status, b.err);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_shape(&b, rows[i][0], rows[i][1]);
  assert_false(oc_node_valid(oc_find(b.g, "conv_1/_biases")));
  assert_false(oc_node_valid(oc_find(b.g, "fc_6/_biases")));
  const double slope =
      *(const double *)oc_graph_info(b.g, oc_node_index(oc_find(b.g, "leakyrelu_1/LeakyRelu")))->attrs;
  assert_true(slope == 0.3);
  const oc_constant_attrs *keep =
      oc_graph_info(b.g, oc_node_index(oc_find(b.g, "dropout_1/keep_prob")))->attrs;
  assert_true(*(const float *)keep->data == 0.75f);
  assert_int_equal(oc_graph_update_count(b.g), 2);
  oc_graph_free(b.g);
}

static oc_init_kind init_of(const built *b, const char *name) {
  for (int i = 0; i < oc_graph_variable_count(b->g); i++)
    if (strcmp(oc_node_name(b->g, oc_graph_variable_at(b->g, i)), name) == 0)
      return oc_graph_variable_init(b->g, i)->kind;
  fail_msg("there is no variable %s", name);
  return OC_INIT_ZEROS;
}

static void initializers(void **state) {
  (void)state;
  built b = build("conv 1x1x1 | conv 1x1x1 glorot_normal | conv 1x1x1 he_uniform | conv 1x1x1 he_normal | "
                  "dense 10 zeros | batchnorm");
  assert_ok(b.status, b.err);
  assert_int_equal(init_of(&b, "conv_1/_weights"), OC_INIT_GLOROT_UNIFORM);
  assert_int_equal(init_of(&b, "conv_2/_weights"), OC_INIT_GLOROT_NORMAL);
  assert_int_equal(init_of(&b, "conv_3/_weights"), OC_INIT_HE_UNIFORM);
  assert_int_equal(init_of(&b, "conv_4/_weights"), OC_INIT_HE_NORMAL);
  assert_int_equal(init_of(&b, "fc_5/_weights"), OC_INIT_ZEROS);
  assert_int_equal(init_of(&b, "conv_1/_biases"), OC_INIT_ZEROS);
  assert_int_equal(init_of(&b, "batchnorm_1/gamma"), OC_INIT_ONES);
  assert_int_equal(init_of(&b, "batchnorm_1/moving_variance"), OC_INIT_ONES);
  oc_graph_free(b.g);
}

static void residual_blocks(void **state) {
  (void)state;
  built b = build("residual { conv 3x3x1 same relu | conv 3x3x1 same } | relu | "
                  "residual { conv 3x3x8 same stride 2 | residual { relu } project } project | dense 10");
  assert_ok(b.status, b.err);
  check_shape(&b, "residual_1/conv_1/activation", "(?, 28, 28, 1)");
  check_shape(&b, "residual_1/add", "(?, 28, 28, 1)");
  check_shape(&b, "residual_2/conv_3/_weights", "(3, 3, 1, 8)");
  check_shape(&b, "residual_2/residual_3/relu_2/Relu", "(?, 14, 14, 8)");
  check_shape(&b, "residual_2/project/_weights", "(1, 1, 1, 8)");
  check_shape(&b, "residual_2/project/gamma", "(8,)");
  check_shape(&b, "residual_2/add", "(?, 14, 14, 8)");
  assert_false(oc_node_valid(oc_find(b.g, "residual_2/residual_3/project/_weights"))); /* shapes agree */
  check_shape(&b, "fc_4/_weights", "(1568, 10)");
  oc_graph_free(b.g);
}

/* Branches begin at the same input; blocks count in the order in which they begin. */
static void branches(void **state) {
  (void)state;
  built b =
      build("{ conv 3x3x8 same bn relu ; { conv 1x1x4 ; conv 1x1x3 ; } concat ; conv 1x1x8 nobias } add | "
            "{ maxpool 2 ; conv 2x2x2 stride 2 } concat | { flatten | dense 5 bn ; dense 5 } add | dense 10");
  assert_ok(b.status, b.err);
  check_shape(&b, "add_1/conv_1/_weights", "(3, 3, 1, 8)");
  check_shape(&b, "add_1/conv_1/bn/gamma", "(8,)");
  check_shape(&b, "add_1/conv_1/net_pre-activation", "(?, 28, 28, 8)");
  assert_false(oc_node_valid(oc_find(b.g, "add_1/conv_1/_biases")));
  check_shape(&b, "add_1/concat_1/conv_3/_weights", "(1, 1, 1, 3)");
  check_shape(&b, "add_1/concat_1/concat", "(?, 28, 28, 8)");
  check_shape(&b, "add_1/conv_4/Conv2D", "(?, 28, 28, 8)");
  check_shape(&b, "add_1/add", "(?, 28, 28, 8)");
  check_shape(&b, "add_1/add_1", "(?, 28, 28, 8)");
  check_shape(&b, "concat_2/concat", "(?, 14, 14, 10)");
  check_shape(&b, "add_2/fc_6/bn/moving_mean", "(5,)");
  check_shape(&b, "add_2/add", "(?, 5)");
  check_shape(&b, "fc_8/_weights", "(5, 10)");
  assert_int_equal(oc_graph_update_count(b.g), 4);
  oc_graph_free(b.g);
}

static void squeeze_and_slopes(void **state) {
  (void)state;
  built b = build("conv 3x3x9 prelu | se 4 | spatialdropout 0.25 | prelu | dense 4 prelu | dense 10");
  assert_ok(b.status, b.err);
  check_shape(&b, "conv_1/slopes", "(9,)");
  check_shape(&b, "se_1/squeeze/_weights", "(9, 3)");
  check_shape(&b, "se_1/excite/_weights", "(3, 9)");
  check_shape(&b, "se_1/Scale", "(?, 26, 26, 9)");
  check_shape(&b, "spatialdropout_1/spatial_dropout", "(?, 26, 26, 9)");
  check_shape(&b, "prelu_1/slopes", "(9,)");
  check_shape(&b, "fc_2/slopes", "(4,)");
  assert_int_equal(init_of(&b, "prelu_1/slopes"), OC_INIT_CONSTANT);
  oc_graph_free(b.g);
}

/* A stride with a limit is 1 for small images. */
static void strides_above(void **state) {
  (void)state;
  static const struct {
    int64_t rows, columns;
    const char *shape;
  } sizes[] = {{28, 28, "(?, 14, 28, 2)"}, {27, 40, "(?, 27, 40, 2)"}, {40, 28, "(?, 20, 28, 2)"}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    built b =
        build_on("conv 3x3x2 same stride 2x1 above 27 | depthwise 3x3 same stride 2 above 40 | dense 10",
                 OC_SHAPE(OC_BATCH, sizes[i].rows, sizes[i].columns, 1), 10);
    assert_ok(b.status, b.err);
    check_shape(&b, "depthwise_2/Conv2D", sizes[i].shape);
    oc_graph_free(b.g);
  }
}

/* A residual block adds its input: with weights of zero it is the identity. */
static void residual_values(void **state) {
  (void)state;
  built b = build_on("residual { dense 3 zeros }", OC_SHAPE(OC_BATCH, 3), 3);
  oc_session *s;
  assert_ok(b.status, b.err);
  assert_ok(oc_session_create(b.g, NULL, &s, &b.err), b.err);
  float x[] = {1, -2, 3, 4, 5, -6};
  const oc_feed feed = {"tf_x", {OC_F32, OC_SHAPE(2, 3), x}};
  const char *fetch[] = {oc_node_name(b.g, b.logits)};
  oc_tensor y;
  assert_ok(oc_run(s, &feed, 1, fetch, 1, &y, &b.err), b.err);
  assert_memory_equal(y.data, x, sizeof x);
  oc_session_free(s);
  oc_graph_free(b.g);
}

static void layer_list(void **state) {
  (void)state;
  static const char *const rows[][3] = {{"conv_1", "conv 3x3x4 relu same", "(?, 28, 28, 4)"},
                                        {"residual_1", "residual { conv 1x1x4 | relu }", "(?, 28, 28, 4)"},
                                        {"maxpool_1", "maxpool 2", "(?, 14, 14, 4)"},
                                        {"fc_3", "dense 10", "(?, 10)"}};
  oc_graph *g;
  oc_error err;
  oc_net_layers layers;
  char text[128];
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  const char *net = "conv 3x3x4 same relu\nresidual { conv 1x1x4\nrelu }\nmaxpool 2x2\ndense CLASSES";
  const oc_net_source from = {.text = net, .classes = 10, .logits = true};
  assert_ok(oc_net_build_layers(g, x, &from, &layers, &err), err);
  assert_int_equal(layers.count, 4);
  for (int i = 0; i < 4; i++) {
    assert_string_equal(layers.list[i].name, rows[i][0]);
    assert_string_equal(layers.list[i].text, rows[i][1]);
    const oc_shape shape = oc_node_shape(g, layers.list[i].output);
    assert_string_equal(oc_shape_text(&shape, text, sizeof text), rows[i][2]);
  }
  oc_net_layers_release(&layers);
  oc_graph_free(g);
}

/* ---- errors that only the graph finds ------------------------------------------------------------------ */

static void mistakes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int line, column;
    const char *part;
  } rows[] = {
      {"conv 29x3x3 | dense 10", 1, 1, "conv_1/Conv2D"},
      {"conv 9x9x9\nconv 21x3x3\ndense 10", 2, 1, "conv_2/Conv2D"},
      {"maxpool 2 | maxpool 15 | dense 10", 1, 13, "maxpool_2"},
      {"dense 20 | conv 3x3x3", 1, 12,
       "expected an input of shape (n, rows, columns, channels), got (?, 20)"},
      {"flatten | maxpool 2", 1, 11, "maxpool: expected an input of shape"},
      {"flatten | depthwise 1x1", 1, 11, "depthwise: expected an input of shape"},
      {"globalmeanpool | meanpool 2", 1, 18, "meanpool: expected an input of shape"},
      {"globalmeanpool | globalmeanpool", 1, 18, "globalmeanpool: expected an input of shape"},
      {"conv 3x3x4 | conv 3x3x6 groups 4", 1, 14, "4 groups do not divide 4 input and 6 output channels"},
      {"conv 3x3x6 groups 2", 1, 1, "2 groups do not divide 1 input"},
      {"flatten | se 2", 1, 11, "se: expected an input of shape"},
      {"residual { conv 3x3x4 } | dense 10", 1, 1, "Write `project` after '}'"},
      {"residual { dense 4 } project", 1, 1, "no stride of a 1x1 convolution"},
      {"relu | residual { conv 5x5x4 } project", 1, 8, "no stride of a 1x1 convolution"},
      {"relu | { conv 3x3x1 ; } add", 1, 8, "branch 1 returns shape (?, 26, 26, 1), branch 2 (?, 28, 28, 1)"},
      {"{ ; relu ; conv 1x1x2 } add", 1, 1, "branch 3 (?, 28, 28, 2)"},
      {"relu\n{ ; maxpool 2 } concat", 2, 1, "Give all branches the same rows and columns"},
      {"{ flatten ; relu } concat", 1, 1, "branch 1 returns shape (?, 784), branch 2 (?, 28, 28, 1)"},
      {"{ ; conv 29x3x3 } add", 1, 5, "conv_1/Conv2D"},
      {"{ ; relu } add", 1, 10, "must return (?, 10)"},
      {"conv 1024x1024x16777216 full | conv 1024x1024x16777216", 1, 1, "the limit is 2^32"},
      {"conv 3x3x3", 1, 1, "must return (?, 10)"},
      {"dense 12", 1, 1, "the last layer must return (?, 10), one value per class, got (?, 12)"},
      {"dense 10 | residual { dense 10 } | dense 9", 1, 36, "(?, 9)"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char where[80];
    built b = build(rows[i].text);
    snprintf(where, sizeof where, "net text, line %d, column %d", rows[i].line, rows[i].column);
    if (b.status != OC_E_NET || strcmp(b.err.where, where) != 0 ||
        (!strstr(b.err.message, rows[i].part) && !strstr(b.err.hint, rows[i].part)) ||
        !strstr(b.err.message, "^"))
      fail_msg("\"%s\": wanted %s and '%s', got %s: %s (%s)", rows[i].text, where, rows[i].part, b.err.where,
               b.err.message, b.err.hint);
    assert_false(oc_node_valid(b.logits));
    oc_graph_free(b.g);
  }
}

static void wrong_inputs(void **state) {
  (void)state;
  const oc_shape shapes[] = {OC_SCALAR_SHAPE, OC_SHAPE(OC_BATCH), OC_SHAPE(64, 28, 28, 1)};
  for (int i = 0; i < 3; i++) {
    built b = build_on("batchnorm | dense 10", shapes[i], 10);
    assert_int_equal(b.status, OC_E_ARGUMENT);
    assert_string_equal(b.err.where, "network input");
    oc_graph_free(b.g);
  }
  built b = build("dense 12"); /* this graph has not failed, but the net has */
  oc_graph *g = b.g;
  oc_node logits;
  oc_relu(g, OC_NO_NODE);
  assert_fails(oc_net_build(g, oc_node_at(g, 0), "dense 10", 10, NULL, &logits, &b.err), OC_E_ARGUMENT, b.err,
               "relu");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lecture),
      cmocka_unit_test(presets),
      cmocka_unit_test(presets_of_photographs),
      cmocka_unit_test(weights_of_resnet8),
      cmocka_unit_test(strides_of_mobile),
      cmocka_unit_test(every_layer),
      cmocka_unit_test(initializers),
      cmocka_unit_test(residual_blocks),
      cmocka_unit_test(residual_values),
      cmocka_unit_test(branches),
      cmocka_unit_test(strides_above),
      cmocka_unit_test(squeeze_and_slopes),
      cmocka_unit_test(layer_list),
      cmocka_unit_test(mistakes),
      cmocka_unit_test(wrong_inputs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
