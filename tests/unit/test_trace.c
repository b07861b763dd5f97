/* Traces: do the terms of every number add up to what the engine computed, for each operation that can be
 * traced, with strides, padding, dilation and groups? Does no pixel outside the receptive field matter? What
 * do bad addresses get? */
#include "harness.h"
#include "labeled_images.h"
#include "ocellus/ocellus.h"
#include <math.h>

enum { SIDE = 12, IMAGES = 8, BYTES = SIDE * SIDE * 2 };
static uint8_t pixels[IMAGES * BYTES];

static oc_model *model_of(const char *net) {
  oc_error err;
  oc_dataset *d;
  oc_model *m;
  int32_t labels[IMAGES];
  for (int i = 0; i < IMAGES * BYTES; i++) pixels[i] = (uint8_t)(i * 7919 % 251);
  for (int i = 0; i < IMAGES; i++) labels[i] = i % 3;
  const oc_image_shape size = {SIDE, SIDE, 2};
  assert_ok(
      labeled_images(pixels, labels, &(oc_dataset_options){.count = IMAGES, .size = size}, 3, NULL, &d, &err),
      err);
  oc_model_options how = oc_model_defaults();
  how.net = net;
  assert_ok(oc_model_create(d, &how, &m, &err), err);
  oc_dataset_free(d);
  return m;
}

/* name[i,j,..] of element `at`, with an index for each axis from `first` on. */
static void address_of(const char *name, const oc_shape *s, int first, int64_t at, char *text, size_t size) {
  int64_t index[OC_MAX_RANK];
  for (int i = s->rank - 1; i >= first; at /= s->dim[i--]) index[i] = at % s->dim[i];
  size_t used = (size_t)snprintf(text, size, "%s[", name);
  for (int i = first; i < s->rank; i++)
    used += (size_t)snprintf(text + used, size - used, "%lld%c", (long long)index[i],
                             i + 1 < s->rank ? ',' : ']');
}

static void check_steps(const oc_trace *t, const char *address) {
  assert_true(t->count > 0);
  for (int i = 0; i < t->count; i++) {
    const oc_trace_step *s = &t->steps[i];
    const bool softmax = strcmp(s->op, "softmax") == 0; /* shares, not products */
    double sum = 0;
    for (int64_t k = 0; k < s->count; k++) {
      if (!softmax) assert_true(s->terms[k].product == s->terms[k].value * s->terms[k].weight);
      sum += fabs(s->terms[k].product);
    }
    if (!(fabs(s->computed - s->value) <= 1e-6 * s->scale + 1e-7) || fabs(sum - s->scale) > 1e-12 * (1 + sum))
      fail_msg("%s, step %d (%s): computed %.9g, engine %.9g, scale %g", address, i, s->name, s->computed,
               s->value, s->scale);
    if (i + 1 < t->count) assert_string_equal(s->input, t->steps[i + 1].name);
  }
}

/* Every tensor that the network computes from an image, every `stride`-th element of it. */
static int64_t check_all(oc_model *m, int64_t stride) {
  oc_graph *g = oc_model_graph(m);
  int64_t traced = 0;
  for (int op = 0; op < oc_graph_op_count(g); op++) {
    const oc_node node = oc_node_at(g, op);
    const oc_shape s = oc_node_shape(g, node);
    int64_t count;
    oc_error err;
    if (s.rank < 2 || s.dim[0] != OC_BATCH || oc_node_dtype(g, node) != OC_F32) continue;
    assert_ok(oc_shape_count(&s, 1, &count, &err), err);
    for (int64_t at = 0; at < count; at += stride) {
      char address[512];
      oc_trace *t;
      address_of(oc_node_name(g, node), &s, 1, at, address, sizeof address);
      const oc_status status = oc_trace_create(m, pixels, address, &t, &err);
      if (status == OC_E_UNSUPPORTED) break;
      assert_ok(status, err);
      check_steps(t, address);
      oc_trace_free(t);
      traced++;
    }
  }
  return traced;
}

