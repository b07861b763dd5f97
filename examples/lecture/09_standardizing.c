/* 09_standardizing.c: "Generate the Mini-batches": each pixel's mean and one standard deviation, both of the
 * training set. The slide centers the validation images but forgets to divide them: what that costs a network
 * of one short epoch. */
#include "lecture.h"
#include <math.h>

enum { STEPS = 46, CHECKED = 200 };

static double deviation(const float *values, int64_t n) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; i++) sum += (double)values[i], squares += (double)values[i] * (double)values[i];
  return sqrt(squares / (double)n - sum / (double)n * sum / (double)n);
}

static float x[CHECKED * PIXELS];
static int32_t y[CHECKED];

static int measure(oc_session *s, const char *what) {
  oc_tensor out[2];
  const batch b = {CHECKED, x, y};
  if (run(s, &b, 1, "accuracy:0", "cross_entropy_loss:0", out)) return 1;
  printf("%s: deviation %6.3f, accuracy %.4f, mean loss %6.3f\n", what, deviation(x, CHECKED * PIXELS),
         scalar(&out[0]), scalar(&out[1]));
  return 0;
}

static int train(oc_session *s, const oc_dataset *d, const oc_standardizer *standardizer) {
  oc_error err;
  oc_tensor loss;
  const int64_t count = oc_dataset_count(d);
  int64_t *order = malloc((size_t)count * sizeof *order);
  if (!order || count < STEPS * BATCH) return fprintf(stderr, "too few images\n"), 1;
  CHECK(oc_epoch_order(count, true, 123, 0, order, &err));
  const batch b = {BATCH, x, y};
  for (int64_t i = 0; i < STEPS; i++) {
    CHECK(read_batch(d, standardizer, (places){order, i * BATCH, BATCH}, x, y, &err));
    if (run(s, &b, 0.5F, "train_op", NULL, &loss)) return 1;
  }
  free(order);
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:3600:200";
  read_arguments(
      argc, argv, "Standardizes images as it should be and as the slide has it, and measures both.",
      (argument[]){{"DATA", "digits:3600:200 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_standardizer standardizer;
  oc_graph *g;
  oc_session *s;
  if (open_data(where, &data, &standardizer) || open_network(1e-3, 123, &g, &s)) return 1;
  printf("standard deviation of the training set: %.4f\n", standardizer.deviation);
  if (train(s, data.train, &standardizer)) return 1;
  CHECK(read_batch(data.valid, &standardizer, (places){NULL, 0, CHECKED}, x, y, &err));
  if (measure(s, "validation centered and divided")) return 1;
  for (int i = 0; i < CHECKED * PIXELS; i++) x[i] *= (float)standardizer.deviation;
  if (measure(s, "validation centered only       ")) return 1;
  oc_session_free(s), oc_graph_free(g), oc_standardizer_release(&standardizer), oc_data_close(&data);
}
