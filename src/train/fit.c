/* fit.c: runs training: from its request over its epochs to its end. All memory is taken before the first
 * step. */
#include "train/fit.h"
#include "base/file.h"
#include "base/output.h"
#include "data/dataset.h"
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

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
  TRY(oc_image_list_save(f, err));
  TRY(oc_checkpoint_save(f, err));
  f->saved = true;
  return OC_OK;
}

static oc_status run_epochs(oc_fit *f, oc_error *err) {
  bool goes_on;
  TRY(begin(f, err));
  f->last = oc_fit_event(f, OC_EVENT_START);
  TRY(oc_fit_frozen_cost(f, &f->last.frozen_multiply_adds, err));
  if (!oc_fit_emit(f, &f->last)) return oc_fit_interrupted(f, err);
  TRY(oc_fit_keep_features(f, &goes_on, err));
  if (!goes_on) return oc_fit_interrupted(f, err);
  while (!oc_fit_done(f)) {
    if (f->at.epoch >= f->first_epochs && !f->tuning) TRY(oc_fit_unfreeze(f, err));
    TRY(oc_fit_run_epoch(f, err));
  }
  if (f->o.keep_last && f->at.best_epoch != f->at.epoch)
    TRY(oc_fit_take_weights(f, f->at.epoch, f->at.last_accuracy, f->at.last_averaged, err));
  TRY(oc_run_record_save(f, "finished", err));
  f->last.kind = OC_EVENT_END;
  f->last.valid_accuracy = f->at.best_accuracy;
  f->last.best_epoch = f->at.best_epoch;
  f->last.averaged = f->o.keep_last ? f->at.last_averaged : f->at.best_averaged;
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
