/* 08_batches.c: "Generate the Mini-batches": a seeded shuffle makes the first batch repeatable, each epoch
 * has an order of its own, and the short last batch is used. */
#include "lecture.h"

static int first_batch(const oc_dataset *d, bool shuffle, uint64_t seed, uint64_t epoch, int64_t *order,
                       int32_t *labels) {
  oc_error err;
  CHECK(oc_epoch_order(oc_dataset_count(d), shuffle, seed, epoch, order, &err));
  CHECK(oc_batch_read(d, order, 0, 12, NULL, labels, &err));
  if (shuffle)
    printf("seed %d, epoch %d: images", (int)seed, (int)epoch);
  else
    printf("not shuffled     : images");
  for (int i = 0; i < 12; i++) printf(" %d", (int)order[i]);
  printf(", labels");
  for (int i = 0; i < 12; i++) printf(" %d", (int)labels[i]);
  printf("\n");
  return 0;
}

int main(int argc, char **argv) {
  const char *where = "digits:1200:200";
  read_arguments(
      argc, argv, "Mini-batches: an order of the images that follows from seed and epoch.",
      (argument[]){{"DATA", "digits:1200:200 (default), or a folder with MNIST", .text = &where}, {0}});
  oc_error err;
  oc_data data;
  CHECK(oc_data_open(where, NULL, &data, &err));
  const int64_t count = oc_dataset_count(data.train);
  int64_t *order = malloc((size_t)count * sizeof *order);
  int32_t labels[12];
  if (!order) return 1;
  const struct { uint64_t seed, epoch; } which[] = {{123, 0}, {123, 0}, {123, 1}, {124, 0}};
  for (int i = 0; i < 4; i++)
    if (first_batch(data.train, true, which[i].seed, which[i].epoch, order, labels)) return 1;
  if (first_batch(data.train, false, 0, 0, order, labels)) return 1;
  const int64_t batches = (count + BATCH - 1) / BATCH;
  printf("%d images make %d batches of %d; the last has %d\n", (int)count, (int)batches, BATCH,
         (int)(count - (batches - 1) * BATCH));
  free(order);
  oc_data_close(&data);
}
