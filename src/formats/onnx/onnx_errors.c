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

oc_status oc_onnx_unsupported(const oc_onnx_reader *r, const char *format, ...) {
  char why[200], where[256];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why, sizeof why, format, args);
  va_end(args);
  return oc_fail(r->err, OC_E_UNSUPPORTED, oc_onnx_place(r, where), "Export the model without it.",
                 "unsupported: %s", why);
}

oc_status oc_onnx_invalid(const oc_onnx_reader *r, const char *format, ...) {
  char why[200], where[256];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(why, sizeof why, format, args);
  va_end(args);
  return oc_fail(r->err, OC_E_DATA, oc_onnx_place(r, where), "Export the model again.", "invalid: %s", why);
}
