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

/* ---- C source, in export_c.c ---- */

/* Where its texts go, for oc_memory_free; NULL after a failure. */
typedef struct oc_c_texts {
  char **source, **header;
  oc_c_export_figures *figures;
} oc_c_texts;
/* Writes the texts of a network, of the form that `network` has. */
typedef oc_status (*oc_c_write_fn)(const void *network, const oc_c_export_options *o, const oc_c_texts *out,
                                   oc_error *err);
/* What all forms have in common: checks options and names of classes, and writes the files. */
oc_status oc_c_export_files(const oc_model *m, oc_c_write_fn write, const void *network, const char *folder,
                            const oc_c_export_options *options, oc_c_export_figures *figures, oc_error *err);
/* The texts of a unit, whose prefix and sizes are those of the options. */
struct oc_c_unit;
oc_status oc_c_write_unit(struct oc_c_unit *u, const oc_c_export_options *o, const oc_c_texts *out,
                          oc_error *err);

/* compare.c: OC_E_INTERNAL if two models, of the same images and outputs, answer 100 random images
 * differently. */
oc_status oc_export_compare(oc_model *a, oc_model *b, oc_error *err);

#endif
