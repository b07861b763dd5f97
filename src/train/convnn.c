/* convnn.c: implements the lecture's class ConvNN, on top of the model and its training. */
#include "base/checked.h"
#include "base/options.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/model.h"
#include "ocellus/convnn.h"

struct oc_convnn {
  oc_convnn_options o;
  oc_model *model; /* NULL before build or load */
  double *losses;  /* of the epochs so far */
  int loss_count, loss_room;
};

oc_convnn_options oc_convnn_defaults(void) {
  const oc_fit_options fit = oc_fit_defaults();
  return (oc_convnn_options){.struct_size = sizeof(oc_convnn_options),
                             .batchsize = fit.batch,
                             .epochs = fit.epochs,
                             .learning_rate = fit.learning_rate,
                             .dropout_rate = 0.5,
                             .dropout_rate_set = true,
                             .random_seed = fit.seed,
                             .random_seed_set = true,
                             .net = "lecture"};
}

/* A 0 that also means a default in the options of model and fit stays 0. */
static oc_convnn_options resolve_options(const oc_convnn_options *given) {
  oc_convnn_options o = oc_convnn_defaults();
  if (given) OC_OPTIONS_READ(o, given);
  if (!o.dropout_rate && !o.dropout_rate_set) o.dropout_rate = oc_convnn_defaults().dropout_rate;
  return o;
}

oc_status oc_convnn_create(const oc_convnn_options *options, oc_convnn **out, oc_error *err) {
  NEED(out);
  *out = NULL;
  const oc_convnn_options o = resolve_options(options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_convnn_options", err));
  *out = oc_memory_array(1, sizeof **out);
  if (!*out) return oc_fail_memory(err, sizeof **out);
  (*out)->o = o;
  return OC_OK;
}

void oc_convnn_free(oc_convnn *c) {
  if (!c) return;
  oc_model_free(c->model);
  oc_memory_free(c->losses);
  oc_memory_free(c);
}

oc_model *oc_convnn_model(oc_convnn *c) {
  if (!c) return NULL;
  return c->model;
}

static oc_session_options session_options(const oc_convnn *c) {
  oc_session_options session = oc_session_defaults();
  session.seed = c->o.random_seed;
  session.seed_set = c->o.random_seed_set;
  session.threads = c->o.threads;
  return session;
}

static void replace(oc_convnn *c, oc_model *model) {
  oc_model_free(c->model);
  c->model = model;
}

static oc_status need_model(const oc_convnn *c, const char *where, oc_error *err) {
  if (c->model) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, where, "Call oc_convnn_build or oc_convnn_load first.",
                 "no network yet");
}

oc_status oc_convnn_build(oc_convnn *c, const oc_dataset *train_data, oc_error *err) {
  NEED(c, train_data);
  oc_model_options options = oc_model_defaults();
  options.net = c->o.net;
  options.dropout = c->o.dropout_rate;
  options.dropout_set = true;
  const oc_session_options session = session_options(c);
  options.session = &session;
  oc_model *model;
  TRY(oc_model_create(train_data, &options, &model, err));
  replace(c, model);
  return OC_OK;
}

/* Room for the losses of options.epochs more epochs, so that training cannot fail for it. */
static oc_status make_room(oc_convnn *c, oc_error *err) {
  const int64_t room = (int64_t)c->loss_count + oc_max_i64(0, c->o.epochs);
  if (room <= c->loss_room) return OC_OK;
  double *grown = room > INT32_MAX ? NULL
                                   : oc_memory_grow(c->losses, (size_t)c->loss_room * sizeof *grown,
                                                    (size_t)room * sizeof *grown);
  if (!grown) return oc_fail_memory(err, (size_t)room * sizeof *grown);
  c->losses = grown;
  c->loss_room = (int)room;
  return OC_OK;
}

static bool note_loss(void *context, const oc_event *e) {
  oc_convnn *c = context;
  if (e->kind == OC_EVENT_EPOCH && c->loss_count < c->loss_room) c->losses[c->loss_count++] = e->loss;
  return !c->o.on_event || c->o.on_event(c->o.context, e);
}

const double *oc_convnn_losses(const oc_convnn *c, int *count) {
  if (count) *count = 0;
  if (!c || !count) return NULL;
  *count = c->loss_count;
  return c->losses;
}

oc_status oc_convnn_train(oc_convnn *c, const oc_dataset *train, const oc_dataset *valid, bool initialize,
                          oc_error *err) {
  NEED(c, train);
  if (initialize) {
    c->loss_count = 0;
    TRY(oc_convnn_build(c, train, err));
  }
  TRY(need_model(c, "oc_convnn_train", err));
  TRY(make_room(c, err));
  oc_fit_options options = oc_fit_defaults();
  options.batch = c->o.batchsize;
  options.epochs = c->o.epochs;
  options.learning_rate = c->o.learning_rate;
  options.no_shuffle = c->o.no_shuffle;
  options.seed = c->o.random_seed;
  options.seed_set = c->o.random_seed_set;
  options.keep_last = c->o.keep_last;
  options.on_event = note_loss;
  options.context = c;
  return oc_model_fit(c->model, train, valid, &options, err);
}

oc_status oc_convnn_save(const oc_convnn *c, const char *path, oc_error *err) {
  NEED(c, path);
  TRY(need_model(c, "oc_convnn_save", err));
  return oc_model_save(c->model, path, err);
}

oc_status oc_convnn_load(oc_convnn *c, const char *path, oc_error *err) {
  NEED(c, path);
  const oc_session_options session = session_options(c);
  oc_model *model;
  TRY(oc_model_load(path, &session, &model, err));
  replace(c, model);
  return OC_OK;
}

/* ---- by epoch ------------------------------------------------------------------------------------------ */

static const char default_folder[] = "./tflayers-model";

oc_status oc_convnn_epoch_path(int epoch, const char *folder, char **path, oc_error *err) {
  NEED(path);
  return oc_epoch_path(folder ? folder : default_folder, "model.ckpt", epoch, path, err);
}

oc_status oc_convnn_save_epoch(const oc_convnn *c, int epoch, const char *folder, oc_error *err) {
  NEED(c);
  char *path;
  TRY(need_model(c, "oc_convnn_save_epoch", err));
  TRY(oc_convnn_epoch_path(epoch, folder, &path, err));
  oc_status status = oc_folder_create(folder ? folder : default_folder, err);
  if (status == OC_OK) status = oc_model_save(c->model, path, err);
  oc_memory_free(path);
  return status;
}

oc_status oc_convnn_load_epoch(oc_convnn *c, int epoch, const char *folder, oc_error *err) {
  NEED(c);
  char *path;
  TRY(oc_convnn_epoch_path(epoch, folder, &path, err));
  const oc_status status = oc_convnn_load(c, path, err);
  oc_memory_free(path);
  return status;
}

/* ---- predicting ---------------------------------------------------------------------------------------- */

oc_status oc_convnn_predict_proba(oc_convnn *c, const uint8_t *pixels, int64_t count, float *probabilities,
                                  oc_error *err) {
  NEED(c, pixels, probabilities);
  TRY(need_model(c, "oc_convnn_predict", err));
  return oc_model_predict(c->model, pixels, count, probabilities, err);
}

oc_status oc_convnn_predict(oc_convnn *c, const uint8_t *pixels, int64_t count, int32_t *labels,
                            oc_error *err) {
  NEED(c, pixels, labels);
  TRY(need_model(c, "oc_convnn_predict", err));
  return oc_model_classify(c->model, pixels, count, labels, err);
}
