/* onnx_import.c: frees what was read of an ONNX file, and refuses it in builds without protobuf-c. */
#include "formats/onnx_import.h"
#include "base/error.h"

oc_status oc_onnx_import_set(const oc_onnx_import *from, oc_session *s, oc_error *err) {
  for (int64_t i = 0; i < from->weight_count; i++) {
    const int index = oc_variable_index(s, oc_node_name(from->g, from->weights[i].variable));
    oc_variable_info v;
    (void)oc_variable_entry(s, index, &v);
    TRY(oc_variable_set(s, index, from->weights[i].values, v.bytes, err));
  }
  return OC_OK;
}

void oc_onnx_import_release(oc_onnx_import *import) {
  oc_graph_free(import->g);
  oc_memory_free(import->weights);
  oc_metadata_release(&import->metadata);
  oc_arena_free(&import->arena);
  *import = (oc_onnx_import){0};
}

#if !OC_HAVE_PROTOBUF_C
static oc_status refuse(const char *where, oc_onnx_import *out, oc_error *err) {
  *out = (oc_onnx_import){0};
  return oc_fail(err, OC_E_UNSUPPORTED, where,
                 "Build with protobuf-c (Debian: libprotobuf-c-dev, protobuf-c-compiler).",
                 "ONNX is unsupported: this build has no protobuf-c");
}
oc_status oc_onnx_import_bytes(const void *bytes, size_t size, const char *where, const char *folder,
                               oc_onnx_import *out, oc_error *err) {
  (void)bytes, (void)size, (void)folder;
  return refuse(where, out, err);
}
oc_status oc_onnx_import_run(const oc_onnx_bytes *from, const oc_run_request *request, bool batched,
                             oc_onnx_import *out, oc_error *err) {
  (void)request, (void)batched;
  return refuse(from->where, out, err);
}
#endif
