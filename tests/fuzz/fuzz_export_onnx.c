/* fuzz_export_onnx.c: any bytes as an ONNX file, whose model is exported to ONNX and to C. What is written as
 * ONNX is read again, with as many outputs; what is refused says why. */
#include "export/export.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

/* So that weights and tables stay small. */
static bool is_small(const oc_graph *g) {
  for (int i = 0; i < oc_graph_op_count(g); i++) {
    const oc_op_info *info = oc_graph_info(g, i);
    for (int k = 0; k < info->n_out; k++)
      if (oc_tensor_desc_row(&info->out[k]) > 1 << 14) return false;
  }
  return oc_graph_op_count(g) < 200;
}

static void export_onnx(const oc_model *m) {
  const oc_session_options one = {.threads = 1};
  unsigned char *bytes;
  size_t size;
  oc_model *again;
  oc_error err = {0};
  if (oc_onnx_bytes(m, OC_ONNX_DEFAULT_OPSET, &bytes, &size, &err) != OC_OK) {
    require(err.message[0] && !bytes);
    return;
  }
  if (oc_model_from_onnx(bytes, size, "again.onnx", &one, &again, &err) == OC_OK)
    require(again->output_count == m->output_count);
  else
    require(err.message[0] && !again);
  oc_model_free(again);
  oc_memory_free(bytes);
}

static void export_c(const oc_model *m) {
  const oc_c_export_options o = {.struct_size = sizeof o, .prefix = "model"};
  oc_c_export_figures figures;
  char *source, *header;
  oc_error err = {0};
  if (oc_c_text_of(m, &o, &source, &header, &figures, &err) != OC_OK) {
    require(err.message[0] && !source && !header);
    return;
  }
  require(figures.scratch_bytes > 0);
  oc_memory_free(source);
  oc_memory_free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const oc_session_options one = {.threads = 1};
  oc_model *m;
  oc_error err = {0};
  if (oc_model_from_onnx(data, size, "fuzz.onnx", &one, &m, &err) != OC_OK) {
    require(err.message[0] && !m);
    return 0;
  }
  if (is_small(m->graph)) {
    export_onnx(m);
    export_c(m);
  }
  oc_model_free(m);
  return 0;
}
