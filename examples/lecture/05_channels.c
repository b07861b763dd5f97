/* 05_channels.c: "Working with Multiple Input or Color Channels": Y[:,:,k] = sum over c of W[:,:,c,k] *
 * X[:,:,c], A = Y + b, H = relu(A), written as formulas and checked against nested loops: with the kernel
 * flipped, which is the star of the slide, and as it is, which is what networks do. */
#include <math.h>
#include "lecture.h"

enum { N = 6, C = 3, M = 3, K = 5, O = N - M + 1 };

static float x[N * N * C], w[M * M * C * K], b[K];

/* One value of Y by nested loops: position (row, col), map k; `turned`: the kernel is flipped. */
static double plain(int row, int col, int k, bool turned) {
  double y = 0;
  for (int i = 0; i < M; i++)
    for (int j = 0; j < M; j++)
      for (int c = 0; c < C; c++) {
        const int wi = turned ? M - 1 - i : i, wj = turned ? M - 1 - j : j;
        y += (double)x[((row + i) * N + col + j) * C + c] * (double)w[((wi * M + wj) * C + c) * K + k];
      }
  return y;
}

static void print(const char *name, const float *values) {
  printf("  %s[0,0,:] =", name);
  for (int k = 0; k < K; k++) printf(" %6.3f", (double)values[k]);
  printf("\n");
}

static int channels(bool turned) {
  oc_error err;
  oc_graph *g;
  oc_session *s;
  oc_tensor out[3];
  oc_conv2d_options options = oc_conv2d_defaults();
  options.flip = turned;
  CHECK(oc_graph_create(NULL, &g, &err));
  oc_node X = oc_placeholder(g, "X", OC_F32, OC_SHAPE(OC_BATCH, N, N, C));
  oc_node W = oc_placeholder(g, "W", OC_F32, OC_SHAPE(M, M, C, K));
  oc_node B = oc_placeholder(g, "b", OC_F32, OC_SHAPE(K));
  oc_node Y = oc_named(g, oc_conv2d(g, X, W, &options), "Y");
  oc_node A = oc_named(g, oc_bias_add(g, Y, B), "A");
  oc_named(g, oc_relu(g, A), "H");
  CHECK(oc_session_create(g, NULL, &s, &err));
  const oc_feed feeds[] = {{"X", {OC_F32, OC_SHAPE(1, N, N, C), x}},
                           {"W", {OC_F32, OC_SHAPE(M, M, C, K), w}},
                           {"b", {OC_F32, OC_SHAPE(K), b}}};
  CHECK(oc_run(s, feeds, 3, (const char *const[]){"Y", "A", "H"}, 3, out, &err));
  printf("%s\n",
         turned ? "convolution: kernels flipped, as on the slide" : "cross-correlation: kernels as they are");
  for (int i = 0; i < 3; i++) print((const char *const[]){"Y", "A", "H"}[i], out[i].data);
  double worst = 0;
  for (int i = 0; i < O * O * K; i++)
    worst = fmax(worst,
                 fabs(plain(i / K / O, i / K % O, i % K, turned) - (double)((const float *)out[0].data)[i]));
  printf("  %d values of %d products each; largest difference from nested loops below 1e-5: %s\n", O * O * K,
         M * M * C, worst < 1e-5 ? "yes" : "no");
  oc_session_free(s), oc_graph_free(g);
  return 0;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv,
               "A convolution over several channels: Y, A = Y + b and H = relu(A), kernels flipped and not.");
  for (int i = 0; i < N * N * C; i++) x[i] = (float)(i * 37 % 101) / 50 - 1;
  for (int i = 0; i < M * M * C * K; i++) w[i] = (float)(i * 53 % 97) / 48 - 1;
  for (int i = 0; i < K; i++) b[i] = (float)i - 2;
  printf("X %dx%dx%d, W %dx%dx%dx%d, b = -2 -1 0 1 2\n", N, N, C, M, M, C, K);
  return channels(true) || channels(false);
}
