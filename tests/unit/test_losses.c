/* Does every loss of losses.def and every metric of metrics.def give what sums by hand in double give? A row
 * without a case fails. And what is reported when there is no such row. tests/oracle has the comparison with
 * PyTorch. */
#include "harness.h"
#include "net/loss.h"
#include "ocellus/session.h"
#include <math.h>

enum { N = 4, SIZE = 3 };
/* One output is just below 0, and so its probability just below 0.5. */
static const float output[N * SIZE] = {1, -2, 0.5F, 3, 0, -1, -0.001F, 4, 40, 0, -60, 1};
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

/* ---- by hand, in double -------------------------------------------------------------------------------- */

static double log_softmax_of(int i, int k) {
  double sum = 0;
  for (int j = 0; j < SIZE; j++) sum += exp((double)output[i * SIZE + j]);
  return (double)output[i * SIZE + k] - log(sum);
}
static double sigmoid_of(int i) {
  return 1 / (1 + exp(-(double)output[i]));
}

static double softmax_cross_entropy(void) {
  double sum = 0;
  for (int i = 0; i < N; i++) sum -= log_softmax_of(i, class[i]);
  return sum / N;
}
static double binary_cross_entropy(void) {
  double sum = 0;
  for (int i = 0; i < N * SIZE; i++) {
    const double z = (double)output[i];
    sum += fmax(z, 0) - z * (double)classes[i] + log1p(exp(-fabs(z)));
  }
  return sum / (N * SIZE);
}
static double mean_squared_error(void) {
  double sum = 0;
  for (int i = 0; i < N * SIZE; i++) sum += pow((double)output[i] - (double)vector[i], 2);
  return sum / (N * SIZE);
}

static double accuracy(void) {
  double right = 0;
  for (int i = 0; i < N; i++) {
    int best = 0;
    for (int k = 1; k < SIZE; k++) best = output[i * SIZE + k] > output[i * SIZE + best] ? k : best;
    right += best == class[i];
  }
  return right / N;
}
static double binary_accuracy(void) {
  double right = 0;
  for (int i = 0; i < N * SIZE; i++) right += (sigmoid_of(i) >= 0.5) == ((double)classes[i] >= 0.5);
  return right / (N * SIZE);
}
static double mean_absolute_error_of_classes(void) {
  double sum = 0;
  for (int i = 0; i < N * SIZE; i++) sum += fabs(sigmoid_of(i) - (double)classes[i]);
  return sum / (N * SIZE);
}
static double mean_absolute_error(void) {
  double sum = 0;
  for (int i = 0; i < N * SIZE; i++) sum += fabs((double)output[i] - (double)vector[i]);
  return sum / (N * SIZE);
}

typedef struct scalar_case {
  const char *name;
  oc_target_kind kind;
  double (*by_hand)(void);
} scalar_case;
static const scalar_case loss_cases[] = {{"softmax_cross_entropy", OC_TARGET_CLASS, softmax_cross_entropy},
                                         {"binary_cross_entropy", OC_TARGET_CLASSES, binary_cross_entropy},
                                         {"mean_squared_error", OC_TARGET_VECTOR, mean_squared_error}};
static const scalar_case metric_cases[] = {
    {"accuracy", OC_TARGET_CLASS, accuracy},
    {"binary_accuracy", OC_TARGET_CLASSES, binary_accuracy},
    {"mean_absolute_error", OC_TARGET_CLASSES, mean_absolute_error_of_classes},
    {"mean_absolute_error", OC_TARGET_VECTOR, mean_absolute_error}};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- every row ----------------------------------------------------------------------------------------- */

/* A row of a list for one kind of target has a case, and its value. */
static void check_row(const char *name, oc_target_kind kind, build_fn build, const scalar_case *cases,
                      size_t count) {
  const void *const targets[] = {class, classes, vector};
  size_t i = 0;
  while (i < count && (strcmp(cases[i].name, name) != 0 || cases[i].kind != kind)) i++;
  if (i == count) fail_msg("%s of %s has no case", name, oc_target_kind_words(kind));
  const double got = value_of(kind, build, targets[kind]), wanted = cases[i].by_hand();
  if (!(fabs(got - wanted) <= 2e-6 * fmax(1, fabs(wanted))))
    fail_msg("%s of %s: got %.9g, want %.9g", name, oc_target_kind_words(kind), got, wanted);
}

static void losses(void **state) {
  (void)state;
  const oc_loss *loss;
  for (int i = 0; (loss = oc_loss_at(i)); i++)
    for (int kind = 0; kind <= OC_TARGET_VECTOR; kind++)
      if (loss->kinds & OC_KIND(kind))
        check_row(loss->name, kind, loss->build, loss_cases, COUNT(loss_cases));
}

static void metrics(void **state) {
  (void)state;
  const oc_metric *metric;
  for (int i = 0; (metric = oc_metric_at(i)); i++)
    for (int kind = 0; kind <= OC_TARGET_VECTOR; kind++)
      if (metric->kinds & OC_KIND(kind))
        check_row(metric->name, kind, metric->build, metric_cases, COUNT(metric_cases));
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(losses), cmocka_unit_test(metrics),
                                     cmocka_unit_test(names_and_kinds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
