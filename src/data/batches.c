/* batches.c: computes the order of an epoch, and reads a batch. */
#include "base/error.h"
#include "base/random.h"
#include "data/dataset.h"

/* Fisher and Yates' shuffle: each of the count! orders is equally likely. */
oc_status oc_epoch_order(int64_t count, bool shuffle, uint64_t seed, uint64_t epoch, int64_t *order,
                         oc_error *err) {
  NEED(order);
  if (count < 0)
    return oc_fail(err, OC_E_ARGUMENT, "count", "", "count must be at least 0, got %lld", (long long)count);
  for (int64_t i = 0; i < count; i++) order[i] = i;
  if (!shuffle) return OC_OK;
  oc_random r = oc_random_at(seed, OC_STREAM_SHUFFLE, epoch, 0);
  for (int64_t i = count - 1; i > 0; i--) {
    int64_t j = (int64_t)oc_random_below(&r, (uint64_t)i + 1), kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return OC_OK;
}

oc_status oc_batch_read(const oc_dataset *d, const int64_t *order, int64_t first, int64_t count,
                        uint8_t *pixels, int32_t *labels, oc_error *err) {
  NEED(d, order);
  if (first < 0 || count < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_batch_read", "Count from 0.",
                   "first and count must be at least 0, got %lld and %lld", (long long)first,
                   (long long)count);
  const oc_reading r = {.order = order, .first = first, .count = count, .pixels = pixels, .labels = labels};
  return oc_dataset_read_as(d, &r, err);
}
