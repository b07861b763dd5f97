/* fit_setup.c: sets up a run, and frees it. */
#include "base/checked.h"
#include "base/file.h"
#include "ocellus/train.h"
#include "train/fit.h"
#include "data/dataset.h"
#include "train/optimizer.h"
#include <math.h>
#include <string.h>
#include <time.h>

/* ---- graph --------------------------------------------------------------------------------------------- */

/* What is not frozen, for the optimizer; of a run without frozen layers it finds that itself. */
static oc_status list_trained(oc_fit *f, oc_optimizer_options *options, oc_error *err) {
  if (!f->frozen.layers) return OC_OK;
  const size_t bytes = (size_t)f->weights * sizeof(oc_node);
  oc_node *list = oc_arena_alloc(&f->graph->arena, bytes);
  if (!list) return oc_fail_memory(err, bytes);
  for (int i = 0; i < f->weights; i++)
    if (oc_fit_trains(f, f->graph, i)) list[options->variable_count++] = oc_graph_variable_at(f->graph, i);
  options->variables = list;
  return OC_OK;
}

oc_status oc_fit_build(oc_fit *f, oc_error *err) {
  TRY(oc_model_graph_with(f->model, &f->heads, OC_F32, &f->graph, &f->nodes, err));
  f->weights = oc_graph_variable_count(f->graph);
  oc_model_skip_init(f->graph);
  oc_frozen_stop_updates(&f->frozen, f->graph);
  if (f->tuning && !f->o.fine_tune_batch_norm) f->graph->update_count = 0;
  oc_fit_add_objective(f);
  oc_optimizer_options options = oc_optimizer_defaults();
  TRY(list_trained(f, &options, err));
  oc_setting settings[OC_HYPERPARAMETERS_MAX];
  options.name = f->o.optimizer;
  options.registry = f->o.registry;
  options.learning_rate = oc_fit_top_rate(f);
  if (oc_fit_scheduled(f))
    options.learning_rate_node = f->learning_rate_node =
        oc_placeholder(f->graph, "learning_rate", OC_F32, OC_SCALAR_SHAPE);
  options.settings = settings;
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_hyperparameter_row(f->optimizer->hyperparameters, i)); i++)
    settings[options.setting_count++] = (oc_setting){h->name, f->optimizer_values[i]};
  options.clip_norm = f->o.clip_norm;
  f->step = oc_minimize_keeping(f->graph, f->loss, &options, f->callbacks.gradients);
  return oc_graph_status(f->graph, err);
}

/* ---- memory -------------------------------------------------------------------------------------------- */

static oc_status make_augment(oc_fit *f, oc_error *err) {
  const int pool = oc_thread_pool_size(oc_session_thread_pool(f->session)),
            loader = f->loader ? oc_loader_threads(f->loader) : 0;
  const size_t each = oc_augmentation_scratch(f->augmentation),
               threads = (size_t)(pool > loader ? pool : loader);
  f->augment = (oc_input_augment){.how = f->augmentation, .seed = f->o.seed};
  f->augment.scratch = oc_memory_array(threads, each);
  return f->augment.scratch ? OC_OK : oc_fail_memory(err, threads * each);
}

/* Of the batches of a step and of measuring. */
static oc_status make_inputs(oc_fit *f, oc_error *err) {
  if (f->frozen.layers) return oc_fit_frozen_create(f, err);
  TRY(oc_model_input(f->model, f->batch, &f->heads, &f->input, err));
  if (oc_augmentation_mixes(f->augmentation)) TRY(oc_input_create_mixed(&f->input, err));
  return oc_model_input(f->model, oc_input_capacity(f->model->size), &f->heads, &f->score.input, err);
}

/* Threads that read the images of a step ahead, where it needs any. */
static oc_status make_loader(oc_fit *f, oc_error *err) {
  if (f->train_features.kept || !oc_dataset_is_decoded(f->train)) return OC_OK;
  oc_input like = f->frozen.layers ? f->frozen_use.images : f->input;
  like.capacity = f->batch;
  return oc_loader_create(&like, f->o.workers, &f->loader, err);
}

