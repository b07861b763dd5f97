/* model_of_graph.c: makes a model of a graph that was built by calls. The model has a copy of the part that
 * leads to its outputs, made as a file does: anything that a file cannot store shows now, not only when
 * training saves it. */
#include "base/options.h"
#include "formats/graph_text.h"
#include "model/model.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

oc_graph_model_options oc_graph_model_defaults(void) {
  return (oc_graph_model_options){.struct_size = sizeof(oc_graph_model_options)};
}

/* ---- the caller's graph -------------------------------------------------------------------------------- */

static bool is_image_input(const oc_graph *g, oc_node input) {
  const oc_shape s = oc_node_shape(g, input);
  return oc_graph_has(g, input) && strcmp(oc_node_op(g, input), "placeholder") == 0 &&
         oc_node_dtype(g, input) == OC_F32 && s.rank == 4 && s.dim[0] == OC_BATCH && s.dim[1] >= 1 &&
         s.dim[1] <= OC_MODEL_MAX_SIDE && s.dim[2] >= 1 && s.dim[2] <= OC_MODEL_MAX_SIDE && s.dim[3] >= 1 &&
         s.dim[3] <= OC_MODEL_MAX_SIDE;
}

static bool are_numbers(const oc_graph *g, oc_node node, int64_t least) {
  const oc_shape s = oc_node_shape(g, node);
  return oc_graph_has(g, node) && oc_node_dtype(g, node) == OC_F32 && s.rank == 2 && s.dim[0] == OC_BATCH &&
         s.dim[1] >= least && s.dim[1] <= OC_MODEL_MAX_CLASSES;
}

static oc_status check_input(const oc_graph *g, oc_node input, oc_error *err) {
  TRY(oc_graph_status(g, err));
  if (is_image_input(g, input)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "input", "Pass a placeholder of this graph.",
                 "must be a float32 placeholder (OC_BATCH, height, width, channels), each 1 to %d",
                 OC_MODEL_MAX_SIDE);
}

static oc_status check_logits(const oc_graph *g, oc_node logits, oc_error *err) {
  if (are_numbers(g, logits, 2)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "logits", "Pass a node of this graph that follows from the input.",
                 "must be float32 (OC_BATCH, classes) with 2 to %d classes", OC_MODEL_MAX_CLASSES);
}

static oc_status check_output(const oc_graph *g, const oc_output *o, oc_error *err) {
  const char *name = o->answers.name ? o->answers.name : "outputs";
  if (!are_numbers(g, o->node, 1))
    return oc_fail(err, OC_E_ARGUMENT, name, "Pass a node of this graph that follows from the input.",
                   "must be float32 (OC_BATCH, size) with a size of 1 to %d", OC_MODEL_MAX_CLASSES);
  const int64_t size = oc_node_shape(g, o->node).dim[1];
  if (o->answers.size == 0 || o->answers.size == size) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, name, "Leave the size 0, or give the node as many values.",
                 "size is %lld, but its node has %lld values", (long long)o->answers.size, (long long)size);
}

static oc_status check_outputs(const oc_graph *g, const oc_output *outputs, int count, oc_error *err) {
  if (count < 1 || count > OC_TARGETS_MAX)
    return oc_fail(err, OC_E_ARGUMENT, "outputs", "", "must be 1 to %d, got %d", OC_TARGETS_MAX, count);
  for (int i = 0; i < count; i++) TRY(check_output(g, &outputs[i], err));
  return OC_OK;
}

/* Only the input is fed when the model answers. */
static oc_status check_placeholders(const oc_graph *g, oc_node input, const bool *wanted, oc_error *err) {
  for (int32_t op = 0; op < g->count; op++) {
    const oc_op_info *info = oc_graph_info(g, op);
    if (!wanted[op] || op == oc_node_index(input) || strcmp(info->op->name, "placeholder") != 0) continue;
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Use a constant or a variable.",
                   "an output depends on a placeholder that is not the input");
  }
  return OC_OK;
}