static void adds_up(void **state) {
  (void)state;
  const char *const nets[] = {
      "conv 3x3x6 same stride 2 | leakyrelu 0.2 | maxpool 3 stride 2 same | conv 2x2x4 sigmoid pad 1 "
      "dilation "
      "2 | "
      "meanpool 2 | flatten | dense 7 tanh | dropout 0.5 | dense CLASSES",
      "conv 3x3x4 relu groups 2 full | depthwise 3x3 gelu | conv 1x1x3 softplus nobias | globalmeanpool | "
      "dense CLASSES",
  };
  for (int i = 0; i < 2; i++) {
    oc_model *m = model_of(nets[i]);
    assert_true(check_all(m, 5) > 100);
    oc_model_free(m);
  }
}

/* The fractions of all classes are the probabilities that predict gives, and the walk continues with the
 * logit of the class. */
static void probabilities_are_shares(void **state) {
  (void)state;
  oc_model *m = model_of("conv 3x3x4 relu | dense CLASSES");
  float p[3];
  oc_error err;
  assert_ok(oc_model_predict(m, pixels, 1, p, &err), err);
  for (int c = 0; c < 3; c++) {
    char address[64];
    oc_trace *t;
    snprintf(address, sizeof address, "probabilities[%d]", c);
    assert_ok(oc_trace_create(m, pixels, address, &t, &err), err);
    assert_true(t->count == 3); /* softmax, bias, product */
    assert_true(t->steps[0].count == 3);
    for (int k = 0; k < 3; k++) assert_true(fabs(t->steps[0].terms[k].product - (double)p[k]) < 1e-6);
    assert_true(t->steps[1].index[0] == c);
    assert_true(t->steps[0].terms[c].value == t->steps[1].value);
    oc_trace_free(t);
  }
  oc_model_free(m);
}

/* A changed pixel outside the field leaves the number alone; some pixel inside does not. */
static void receptive_field(void **state) {
  (void)state;
  oc_model *m = model_of("conv 3x3x3 softplus | meanpool 2 | conv 2x2x2 softplus | dense CLASSES");
  const char *address = "conv_2/activation[1,2,1]";
  oc_error err;
  oc_trace *t, *other;
  assert_ok(oc_trace_create(m, pixels, address, &t, &err), err);
  assert_int_equal(t->rows[0], 2);
  assert_int_equal(t->rows[1], 7); /* 2 places of pooled ones: 4 rows of conv_1, and 2 more */
  assert_int_equal(t->columns[0], 4);
  assert_int_equal(t->columns[1], 9);
  for (int64_t i = 0; i < SIDE * SIDE; i++) {
    const int64_t row = i / SIDE, column = i % SIDE;
    const bool in =
        row >= t->rows[0] && row <= t->rows[1] && column >= t->columns[0] && column <= t->columns[1];
    uint8_t *pixel = &pixels[2 * i];
    *pixel ^= 128;
    assert_ok(oc_trace_create(m, pixels, address, &other, &err), err);
    *pixel ^= 128;
    if ((other->steps[0].value != t->steps[0].value) != in)
      fail_msg("pixel %lld,%lld is %s the field", (long long)row, (long long)column, in ? "in" : "outside");
    oc_trace_free(other);
  }
  oc_trace_free(t);
  oc_model_free(m);
}

/* Each gradient as its own sum, as the engine's, and as a finite difference. */
static int64_t check_gradients(oc_model *m, int64_t stride) {
  oc_session *s = oc_model_session(m);
  int64_t traced = 0;
  for (int v = 0; v < oc_variable_count(s); v++) {
    const oc_tensor value = oc_variable_value(s, v);
    int64_t count;
    oc_error err;
    assert_ok(oc_shape_count(&value.shape, 1, &count, &err), err);
    for (int64_t at = 0; at < count; at += stride) {
      char address[512];
      oc_trace_gradient *t;
      address_of(oc_variable_name(s, v), &value.shape, 0, at, address, sizeof address);
      assert_ok(oc_trace_gradient_create(m, pixels, address, 1, &t, &err), err);
      const oc_trace_step *sum = &t->sum;
      if (!(fabs(sum->computed - sum->value) <= 1e-6 * sum->scale + 1e-9) ||
          !(fabs(t->difference - sum->value) <= 1e-5 * sum->scale + 1e-7))
        fail_msg("%s: sum %.9g, engine %.9g, finite difference %.9g", address, sum->computed, sum->value,
                 t->difference);
      oc_trace_gradient_free(t);
      traced++;
    }
  }
  return traced;
}

