/* 06_ensemble.c: "Regularizing a Neural Network with Dropout": dropout as the average of an ensemble. Each
 * drawing of the units is a thinned network; predicting with all units together comes close to the mean of
 * many of them. */
#include "lecture.h"

enum { TESTED = 1000, THINNED = 50, CLASSES = 10, EPOCHS = 3 };

static float x[TESTED * PIXELS], mean[TESTED * CLASSES];
static int32_t y[TESTED];

static int count_right(const float *p) {
  int right = 0;
  for (int i = 0; i < TESTED; i++) right += oc_best_class(p + i * CLASSES, CLASSES) == y[i];
  return right;
}

static int train(oc_session *s, const oc_data *data, const oc_standardizer *standardizer, float keep) {
  oc_error err;
  const int64_t count = oc_dataset_count(data->train);
  int64_t *order = malloc((size_t)count * sizeof *order);
  if (!order) return perror("memory"), 1;
  for (int epoch = 0; epoch < EPOCHS; epoch++) {
    CHECK(oc_epoch_order(count, true, 123, (uint64_t)epoch, order, &err));
    for (int64_t at = 0; at + BATCH <= count; at += BATCH) {
      const batch b = {BATCH, x, y};
      oc_tensor nothing;
      CHECK(read_batch(data->train, standardizer, (places){order, at, BATCH}, x, y, &err));
      if (run(s, &b, keep, "train_op", NULL, &nothing)) return 1;
    }
  }
  free(order);
  return 0;
}

/* How many of the test images are right, run after run; a plan for training draws other units in each. */
static int measure(oc_session *s, const oc_graph *g, float keep, bool drop, int runs,
                   double *right_on_average) {
  oc_error err;
  oc_plan *plan;
  const oc_node p = oc_find(g, "probabilities");
  const oc_plan_options options = {.batch = TESTED, .training = drop};
  CHECK(oc_plan_create(s, &p, 1, &options, &plan, &err));
  CHECK(oc_plan_bind(plan, oc_find(g, "tf_x"), x, &err));
  CHECK(oc_plan_bind(plan, oc_find(g, "fc_keep_prob"), &keep, &err));
  for (int i = 0; i < runs; i++) {
    CHECK(oc_plan_run(plan, TESTED, (oc_rng_counter){.epoch = (uint64_t)i}, &err));
    const float *one = oc_plan_result(plan, 0).data;
    *right_on_average += count_right(one) / (double)runs;
    for (int k = 0; drop && k < TESTED * CLASSES; k++) mean[k] += one[k] / (float)runs;
  }
  oc_plan_free(plan);
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:7200:1000";
  double keep = 0.5, thinned = 0, all = 0;
  read_arguments(argc, argv,
                 "Thinned networks, the mean of 50 of them, and all units together, on 1,000 test images.",
                 (argument[]){{"DATA", "digits:7200:1000 (default), or a folder with MNIST", .text = &where},
                              {"--keep", "share of the hidden units that is kept (0.5)", .number = &keep},
                              {0}});
  oc_error err;
  oc_data data;
  oc_standardizer standardizer;
  oc_graph *g;
  oc_session *s;
  if (open_data(where, &data, &standardizer) || open_network(1e-3, 123, &g, &s)) return 1;
  if (train(s, &data, &standardizer, (float)keep)) return 1;
  CHECK(read_batch(data.test, &standardizer, (places){NULL, 0, TESTED}, x, y, &err));
  if (measure(s, g, (float)keep, true, THINNED, &thinned) || measure(s, g, (float)keep, false, 1, &all))
    return 1;
  printf("a thinned network, on average of %d: %6.1f of %d right\n", THINNED, thinned, TESTED);
  printf("the mean of the %d:                  %6.1f\n", THINNED, (double)count_right(mean));
  printf("all units together:                   %6.1f\n", all);
  oc_session_free(s), oc_graph_free(g), oc_standardizer_release(&standardizer), oc_data_close(&data);
}
