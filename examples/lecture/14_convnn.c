/* 14_convnn.c: "Implementing a CNN in the TensorFlow Layers API": the class ConvNN: train, save(epoch),
 * load(epoch) into a second one, predict, test accuracy. */
#include "lecture.h"

static bool show(void *context, const oc_event *e) {
  (void)context;
  if (e->kind == OC_EVENT_EPOCH)
    printf("Epoch %02d: Training Avg. Loss: %7.4f Validation Acc: %7.4f\n", e->epoch, e->loss,
           e->valid_accuracy);
  return true;
}

/* "Class Definition": the options; the slide has no seed by default. */
static int print_defaults(void) {
  const oc_convnn_options o = oc_convnn_defaults();
  printf("ConvNN(batchsize=%d, epochs=%d, learning_rate=%g, dropout_rate=%g, shuffle=%s, random_seed=%d)\n",
         (int)o.batchsize, o.epochs, o.learning_rate, o.dropout_rate, o.no_shuffle ? "False" : "True",
         (int)o.random_seed);
  return 0;
}

/* The graph of the class: "Build the Model". */
static int list_graph(const oc_dataset *like, const oc_convnn_options *options) {
  oc_error err;
  oc_convnn *cnn;
  CHECK(oc_convnn_create(options, &cnn, &err));
  CHECK(oc_convnn_build(cnn, like, &err));
  const oc_graph *g = oc_model_graph(oc_convnn_model(cnn));
  listing = stdout;
  for (int i = 0; i < oc_graph_op_count(g); i++) list(g, oc_node_at(g, i));
  oc_convnn_free(cnn);
  return 0;
}

static int train_and_save(const oc_data *data, const oc_convnn_options *options) {
  oc_error err;
  oc_convnn *cnn;
  int count;
  CHECK(oc_convnn_create(options, &cnn, &err));
  CHECK(oc_convnn_train(cnn, data->train, data->valid, true, &err));
  const double *train_cost =
      oc_convnn_losses(cnn, &count); /* the slide makes this list and leaves it empty */
  printf("train_cost_:");
  for (int i = 0; i < count; i++) printf(" %.4f", train_cost[i]);
  printf("\nSaving model in ./tflayers-model/\n");
  CHECK(oc_convnn_save_epoch(cnn, options->epochs, "./tflayers-model/", &err));
  oc_convnn_free(cnn);
  return 0;
}

/* "Test the Model": another ConvNN, the saved weights, the first ten labels, the accuracy on all test
 * images. */
static int load_and_test(const oc_dataset *test, const oc_convnn_options *options) {
  oc_error err;
  oc_convnn *cnn2;
  CHECK(oc_convnn_create(options, &cnn2, &err));
  printf("Loading model from ./tflayers-model/\n");
  printf("Restoring parameters from ./tflayers-model/model.ckpt-%d.safetensors\n", options->epochs);
  CHECK(oc_convnn_load_epoch(cnn2, options->epochs, "./tflayers-model/", &err));
  const int64_t count = oc_dataset_count(test);
  uint8_t *pixels = malloc((size_t)count * PIXELS);
  int32_t *labels = malloc((size_t)count * sizeof *labels), *preds = malloc((size_t)count * sizeof *preds);
  if (!pixels || !labels || !preds) return perror("memory"), 1;
  CHECK(oc_dataset_read(test, 0, count, pixels, labels, &err));
  CHECK(oc_convnn_predict(cnn2, pixels, count, preds,
                          &err)); /* raw pixels: standardizing is part of the model */
  int64_t right = 0;
  for (int64_t i = 0; i < count; i++) right += preds[i] == labels[i];
  for (int i = 0; i < 10 && i < count; i++) printf("%c%d", i ? ' ' : '[', (int)preds[i]);
  printf("]\nTest Accuracy: %.2f%%\n", 100.0 * (double)right / (double)count);
  free(pixels), free(labels), free(preds), oc_convnn_free(cnn2);
  return 0;
}

int main(int argc, char **argv) {
  oc_convnn_options options = oc_convnn_defaults(); /* batchsize 64, learning_rate 1e-4, dropout_rate 0.5 */
  const char *where = "digits:7200:1000";
  int64_t epochs = 2, seed = 123;
  bool only_list = false, only_defaults = false;
  read_arguments(argc, argv,
                 "The class ConvNN: trains, saves under the epoch, loads into a second one, and tests that.",
                 (argument[]){{"DATA", "digits:7200:1000 (default), or a folder with MNIST", .text = &where},
                              {"--epochs", "epochs (2; the slide has 20)", .count = &epochs, .least = 1},
                              {"--learning-rate", "of Adam (1e-4)", .number = &options.learning_rate},
                              {"--seed", "of weights, order and dropout (123)", .count = &seed},
                              {"--list", "only list the graph that the class builds", .flag = &only_list},
                              {"--defaults", "only print the options of the class", .flag = &only_defaults},
                              {0}});
  if (only_defaults) return print_defaults();
  options.epochs = (int)epochs, options.random_seed = (uint64_t)seed;
  options.keep_last = true; /* as on the slide; false: the weights of the best epoch on the validation set */
  options.on_event = show;
  oc_data data;
  oc_standardizer standardizer;
  if (open_data(where, &data, &standardizer)) return 1;
  if (only_list ? list_graph(data.train, &options)
                : train_and_save(&data, &options) || load_and_test(data.test, &options))
    return 1;
  oc_standardizer_release(&standardizer), oc_data_close(&data);
}
