/* export.h: writes a model in the formats of other programs.
 *
 *   oc_onnx_export_options options = oc_onnx_export_defaults();
 *   options.opset = 13;
 *   if (oc_model_export_onnx(model, "model.onnx", &options, &err) != OC_OK) return 1;
 *
 * Threads: exporting changes nothing. It may run concurrently with the calls that
 * model.h lists for one model. */
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
 * The same model and options give the same bytes. Before the file is replaced, whole or not at all, its bytes
 * are read back as by oc_model_load_memory, and both models answer 100 random images. `options` may be NULL.
 * OC_E_ARGUMENT: opset out of range. OC_E_UNSUPPORTED: the network has an operation without a counterpart
 * (`where` names it), the file would have 2 GiB or more, or this build has no protobuf-c. OC_E_NOT_FINITE: an
 * answer is NaN or infinite. OC_E_INTERNAL: the answers differ. OC_E_CANT_CREATE, OC_E_IO: as of
 * oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_model_export_onnx(oc_model *m, const char *path, const oc_onnx_export_options *options,
                                      oc_error *err);

/* ---- C source ------------------------------------------------------------------------------------------ */

/* The largest side of an image that C source can take. */
enum { OC_C_MAX_SIDE = 16384 };

typedef struct oc_c_export_options {
  size_t struct_size; /* sizeof(oc_c_export_options); 0: that of version 0.1 */
  /* What the names of files and functions begin with: a letter, then letters, digits and _, at most 40; NULL:
   * "model" (default) */
  const char *prefix;
  /* The largest image that the code takes, 1 to OC_C_MAX_SIDE pixels each: it gets the network's size by the
   * model's rule. Both 0 (default): only images of the network's size. */
  int max_width, max_height;
  bool self_test; /* true: with a function that checks the weights and the answers; default false */
  bool replace;   /* true: the files in a folder that is there are replaced; default false */
} oc_c_export_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_c_export_options oc_c_export_defaults(void);

/* What the code takes of a machine. */
typedef struct oc_c_export_figures {
  int64_t constant_bytes;       /* weights and tables, besides code and the names of classes */
  int64_t scratch_bytes;        /* memory that the caller gives, besides the stack */
  int64_t decode_scratch_bytes; /* of it, what giving an image the network's size takes */
  int64_t multiply_adds;        /* of the network, for one image */
} oc_c_export_figures;

/* Writes a classifier as C99: PREFIX.c and PREFIX.h in `folder`, which is made with its parents. The header
 * documents the functions: PREFIX_classify answers an image, PREFIX_run the network's numbers, and
 * PREFIX_selftest checks both. The code calls no allocator and keeps nothing between calls, so that any
 * number of threads may call it, each with memory of its own. Batch normalization is part of the weights, and
 * an image becomes the network's numbers as in oc_preprocess.
 *
 * The same model and options give the same bytes. Probabilities differ from those of oc_model_predict by
 * rounding: sums of float32 are in another order. Each file is replaced whole or not at all, and each has a
 * number that the compiler compares, so that files of two exports are not mixed. `options` and `figures` may
 * be NULL. OC_E_ARGUMENT: an option is out of range. OC_E_UNSUPPORTED: the model has several outputs or one
 * that is not a class, an operation that cannot be written as C (`where` names it), a class name of more than
 * 1,000 bytes, or needs more than 2 GiB. OC_E_NOT_FINITE: a weight is, also after batch normalization was
 * folded into it. OC_E_CANT_CREATE: the folder exists, and `replace` is not set. OC_E_CANT_CREATE, OC_E_IO:
 * as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_model_export_c(const oc_model *m, const char *folder, const oc_c_export_options *options,
                                   oc_c_export_figures *figures, oc_error *err);

/* A step of such code: one operation of the graph, and those that became part of it. */
typedef struct oc_c_step_figures {
  char name[64];         /* of the operation in the graph: "conv_1/Conv2D" */
  char operations[64];   /* "conv2d, relu, max_pool" */
  int64_t bytes;         /* of its weights */
  int64_t scratch_bytes; /* of all that is in the scratch while it runs */
  int64_t multiply_adds; /* for one image */
} oc_c_step_figures;
/* What such code takes, and its steps in their order: for oc_c_measure_release. */
typedef struct oc_c_measure {
  oc_c_export_figures total;
  oc_c_step_figures *steps; /* step_count of them */
  int step_count;
} oc_c_measure;
/* Measures what oc_model_export_c would write by default, without writing it. The caller frees *out with
 * oc_c_measure_release; on failure it is empty. Errors as of oc_model_export_c. */
OC_API oc_status oc_model_measure_c(const oc_model *m, oc_c_measure *out, oc_error *err);
/* Frees the steps and empties *c. An empty one or NULL is fine. */
OC_API void oc_c_measure_release(oc_c_measure *c);

#ifdef __cplusplus
}
#endif
#endif
