/* c_source.c: writes NAME.c and NAME.h: the weights, a function for each step, what calls them in order, and
 * what the caller sees. */
#include "export/c/c_source.h"
#include <run_template.h>
#include <selftest_template.h>
#include <stdio.h>
#include <string.h>

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

static void put_self_test(oc_c_text *t, const oc_c_unit *u) {
  const oc_c_network *n = u->network;
  oc_c_put(t, "\n/* ---- the self-test ---- */\n\n");
  oc_c_put(t, "static const struct {\n  const float *values;\n  int count;\n} arrays[] = {\n");
  oc_c_visit_arrays(n, put_array_row, t);
  oc_c_put(t, "};\nenum { ARRAYS = (int)(sizeof arrays / sizeof arrays[0]), GOLDEN = %d };\n", OC_C_GOLDEN);
  oc_c_put(t, "static const uint32_t weights_checksum = 0x%08xu;\n", (unsigned)u->golden->checksum);
  oc_c_put_floats(t, "golden", u->golden->probabilities, (int64_t)OC_C_GOLDEN * n->model->classes);
  oc_c_put_template(t, selftest_template);
}

/* ---- NAME.c -------------------------------------------------------------------------------------------- */

static void put_class_names(oc_c_text *t, const oc_model *m) {
  oc_c_put(t, "\nconst char *const @_class_names[$_CLASSES] = {\n");
  for (int i = 0; i < m->classes; i++) {
    oc_c_put(t, "  ");
    oc_c_put_string(t, oc_model_class_name(m, i));
    oc_c_put(t, ",\n");
  }
  oc_c_put(t, "};\n");
}

static void put_body(oc_c_text *t, const oc_c_unit *u) {
  const oc_c_network *n = u->network;
  const int64_t input = n->values[n->input].offset;
  put_class_names(t, n->model);
  oc_c_put(t, "\n/* ---- weights ---- */\n\n");
  oc_c_visit_arrays(n, put_array, t);
  oc_c_put(t, "\n/* ---- steps ---- */\n");
  for (int32_t i = 0; i < n->step_count; i++)
    if (!n->steps[i].removed) put_step(t, n, &n->steps[i]);
  put_network(t, n);
  oc_c_put_decode(t, u);
  oc_c_put(t, "\n/* ---- the whole ---- */\n\n/* Places in the scratch, in numbers. */\n");
  oc_c_put(t, "enum { INPUT_AT = %lld, DECODE_AT = %lld", (long long)input, (long long)n->decode_offset);
  if (u->golden) oc_c_put(t, ", PROBABILITIES_AT = %lld", (long long)n->scratch_count);
  oc_c_put(t, " };\n");
  oc_c_put_template(t, run_template);
  if (u->golden) put_self_test(t, u);
}

/* ---- NAME.h -------------------------------------------------------------------------------------------- */

static void put_free(oc_c_text *t) {
  oc_c_put(t, " *\n * Made by Ocellus " OC_VERSION
              ", which puts no condition on its use: it is yours, like the\n"
              " * model that it was made of.\n */\n");
}

oc_c_export_figures oc_c_figures(const oc_c_unit *u) {
  const oc_c_network *n = u->network;
  const int64_t number = (int64_t)sizeof(float), classes = u->golden ? n->model->classes : 0;
  return (oc_c_export_figures){.constant_bytes = n->constant_bytes + oc_c_decode_bytes(n->model) +
                                                 OC_C_GOLDEN * classes * number,
                               .scratch_bytes = (n->scratch_count + classes) * number,
                               .decode_scratch_bytes = n->decode_count * number,
                               .multiply_adds = n->multiply_adds};
}

static void put_figures(oc_c_text *t, const oc_c_unit *u) {
  const oc_c_export_figures f = oc_c_figures(u);
  oc_c_put(t, " * model     SHA-256 %s of its tensors\n", u->sha256);
  oc_c_put(t, " * flash     %lld bytes of weights and tables, besides code and class names\n",
           (long long)f.constant_bytes);
  oc_c_put(t, " * RAM       %lld bytes of scratch, besides the stack, the image and the probabilities\n",
           (long long)f.scratch_bytes);
  oc_c_put(t, " * work      %lld multiply-adds for one image\n", (long long)f.multiply_adds);
}

