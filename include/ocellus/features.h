/* features.h: returns the filters of a layer and its feature maps for an image.
 *
 *   oc_layer_values v = {0};
 *   oc_model_filters(model, "conv_1", &v, &err);           // the 32 kernels: (5, 5, 1, 32)
 *   oc_model_features(model, pixels, "conv_1", &v, &err);  // the 32 maps of this image: (24, 24, 32)
 *   oc_layer_values_release(&v);
 *
 * Lecture: "Features in ML Algorithms", "Convolutional Neural Networks" (feature maps).
 *
 * Threads: both functions use the model, which must not be used elsewhere meanwhile. */
#ifndef OCELLUS_FEATURES_H
#define OCELLUS_FEATURES_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_layer_values {
  const char *name; /* of the tensor: "conv_1/_weights"; the model's, as long as it lives */
  oc_tensor values; /* float32, a copy; owned */
} oc_layer_values;

/* The weights of a layer, a copy: (rows, columns, input maps, output maps) of a convolution; (inputs, units)
 * of a dense layer, or (rows, columns, maps, units) if its input is maps, which it reads row by row. `layer`:
 * the name of a convolution or dense layer ("conv_1"), or of its weights ("conv_1/_weights"); NULL: the first
 * convolution, or without one the first dense layer. *out is filled only on success and then released by the
 * caller. OC_E_ARGUMENT: no such layer, or it has no filters, or several (a residual block); the hint names
 * the valid ones. OC_E_MEMORY. */
OC_API oc_status oc_model_filters(oc_model *m, const char *layer, oc_layer_values *out, oc_error *err);

/* The output of a layer for one image (of the model's shape, 0..255), a copy: its last tensor, without the
 * batch axis: (rows, columns, maps) or (units). `layer`: a layer's name ("conv_1", "maxpool_1"), or that of
 * any float32 tensor which follows from the image ("conv_1/net_pre-activation", "probabilities"); NULL: as
 * for oc_model_filters. *out is filled only on success and then released by the caller. OC_E_ARGUMENT: no
 * such layer or tensor. OC_E_NOT_FINITE: one of the numbers is NaN or infinite; `err` names the layer where
 * that began. OC_E_MEMORY. */
OC_API oc_status oc_model_features(oc_model *m, const uint8_t *pixels, const char *layer,
                                   oc_layer_values *out, oc_error *err);

/* Frees the values and empties *v. An empty one or NULL is fine. */
OC_API void oc_layer_values_release(oc_layer_values *v);

#ifdef __cplusplus
}
#endif
#endif
