/* doubt.c: detects finished training runs that learned nothing. */
#include "base/checked.h"
#include "train/fit.h"
#include <math.h>

/* How many images of the validation part are of its largest class. */
static oc_status count_largest(oc_fit *f, int64_t *largest, oc_error *err) {
  const int64_t total = oc_dataset_count(f->valid);
  const int64_t classes = f->heads.targets[0].size;
  const int32_t *labels = f->score.input.targets[0];
  int64_t *counts = oc_memory_array((size_t)classes, sizeof *counts);
  if (!counts) return oc_fail_memory(err, (size_t)classes * sizeof *counts);
  oc_status status = OC_OK;
  for (int64_t first = 0; status == OC_OK && first < total; first += f->score.input.capacity) {
    const int64_t n = oc_min_i64(f->score.input.capacity, total - first);
    void *targets[OC_TARGETS_MAX] = {NULL};
    targets[f->valid_targets[0]] = f->score.input.targets[0];
    status = oc_dataset_read_targets(f->valid, first, n, NULL, targets, err);
    for (int64_t i = 0; status == OC_OK && i < n; i++) counts[labels[i]]++; /* were checked by scoring */
  }
  *largest = 0;
  for (int64_t i = 0; i < classes; i++) *largest = oc_max_i64(*largest, counts[i]);
  oc_memory_free(counts);
  return status;
}

/* The start is the first step's loss. A batch may be harder than others, though: where the first epoch's mean
 * is nearly the same and more epochs came, it is that mean if it is lower. */
static bool loss_stuck(const oc_fit *f) {
  const oc_progress *p = &f->at;
  if (p->epoch == 1 && oc_fit_steps(f) == 1) return false; /* its loss is the start */
  const bool flat = p->epoch > 1 && p->first_loss > 0.9 * p->start_loss;
  return p->lowest_loss > 0.99 * (flat ? fmin(p->first_loss, p->start_loss) : p->start_loss);
}

oc_status oc_fit_doubt(oc_fit *f, oc_event *end, oc_error *err) {
  const oc_progress *p = &f->at;
  end->start_loss = p->start_loss;
  end->train_loss = p->last_loss;
  if (f->valid && oc_heads_by_accuracy(&f->heads)) {
    int64_t largest = 0;
    double low, high;
    const int64_t total = oc_dataset_count(f->valid);
    TRY(count_largest(f, &largest, err));
    end->guess_accuracy = (double)largest / (double)total;
    oc_wilson_interval(largest, total, &low, &high);
    if (p->best_accuracy <= high) end->doubt = OC_DOUBT_GUESSING;
  }
  if (loss_stuck(f))
    end->doubt = OC_DOUBT_LOSS_STUCK; /* comparisons with NAN are false: not known, no doubt */
  if (p->last_loss > 100 * p->start_loss) end->doubt = OC_DOUBT_LOSS_GREW;
  return OC_OK;
}
