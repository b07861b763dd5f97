/* custom_op.c: operations that a caller adds at run time (ocellus/registry.h). A caller's descriptor
 * becomes two rows like those of ops.def, one for each real type; the functions here stand in the rows,
 * call the caller's, and check what they did. */
#include "base/options.h"
#include "graph/graph.h"
#include "ops/ops.h"
#include "ops/shape_rules.h"
#include <string.h>

#ifdef OC_OPS_FLOAT
#define ROW "oc_custom_op"
/* Sums with it do not overflow, and no machine has it: a plan of this size is refused. */
#define MOST_SCRATCH ((size_t)1 << 44)

static oc_dtype real_of(const oc_op *op) {
  return op == &op->custom->rows[1] ? OC_F64 : OC_F32;
}

/* What a caller's function said in `said`, as an error of this use. */
static oc_status pass_on(const oc_op_info *info, oc_status status, oc_error *said, oc_error *err) {
  said->message[sizeof said->message - 1] = 0;
  said->hint[sizeof said->hint - 1] = 0;
  if (said->message[0]) return oc_fail(err, status, info->name, said->hint, "%s", said->message);
  return oc_fail(err, status, info->name, said->hint, "operation %s failed: %s", info->op->name,
                 oc_status_text(status));
}

/* ---- shape rule ---------------------------------------------------------------------------------------- */

static bool is_output(const oc_op_info *info, const oc_tensor_desc *value) {
  const oc_shape *s = &value->shape;
  if (oc_dtype_size(value->dtype) == 0 || s->rank < 0 || s->rank > OC_MAX_RANK) return false;
  if (oc_tensor_desc_batched(value) && !oc_info_batched(info)) return false;
  for (int i = 0; i < s->rank; i++)
    if (s->dim[i] < 0 && !(i == 0 && s->dim[i] == OC_BATCH)) return false;
  return true;
}

static oc_status check_output(oc_op_info *info, int i, oc_error *err) {
  oc_tensor_desc *value = &info->out[i];
  char text[128];
  if (value->dtype == OC_F32 || value->dtype == OC_F64) value->dtype = real_of(info->op);
  if (!is_output(info, value))
    return oc_fail(
        err, OC_E_NET, info->name,
        "Give each output a type and sizes of at least 0; axis 0 may be OC_BATCH if that of an input is.",
        "operation %s gives output %d the type %s and the shape %s", info->op->name, i,
        oc_dtype_name(value->dtype), oc_shape_text(&value->shape, text, sizeof text));
  if (oc_info_batched(info) && !oc_tensor_desc_batched(value) && value->dtype != real_of(info->op))
    return oc_fail(err, OC_E_NET, info->name, "Make it float32, or give it the batch axis.",
                   "output %d of operation %s is a sum over the samples and must be real, got %s", i,
                   info->op->name, oc_dtype_name(value->dtype));
  return oc_infer_output(info, i, value->dtype, value->shape, err);
}

static oc_status custom_infer(oc_op_info *info, oc_error *err) {
  oc_error said = {0};
  info->n_out = 0;
  if (info->n_in < 1)
    return oc_fail(err, OC_E_NET, info->name, "Use oc_constant or oc_variable for what has no inputs.",
                   "operation %s needs at least one input", info->op->name);
  const oc_status status = info->op->custom->is.infer(info, &said);
  if (status != OC_OK) return pass_on(info, status, &said, err);
  if (info->n_out < 1)
    return oc_fail(err, OC_E_NET, info->name, "Call oc_op_set_output for output 0, 1 .. in order, 4 at most.",
                   "the shape rule of operation %s has set no outputs, or not in order", info->op->name);
  for (int i = 0; i < info->n_out; i++) TRY(check_output(info, i, err));
  const bool same = info->out[0].dtype == info->in[0].dtype && info->in[0].dtype == real_of(info->op) &&
                    oc_shape_equal(&info->out[0].shape, &info->in[0].shape);
  if (!info->op->custom->is.elementwise || same) return OC_OK;
  return oc_fail(err, OC_E_NET, info->name, "Leave elementwise out, or give the output the input's shape.",
                 "operation %s is elementwise, but its output is not like its real input", info->op->name);
}

