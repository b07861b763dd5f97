/* onnx_import.c: frees what was read of an ONNX file, and refuses it in builds without protobuf-c. */
#include "formats/onnx_import.h"
#include "base/error.h"

void oc_onnx_import_release(oc_onnx_import *import) {
  oc_graph_free(import->g);
  oc_memory_free(import->weights);
  oc_metadata_release(&import->metadata);
  oc_arena_free(&import->arena);
  *import = (oc_onnx_import){0};
}

#if !OC_HAVE_PROTOBUF_C
oc_status oc_onnx_import_bytes(const void *bytes, size_t size, const char *where, const char *folder,
                               oc_onnx_import *out, oc_error *err) {
  (void)bytes, (void)size, (void)folder;
  *out = (oc_onnx_import){0};
  return oc_fail(err, OC_E_UNSUPPORTED, where,
                 "Build with protobuf-c (Debian: libprotobuf-c-dev, protobuf-c-compiler).",
                 "ONNX is unsupported: this build has no protobuf-c");
}
#endif
