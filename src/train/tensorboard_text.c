/* tensorboard_text.c: writes the configuration of a run and its network as Markdown tables. */
#include "base/json.h"
#include "base/memory.h"
#include "train/tensorboard.h"

/* A cell of a table; | would end it. */
static void add_cell(oc_text *t, const char *text) {
  oc_text_add(t, "| ");
  for (; *text; text++) oc_text_add(t, *text == '|' ? "\\%c" : "%c", *text);
  oc_text_add(t, " ");
}

static void add_row(oc_text *t, const char *name, const json_t *value) {
  char *text = json_is_string(value) ? oc_memory_string(json_string_value(value))
                                     : oc_json_text(value, JSON_ENCODE_ANY);
  if (text) {
    add_cell(t, name);
    add_cell(t, text);
    oc_text_add(t, "|\n");
  } else { /* no memory: as if the text itself had found none */
    oc_text_release(t);
    t->failed = true;
  }
  oc_memory_free(text);
}

char *oc_board_options(const oc_fit *f) {
  const char *name;
  json_t *value;
  oc_text t = {0};
  oc_text_add(&t, "| option | value |\n|---|---|\n");
  oc_text_add(&t, "| epochs | %d |\n", f->o.epochs);
  json_object_foreach(f->result_config, name, value) add_row(&t, name, value);
  oc_text_add(&t, "| train_images | %lld |\n", (long long)f->count);
  oc_text_add(&t, "| valid_images | %lld |\n", f->valid ? (long long)oc_dataset_count(f->valid) : 0);
  oc_text_add(&t, "| threads | %d |\n", oc_session_threads(f->session));
  oc_text_add(&t, "| version | %s |\n", oc_version());
  return oc_text_take(&t);
}

char *oc_board_layers(const oc_model *m) {
  oc_layer_summary *layers;
  int count;
  char shape[128];
  oc_text t = {0};
  if (oc_model_layers(m, &layers, &count, NULL) != OC_OK) return NULL;
  oc_text_add(&t, "| layer | net text | output | parameters | multiply-adds |\n|---|---|---|---:|---:|\n");
  for (int i = 0; i < count; i++) {
    add_cell(&t, layers[i].name);
    add_cell(&t, layers[i].text);
    oc_text_add(&t, "| %s | %lld | %lld |\n", oc_shape_text(&layers[i].output, shape, sizeof shape),
                (long long)layers[i].parameters, (long long)layers[i].multiply_adds);
  }
  oc_free(layers);
  return oc_text_take(&t);
}
