/* fit.c: runs the training loop. An epoch is its steps, then validation, then saving; a step is a batch and
 * one run of the plan. All memory is taken before the first step.
 *
 * Saved at the end of an epoch, in this order: model.safetensors if it is the best so far, its own file if it
 * is to be kept, its line in metrics.jsonl, last.safetensors, run.json. After a crash, last.safetensors says
 * where to resume, and the other files are rolled back to match it. */
#include "train/fit.h"
#include "base/checked.h"
#include "base/file.h"
#include "base/output.h"
#include "data/dataset.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---- ends before the end ------------------------------------------------------------------------------- */

/* Where in its training a run is, for a message: steps are counted up to the one that is going on. */
static void place_text(const oc_fit *f, char text[96]) {
  const int64_t steps = oc_fit_steps(f), done = oc_fit_step_index(f);
  if (done == steps)
    (void)snprintf(text, 96, "epoch %d, after its %lld step%s", f->at.epoch + 1, (long long)steps,
                   steps == 1 ? "" : "s");
  else
    (void)snprintf(text, 96, "epoch %d, step %lld of %lld", f->at.epoch + 1, (long long)done + 1,
                   (long long)steps);
}

/* The words for something that is not finite: `found` names the layer or variable. */
static oc_status tell_not_finite(const oc_fit *f, const char *what, const oc_error *found, oc_error *err) {
  char kept[64] = "the model is unchanged", place[96];
  place_text(f, place);
  if (f->at.best_epoch)
    (void)snprintf(kept, sizeof kept, "the model holds the weights of epoch %d", f->at.best_epoch);
  return oc_fail(err, OC_E_NOT_FINITE, found->where,
                 "Lower the learning rate, limit gradients (clip_norm 1), or check the data.",
                 "%s, learning rate %g: %s; %s; %s", place, oc_fit_rate(f), what, found->message, kept);
}

/* `what` ("loss", "validation loss") is not finite for the samples of an input. */
static oc_status not_finite(oc_fit *f, const char *what, double loss, const oc_nonfinite *where,
                            oc_error *err) {
  oc_nonfinite a = *where;
  oc_error found = {0};
  char words[64];
  a.session = f->session;
  a.nodes = &f->nodes;
  a.until = f->loss;
  a.heads = &f->heads;
  const oc_status status = oc_nonfinite_find(&a, &found);
  if (status != OC_E_NOT_FINITE) {
    if (err) *err = found;
    return status;
  }
  (void)snprintf(words, sizeof words, "the %s is %g", what, isnan(loss) ? NAN : loss);
  return tell_not_finite(f, words, &found, err);
}

/* Weights, and what the optimizer keeps of each, after an epoch and before they are saved. */
static oc_status check_variables(const oc_fit *f, oc_error *err) {
  oc_error found = {0};
  if (oc_session_check_finite(f->session, &found) == OC_OK) return OC_OK;
  return tell_not_finite(f, "a variable is not finite", &found, err);
}

static oc_status interrupted(oc_fit *f, oc_error *err) {
  const bool waits = oc_run_folder_waits(&f->folder); /* and is not worth another run that is whole */
  TRY(check_variables(f, err));
  if (f->at.best_epoch == 0) {
    oc_variables_copy(f->model->session, f->session, f->weights);
    oc_model_set_heads(f->model, &f->heads, &f->model_nodes);
  }
  if (!waits) TRY(oc_checkpoint_save(f, err));
  const int64_t step = oc_fit_step_index(f), steps = oc_fit_steps(f);
  const char *hint = waits ? ""
                     : f->last_path
                         ? "Continue with --resume; the result is the same as without the interruption."
                         : "Set a folder (out) to be able to resume later.";
  const char *where = waits ? f->folder.path : f->last_path ? f->last_path : "training";
  return oc_fail(err, OC_E_INTERRUPTED, where, hint, "stopped in epoch %d of %d after step %lld of %lld%s",
                 (int)oc_min_i64(f->at.epoch + 1, f->o.epochs), f->o.epochs, (long long)step,
                 (long long)steps,
                 waits          ? ", before its first epoch was saved"
                 : f->last_path ? "; everything is saved"
                                : "; nothing is saved");
}

/* ---- a step -------------------------------------------------------------------------------------------- */

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

