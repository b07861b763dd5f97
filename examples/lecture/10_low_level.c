/* 10_low_level.c: "Implementing a CNN in the TensorFlow Low-Level API": the network of scopes and variables (lecture.h),
 * and the listing of names, shapes and types. */
#include "lecture.h"
#include <string.h>

int main(void) {
  oc_error err;
  oc_graph *g;
  CHECK(oc_graph_create(NULL, &g, &err));
  build_cnn(g, 1e-4);
  CHECK(oc_graph_status(g, &err));
  for (int i = 0; i < oc_graph_op_count(g); i++) {
    const oc_node node = oc_node_at(g, i);
    const char *name = oc_node_name(g, node);
    char text[512];
    if (strncmp(name, "gradients", 9) == 0 || strncmp(name, "train", 5) == 0 || strstr(name, "Adam"))
      continue; /* what training added */
    printf("%s\n", oc_node_describe(g, node, text, sizeof text));
  }
  oc_graph_free(g);
}
