/* fuzz_heads.c: any bytes as what a model file says of its outputs (the first line) and heads (the rest).
 * What is accepted is written as it was read and becomes a sound graph; what is refused says why. */
#include "base/json.h"
#include "model/model.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static char *take_text(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  require(text != NULL);
  memcpy(text, data, size);
  text[size] = 0;
  return text;
}

/* Nodes for the outputs, then all that a model has on top of its network. */
static void build(oc_model *m) {
  oc_error err = {0};
  oc_model_nodes n = {.loss = OC_NO_NODE};
  require(oc_graph_create(NULL, &m->graph, &err) == OC_OK);
  for (int i = 0; i < m->output_count; i++)
    n.outputs[i].node = oc_placeholder(m->graph, "y", OC_F32, OC_SHAPE(OC_BATCH, m->outputs[i].size));
  if (oc_model_plain(m)) n.targets[0] = oc_placeholder(m->graph, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  oc_model_add_answers(m->graph, m, &n);
  oc_model_add_heads(m->graph, m, &m->heads, &n);
  require(oc_graph_status(m->graph, &err) == OC_OK);
  require(oc_node_shape(m->graph, n.loss).rank == 0);
}

/* What the model would write says the same. */
static void write_again(const oc_model *m) {
  oc_heads again;
  oc_error err = {0};
  json_t *list = oc_heads_json(m, &m->heads);
  require(oc_heads_parse(m, list, &again, &err) == OC_OK && oc_heads_equal(&again, &m->heads));
  json_decref(list);
}

static bool read_heads(oc_model *m, const char *text) {
  oc_error err = {0};
  json_t *list;
  oc_heads_default(m, &m->heads);
  require(m->heads.count == m->output_count);
  if (oc_json_parse(text, strlen(text), "heads", "", &list, &err) != OC_OK) return false;
  const oc_status status = oc_heads_parse(m, list, &m->heads, &err);
  json_decref(list);
  require(status == OC_OK || (err.code == OC_E_DATA && err.message[0]));
  return status == OC_OK;
}

static void run(const char *outputs, const char *heads) {
  oc_model *m;
  oc_error err = {0};
  require(oc_model_new(&m, &err) == OC_OK);
  if (oc_outputs_read(m, NULL, outputs, "file", &err) != OC_OK)
    require(err.code != OC_OK && err.message[0]);
  else {
    require(oc_outputs_note(m, &err) == OC_OK);
    if (read_heads(m, heads)) {
      write_again(m);
      build(m);
    }
  }
  oc_model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = take_text(data, size), *line = strchr(text, '\n');
  if (line) *line = 0;
  run(text, line ? line + 1 : "");
  free(text);
  return 0;
}
