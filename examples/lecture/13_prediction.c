/* 13_prediction.c: "Build CNN (6/6)", "Prediction Accuracy": a second graph, the variables that 11_training
 * saved, labels and probabilities by name, and the accuracy on the test set. */
#include "lecture.h"

enum { MAX = 1000, SHOWN = 10, CLASSES = 10 };

static float x[MAX * PIXELS];
static int32_t y[MAX];

/* labels:0 as int32, or probabilities:0 as float32, of a batch; all units are kept. */
static int predict(oc_session *s, const batch *b, bool return_proba, oc_tensor *out) {
  return run(s, b, 1, return_proba ? "probabilities:0" : "labels:0", NULL, out);
}

static int count_right(oc_session *s, const oc_dataset *d, const oc_standardizer *standardizer,
                       int64_t *right) {
  oc_error err;
  oc_tensor labels;
  const int64_t count = oc_dataset_count(d);
  *right = 0;
  for (int64_t at = 0; at < count; at += MAX) {
    const batch b = {count - at < MAX ? count - at : MAX, x, y};
    CHECK(read_batch(d, standardizer, (places){NULL, at, b.count}, x, y, &err));
    if (predict(s, &b, false, &labels)) return 1;
    for (int64_t i = 0; i < b.count; i++) *right += ((const int32_t *)labels.data)[i] == y[i];
  }
  return 0;
}

static int show_first(oc_session *s, const oc_dataset *d, const oc_standardizer *standardizer) {
  oc_error err;
  oc_tensor out;
  const batch first = {SHOWN, x, y};
  CHECK(read_batch(d, standardizer, (places){NULL, 0, SHOWN}, x, y, &err));
  if (predict(s, &first, false, &out)) return 1;
  printf("labels of the first ten:");
  for (int i = 0; i < SHOWN; i++) printf(" %d", (int)((const int32_t *)out.data)[i]);
  if (predict(s, &first, true, &out)) return 1;
  printf("\nprobabilities of the first:");
  for (int k = 0; k < CLASSES; k++) printf(" %.4f", (double)((const float *)out.data)[k]);
  printf("\n");
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:7200:1000", *folder = "./model/";
  int64_t epoch = 2, right;
  read_arguments(argc, argv,
                 "Loads what 11_training saved into a second graph and tests it. Run 11_training first, with "
                 "the same DATA.",
                 (argument[]){{"DATA", "digits:7200:1000 (default), or a folder with MNIST", .text = &where},
                              {"--epoch", "the epoch in the file's name (2)", .count = &epoch},
                              {"--folder", "of the saved variables (./model/)", .text = &folder},
                              {0}});
  oc_data data;
  oc_standardizer standardizer;
  oc_graph *g;
  oc_session *s;
  if (open_data(where, &data, &standardizer)) return 1;
  listing = stdout;
  if (open_network(1e-4, 123, &g, &s)) return 1;
  printf("\n");
  if (load(s, (int)epoch, folder) || count_right(s, data.test, &standardizer, &right)) return 1;
  printf("Test Accuracy: %.3f%%\n", 100.0 * (double)right / (double)oc_dataset_count(data.test));
  if (show_first(s, data.test, &standardizer)) return 1;
  oc_session_free(s), oc_graph_free(g), oc_standardizer_release(&standardizer), oc_data_close(&data);
}