static oc_status check_wanted(const oc_graph *g, const oc_graph_ends *ends, oc_error *err) {
  const oc_graph_mark all = oc_graph_mark_now(g);
  bool *wanted = oc_memory_array((size_t)g->count, sizeof *wanted);
  if (!wanted) return oc_fail_memory(err, (size_t)g->count * sizeof *wanted);
  oc_graph_want(g, &all, ends, wanted);
  const oc_status status = check_placeholders(g, ends->input, wanted, err);
  oc_memory_free(wanted);
  return status;
}

/* Files have no initial values. */
static void take_inits(oc_graph *to, const oc_graph *from) {
  for (int i = 0; i < to->variable_count; i++) {
    const int32_t op = oc_graph_lookup(from, oc_node_name(to, oc_graph_variable_at(to, i)));
    to->variables[i].init = *oc_graph_variable_init(from, from->nodes[op].variable);
  }
}

static oc_status take_graph(oc_model *m, const oc_graph *g, const oc_graph_ends *ends, oc_error *err) {
  const oc_graph_mark all = oc_graph_mark_now(g);
  char *text;
  TRY(check_wanted(g, ends, err));
  TRY(oc_graph_write(g, &all, ends, &text, err));
  const oc_status status = oc_model_read_graph(m, text, err);
  oc_memory_free(text);
  if (status == OC_OK) take_inits(m->graph, g);
  return status;
}

/* ---- outputs, standardization, weights ----------------------------------------------------------------- */

static oc_status check_like(const oc_model *m, const oc_dataset *train_data, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(train_data);
  if (s.height == m->size.height && s.width == m->size.width && s.channels == m->size.channels) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "train_data", "Use images of the input's size.",
                 "its images are %lldx%lldx%lld; the input takes %lldx%lldx%lld", (long long)s.height,
                 (long long)s.width, (long long)s.channels, (long long)m->size.height,
                 (long long)m->size.width, (long long)m->size.channels);
}

/* The target that an output answers: of its name, or the only one for the only output. NULL: none. */
static const oc_target *target_of(const oc_dataset *d, const char *name, int outputs) {
  const int count = oc_dataset_target_count(d);
  for (int i = 0; i < count; i++)
    if (name && strcmp(oc_dataset_target(d, i)->name, name) == 0) return oc_dataset_target(d, i);
  return outputs == 1 && count == 1 ? oc_dataset_target(d, 0) : NULL;
}

static oc_status take_output(oc_model *m, const oc_target *answers, const oc_dataset *d, int outputs,
                             oc_error *err) {
  oc_target t = *answers;
  const oc_target *like = target_of(d, t.name, outputs);
  if (like && (like->kind != t.kind || like->size != t.size))
    return oc_fail(err, OC_E_ARGUMENT, "train_data", "Give each output the kind and size of its target.",
                   "its target '%s' is %s of size %lld; the output is %s of size %lld", like->name,
                   oc_target_kind_words(like->kind), (long long)like->size, oc_target_kind_words(t.kind),
                   (long long)t.size);
  if (like && !t.class_names) t.class_names = like->class_names;
  oc_error why = {0};
  const oc_status status = oc_model_add_output(m, &t, &why);
  if (status != OC_E_DATA) return status == OC_OK ? OC_OK : oc_fail_memory(err, 256);
  return oc_fail(err, OC_E_ARGUMENT, why.where, why.hint, "%s", why.message);
}

static oc_status take_outputs(oc_model *m, const oc_graph *g, const oc_output *outputs, int count,
                              const oc_dataset *d, oc_error *err) {
  for (int i = 0; i < count; i++) {
    oc_target t = outputs[i].answers;
    t.size = oc_node_shape(g, outputs[i].node).dim[1];
    TRY(take_output(m, &t, d, count, err));
  }
  return OC_OK;
}

