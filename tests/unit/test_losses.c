/* Losses and metrics of a batch, against sums by hand in double; and the words when there is none such.
 * tests/oracle has the comparison with PyTorch. */
#include "harness.h"
#include "net/loss.h"
#include "ocellus/session.h"
#include <math.h>

enum { N = 4, SIZE = 3 };
static const float output[N * SIZE] = {1, -2, 0.5F, 3, 0, -1, -0.25F, 4, 40, 0, -60, 1};
static const float vector[N * SIZE] = {0, -2, 1, 2.5F, 1, -1, 7, 0.5F, 20, 1, -30, 0};
static const float classes[N * SIZE] = {1, 0, 1, 1, 1, 0, 0, 1, 0.25F, 0, 1, 0};
static const int32_t class[N] = {0, 1, 2, 0};

typedef oc_node (*build_fn)(oc_graph *, const oc_loss_inputs *);

static double value_of(oc_target_kind kind, build_fn build, const void *target) {
  const bool is_class = kind == OC_TARGET_CLASS;
  const oc_tensor_view fed = {is_class ? OC_I32 : OC_F32, is_class ? OC_SHAPE(N) : OC_SHAPE(N, SIZE),
                              (void *)(uintptr_t)target};
  oc_graph *g;
  oc_session *s;
  oc_error err;
  oc_tensor result;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node y = oc_placeholder(g, "y", OC_F32, OC_SHAPE(OC_BATCH, SIZE));
  const oc_node t = is_class ? oc_placeholder(g, "t", OC_I32, OC_SHAPE(OC_BATCH))
                             : oc_placeholder(g, "t", OC_F32, OC_SHAPE(OC_BATCH, SIZE));
  const oc_node answer = is_class ? oc_softmax(g, y) : kind == OC_TARGET_CLASSES ? oc_sigmoid(g, y) : y;
  const oc_loss_inputs in = {y, answer, is_class ? oc_argmax(g, y) : OC_NO_NODE, t, SIZE};
  oc_named(g, build(g, &in), "result");
  assert_ok(oc_graph_status(g, &err), err);
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  const oc_feed feeds[] = {{"y", {OC_F32, OC_SHAPE(N, SIZE), (void *)(uintptr_t)output}}, {"t", fed}};
  const char *const fetches[] = {"result"};
  assert_ok(oc_run(s, feeds, 2, fetches, 1, &result, &err), err);
  const double value = (double)*(const float *)result.data;
  oc_session_free(s);
  oc_graph_free(g);
  return value;
}

static void near(double got, double want) {
  if (!(fabs(got - want) <= 2e-6 * fmax(1, fabs(want)))) fail_msg("got %.9g, want %.9g", got, want);
}

static void of_a_class(void **state) {
  (void)state;
  double loss = 0, right = 0;
  for (int i = 0; i < N; i++) {
    const float *y = output + i * SIZE;
    double sum = 0;
    int best = 0;
    for (int k = 0; k < SIZE; k++) sum += exp((double)y[k]);
    for (int k = 1; k < SIZE; k++) best = y[k] > y[best] ? k : best;
    loss += log(sum) - (double)y[class[i]];
    right += best == class[i];
  }
  near(value_of(OC_TARGET_CLASS, oc_loss_softmax_cross_entropy.build, class), loss / N);
  near(value_of(OC_TARGET_CLASS, oc_metric_accuracy.build, class), right / N);
}

static void of_several_classes(void **state) {
  (void)state;
  double loss = 0, right = 0, off = 0;
  for (int i = 0; i < N * SIZE; i++) {
    const double z = (double)output[i], t = (double)classes[i], p = 1 / (1 + exp(-z));
    loss += fmax(z, 0) - z * t + log1p(exp(-fabs(z)));
    right += (p >= 0.5) == (t >= 0.5);
    off += fabs(p - t);
  }
  near(value_of(OC_TARGET_CLASSES, oc_loss_binary_cross_entropy.build, classes), loss / (N * SIZE));
  near(value_of(OC_TARGET_CLASSES, oc_metric_binary_accuracy.build, classes), right / (N * SIZE));
  near(value_of(OC_TARGET_CLASSES, oc_metric_mean_absolute_error.build, classes), off / (N * SIZE));
}

static void of_a_vector(void **state) {
  (void)state;
  double squares = 0, off = 0;
  for (int i = 0; i < N * SIZE; i++) {
    const double d = (double)output[i] - (double)vector[i];
    squares += d * d;
    off += fabs(d);
  }
  near(value_of(OC_TARGET_VECTOR, oc_loss_mean_squared_error.build, vector), squares / (N * SIZE));
  near(value_of(OC_TARGET_VECTOR, oc_metric_mean_absolute_error.build, vector), off / (N * SIZE));
}

static void names_and_kinds(void **state) {
  (void)state;
  const oc_loss *loss;
  const oc_metric *metric;
  oc_error err;
  assert_ok(oc_loss_find(NULL, OC_TARGET_VECTOR, &loss, &err), err);
  assert_string_equal(loss->name, "mean_squared_error");
  assert_fails(oc_loss_find("huber", OC_TARGET_VECTOR, &loss, &err), OC_E_ARGUMENT, err,
               "loss: unknown loss 'huber': Use mean_squared_error.");
  assert_fails(oc_loss_find("mean_squared_error", OC_TARGET_CLASS, &loss, &err), OC_E_ARGUMENT, err,
               "mean_squared_error does not take a class: Use softmax_cross_entropy.");
  assert_fails(oc_metric_find("accuracy", OC_TARGET_CLASSES, &metric, &err), OC_E_ARGUMENT, err,
               "accuracy does not take classes: Use binary_accuracy, mean_absolute_error.");
  assert_fails(oc_metric_find("", OC_TARGET_CLASSES, &metric, &err), OC_E_ARGUMENT, err, "unknown metric ''");
  assert_false(oc_loss_takes("mean_squared_error", (oc_target_kind)99));
  assert_null(oc_loss_name(-1));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(of_a_class), cmocka_unit_test(of_several_classes),
                                     cmocka_unit_test(of_a_vector), cmocka_unit_test(names_and_kinds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
