/* balance.c: see balance.h. */
#include "base/checked.h"
#include "base/random.h"
#include "train/fit.h"
#include <string.h>

bool oc_balances_weights(const oc_fit *f) {
  return f->o.class_weights && strcmp(f->o.class_weights, "balanced") == 0;
}

bool oc_balances_sampling(const oc_fit *f) {
  return f->o.sampling && strcmp(f->o.sampling, "balanced") == 0;
}

static oc_status check_word(const char *option, const char *value, const char *other, oc_error *err) {
  if (!value || strcmp(value, "balanced") == 0 || strcmp(value, other) == 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, option, "", "must be %s or balanced, got '%.60s'", other, value);
}

oc_status oc_balance_check(const oc_fit *f, oc_error *err) {
  TRY(check_word("class_weights", f->o.class_weights, "none", err));
  TRY(check_word("sampling", f->o.sampling, "uniform", err));
  if (!oc_balances_sampling(f)) return OC_OK;
  if (f->o.no_shuffle)
    return oc_fail(err, OC_E_ARGUMENT, "sampling", "Leave no_shuffle out.",
                   "balanced sampling draws the order of the images, but no_shuffle is set");
  if (oc_heads_count(&f->heads)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "sampling", "Leave it out.",
                 "the target of the first head is not a class");
}

/* ---- labels -------------------------------------------------------------------------------------------- */

/* Target `target` of the heads, of all training images. */
static oc_status read_labels(const oc_fit *f, int target, int32_t *labels, oc_error *err) {
  void *targets[OC_TARGETS_MAX] = {NULL};
  targets[f->train_targets[target]] = labels;
  TRY(oc_dataset_read_targets(f->train, 0, f->count, NULL, targets, err));
  for (int64_t i = 0; i < f->count; i++)
    if (labels[i] < 0 || labels[i] >= f->heads.targets[target].size)
      return oc_fail(err, OC_E_DATA, "training data", "Use labels from 0 to the number of classes - 1.",
                     "image %lld has label %d; there are %lld classes", (long long)i, labels[i],
                     (long long)f->heads.targets[target].size);
  return OC_OK;
}

/* All labels of a target, and the number of images of each class, which the caller frees. */
static oc_status count_labels(const oc_fit *f, int target, int32_t **labels, int64_t **counts,
                              oc_error *err) {
  const size_t classes = (size_t)f->heads.targets[target].size;
  *labels = oc_memory_array((size_t)f->count, sizeof **labels);
  *counts = oc_memory_array(classes, sizeof **counts);
  oc_status status = *labels && *counts ? read_labels(f, target, *labels, err)
                                        : oc_fail_memory(err, (size_t)f->count * sizeof **labels);
  for (int64_t i = 0; status == OC_OK && i < f->count; i++) (*counts)[(*labels)[i]]++;
  return status;
}

oc_status oc_balance_weights(const oc_fit *f, int target, double **out, oc_error *err) {
  const int64_t classes = f->heads.targets[target].size;
  int32_t *labels;
  int64_t *counts, present = 0;
  oc_status status = count_labels(f, target, &labels, &counts, err);
  *out = NULL;
  if (status == OC_OK) {
    *out = oc_memory_array((size_t)classes, sizeof **out);
    if (!*out) status = oc_fail_memory(err, (size_t)classes * sizeof **out);
  }
  for (int64_t c = 0; *out && c < classes; c++) present += counts[c] > 0;
  for (int64_t c = 0; *out && c < classes; c++)
    (*out)[c] = counts[c] ? (double)f->count / ((double)present * (double)counts[c]) : 1;
  oc_memory_free(labels);
  oc_memory_free(counts);
  return status;
}

/* ---- sampling ------------------------------------------------------------------------------------------ */

