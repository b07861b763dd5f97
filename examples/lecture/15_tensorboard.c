/* 15_tensorboard.c: "Visualize the Graph with TensorBoard": the graph of the low-level interface with its
 * gradients and its training step, the loss as a curve and the weights as histograms; then: tensorboard
 * --logdir logs-low-level */
#include <ocellus/tensorboard.h>
#include "lecture.h"

enum { STEPS = 20 };

static float x[BATCH * PIXELS];
static int32_t y[BATCH];

static int write_steps(oc_tensorboard *board, oc_session *s, const oc_data *data,
                       const oc_standardizer *standardizer) {
  oc_error err;
  oc_tensor out[2];
  const batch b = {BATCH, x, y};
  const int64_t count = oc_dataset_count(data->train) / BATCH;
  for (int64_t step = 0; step < STEPS && step < count; step++) {
    CHECK(read_batch(data->train, standardizer, (places){NULL, step * BATCH, BATCH}, x, y, &err));
    if (run(s, &b, 0.5F, "cross_entropy_loss:0", "train_op", out)) return 1;
    CHECK(oc_tensorboard_scalar(board, "cross_entropy_loss", step, scalar(&out[0]), &err));
    if (run(s, &b, 1, "conv_1/_weights:0", NULL, out)) return 1;
    CHECK(oc_tensorboard_histogram(board, "conv_1/_weights", step, &out[0], &err));
  }
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:2000:100";
  read_arguments(
      argc, argv, "Writes the graph of the low-level interface, 20 losses and the weights for TensorBoard.",
      (argument[]){{"DATA", "digits:2000:100 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_standardizer standardizer;
  oc_graph *g;
  oc_session *s;
  oc_tensorboard *board;
  if (open_data(where, &data, &standardizer) || open_network(1e-4, 123, &g, &s)) return 1;
  CHECK(oc_tensorboard_open("logs-low-level", 0, &board, &err));
  CHECK(oc_tensorboard_graph(board, g, &err));
  if (write_steps(board, s, &data, &standardizer)) return 1;
  CHECK(oc_tensorboard_close(board, &err));
  printf("%d operations written. Now: tensorboard --logdir logs-low-level\n", oc_graph_op_count(g));
  oc_session_free(s), oc_graph_free(g), oc_standardizer_release(&standardizer), oc_data_close(&data);
}