static oc_status make_order(oc_fit *f, oc_error *err) {
  f->count = oc_dataset_count(f->train);
  f->batch = oc_min_i64(f->o.batch, f->count);
  const size_t steps = (size_t)oc_fit_steps(f);
  f->order = oc_memory_array((size_t)f->count, sizeof *f->order);
  f->step_ms = oc_memory_array(steps, sizeof *f->step_ms);
  return f->order && f->step_ms ? OC_OK : oc_fail_memory(err, (size_t)f->count * sizeof *f->order);
}

static oc_status make_buffers(oc_fit *f, oc_error *err) {
  TRY(make_inputs(f, err));
  TRY(make_loader(f, err));
  return f->augmentation && !f->augment.scratch ? make_augment(f, err) : OC_OK;
}

/* The plan of a step: loss, step, answers, cross-entropy and, for a callback, the gradients. */
static oc_status make_step_plan(oc_fit *f, oc_plan_request *request, oc_error *err) {
  const int scores = f->plain ? 0 : oc_heads_score_count(&f->heads);
  const size_t count = OC_FIT_GRADIENTS + (size_t)f->callbacks.gradient_count + (size_t)scores;
  oc_node *fetches = oc_memory_array(count, sizeof *fetches);
  if (!fetches) return oc_fail_memory(err, count * sizeof *fetches);
  fetches[OC_FIT_LOSS] = f->loss;
  fetches[OC_FIT_STEP] = f->step;
  fetches[OC_FIT_LABELS] =
      oc_heads_count(&f->heads) ? f->nodes.outputs[f->heads.list[0].output].label : f->trained.loss;
  fetches[OC_FIT_ENTROPY] = f->trained.loss;
  for (int i = 0; i < f->callbacks.gradient_count; i++)
    fetches[OC_FIT_GRADIENTS + i] = f->callbacks.gradients[i];
  for (int i = 0; i < scores; i++)
    fetches[OC_FIT_GRADIENTS + f->callbacks.gradient_count + i] = f->trained.scores[i];
  request->fetches = fetches;
  request->count = (int)count;
  request->training = !f->tuning || f->o.fine_tune_batch_norm;
  const oc_status status = oc_model_plan_bound(request, &f->input, &f->plan, err);
  oc_memory_free(fetches);
  return status;
}

static oc_status make_plans(oc_fit *f, oc_error *err) {
  oc_node score[2 + OC_SCORES_MAX];
  oc_plan_request request = {
      .session = f->session, .nodes = &f->nodes, .heads = &f->heads, .feed = f->frozen.features};
  TRY(make_step_plan(f, &request, err));
  if (oc_fit_scheduled(f)) TRY(oc_plan_bind(f->plan, f->learning_rate_node, &f->learning_rate, err));
  for (int t = 0; t < f->heads.target_count; t++)
    if (f->soft.rows[t]) TRY(oc_plan_bind(f->plan, f->soft.nodes[t], f->soft.rows[t], err));
  request.fetches = score;
  request.count = oc_heads_fetches(f->model, &f->heads, &f->nodes, score);
  request.training = false;
  return oc_model_plan_bound(&request, &f->score.input, &f->score.plan, err);
}

/* Graph and session, with the model's variables as in another session. */
static oc_status make_session(oc_fit *f, const oc_session *weights, oc_error *err) {
  oc_session_options session = f->model->options;
  session.kernels = f->o.kernels;
  TRY(oc_fit_build(f, err));
  TRY(oc_session_create(f->graph, &session, &f->session, err));
  oc_variables_copy(f->session, weights, f->weights);
  return OC_OK;
}

static void release_plans(oc_fit *f) {
  oc_plan_free(f->plan);
  oc_plan_free(f->score.plan);
  oc_loader_free(f->loader); /* reads what the next lines free */
  f->plan = f->score.plan = NULL;
  f->loader = NULL;
  oc_fit_frozen_release(f);
  oc_input_release(&f->input);
  oc_input_release(&f->score.input);
}

