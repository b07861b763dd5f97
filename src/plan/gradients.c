/* gradients.c: places the gradients of a plan's training steps in one block, for
 * oc_plan_options.keep_gradients. Each is at the offset that its variable has among the trainable variables
 * (variable_table.c), and stays there until the next run.
 *
 *  * A gradient with its own tensor is computed in its place. One that has another use of
 * its memory (a constant, a fed value, the gradient of two variables) is copied there. A placed gradient
 * counts as fetched, so no fusion removes it: an update is then a separate step, with the same bits. */
#include "ops/ops.h"
#include "plan/plan.h"

/* True if the value is computed, has the size of variable v, and is not placed yet. */
static bool is_free(const oc_plan *p, int32_t value, const oc_tensor_desc *v) {
  const oc_plan_value *g = &p->values[value];
  return g->producer >= 0 && g->storage == OC_STORE_ARENA && !g->placed && g->type.dtype == v->dtype &&
         !oc_tensor_desc_batched(&g->type) && oc_tensor_desc_row(&g->type) == oc_tensor_desc_row(v);
}

/* Adds a step that copies *value, which becomes the copy. */
static oc_status add_copy(oc_plan *p, int32_t *value, oc_error *err) {
  oc_plan_value copy = {
      .type = p->values[*value].type, .name = p->values[*value].name, .op = -1, .view_of = -1};
  const oc_cast_attrs attrs = {copy.type.dtype};
  oc_plan_step step = {.prepack = -1, .only_for = -1, .refused = "", .segment = -1};
  step.info = (oc_op_info){.op = oc_ops_find(copy.type.dtype, "cast"), .name = copy.name};
  step.info.attrs = oc_arena_copy(&p->arena, &attrs, sizeof attrs);
  if (!step.info.attrs) return oc_fail_memory(err, sizeof attrs);
  TRY(oc_plan_own_inputs(p, &step, 1, err));
  step.in[0] = *value;
  step.info.in[0] = copy.type;
  TRY(step.info.op->infer(&step.info, err));
  copy.storage = OC_STORE_ARENA;
  copy.producer = p->step_count;
  step.out[0] = *value = oc_plan_add_value(p, &copy);
  return *value < 0 || oc_plan_add_step(p, &step) < 0 ? oc_fail_memory(err, sizeof step) : OC_OK;
}

static oc_status place_gradient(oc_plan *p, int variable, int32_t gradient, oc_error *err) {
  const oc_variable_row *row = &p->s->rows[variable];
  int32_t value = oc_plan_root(p, gradient);
  if (!is_free(p, value, oc_graph_value(p->s->g, oc_graph_variable_at(p->s->g, variable)))) {
    value = gradient;
    TRY(add_copy(p, &value, err));
  }
  p->values[value].placed = p->values[value].fetched = true;
  p->values[value].offset = row->offset;
  return OC_OK;
}

/* Places the gradients of one training step. taken[i]: variable i has one already. */
static oc_status place_step(oc_plan *p, const oc_graph_step *step, const oc_plan_nodes *nodes, bool *taken,
                            oc_error *err) {
  for (int32_t i = 0; i < step->gradient_count; i++) {
    const int variable = step->gradients[i].variable;
    const oc_node gradient = step->gradients[i].node;
    if (!nodes->needed[oc_node_index(gradient)] || p->s->rows[variable].block != OC_BLOCK_TRAINABLE) continue;
    if (taken[variable])
      return oc_fail(err, OC_E_ARGUMENT, "oc_plan_options.keep_gradients",
                     "Make one plan for each training step.",
                     "two training steps of the plan change '%.120s'", oc_variable_name(p->s, variable));
    taken[variable] = true;
    TRY(place_gradient(p, variable, nodes->value[oc_node_index(gradient)] + gradient.out, err));
  }
  return OC_OK;
}

oc_status oc_plan_place_gradients(oc_plan *p, const oc_plan_nodes *nodes, oc_error *err) {
  const oc_graph *g = p->s->g;
  bool *taken = oc_memory_array((size_t)p->s->variable_count, sizeof *taken);
  oc_status status = taken ? OC_OK : oc_fail_memory(err, (size_t)p->s->variable_count);
  p->gradient_bytes = oc_trainable_bytes(p->s);
  for (int k = 0; k < g->step_count && status == OC_OK; k++)
    if (oc_graph_step_needed(g, &g->steps[k], nodes->needed))
      status = place_step(p, &g->steps[k], nodes, taken, err);
  oc_memory_free(taken);
  return status;
}

const void *oc_plan_gradients(const oc_plan *p, size_t *bytes) {
  if (bytes) *bytes = p ? p->gradient_bytes : 0;
  return p && p->gradient_bytes && p->ran ? p->memory : NULL;
}
