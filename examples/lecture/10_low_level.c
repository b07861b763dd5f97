/* 10_low_level.c: "Build CNN", "Build TensorFlow Graph Object": the network of scopes and variables
 * (lecture.h), listed while it is built; the names are the slides'. */
#include "lecture.h"

int main(int argc, char **argv) {
  oc_error err;
  oc_graph *g;
  bool all = false;
  read_arguments(argc, argv,
                 "The network in the low-level interface: the variables and tensors that the slides name, as "
                 "they are made.",
                 (argument[]){{"--all", "then every operation of the graph, those of gradients and Adam too",
                               .flag = &all},
                              {0}});
  listing = stdout;
  CHECK(oc_graph_create(NULL, &g, &err));
  build_cnn(g, 1e-4);
  CHECK(oc_graph_status(g, &err));
  if (all) heading("The whole graph:");
  for (int i = 0; all && i < oc_graph_op_count(g); i++) list(g, oc_node_at(g, i));
  oc_graph_free(g);
}
