/* 12_saving.c: "Saving and restoring": one step of training, the variables into a file, and back into a second graph
 * that the same code built: both then predict the same bits. */
#include "lecture.h"
#include <string.h>

static float x[BATCH * PIXELS];
static int32_t y[BATCH];

static int fetch(oc_session *s, const char *what, oc_tensor *out) {
  oc_error err;
  const oc_feed feeds[] = {{"tf_x", {OC_F32, OC_SHAPE(BATCH, PIXELS), x}},
                           {"tf_y", {OC_I32, OC_SHAPE(BATCH), y}},
                           {"fc_keep_prob", {OC_F32, OC_SCALAR_SHAPE, &(float){0.5F}}}};
  CHECK(oc_run(s, feeds, 3, &what, 1, out, &err));
  return 0;
}

int main(void) {
  oc_error err;
  oc_graph *g[2];
  oc_session *s[2];
  oc_tensor p[2];
  for (int i = 0; i < BATCH * PIXELS; i++) x[i] = (float)(i * 31 % 255) / 128 - 1;
  for (int i = 0; i < BATCH; i++) y[i] = i % 10;
  for (int i = 0; i < 2; i++) {
    oc_session_options how = oc_session_defaults();
    how.seed = (uint64_t)i + 1; /* other weights to begin with */
    CHECK(oc_graph_create(NULL, &g[i], &err));
    build_cnn(g[i], 1e-4);
    CHECK(oc_session_create(g[i], &how, &s[i], &err));
  }
  if (fetch(s[0], "train_op", NULL)) return 1;
  CHECK(oc_session_save(s[0], "cnn-variables.safetensors", &err));
  const size_t bytes = sizeof(float) * BATCH * 10;
  for (int after = 0; after < 2; after++) {
    if (after) CHECK(oc_session_load(s[1], "cnn-variables.safetensors", &err));
    if (fetch(s[0], "probabilities", &p[0]) || fetch(s[1], "probabilities", &p[1])) return 1;
    printf("%s restoring the two predict the same bits: %s\n", after ? "after " : "before",
           memcmp(p[0].data, p[1].data, bytes) == 0 ? "yes" : "no");
  }
  printf("%d variables in the file, the state of Adam too\n", oc_variable_count(s[0]));
  for (int i = 0; i < 2; i++) oc_session_free(s[i]), oc_graph_free(g[i]);
  return remove("cnn-variables.safetensors");
}
