/* build.c: makes steps and values of the nodes that the fetches need.
 *
 * With training = false an operation that is then the identity (dropout) vanishes, and one that then reads
 * something else (batch norm: moving averages) gets those inputs, before needed nodes are determined. A
 * computed node that is fed is a source. */
#include "base/checked.h"
#include "ops/ops.h"
#include "plan/plan.h"
#include <string.h>

typedef struct builder {
  oc_plan *p;
  const oc_graph *g;
  oc_plan_nodes nodes;
  oc_node *guards; /* two for each training step of the graph at most */
  int guard_count;
} builder;

static bool identity(const builder *b, const oc_op *op) {
  return !b->p->options.training && op->inference_identity;
}

/* Input i of a node in this plan. */
static oc_node input(const builder *b, int32_t op, int i) {
  const oc_graph_node *n = &b->g->nodes[op];
  return n->in[oc_op_input(n->info.op, i, b->p->options.training)];
}

/* Inputs that this plan reads: an identity has one, and what inference_swap took from elsewhere is not read
 * again. */
static int input_count(const builder *b, int32_t op) {
  const oc_graph_node *n = &b->g->nodes[op];
  return identity(b, n->info.op) ? 1 : n->info.n_in;
}

static oc_status check_size(const oc_plan *p, const oc_op_info *info, const oc_tensor_desc *v,
                            oc_error *err) {
  int64_t count, bytes;
  if (oc_shape_count(&v->shape, p->options.batch, &count, NULL) == OC_OK &&
      oc_mul_i64(count, (int64_t)oc_dtype_size(v->dtype), &bytes) && bytes < INT64_MAX / 4096)
    return OC_OK;
  char text[128];
  return oc_fail(err, OC_E_MEMORY, info->name, "Use a smaller batch or smaller layers.",
                 "tensor %s for %lld samples is too large", oc_shape_text(&v->shape, text, sizeof text),
                 (long long)p->options.batch);
}

/* True for what is bound instead of computed. */
static bool is_fed(const builder *b, int32_t op) {
  const oc_node feed = b->p->options.feed;
  return oc_node_valid(feed) && oc_node_index(feed) == op;
}

static bool is_source(const builder *b, int32_t op) {
  return b->g->nodes[op].info.op->is_source || is_fed(b, op);
}

static oc_plan_value source_value(const builder *b, int32_t op) {
  const oc_graph_node *n = &b->g->nodes[op];
  oc_plan_value v = {.storage = OC_STORE_FEED};
  if (n->variable >= 0) {
    v.storage = OC_STORE_PERSISTENT;
    v.data = oc_variable_data(b->p->s, n->variable);
  } else if (n->info.op->is_source && n->info.attrs) {
    v.storage = OC_STORE_PERSISTENT;
    v.data = ((const oc_constant_attrs *)n->info.attrs)->data;
  }
  return v;
}

static oc_status add_values(builder *b, int32_t op, int32_t producer, int32_t view_of, oc_error *err) {
  const oc_op_info *info = &b->g->nodes[op].info;
  b->nodes.value[op] = b->p->value_count;
  for (int i = 0; i < (info->n_out ? info->n_out : 1); i++) {
    oc_plan_value v = is_source(b, op) ? source_value(b, op) : (oc_plan_value){.storage = OC_STORE_ARENA};
    if (info->n_out) {
      TRY(check_size(b->p, info, &info->out[i], err));
      v.type = info->out[i];
    } else {
      v.storage = OC_STORE_NONE;
      v.type = (oc_tensor_desc){b->g->real, OC_SCALAR_SHAPE};
    }
    v.name = info->name;
    v.op = op;
    v.producer = producer;
    v.view_of = i == 0 ? view_of : -1;
    if (oc_plan_add_value(b->p, &v) < 0) return oc_fail_memory(err, sizeof v);
  }
  return OC_OK;
}