/* ---- gradient ------------------------------------------------------------------------------------------ */

static void check_gradient(oc_graph *g, const oc_op_info *info, int i, oc_node dx) {
  char is[128], must[128];
  const char *hint = "Give each input that has one a gradient of its own shape and type.";
  if (!oc_node_valid(dx) || oc_graph_failed(g)) return;
  if (!oc_graph_has(g, dx)) {
    oc_graph_fail(g, OC_E_NET, info->name, hint,
                  "the gradient of operation %s for input %d is not a node of the graph", info->op->name, i);
    return;
  }
  const oc_tensor_desc *got = oc_graph_value(g, dx), *wanted = &info->in[i];
  if (got->dtype == wanted->dtype && oc_shape_equal(&got->shape, &wanted->shape)) return;
  oc_graph_fail(g, OC_E_NET, info->name, hint,
                "the gradient of operation %s for input %d is %s %s, but the input is %s %s", info->op->name,
                i, oc_dtype_name(got->dtype), oc_shape_text(&got->shape, is, sizeof is),
                oc_dtype_name(wanted->dtype), oc_shape_text(&wanted->shape, must, sizeof must));
}

/* The use is copied, since nodes move while the graph grows. */
static void custom_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_op_info info = *oc_graph_info(g, node);
  const int32_t depth = g->depth;
  info.op->custom->is.gradient(g, oc_node_of(node, 0), &info, dy, dx);
  for (int i = 0; i < info.n_in; i++) check_gradient(g, &info, i, dx[i]);
  if (g->depth != depth)
    oc_graph_fail(g, OC_E_NET, info.name, "End each oc_scope_push with oc_scope_pop.",
                  "the gradient of operation %s leaves another scope than it found", info.op->name);
}

/* ---- running ------------------------------------------------------------------------------------------- */

static void run_and_note(const oc_call *call, oc_status (*run)(const oc_call *, oc_error *)) {
  oc_error said = {0};
  const oc_status status = run(call, &said);
  oc_run_failure *failure = call->state ? call->state->failure : NULL;
  if (status == OC_OK || !failure || atomic_exchange(&failure->taken, true)) return;
  (void)pass_on(call->info, status, &said, &failure->error);
}

static void custom_run_f32(const oc_call *call) {
  run_and_note(call, call->info->op->custom->is.run_f32);
}
static void custom_run_f64(const oc_call *call) {
  run_and_note(call, call->info->op->custom->is.run_f64);
}

static size_t custom_scratch(const oc_op_info *info, int64_t samples) {
  const size_t bytes = info->op->custom->is.scratch(info, samples);
  return bytes < MOST_SCRATCH ? bytes : MOST_SCRATCH;
}

/* ---- describing ---------------------------------------------------------------------------------------- */

static void describe_attribute(const oc_attribute *a, const void *at, const oc_attribute_sink *sink) {
  int64_t wholes[OC_MAX_RANK];
  switch (a->kind) {
  case OC_ATTRIBUTE_BOOL:
    sink->flag(sink->to, a->name, *(const bool *)at);
    break;
  case OC_ATTRIBUTE_DTYPE:
    sink->type(sink->to, a->name, *(const oc_dtype *)at);
    break;
  case OC_ATTRIBUTE_SHAPE:
    sink->wholes(sink->to, a->name, ((const oc_shape *)at)->dim, (size_t)((const oc_shape *)at)->rank);
    break;
  case OC_ATTRIBUTE_F64:
    if (a->count == 1) sink->real(sink->to, a->name, *(const double *)at);
    break;
  case OC_ATTRIBUTE_I64:
    sink->wholes(sink->to, a->name, at, (size_t)a->count);
    break;
  case OC_ATTRIBUTE_INT:
    for (int i = 0; i < a->count && i < OC_MAX_RANK; i++) wholes[i] = ((const int *)at)[i];
    sink->wholes(sink->to, a->name, wholes, (size_t)(a->count < OC_MAX_RANK ? a->count : OC_MAX_RANK));
    break;
  default:
    break;
  }
}

