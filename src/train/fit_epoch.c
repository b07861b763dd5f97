/* fit_epoch.c: runs an epoch: its steps, then validation, then saving.
 *
 * Saved at the end of an epoch, in this order: model.safetensors if it is the best so far, its own file if it
 * is to be kept, its line in metrics.jsonl, last.safetensors, run.json. After a crash, last.safetensors says
 * where to resume, and the other files are rolled back to match it. */
#include "train/fit.h"
#include "base/checked.h"
#include "data/dataset.h"
#include <math.h>
#include <string.h>

/* A measured loss; its last batch lies in score.input. */
static oc_status check_measured(oc_fit *f, const char *what, const oc_score *score, oc_error *err) {
  const oc_nonfinite a = {.input = &f->score.input, .samples = score->samples};
  return isfinite(score->loss) ? OC_OK : oc_fit_not_finite(f, what, score->loss, &a, err);
}

/* Runs the last batch again, as prediction would: if nothing is measured, no other code would check what the
 * last step made of the weights. */
static oc_status probe(oc_fit *f, oc_error *err) {
  const oc_images from = {.data = f->train, .targets = f->train_targets, .order = f->order};
  const int64_t n = oc_min_i64(f->score.input.capacity, f->count - (oc_fit_steps(f) - 1) * f->batch);
  TRY(f->frozen.layers ? oc_features_fill(&f->train_features, &f->score.input, &from, f->count - n, n, err)
                       : oc_input_fill(&f->score.input, &from, f->count - n, n, &f->model->standardizer,
                                       oc_session_thread_pool(f->session), err));
  TRY(oc_plan_run(f->score.plan, n, (oc_rng_counter){0, 0}, err));
  const float loss = *(const float *)oc_plan_result(f->score.plan, 1).data;
  return check_measured(f, "loss after the last step", &(oc_score){.loss = loss, .samples = n}, err);
}

/* Scores a part with the epoch's last weights; `what` names its loss. */
static oc_status score_part(oc_fit *f, const oc_dataset *part, const char *what, oc_score *score,
                            oc_error *err) {
  const bool valid = part == f->valid;
  const oc_score_detail detail = {f->callbacks.confusion, f->callbacks.predictions};
  const oc_scoring s = {f->model,
                        &f->heads,
                        &f->score,
                        oc_session_thread_pool(f->session),
                        part,
                        valid ? f->valid_targets : f->train_targets,
                        oc_fit_features(f, part)};
  TRY(oc_model_score(&s, score, valid ? &detail : NULL, err));
  TRY(check_measured(f, what, score, err));
  oc_heads_scores(f->model, &f->heads, score->sums, (double)score->count,
                  valid ? f->valid_scores : f->train_scores);
  return OC_OK;
}

static double accuracy_of(const oc_fit *f, const oc_score *score) {
  return oc_heads_count(&f->heads) ? (double)score->correct / (double)score->count : NAN;
}

/* Measures both sets with the epoch's last weights: the training set only on request. */
static oc_status measure(oc_fit *f, oc_event *e, oc_error *err) {
  const double start = oc_clock_seconds();
  const size_t classes = (size_t)oc_heads_classes(&f->heads);
  oc_score score;
  if (f->o.full_train_metrics) {
    TRY(score_part(f, f->train, "training loss", &score, err));
    e->train_full = true;
    e->train_loss = score.loss;
    e->train_accuracy = accuracy_of(f, &score);
  }
  if (f->valid) {
    if (f->callbacks.confusion)
      memset(f->callbacks.confusion, 0, classes * classes * sizeof *f->callbacks.confusion);
    TRY(score_part(f, f->valid, "validation loss", &score, err));
    e->valid_loss = score.loss;
    e->valid_accuracy = accuracy_of(f, &score);
    e->valid_heads = f->valid_scores;
  }
  TRY(oc_average_measure(f, e, err));
  if (!f->valid && !f->o.full_train_metrics) TRY(probe(f, err));
  TRY(oc_fit_check_variables(f, err));
  f->valid_seconds = e->valid_seconds = oc_clock_seconds() - start;
  return OC_OK;
}