/* Counting sort: images of a class keep the order of the data. */
static oc_status group_images(oc_balance *b, const int32_t *labels, const int64_t *counts, int64_t count,
                              oc_error *err) {
  int64_t largest = 0;
  for (int c = 0; c < b->classes; c++) {
    b->first[c + 1] = b->first[c] + counts[c];
    largest = oc_max_i64(largest, counts[c]);
  }
  b->shuffled = oc_memory_array((size_t)largest, sizeof *b->shuffled);
  if (!b->shuffled) return oc_fail_memory(err, (size_t)largest * sizeof *b->shuffled);
  int64_t *next = b->drawn;
  memcpy(next, b->first, (size_t)b->classes * sizeof *next);
  for (int64_t i = 0; i < count; i++) b->images[next[labels[i]]++] = i;
  return OC_OK;
}

oc_status oc_balance_create(oc_fit *f, oc_error *err) {
  oc_balance *b = &f->balance;
  int32_t *labels;
  int64_t *counts;
  if (!oc_balances_sampling(f)) return OC_OK;
  const int target = f->heads.list[0].target;
  oc_status status = count_labels(f, target, &labels, &counts, err);
  if (status == OC_OK) {
    b->classes = (int)f->heads.targets[target].size;
    b->first = oc_memory_array((size_t)b->classes + 1, sizeof *b->first);
    b->images = oc_memory_array((size_t)f->count, sizeof *b->images);
    b->drawn = oc_memory_array((size_t)b->classes, sizeof *b->drawn);
    b->occurrences = oc_memory_array((size_t)f->count, sizeof *b->occurrences);
    b->seen = oc_memory_array((size_t)f->count, sizeof *b->seen);
    const bool whole = b->first && b->images && b->drawn && b->occurrences && b->seen;
    status = whole ? group_images(b, labels, counts, f->count, err)
                   : oc_fail_memory(err, (size_t)f->count * sizeof *b->images);
  }
  oc_memory_free(labels);
  oc_memory_free(counts);
  return status;
}

void oc_balance_release(oc_balance *b) {
  oc_memory_free(b->first);
  oc_memory_free(b->images);
  oc_memory_free(b->drawn);
  oc_memory_free(b->shuffled);
  oc_memory_free(b->occurrences);
  oc_memory_free(b->seen);
}

/* Fisher and Yates' shuffle. */
static void shuffle(oc_random *r, int64_t *list, int64_t count) {
  for (int64_t i = count - 1; i > 0; i--) {
    const int64_t j = (int64_t)oc_random_below(r, (uint64_t)i + 1), kept = list[i];
    list[i] = list[j];
    list[j] = kept;
  }
}

/* The classes that have images, in an order that decides which of them have one more. Returns how many. */
static int64_t draw_classes(const oc_balance *b, oc_random *r) {
  int64_t present = 0;
  for (int c = 0; c < b->classes; c++)
    if (b->first[c + 1] > b->first[c]) b->drawn[present++] = c;
  shuffle(r, b->drawn, present);
  return present;
}

void oc_balance_order(oc_balance *b, uint64_t seed, uint64_t epoch, int64_t *order) {
  const int64_t count = b->first[b->classes];
  oc_random r = oc_random_at(seed, OC_STREAM_SHUFFLE, epoch, 1);
  const int64_t present = draw_classes(b, &r);
  int64_t filled = 0;
  for (int64_t k = 0; k < present; k++) {
    const int64_t first = b->first[b->drawn[k]], size = b->first[b->drawn[k] + 1] - first;
    const int64_t repeats = count / present + (k < count % present);
    memcpy(b->shuffled, b->images + first, (size_t)size * sizeof *b->shuffled);
    shuffle(&r, b->shuffled, size);
    for (int64_t i = 0; i < repeats; i++) order[filled++] = b->shuffled[i % size];
  }
  shuffle(&r, order, count);
  memset(b->seen, 0, (size_t)count * sizeof *b->seen);
  for (int64_t i = 0; i < count; i++) b->occurrences[i] = b->seen[order[i]]++;
}
