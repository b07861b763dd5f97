/* 05_channels.c: "Working with Multiple Input or Color Channels": Y[:,:,k] = sum over c of W[:,:,c,k] * X[:,:,c],
 * A = Y + b, H = relu(A), written as formulas and checked against plain loops. */
#include "lecture.h"
#include <math.h>

enum { N = 6, C = 3, M = 3, K = 5, O = N - M + 1 };

int main(int argc, char **argv) {
  no_arguments(
      argc, argv,
      "A convolution over several channels: Y, A = Y + b and H = relu(A), checked against plain loops.");
  float x[N * N * C], w[M * M * C * K], b[K];
  for (int i = 0; i < N * N * C; i++) x[i] = (float)(i * 37 % 101) / 50 - 1;
  for (int i = 0; i < M * M * C * K; i++) w[i] = (float)(i * 53 % 97) / 48 - 1;
  for (int i = 0; i < K; i++) b[i] = (float)i - 2;

  oc_error err;
  oc_graph *g;
  oc_session *s;
  oc_tensor h;
  CHECK(oc_graph_create(NULL, &g, &err));
  oc_node X = oc_placeholder(g, "X", OC_F32, OC_SHAPE(OC_BATCH, N, N, C));
  oc_node W = oc_placeholder(g, "W", OC_F32, OC_SHAPE(M, M, C, K));
  oc_node B = oc_placeholder(g, "b", OC_F32, OC_SHAPE(K));
  oc_node H = oc_named(g, oc_relu(g, oc_bias_add(g, oc_conv2d(g, X, W, NULL), B)), "H");
  char text[512];
  printf("%s\n", oc_node_describe(g, H, text, sizeof text));
  CHECK(oc_graph_status(g, &err));
  CHECK(oc_session_create(g, NULL, &s, &err));
  const oc_feed feeds[] = {{"X", {OC_F32, OC_SHAPE(1, N, N, C), x}},
                           {"W", {OC_F32, OC_SHAPE(M, M, C, K), w}},
                           {"b", {OC_F32, OC_SHAPE(K), b}}};
  CHECK(oc_run(s, feeds, 3, (const char *const[]){"H"}, 1, &h, &err));

  double worst = 0;
  for (int i = 0; i < O * O * K; i++) {
    const int k = i % K, col = i / K % O, row = i / K / O;
    double a = b[k];
    for (int j = 0; j < M * M * C; j++) /* kernel row, column and channel in one */
      a += (double)x[((row + j / C / M) * N + col + j / C % M) * C + j % C] * (double)w[j * K + k];
    worst = fmax(worst, fabs(fmax(a, 0) - (double)((const float *)h.data)[i]));
  }
  printf("%d numbers, %d products in each; largest difference from plain loops under 1e-5: %s\n", O * O * K,
         M * M * C, worst < 1e-5 ? "yes" : "no");
  printf("H[0,0,:] =");
  for (int k = 0; k < K; k++) printf(" %.3f", (double)((const float *)h.data)[k]);
  printf("\n");
  oc_session_free(s);
  oc_graph_free(g);
}