static oc_status take_standardizer(oc_model *m, const oc_graph_model_options *o, oc_error *err) {
  const int64_t count = m->size.height * m->size.width * m->size.channels;
  oc_standardizer *s = &m->standardizer;
  if (o->train_data && !o->mean && o->deviation == 0)
    return oc_model_look_at(m, o->train_data, o->standardize, err);
  *s = (oc_standardizer){.count = count,
                         .channels = m->size.channels,
                         .how = OC_STANDARDIZE_PIXEL,
                         .deviation = o->deviation == 0 ? 1 : o->deviation};
  s->mean = oc_memory_array((size_t)count, sizeof *s->mean);
  if (!s->mean) return oc_fail_memory(err, (size_t)count * sizeof *s->mean);
  if (o->mean) memcpy(s->mean, o->mean, (size_t)count * sizeof *s->mean);
  const oc_tensor mean = {OC_F32, OC_SHAPE(count), s->mean};
  if (s->deviation > 0 && isfinite(s->deviation) && oc_tensor_finite(&mean, count)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "mean, deviation", "",
                 "must be finite numbers, and the deviation greater than 0");
}

static oc_status take_weights(oc_model *m, const oc_session *from, oc_error *err) {
  for (int i = 0; from && i < m->own.variable_count; i++) {
    oc_variable_info v;
    (void)oc_variable_entry(m->session, i, &v);
    const int index = oc_variable_index(from, v.name);
    if (index < 0)
      return oc_fail(err, OC_E_ARGUMENT, "weights", "Pass a session of this graph.",
                     "unknown variable '%.120s'", v.name);
    TRY(oc_variable_get(from, index, oc_variable_value(m->session, i).data, v.bytes, err));
  }
  return OC_OK;
}

/* ---- the model ----------------------------------------------------------------------------------------- */

typedef struct source {
  const oc_graph *g;
  oc_node input;
  const oc_output *outputs;
  int count;
} source;

static oc_status fill_model(oc_model *m, const source *from, const oc_graph_model_options *o, oc_error *err) {
  const oc_shape image = oc_node_shape(from->g, from->input);
  oc_node nodes[OC_TARGETS_MAX];
  for (int i = 0; i < from->count; i++) nodes[i] = from->outputs[i].node;
  m->size = (oc_image_shape){image.dim[1], image.dim[2], image.dim[3]};
  m->options = oc_session_resolve(o->session);
  if (!m->options.registry) m->options.registry = from->g->registry;
  if (o->train_data) TRY(check_like(m, o->train_data, err));
  TRY(take_outputs(m, from->g, from->outputs, from->count, o->train_data, err));
  oc_preprocessing_take(m, o->train_data);
  TRY(oc_model_note(m, err));
  TRY(take_graph(m, from->g, &(oc_graph_ends){from->input, nodes, from->count}, err));
  TRY(take_standardizer(m, o, err));
  TRY(oc_model_start(m, err));
  return take_weights(m, o->weights, err);
}

static oc_status make_model(const source *from, const oc_graph_model_options *o, oc_model **out,
                            oc_error *err) {
  oc_model *m;
  TRY(oc_model_new(&m, err));
  const oc_status status = fill_model(m, from, o, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}

static oc_status read_options(const oc_graph_model_options *options, oc_graph_model_options *o,
                              oc_error *err) {
  *o = oc_graph_model_defaults();
  if (options) OC_OPTIONS_READ(*o, options);
  return oc_options_check(o->struct_size, sizeof *o, "oc_graph_model_options", err);
}

oc_status oc_model_from_graph(const oc_graph *g, oc_node input, oc_node logits,
                              const oc_graph_model_options *options, oc_model **out, oc_error *err) {
  NEED(g, out);
  *out = NULL;
  oc_graph_model_options o;
  TRY(read_options(options, &o, err));
  TRY(check_input(g, input, err));
  TRY(check_logits(g, logits, err));
  const oc_output output = {logits, {.name = "label", .kind = OC_TARGET_CLASS, .class_names = o.class_names}};
  return make_model(&(source){g, input, &output, 1}, &o, out, err);
}

oc_status oc_model_from_outputs(const oc_graph *g, oc_node input, const oc_output *outputs, int count,
                                const oc_graph_model_options *options, oc_model **out, oc_error *err) {
  NEED(g, outputs, out);
  *out = NULL;
  oc_graph_model_options o;
  TRY(read_options(options, &o, err));
  TRY(check_input(g, input, err));
  TRY(check_outputs(g, outputs, count, err));
  return make_model(&(source){g, input, outputs, count}, &o, out, err);
}
