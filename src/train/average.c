/* average.c: keeps an exponential moving average of all variables of the model, weights and the moving
 * averages of batch normalization (Polyak and Juditsky 1992). Step n, from 0, keeps min(decay, (1 + n) /
 * (10 + n)) of the average, as TensorFlow's ExponentialMovingAverage with num_updates: the first weights
 * are soon forgotten, whatever the decay. */
#include "train/average.h"
#include "base/checked.h"
#include "train/fit.h"
#include <math.h>

static oc_status make_plan(oc_fit *f, oc_error *err) {
  oc_node fetches[2 + OC_SCORES_MAX];
  const oc_plan_request request = {.session = f->average.session,
                                   .nodes = &f->model_nodes,
                                   .fetches = fetches,
                                   .count = oc_heads_fetches(f->model, &f->heads, &f->model_nodes, fetches),
                                   .heads = &f->heads};
  f->average.score.input = f->score.input;
  return oc_model_plan_bound(&request, &f->score.input, &f->average.score.plan, err);
}

oc_status oc_average_create(oc_fit *f, oc_error *err) {
  if (f->recipe[OC_RECIPE_EMA] == 0) return OC_OK;
  oc_session_options options = f->model->options;
  options.kernels = f->o.kernels;
  TRY(oc_session_create(f->model->graph, &options, &f->average.session, err));
  TRY(make_plan(f, err));
  return oc_variables_average_prepare(f->average.session, f->session, f->weights, err);
}

void oc_average_release(oc_average *a) {
  oc_plan_free(a->score.plan);
  oc_session_free(a->session);
}

void oc_average_step(oc_fit *f, int64_t before) {
  const double n = (double)before, keep = fmin(f->recipe[OC_RECIPE_EMA], (1 + n) / (10 + n));
  if (f->average.session)
    oc_variables_average(f->average.session, f->session, f->weights, before == 0 ? 0 : keep);
}

/* True if the averages are better than the weights: of two that are equally often right, those of the lower
 * loss. */
static bool is_better(const oc_fit *f, const oc_event *e) {
  if (!f->valid) return true;
  if (!isfinite(e->averaged_loss)) return false;
  if (oc_heads_by_accuracy(&f->heads) && e->averaged_accuracy != e->valid_accuracy)
    return e->averaged_accuracy > e->valid_accuracy;
  return e->averaged_loss < e->valid_loss;
}

oc_status oc_average_measure(oc_fit *f, oc_event *e, oc_error *err) {
  if (!f->average.session) return OC_OK;
  if (f->valid) {
    oc_score score;
    const oc_scoring s = {
        f->model,         &f->heads, &f->average.score, oc_session_thread_pool(f->session), f->valid,
        f->valid_targets, NULL};
    TRY(oc_model_score(&s, &score, NULL, err));
    e->averaged_loss = score.loss;
    if (oc_heads_count(&f->heads)) e->averaged_accuracy = (double)score.correct / (double)score.count;
  }
  e->averaged = is_better(f, e);
  return OC_OK;
}

const oc_session *oc_average_better(const oc_fit *f, bool averaged) {
  return averaged ? f->average.session : f->session;
}
