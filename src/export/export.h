/* export.h (internal): what the files of src/export share. */
#ifndef OC_EXPORT_EXPORT_H
#define OC_EXPORT_EXPORT_H
#include "model/model.h"
#include "ocellus/export.h"

/* The bytes of an ONNX file, for oc_memory_free; NULL after a failure. */
oc_status oc_onnx_bytes(const oc_model *m, int opset, unsigned char **bytes, size_t *size, oc_error *err);
/* NAME.c and NAME.h, for oc_memory_free; NULL after a failure. */
oc_status oc_c_text_of(const oc_model *m, const oc_c_export_options *options, char **source, char **header,
                       oc_c_export_figures *figures, oc_error *err);
/* compare.c: OC_E_INTERNAL if two models, of the same images and outputs, answer 100 random images
 * differently. */
oc_status oc_export_compare(oc_model *a, oc_model *b, oc_error *err);

#endif
