/* int8_source.c: writes the network of a file in int8: the functions that compute rows, the arrays of the
 * layers, and the table of layers that the network runs through. */
#include "export/int8/int8_arrays.h"
#include <fixed_point_template.h>
#include <int8_add_template.h>
#include <int8_checksum_template.h>
#include <int8_conv_template.h>
#include <int8_copy_template.h>
#include <int8_depthwise_template.h>
#include <int8_layer_template.h>
#include <int8_max_pool_template.h>
#include <int8_mean_pool_template.h>
#include <int8_multiply_template.h>
#include <int8_network_template.h>
#include <int8_quantize_template.h>
#include <int8_result_template.h>
#include <int8_row_of_template.h>
#include <int8_second_template.h>
#include <int8_softmax_template.h>
#include <int8_standardized_template.h>
#include <int8_table_template.h>
#include <int8_taps_template.h>
#include <stdio.h>

/* ---- functions ----------------------------------------------------------------------------------------- */

enum { OC_INT8_ROW_OF = 1, OC_INT8_TAPS = 2, OC_INT8_RESULT = 4, OC_INT8_SECOND = 8 };

typedef struct part {
  const char *name, *text;
  unsigned helpers;
} part;

static const part parts[] = {
#define OC_ROW(kind, needs) [OC_INT8_##kind] = {#kind, int8_##kind##_template, needs},
#include "export/int8/kinds.def"
#undef OC_ROW
};

static bool is_used(const oc_int8_network *q, int kind) {
  for (int32_t i = 0; i < q->layer_count; i++)
    if ((int)q->layers[i].kind == kind) return true;
  return false;
}

static void put_functions(oc_c_text *t, const oc_int8_network *q) {
  unsigned helpers = 0;
  for (int k = 0; k < OC_INT8_KINDS; k++)
    if (is_used(q, k)) helpers |= parts[k].helpers;
  oc_c_put_template(t, fixed_point_template);
  oc_c_put_template(t, int8_layer_template);
  if (helpers & OC_INT8_ROW_OF) oc_c_put_template(t, int8_row_of_template);
  if (helpers & OC_INT8_RESULT) oc_c_put_template(t, int8_result_template);
  if (helpers & OC_INT8_TAPS) oc_c_put_template(t, int8_taps_template);
  if (helpers & OC_INT8_SECOND) oc_c_put_template(t, int8_second_template);
  for (int k = 0; k < OC_INT8_KINDS; k++)
    if (is_used(q, k)) oc_c_put_template(t, parts[k].text);
}

/* ---- arrays -------------------------------------------------------------------------------------------- */

static void put_numbers(oc_c_text *t, const oc_int8_array *a) {
  const int row = a->bytes ? 24 : 8;
  for (int64_t i = 0; i < a->count; i++)
    oc_text_add(&t->text, "%s%d,", i % row ? " " : "\n  ", a->bytes ? a->bytes[i] : (int)a->words[i]);
  oc_c_put(t, "\n};\n");
}

static void put_arrays(oc_c_text *t, const oc_int8_network *q) {
  for (int32_t i = 0; i < q->layer_count; i++)
    for (int k = 0; k < OC_INT8_ARRAYS; k++) {
      const oc_int8_array a = oc_int8_array_of(&q->layers[i], k);
      if (!a.count) continue;
      oc_c_put(t, "static const %s layer_%d_%s[%lld] = {", a.bytes ? "int8_t" : "int32_t", (int)i + 1, a.name,
               (long long)a.count);
      put_numbers(t, &a);
    }
}

/* ---- the table of layers ------------------------------------------------------------------------------- */

static void put_comment(oc_c_text *t, const oc_c_step *s) {
  oc_c_put(t, "  /* ");
  oc_c_put_words(t, s->info->name);
  oc_c_put(t, ": %s%s%s */\n", s->info->op->name, s->activation ? ", " : "",
           s->activation ? s->activation->op->name : "");
}

static void put_layer(oc_c_text *t, const oc_int8_layer *l, int number) {
  oc_int8_field f;
  put_comment(t, l->step);
  oc_c_put(t, "  {.row = %s_row", parts[l->kind].name);
  for (int k = 0; k < OC_INT8_ARRAYS; k++) {
    const oc_int8_array a = oc_int8_array_of(l, k);
    if (a.count) oc_c_put(t, ", .%s = layer_%d_%s", a.name, number, a.name);
  }
  for (int k = 0, put = 0; oc_int8_field_of(l, k, &f); k++)
    if (f.value != 0) oc_c_put(t, ",%s.%s = %d", put++ % 10 ? " " : "\n   ", f.name, (int)f.value);
  oc_c_put(t, "},\n");
}

