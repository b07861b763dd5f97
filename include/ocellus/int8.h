/* int8.h: quantizes a trained classifier: weights and activations become whole numbers of 8 bits. They take a
 * quarter of the memory, and small processors multiply them faster.
 *
 *   oc_int8_model *q;
 *   if (oc_model_quantize(model, data.train, 0, &q, &err) != OC_OK) return 1;
 *   oc_int8_export_c(q, "digits-c", NULL, NULL, &err);
 *   oc_int8_free(q);
 *
 * Arithmetic and layout are those of TFLite's specification: the weights of each channel have a scale and the
 * zero point 0, biases have 32 bits, activations a scale and a zero point, and products of scales are
 * multipliers of 32 bits with a shift.
 *
 * Threads: the calls take the quantized model const and may run concurrently. They read the model that it was
 * made of, as exporting does (export.h). */
#ifndef OCELLUS_INT8_H
#define OCELLUS_INT8_H
#include "export.h"
#ifdef __cplusplus
extern "C" {
#endif

/* Images that the ranges of activations are found on by default. */
enum { OC_INT8_IMAGES = 256 };

typedef struct oc_int8_model oc_int8_model;

/* Quantizes a classifier. The range of each activation is that of its numbers on `images` images, spread
 * evenly over `data`, which has the model's shape (oc_dataset_preprocessed); 0: OC_INT8_IMAGES. Use images as
 * the model was trained on; they need no labels. Batch normalization becomes part of the weights of the
 * operation before it, if that has any. The same model and images give the same numbers.
 *
 * `m` must outlive the result, and must not change meanwhile. The caller frees *out with oc_int8_free; on
 * failure it is NULL. OC_E_DATA: the data has no images, or images of another shape. OC_E_ARGUMENT: `images`
 * is below 0. OC_E_UNSUPPORTED: an operation has no form in int8 (`where` names it), or as of
 * oc_model_export_c. OC_E_NOT_FINITE: a weight or an activation is. OC_E_MEMORY. Others: errors of reading
 * the data. */
OC_API oc_status oc_model_quantize(const oc_model *m, const oc_dataset *data, int64_t images,
                                   oc_int8_model **out, oc_error *err);
/* Frees a quantized model. NULL is fine. */
OC_API void oc_int8_free(oc_int8_model *q);

/* What quantization costs, on the images that it was done with. */
typedef struct oc_int8_report {
  int64_t images;
  bool labeled;                        /* the images have labels of the model's classes */
  int64_t float_correct, int8_correct; /* answers that are right, if so; else 0 */
} oc_int8_report;
/* Returns the report; a zeroed one for NULL. */
OC_API oc_int8_report oc_int8_report_of(const oc_int8_model *q);

/* A layer in the order of computation. */
typedef struct oc_int8_layer_report {
  char name[64];       /* of its operation in the graph: "conv_1/Conv2D" */
  char operations[64]; /* "conv2d, relu" */
  /* 10 log10 of the sum of squares of its activations in float32 over that of the differences to int8, in dB;
   * INFINITY: there is no difference */
  double signal_to_noise;
  double scale; /* its activations are scale * (number - zero) */
  int zero;
} oc_int8_layer_report;
/* Fills *out with layer `index`, from 0 on. Returns false past the end. */
OC_API bool oc_int8_layer_at(const oc_int8_model *q, int index, oc_int8_layer_report *out);

/* The probabilities (count x classes, float32) of `count` images (uint8 HWC of the model's size): bit for bit
 * those of the C code that oc_int8_export_c writes, multiples of 1/256. OC_E_ARGUMENT: count is below 0.
 * OC_E_MEMORY. */
OC_API oc_status oc_int8_predict(const oc_int8_model *q, const uint8_t *pixels, int64_t count,
                                 float *probabilities, oc_error *err);

/* Writes the quantized classifier as C99, like oc_model_export_c, with the same functions and options. It
 * computes with whole numbers alone, except for the probabilities. PREFIX_decode and PREFIX_run have numbers
 * of 8 bits between them; PREFIX_quantize makes those of float32. `options` and `figures` may be NULL. Errors
 * as of oc_model_export_c. */
OC_API oc_status oc_int8_export_c(const oc_int8_model *q, const char *folder,
                                  const oc_c_export_options *options, oc_c_export_figures *figures,
                                  oc_error *err);

/* Writes the quantized network for other programs: a safetensors file that docs/export.md describes.
 * Replaced whole or not at all. OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_int8_save(const oc_int8_model *q, const char *path, oc_error *err);

/* Measures what C code in int8 would take, without quantizing: the sizes follow from the network alone. The
 * caller frees *out with oc_c_measure_release; on failure it is empty. Errors as of oc_model_quantize. */
OC_API oc_status oc_model_measure_int8(const oc_model *m, oc_c_measure *out, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
