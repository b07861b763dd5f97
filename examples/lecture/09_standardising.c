/* 09_standardising.c: each pixel's mean and one standard deviation, both of the training part. The slide centres the
 * validation pictures but forgets to divide them: here is what that costs. Usage: 09_standardising [DATA] */
#include "lecture.h"
#include <math.h>

enum { STEPS = 46, CHECKED = 200 };

static double deviation(const float *x, int64_t n) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)x[i], squares += (double)x[i] * (double)x[i];
  return sqrt(squares / (double)n - sum / (double)n * sum / (double)n);
}

static float x[CHECKED * PIXELS];
static int32_t y[CHECKED];

static int accuracy(oc_session *s, const char *what) {
  oc_error err;
  oc_tensor loss[2];
  const oc_feed feeds[] = {{"tf_x", {OC_F32, OC_SHAPE(CHECKED, PIXELS), x}},
                           {"tf_y", {OC_I32, OC_SHAPE(CHECKED), y}},
                           {"fc_keep_prob", {OC_F32, OC_SCALAR_SHAPE, &(float){1}}}};
  CHECK(oc_run(s, feeds, 3, (const char *const[]){"accuracy", "cross_entropy_loss"}, 2, loss, &err));
  const double right = (double)*(const float *)loss[0].data, mean = (double)*(const float *)loss[1].data;
  printf("%s: deviation %.1f, accuracy over 0.8: %s, mean loss over 1: %s\n", what,
         deviation(x, CHECKED * PIXELS), right > 0.8 ? "yes" : "no", mean > 1 ? "yes" : "no");
  return 0;
}

int main(int argc, char **argv) {
  oc_error err;
  oc_data data;
  oc_standard standard;
  oc_graph *g;
  oc_session *s;
  CHECK(oc_data_open(argc > 1 ? argv[1] : "digits:3600:200", NULL, &data, &err));
  CHECK(oc_standard_fit(data.train, &standard, &err));
  CHECK(oc_graph_create(NULL, &g, &err));
  build_cnn(g, 1e-3);
  CHECK(oc_session_create(g, NULL, &s, &err));
  const int64_t count = oc_dataset_count(data.train);
  int64_t *order = malloc((size_t)count * sizeof *order);
  if (!order || count < STEPS * BATCH) return fprintf(stderr, "too few pictures\n"), 1;
  CHECK(oc_epoch_order(count, true, 123, 0, order, &err));
  for (int64_t i = 0; i < STEPS; i++) {
    CHECK(read_batch(data.train, &standard, order, i * BATCH, BATCH, x, y, &err));
    const oc_feed feeds[] = {{"tf_x", {OC_F32, OC_SHAPE(BATCH, PIXELS), x}},
                             {"tf_y", {OC_I32, OC_SHAPE(BATCH), y}},
                             {"fc_keep_prob", {OC_F32, OC_SCALAR_SHAPE, &(float){0.5F}}}};
    CHECK(oc_run(s, feeds, 3, (const char *const[]){"train_op"}, 1, NULL, &err));
  }
  for (int i = 0; i < CHECKED; i++) order[i] = i;
  CHECK(read_batch(data.valid, &standard, order, 0, CHECKED, x, y, &err));
  if (accuracy(s, "validation as it should be   ")) return 1;
  for (int i = 0; i < CHECKED * PIXELS; i++) x[i] *= (float)standard.deviation;
  if (accuracy(s, "validation as the slide has it")) return 1;
  free(order), oc_session_free(s), oc_graph_free(g), oc_standard_release(&standard), oc_data_close(&data);
}
