/* 11_training.c: training with feed and fetch by name; the mean loss of an epoch (the slide prints the sum) and the
 * accuracy on the whole validation part (the slide's second half takes one batch). Usage: 11_training [DATA] */
#include "lecture.h"

enum { EPOCHS = 2, MOST = 1000 };

static float x[MOST * PIXELS];
static int32_t y[MOST];

static int run(oc_session *s, int64_t n, float keep, const char *first, const char *second, double *out) {
  oc_error err;
  oc_tensor result[2];
  const oc_feed feeds[] = {{"tf_x:0", {OC_F32, OC_SHAPE(n, PIXELS), x}},
                           {"tf_y:0", {OC_I32, OC_SHAPE(n), y}},
                           {"fc_keep_prob:0", {OC_F32, OC_SCALAR_SHAPE, &keep}}};
  CHECK(oc_run(s, feeds, 3, (const char *const[]){first, second}, second ? 2 : 1, result, &err));
  *out = (double)*(const float *)result[0].data;
  return 0;
}

int main(int argc, char **argv) {
  oc_error err;
  oc_data data;
  oc_standard standard;
  oc_graph *g;
  oc_session *s;
  CHECK(oc_data_open(argc > 1 ? argv[1] : "digits:1800:200", NULL, &data, &err));
  CHECK(oc_standard_fit(data.train, &standard, &err));
  CHECK(oc_graph_create(NULL, &g, &err));
  build_cnn(g, 1e-3);
  CHECK(oc_session_create(g, NULL, &s, &err));
  const int64_t count = oc_dataset_count(data.train), valid = oc_dataset_count(data.valid);
  int64_t *order = malloc((size_t)(count > valid ? count : valid) * sizeof *order);
  if (!order) return 1;
  for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
    double sum = 0, right = 0, value;
    CHECK(oc_epoch_order(count, true, 123, epoch, order, &err));
    for (int64_t at = 0, n; at < count; at += n) {
      n = count - at < BATCH ? count - at : BATCH;
      CHECK(read_batch(data.train, &standard, order, at, n, x, y, &err));
      if (run(s, n, 0.5F, "cross_entropy_loss:0", "train_op", &value)) return 1;
      sum += value * (double)n;
    }
    CHECK(oc_epoch_order(valid, false, 0, 0, order, &err));
    for (int64_t at = 0, n; at < valid; at += n) {
      n = valid - at < MOST ? valid - at : MOST;
      CHECK(read_batch(data.valid, &standard, order, at, n, x, y, &err));
      if (run(s, n, 1, "accuracy:0", NULL, &value)) return 1;
      right += value * (double)n;
    }
    printf("Epoch %02d Training Avg. Loss: %5.1f  Validation Acc: %5.1f\n", (int)epoch + 1,
           sum / (double)count, right / (double)valid);
  }
  free(order), oc_session_free(s), oc_graph_free(g), oc_standard_release(&standard), oc_data_close(&data);
}
