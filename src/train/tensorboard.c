/* tensorboard.c: writes a run for TensorBoard: at the start its graph, options and first weights; after each
 * step the curves; after each epoch curves, histograms of weights and gradients, and images. Steps are
 * counted over all epochs.
 *
 * A write that fails does not stop an epoch: nothing more is written then, and the run ends with that error
 * when the epoch has been measured and saved. */
#include "train/tensorboard.h"
#include "base/memory.h"
#include "formats/events.h"
#include "graph/graph.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct board {
  oc_fit_callback base;
  char *folder;
  oc_tensorboard *file;
  bool used; /* by a step or an epoch; else the file is taken away again */
} board;

static int64_t global_step(const oc_event *e) {
  return (e->epoch - 1) * e->steps + e->step;
}

/* ---- contents ------------------------------------------------------------------------------------------ */

static oc_status add_text(board *b, const char *tag, char *text, oc_error *err) {
  const oc_status status =
      text ? oc_tensorboard_text(b->file, tag, 0, text, err) : oc_fail_memory(err, OC_EVENTS_BUFFER);
  oc_memory_free(text);
  return status;
}

/* Shows what `draw` draws, if it draws something. */
static oc_status add_image(board *b, const oc_fit *f, const char *tag, int64_t step,
                           oc_status (*draw)(const oc_fit *, oc_canvas *, oc_error *), oc_error *err) {
  oc_canvas c;
  TRY(draw(f, &c, err));
  if (!c.pixels) return OC_OK;
  const oc_image_shape size = {c.height, c.width, 3};
  const oc_status status = oc_tensorboard_image(b->file, tag, step, size, c.pixels, err);
  oc_canvas_release(&c);
  return status;
}

static oc_status add_weights(board *b, const oc_fit *f, int64_t step, oc_error *err) {
  for (int i = 0; i < f->weights; i++) {
    const oc_tensor w = oc_variable_value(f->session, i);
    TRY(oc_tensorboard_histogram(b->file, oc_variable_name(f->session, i), step, &w, err));
  }
  return add_image(b, f, "first_layer/kernels", step, oc_board_kernels, err);
}

/* Writes gradients of the epoch's last batch, each next to its weights. */
static oc_status add_gradients(board *b, const oc_fit *f, int64_t step, oc_error *err) {
  int next = 0;
  for (int i = 0; i < f->weights; i++) {
    char tag[512];
    if (!oc_fit_trains(f, f->graph, i)) continue;
    const oc_tensor dw = oc_plan_result(f->plan, OC_FIT_GRADIENTS + next++);
    (void)snprintf(tag, sizeof tag, "%s/gradient", oc_variable_name(f->session, i));
    TRY(oc_tensorboard_histogram(b->file, tag, step, &dw, err));
  }
  return OC_OK;
}

/* Eight interleaved sums, which a CPU can overlap. */
static double sum_of_squares(const float *x, int64_t n) {
  double sum[8] = {0}, total = 0;
  const int64_t whole = n - n % 8;
  for (int64_t i = 0; i < whole; i += 8)
    for (int k = 0; k < 8; k++) sum[k] += (double)x[i + k] * (double)x[i + k];
  for (int64_t i = whole; i < n; i++) sum[i - whole] += (double)x[i] * (double)x[i];
  for (int k = 0; k < 8; k++) total += sum[k];
  return total;
}

static double gradient_norm(const oc_fit *f) {
  double sum = 0;
  for (int i = 0; i < f->callbacks.gradient_count; i++) {
    const oc_tensor dw = oc_plan_result(f->plan, OC_FIT_GRADIENTS + i);
    int64_t n = 0;
    (void)oc_shape_count(&dw.shape, 1, &n, NULL); /* fixed, and counted when it was planned */
    sum += sum_of_squares(dw.data, n);
  }
  return sqrt(sum);
}

/* ---- the callback -------------------------------------------------------------------------------------- */

static oc_status write_start(board *b, const oc_fit *f, int64_t done, oc_error *err) {
  TRY(oc_events_add_graph(b->file, f->graph, err)); /* the step too */
  TRY(add_text(b, "options", oc_board_options(f), err));
  TRY(add_text(b, "layers", oc_board_layers(f->model), err));
  if (done == 0) TRY(add_weights(b, f, 0, err));
  return oc_tensorboard_flush(b->file, err);
}

/* A resumed run continues after its last step, and replaces what came after it. */
static oc_status begin(oc_fit_callback *w, const oc_fit *f, oc_error *err) {
  board *b = (board *)w;
  const int64_t done = f->at.epoch * oc_fit_steps(f) + oc_fit_step_index(f);
  const oc_status status = oc_tensorboard_open(b->folder, done ? done + 1 : 0, &b->file, err);
  if (status == OC_OK) return write_start(b, f, done, err);
  if (status == OC_E_CANT_CREATE && err)
    (void)snprintf(err->hint, sizeof err->hint, "Choose another folder for TensorBoard's files.");
  return status;
}

