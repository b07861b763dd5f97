/* read_resize.c: Resize, and Upsample of old files: rows and columns by nearest neighbors or linearly.
 * Each is a product with a matrix: column k has the weights of the inputs that output k is made of. */
#include "formats/onnx/onnx_reader.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct resize {
  char mode[32], transform[32], rounding[32];
  int64_t out[2]; /* rows, columns */
  float scale[2]; /* outputs for each input */
} resize;

/* ---- where an output is among the inputs --------------------------------------------------------------- */

static bool is(const char *text, const char *name) {
  return strcmp(text, name) == 0;
}

/* In float32, whose rounding decides between neighbors where ONNX Runtime lets it decide. False for a
 * transform that is not known. */
static bool find_place(const resize *z, int axis, int64_t in, int64_t k, float *out) {
  const float scale = z->scale[axis], n = (float)z->out[axis], at = (float)k;
  if (is(z->transform, "half_pixel"))
    *out = (at + 0.5f) / scale - 0.5f;
  else if (is(z->transform, "pytorch_half_pixel"))
    *out = n > 1 ? (at + 0.5f) / scale - 0.5f : 0;
  else if (is(z->transform, "align_corners"))
    *out = n > 1 ? at * (float)(in - 1) / (n - 1) : 0;
  else if (is(z->transform, "asymmetric"))
    *out = at / scale;
  else
    return false;
  return true;
}

static bool round_place(const resize *z, float at, float *out) {
  if (is(z->rounding, "round_prefer_floor"))
    *out = ceilf(at - 0.5f);
  else if (is(z->rounding, "round_prefer_ceil"))
    *out = floorf(at + 0.5f);
  else if (is(z->rounding, "floor"))
    *out = floorf(at);
  else if (is(z->rounding, "ceil"))
    *out = ceilf(at);
  else
    return false;
  return true;
}

/* Adds the weights of output k; inputs beyond the image are those at its border. */
static bool fill_column(const resize *z, int axis, int64_t in, int64_t k, float *matrix) {
  const float last = (float)(in - 1);
  float at, nearest;
  if (!find_place(z, axis, in, k, &at) || !round_place(z, at, &nearest)) return false;
  at = fminf(fmaxf(is(z->mode, "linear") ? at : nearest, 0), last);
  const int64_t low = (int64_t)floorf(at), high = low + (at > (float)low), columns = z->out[axis];
  matrix[low * columns + k] += 1 - (at - (float)low);
  if (high != low) matrix[high * columns + k] += at - (float)low;
  return true;
}

static oc_status resize_axis(oc_onnx_reader *r, const resize *z, int axis, oc_node *image) {
  const int64_t in = oc_node_shape(r->out->g, *image).dim[1 + axis];
  const oc_shape shape = OC_SHAPE(in, z->out[axis]);
  void *matrix;
  TRY(oc_onnx_take_room(r, &shape, sizeof(float), &matrix));
  memset(matrix, 0, (size_t)(in * z->out[axis]) * sizeof(float));
  for (int64_t k = 0; k < z->out[axis]; k++)
    if (!fill_column(z, axis, in, k, matrix))
      return oc_onnx_unsupported(r, "the transform '%s' with '%s'", z->transform, z->rounding);
  return oc_onnx_along(r, image, 1 + axis, matrix, z->out[axis]);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static oc_status read_text(oc_onnx_reader *r, const char *name, const char *fallback, char out[32]) {
  TRY(oc_onnx_get_text(r, name, out));
  if (!*out) (void)snprintf(out, 32, "%s", fallback);
  return OC_OK;
}

static oc_status read_ways(oc_onnx_reader *r, resize *z) {
  const bool old = r->opset < 11;
  char policy[32];
  int64_t smooth;
  TRY(oc_onnx_only(r, (const char *const[]){"antialias", "coordinate_transformation_mode", "cubic_coeff_a",
                                            "exclude_outside", "extrapolation_value",
                                            "keep_aspect_ratio_policy", "mode", "nearest_mode", NULL}));
  TRY(read_text(r, "mode", "nearest", z->mode));
  TRY(read_text(r, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel", z->transform));
  TRY(read_text(r, "nearest_mode", old ? "floor" : "round_prefer_floor", z->rounding));
  TRY(read_text(r, "keep_aspect_ratio_policy", "stretch", policy));
  TRY(oc_onnx_get_int(r, "antialias", 0, &smooth));
  if (!is(z->mode, "nearest") && !is(z->mode, "linear")) return oc_onnx_unsupported(r, "mode '%s'", z->mode);
  if (smooth || !is(policy, "stretch")) return oc_onnx_unsupported(r, "antialias, or another aspect ratio");
  return OC_OK;
}

/* Factors of batch, channels, rows and columns. */
static oc_status take_scales(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *x, resize *z) {
  if (oc_onnx_count(v) != 4 || v->real[0] != 1 || v->real[1] != 1)
    return oc_onnx_unsupported(r, "scales of anything but rows and columns");
  for (int i = 0; i < 2; i++) {
    z->scale[i] = v->real[2 + i];
    const float out = floorf(z->scale[i] * (float)x->dim[2 + i]);
    if (!(z->scale[i] > 0) || !(out >= 1 && out <= 65536))
      return oc_onnx_invalid(r, "scale %g", (double)z->scale[i]);
    z->out[i] = (int64_t)out;
  }
  return OC_OK;
}

static oc_status take_sizes(oc_onnx_reader *r, const oc_onnx_value *v, const oc_shape *x, resize *z) {
  const bool batch =
      oc_onnx_count(v) == 4 && (v->whole[0] == OC_ONNX_BATCH_SIZE || (v->whole[0] == 1 && r->fixed_batch));
  if (!batch || v->whole[1] != x->dim[1])
    return oc_onnx_unsupported(r, "sizes of anything but rows and columns");
  for (int i = 0; i < 2; i++) {
    z->out[i] = v->whole[2 + i];
    if (z->out[i] < 1 || z->out[i] > 65536) return oc_onnx_invalid(r, "size %lld", (long long)z->out[i]);
    z->scale[i] = (float)z->out[i] / (float)x->dim[2 + i];
  }
  return OC_OK;
}

/* Scales, or sizes; an empty list of scales counts as none. */
static oc_status read_sizes(oc_onnx_reader *r, const oc_onnx_value *x, resize *z) {
  const int i = r->opset < 11 ? 1 : 2;
  const oc_onnx_value *v = oc_onnx_input(r, i);
  if (v && oc_onnx_is_constant(v) && oc_onnx_count(v) == 0) v = NULL;
  if (v) TRY(oc_onnx_need_real(r, i, &v));
  if (v) return take_scales(r, v, &x->shape, z);
  TRY(oc_onnx_need_whole(r, 3, &v));
  return take_sizes(r, v, &x->shape, z);
}

oc_status oc_onnx_read_Resize(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  resize z = {.out = {0}};
  oc_node image;
  TRY(read_ways(r, &z));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_image(r, x, NULL, &image));
  TRY(read_sizes(r, x, &z));
  for (int axis = 0; axis < 2; axis++)
    if (z.out[axis] != x->shape.dim[2 + axis]) TRY(resize_axis(r, &z, axis, &image));
  return oc_onnx_give_image(r, image);
}

oc_status oc_onnx_read_Upsample(oc_onnx_reader *r) {
  if (r->opset < 9) return oc_onnx_unsupported(r, "scales as an attribute");
  return oc_onnx_read_Resize(r);
}