static void put_network(oc_c_text *t, const oc_c_unit *u) {
  const oc_int8_network *q = u->network;
  const oc_int8_layer *last = &q->layers[oc_int8_value_of(q, q->steps.output)->maker];
  oc_c_put(t, "\n/* ---- arithmetic ---- */\n\n");
  put_functions(t, q);
  oc_c_put(t, "\n/* ---- weights ---- */\n\n");
  put_arrays(t, q);
  oc_c_put(t, "\nenum { LAYERS = %d, CHAIN_MOST = %d, OUTPUT_AT = %d };\n", (int)q->layer_count,
           OC_INT8_CHAIN, (int)last->code.y_at);
  oc_c_put(t, "static const layer layers[LAYERS] = {\n");
  for (int32_t i = 0; i < q->layer_count; i++) put_layer(t, &q->layers[i], (int)i + 1);
  oc_c_put(t, "};\n");
  oc_c_put_template(t, int8_network_template);
  oc_c_put(t, "\nstatic void network(const number *input, float *probabilities, number *s) {\n"
              "  run_layers(layers, LAYERS, input, s);\n"
              "  for (int i = 0; i < $_CLASSES; i++) probabilities[i] = (float)(s[OUTPUT_AT + i] + 128) / "
              "256.0f;\n}\n");
}

/* ---- the image ----------------------------------------------------------------------------------------- */

/* Means in 1/128 of a pixel's values mostly have 16 bits. */
static bool means_are_short(const oc_int8_network *q) {
  bool fit = true;
  for (int64_t i = 0; i < q->mean_count; i++) fit = fit && q->means[i] == (int16_t)q->means[i];
  return fit;
}

static void put_standardized(oc_c_text *t, const oc_c_unit *u) {
  const oc_int8_network *q = u->network;
  const long long means = q->mean_count, count = q->deviation_count;
  oc_c_put(t, "enum { MEANS = %lld, DEVIATIONS = %lld, INPUT_ZERO = %d };\n", means, count,
           q->values[q->steps.input].zero);
  oc_c_put(t, "static const %s means[MEANS] = {", means_are_short(q) ? "int16_t" : "int32_t");
  put_numbers(t, &(oc_int8_array){.words = q->means, .count = means});
  oc_c_put(t, "static const int32_t multipliers[DEVIATIONS] = {");
  put_numbers(t, &(oc_int8_array){.words = q->pixel_multipliers, .count = count});
  oc_c_put(t, "static const int8_t shifts[DEVIATIONS] = {");
  put_numbers(t, &(oc_int8_array){.bytes = q->pixel_shifts, .count = count});
  oc_c_put(t, "\n");
  oc_c_put_template(t, int8_standardized_template);
}

static void put_declarations(oc_c_text *t, const oc_c_unit *u) {
  const oc_int8_value *input =
      oc_int8_value_of(u->network, ((const oc_int8_network *)u->network)->steps.input);
  oc_c_put(t,
           "/* What @_run takes stands for $_INPUT_SCALE * (number - $_INPUT_ZERO). @_quantize makes it of\n"
           " * standardized pixels in float. */\n#define $_INPUT_SCALE ");
  oc_c_put_float(t, input->scale);
  oc_c_put(t, "\n#define $_INPUT_ZERO (%d)\nint @_quantize(const float *numbers, int8_t *input);\n",
           input->zero);
}

static void put_functions_of_form(oc_c_text *t, const oc_c_unit *u) {
  (void)u;
  oc_c_put_template(t, int8_quantize_template);
}

/* ---- the self-test ------------------------------------------------------------------------------------- */

static void put_rows(oc_c_text *t, const oc_int8_network *q, bool bytes) {
  oc_c_put(t, "static const struct {\n  const %s *values;\n  int count;\n} %s_arrays[] = {\n",
           bytes ? "int8_t" : "int32_t", bytes ? "byte" : "word");
  for (int32_t i = 0; i < q->layer_count; i++)
    for (int k = 0; k < OC_INT8_ARRAYS; k++) {
      const oc_int8_array a = oc_int8_array_of(&q->layers[i], k);
      if (a.count && (a.bytes != NULL) == bytes)
        oc_c_put(t, "  {layer_%d_%s, %lld},\n", (int)i + 1, a.name, (long long)a.count);
    }
  oc_c_put(t, "};\n");
}

