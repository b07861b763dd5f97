/* c_source.c: writes NAME.c and NAME.h: the network in its form, how images become its input, and what the
 * caller sees. */
#include "export/c/c_source.h"
#include <run_template.h>
#include <selftest_template.h>
#include <string.h>

/* ---- NAME.c -------------------------------------------------------------------------------------------- */

static void put_self_test(oc_c_text *t, const oc_c_unit *u) {
  oc_c_put(t, "\n/* ---- the self-test ---- */\n\n");
  oc_c_put(t, "enum { GOLDEN = %d };\n", OC_C_GOLDEN);
  oc_c_put_floats(t, "golden", u->golden->probabilities, (int64_t)OC_C_GOLDEN * u->model->classes);
  oc_c_put(t, "static const uint32_t weights_checksum = 0x%08xu;\n", (unsigned)u->golden->checksum);
  u->form->put_checksum(t, u);
  oc_c_put_template(t, selftest_template);
}

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
  put_class_names(t, u->model);
  oc_c_put(t, "\n/* What the network takes. */\ntypedef %s number;\n", u->form->number);
  u->form->put_network(t, u);
  oc_c_put_decode(t, u);
  oc_c_put(t, "\n/* ---- the whole ---- */\n\n/* Places in the scratch, in numbers. */\n");
  oc_c_put(t, "enum { INPUT_AT = %lld, DECODE_AT = %lld", (long long)u->input_at, (long long)u->decode_at);
  if (u->golden) oc_c_put(t, ", PROBABILITIES_AT = %lld", (long long)u->scratch_count);
  oc_c_put(t, " };\n");
  oc_c_put_template(t, run_template);
  if (u->form->put_functions) u->form->put_functions(t, u);
  if (u->golden) put_self_test(t, u);
}

/* ---- NAME.h -------------------------------------------------------------------------------------------- */

static void put_free(oc_c_text *t) {
  oc_c_put(t, " *\n * Made by Ocellus " OC_VERSION
              ", which puts no condition on its use: it is yours, like the\n"
              " * model that it was made of.\n */\n");
}

oc_c_export_figures oc_c_figures(const oc_c_unit *u) {
  const int64_t size = u->form->number_size,
                golden = u->golden ? u->model->classes * (int64_t)sizeof(float) : 0;
  return (oc_c_export_figures){.constant_bytes = u->constant_bytes + OC_C_GOLDEN * golden,
                               .scratch_bytes = u->scratch_count * size + golden,
                               .decode_scratch_bytes = u->decode_count * size,
                               .multiply_adds = u->multiply_adds};
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
  const oc_model *m = u->model;
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
      "int @_decode(const uint8_t *pixels, int width, int height, int channels, %s *input, void "
      "*scratch);\n",
      u->form->number);
  oc_c_put(t, "/* The second half. */\nint @_run(const %s *input, float *probabilities, void *scratch);\n",
           u->form->number);
  if (u->form->put_declarations) u->form->put_declarations(t, u);
  if (u->golden)
    oc_c_put(t,
             "/* Returns 0 if the weights are unchanged and the probabilities of %d images are right, else "
             "an error.\n"
             " */\nint @_selftest(void *scratch);\n",
             OC_C_GOLDEN);
}

static void put_header(oc_c_text *t, const oc_c_unit *u, uint32_t id) {
  const oc_model *m = u->model;
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
  oc_c_put(t, "#include \"@.h\"\n%s", u->math ? "#include <math.h>\n" : "");
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
  return oc_fail_memory(err, (size_t)u->constant_bytes);
}