static void gradients(void **state) {
  (void)state;
  /* Smooth, so that a finite difference is right to many digits. */
  const char *const nets[] = {
      "conv 3x3x6 same stride 2 | softplus | meanpool 2 | conv 2x2x4 sigmoid pad 1 dilation 2 | dense 7 tanh "
      "| "
      "dropout 0.5 | dense CLASSES",
      "conv 3x3x4 softplus groups 2 full | depthwise 3x3 gelu | conv 1x1x3 tanh nobias | globalmeanpool | "
      "dense CLASSES",
  };
  for (int i = 0; i < 2; i++) {
    oc_model *m = model_of(nets[i]);
    assert_true(check_gradients(m, 3) > 30);
    oc_model_free(m);
  }
}

static void bad_gradients(void **state) {
  (void)state;
  oc_model *m = model_of("conv 3x3x4 | batchnorm | relu | dense CLASSES");
  oc_error err;
  oc_trace_gradient *t;
  assert_fails(oc_trace_gradient_create(m, pixels, "conv_1/_weights[3,0,0,0]", -1, &t, &err), OC_E_ARGUMENT,
               err, "(3, 3, 2, 4)");
  assert_null(t);
  assert_fails(oc_trace_gradient_create(m, pixels, "conv_1/_weights[0,0,0]", -1, &t, &err), OC_E_ARGUMENT,
               err, "(3, 3, 2, 4)");
  assert_fails(oc_trace_gradient_create(m, pixels, "tf_x[0,0,0]", -1, &t, &err), OC_E_ARGUMENT, err,
               "not a variable");
  assert_fails(oc_trace_gradient_create(m, pixels, "conv_1/_weights[0,0,0,0]", 3, &t, &err), OC_E_ARGUMENT,
               err, "0 to 2");
  assert_fails(oc_trace_gradient_create(m, pixels, "batchnorm_1/gamma[0]", 0, &t, &err), OC_E_UNSUPPORTED,
               err, "is unsupported");
  assert_ok(oc_trace_gradient_create(m, pixels, "conv_1/_weights[0,0,0,0]", -1, &t, &err), err);
  assert_string_equal(t->of, "conv_1/Conv2D");
  const oc_session *s = oc_model_session(m);
  const oc_tensor_view weights = oc_variable_view(s, oc_variable_index(s, "conv_1/_weights"));
  assert_true(t->weight == (double)*(const float *)weights.data);
  oc_trace_gradient_free(t);
  oc_trace_gradient_free(NULL);
  oc_model_free(m);
}

static void bad_addresses(void **state) {
  (void)state;
  oc_model *m = model_of("conv 3x3x4 relu | dense CLASSES");
  static const struct {
    const char *address;
    oc_status status;
    const char *part;
  } cases[] = {
      {"", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation", OC_E_ARGUMENT, "missing index"},
      {"[1,2,3]", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[]", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,2,3", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,2,3]x", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,2,x]", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,2,99999999999999999999]", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,1,1,1,1,1,1,1,1]", OC_E_ARGUMENT, "NAME["},
      {"conv_1/activation[1,2]", OC_E_ARGUMENT, "(?, 10, 10, 4)"},
      {"conv_1/activation[1,2,4]", OC_E_ARGUMENT, "(?, 10, 10, 4)"},
      {"conv_1/activation[-1,2,3]", OC_E_ARGUMENT, "(?, 10, 10, 4)"},
      {"conv_9/activation[1,2,3]", OC_E_ARGUMENT, "unknown tensor"},
      {"conv_1/_weights[1,1,1,1]", OC_E_ARGUMENT, "does not depend on an image"},
      {"tf_x[1,1,1]", OC_E_UNSUPPORTED, "placeholder"},
      {"probabilities[3]", OC_E_ARGUMENT, "(?, 3)"},
      {"labels", OC_E_UNSUPPORTED, "that argmax selects"},
      {"labels[0]", OC_E_UNSUPPORTED, "that argmax selects"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    oc_error err;
    oc_trace *t;
    assert_fails(oc_trace_create(m, pixels, cases[i].address, &t, &err), cases[i].status, err, cases[i].part);
    assert_null(t);
  }
  oc_trace_free(NULL);
  oc_model_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(adds_up),       cmocka_unit_test(receptive_field),
      cmocka_unit_test(bad_addresses), cmocka_unit_test(gradients),
      cmocka_unit_test(bad_gradients), cmocka_unit_test(probabilities_are_shares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
