/* 14_convnn.c: "Implementing a CNN in the TensorFlow Layers API": the class ConvNN. */
#include "lecture.h"

static bool show(void *context, const oc_event *e) {
  (void)context;
  if (e->kind == OC_EVENT_EPOCH) printf("epoch %d of %d\n", e->epoch, e->epochs);
  return true;
}

int main(int argc, char **argv) {
  const char *where = "digits:3600:200";
  read_arguments(
      argc, argv, "The class ConvNN: build, train, save, load, predict.",
      (argument[]){{"DATA", "digits:3600:200 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_convnn *cnn, *other;
  oc_convnn_options how = oc_convnn_defaults();
  how.random_seed = 123;
  how.epochs = 2;           /* 20 on the slide, */
  how.learning_rate = 1e-3; /* with 1e-4 */
  how.on_event = show;
  CHECK(oc_data_open(where, NULL, &data, &err));
  CHECK(oc_convnn_create(&how, &cnn, &err));
  CHECK(oc_convnn_build(cnn, data.train, &err));
  CHECK(oc_convnn_train(cnn, data.train, data.valid, false, &err));
  CHECK(oc_convnn_save(cnn, "convnn.safetensors", &err));

  CHECK(oc_convnn_create(&how, &other, &err));
  CHECK(oc_convnn_load(other, "convnn.safetensors", &err));
  static uint8_t pixels[100 * PIXELS];
  int32_t labels[100], a[100], b[100];
  int right = 0, same = 0;
  CHECK(oc_dataset_read(data.test, 0, 100, pixels, labels, &err));
  CHECK(oc_convnn_predict(cnn, pixels, 100, a, &err));
  CHECK(oc_convnn_predict(other, pixels, 100, b, &err));
  for (int i = 0; i < 100; i++) right += a[i] == labels[i], same += a[i] == b[i];
  printf("over 80 of 100 right: %s; the loaded one predicts the same for %d\n", right > 80 ? "yes" : "no",
         same);
  oc_convnn_free(cnn), oc_convnn_free(other), oc_data_close(&data);
  return remove("convnn.safetensors");
}
