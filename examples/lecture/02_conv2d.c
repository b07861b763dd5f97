/* 02_conv2d.c: "Performing a Discrete Convolution in 2D": both of the slides' examples. */
#include "lecture.h"

static int convolve(int64_t side, const double *x, const double *w, int64_t stride) {
  const oc_convolve2d_sizes sizes = {1, side, side, 1, 3, 3, 1};
  oc_convolve2d_options options = oc_convolve2d_defaults();
  oc_convolve_axis axes[2];
  oc_error err;
  double y[16];
  options.mode = OC_CONVOLVE_EXPLICIT;
  for (int i = 0; i < 4; i++) options.pad[i] = 1;
  options.stride[0] = options.stride[1] = stride;
  CHECK(oc_convolve2d_axes(&sizes, &options, axes, &err));
  CHECK(oc_convolve2d(&sizes, x, w, &options, y, &err));
  printf("p=1 s=%d: floor((%d + 2 - 3)/%d) + 1 = %d\n", (int)stride, (int)side, (int)stride,
         (int)axes[0].out);
  for (int64_t i = 0; i < axes[0].out; i++, printf("\n"))
    for (int64_t j = 0; j < axes[1].out; j++) printf("%6.4g", y[i * axes[1].out + j]);
  return 0;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv, "Two-dimensional convolution: both examples of the slides.");
  const double x1[] = {1, 3, 2, 4, 5, 6, 1, 3, 1, 2, 0, 2, 3, 4, 3, 2};
  const double w1[] = {1, 0, 3, 1, 2, 1, 0, 1, 1};
  const double x2[] = {2, 1, 2, 5, 0, 1, 1, 7, 3};
  const double w2[] = {.5, .7, .4, .3, .4, .1, .5, 1, .5};
  return convolve(4, x1, w1, 1) || convolve(3, x2, w2, 2);
}
