/* 15_tensorboard.c: "Visualizing the Graph with TensorBoard": a training that leaves graph, curves, histograms and
 * pictures for it; then: tensorboard --logdir logs. */
#include "lecture.h"

int main(int argc, char **argv) {
  const char *where = "digits:600:100";
  read_arguments(
      argc, argv, "Trains one epoch and leaves files for TensorBoard.",
      (argument[]){{"DATA", "digits:600:100 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_model *model;
  CHECK(oc_data_open(where, NULL, &data, &err));
  CHECK(oc_model_create(data.train, NULL, &model, &err));
  oc_fit_options how = oc_fit_defaults();
  how.epochs = 1;
  how.tensorboard = "logs";
  const oc_status status = oc_model_fit(model, data.train, data.valid, &how, &err);
  if (status == OC_E_UNSUPPORTED)
    printf("this build leaves TensorBoard out\n");
  else if (status != OC_OK)
    return fprintf(stderr, "%s: %s\n", err.where, err.message), 1;
  else
    printf("now: tensorboard --logdir logs\n");
  oc_model_free(model), oc_data_close(&data);
}
