/* model_of_graph.c: a model of a graph that was built by calls. The model has a copy of the part that leads
 * to its answers, made as a file does: anything that a file cannot store shows now, not only when training
 * saves it. */
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

static bool are_logits(const oc_graph *g, oc_node logits) {
  const oc_shape s = oc_node_shape(g, logits);
  return oc_graph_has(g, logits) && oc_node_dtype(g, logits) == OC_F32 && s.rank == 2 &&
         s.dim[0] == OC_BATCH && s.dim[1] >= 2 && s.dim[1] <= OC_MODEL_MAX_CLASSES;
}

static oc_status check_ends(const oc_graph *g, oc_node input, oc_node logits, oc_error *err) {
  TRY(oc_graph_status(g, err));
  if (!is_image_input(g, input))
    return oc_fail(err, OC_E_ARGUMENT, "input", "Pass a placeholder of this graph.",
                   "must be a float32 placeholder (OC_BATCH, height, width, channels), each 1 to %d",
                   OC_MODEL_MAX_SIDE);
  if (are_logits(g, logits)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "logits", "Pass a node of this graph that follows from the input.",
                 "must be float32 (OC_BATCH, classes) with 2 to %d classes", OC_MODEL_MAX_CLASSES);
}

/* Only the input is fed when the model answers. */
static oc_status check_placeholders(const oc_graph *g, oc_node input, const bool *wanted, oc_error *err) {
  for (int32_t op = 0; op < g->count; op++) {
    const oc_op_info *info = oc_graph_info(g, op);
    if (!wanted[op] || op == oc_node_index(input) || strcmp(info->op->name, "placeholder") != 0) continue;
    return oc_fail(err, OC_E_ARGUMENT, info->name, "Use a constant or a variable.",
                   "the logits depend on a placeholder that is not the input");
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

/* Files say nothing of initial values. */
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

/* ---- classes, standardization, weights ----------------------------------------------------------------- */

static oc_status check_like(const oc_model *m, const oc_dataset *train_data, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(train_data);
  if (s.height != m->size.height || s.width != m->size.width || s.channels != m->size.channels)
    return oc_fail(err, OC_E_ARGUMENT, "train_data", "Use images of the input's size.",
                   "its images are %lldx%lldx%lld; the input takes %lldx%lldx%lld", (long long)s.height,
                   (long long)s.width, (long long)s.channels, (long long)m->size.height,
                   (long long)m->size.width, (long long)m->size.channels);
  if (oc_dataset_classes(train_data) == m->classes) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "train_data", "Give the logits one number for each class.",
                 "it has %d classes; the logits have %d", oc_dataset_classes(train_data), m->classes);
}

static const char *class_name(const oc_graph_model_options *o, int i, char number[16]) {
  if (o->class_names) return o->class_names[i];
  if (o->train_data) return oc_dataset_class_name(o->train_data, i);
  (void)snprintf(number, 16, "%d", i);
  return number;
}

static oc_status take_classes(oc_model *m, const oc_graph_model_options *o, oc_error *err) {
  m->class_names = oc_memory_array((size_t)m->classes, sizeof *m->class_names);
  if (!m->class_names) return oc_fail_memory(err, (size_t)m->classes * sizeof *m->class_names);
  for (int i = 0; i < m->classes; i++) {
    char number[16];
    const char *name = class_name(o, i, number);
    if (!name || !oc_class_name_is_sound(name))
      return oc_fail(err, OC_E_ARGUMENT, "class_names", "Name classes in UTF-8, without control characters.",
                     "the name of class %d is not valid UTF-8, or has control characters", i);
    m->class_names[i] = oc_memory_string(name);
    if (!m->class_names[i]) return oc_fail_memory(err, strlen(name) + 1);
  }
  return OC_OK;
}

static oc_status take_standardizer(oc_model *m, const oc_graph_model_options *o, oc_error *err) {
  const int64_t count = m->size.height * m->size.width * m->size.channels;
  oc_standardizer *s = &m->standardizer;
  if (o->train_data && !o->mean && o->deviation == 0) return oc_standardizer_fit(o->train_data, s, err);
  *s = (oc_standardizer){.count = count, .deviation = o->deviation == 0 ? 1 : o->deviation};
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

static oc_status fill(oc_model *m, const oc_graph *g, const oc_graph_ends *ends,
                      const oc_graph_model_options *o, oc_error *err) {
  const oc_shape image = oc_node_shape(g, ends->input);
  m->size = (oc_image_shape){image.dim[1], image.dim[2], image.dim[3]};
  m->classes = (int)oc_node_shape(g, ends->outputs[0]).dim[1];
  m->options = oc_session_resolve(o->session);
  if (o->train_data) TRY(check_like(m, o->train_data, err));
  TRY(take_classes(m, o, err));
  TRY(oc_model_note(m, err));
  TRY(take_graph(m, g, ends, err));
  TRY(take_standardizer(m, o, err));
  TRY(oc_model_start(m, err));
  return take_weights(m, o->weights, err);
}

oc_status oc_model_from_graph(const oc_graph *g, oc_node input, oc_node logits,
                              const oc_graph_model_options *options, oc_model **out, oc_error *err) {
  NEED(g, out);
  *out = NULL;
  oc_graph_model_options o = oc_graph_model_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_graph_model_options", err));
  const oc_graph_ends ends = {input, &logits, 1};
  TRY(check_ends(g, input, logits, err));
  oc_model *m;
  TRY(oc_model_new(&m, err));
  const oc_status status = fill(m, g, &ends, &o, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}
