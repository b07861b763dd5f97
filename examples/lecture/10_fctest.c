/* 10_fctest.c: "Fully Connected Layer": the slide's test of fc_layer: 32 units with ReLU on 28x28x1. */
#include "lecture.h"

static const struct {
  const char *name;
  activation_fn fn;
} activations[] = {{"relu", oc_relu}, {"sigmoid", oc_sigmoid},   {"tanh", oc_tanh},
                   {"gelu", oc_gelu}, {"softplus", oc_softplus}, {"none", NULL}};
enum { ACTIVATIONS = sizeof activations / sizeof activations[0] };

int main(int argc, char **argv) {
  oc_error err;
  oc_graph *g;
  int64_t units = 32;
  const char *activation = "relu";
  read_arguments(argc, argv,
                 "The test of fc_layer: variables and tensors of one layer on 28x28x1, as they are made.",
                 (argument[]){{"--units", "numbers that come out (32)", .count = &units},
                              {"--activation", "relu (default), sigmoid, tanh, gelu, softplus or none",
                               .text = &activation},
                              {0}});
  int which = 0;
  while (which < ACTIVATIONS && strcmp(activation, activations[which].name) != 0) which++;
  if (which == ACTIVATIONS) bad_argument(activation, "unknown activation");
  listing = stdout;
  CHECK(oc_graph_create(NULL, &g, &err));
  oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  fc_layer(g, x, "fctest", .n_output_units = units, .activation_fn = activations[which].fn);
  CHECK(oc_graph_status(g, &err));
  oc_graph_free(g);
}
