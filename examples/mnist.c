/* mnist.c: open data, make a model, train, score, save, load, predict. Usage: mnist [DATA] */
#include "ocellus/model.h"
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                                          \
  if ((call) != OC_OK) return fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.hint), 1

static bool show(void *context, const oc_event *e) {
  if (e->kind == OC_EVENT_EPOCH)
    fprintf(context, "epoch %d: loss %.4f, validation accuracy %.4f\n", e->epoch, e->loss, e->valid_accuracy);
  return true; /* false would stop the training */
}

int main(int argc, char **argv) {
  oc_error err;
  oc_data data;
  oc_model *model;
  oc_evaluation e;
  CHECK(oc_data_open(argc > 1 ? argv[1] : "digits:12000:2000", NULL, &data, &err));
  CHECK(oc_model_create(data.train, NULL, &model, &err)); /* the lecture's network */
  oc_fit_options options = oc_fit_defaults();
  options.epochs = 3;
  options.on_event = show;
  options.context = stdout;
  CHECK(oc_model_fit(model, data.train, data.valid, &options, &err));
  CHECK(oc_model_evaluate(model, data.test, &e, &err));
  printf("test accuracy %.4f, 95%% interval %.4f to %.4f\n", e.accuracy, e.low, e.high);
  CHECK(oc_model_save(model, "mnist.safetensors", &err));
  oc_model_free(model);
  CHECK(oc_model_load("mnist.safetensors", NULL, &model, &err));
  const oc_image_shape size = oc_model_image_shape(model);
  uint8_t *pixels = malloc((size_t)(size.height * size.width * size.channels));
  float *p = malloc((size_t)oc_model_classes(model) * sizeof *p);
  if (!pixels || !p) return 1;
  CHECK(oc_dataset_read(data.test, 0, 1, pixels, NULL, &err));
  CHECK(oc_model_predict(model, pixels, 1, p, &err));
  printf("first test image: %d with probability %.3f\n", e.predictions[0], p[e.predictions[0]]);
  free(pixels), free(p), oc_evaluation_release(&e), oc_model_free(model), oc_data_close(&data);
}
