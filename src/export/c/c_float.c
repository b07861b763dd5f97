/* c_float.c: writes the network of a file in float32: the weights, a function for each step, and one that
 * calls them in order. */
#include "export/c/c_float.h"
#include "export/c/c_emit.h"
#include <checksum_template.h>
#include <standardized_template.h>
#include <stdio.h>

/* ---- arrays -------------------------------------------------------------------------------------------- */

void oc_c_visit_arrays(const oc_c_network *n, oc_c_array_fn visit, void *context) {
  char name[48];
  for (int32_t v = 0; v < n->value_count; v++) {
    if (!oc_c_is_array(&n->values[v])) continue;
    (void)snprintf(name, sizeof name, "constant_%d", (int)v);
    visit(context, name, n->values[v].data, n->values[v].count);
  }
  for (int32_t i = 0; i < n->step_count; i++) {
    const oc_c_step *s = &n->steps[i];
    if (s->removed || !s->weights) continue;
    (void)snprintf(name, sizeof name, "step_%d_weights", s->number);
    visit(context, name, s->weights, s->weight_count);
    (void)snprintf(name, sizeof name, "step_%d_biases", s->number);
    visit(context, name, s->biases, s->bias_count);
  }
}

static void put_array(void *context, const char *name, const float *values, int64_t count) {
  oc_c_put_floats(context, name, values, count);
}

static void put_array_row(void *context, const char *name, const float *values, int64_t count) {
  (void)values;
  oc_c_put(context, "  {%s, %lld},\n", name, (long long)count);
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static void put_shape(oc_c_text *t, const oc_shape *s) {
  for (int i = 1; i < s->rank; i++) oc_c_put(t, "%s%lld", i > 1 ? "x" : "", (long long)s->dim[i]);
}

/* What the step does, with the name of its operation in the graph. */
static void put_comment(oc_c_text *t, const oc_c_step *s, const oc_c_network *n) {
  oc_c_put(t, "\n/* ");
  oc_c_put_words(t, s->info->name);
  oc_c_put(t, ": %s", s->info->op->name);
  if (s->activation) oc_c_put(t, ", %s", s->activation->op->name);
  if (s->pool) oc_c_put(t, ", %s", s->pool->op->name);
  oc_c_put(t, "; ");
  put_shape(t, oc_c_shape(n, s->in[0]));
  oc_c_put(t, " to ");
  put_shape(t, oc_c_shape(n, s->out));
  oc_c_put(t, " */\n");
}

static int operands_of(const oc_c_step *s) {
  return s->emitter->operands ? s->emitter->operands : s->info->n_in;
}

static void put_step(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const char *restricted = s->emitter->in_place ? "" : "restrict ";
  put_comment(t, s, n);
  if (s->emitter->parts) s->emitter->parts(t, n, s);
  oc_c_put(t, "static void step_%d(", s->number);
  for (int i = 0; i < operands_of(s); i++) oc_c_put(t, "const float *%sin%d, ", restricted, i);
  oc_c_put(t, "float *%sy) {\n", restricted);
  s->emitter->body(t, n, s);
  oc_c_put(t, "}\n");
}

static void put_place(oc_c_text *t, const oc_c_network *n, int32_t value) {
  const int32_t root = oc_c_root(n, value);
  switch (n->values[root].place) {
  case OC_C_INPUT:
    oc_c_put(t, "input");
    break;
  case OC_C_OUTPUT:
    oc_c_put(t, "probabilities");
    break;
  case OC_C_CONSTANT:
    oc_c_put(t, "constant_%d", (int)root);
    break;
  case OC_C_SCRATCH:
    oc_c_put(t, "s + %lld", (long long)n->values[root].offset);
    break;
  }
}

static void put_network(oc_c_text *t, const oc_c_network *n) {
  oc_c_put(t, "\nstatic void network(const float *input, float *probabilities, float *s) {\n  (void)s;\n");
  for (int32_t i = 0; i < n->step_count; i++) {
    const oc_c_step *s = &n->steps[i];
    if (s->removed) continue;
    oc_c_put(t, "  step_%d(", s->number);
    for (int k = 0; k < operands_of(s); k++) {
      put_place(t, n, s->in[k]);
      oc_c_put(t, ", ");
    }
    put_place(t, n, s->out);
    oc_c_put(t, ");\n");
  }
  oc_c_put(t, "}\n");
}

static bool needs_math(const oc_c_network *n) {
  for (int32_t i = 0; i < n->step_count; i++)
    if (n->steps[i].emitter->math) return true; /* removed ones are part of others */
  return false;
}

/* ---- the self-test ------------------------------------------------------------------------------------- */

static void put_checksum(oc_c_text *t, const oc_c_unit *u) {
  oc_c_put(t, "static const struct {\n  const float *values;\n  int count;\n} arrays[] = {\n");
  oc_c_visit_arrays(u->network, put_array_row, t);
  oc_c_put(t, "};\nenum { ARRAYS = (int)(sizeof arrays / sizeof arrays[0]) };\n");
  oc_c_put_template(t, checksum_template);
}

/* ---- the form ------------------------------------------------------------------------------------------ */

static void put_parts(oc_c_text *t, const oc_c_unit *u) {
  const oc_c_network *n = u->network;
  oc_c_put(t, "\n/* ---- weights ---- */\n\n");
  oc_c_visit_arrays(n, put_array, t);
  oc_c_put(t, "\n/* ---- steps ---- */\n");
  for (int32_t i = 0; i < n->step_count; i++)
    if (!n->steps[i].removed) put_step(t, n, &n->steps[i]);
  put_network(t, n);
}

static int64_t mean_count(const oc_model *m) {
  return m->standardizer.deviations ? m->size.channels : m->size.height * m->size.width * m->size.channels;
}
static int64_t deviation_count(const oc_model *m) {
  return m->standardizer.deviations ? m->size.channels : 1;
}

static void put_standardized(oc_c_text *t, const oc_c_unit *u) {
  const oc_standardizer *s = &u->model->standardizer;
  const int64_t means = mean_count(u->model), count = deviation_count(u->model);
  oc_c_put(t, "enum { MEANS = %lld, DEVIATIONS = %lld };\n", (long long)means, (long long)count);
  oc_c_put_floats(t, "means", s->mean, means);
  oc_c_put(t, "static const float deviations[%lld] = {", (long long)count);
  for (int64_t i = 0; i < count; i++) {
    oc_c_put(t, "%s", i ? ", " : "");
    oc_c_put_float(t, (float)(s->deviations ? s->deviations[i] : s->deviation));
  }
  oc_c_put(t, "};\n\n");
  oc_c_put_template(t, standardized_template);
}

static const oc_c_form float_form = {.number = "float",
                                     .number_size = sizeof(float),
                                     .put_network = put_parts,
                                     .put_standardized = put_standardized,
                                     .put_checksum = put_checksum};

void oc_c_float_unit(const oc_c_network *n, oc_c_unit *u) {
  u->form = &float_form;
  u->model = n->model;
  u->network = n;
  u->math = needs_math(n);
  u->input_at = n->values[n->input].offset;
  u->decode_at = n->decode_offset;
  u->decode_count = n->decode_count;
  u->scratch_count = n->scratch_count;
  u->constant_bytes =
      n->constant_bytes + (mean_count(n->model) + deviation_count(n->model)) * (int64_t)sizeof(float);
  u->multiply_adds = n->multiply_adds;
}
