/* 07_loading.c: "Loading the MNIST Dataset": training, validation and test part, and a picture. */
#include "lecture.h"

static void show(const char *part, const oc_dataset *d) {
  if (!d) return;
  const oc_picture_size size = oc_dataset_size(d);
  printf("%-10s %6d pictures of %dx%dx%d, %d classes\n", part, (int)oc_dataset_count(d), (int)size.height,
         (int)size.width, (int)size.channels, oc_dataset_classes(d));
}

int main(int argc, char **argv) {
  const char *where = "digits:1200:200";
  read_arguments(
      argc, argv, "Opens a data set: training, validation and test part, and one picture.",
      (argument[]){{"DATA", "digits:1200:200 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  oc_data_options how = oc_data_defaults(); /* of MNIST the last 10,000 training pictures for validation */
  CHECK(oc_data_open(where, &how, &data, &err));
  show("training", data.train);
  show("validation", data.valid);
  show("test", data.test);

  uint8_t pixels[PIXELS];
  int32_t label;
  const oc_picture_size size = oc_dataset_size(data.train);
  if (size.height * size.width * size.channels != PIXELS) return fprintf(stderr, "not 28x28\n"), 1;
  CHECK(oc_dataset_read(data.train, 0, 1, pixels, &label, &err));
  printf("the first training picture is a %s:\n", oc_dataset_class_name(data.train, label));
  for (int row = 0; row < 28; row += 2, printf("\n"))
    for (int col = 0; col < 28; col++) putchar(" .:*#"[pixels[row * 28 + col] / 52]);
  oc_data_close(&data);
}
