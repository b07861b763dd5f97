/* 06_fitting.c: "Regularizing a Neural Network with Dropout": the capacity of a network. A small one reads
 * neither part well (it underfits); a large one memorizes its 300 training images and reads others much worse
 * (it overfits); with L2 or dropout the same large one reads the others better. */
#include "lecture.h"

#define LARGE    "conv 5x5x8 relu | maxpool 4 | dense 256 relu | dense 10"
#define DROPPING "conv 5x5x8 relu | maxpool 4 | dropout 0.5 | dense 256 relu | dropout 0.5 | dense 10"

static const struct {
  const char *what, *net;
  double l2;
} networks[] = {{"small", "conv 5x5x1 relu | maxpool 8 | dense 10", 0},
                {"large", LARGE, 0},
                {"large, L2 0.05", LARGE, 0.05},
                {"large, dropout 0.5", DROPPING, 0}};

static int fit(int which, const oc_data *data, int epochs) {
  oc_error err;
  oc_model *model;
  oc_evaluation train, test;
  oc_model_options net = oc_model_defaults();
  net.net = networks[which].net;
  CHECK(oc_model_create(data->train, &net, &model, &err));
  oc_fit_options options = oc_fit_defaults();
  options.epochs = epochs;
  options.learning_rate = 1e-3;
  options.l2 = networks[which].l2;
  CHECK(oc_model_fit(model, data->train, NULL, &options, &err));
  CHECK(oc_model_evaluate(model, data->train, &train,
                          &err)); /* with all units, and the loss without the penalty */
  CHECK(oc_model_evaluate(model, data->test, &test, &err));
  printf("%-20s %8.4f %8.4f %12.4f %8.4f   (%.4f to %.4f)\n", networks[which].what, train.accuracy,
         train.loss, test.accuracy, test.loss, test.low, test.high);
  oc_evaluation_release(&train), oc_evaluation_release(&test), oc_model_free(model);
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:300:3000";
  int64_t epochs = 60;
  read_arguments(
      argc, argv,
      "A small network underfits, a large one overfits, L2 and dropout help: both parts of four trainings.",
      (argument[]){{"DATA", "digits:300:3000 (default), or other data", .text = &where},
                   {"--epochs", "epochs of each training (60)", .count = &epochs, .least = 1},
                   {0}});
  oc_error err;
  oc_data data;
  oc_data_options all = oc_data_defaults();
  all.valid = "0";
  CHECK(oc_data_open(where, &all, &data, &err));
  printf("%d training images   training set          test set (95%% interval of its accuracy)\n",
         (int)oc_dataset_count(data.train));
  printf("%-20s %8s %8s %12s %8s\n", "network", "accuracy", "loss", "accuracy", "loss");
  for (int i = 0; i < 4; i++)
    if (fit(i, &data, (int)epochs)) return 1;
  oc_data_close(&data);
}
