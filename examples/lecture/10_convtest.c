/* 10_convtest.c: "Convolutional Layer": the slide's test of conv_layer: 3x3 kernels, 32 maps, padding SAME,
 * strides 1. */
#include "lecture.h"

int main(int argc, char **argv) {
  oc_error err;
  oc_graph *g;
  int64_t rows = 3, columns = 3, channels = 32, stride = 1;
  bool valid = false;
  read_arguments(argc, argv,
                 "The test of conv_layer: variables and tensors of one layer on 28x28x1, as they are made.",
                 (argument[]){{"--rows", "of the kernel (3)", .count = &rows},
                              {"--columns", "of the kernel (3)", .count = &columns},
                              {"--channels", "feature maps that come out (32)", .count = &channels},
                              {"--stride", "in both directions (1)", .count = &stride},
                              {"--valid", "padding VALID instead of SAME", .flag = &valid},
                              {0}});
  listing = stdout;
  CHECK(oc_graph_create(NULL, &g, &err));
  oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  conv_layer(g, x, "convtest", .kernel_size = {rows, columns}, .n_output_channels = channels,
             .padding_mode = valid ? VALID : SAME, .strides = {stride, stride});
  CHECK(oc_graph_status(g, &err));
  oc_graph_free(g);
}