static void write_step(oc_fit_callback *w, const oc_fit *f, const oc_event *e) {
  board *b = (board *)w;
  const int64_t at = global_step(e), n = f->at.sample - (e->step - 1) * f->batch;
  const struct {
    const char *tag;
    double value;
  } points[] = {{"loss/step", e->step_loss},
                {"learning_rate", oc_fit_scheduled(f) ? (double)f->learning_rate : oc_fit_top_rate(f)},
                {"gradient_norm", gradient_norm(f)},
                {"images_per_second/step", 1e3 * (double)n / f->step_ms[f->timed_steps - 1]}};
  b->used = true;
  for (size_t i = 0; i < sizeof points / sizeof *points; i++) /* a failure stays, and epoch() reports it */
    (void)oc_tensorboard_scalar(b->file, points[i].tag, at, points[i].value, NULL);
}

static oc_status add_scalar_if_known(board *b, const char *tag, int64_t step, double value, oc_error *err) {
  return isnan(value) ? OC_OK : oc_tensorboard_scalar(b->file, tag, step, value, err);
}

/* Loss and metrics of each head, unless the curves above have them. */
static oc_status add_heads(board *b, const oc_head_score *list, int count, const char *part, int64_t step,
                           oc_error *err) {
  char tag[192];
  for (int i = 0; list && i < count; i++) {
    (void)snprintf(tag, sizeof tag, "%s/%s/%s", list[i].output, list[i].loss_name, part);
    TRY(add_scalar_if_known(b, tag, step, list[i].loss, err));
    for (int k = 0; k < list[i].metric_count; k++) {
      (void)snprintf(tag, sizeof tag, "%s/%s/%s", list[i].output, list[i].metric_names[k], part);
      TRY(add_scalar_if_known(b, tag, step, list[i].metrics[k], err));
    }
  }
  return OC_OK;
}

static oc_status write_epoch(board *b, const oc_fit *f, const oc_event *e, oc_error *err) {
  const int64_t at = global_step(e);
  TRY(oc_tensorboard_scalar(b->file, "loss/epoch", at, e->loss, err));
  TRY(add_scalar_if_known(b, e->train_full ? "loss/training" : "loss/training_running_mean", at,
                          e->train_loss, err));
  TRY(add_scalar_if_known(b, e->train_full ? "accuracy/training" : "accuracy/training_running_mean", at,
                          e->train_accuracy, err));
  TRY(add_scalar_if_known(b, "loss/validation", at, e->valid_loss, err));
  TRY(add_scalar_if_known(b, "accuracy/validation", at, e->valid_accuracy, err));
  TRY(add_scalar_if_known(b, "loss/validation_averaged", at, e->averaged_loss, err));
  TRY(add_scalar_if_known(b, "accuracy/validation_averaged", at, e->averaged_accuracy, err));
  if (!f->plain) {
    const char *training = e->train_full ? "training" : "training_running_mean";
    TRY(add_heads(b, e->train_heads, e->head_count, training, at, err));
    TRY(add_heads(b, e->valid_heads, e->head_count, "validation", at, err));
  }
  TRY(oc_tensorboard_scalar(b->file, "images_per_second/epoch", at, e->images_per_second, err));
  TRY(add_weights(b, f, at, err));
  if (f->timed_steps > 0) TRY(add_gradients(b, f, at, err)); /* else resumed after its last step */
  TRY(add_image(b, f, "validation/mistakes", at, oc_board_mistakes, err));
  TRY(add_image(b, f, "validation/confusion", at, oc_board_confusion, err));
  return oc_tensorboard_flush(b->file, err);
}

static oc_status epoch(oc_fit_callback *w, const oc_fit *f, const oc_event *e, oc_error *err) {
  board *b = (board *)w;
  oc_error why = {0};
  b->used = true;
  const oc_status status = write_epoch(b, f, e, &why);
  if (status == OC_OK) return OC_OK;
  return oc_fail(err, status, why.where,
                 f->last_path ? "Free some disk space and resume, or train without TensorBoard."
                              : "Free some disk space and start again, or train without TensorBoard.",
                 "%s; training stops after epoch %d of %d, which is %s", why.message, e->epoch, e->epochs,
                 f->last_path ? "saved" : "not saved to a file");
}

static void end(oc_fit_callback *w) {
  board *b = (board *)w;
  if (b->used)
    (void)oc_tensorboard_close(b->file, NULL); /* of whole epochs all is written already */
  else
    oc_events_abandon(b->file);
  oc_memory_free(b->folder);
  oc_memory_free(b);
}

static oc_status tensorboard_create(const char *folder, oc_fit_callback **out, oc_error *err) {
  *out = NULL;
  board *b = oc_memory_alloc(sizeof *b);
  if (!b) return oc_fail_memory(err, sizeof *b);
  b->base = (oc_fit_callback){begin, write_step, epoch, end};
  b->folder = oc_memory_string(folder);
  if (!b->folder) {
    oc_memory_free(b);
    return oc_fail_memory(err, strlen(folder) + 1);
  }
  *out = &b->base;
  return OC_OK;
}

const oc_callback_kind oc_callback_tensorboard = {
    .info = {.name = "tensorboard",
             .value = "DIR",
             .help = "output folder for TensorBoard: graph, curves, histograms, images; does not affect the "
                     "weights",
             .viewer = "tensorboard --logdir"},
    .keeps_gradients = true,
    .keeps_scores = true,
    .create = tensorboard_create};
