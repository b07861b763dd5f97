/* fuzz_net.c: any bytes as a net text. A text that is accepted has a canonical form that is its own canonical
 * form and reads back; what is refused says where. Accepted texts are built on a 28x28x1 image: no memory for
 * tensors is taken. */
#include "net/net.h"
#include "ocellus/data.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check_refusal(const oc_error *err) {
  require(err->code != OC_OK && err->message[0]);
  if (err->code == OC_E_NET) require(strncmp(err->where, "net text", 8) == 0);
}

static void check_normal_form(const char *normal) {
  char *again;
  require(oc_net_canonicalize(normal, 10, NULL, &again, NULL) == OC_OK);
  require(strcmp(normal, again) == 0);
  oc_free(again);
}

static int operations(const char *text, oc_error *err) {
  oc_graph *g;
  oc_node logits;
  if (oc_graph_create(NULL, &g, err) != OC_OK) return -1;
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  const oc_status status = oc_net_build(g, x, text, 10, NULL, &logits, err);
  require(oc_node_valid(logits) == (status == OC_OK));
  const int count = status == OC_OK ? oc_graph_op_count(g) : -1;
  oc_graph_free(g);
  return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1), *normal;
  oc_error err = {0};
  if (!text) return 0;
  memcpy(text, data, size);
  text[size] = 0;
  if (oc_net_canonicalize(text, 10, NULL, &normal, &err) == OC_OK) {
    check_normal_form(normal);
    const int count = operations(text, &err);
    if (count < 0) check_refusal(&err);
    require(operations(normal, &err) == count);
    oc_free(normal);
  } else {
    check_refusal(&err);
  }
  free(text);
  return 0;
}
