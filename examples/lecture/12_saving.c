/* 12_saving.c: "Build CNN (4/6)": save and load: one step of training, all variables into a file that has the
 * epoch in its name, and back into a second graph that the same code built: both then predict the same
 * bits. */
#include "lecture.h"

static float x[BATCH * PIXELS];
static int32_t y[BATCH];
static const batch images = {BATCH, x, y};

static bool same_bits(const oc_tensor *a, const oc_tensor *b) {
  return memcmp(a->data, b->data, sizeof(float) * BATCH * 10) == 0;
}

int main(int argc, char **argv) {
  no_arguments(argc, argv, "Saves the variables of a session and loads them into that of a second graph.");
  oc_graph *g[2];
  oc_session *s[2];
  oc_tensor p[2];
  for (int i = 0; i < BATCH * PIXELS; i++) x[i] = (float)(i * 31 % 255) / 128 - 1;
  for (int i = 0; i < BATCH; i++) y[i] = i % 10;
  for (int i = 0; i < 2; i++) /* the second begins with other weights */
    if (open_network(1e-4, (uint64_t)i + 1, &g[i], &s[i])) return 1;
  if (run(s[0], &images, 0.5F, "train_op", NULL, p)) return 1;
  if (save(s[0], 1, "./model-of-12/")) return 1;
  for (int after = 0; after < 2; after++) {
    if (after && load(s[1], 1, "./model-of-12/")) return 1;
    for (int i = 0; i < 2; i++)
      if (run(s[i], &images, 1, "probabilities:0", NULL, &p[i])) return 1;
    printf("%s loading: %.6f and %.6f for the first class of the first image; all %d the same bits: %s\n",
           after ? "after " : "before", scalar(&p[0]), scalar(&p[1]), BATCH * 10,
           same_bits(&p[0], &p[1]) ? "yes" : "no");
  }
  /* Dropout drops when a training step is fetched, and then only: this 0.5 has no effect. */
  if (run(s[1], &images, 0.5F, "probabilities:0", NULL, &p[1])) return 1;
  printf("predicting with fc_keep_prob 0.5 instead of 1: the same bits: %s\n",
         same_bits(&p[0], &p[1]) ? "yes" : "no");
  printf("%d variables in the file, the state of Adam too\n", oc_variable_count(s[0]));
  for (int i = 0; i < 2; i++) oc_session_free(s[i]), oc_graph_free(g[i]);
}