static void put_checksum(oc_c_text *t, const oc_c_unit *u) {
  put_rows(t, u->network, true);
  put_rows(t, u->network, false);
  oc_c_put(t, "enum {\n  BYTE_ARRAYS = (int)(sizeof byte_arrays / sizeof byte_arrays[0]),\n"
              "  WORD_ARRAYS = (int)(sizeof word_arrays / sizeof word_arrays[0])\n};\n");
  oc_c_put_template(t, int8_checksum_template);
}

static void add_to_sum(const oc_int8_network *q, bool bytes, uint32_t *sum) {
  for (int32_t i = 0; i < q->layer_count; i++)
    for (int k = 0; k < OC_INT8_ARRAYS; k++) {
      const oc_int8_array a = oc_int8_array_of(&q->layers[i], k);
      for (int64_t n = 0; n < a.count && (a.bytes != NULL) == bytes; n++)
        *sum = (*sum ^ (bytes ? (uint8_t)a.bytes[n] : (uint32_t)a.words[n])) * 16777619u;
    }
}

oc_status oc_int8_golden(const oc_int8_network *q, oc_c_golden *golden, oc_error *err) {
  const oc_model *m = q->steps.model;
  const int64_t pixels = m->size.height * m->size.width * m->size.channels;
  oc_int8_simulator s;
  uint32_t random = 1;
  golden->checksum = 2166136261u;
  add_to_sum(q, true, &golden->checksum);
  add_to_sum(q, false, &golden->checksum);
  golden->probabilities = oc_memory_array(OC_C_GOLDEN * (size_t)m->classes, sizeof(float));
  uint8_t *image = oc_memory_array(1, (size_t)pixels);
  oc_status status = oc_int8_simulator_create(q, &s, err);
  if (status == OC_OK && (!image || !golden->probabilities)) status = oc_fail_memory(err, (size_t)pixels);
  for (int i = 0; i < OC_C_GOLDEN && status == OC_OK; i++) {
    oc_c_golden_image(&random, i, image, pixels);
    oc_int8_simulate(&s, image, golden->probabilities + i * m->classes);
  }
  oc_int8_simulator_release(&s);
  oc_memory_free(image);
  return status;
}

/* ---- the form ------------------------------------------------------------------------------------------ */

static const oc_c_form int8_form = {.number = "int8_t",
                                    .number_size = 1,
                                    .put_network = put_network,
                                    .put_standardized = put_standardized,
                                    .put_checksum = put_checksum,
                                    .put_functions = put_functions_of_form,
                                    .put_declarations = put_declarations};

/* As the table of layers has it where pointers have 32 bits. */
int64_t oc_int8_layer_bytes(const oc_int8_layer *l) {
  int64_t bytes = OC_INT8_POINTERS * 4;
  oc_int8_field f;
  for (int k = 0; oc_int8_field_of(l, k, &f); k++) bytes += (int64_t)f.size;
  for (int k = 0; k < OC_INT8_ARRAYS; k++) {
    const oc_int8_array a = oc_int8_array_of(l, k);
    bytes += oc_int8_array_bytes(&a);
  }
  return bytes;
}

int64_t oc_int8_multiply_adds(const oc_int8_layer *l) {
  const layer *c = &l->code;
  const int64_t pixels = (int64_t)c->oh * c->ow;
  return l->kind == OC_INT8_conv || l->kind == OC_INT8_depthwise
             ? pixels * (l->kind == OC_INT8_conv ? l->weights : (int64_t)c->kh * c->kw * c->oc)
             : 0;
}

void oc_int8_unit(const oc_int8_network *q, oc_c_unit *u) {
  const int64_t mean_bytes = means_are_short(q) ? 2 : 4;
  u->form = &int8_form;
  u->model = q->steps.model;
  u->network = q;
  u->input_at = q->input_offset;
  u->decode_at = q->decode_offset;
  u->decode_count = q->decode_bytes;
  u->scratch_count = q->scratch_bytes;
  u->constant_bytes = q->mean_count * mean_bytes + q->deviation_count * 5;
  for (int32_t i = 0; i < q->layer_count; i++) {
    u->constant_bytes += oc_int8_layer_bytes(&q->layers[i]);
    u->multiply_adds += oc_int8_multiply_adds(&q->layers[i]);
  }
}