static oc_status add_node(builder *b, int32_t op, oc_error *err) {
  const oc_op_info *info = &b->g->nodes[op].info;
  if (is_source(b, op)) return add_values(b, op, -1, -1, err);
  if (info->op->is_view || identity(b, info->op)) {
    const oc_node in = input(b, op, 0);
    return add_values(b, op, -1, b->nodes.value[oc_node_index(in)] + in.out, err);
  }
  oc_plan_step step = {.info = *info, .prepack = -1, .only_for = -1, .refused = "", .segment = -1};
  TRY(oc_plan_own_inputs(b->p, &step, info->n_in, err));
  for (int i = 0; i < info->n_in; i++) {
    const oc_node in = input(b, op, i);
    step.in[i] = b->nodes.value[oc_node_index(in)] + in.out;
    step.info.in[i] = b->p->values[step.in[i]].type;
  }
  step.updates = info->op->updates != 0;
  const int32_t index = oc_plan_add_step(b->p, &step);
  if (index < 0) return oc_fail_memory(err, sizeof step);
  TRY(add_values(b, op, index, -1, err));
  for (int i = 0; i < info->n_out; i++) b->p->steps[index].out[i] = b->nodes.value[op] + i;
  return OC_OK;
}

/* Variables change only while the losses of the training steps in the plan are finite, so these are computed
 * too. */
static void mark_guards(builder *b) {
  for (int i = 0; i < b->g->step_count; i++) {
    const oc_graph_step *step = &b->g->steps[i];
    if (!oc_graph_step_needed(b->g, step, b->nodes.needed)) continue;
    b->nodes.needed[oc_node_index(step->loss)] = true;
    b->guards[b->guard_count++] = step->loss;
    if (oc_node_valid(step->scale)) b->guards[b->guard_count++] = step->scale;
  }
}

static void mark_inputs(builder *b) {
  for (int32_t op = b->g->count - 1; op >= 0; op--)
    if (b->nodes.needed[op] && !is_source(b, op))
      for (int i = 0; i < input_count(b, op); i++) b->nodes.needed[oc_node_index(input(b, op, i))] = true;
}

static void mark_needed(builder *b, const oc_node *fetches, int count) {
  for (int i = 0; i < count; i++) b->nodes.needed[oc_node_index(fetches[i])] = true;
  mark_inputs(b);
  mark_guards(b);
  if (b->guard_count) mark_inputs(b);
}

static void set_guards(builder *b) {
  oc_plan *p = b->p;
  for (int i = 0; i < b->guard_count; i++) {
    const int32_t value = oc_plan_root(p, b->nodes.value[oc_node_index(b->guards[i])] + b->guards[i].out);
    p->values[value].fetched = true;
    const bool factor = strcmp(b->g->nodes[oc_node_index(b->guards[i])].info.op->name, "clip_scale") == 0;
    p->guards[p->guard_count++] = (oc_plan_guard){value, factor};
  }
}

static oc_status build_steps(builder *b, const oc_node *fetches, int count, oc_error *err) {
  mark_needed(b, fetches, count);
  for (int32_t op = 0; op < b->g->count; op++)
    if (b->nodes.needed[op]) TRY(add_node(b, op, err));
  oc_plan *p = b->p;
  for (int i = 0; i < count; i++) {
    p->fetches[i] = b->nodes.value[oc_node_index(fetches[i])] + fetches[i].out;
    p->values[oc_plan_root(p, p->fetches[i])].fetched = true;
  }
  p->fetch_count = count;
  set_guards(b);
  return p->options.keep_gradients ? oc_plan_place_gradients(p, &b->nodes, err) : OC_OK;
}

oc_status oc_plan_build(oc_plan *p, const oc_node *fetches, int count, oc_error *err) {
  builder b = {.p = p, .g = p->s->g};
  b.nodes.needed = oc_memory_array((size_t)b.g->count, sizeof *b.nodes.needed);
  b.nodes.value = oc_memory_array((size_t)b.g->count, sizeof *b.nodes.value);
  b.guards = oc_memory_array(2 * (size_t)b.g->step_count + 1, sizeof *b.guards);
  p->guards = oc_memory_array(2 * (size_t)b.g->step_count + 1, sizeof *p->guards);
  p->fetches = oc_memory_array((size_t)count, sizeof *p->fetches);
  oc_status status;
  if (b.nodes.needed && b.nodes.value && b.guards && p->guards && p->fetches)
    status = build_steps(&b, fetches, count, err);
  else
    status = oc_fail_memory(err, (size_t)b.g->count * sizeof *b.nodes.value);
  oc_memory_free(b.nodes.needed);
  oc_memory_free(b.nodes.value);
  oc_memory_free(b.guards);
  return status;
}
