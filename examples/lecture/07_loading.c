/* 07_loading.c: "Load and Preprocess the Data": training, validation and test set, and an image. */
#include "lecture.h"

static int64_t count(const oc_dataset *d) {
  return d ? oc_dataset_count(d) : 0;
}

static int show(const char *part, const oc_dataset *d) {
  if (!d) return fprintf(stderr, "there is no %s set\n", part), 1;
  const oc_image_shape size = oc_dataset_image_shape(d);
  const int n = (int)count(d);
  printf("%s (%d, %d) (%d,)\n", part, n, (int)(size.height * size.width * size.channels), n);
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:1200:200";
  read_arguments(
      argc, argv, "Opens a data set: training, validation and test set, and one image.",
      (argument[]){{"DATA", "digits:1200:200 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_data_options options = oc_data_defaults(); /* of MNIST the last 10,000 training images for validation */
  CHECK(oc_data_open(where, &options, &data, &err));
  const oc_image_shape size = oc_dataset_image_shape(data.train ? data.train : data.test);
  const int columns = (int)(size.height * size.width * size.channels);
  printf("Rows: %d, Columns: %d\n", (int)(count(data.train) + count(data.valid)), columns);
  printf("Rows: %d, Columns: %d\n", (int)count(data.test), columns);
  if (show("Training:  ", data.train) || show("Validation:", data.valid) || show("Test Set:  ", data.test))
    return 1;

  uint8_t pixels[PIXELS];
  int32_t label;
  if (columns != PIXELS) return fprintf(stderr, "not 28x28\n"), 1;
  CHECK(oc_dataset_read(data.train, 0, 1, pixels, &label, &err));
  printf("the first training image is of class %s:\n", oc_dataset_class_name(data.train, label));
  for (int row = 0; row < 28; row += 2, printf("\n"))
    for (int col = 0; col < 28; col++) putchar(" .:*#"[pixels[row * 28 + col] / 52]);
  oc_data_close(&data);
}
