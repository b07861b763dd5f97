/* outputs.c: lists the outputs of a model: their names, kinds and classes, and their form in a file. A
 * classifier with one output, "label", says "classes": [..]; any other model "outputs": [{"name": "digit",
 * "kind": "class", "classes": [..]}, {"name": "place", "kind": "vector", "size": 2}]. */
#include "base/json.h"
#include "base/text.h"
#include "data/dataset.h"
#include "model/model.h"
#include <string.h>

#define DAMAGED "Copy or train the model again: the file is damaged or was edited."

static const char *const kinds[] = {"class", "classes", "vector"};

bool oc_model_plain(const oc_model *m) {
  return m->output_count == 1 && m->outputs[0].kind == OC_TARGET_CLASS &&
         strcmp(m->outputs[0].name, "label") == 0;
}

/* ---- making -------------------------------------------------------------------------------------------- */

bool oc_class_name_is_sound(const char *name) {
  for (const char *c = name; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) return false;
  return oc_text_is_utf8(name);
}

static oc_status copy_classes(oc_model *m, const oc_target *from, const char ***out, oc_error *err) {
  const size_t bytes = (size_t)from->size * sizeof **out;
  *out = oc_arena_alloc(&m->names, bytes);
  if (!*out) return oc_fail_memory(err, bytes);
  for (int64_t i = 0; i < from->size; i++) {
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)i);
    const char *name = from->class_names ? from->class_names[i] : number;
    if (!name || !oc_class_name_is_sound(name))
      return oc_fail(err, OC_E_DATA, "class names", "Name classes in UTF-8, without control characters.",
                     "the name of class %lld is not valid UTF-8, or has control characters", (long long)i);
    (*out)[i] = oc_arena_string(&m->names, name);
    if (!(*out)[i]) return oc_fail_memory(err, strlen(name) + 1);
  }
  return OC_OK;
}

static oc_status check_output(const oc_model *m, const oc_target *t, oc_error *err) {
  const int least = t->kind == OC_TARGET_CLASS ? 2 : 1;
  if (m->output_count == OC_TARGETS_MAX)
    return oc_fail(err, OC_E_DATA, "outputs", "", "too many outputs: the limit is %d", OC_TARGETS_MAX);
  if (!t->name || !oc_target_name_is_sound(t->name))
    return oc_fail(err, OC_E_DATA, "outputs", "Use a name such as age or left_eye.",
                   "the name of output %d must be letters, digits and _, at most 63, and begin with a letter",
                   m->output_count);
  for (int i = 0; i < m->output_count; i++)
    if (strcmp(m->outputs[i].name, t->name) == 0)
      return oc_fail(err, OC_E_DATA, "outputs", "Give each output its own name.",
                     "two outputs are called '%s'", t->name);
  if (t->size >= least && t->size <= OC_MODEL_MAX_CLASSES) return OC_OK;
  return oc_fail(err, OC_E_DATA, t->name, "", "%s must be %d to %d, got %lld",
                 t->kind == OC_TARGET_VECTOR ? "size" : "classes", least, OC_MODEL_MAX_CLASSES,
                 (long long)t->size);
}

oc_status oc_model_add_output(oc_model *m, const oc_target *like, oc_error *err) {
  oc_target *t = &m->outputs[m->output_count];
  const char **classes = NULL;
  if (like->kind != OC_TARGET_CLASS && like->kind != OC_TARGET_CLASSES && like->kind != OC_TARGET_VECTOR)
    return oc_fail(err, OC_E_DATA, "outputs", "", "unknown kind of target %d", (int)like->kind);
  TRY(check_output(m, like, err));
  const char *name = oc_arena_string(&m->names, like->name);
  if (!name) return oc_fail_memory(err, strlen(like->name) + 1);
  if (like->kind != OC_TARGET_VECTOR) TRY(copy_classes(m, like, &classes, err));
  *t = (oc_target){.name = name, .kind = like->kind, .size = like->size, .class_names = classes};
  if (m->output_count++ == 0 && like->kind == OC_TARGET_CLASS) m->classes = (int)like->size;
  return OC_OK;
}

/* ---- in a file ----------------------------------------------------------------------------------------- */

