/* 13_prediction.c: a trained model on pictures it has not seen: labels, and probabilities. Usage: 13_prediction [DATA] */
#include "lecture.h"

int main(int argc, char **argv) {
  oc_error err;
  oc_data data;
  oc_model *model;
  oc_evaluation e;
  CHECK(oc_data_open(argc > 1 ? argv[1] : "digits:3600:200", NULL, &data, &err));
  CHECK(oc_model_create(data.train, NULL, &model, &err));
  oc_fit_options how = oc_fit_defaults();
  how.epochs = 2;
  how.learning_rate = 1e-3;
  CHECK(oc_model_fit(model, data.train, data.valid, &how, &err));
  CHECK(oc_model_evaluate(model, data.test, &e, &err));
  printf("%d test pictures, accuracy over 0.8: %s\n", (int)e.count, e.accuracy > 0.8 ? "yes" : "no");

  enum { FIRST = 5, CLASSES = 10 };
  static uint8_t pixels[FIRST * PIXELS];
  float p[FIRST * CLASSES];
  int32_t labels[FIRST];
  CHECK(oc_dataset_read(data.test, 0, FIRST, pixels, labels, &err));
  CHECK(oc_model_predict(model, pixels, FIRST, p, &err));
  for (int i = 0; i < FIRST; i++) {
    int best = 0;
    double sum = 0;
    for (int k = 0; k < CLASSES; k++) {
      sum += (double)p[i * CLASSES + k];
      if (p[i * CLASSES + k] > p[i * CLASSES + best]) best = k;
    }
    printf("picture %d is a %d: probabilities add up to %.3f, the largest is that of the label: %s\n", i,
           (int)labels[i], sum, best == e.predictions[i] ? "yes" : "no");
  }
  oc_evaluation_release(&e), oc_model_free(model), oc_data_close(&data);
}