oc_status oc_fit_take_weights(oc_fit *f, int epoch, double accuracy, bool averaged, oc_error *err) {
  oc_variables_copy(f->model->session, oc_average_better(f, averaged), f->weights);
  oc_model_set_heads(f->model, &f->heads, &f->model_nodes);
  TRY(oc_model_set_threshold(f->model, 0, err)); /* one of other weights */
  TRY(oc_fit_describe(f, epoch, accuracy, averaged, &f->model->metadata, err));
  return f->model_path ? oc_model_save(f->model, f->model_path, err) : OC_OK;
}

static oc_status take_best(oc_fit *f, oc_error *err) {
  const oc_event *e = &f->last;
  f->at.best_epoch = f->at.epoch + 1;
  f->at.best_accuracy = oc_event_accuracy(e);
  f->at.best_loss = oc_event_loss(e);
  f->at.best_averaged = e->averaged;
  return oc_fit_take_weights(f, f->at.best_epoch, f->at.best_accuracy, e->averaged, err);
}

static void next_epoch(oc_fit *f) {
  f->at.elapsed_seconds += f->at.train_seconds + f->valid_seconds;
  f->at.train_seconds = f->valid_seconds = 0;
  f->at.loss_sum = f->at.entropy_sum = 0;
  f->at.correct = f->at.sample = 0;
  memset(f->at.sums, 0, sizeof f->at.sums);
  f->at.epoch++;
}

static oc_status save_epoch(oc_fit *f, oc_error *err) {
  f->at.last_accuracy = oc_event_accuracy(&f->last);
  f->at.last_averaged = f->last.averaged;
  f->at.last_loss = f->last.train_loss;
  if (f->at.epoch == 0) f->at.first_loss = f->last.train_loss;
  f->at.lowest_loss = fmin(f->at.lowest_loss, f->last.train_loss); /* fmin of NAN and x is x */
  if (f->last.best) TRY(take_best(f, err));
  f->last.best_epoch = f->at.best_epoch;
  TRY(oc_keep_save(f, &f->last, err));
  TRY(oc_metrics_add(f, &f->last, err));
  next_epoch(f);
  TRY(oc_checkpoint_save(f, err));
  TRY(oc_keep_prune(f, err));
  TRY(oc_run_record_save(f, "running", err));
  return oc_fit_take_place(f, err);
}

/* Without an accuracy, as with several heads or numbers, the loss decides. */
static bool is_best(const oc_fit *f, const oc_event *e) {
  if (!f->valid || f->at.best_epoch == 0) return true;
  return oc_heads_by_accuracy(&f->heads) ? oc_event_accuracy(e) > f->at.best_accuracy
                                         : oc_event_loss(e) < f->at.best_loss;
}

static oc_status end_epoch(oc_fit *f, oc_error *err) {
  oc_event e = oc_fit_event(f, OC_EVENT_EPOCH);
  TRY(measure(f, &e, err));
  e.best = is_best(f, &e);
  e.step_ms = oc_fit_median_step_ms(f);
  f->last = e;
  TRY(save_epoch(f, err));
  const oc_status told = oc_callbacks_epoch(f, &f->last, err);
  const bool goes_on = oc_fit_emit(f, &f->last);
  if (told != OC_OK) return told;
  return goes_on || oc_fit_done(f) ? OC_OK : oc_fit_interrupted(f, err);
}

static oc_status draw_order(oc_fit *f, oc_error *err) {
  const uint64_t epoch = (uint64_t)f->at.epoch;
  if (!f->balance.classes) return oc_epoch_order(f->count, !f->o.no_shuffle, f->o.seed, epoch, f->order, err);
  oc_balance_order(&f->balance, f->o.seed, epoch, f->order);
  return OC_OK;
}

oc_status oc_fit_run_epoch(oc_fit *f, oc_error *err) {
  TRY(draw_order(f, err));
  f->augment.epoch = (uint64_t)f->at.epoch;
  TRY(oc_fit_run_steps(f, err));
  return end_epoch(f, err);
}