static json_t *classes_json(const oc_target *t) {
  json_t *list = json_array();
  for (int64_t i = 0; i < t->size; i++)
    if (json_array_append_new(list, json_string_nocheck(t->class_names[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  return list;
}

static json_t *output_json(const oc_target *t) {
  json_t *o = json_pack("{s:s, s:s}", "name", t->name, "kind", kinds[t->kind]);
  const bool vector = t->kind == OC_TARGET_VECTOR;
  json_t *rest = vector ? json_integer((json_int_t)t->size) : classes_json(t);
  if (json_object_set_new(o, vector ? "size" : "classes", rest) == 0) return o;
  json_decref(o);
  return NULL;
}

oc_status oc_outputs_note(oc_model *m, oc_error *err) {
  const bool plain = oc_model_plain(m);
  json_t *list = plain ? classes_json(&m->outputs[0]) : json_array();
  bool whole = list != NULL;
  for (int i = 0; whole && !plain && i < m->output_count; i++)
    whole = json_array_append_new(list, output_json(&m->outputs[i])) == 0;
  char *text = whole ? oc_json_text(list, JSON_COMPACT) : NULL;
  whole = text && oc_metadata_set(&m->metadata, plain ? "classes" : "outputs", text);
  json_decref(list);
  oc_memory_free(text);
  return whole ? OC_OK : oc_fail_memory(err, 256);
}

/* The strings of a list, from the heap; NULL with an error. */
static oc_status read_classes(const json_t *list, const char *path, const char ***out, oc_error *err) {
  const size_t count = json_array_size(list);
  *out = NULL;
  if (count < 1 || count > OC_MODEL_MAX_CLASSES)
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "classes must be a list of 2 to %d names",
                   OC_MODEL_MAX_CLASSES);
  const char **names = oc_memory_array(count, sizeof *names);
  if (!names) return oc_fail_memory(err, count * sizeof *names);
  *out = names;
  for (size_t i = 0; i < count; i++) {
    names[i] = json_string_value(json_array_get(list, i));
    if (!names[i] || !oc_class_name_is_sound(names[i]))
      return oc_fail(err, OC_E_DATA, path, DAMAGED,
                     "class name %zu is not a string or contains control characters", i);
  }
  return OC_OK;
}

static oc_status take_classes(oc_model *m, const char *name, oc_target_kind kind, const json_t *list,
                              const char *path, oc_error *err) {
  const char **names;
  oc_target t = {.name = name, .kind = kind, .size = (int64_t)json_array_size(list)};
  if (kind == OC_TARGET_CLASS && t.size < 2)
    return oc_fail(err, OC_E_DATA, path, DAMAGED, "classes must be a list of 2 to %d names",
                   OC_MODEL_MAX_CLASSES);
  oc_status status = read_classes(list, path, &names, err);
  t.class_names = names;
  if (status == OC_OK) status = oc_model_add_output(m, &t, err);
  oc_memory_free(names);
  return status;
}

static oc_status take_output(oc_model *m, const json_t *o, const char *path, oc_error *err) {
  const char *name = json_string_value(json_object_get(o, "name")),
             *kind = json_string_value(json_object_get(o, "kind"));
  for (int i = 0; name && kind && i <= OC_TARGET_VECTOR; i++) {
    if (strcmp(kind, kinds[i]) != 0) continue;
    if (i != OC_TARGET_VECTOR) return take_classes(m, name, i, json_object_get(o, "classes"), path, err);
    const oc_target t = {
        .name = name, .kind = i, .size = (int64_t)json_integer_value(json_object_get(o, "size"))};
    return oc_model_add_output(m, &t, err);
  }
  return oc_fail(err, OC_E_DATA, path, DAMAGED,
                 "an output needs a name and a kind: class, classes or vector");
}

oc_status oc_outputs_read(oc_model *m, const char *classes, const char *outputs, const char *path,
                          oc_error *err) {
  json_t *list;
  const char *text = outputs ? outputs : classes;
  TRY(oc_json_parse(text, strlen(text), path, DAMAGED, &list, err));
  oc_status status = OC_OK;
  if (!outputs)
    status = take_classes(m, "label", OC_TARGET_CLASS, list, path, err);
  else if (json_array_size(list) < 1)
    status = oc_fail(err, OC_E_DATA, path, DAMAGED, "outputs must be a list");
  for (size_t i = 0; status == OC_OK && outputs && i < json_array_size(list); i++)
    status = take_output(m, json_array_get(list, i), path, err);
  json_decref(list);
  return status;
}

/* ---- looking ------------------------------------------------------------------------------------------- */

int oc_model_output_count(const oc_model *m) {
  if (!m) return 0;
  return m->output_count;
}
const oc_target *oc_model_output(const oc_model *m, int index) {
  if (!m) return NULL;
  return index >= 0 && index < m->output_count ? &m->outputs[index] : NULL;
}
int oc_model_classes(const oc_model *m) {
  if (!m) return 0;
  return m->classes;
}
const char *oc_model_class_name(const oc_model *m, int label) {
  if (!m) return "";
  return label >= 0 && label < m->classes ? m->outputs[0].class_names[label] : "";
}
