/* 03_pooling.c: "Subsampling": the largest and the mean of windows, and what stays when the input moves. */
#include "lecture.h"

static int pool(oc_pool_kind kind, const double *x, double *y) {
  const oc_pool2d_sizes sizes = {1, 6, 6, 1};
  oc_pool2d_options how = oc_pool2d_defaults();
  oc_error err;
  how.kind = kind;
  how.size[0] = how.size[1] = 2;
  CHECK(oc_pool2d(&sizes, x, &how, y, &err));
  return 0;
}

static void print(const char *what, const double *y) {
  printf("%s\n", what);
  for (int i = 0; i < 3; i++) printf("%7g%7g%7g\n", y[3 * i], y[3 * i + 1], y[3 * i + 2]);
}

int main(int argc, char **argv) {
  no_arguments(argc, argv, "Max-pooling and mean-pooling, and what they change when the input moves.");
  const double x[36] = {10, 255, 125, 0,  170, 100, 70, 255, 105, 25,  25, 70, 255, 0,  150, 0,  10, 10,
                        0,  255, 10,  10, 150, 20,  70, 15,  200, 100, 95, 0,  35,  25, 100, 20, 0,  60};
  double y[9], moved[36], other[9];
  if (pool(OC_POOL_MAX, x, y)) return 1;
  print("max-pooling, 2x2", y);
  if (pool(OC_POOL_MEAN, x, y)) return 1;
  print("mean-pooling, 2x2", y);

  for (int i = 0; i < 36; i++) moved[i] = i % 6 ? x[i - 1] : 0; /* one pixel to the right */
  if (pool(OC_POOL_MAX, x, y) || pool(OC_POOL_MAX, moved, other)) return 1;
  int inputs = 0, outputs = 0;
  for (int i = 0; i < 36; i++) inputs += x[i] != moved[i];
  for (int i = 0; i < 9; i++) outputs += y[i] != other[i];
  printf("one pixel to the right: %d of 36 inputs change, but %d of 9 outputs\n", inputs, outputs);
}
