/* activations.c: see activations.h. */
#include "inspect/activations.h"
#include <math.h>

oc_status oc_activations_fetch(oc_activations *l, oc_model *m, const uint8_t *pixels, const oc_node *fetches,
                               int count, oc_error *err) {
  const oc_plan_request request = {
      .session = m->session, .nodes = &m->nodes, .fetches = fetches, .count = count};
  const oc_images from = {.pixels = pixels};
  TRY(oc_input_create(1, m->size, NULL, 0, &l->input, err));
  TRY(oc_input_fill(&l->input, &from, 0, 1, &m->standardizer, NULL, err));
  TRY(oc_model_plan_bound(&request, &l->input, &l->plan, err));
  return oc_plan_run(l->plan, 1, (oc_rng_counter){0, 0}, err);
}

oc_status oc_activations_check(const oc_activations *l, oc_model *m, int at, oc_node node, oc_error *err) {
  const oc_tensor t = oc_plan_result(l->plan, at);
  int64_t count;
  TRY(oc_shape_count(&t.shape, 1, &count, err));
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(((const float *)t.data)[i])) return oc_model_find_nonfinite(m, &l->input, 1, node, err);
  return OC_OK;
}

void oc_activations_release(oc_activations *l) {
  oc_plan_free(l->plan);
  oc_input_release(&l->input);
  *l = (oc_activations){0};
}
