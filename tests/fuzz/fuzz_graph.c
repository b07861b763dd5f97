/* fuzz_graph.c: any bytes as the graph of a model file. What is accepted is written as a text that reads back
 * to itself, and can be planned; what is refused says why. No memory for tensors is taken. */
#include "formats/graph_text.h"
#include "plan/session.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static char *write_again(const oc_graph_reading *r) {
  const oc_graph_ends ends = {r->input, r->outputs, r->count};
  const oc_graph_mark all = oc_graph_mark_now(r->g);
  char *text;
  oc_error err = {0};
  if (oc_graph_write(r->g, &all, &ends, &text, &err) != OC_OK)
    require(err.code == OC_E_UNSUPPORTED && err.message[0]);
  return text;
}

/* Values of a sample that a plan must lay out, so that only what a machine could run is planned. */
static bool is_small(const oc_graph *g) {
  for (int32_t op = 0; op < g->count; op++)
    for (int i = 0; i < g->nodes[op].info.n_out; i++)
      if (oc_tensor_desc_row(&g->nodes[op].info.out[i]) > 1 << 16) return false;
  return g->count < 200;
}

static void plan(const oc_graph_reading *r) {
  const oc_session_options options = {.seed = 1, .threads = 1};
  const oc_plan_options how = {.batch = 3};
  oc_session *s;
  oc_plan *p;
  oc_error err = {0};
  if (oc_session_sketch(r->g, &options, &s, &err) != OC_OK) {
    require(err.message[0]);
    return;
  }
  if (oc_plan_create(s, r->outputs, r->count, &how, &p, &err) != OC_OK) require(err.message[0]);
  oc_plan_free(p);
  oc_session_free(s);
}

static void check_accepted(const oc_graph_reading *r) {
  oc_graph_reading again;
  oc_error err = {0};
  char *text = write_again(r);
  if (is_small(r->g)) plan(r);
  if (!text) return;
  require(oc_graph_read(text, NULL, &again, &err) == OC_OK);
  char *same = write_again(&again);
  require(same && strcmp(text, same) == 0);
  oc_memory_free(same);
  oc_memory_free(text);
  oc_graph_free(again.g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  oc_graph_reading r;
  oc_error err = {0};
  if (!text) return 0;
  memcpy(text, data, size);
  text[size] = 0;
  if (oc_graph_read(text, NULL, &r, &err) == OC_OK)
    check_accepted(&r);
  else
    require(err.code != OC_OK && err.message[0] && err.where[0] && !r.g);
  oc_graph_free(r.g);
  free(text);
  return 0;
}
