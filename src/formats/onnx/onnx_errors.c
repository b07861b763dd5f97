/* onnx_errors.c: errors at a node of the file. */
#include "formats/onnx/onnx_reader.h"
#include <stdarg.h>
#include <stdio.h>

/* "model.onnx: node 'conv1' (Conv, opset 17)". */
const char *oc_onnx_place(const oc_onnx_reader *r, char text[256]) {
  const OcOnnx__NodeProto *n = r->node;
  const char *name = n->name && *n->name ? n->name : n->n_output ? n->output[0] : "";
  (void)snprintf(text, 256, "%.120s: node '%.60s' (%.30s, opset %d)", r->where, name,
                 n->op_type ? n->op_type : "", (int)r->opset);
  return text;
}

static oc_status fail_here(const oc_onnx_reader *r, oc_status code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static oc_status fail_here(const oc_onnx_reader *r, oc_status code, const char *format, va_list args) {
  const bool unsupported = code == OC_E_UNSUPPORTED;
  char why[200], where[256];
  (void)vsnprintf(why, sizeof why, format, args);
  return oc_fail(r->err, code, oc_onnx_place(r, where),
                 unsupported ? "Export the model without it." : "Export the model again.", "%s: %s",
                 unsupported ? "unsupported" : "invalid", why);
}

oc_status oc_onnx_unsupported(const oc_onnx_reader *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const oc_status status = fail_here(r, OC_E_UNSUPPORTED, format, args);
  va_end(args);
  return status;
}

oc_status oc_onnx_invalid(const oc_onnx_reader *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  const oc_status status = fail_here(r, OC_E_DATA, format, args);
  va_end(args);
  return status;
}
