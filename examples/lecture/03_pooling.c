/* 03_pooling.c: "Subsampling": the maximum and the mean of windows, and the effect of a shift and of noise
 * after them. */
#include <math.h>
#include "lecture.h"

static int pool(oc_pool_kind kind, const double *x, double *y) {
  const oc_pool2d_sizes sizes = {1, 6, 6, 1};
  oc_pool2d_options options = oc_pool2d_defaults();
  oc_error err;
  options.kind = kind;
  options.size[0] = options.size[1] = 2;
  CHECK(oc_pool2d(&sizes, x, &options, y, &err));
  return 0;
}

static void print(const char *what, const double *y) {
  printf("%s\n", what);
  for (int i = 0; i < 3; i++) printf("%7g%7g%7g\n", y[3 * i], y[3 * i + 1], y[3 * i + 2]);
}

static int changed(const double *a, const double *b, int count) {
  int n = 0;
  for (int i = 0; i < count; i++) n += a[i] != b[i];
  return n;
}

static double mean_change(const double *a, const double *b, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += fabs(a[i] - b[i]) / count;
  return sum;
}

/* Compares another image with x: how many values differ, and by how much on average, before and after
 * pooling. */
static int compare(const char *what, const double *x, const double *other) {
  double most[2][9], mean[2][9];
  if (pool(OC_POOL_MAX, x, most[0]) || pool(OC_POOL_MAX, other, most[1])) return 1;
  if (pool(OC_POOL_MEAN, x, mean[0]) || pool(OC_POOL_MEAN, other, mean[1])) return 1;
  printf("%-32s %2d of 36, %5.1f    %d of 9, %5.1f    %d of 9, %5.1f\n", what, changed(x, other, 36),
         mean_change(x, other, 36), changed(most[0], most[1], 9), mean_change(most[0], most[1], 9),
         changed(mean[0], mean[1], 9), mean_change(mean[0], mean[1], 9));
  return 0;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv,
               "Max-pooling and mean-pooling, and what is left of a move and of noise behind them.");
  const double x[36] = {10, 255, 125, 0,  170, 100, 70, 255, 105, 25,  25, 70, 255, 0,  150, 0,  10, 10,
                        0,  255, 10,  10, 150, 20,  70, 15,  200, 100, 95, 0,  35,  25, 100, 20, 0,  60};
  double y[9], moved[36], unlike[36], noisy[36];
  if (pool(OC_POOL_MAX, x, y)) return 1;
  print("max-pooling, 2x2", y);
  if (pool(OC_POOL_MEAN, x, y)) return 1;
  print("mean-pooling, 2x2", y);

  if (pool(OC_POOL_MAX, x, y)) return 1;
  for (int i = 0; i < 36; i++) {
    moved[i] = i % 6 ? x[i - 1] : 0;
    unlike[i] =
        x[i] == y[i / 12 * 3 + i % 6 / 2] ? x[i] : 0; /* the largest of each window, and nothing else */
    noisy[i] = x[i] + (i * 23 % 41 - 20);             /* -20 to 20 */
  }
  printf("another image: values that differ, and the mean difference\n");
  printf("%-32s %-18s %-17s %s\n", "", "before pooling", "max-pooled", "mean-pooled");
  return compare("one pixel to the right", x, moved) ||
         compare("only the largest of each window", x, unlike) || compare("noise of -20 to 20", x, noisy);
}