static void custom_describe(const oc_op_info *info, const oc_attribute_sink *sink) {
  for (const oc_attribute *a = info->op->attributes; a && a->name; a++)
    describe_attribute(a, (const char *)info->attrs + a->offset, sink);
}

/* ---- adding -------------------------------------------------------------------------------------------- */

static size_t attribute_size(oc_attribute_kind kind) {
  switch (kind) {
  case OC_ATTRIBUTE_BOOL:
    return sizeof(bool);
  case OC_ATTRIBUTE_INT:
    return sizeof(int);
  case OC_ATTRIBUTE_I64:
    return sizeof(int64_t);
  case OC_ATTRIBUTE_F64:
    return sizeof(double);
  case OC_ATTRIBUTE_DTYPE:
    return sizeof(oc_dtype);
  case OC_ATTRIBUTE_SHAPE:
    return sizeof(oc_shape);
  case OC_ATTRIBUTE_AXES:
    return OC_MAX_RANK * sizeof(int);
  case OC_ATTRIBUTE_MASK:
    return sizeof(unsigned);
  }
  return 0;
}

/* Whole numbers and reals may be arrays; a field is aligned as its elements are, and lies in the struct. */
static bool is_field(const oc_attribute *a, size_t bytes) {
  const size_t size = attribute_size(a->kind);
  const bool listed =
      a->kind == OC_ATTRIBUTE_INT || a->kind == OC_ATTRIBUTE_I64 || a->kind == OC_ATTRIBUTE_F64;
  const size_t alignment = a->kind == OC_ATTRIBUTE_SHAPE  ? _Alignof(oc_shape)
                           : a->kind == OC_ATTRIBUTE_AXES ? sizeof(int)
                                                          : size;
  if (size == 0 || a->count < 1 || a->count > (listed ? 4096 : 1) || a->offset % alignment != 0) return false;
  return a->offset <= bytes && (size_t)a->count * size <= bytes - a->offset;
}

static oc_status check_attributes(const oc_custom_op *op, oc_error *err) {
  if (op->attribute_bytes > 65536 || (op->attribute_bytes > 0 && !op->attributes))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "List the fields in attributes.",
                   "%zu bytes of attributes without a list, or more than 65536", op->attribute_bytes);
  for (const oc_attribute *a = op->attributes; a && a->name; a++) {
    if (!oc_registry_is_word(a->name, "_", 40))
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Use letters, digits and '_'.",
                     "invalid attribute name '%.60s'", a->name);
    for (const oc_attribute *b = op->attributes; b != a; b++)
      if (strcmp(a->name, b->name) == 0)
        return oc_fail(err, OC_E_ARGUMENT, ROW, "", "duplicate attribute '%s'", a->name);
    if (!is_field(a, op->attribute_bytes))
      return oc_fail(err, OC_E_ARGUMENT, ROW, "Check kind, offset and count.",
                     "attribute '%s' does not lie in the %zu bytes of the struct", a->name,
                     op->attribute_bytes);
  }
  return OC_OK;
}

static oc_status check_op(const oc_registry *r, const oc_custom_op *op, oc_error *err) {
  TRY(oc_options_check(op->struct_size, sizeof *op, ROW, err));
  TRY(oc_registry_accepts(r, OC_ROW_OP, ROW, op->name, err));
  if (oc_ops_find(OC_F32, op->name))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use a name with a dot, such as \"mine.relu\".",
                   "'%s' is a built-in operation", op->name);
  if (op->node_name && !oc_registry_is_word(op->node_name, "_.-", 40))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use letters, digits, '_', '.' and '-'.",
                   "invalid node_name '%.60s'", op->node_name);
  if (!op->infer || !op->run_f32 || !op->run_f64)
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Set infer, run_f32 and run_f64.", "%s must not be NULL",
                   !op->infer     ? "infer"
                   : !op->run_f32 ? "run_f32"
                                  : "run_f64");
  if (op->inputs < 0 || (op->elementwise && op->inputs != 1))
    return oc_fail(err, OC_E_ARGUMENT, ROW, "Use 0 for any number.", "inputs must be at least 0%s, got %d",
                   op->elementwise ? ", and 1 of an elementwise operation" : "", op->inputs);
  return check_attributes(op, err);
}

