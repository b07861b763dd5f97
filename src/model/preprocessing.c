/* preprocessing.c: the rule that gives images the shape of a model, in the metadata of its file.
 *
 * Key preprocessing: {"resize": "pad", "crop" or "stretch", "background": "#rrggbb" if it is fixed,
 * "mixed_sizes": true if the training images had several sizes}. The shape is that of key image_shape. A file
 * without the key has the rule of earlier versions: pad, with a background for each image. */
#include "base/json.h"
#include "model/model.h"
#include <stdio.h>
#include <string.h>

#define KEY     "preprocessing"
#define DAMAGED "Copy or train the model again: the file is damaged or was edited."

oc_preprocessing oc_model_preprocessing(const oc_model *m) {
  if (!m) return (oc_preprocessing){0};
  oc_preprocessing p = m->preprocessing;
  p.background_each = !p.background_set;
  return p;
}

bool oc_model_mixed_sizes(const oc_model *m) {
  return m && m->mixed_sizes;
}

void oc_preprocessing_take(oc_model *m, const oc_dataset *train_data) {
  const oc_image_shape original = oc_dataset_original_shape(train_data);
  m->preprocessing = oc_preprocessing_defaults();
  m->preprocessing.resize = OC_RESIZE_PAD;
  if (train_data) m->preprocessing = oc_dataset_preprocessing(train_data);
  m->preprocessing.shape = m->size;
  m->mixed_sizes = train_data && original.height == 0;
}

oc_status oc_preprocessing_note(oc_model *m, oc_error *err) {
  const oc_preprocessing *p = &m->preprocessing;
  char text[128];
  int n = snprintf(text, sizeof text, "{\"resize\":\"%s\"", oc_resize_mode_name(p->resize));
  if (p->background_set)
    n += snprintf(text + n, sizeof text - (size_t)n, ",\"background\":\"#%02x%02x%02x\"", p->background[0],
                  p->background[1], p->background[2]);
  (void)snprintf(text + n, sizeof text - (size_t)n, "%s}", m->mixed_sizes ? ",\"mixed_sizes\":true" : "");
  return oc_metadata_set(&m->metadata, KEY, text) ? OC_OK : oc_fail_memory(err, sizeof text);
}

/* False if the text is not a mode of a rule that nothing is left open of. */
static bool read_mode(const char *text, oc_resize_mode *mode) {
  for (int i = OC_RESIZE_PAD; text && i <= OC_RESIZE_STRETCH; i++)
    if (strcmp(text, oc_resize_mode_name((oc_resize_mode)i)) == 0) {
      *mode = (oc_resize_mode)i;
      return true;
    }
  return false;
}

static bool read_rule(oc_model *m, const json_t *object) {
  oc_preprocessing *p = &m->preprocessing;
  const json_t *background = json_object_get(object, "background");
  const char *color = json_string_value(background);
  unsigned r, g, b;
  m->mixed_sizes = json_is_true(json_object_get(object, "mixed_sizes"));
  if (!read_mode(json_string_value(json_object_get(object, "resize")), &p->resize)) return false;
  if (!background) return true;
  if (!color || strlen(color) != 7 || color[0] != '#' || strspn(color + 1, "0123456789abcdef") != 6 ||
      sscanf(color + 1, "%2x%2x%2x", &r, &g, &b) != 3)
    return false;
  p->background[0] = (uint8_t)r, p->background[1] = (uint8_t)g, p->background[2] = (uint8_t)b;
  p->background_set = true;
  return true;
}

oc_status oc_preprocessing_read(oc_model *m, const char *path, oc_error *err) {
  const char *text = oc_metadata_get(&m->metadata, KEY);
  json_t *object;
  oc_preprocessing_take(m, NULL);
  if (!text) return OC_OK;
  TRY(oc_json_parse(text, strlen(text), path, DAMAGED, &object, err));
  const bool good = read_rule(m, object);
  json_decref(object);
  if (good) return OC_OK;
  return oc_fail(err, OC_E_DATA, path, DAMAGED, "invalid '%s' in the metadata: %.60s", KEY, text);
}

oc_status oc_model_need_rule(const oc_model *m, oc_error *err) {
  if (!m->no_rule) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "onnx",
                 "Make a model of it: `ocellus import FILE.onnx --white 255 --out model.safetensors`; see "
                 "`ocellus help import`.",
                 "the file has no rule for images ('preprocessing' in its metadata)");
}
