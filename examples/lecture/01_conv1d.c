/* 01_conv1d.c: "Performing Discrete Convolutions", "Effect of Zero-Padding in a Convolution". */
#include "lecture.h"

static void print(const char *what, const double *y, int64_t n) {
  printf("%-12s", what);
  for (int64_t i = 0; i < n; i++) printf(" %g", y[i]);
  printf("\n");
}

int main(int argc, char **argv) {
  no_arguments(argc, argv,
               "One-dimensional convolution: full, same, valid; padding 2 with stride 1 and 2; the kernel "
               "not flipped.");
  const double x[] = {1, 3, 2, 4, 5, 6, 1, 3}, w[] = {1, 0, 3, 1, 2};
  oc_convolve1d_options options = oc_convolve1d_defaults();
  oc_convolve_axis axis;
  oc_error err;
  double y[16];
  const oc_convolve_mode modes[] = {OC_CONVOLVE_FULL, OC_CONVOLVE_SAME, OC_CONVOLVE_VALID};
  for (int i = 0; i < 3; i++) {
    options.mode = modes[i];
    CHECK(oc_convolve1d_axis(8, 5, &options, &axis, &err));
    CHECK(oc_convolve1d(x, 8, w, 5, &options, y, &err));
    print(oc_convolve_mode_name(options.mode), y, axis.out);
  }
  /* The slide's own: p = 2, s = 1; then s = 2, which its loop gets wrong. */
  options.mode = OC_CONVOLVE_EXPLICIT;
  options.pad[0] = options.pad[1] = 2;
  for (options.stride = 1; options.stride <= 2; options.stride++) {
    CHECK(oc_convolve1d_axis(8, 5, &options, &axis, &err));
    CHECK(oc_convolve1d(x, 8, w, 5, &options, y, &err));
    printf("o = floor((8 + 2*2 - 5)/%d) + 1 = %d\n", (int)options.stride, (int)axis.out);
    print(options.stride == 1 ? "p=2 s=1" : "p=2 s=2", y, axis.out);
  }
  options.stride = 1;
  options.correlate = true;
  CHECK(oc_convolve1d(x, 8, w, 5, &options, y, &err));
  print("not flipped", y, 8);
}
