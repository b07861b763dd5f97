/* export.h: writes a model in the formats of other programs.
 *
 *   oc_onnx_export_options options = oc_onnx_export_defaults();
 *   options.opset = 13;
 *   if (oc_model_export_onnx(model, "model.onnx", &options, &err) != OC_OK) return 1;
 *
 * Threads: exporting changes nothing. It may run beside the calls that model.h lists for one model. */
#ifndef OCELLUS_EXPORT_H
#define OCELLUS_EXPORT_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

/* The versions of ONNX's operators that can be written. */
enum { OC_ONNX_MIN_OPSET = 13, OC_ONNX_MAX_OPSET = 21, OC_ONNX_DEFAULT_OPSET = 17 };

typedef struct oc_onnx_export_options {
  size_t struct_size; /* sizeof(oc_onnx_export_options); 0: that of version 0.1 */
  int opset;          /* OC_ONNX_MIN_OPSET to OC_ONNX_MAX_OPSET; 0: OC_ONNX_DEFAULT_OPSET (default) */
} oc_onnx_export_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_onnx_export_options oc_onnx_export_defaults(void);

/* Writes the model as an ONNX file (onnx.ai): its prediction for any number of images.
 *
 * The input "image" is float32 (batch, channels, height, width), pixels of 0 to 255, red, green, blue:
 * standardization is part of the graph. The output of a class is the softmax, "probabilities" (batch,
 * classes); a model with other outputs has one of the name of each. The metadata has the keys of a model file
 * that a prediction needs: classes or outputs, image_shape, preprocessing (docs/formats.md). Batch
 * normalization stays an operation, with the weights as they are.
 *
 * The same model and options give the same bytes. The file is replaced whole or not at all. `options` may be
 * NULL. OC_E_ARGUMENT: opset out of range. OC_E_UNSUPPORTED: the network has an operation without a
 * counterpart (`where` names it), the file would have 2 GiB or more, or this build has no protobuf-c.
 * OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_model_export_onnx(const oc_model *m, const char *path,
                                      const oc_onnx_export_options *options, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