/* The list of attributes with its names in the arena. */
static oc_status copy_attributes(oc_registry *r, oc_custom_op *op, oc_error *err) {
  size_t count = 0;
  while (op->attributes && op->attributes[count].name) count++;
  oc_attribute *list = oc_arena_alloc(oc_registry_arena(r), (count + 1) * sizeof *list);
  if (!list) return oc_fail_memory(err, (count + 1) * sizeof *list);
  for (size_t i = 0; i < count; i++) {
    list[i] = op->attributes[i];
    if (!oc_registry_text(r, op->attributes[i].name, NULL, &list[i].name)) return oc_fail_memory(err, 64);
  }
  op->attributes = list;
  return OC_OK;
}

static oc_op make_row(const oc_custom_rows *rows, oc_run_fn run) {
  const oc_custom_op *is = &rows->is;
  return (oc_op){.name = is->name,
                 .tf_name = is->node_name,
                 .attr_size = is->attribute_bytes,
                 .attributes = is->attributes,
                 .inputs = is->inputs,
                 .stored = is->stored,
                 .infer = custom_infer,
                 .gradient = is->gradient ? custom_gradient : NULL,
                 .cost = is->cost,
                 .scratch = is->scratch ? custom_scratch : NULL,
                 .describe = custom_describe,
                 .terms = is->elementwise ? OC_TERMS_FUNCTION : OC_TERMS_NONE,
                 .run = run,
                 .custom = rows};
}

oc_status oc_registry_add_op(oc_registry *r, const oc_custom_op *op, oc_error *err) {
  NEED(r, op);
  oc_custom_op is;
  OC_OPTIONS_READ(is, op);
  TRY(check_op(r, &is, err));
  oc_custom_rows *rows = oc_arena_alloc(oc_registry_arena(r), sizeof *rows);
  const bool copied = rows && oc_registry_text(r, is.name, NULL, &is.name) &&
                      oc_registry_text(r, is.node_name, is.name, &is.node_name);
  if (!copied) return oc_fail_memory(err, sizeof *rows);
  TRY(copy_attributes(r, &is, err));
  rows->is = is;
  rows->rows[0] = make_row(rows, custom_run_f32);
  rows->rows[1] = make_row(rows, custom_run_f64);
  return oc_registry_put(r, OC_ROW_OP, is.name, rows, err);
}

/* ---- using --------------------------------------------------------------------------------------------- */

void *oc_op_context(const oc_op_info *info) {
  return info && info->op->custom ? info->op->custom->is.context : NULL;
}

oc_node oc_graph_custom_op(oc_graph *g, const char *name, const oc_node *inputs, int count,
                           const void *attributes) {
  if (oc_graph_failed(g)) return OC_NO_NODE;
  const oc_custom_rows *rows = oc_registry_find(g->registry, OC_ROW_OP, name);
  if (!rows)
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_graph_custom_op",
                         "Make the graph with a registry that has it (oc_graph_options.registry).",
                         "unknown operation '%.60s'", name ? name : "(NULL)");
  if (count > 0 && !inputs)
    return oc_graph_fail(g, OC_E_ARGUMENT, "oc_graph_custom_op", "Pass an array of nodes.",
                         "inputs must not be NULL");
  const oc_op *op = &rows->rows[oc_graph_real(g) == OC_F64];
  void *zeros = attributes || !op->attr_size ? NULL : oc_memory_alloc(op->attr_size);
  if (op->attr_size && !attributes && !zeros)
    return oc_graph_fail(g, OC_E_MEMORY, name, "", "no memory for attributes");
  const oc_node node = oc_graph_add(g, op, inputs, count, attributes ? attributes : zeros);
  oc_memory_free(zeros);
  return node;
}
#endif
