/* 11_training.c: "Training the CNN Model": train feeds and fetches by name; the loss of an epoch is the mean
 * over its images (the slide prints the sum over its batches), the accuracy that of the whole validation set.
 * Then save. */
#include "lecture.h"

static float x[BATCH * PIXELS];
static int32_t y[BATCH];

typedef struct training {
  int64_t epochs, first_epoch;
  bool shuffle;
  float keep_prob; /* the slide calls it dropout, and feeds it as the share that is kept */
  uint64_t random_seed;
} training;

static int train_epoch(oc_session *s, const oc_dataset *d, const oc_standardizer *standardizer,
                       const int64_t *order, float keep_prob, double *mean_loss) {
  oc_error err;
  oc_tensor loss[2];
  const int64_t count = oc_dataset_count(d);
  double sum = 0;
  for (int64_t at = 0; at < count; at += BATCH) {
    const batch b = {count - at < BATCH ? count - at : BATCH, x, y};
    CHECK(read_batch(d, standardizer, (places){order, at, b.count}, x, y, &err));
    if (run(s, &b, keep_prob, "cross_entropy_loss:0", "train_op", loss)) return 1;
    sum += scalar(&loss[0]) * (double)b.count;
  }
  *mean_loss = sum / (double)count;
  return 0;
}

static int train(oc_session *s, const oc_data *data, const oc_standardizer *standardizer, training t) {
  oc_error err;
  const int64_t count = oc_dataset_count(data->train);
  int64_t *order = malloc((size_t)count * sizeof *order);
  if (!order) return perror("memory"), 1;
  for (int64_t epoch = t.first_epoch; epoch < t.first_epoch + t.epochs; epoch++) {
    double loss, right;
    CHECK(oc_epoch_order(count, t.shuffle, t.random_seed, (uint64_t)epoch, order, &err));
    if (train_epoch(s, data->train, standardizer, order, t.keep_prob, &loss)) return 1;
    if (accuracy(s, data->valid, standardizer, &right)) return 1;
    printf("Epoch %02d Training Avg. Loss: %7.4f  Validation Acc: %7.4f\n", (int)epoch + 1, loss, right);
  }
  free(order);
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:7200:1000", *folder = "./model/";
  int64_t epochs = 2, seed = 123, loaded = 0;
  double rate = 1e-4, keep = 0.5;
  bool no_shuffle = false;
  read_arguments(
      argc, argv,
      "Trains the network of 10_low_level by feeding and fetching by name, and saves its variables.",
      (argument[]){{"DATA", "digits:7200:1000 (default), or a folder with MNIST", .text = &where},
                   {"--epochs", "epochs (2; the slide has 20)", .count = &epochs, .least = 1},
                   {"--learning-rate", "of Adam (1e-4)", .number = &rate},
                   {"--keep", "share of the units of fc_3 that is kept (0.5)", .number = &keep},
                   {"--no-shuffle", "the images in the order of the file", .flag = &no_shuffle},
                   {"--seed", "of weights, order and dropout (123)", .count = &seed},
                   {"--load", "go on after this epoch of the folder, without initializing", .count = &loaded},
                   {"--folder", "of the saved variables (./model/)", .text = &folder},
                   {0}});
  oc_data data;
  oc_standardizer standardizer;
  oc_graph *g;
  oc_session *s;
  if (open_data(where, &data, &standardizer) || open_network(rate, (uint64_t)seed, &g, &s)) return 1;
  if (loaded && load(s, (int)loaded, folder)) return 1;
  if (train(s, &data, &standardizer, (training){epochs, loaded, !no_shuffle, (float)keep, (uint64_t)seed}))
    return 1;
  if (save(s, (int)(loaded + epochs), folder)) return 1;
  oc_session_free(s), oc_graph_free(g), oc_standardizer_release(&standardizer), oc_data_close(&data);
}
