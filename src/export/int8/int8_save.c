/* int8_save.c: writes a quantized network for other programs: a safetensors file. Its metadata has the layers
 * and values as JSON. Its tensors are the arrays, and the numbers of one image in each layer, for comparison.
 * docs/export.md describes it. */
#include "base/json.h"
#include "export/int8/int8_arrays.h"
#include "formats/safetensors.h"
#include <stdio.h>

#define VERSION "1"
static const char *const kinds[] = {
#define OC_ROW(kind, needs) [OC_INT8_##kind] = #kind,
#include "export/int8/kinds.def"
#undef OC_ROW
};

/* ---- the description ----------------------------------------------------------------------------------- */

static json_t *value_json(const oc_int8_network *q, int32_t value) {
  const oc_int8_value *v = &q->values[value];
  return json_pack("{s:i, s:f, s:i, s:b}", "value", (int)value, "scale", (double)v->scale, "zero", v->zero,
                   "input", value == q->steps.input);
}

static json_t *layer_json(const oc_int8_network *q, const oc_int8_layer *l) {
  const oc_c_step *s = l->step;
  json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:f, s:i}", "kind", kinds[l->kind], "name",
                        s->info->name, "operation", s->info->op->name, "activation",
                        s->activation ? s->activation->op->name : "", "x", (int)l->x, "x2", (int)l->x2, "y",
                        (int)l->y, "inner_scale", (double)q->values[l->inner].scale, "inner_zero",
                        q->values[l->inner].zero);
  oc_int8_field f;
  for (int k = 0; oc_int8_field_of(l, k, &f); k++)
    (void)json_object_set_new(o, f.name, json_integer(f.value));
  return o;
}

static oc_status describe(const oc_int8_network *q, oc_metadata *metadata, oc_error *err) {
  json_t *layers = json_array(), *values = json_array();
  for (int32_t i = 0; i < q->layer_count; i++)
    (void)json_array_append_new(layers, layer_json(q, &q->layers[i]));
  for (int32_t v = 0; v < q->steps.value_count; v++)
    if (q->values[v].used) (void)json_array_append_new(values, value_json(q, v));
  json_t *all =
      json_pack("{s:i, s:o, s:o}", "classes", q->steps.model->classes, "layers", layers, "values", values);
  char *text = oc_json_text(all, JSON_COMPACT | JSON_SORT_KEYS);
  json_decref(all);
  const bool set = text && oc_metadata_set(metadata, "ocellus.int8", VERSION) &&
                   oc_metadata_set(metadata, "network", text);
  oc_memory_free(text);
  return set ? OC_OK : oc_fail_memory(err, (size_t)q->layer_count * 64);
}

/* ---- the tensors --------------------------------------------------------------------------------------- */

/* A growing list of tensors with names and numbers in one arena. */
typedef struct list {
  oc_named_tensor *rows;
  int count;
  int64_t capacity;
  oc_arena arena;
} list;

/* Room for `count` numbers under a name; NULL: no memory. */
static int32_t *add(list *to, const char *name, int64_t count) {
  int32_t *numbers = oc_arena_alloc(&to->arena, (size_t)count * sizeof *numbers);
  char *copy = oc_arena_string(&to->arena, name);
  if (!numbers || !copy || !oc_memory_reserve(&to->rows, to->count, &to->capacity, sizeof *to->rows))
    return NULL;
  to->rows[to->count++] =
      (oc_named_tensor){.name = copy, .tensor = {.dtype = OC_I32, .shape = OC_SHAPE(count), .data = numbers}};
  return numbers;
}

static bool add_bytes(list *to, const char *name, const int8_t *bytes, int64_t count) {
  int32_t *numbers = add(to, name, count);
  for (int64_t i = 0; numbers && i < count; i++) numbers[i] = bytes[i];
  return numbers != NULL;
}

static bool add_arrays(list *to, const oc_int8_layer *l, int index) {
  char name[64];
  for (int k = 0; k < OC_INT8_ARRAYS; k++) {
    const oc_int8_array a = oc_int8_array_of(l, k);
    if (!a.count) continue;
    (void)snprintf(name, sizeof name, "layer/%d/%s", index, a.name);
    int32_t *numbers = add(to, name, a.count);
    for (int64_t i = 0; numbers && i < a.count; i++) numbers[i] = a.bytes ? a.bytes[i] : a.words[i];
    if (!numbers) return false;
  }
  if (!l->scales) return true;
  (void)snprintf(name, sizeof name, "layer/%d/scales", index);
  float *scales = (float *)(void *)add(to, name, l->channels);
  for (int64_t i = 0; scales && i < l->channels; i++) scales[i] = l->scales[i];
  if (scales) to->rows[to->count - 1].tensor.dtype = OC_F32;
  return scales != NULL;
}

/* The numbers of all values for the second image of the self-test. */
static oc_status add_example(list *to, const oc_int8_network *q, oc_error *err) {
  const oc_int8_value *in = &q->values[q->steps.input];
  const int64_t pixels = in->rows * in->row_bytes;
  oc_int8_simulator s;
  uint8_t *image = oc_memory_array(1, (size_t)pixels);
  float *answer = oc_memory_array((size_t)q->steps.model->classes, sizeof *answer);
  uint32_t random = 1;
  char name[64];
  bool room = image && answer;
  const oc_status status = oc_int8_simulator_create(q, &s, err);
  if (status == OC_OK && room) {
    oc_c_golden_image(&random, 1, image, pixels);
    oc_int8_simulate(&s, image, answer);
  }
  for (int32_t v = 0; v < q->steps.value_count && status == OC_OK && room; v++) {
    if (!q->values[v].used) continue;
    (void)snprintf(name, sizeof name, "example/%d", (int)v);
    room = add_bytes(to, name, oc_int8_simulated(&s, v), q->values[v].rows * q->values[v].row_bytes);
  }
  oc_int8_simulator_release(&s);
  oc_memory_free(image);
  oc_memory_free(answer);
  return status != OC_OK || room ? status : oc_fail_memory(err, (size_t)pixels);
}

static oc_status fill(list *to, const oc_int8_network *q, oc_metadata *metadata, oc_error *err) {
  for (int32_t i = 0; i < q->layer_count; i++)
    if (!add_arrays(to, &q->layers[i], (int)i)) return oc_fail_memory(err, (size_t)q->layers[i].weights * 4);
  TRY(add_example(to, q, err));
  return describe(q, metadata, err);
}

oc_status oc_int8_write(const oc_int8_network *q, const char *path, oc_error *err) {
  list tensors = {0};
  oc_metadata metadata = {0};
  oc_status status = fill(&tensors, q, &metadata, err);
  if (status == OC_OK) status = oc_safetensors_write(path, tensors.rows, tensors.count, &metadata, err);
  oc_metadata_release(&metadata);
  oc_arena_free(&tensors.arena);
  oc_memory_free(tensors.rows);
  return status;
}
