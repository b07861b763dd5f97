/* training_report.c: prints a training run while it runs. */
#include "commands/train.h"
#include "core/interrupt.h"
#include "core/json.h"
#include <math.h>

cli_reporter cli_reporter_of(const cli_call *call, bool json, bool quiet) {
  return (cli_reporter){.out = &call->out,
                        .err = &call->err,
                        .json = json,
                        .quiet = quiet,
                        .progress = {.terminal = &call->err, .enabled = call->err.live && !quiet}};
}

static oc_status print_epoch_json(const cli_reporter *r, const oc_event *e, oc_error *err) {
  json_t *line = json_pack(
      "{s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:i}", "schema",
      "ocellus.train/2", "type", "epoch", "epoch", e->epoch, "epochs", e->epochs, "loss",
      cli_json_real(e->loss), "penalty", cli_json_real(e->penalty), "train_loss",
      cli_json_real(e->train_loss), "train_accuracy", cli_json_real(e->train_accuracy), "train_metrics",
      e->train_full ? "full" : "running", "valid_loss", cli_json_real(e->valid_loss), "valid_accuracy",
      cli_json_real(e->valid_accuracy), "train_seconds", cli_json_real(e->train_seconds), "valid_seconds",
      cli_json_real(e->valid_seconds), "images_per_second", cli_json_real(e->images_per_second), "step_ms",
      cli_json_real(e->step_ms), "best", e->best, "best_epoch", e->best_epoch);
  if (line && e->wait_seconds > 0)
    (void)json_object_set_new(line, "wait_seconds", cli_json_real(e->wait_seconds));
  if (line && e->fine_tuning) (void)json_object_set_new(line, "fine_tuning", json_true());
  if (line && r->averages) {
    (void)json_object_set_new(line, "averaged_loss", cli_json_real(e->averaged_loss));
    (void)json_object_set_new(line, "averaged_accuracy", cli_json_real(e->averaged_accuracy));
    (void)json_object_set_new(line, "averaged", json_boolean(e->averaged));
  }
  return cli_json_print(line, err);
}

/* Both parts side by side. "Avg." is the running mean over the epoch; the loss is cross-entropy, and what
 * --l2 adds to it stands next to it:
 *   Epoch 01 Training Avg. Loss:   0.3520  Validation Acc:   0.9730  best  24.1 s
 *            Training Avg. Acc:    0.8931  Validation Loss:  0.0982  L2 penalty: 0.0120 */
static oc_status print_epoch(const cli_reporter *r, const oc_event *e, oc_error *err) {
  const cli_terminal *t = r->out;
  const char *how = e->train_full ? "" : "Avg. ";
  const int gap = e->train_full ? 5 : 0;
  const bool valid = isfinite(e->valid_accuracy);
  fprintf(t->stream, "Epoch %02d Training %sLoss: %*s%8.4f", e->epoch, how, gap, "", e->train_loss);
  if (valid)
    fprintf(t->stream, "  Validation Acc: %8.4f  %s%s%s", e->valid_accuracy,
            e->best ? cli_style(t, CLI_GREEN) : "", e->best ? "best" : "    ",
            e->best ? cli_style(t, CLI_PLAIN) : "");
  fprintf(t->stream, "  %.1f s", e->train_seconds + e->valid_seconds);
  if (e->wait_seconds > 0.05 * e->train_seconds)
    fprintf(t->stream, ", %.0f%% waiting for images", 100 * e->wait_seconds / e->train_seconds);
  fputc('\n', t->stream);
  fprintf(t->stream, "         Training %sAcc:  %*s", how, gap, "");
  if (isfinite(e->train_accuracy))
    fprintf(t->stream, "%8.4f", e->train_accuracy);
  else
    fprintf(t->stream, "%8s", "?");
  if (valid) fprintf(t->stream, "  Validation Loss:%8.4f", e->valid_loss);
  if (r->penalized) fprintf(t->stream, "  L2 penalty: %.4f", e->penalty);
  fputc('\n', t->stream);
  if (r->averages && valid)
    fprintf(t->stream, "         Averaged weights  %*s  Validation Acc: %8.4f  Loss: %.4f%s\n", 12, "",
            e->averaged_accuracy, e->averaged_loss, e->averaged ? "  better" : "");
  return cli_flush_output(err);
}

static oc_status print_frozen_json(const oc_event *e, oc_error *err) {
  return cli_json_print(json_pack("{s:s, s:s, s:i, s:b, s:I, s:o}", "schema", "ocellus.train/2", "type",
                                  "frozen", "layers", e->frozen_layers, "features_kept", e->features_kept,
                                  "feature_bytes", (json_int_t)e->feature_bytes, "multiply_adds_of_an_epoch",
                                  cli_json_real(e->features_kept ? 0 : e->frozen_multiply_adds)),
                        err);
}

/* Before the first epoch: what frozen layers mean for it; and that they are no longer. */
static void report_frozen(cli_reporter *r, const oc_event *e) {
  char text[80];
  if (e->fine_tuning && !r->tunes) {
    r->tunes = true;
    cli_progress_clear(&r->progress);
    if (!r->json && !r->quiet) fprintf(r->err->stream, "All layers are trained now (--fine-tune)\n");
  }
  if (e->kind == OC_EVENT_FEATURES) {
    snprintf(text, sizeof text, "Features of %lld of %lld images", (long long)e->step, (long long)e->steps);
    cli_progress_say(&r->progress, text);
    if (e->step == e->steps) cli_progress_clear(&r->progress);
  } else if (e->kind == OC_EVENT_START && e->frozen_layers) {
    if (r->json)
      r->written = print_frozen_json(e, &r->problem);
    else if (!r->quiet)
      cli_train_print_frozen(r, e);
  }
}

bool cli_report(void *context, const oc_event *e) {
  cli_reporter *r = context;
  r->last = *e;
  report_frozen(r, e);
  if (e->kind == OC_EVENT_EPOCH) {
    cli_progress_clear(&r->progress);
    r->epochs++;
    oc_status status = r->json ? print_epoch_json(r, e, &r->problem) : print_epoch(r, e, &r->problem);
    if (r->written == OC_OK) r->written = status;
  } else if (e->kind == OC_EVENT_STEP) {
    cli_progress_draw(&r->progress, e);
  }
  if (cli_interrupt_asked() && !r->stopping) {
    cli_progress_clear(&r->progress);
    fprintf(r->err->stream, "Stopping: saving after this step (Ctrl-C again quits immediately)\n");
    r->stopping = true;
  }
  return !cli_interrupt_asked() && r->written == OC_OK;
}
