/* fit_step.c: runs the steps of an epoch. A step is a batch and one run of the plan. */
#include "train/fit.h"
#include "base/checked.h"
#include "data/dataset.h"
#include <math.h>

static int64_t count_correct(const oc_fit *f, int64_t n) {
  if (!oc_heads_count(&f->heads)) return 0;
  const int32_t *labels = oc_plan_result(f->plan, OC_FIT_LABELS).data,
                *right = f->input.targets[f->heads.list[0].target];
  int64_t correct = 0;
  for (int64_t i = 0; i < n; i++) correct += labels[i] == right[i];
  return correct;
}

/* The heads of a step of n images; those of the lecture's classifier follow from its loss and its right
 * answers. */
static void add_scores(oc_fit *f, int64_t n) {
  const int scores = f->plain ? 0 : oc_heads_score_count(&f->heads);
  const int first = OC_FIT_GRADIENTS + f->callbacks.gradient_count;
  for (int i = 0; i < scores; i++)
    f->at.sums[i] += *(const float *)oc_plan_result(f->plan, first + i).data * (double)n;
}

static oc_images training_images(const oc_fit *f) {
  return (oc_images){.data = f->train,
                     .targets = f->train_targets,
                     .order = f->order,
                     .occurrences = f->balance.occurrences,
                     .augment = f->augmentation ? &f->augment : NULL};
}

/* The next n images into `in`. */
static oc_status read_images(oc_fit *f, int64_t n, oc_input *in, oc_error *err) {
  const oc_images from = training_images(f);
  const oc_standardizer *standardizer = &f->model->standardizer;
  oc_thread_pool *pool = oc_session_thread_pool(f->session);
  return f->loader ? oc_loader_next(f->loader, in, standardizer, pool, err)
                   : oc_input_fill(in, &from, f->at.sample, n, standardizer, pool, err);
}

/* The next n images, or their features, into f->input. */
static oc_status read_batch(oc_fit *f, int64_t n, oc_error *err) {
  const oc_images from = training_images(f);
  if (!f->frozen.layers) return read_images(f, n, &f->input, err);
  if (f->train_features.kept)
    return oc_features_fill(&f->train_features, &f->input, &from, f->at.sample, n, err);
  TRY(read_images(f, n, &f->frozen_use.images, err));
  return oc_frozen_use_take(&f->frozen_use, n, &f->input, err);
}

static oc_status run_step(oc_fit *f, oc_error *err) {
  const int64_t n = oc_min_i64(f->batch, f->count - f->at.sample);
  const oc_rng_counter position = {(uint64_t)f->at.epoch, (uint64_t)f->at.sample};
  TRY(read_batch(f, n, err));
  if (f->soft.used) TRY(oc_soft_targets_fill(&f->soft, &f->heads, &f->input, n, err));
  f->learning_rate = (float)oc_fit_rate(f);
  oc_error found = {0};
  const oc_status status = oc_plan_run(f->plan, n, position, &found);
  f->step_loss = *(const float *)oc_plan_result(f->plan, OC_FIT_LOSS).data;
  if (status == OC_E_NOT_FINITE && !isfinite(f->step_loss)) {
    const oc_nonfinite a = {.input = &f->input, .samples = n, .training = true, .position = position};
    return oc_fit_not_finite(f, "loss", f->step_loss, &a, err);
  }
  if (status == OC_E_NOT_FINITE) return oc_fit_tell_not_finite(f, "no weight was changed", &found, err);
  if (status != OC_OK) {
    if (err) *err = found;
    return status;
  }
  f->at.loss_sum += f->step_loss * (double)n;
  const double entropy = *(const float *)oc_plan_result(f->plan, OC_FIT_ENTROPY).data;
  if (f->at.epoch == 0 && f->at.sample == 0) f->at.start_loss = entropy;
  f->at.entropy_sum += entropy * (double)n;
  if (f->at.correct >= 0) f->at.correct += count_correct(f, n);
  add_scores(f, n);
  oc_average_step(f, oc_fit_steps(f) * f->at.epoch + oc_fit_step_index(f));
  f->at.sample += n;
  return OC_OK;
}

oc_status oc_fit_run_steps(oc_fit *f, oc_error *err) {
  const oc_images from = training_images(f);
  if (f->loader) oc_loader_begin(f->loader, &from, f->at.sample, f->count);
  f->timed_steps = 0;
  while (f->at.sample < f->count) {
    const double start = oc_clock_seconds();
    TRY(run_step(f, err));
    const double seconds = oc_clock_seconds() - start;
    f->step_ms[f->timed_steps++] = (float)(1e3 * seconds);
    f->at.train_seconds += seconds;
    const oc_event event = oc_fit_event(f, OC_EVENT_STEP);
    oc_callbacks_step(f, &event);
    if (!oc_fit_emit(f, &event)) return oc_fit_interrupted(f, err);
  }
  return OC_OK;
}
