/* tensor_file.h: a tensor as a message of ONNX, in a file of its own or in bytes. */
#ifndef OC_FORMATS_TENSOR_FILE_H
#define OC_FORMATS_TENSOR_FILE_H
#include "base/text.h"
#include "ocellus/run.h"

/* Reads a .npy file or a TensorProto, as its first bytes say; `where` is for messages. Errors as of
 * oc_tensor_load. */
oc_status oc_tensor_parse(const char *where, const void *bytes, size_t size, oc_tensor *out, oc_error *err);

/* onnx/onnx_tensor_file.c: OC_E_UNSUPPORTED in builds without protobuf-c. */
oc_status oc_onnx_tensor_parse(const char *where, const void *bytes, size_t size, oc_tensor *out,
                               oc_error *err);
/* The message of a tensor. OC_E_MEMORY. */
oc_status oc_onnx_tensor_write(const char *where, const oc_tensor_view *t, oc_text *out, oc_error *err);

#endif
