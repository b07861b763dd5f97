/* 04_x_or_o.c: "A Simple Walk Through": white 1, black -1; features slide over the image, the mean of the
 * products says how well they match there; ReLU drops what does not match, pooling keeps the best; the same
 * once more on top; then all 36 values vote. The whole chain by hand, as `ocellus explain xo` prints it. */
#include <math.h>
#include "lecture.h"

enum { F = OC_XO_FEATURES, IMAGE = 9, MAP = 7, POOLED = 4, TOP = 2 };

/* The mean of the products of a feature with each 3x3 window of a square, then ReLU. */
static int match(const double *square, int side, int feature, double *map) {
  const oc_convolve2d_sizes sizes = {1, side, side, 1, 3, 3, 1};
  oc_convolve2d_options options = oc_convolve2d_defaults();
  oc_error err;
  options.mode = OC_CONVOLVE_VALID;
  options.correlate = true; /* the feature as it is, not flipped */
  CHECK(oc_convolve2d(&sizes, square, oc_xo_feature_at(feature)->pixels[0], &options, map, &err));
  for (int i = 0; i < (side - 2) * (side - 2); i++) map[i] = fmax(0, map[i] / 9);
  return 0;
}

/* The largest of each 2x2 of a 7x7 map, the last window cut off by the edge. */
static int pool(const double *map, double *pooled) {
  const oc_pool2d_sizes sizes = {1, MAP, MAP, 1};
  oc_pool2d_options options = oc_pool2d_defaults();
  oc_error err;
  options.mode = OC_CONVOLVE_TF_SAME;
  CHECK(oc_pool2d(&sizes, map, &options, pooled, &err));
  return 0;
}

/* Both layers: 36 values, place by place, in each the nine maps. */
static int look(const double *image, double *values, bool print) {
  double map[MAP * MAP], pooled[POOLED * POOLED], top[TOP * TOP];
  for (int m = 0; m < F; m++) {
    if (match(image, IMAGE, m, map) || pool(map, pooled)) return 1;
    int whole = 0;
    for (int i = 0; i < MAP * MAP; i++) whole += map[i] > 0.999;
    if (print)
      printf("  %-13s complete at %d position%s; pooled row 1:", oc_xo_feature_at(m)->name, whole,
             whole == 1 ? "" : "s");
    for (int i = POOLED; print && i < 2 * POOLED; i++) printf(" %.2f", pooled[i]);
    if (print) printf("\n");
    for (int i = 0; i < POOLED * POOLED; i++) pooled[i] = 2 * pooled[i] - 1; /* no match is -1 again */
    for (int f = 0; f < F; f++) {
      if (match(pooled, POOLED, f, top)) return 1;
      for (int i = 0; i < TOP * TOP; i++) values[i * F * F + m * F + f] = top[i];
    }
  }
  return 0;
}

/* What would print as -0.00 is 0. */
static double no_minus(double vote) {
  return vote < 0 && vote > -0.005 ? 0 : vote;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv,
               "Tells an X from an O with three features made by hand, two layers of matching and a vote.");
  oc_error err;
  oc_data data;
  oc_xo_votes votes; /* what each value says for X and for O: fitted to images by least squares */
  const oc_data_options all = {.valid = "0"}; /* votes need no validation set */
  CHECK(oc_data_open("xo:6000:1000", &all, &data, &err));
  CHECK(oc_xo_votes_fit(data.train, &votes, &err));
  for (int letter = 0; letter < 2; letter++)
    for (int kind = 0; kind < OC_XO_KINDS; kind++) {
      uint8_t pixels[OC_XO_PIXELS];
      double image[OC_XO_PIXELS], values[OC_XO_VALUES], vote[2];
      oc_xo_draw(123, 8, 0, letter, (oc_xo_kind)kind, pixels);
      for (int i = 0; i < OC_XO_PIXELS; i++) image[i] = pixels[i] / 127.5 - 1;
      printf("%s %c\n", oc_xo_kind_name((oc_xo_kind)kind), "XO"[letter]);
      if (look(image, values, kind == OC_XO_CLEAN)) return 1;
      for (int c = 0; c < 2; c++) {
        vote[c] = votes.bias[c];
        for (int i = 0; i < OC_XO_VALUES; i++) vote[c] += values[i] * votes.weight[i][c];
      }
      printf("  X %5.2f, O %5.2f: it is an %c\n", no_minus(vote[0]), no_minus(vote[1]),
             vote[0] >= vote[1] ? 'X' : 'O');
    }
  oc_data_close(&data);
}
