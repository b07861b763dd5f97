/* progress.c: computes the progress and speed of a run, and reports them. */
#include "base/checked.h"
#include "train/fit.h"
#include <math.h>
#include <stdlib.h>
#include <time.h>

double oc_clock_seconds(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool oc_fit_done(const oc_fit *f) {
  const int since_best = f->at.epoch - f->at.best_epoch;
  return f->at.epoch == f->o.epochs || (f->o.patience && f->at.best_epoch && since_best >= f->o.patience);
}
int64_t oc_fit_steps(const oc_fit *f) {
  return oc_ceil_div(f->count, f->batch);
}
int64_t oc_fit_step_index(const oc_fit *f) {
  return oc_ceil_div(f->at.sample, f->batch);
}

static int by_value(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

double oc_fit_median_step_ms(oc_fit *f) {
  const size_t n = (size_t)f->timed_steps;
  if (n == 0) return NAN; /* resumed after the last step of an epoch */
  qsort(f->step_ms, n, sizeof *f->step_ms, by_value);
  return n % 2 ? f->step_ms[n / 2] : 0.5 * ((double)f->step_ms[n / 2 - 1] + f->step_ms[n / 2]);
}

/* Assumes that the remaining steps take as long as those so far. */
static double seconds_left(const oc_fit *f) {
  const double done = f->at.epoch + (double)f->at.sample / (double)f->count;
  const double spent = f->at.elapsed_seconds + f->at.train_seconds + f->valid_seconds;
  return done > 0 ? spent / done * (f->o.epochs - done) : 0;
}

/* The mean over the images so far of a sum over them; NAN before the first. */
static double running_mean(const oc_fit *f, double sum) {
  return f->at.sample ? sum / (double)f->at.sample : NAN;
}

/* The heads' running means; those of the lecture's classifier follow from its loss and its right answers. */
static void show_scores(oc_fit *f) {
  const double plain[] = {f->at.entropy_sum, f->at.correct >= 0 ? (double)f->at.correct : NAN};
  const double count = f->at.sample ? (double)f->at.sample : NAN;
  oc_heads_scores(f->model, &f->heads, f->plain ? plain : f->at.sums, count, f->train_scores);
}

oc_event oc_fit_event(oc_fit *f, oc_event_kind kind) {
  const oc_progress *p = &f->at;
  const bool counts = oc_heads_count(&f->heads);
  show_scores(f);
  return (oc_event){.kind = kind,
                    .epoch = (int)oc_min_i64(f->at.epoch + 1, f->o.epochs),
                    .epochs = f->o.epochs,
                    .step = oc_fit_step_index(f),
                    .steps = oc_fit_steps(f),
                    .loss = running_mean(f, p->loss_sum),
                    .penalty = running_mean(f, p->loss_sum - p->entropy_sum),
                    .train_loss = running_mean(f, p->entropy_sum),
                    .train_accuracy = running_mean(f, counts && p->correct >= 0 ? (double)p->correct : NAN),
                    .step_loss = f->step_loss,
                    .images_per_second =
                        f->at.train_seconds > 0 ? (double)f->at.sample / f->at.train_seconds : 0,
                    .seconds_left = seconds_left(f),
                    .valid_loss = NAN,
                    .valid_accuracy = NAN,
                    .train_seconds = f->at.train_seconds,
                    .wait_seconds = f->loader ? oc_loader_waited(f->loader) : 0,
                    .valid_seconds = f->valid_seconds,
                    .step_ms = NAN,
                    .best_epoch = f->at.best_epoch,
                    .start_loss = NAN,
                    .guess_accuracy = NAN,
                    .fine_tuning = f->tuning,
                    .frozen_layers = f->frozen.layers,
                    .feature_bytes = f->feature_bytes,
                    .features_kept = f->train_features.kept != NULL,
                    .averaged_loss = NAN,
                    .averaged_accuracy = NAN,
                    .train_heads = f->train_scores,
                    .head_count = f->heads.count};
}

double oc_event_accuracy(const oc_event *e) {
  return e->averaged ? e->averaged_accuracy : e->valid_accuracy;
}
double oc_event_loss(const oc_event *e) {
  return e->averaged ? e->averaged_loss : e->valid_loss;
}

bool oc_fit_emit(const oc_fit *f, const oc_event *event) {
  return !f->o.on_event || f->o.on_event(f->o.context, event);
}