static oc_status run_step(oc_fit *f, oc_error *err) {
  const int64_t n = oc_min_i64(f->batch, f->count - f->at.sample);
  const oc_images from = {.data = f->train, .targets = f->train_targets, .order = f->order};
  const oc_rng_counter position = {(uint64_t)f->at.epoch, (uint64_t)f->at.sample};
  TRY(oc_input_fill(&f->input, &from, f->at.sample, n, &f->model->standardizer,
                    oc_session_thread_pool(f->session), err));
  f->rate_now = (float)oc_fit_rate(f);
  oc_error found = {0};
  const oc_status status = oc_plan_run(f->plan, n, position, &found);
  f->step_loss = *(const float *)oc_plan_result(f->plan, OC_FIT_LOSS).data;
  if (status == OC_E_NOT_FINITE && !isfinite(f->step_loss)) {
    const oc_nonfinite a = {.input = &f->input, .samples = n, .training = true, .position = position};
    return not_finite(f, "loss", f->step_loss, &a, err);
  }
  if (status == OC_E_NOT_FINITE) return tell_not_finite(f, "no weight was changed", &found, err);
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
  f->at.sample += n;
  return OC_OK;
}

static oc_status run_steps(oc_fit *f, oc_error *err) {
  f->timed_steps = 0;
  while (f->at.sample < f->count) {
    const double start = oc_clock_seconds();
    TRY(run_step(f, err));
    const double seconds = oc_clock_seconds() - start;
    f->step_ms[f->timed_steps++] = (float)(1e3 * seconds);
    f->at.train_seconds += seconds;
    const oc_event event = oc_fit_event(f, OC_EVENT_STEP);
    oc_callbacks_step(f, &event);
    if (!oc_fit_emit(f, &event)) return interrupted(f, err);
  }
  return OC_OK;
}

/* ---- an epoch ------------------------------------------------------------------------------------------ */

/* A measured loss; its last batch lies in score.input. */
static oc_status check_measured(oc_fit *f, const char *what, const oc_score *score, oc_error *err) {
  const oc_nonfinite a = {.input = &f->score.input, .samples = score->samples};
  return isfinite(score->loss) ? OC_OK : not_finite(f, what, score->loss, &a, err);
}

/* Runs the last batch again, as prediction would: if nothing is measured, no other code would check what the
 * last step made of the weights. */
