/* fit_plan.c: prints the plans of a model: of a training step or a prediction. */
#include "train/fit.h"

static oc_status print_plan(oc_session *s, const oc_node *fetches, int count, const oc_plan_options *options,
                            oc_line_fn line, void *context, oc_error *err) {
  oc_plan *plan;
  TRY(oc_plan_create(s, fetches, count, options, &plan, err));
  const oc_status status = oc_plan_print(plan, line, context, err);
  oc_plan_free(plan);
  return status;
}

static oc_status print_training(oc_fit *f, const oc_plan_options *options, oc_line_fn line, void *context,
                                oc_error *err) {
  TRY(oc_fit_build(f, err));
  TRY(oc_session_sketch(f->graph, &f->model->options, &f->session, err));
  const oc_node fetches[] = {f->loss, f->step};
  return print_plan(f->session, fetches, 2, options, line, context, err);
}

/* Nothing is computed, so nothing needs memory: the session has none. */
static oc_status print_inference(const oc_model *m, const oc_plan_options *options, oc_line_fn line,
                                 void *context, oc_error *err) {
  oc_session *s;
  oc_node answers[OC_TARGETS_MAX];
  for (int i = 0; i < m->output_count; i++) answers[i] = m->nodes.outputs[i].answer;
  TRY(oc_session_sketch(m->graph, &m->options, &s, err));
  const oc_status status = print_plan(s, answers, m->output_count, options, line, context, err);
  oc_session_free(s);
  return status;
}

oc_status oc_network_plan(const oc_network *n, bool training, int64_t batch, oc_line_fn line, void *context,
                          oc_error *err) {
  NEED(n, line);
  if (!n || !line)
    return oc_fail(err, OC_E_ARGUMENT, "oc_network_plan", "", "network and line must not be NULL");
  oc_model *m;
  TRY(oc_network_model(n, &m, err));
  const oc_status status = oc_model_plan(m, training, batch, line, context, err);
  oc_model_free(m);
  return status;
}

oc_status oc_model_plan(oc_model *m, bool training, int64_t batch, oc_line_fn line, void *context,
                        oc_error *err) {
  NEED(m, line);
  if (!m || !line) return oc_fail(err, OC_E_ARGUMENT, "oc_model_plan", "", "model and line must not be NULL");
  const oc_plan_options options = {.batch = batch, .training = training};
  if (!training) return print_inference(m, &options, line, context, err);
  oc_fit f = {.model = m, .o = oc_fit_defaults(), .folder = OC_NO_RUN_FOLDER};
  TRY(oc_fit_read_options(&f, err));
  const oc_status status = print_training(&f, &options, line, context, err);
  oc_fit_release(&f);
  return status;
}
