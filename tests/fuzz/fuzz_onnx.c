/* fuzz_onnx.c: any bytes as an ONNX file. What is read has sound weights and a graph without a fault; what is
 * refused says why. Memory is limited by what the reader takes, so a small input cannot take much. */
#include "formats/onnx_import.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

/* Every byte of the weights is there. */
static void read_weights(const oc_onnx_import *from) {
  volatile float sum = 0;
  for (int64_t i = 0; i < from->weight_count; i++) {
    const oc_shape shape = oc_node_shape(from->g, from->weights[i].variable);
    int64_t count;
    require(oc_shape_count(&shape, 1, &count, NULL) == OC_OK);
    for (int64_t k = 0; k < count; k++) sum += from->weights[i].values[k];
  }
  (void)sum;
}

/* The same bytes for a run that is fed `x` and the integers `i`. */
static void read_run(const uint8_t *data, size_t size, bool batched) {
  static const float x[2 * 3 * 4] = {1, -2, 3};
  static const int64_t numbers[3] = {0, 2, 1};
  const oc_feed feeds[] = {{"x", {OC_F32, OC_SHAPE(2, 3, 4), x}}, {"i", {OC_I64, OC_SHAPE(3), numbers}}};
  const oc_onnx_bytes bytes = {data, size, "fuzz.onnx", NULL};
  for (int count = 0; count <= 2; count++) {
    const oc_run_request request = {.feeds = feeds, .feed_count = count};
    oc_onnx_import from;
    oc_error err = {0};
    const oc_status status = oc_onnx_import_run(&bytes, &request, batched, &from, &err);
    if (status != OC_OK) require(err.code == status && err.message[0] && !from.g);
    if (status == OC_OK) read_weights(&from);
    for (int i = 0; i < from.result_count; i++)
      require(oc_node_valid(from.results[i].node) || from.results[i].real || from.results[i].whole);
    oc_onnx_import_release(&from);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  read_run(data, size, true);
  read_run(data, size, false);
  oc_onnx_import from;
  oc_error err = {0};
  const oc_status status = oc_onnx_import_bytes(data, size, "fuzz.onnx", NULL, &from, &err);
  if (status == OC_OK) {
    require(oc_graph_status(from.g, &err) == OC_OK && from.output_count >= 1);
    for (int i = 0; i < from.output_count; i++) require(oc_node_valid(from.outputs[i]));
    read_weights(&from);
    oc_onnx_import_release(&from);
  } else {
    require(status == OC_E_DATA || status == OC_E_UNSUPPORTED);
    require(err.message[0] && !from.g && !from.weights);
  }
  return 0;
}