static oc_status probe(oc_fit *f, oc_error *err) {
  const oc_images from = {.data = f->train, .targets = f->train_targets, .order = f->order};
  const int64_t n = oc_min_i64(f->score.input.capacity, f->count - (oc_fit_steps(f) - 1) * f->batch);
  TRY(oc_input_fill(&f->score.input, &from, f->count - n, n, &f->model->standardizer,
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
  const oc_scoring s = {f->model,  &f->heads,
                        &f->score, oc_session_thread_pool(f->session),
                        part,      valid ? f->valid_targets : f->train_targets};
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
  if (!f->valid && !f->o.full_train_metrics) TRY(probe(f, err));
  TRY(check_variables(f, err));
  f->valid_seconds = e->valid_seconds = oc_clock_seconds() - start;
  return OC_OK;
}

/* The model receives the present weights, which are those of this epoch. */
static oc_status take_weights(oc_fit *f, int epoch, double accuracy, oc_error *err) {
  oc_variables_copy(f->model->session, f->session, f->weights);
  oc_model_set_heads(f->model, &f->heads, &f->model_nodes);
  TRY(oc_fit_describe(f, epoch, accuracy, &f->model->metadata, err));
  return f->model_path ? oc_model_save(f->model, f->model_path, err) : OC_OK;
}

static oc_status take_best(oc_fit *f, double accuracy, oc_error *err) {
  f->at.best_epoch = f->at.epoch + 1;
  f->at.best_accuracy = accuracy;
  f->at.best_loss = f->last.valid_loss;
  return take_weights(f, f->at.best_epoch, accuracy, err);
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
  f->at.last_accuracy = f->last.valid_accuracy;
  f->at.last_loss = f->last.train_loss;
  if (f->at.epoch == 0) f->at.first_loss = f->last.train_loss;
  f->at.lowest_loss = fmin(f->at.lowest_loss, f->last.train_loss); /* fmin of NAN and x is x */
  if (f->last.best) TRY(take_best(f, f->last.valid_accuracy, err));
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
  return oc_heads_by_accuracy(&f->heads) ? e->valid_accuracy > f->at.best_accuracy
                                         : e->valid_loss < f->at.best_loss;
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
  return goes_on || f->at.epoch == f->o.epochs ? OC_OK : interrupted(f, err);
}

static oc_status run_epoch(oc_fit *f, oc_error *err) {
  TRY(oc_epoch_order(f->count, !f->o.no_shuffle, f->o.seed, (uint64_t)f->at.epoch, f->order, err));
  TRY(run_steps(f, err));
  return end_epoch(f, err);
}

/* ---- a run --------------------------------------------------------------------------------------------- */

static oc_status load_checkpoint(oc_fit *f, oc_error *err) {
  const oc_status status = oc_checkpoint_load(f, err);
  if (status == OC_E_NO_INPUT && err && !oc_file_exists(f->last_path))
    (void)snprintf(err->hint, sizeof err->hint, "%s",
                   "Start the run again with --force (replace): it ended before anything was saved.");
  return status;
}

/* The process may have died between saving a model and the checkpoint: the model is rolled back to match the
 * checkpoint. */
static oc_status put_model_back(const oc_fit *f, oc_error *err) {
  if (f->at.best_epoch) return oc_model_save(f->model, f->model_path, err);
  return unlink(f->model_path) == 0 || errno == ENOENT ? OC_OK
                                                       : oc_fail_output(err, f->model_path, "remove", "");
}

/* Files are made before the first step: a folder that cannot be written shows now, not after an epoch. */
static oc_status begin(oc_fit *f, oc_error *err) {
  TRY(oc_fit_open_folder(f, err));
  if (f->o.resume) TRY(load_checkpoint(f, err));
  f->saved = f->o.resume;
  TRY(oc_callbacks_begin(f, err));
  if (!f->o.out) return OC_OK;
  TRY(oc_run_record_save(f, "running", err));
  f->recorded = true;
  TRY(oc_metrics_restore(f, err));
  TRY(oc_keep_prune(f, err));
  if (f->o.resume) return put_model_back(f, err);
  TRY(oc_checkpoint_save(f, err));
  f->saved = true;
  return OC_OK;
}

static oc_status run_epochs(oc_fit *f, oc_error *err) {
  TRY(begin(f, err));
  f->last = oc_fit_event(f, OC_EVENT_START);
  if (!oc_fit_emit(f, &f->last)) return interrupted(f, err);
  while (f->at.epoch < f->o.epochs) TRY(run_epoch(f, err));
  if (f->o.keep_last && f->at.best_epoch != f->at.epoch)
    TRY(take_weights(f, f->at.epoch, f->at.last_accuracy, err));
  TRY(oc_run_record_save(f, "finished", err));
  f->last.kind = OC_EVENT_END;
  f->last.valid_accuracy = f->at.best_accuracy;
  f->last.best_epoch = f->at.best_epoch;
  TRY(oc_fit_doubt(f, &f->last, err));
  (void)oc_fit_emit(f, &f->last);
  return OC_OK;
}

static oc_status check_request(oc_fit *f, oc_error *err) {
  TRY(oc_fit_read_options(f, err));
  TRY(oc_heads_check_training(f->model, &f->heads, f->train, "training data", f->train_targets, err));
  if (f->valid)
    TRY(oc_heads_check_training(f->model, &f->heads, f->valid, "validation data", f->valid_targets, err));
  TRY(oc_dataset_identify(f->train, err));
  return f->valid ? oc_dataset_identify(f->valid, err) : OC_OK;
}

/* A failed run records its failure in run.json; if that also fails, the first failure is reported. */
static void record_failure(oc_fit *f, oc_status status) {
  if (f->recorded && f->saved)
    (void)oc_run_record_save(f, status == OC_E_INTERRUPTED ? "interrupted" : "failed", NULL);
}

/* Of a run that would have replaced another. */
static void tell_of_old_run(const oc_fit *f, oc_error *err) {
  if (!err || !oc_run_folder_waits(&f->folder)) return;
  const size_t used = strlen(err->hint);
  (void)snprintf(err->hint + used, sizeof err->hint - used, "%sThe run in %s is unchanged.", used ? " " : "",
                 f->folder.path);
}

oc_status oc_model_fit(oc_model *m, const oc_dataset *train, const oc_dataset *valid,
                       const oc_fit_options *options, oc_error *err) {
  NEED(m, train);
  oc_fit *f = oc_memory_alloc(sizeof *f);
  if (!f) return oc_fail_memory(err, sizeof *f);
  *f = (oc_fit){.model = m, .train = train, .valid = valid, .o = oc_fit_resolve(options)};
  f->at.best_loss = f->at.last_accuracy = f->at.start_loss = f->at.first_loss = f->at.lowest_loss =
      f->at.last_loss = NAN;
  if (!f->o.kernels) f->o.kernels = m->options.kernels;
  f->folder = OC_NO_RUN_FOLDER;
  oc_status status = check_request(f, err);
  if (status == OC_OK) status = oc_fit_setup(f, err);
  if (status == OC_OK) {
    status = run_epochs(f, err);
    if (status != OC_OK) {
      record_failure(f, status);
      tell_of_old_run(f, err);
    }
  }
  oc_fit_release(f);
  oc_memory_free(f);
  return status;
}
