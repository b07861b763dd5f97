/* fit_stop.c: ends a run before its end: numbers that are not finite, and a caller who stops it. */
#include "train/fit.h"
#include "base/checked.h"
#include <math.h>
#include <stdio.h>

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

oc_status oc_fit_tell_not_finite(const oc_fit *f, const char *what, const oc_error *found, oc_error *err) {
  char kept[64] = "the model is unchanged", place[96];
  place_text(f, place);
  if (f->at.best_epoch)
    (void)snprintf(kept, sizeof kept, "the model holds the weights of epoch %d", f->at.best_epoch);
  return oc_fail(err, OC_E_NOT_FINITE, found->where,
                 "Lower the learning rate, limit gradients (clip_norm 1), or check the data.",
                 "%s, learning rate %g: %s; %s; %s", place, oc_fit_rate(f), what, found->message, kept);
}

/* The distributions are those of the last step; scoring has none. */
static void bind_soft(oc_fit *f, oc_nonfinite *a) {
  if (!a->training) {
    a->until = f->nodes.loss;
    return;
  }
  a->bound = f->soft.nodes;
  a->values = f->soft.rows;
  a->bound_count = f->heads.target_count;
}

oc_status oc_fit_not_finite(oc_fit *f, const char *what, double loss, const oc_nonfinite *where,
                            oc_error *err) {
  oc_nonfinite a = *where;
  oc_error found = {0};
  char words[64];
  a.session = f->session;
  a.nodes = &f->nodes;
  a.until = f->loss;
  a.heads = &f->heads;
  a.feed = f->frozen.features;
  if (f->soft.used) bind_soft(f, &a);
  const oc_status status = oc_nonfinite_find(&a, &found);
  if (status != OC_E_NOT_FINITE) {
    if (err) *err = found;
    return status;
  }
  (void)snprintf(words, sizeof words, "the %s is %g", what, isnan(loss) ? NAN : loss);
  return oc_fit_tell_not_finite(f, words, &found, err);
}

oc_status oc_fit_check_variables(const oc_fit *f, oc_error *err) {
  oc_error found = {0};
  if (oc_session_check_finite(f->session, &found) == OC_OK) return OC_OK;
  return oc_fit_tell_not_finite(f, "a variable is not finite", &found, err);
}

oc_status oc_fit_interrupted(oc_fit *f, oc_error *err) {
  const bool waits = oc_run_folder_waits(&f->folder); /* and is not worth another run that is whole */
  TRY(oc_fit_check_variables(f, err));
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
