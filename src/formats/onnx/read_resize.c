/* read_resize.c: Resize, and Upsample of old files: rows and columns by nearest neighbors or linearly.
 * Each is a product with a matrix: column k has the weights of the inputs that output k is made of. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct resize {
  char mode[32], transform[32], rounding[32], policy[32];
  bool crops, smooth, inside; /* tf_crop_and_resize, antialias, exclude_outside */
  float beyond;               /* the value of a cropped image where it has no pixels */
  int64_t out[2];             /* rows, columns */
  float scale[2];             /* outputs for each input */
  float exact[2];             /* out before it was rounded */
  float begin[2], end[2];     /* of the crop, as parts of the image */
} resize;

/* ---- where an output is among the inputs --------------------------------------------------------------- */

static bool is(const char *text, const char *name) {
  return strcmp(text, name) == 0;
}

/* In float32, whose rounding decides between neighbors where ONNX Runtime lets it decide. False for a
 * transform that is not known. */
static bool find_place(const resize *z, int axis, int64_t in, int64_t k, float *out) {
  const float scale = z->scale[axis], n = (float)z->out[axis], at = (float)k, last = (float)(in - 1);
  const float begin = z->begin[axis], end = z->end[axis], half_pixel = (at + 0.5f) / scale - 0.5f;
  if (is(z->transform, "half_pixel"))
    *out = half_pixel;
  else if (is(z->transform, "half_pixel_symmetric")) /* the middle of the image stays in the middle */
    *out = half_pixel + (float)in / 2 * (1 - n / z->exact[axis]);
  else if (is(z->transform, "pytorch_half_pixel"))
    *out = n > 1 ? half_pixel : 0;
  else if (is(z->transform, "align_corners"))
    *out = n > 1 ? at * last / (n - 1) : 0;
  else if (is(z->transform, "asymmetric"))
    *out = at / scale;
  else if (z->crops)
    *out = n > 1 ? begin * last + at * (end - begin) * last / (n - 1) : (begin + end) / 2 * last;
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

/* The weights of output k of a triangle that is as wide as an output, if that is wider than an input. */
static void fill_triangle(const resize *z, int axis, int64_t in, int64_t k, float at, float *matrix) {
  const float width = fmaxf(1, 1 / z->scale[axis]);
  const int64_t columns = z->out[axis], first = (int64_t)ceilf(at - width),
                last = (int64_t)floorf(at + width);
  float sum = 0;
  for (int pass = 0; pass < 2; pass++)
    for (int64_t i = first; i <= last; i++) {
      const float weight = fmaxf(0, 1 - fabsf((float)i - at) / width);
      const int64_t row = oc_max_i64(0, oc_min_i64(i, in - 1));
      if (z->inside && row != i) continue;
      if (pass == 0) sum += weight;
      if (pass == 1) matrix[row * columns + k] += weight / sum;
    }
}

/* Adds the weights of output k; inputs beyond the image are those at its border, or `beyond` in a crop. */
static bool fill_column(const resize *z, int axis, int64_t in, int64_t k, float *matrix, float *beyond) {
  const float last = (float)(in - 1);
  float at, nearest;
  if (!find_place(z, axis, in, k, &at) || !round_place(z, at, &nearest)) return false;
  beyond[k] = z->crops && (at < 0 || at > last) ? z->beyond : 0;
  if (z->crops && (at < 0 || at > last)) return true;
  if (z->smooth) {
    fill_triangle(z, axis, in, k, at, matrix);
    return true;
  }
  at = fminf(fmaxf(is(z->mode, "linear") ? at : nearest, 0), last);
  const int64_t low = (int64_t)floorf(at), high = low + (at > (float)low), columns = z->out[axis];
  matrix[low * columns + k] += 1 - (at - (float)low);
  if (high != low) matrix[high * columns + k] += at - (float)low;
  return true;
}

static oc_status resize_axis(oc_onnx_reader *r, const resize *z, int axis, oc_node *image) {
  const int64_t in = oc_node_shape(r->out->g, *image).dim[1 + axis];
  const oc_shape shape = OC_SHAPE(in, z->out[axis]), row = OC_SHAPE(z->out[axis]);
  void *matrix, *beyond;
  if (z->scale[axis] == 1 && z->out[axis] == in && !z->crops) return OC_OK;
  TRY(oc_onnx_take_room(r, &shape, sizeof(float), &matrix));
  TRY(oc_onnx_take_room(r, &row, sizeof(float), &beyond));
  memset(matrix, 0, (size_t)(in * z->out[axis]) * sizeof(float));
  for (int64_t k = 0; k < z->out[axis]; k++)
    if (!fill_column(z, axis, in, k, matrix, beyond))
      return oc_onnx_unsupported(r, "the transform '%s' with '%s'", z->transform, z->rounding);
  TRY(oc_onnx_along(r, image, 1 + axis, matrix, z->out[axis]));
  return z->crops && z->beyond != 0 ? oc_onnx_add_along(r, image, 1 + axis, beyond) : OC_OK;
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static oc_status read_text(oc_onnx_reader *r, const char *name, const char *fallback, char out[32]) {
  TRY(oc_onnx_get_text(r, name, out));
  if (!*out) (void)snprintf(out, 32, "%s", fallback);
  return OC_OK;
}

static oc_status read_ways(oc_onnx_reader *r, resize *z) {
  const bool old = r->opset < 11;
  int64_t smooth, inside;
  double beyond;
  TRY(oc_onnx_only(r, (const char *const[]){"antialias", "axes", "coordinate_transformation_mode",
                                            "cubic_coeff_a", "exclude_outside", "extrapolation_value",
                                            "keep_aspect_ratio_policy", "mode", "nearest_mode", NULL}));
  TRY(read_text(r, "mode", "nearest", z->mode));
  TRY(read_text(r, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel", z->transform));
  TRY(read_text(r, "nearest_mode", old ? "floor" : "round_prefer_floor", z->rounding));
  TRY(read_text(r, "keep_aspect_ratio_policy", "stretch", z->policy));
  TRY(oc_onnx_get_int(r, "antialias", 0, &smooth));
  TRY(oc_onnx_get_int(r, "exclude_outside", 0, &inside));
  TRY(oc_onnx_get_float(r, "extrapolation_value", 0, &beyond));
  if (!is(z->mode, "nearest") && !is(z->mode, "linear")) return oc_onnx_unsupported(r, "mode '%s'", z->mode);
  if (smooth && !is(z->mode, "linear")) return oc_onnx_unsupported(r, "antialias with '%s'", z->mode);
  z->crops = is(z->transform, "tf_crop_and_resize");
  z->smooth = smooth != 0;
  z->inside = inside != 0;
  z->beyond = (float)beyond;
  return OC_OK;
}

/* ---- sizes --------------------------------------------------------------------------------------------- */

/* What a list says of axes: of those in the attribute, or all. */
typedef struct listed {
  const oc_onnx_value *x;
  const int64_t *axes;
  int64_t count;
} listed;

/* The axis of element i of a list: *at 0 rows, 1 columns, below 0 another one. */
static oc_status find_axis(const oc_onnx_reader *r, const listed *l, int64_t i, int *axis, int *at) {
  TRY(oc_onnx_axis(r, l->axes ? l->axes[i] : i, l->x->shape.rank, axis));
  *at = *axis < 2 ? -1 : *axis + 2 - l->x->shape.rank;
  return OC_OK;
}

/* The batch may be its size, too, or 1 in a file that is fixed to that. */
static bool is_size(const oc_onnx_reader *r, const oc_onnx_value *x, int axis, int64_t size) {
  const bool batch = axis == 0 && oc_onnx_is_batched(x);
  return batch ? size == OC_ONNX_BATCH_SIZE || (size == 1 && r->fixed_batch) : size == x->shape.dim[axis];
}

static oc_status set_out(const oc_onnx_reader *r, resize *z, int at, float rounded) {
  if (!(z->scale[at] > 0) || !(rounded >= 1 && rounded <= 65536))
    return oc_onnx_invalid(r, "size %g, scale %g", (double)rounded, (double)z->scale[at]);
  z->out[at] = (int64_t)rounded;
  return OC_OK;
}

static oc_status take_scales(const oc_onnx_reader *r, const oc_onnx_value *v, const listed *l, resize *z) {
  for (int64_t i = 0; i < l->count; i++) {
    int axis, at;
    TRY(find_axis(r, l, i, &axis, &at));
    if (at < 0 && v->real[i] != 1) return oc_onnx_unsupported(r, "scales of anything but rows and columns");
    if (at < 0) continue;
    z->scale[at] = v->real[i];
    z->exact[at] = z->scale[at] * (float)l->x->shape.dim[axis];
    TRY(set_out(r, z, at, floorf(z->exact[at])));
  }
  return OC_OK;
}

/* The same scale for all, the smallest or the largest one. */
static oc_status keep_ratio(const oc_onnx_reader *r, const listed *l, resize *z) {
  const bool smallest = is(z->policy, "not_larger");
  float scale = 0;
  if (is(z->policy, "stretch")) return OC_OK;
  if (!smallest && !is(z->policy, "not_smaller")) return oc_onnx_unsupported(r, "the policy '%s'", z->policy);
  if (l->count != 2 || l->x->shape.rank != 4)
    return oc_onnx_unsupported(r, "an aspect ratio of anything but rows and columns");
  scale = smallest ? fminf(z->scale[0], z->scale[1]) : fmaxf(z->scale[0], z->scale[1]);
  for (int at = 0; at < 2; at++) {
    z->scale[at] = scale;
    z->exact[at] = scale * (float)l->x->shape.dim[2 + at];
    TRY(set_out(r, z, at, floorf(z->exact[at] + 0.5f)));
  }
  return OC_OK;
}

static oc_status take_sizes(const oc_onnx_reader *r, const oc_onnx_value *v, const listed *l, resize *z) {
  for (int64_t i = 0; i < l->count; i++) {
    int axis, at;
    TRY(find_axis(r, l, i, &axis, &at));
    if (at < 0 && !is_size(r, l->x, axis, v->whole[i]))
      return oc_onnx_unsupported(r, "sizes of anything but rows and columns");
    if (at < 0) continue;
    z->exact[at] = (float)v->whole[i];
    z->scale[at] = z->exact[at] / (float)l->x->shape.dim[axis];
    TRY(set_out(r, z, at, z->exact[at]));
  }
  return keep_ratio(r, l, z);
}

/* The begin of each axis of the list, then the ends. */
static oc_status read_crop(const oc_onnx_reader *r, const listed *l, resize *z) {
  const oc_onnx_value *v;
  if (!z->crops) return OC_OK;
  TRY(oc_onnx_need_real(r, 1, &v));
  if (oc_onnx_count(v) != 2 * l->count) return oc_onnx_invalid(r, "a region of other axes");
  for (int64_t i = 0; i < l->count; i++) {
    int axis, at;
    const float begin = v->real[i], end = v->real[l->count + i];
    TRY(find_axis(r, l, i, &axis, &at));
    if (!(fabsf(begin) <= 65536 && fabsf(end) <= 65536))
      return oc_onnx_unsupported(r, "a region of %g to %g images", (double)begin, (double)end);
    if (at < 0 && (begin != 0 || end != 1))
      return oc_onnx_unsupported(r, "a region of anything but rows and columns");
    if (at < 0) continue;
    z->begin[at] = begin;
    z->end[at] = end;
  }
  return OC_OK;
}

/* Scales, or sizes; an empty list of scales counts as none. What no list names stays as it is. */
static oc_status read_sizes(oc_onnx_reader *r, const oc_onnx_value *x, resize *z) {
  const int i = r->opset < 11 ? 1 : 2;
  const oc_onnx_value *v = oc_onnx_input(r, i);
  listed l = {.x = x};
  TRY(oc_onnx_get_ints(r, "axes", &l.axes, &l.count));
  if (!l.axes) l.count = x->shape.rank;
  if (v && oc_onnx_is_constant(v) && oc_onnx_count(v) == 0) v = NULL;
  const bool scales = v != NULL;
  TRY(scales ? oc_onnx_need_real(r, i, &v) : oc_onnx_need_whole(r, 3, &v));
  if (oc_onnx_count(v) != l.count) return oc_onnx_invalid(r, "%lld axes", (long long)oc_onnx_count(v));
  TRY(scales ? take_scales(r, v, &l, z) : take_sizes(r, v, &l, z));
  return read_crop(r, &l, z);
}

oc_status oc_onnx_read_Resize(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  resize z = {.scale = {1, 1}, .exact = {1, 1}, .end = {1, 1}};
  oc_node image;
  TRY(read_ways(r, &z));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_image(r, x, NULL, &image));
  for (int axis = 0; axis < 2; axis++)
    z.exact[axis] = (float)(z.out[axis] = oc_node_shape(r->out->g, image).dim[1 + axis]);
  TRY(read_sizes(r, x, &z));
  const oc_shape in = oc_node_shape(r->out->g, image); /* as in ONNX Runtime, it stays if it keeps its size */
  const bool stays = z.out[0] == in.dim[1] && z.out[1] == in.dim[2] && !z.crops;
  for (int axis = 0; !stays && axis < 2; axis++) TRY(resize_axis(r, &z, axis, &image));
  return oc_onnx_give_image_of(r, image, x);
}

oc_status oc_onnx_read_Upsample(oc_onnx_reader *r) {
  if (r->opset < 9) return oc_onnx_unsupported(r, "scales as an attribute");
  return oc_onnx_read_Resize(r);
}
