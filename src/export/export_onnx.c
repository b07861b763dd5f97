/* export_onnx.c: writes a model as an ONNX file. */
#include "base/file.h"
#include "base/memory.h"
#include "base/options.h"
#include "export/export.h"

oc_onnx_export_options oc_onnx_export_defaults(void) {
  return (oc_onnx_export_options){.struct_size = sizeof(oc_onnx_export_options),
                                  .opset = OC_ONNX_DEFAULT_OPSET};
}

static oc_status read_options(const oc_onnx_export_options *options, oc_onnx_export_options *o,
                              oc_error *err) {
  *o = oc_onnx_export_defaults();
  if (options) OC_OPTIONS_READ(*o, options);
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_onnx_export_options", err));
  if (o->opset == 0) o->opset = OC_ONNX_DEFAULT_OPSET;
  if (o->opset >= OC_ONNX_MIN_OPSET && o->opset <= OC_ONNX_MAX_OPSET) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "opset", "", "must be %d to %d, got %d", OC_ONNX_MIN_OPSET,
                 OC_ONNX_MAX_OPSET, o->opset);
}

#if !OC_HAVE_PROTOBUF_C
oc_status oc_onnx_bytes(const oc_model *m, int opset, unsigned char **bytes, size_t *size, oc_error *err) {
  (void)m, (void)opset;
  *bytes = NULL;
  *size = 0;
  return oc_fail(err, OC_E_UNSUPPORTED, "onnx",
                 "Build with protobuf-c (Debian: libprotobuf-c-dev, protobuf-c-compiler).",
                 "ONNX is unsupported: this build has no protobuf-c");
}
#endif

/* ---- reading it back ----------------------------------------------------------------------------------- */

static oc_status check_bytes(oc_model *m, const void *bytes, size_t size, oc_error *err) {
  const oc_session_options session = {.threads = oc_session_threads(m->session)};
  oc_model *again;
  TRY(oc_model_from_onnx(bytes, size, "the exported model", &session, &again, err));
  const oc_status status = oc_export_compare(m, again, err);
  oc_model_free(again);
  return status;
}

/* ---- the file ------------------------------------------------------------------------------------------ */

oc_status oc_model_export_onnx(oc_model *m, const char *path, const oc_onnx_export_options *options,
                               oc_error *err) {
  NEED(m, path);
  oc_onnx_export_options o;
  unsigned char *bytes;
  size_t size;
  TRY(read_options(options, &o, err));
  TRY(oc_onnx_bytes(m, o.opset, &bytes, &size, err));
  oc_status status = check_bytes(m, bytes, size, err);
  if (status == OC_OK) status = oc_file_replace(path, bytes, size, err);
  oc_memory_free(bytes);
  return status;
}