static void put_macros(oc_c_text *t, const oc_c_unit *u) {
  const oc_model *m = u->network->model;
  const oc_c_export_figures f = oc_c_figures(u);
  oc_c_put(t, "#define $_CLASSES %d\n", m->classes);
  oc_c_put(t, "#define $_HEIGHT %lld\n#define $_WIDTH %lld\n#define $_CHANNELS %lld\n",
           (long long)m->size.height, (long long)m->size.width, (long long)m->size.channels);
  if (m->threshold > 0) {
    oc_c_put(t, "#define $_THRESHOLD ");
    oc_c_put_float(t, (float)m->threshold);
    oc_c_put(t, "\n");
  }
  if (u->max_width)
    oc_c_put(t, "/* The largest image that is resized. */\n#define $_MAX_WIDTH %d\n#define $_MAX_HEIGHT %d\n",
             u->max_width, u->max_height);
  oc_c_put(t,
           "/* Bytes of memory that the functions below take, aligned as for a float: @_decode alone, and\n"
           " * any of the others. */\n");
  oc_c_put(t, "#define $_DECODE_SCRATCH_BYTES %lld\n", (long long)f.decode_scratch_bytes);
  oc_c_put(t, "#define $_SCRATCH_BYTES %lld\n\n", (long long)f.scratch_bytes);
  oc_c_put(
      t, "/* What the functions return instead of a class. */\n"
         "#define $_ERROR_ARGUMENT (-1)   /* a pointer is NULL */\n"
         "#define $_ERROR_SIZE (-2)       /* the image has another size */\n"
         "#define $_ERROR_CHANNELS (-3)   /* the image has other channels: 1 is gray, 3 red, green, blue */\n"
         "#define $_ERROR_NOT_FINITE (-4) /* a probability is NaN: the input was */\n");
  if (m->threshold > 0)
    oc_c_put(t, "#define $_UNKNOWN (-10)         /* no class has a probability of at least $_THRESHOLD */\n");
  if (u->golden)
    oc_c_put(t, "#define $_ERROR_WEIGHTS (-5)    /* the self-test: a weight has changed */\n"
                "#define $_ERROR_RESULT (-6)     /* the self-test: a probability is wrong */\n");
}

static void put_functions(oc_c_text *t, const oc_c_unit *u) {
  oc_c_put(t, "\nextern const char *const @_class_names[$_CLASSES]; /* UTF-8 */\n\n");
  oc_c_put(
      t,
      "/* Returns the most probable class of an image, 0 to $_CLASSES - 1, or an error below 0. pixels: "
      "rows\n"
      " * from the top, in each the pixels from the left, in each its channels. probabilities: $_CLASSES of\n"
      " * them. scratch: $_SCRATCH_BYTES. Nothing is kept between calls. */\n"
      "int @_classify(const uint8_t *pixels, int width, int height, int channels, float *probabilities,\n"
      "               void *scratch);\n");
  oc_c_put(
      t,
      "/* The first half of it: input becomes the $_HEIGHT x $_WIDTH x $_CHANNELS numbers that the network\n"
      " * takes. scratch: $_DECODE_SCRATCH_BYTES. Returns 0 or an error. */\n"
      "int @_decode(const uint8_t *pixels, int width, int height, int channels, float *input, void "
      "*scratch);\n");
  oc_c_put(t,
           "/* The second half. */\nint @_run(const float *input, float *probabilities, void *scratch);\n");
  if (u->golden)
    oc_c_put(t,
             "/* Returns 0 if the weights are unchanged and the probabilities of %d images are right, else "
             "an error.\n"
             " */\nint @_selftest(void *scratch);\n",
             OC_C_GOLDEN);
}

static void put_header(oc_c_text *t, const oc_c_unit *u, uint32_t id) {
  const oc_model *m = u->network->model;
  oc_c_put(t, "/* @.h: classifies images of %lldx%lldx%lld into %d classes.\n *\n", (long long)m->size.height,
           (long long)m->size.width, (long long)m->size.channels, m->classes);
  put_figures(t, u);
  put_free(t);
  oc_c_put(t,
           "#ifndef $_H\n#define $_H\n#include <stdint.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
  oc_c_put(t, "#define $_EXPORT 0x%08xu /* the same in @.c */\n", (unsigned)id);
  put_macros(t, u);
  put_functions(t, u);
  oc_c_put(t, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

/* ---- both ---------------------------------------------------------------------------------------------- */

static void put_source(oc_c_text *t, const oc_c_unit *u, const char *body, uint32_t id) {
  oc_c_put(t, "/* @.c: see @.h.\n");
  put_free(t);
  oc_c_put(t, "#include \"@.h\"\n%s", needs_math(u->network) ? "#include <math.h>\n" : "");
  oc_c_put(t, "#if $_EXPORT != 0x%08xu\n#error \"@.h and @.c are of two exports.\"\n#endif\n", (unsigned)id);
  oc_text_add_bytes(&t->text, body, strlen(body));
}

oc_status oc_c_write_source(const oc_c_unit *u, char **source, char **header, oc_error *err) {
  oc_c_text body = oc_c_text_begin(u->prefix), c = oc_c_text_begin(u->prefix), h = oc_c_text_begin(u->prefix);
  put_body(&body, u);
  char *text = oc_text_take(&body.text);
  uint32_t id = 2166136261u;
  for (const char *p = text ? text : ""; *p; p++) id = (id ^ (unsigned char)*p) * 16777619u;
  put_source(&c, u, text ? text : "", id);
  put_header(&h, u, id);
  *source = oc_text_take(&c.text);
  *header = oc_text_take(&h.text);
  const bool whole = text && *source && *header;
  oc_memory_free(text);
  if (whole) return OC_OK;
  oc_memory_free(*source);
  oc_memory_free(*header);
  *source = *header = NULL;
  return oc_fail_memory(err, (size_t)u->network->constant_bytes);
}