oc_status oc_fit_unfreeze(oc_fit *f, oc_error *err) {
  oc_session *session = f->session;
  oc_graph *graph = f->graph;
  release_plans(f);
  f->session = NULL;
  f->graph = NULL;
  f->tuning = true;
  oc_status status = f->callbacks.gradients ? oc_callbacks_keep_gradients(f, err) : OC_OK;
  if (status == OC_OK) status = make_session(f, session, err);
  oc_session_free(session);
  oc_graph_free(graph);
  TRY(status);
  TRY(make_buffers(f, err));
  return make_plans(f, err);
}

oc_status oc_fit_setup(oc_fit *f, oc_error *err) {
  const time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc)) (void)strftime(f->started, sizeof f->started, "%Y-%m-%dT%H:%M:%SZ", &utc);
  TRY(oc_model_need_rule(f->model, err));
  TRY(oc_callbacks_create(f, err));
  TRY(make_session(f, f->model->session, err));
  f->model_before = oc_graph_mark_now(f->model->graph);
  TRY(oc_model_prepare_heads(f->model, &f->heads, &f->model_nodes, err));
  f->model_after = oc_graph_mark_now(f->model->graph);
  TRY(make_order(f, err));
  TRY(make_buffers(f, err));
  TRY(oc_soft_targets_create(f, err));
  TRY(oc_balance_create(f, err));
  TRY(make_plans(f, err));
  TRY(oc_average_create(f, err));
  f->result_config = oc_fit_result_config(f);
  return f->result_config ? OC_OK : oc_fail_memory(err, 256);
}

/* ---- files --------------------------------------------------------------------------------------------- */

static void release_paths(oc_fit *f) {
  oc_memory_free(f->model_path);
  oc_memory_free(f->last_path);
  oc_memory_free(f->metrics_path);
  oc_memory_free(f->run_path);
  oc_memory_free(f->images_path);
  f->model_path = f->last_path = f->metrics_path = f->run_path = f->images_path = NULL;
}

static oc_status set_paths(oc_fit *f, oc_error *err) {
  const char *folder = f->folder.work;
  release_paths(f);
  f->model_path = oc_path_join(folder, "model.safetensors");
  f->last_path = oc_path_join(folder, "last.safetensors");
  f->metrics_path = oc_path_join(folder, "metrics.jsonl");
  f->run_path = oc_path_join(folder, "run.json");
  f->images_path = oc_path_join(folder, "images.list");
  if (f->model_path && f->last_path && f->metrics_path && f->run_path && f->images_path) return OC_OK;
  return oc_fail_memory(err, strlen(folder) + 20);
}

oc_status oc_fit_open_folder(oc_fit *f, oc_error *err) {
  if (!f->o.out) return OC_OK;
  const oc_run_kind kind = f->o.resume ? OC_RUN_RESUME : f->o.replace ? OC_RUN_REPLACE : OC_RUN_NEW;
  TRY(oc_run_folder_open(f->o.out, kind, &f->folder, err));
  return set_paths(f, err);
}

oc_status oc_fit_take_place(oc_fit *f, oc_error *err) {
  if (!oc_run_folder_waits(&f->folder)) return OC_OK;
  TRY(oc_run_folder_take_place(&f->folder, err));
  return set_paths(f, err);
}

/* Heads that the model never took. */
static void forget_heads(oc_fit *f) {
  if (f->model_before.count && f->model->graph->count == f->model_after.count &&
      !oc_heads_equal(&f->heads, &f->model->heads))
    oc_graph_back(f->model->graph, f->model_before);
}

void oc_fit_release(oc_fit *f) {
  oc_average_release(&f->average); /* which scores by the model's graph */
  forget_heads(f);
  oc_callbacks_release(&f->callbacks);
  release_plans(f);
  oc_memory_free(f->augment.scratch);
  oc_augmentation_free(f->augmentation);
  oc_soft_targets_release(&f->soft);
  oc_balance_release(&f->balance);
  oc_session_free(f->session);
  oc_graph_free(f->graph);
  oc_memory_free(f->order);
  oc_memory_free(f->step_ms);
  oc_text_release(&f->metrics);
  release_paths(f);
  oc_run_folder_close(&f->folder, f->saved);
  json_decref(f->result_config);
}
