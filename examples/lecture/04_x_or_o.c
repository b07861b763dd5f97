/* 04_x_or_o.c: "A Simple Walk Through": white 1, black -1; features slide over the picture, the mean of the products says
 * how well they match there; pooling keeps the best, ReLU drops what does not match. `ocellus conv` shows each window. */
#include "lecture.h"

static const char *const pictures[] = {
    "........."
    ".#.....#."
    "..#...#.."
    "...#.#..."
    "....#...."
    "...#.#..."
    "..#...#.."
    ".#.....#."
    ".........",
    "........."
    "..#####.."
    ".#.....#."
    ".#.....#."
    ".#.....#."
    ".#.....#."
    ".#.....#."
    "..#####.."
    ".........",
};
static const struct {
  const char *name, *pixels;
} features[] = {{"falling line", "#...#...#"}, {"cross", "#.#.#.#.#"}, {"rising line", "..#.#.#.."}};

static void signs(const char *pixels, int count, double *out) {
  for (int i = 0; i < count; i++) out[i] = pixels[i] == '#' ? 1 : -1;
}

/* The 7x7 map of matches in [-1,1], and its 4x4 pooling after ReLU. */
static int match(const double *x, const double *feature, double *map, double *pooled) {
  const oc_convolve2d_sizes sizes = {1, 9, 9, 1, 3, 3, 1};
  const oc_pool2d_sizes map_size = {1, 7, 7, 1};
  oc_convolve2d_options how = oc_convolve2d_defaults();
  oc_pool2d_options pool = oc_pool2d_defaults();
  oc_error err;
  how.mode = OC_CONVOLVE_VALID;
  how.correlate = true; /* the feature as it is, not turned */
  CHECK(oc_convolve2d(&sizes, x, feature, &how, map, &err));
  for (int i = 0; i < 49; i++) map[i] = map[i] > 0 ? map[i] / 9 : 0; /* mean of the products, then ReLU */
  pool.mode = OC_CONVOLVE_TF_SAME;
  CHECK(oc_pool2d(&map_size, map, &pool, pooled, &err));
  return 0;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv, "Tells an X from an O with three features made by hand.");
  for (int k = 0; k < 2; k++) {
    double x[81], votes = 0;
    signs(pictures[k], 81, x);
    printf("the %c\n", "XO"[k]);
    for (int f = 0; f < 3; f++) {
      double feature[9], map[49], pooled[16];
      signs(features[f].pixels, 9, feature);
      if (match(x, feature, map, pooled)) return 1;
      int perfect = 0;
      for (int i = 0; i < 49; i++) perfect += map[i] > 0.999;
      printf("  %-13s matches wholly at %d places; in the middle %.2f; pooled row 2:", features[f].name,
             perfect, map[24]);
      for (int i = 4; i < 8; i++) printf(" %.2f", pooled[i]);
      printf("\n");
      votes += f == 1 ? map[24] : 0; /* only an X has a cross in the middle */
    }
    printf("  verdict: %s\n", votes > 0.5 ? "X" : "O");
  }
}
