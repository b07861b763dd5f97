/* read_conv.c: Conv, pooling. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include "ops/window.h"
#include <float.h>
#include <string.h>

static void sizes_of(const oc_onnx_value *x, int64_t size[2]) {
  size[0] = x->shape.rank == 4 ? x->shape.dim[2] : 1;
  size[1] = x->shape.dim[x->shape.rank - 1];
}

/* ---- Conv ---------------------------------------------------------------------------------------------- */

/* (o,i,kh,kw), or (o,i,kw) for one row, as a variable (kh,kw,i,o). */
static oc_status read_kernel(oc_onnx_reader *r, int spatial, oc_node *out, int64_t kernel[2]) {
  const oc_onnx_value *w;
  oc_shape shape;
  const float *values;
  TRY(oc_onnx_need_real(r, 1, &w));
  if (w->shape.rank != 2 + spatial) return oc_onnx_unsupported(r, "%d spatial dimensions", w->shape.rank - 2);
  oc_onnx_value as = *w;
  if (spatial == 1) as.shape = OC_SHAPE(w->shape.dim[0], w->shape.dim[1], 1, w->shape.dim[2]);
  TRY(oc_onnx_permuted(r, &as, (const int[]){2, 3, 1, 0}, &shape, &values));
  *out = oc_onnx_weight_of(r, w, shape, values, true);
  kernel[0] = shape.dim[0];
  kernel[1] = shape.dim[1];
  return oc_graph_status(r->out->g, r->err);
}

static oc_status add_bias(oc_onnx_reader *r, int64_t channels, oc_node *y) {
  const oc_onnx_value *b;
  oc_node bias;
  if (!oc_onnx_input(r, 2)) return OC_OK;
  TRY(oc_onnx_need_real(r, 2, &b));
  TRY(oc_onnx_vector(r, b, channels, true, &bias));
  *y = oc_bias_add(r->out->g, *y, bias);
  return OC_OK;
}

oc_status oc_onnx_read_Conv(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  int64_t size[2], kernel[2], around[4];
  oc_node image, weights;
  oc_onnx_window w;
  oc_conv2d_options o = oc_conv2d_defaults();
  TRY(oc_onnx_only(
      r, (const char *const[]){"auto_pad", "dilations", "group", "kernel_shape", "pads", "strides", NULL}));
  TRY(oc_onnx_need_node(r, 0, &x));
  TRY(oc_onnx_image(r, x, around, &image));
  w.spatial = x->shape.rank - 2;
  TRY(read_kernel(r, w.spatial, &weights, kernel));
  sizes_of(x, size); /* with the zeros of a Pad before it */
  TRY(oc_onnx_window_read(r, kernel, size, false, &w));
  if (w.kernel[0] != kernel[0] || w.kernel[1] != kernel[1])
    return oc_onnx_invalid(r, "kernel_shape is not that of its weights");
  TRY(oc_onnx_get_int(r, "group", 1, &o.groups));
  if (o.groups < 1) return oc_onnx_invalid(r, "group must be at least 1, got %lld", (long long)o.groups);
  o.padding = OC_PAD_EXPLICIT;
  memcpy(o.stride, w.stride, sizeof o.stride);
  memcpy(o.dilation, w.dilation, sizeof o.dilation);
  for (int i = 0; i < 4; i++) o.pad[i] = w.pad[i] + around[i];
  oc_node y = oc_conv2d(r->out->g, image, weights, &o);
  TRY(oc_graph_status(r->out->g, r->err));
  TRY(add_bias(r, oc_node_shape(r->out->g, weights).dim[3], &y));
  return oc_onnx_give_image_of(r, y, x);
}

/* ---- pooling ------------------------------------------------------------------------------------------- */

static oc_status read_pool(oc_onnx_reader *r, const oc_onnx_value **x, oc_node *image, oc_onnx_window *w,
                           oc_pool_attrs *a) {
  int64_t size[2];
  TRY(oc_onnx_need_node(r, 0, x));
  TRY(oc_onnx_image(r, *x, NULL, image));
  sizes_of(*x, size);
  w->spatial = (*x)->shape.rank - 2;
  TRY(oc_onnx_window_read(r, NULL, size, true, w));
  *a = (oc_pool_attrs){0};
  memcpy(a->size, w->kernel, sizeof a->size);
  memcpy(a->stride, w->stride, sizeof a->stride);
  memcpy(a->pad, w->pad, sizeof a->pad);
  return OC_OK;
}

static bool is_dilated(const oc_onnx_window *w) {
  return w->dilation[0] != 1 || w->dilation[1] != 1;
}

/* The largest of the elements of each window along rows (0) or columns (1): of windows of 1, 2, 4 and so on,
 * each made of two of those before. Padding is less than any other number. */
static oc_status slide_max(oc_onnx_reader *r, const oc_onnx_window *w, int at, oc_node *image) {
  oc_graph *g = r->out->g;
  const int64_t padded = oc_node_shape(g, *image).dim[1 + at], before = w->pad[2 * at],
                end = padded - w->pad[2 * at + 1];
  const oc_shape list = OC_SHAPE(padded);
  void *filler;
  if (padded < oc_window_extent(w->kernel[at], w->dilation[at]))
    return oc_onnx_invalid(r, "dilated windows that are larger than the image with its padding");
  if (before || end < padded) {
    TRY(oc_onnx_take_room(r, &list, sizeof(float), &filler));
    for (int64_t i = 0; i < padded; i++) ((float *)filler)[i] = i < before || i >= end ? -FLT_MAX : 0;
    TRY(oc_onnx_add_along(r, image, 1 + at, filler));
  }
  for (int64_t have = 1, more, size = padded; have < w->kernel[at]; have += more) {
    more = oc_min_i64(have, w->kernel[at] - have);
    const int64_t by = more * w->dilation[at];
    *image = oc_maximum(g, oc_slice(g, *image, 1 + at, 0, size - by), oc_slice(g, *image, 1 + at, by, size));
    size -= by;
  }
  return oc_graph_status(g, r->err);
}

/* At every place, of which windows of one element leave those of the stride. */
static oc_status read_dilated_max(oc_onnx_reader *r, const oc_onnx_value *x, const oc_onnx_window *w,
                                  oc_node image) {
  oc_pool_attrs a = {.size = {1, 1}};
  memcpy(a.stride, w->stride, sizeof a.stride);
  TRY(oc_onnx_padded(r, &image, w->pad));
  for (int at = 0; at < 2; at++) TRY(slide_max(r, w, at, &image));
  return oc_onnx_give_image_of(r, oc_graph_add(r->out->g, OC_OP(r->out->g, max_pool), &image, 1, &a), x);
}

oc_status oc_onnx_read_MaxPool(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  oc_onnx_window w;
  oc_pool_attrs a;
  TRY(oc_onnx_only(r, (const char *const[]){"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads",
                                            "storage_order", "strides", NULL}));
  if (r->node->n_output > 1) return oc_onnx_unsupported(r, "the indices of the maxima");
  TRY(read_pool(r, &x, &in, &w, &a));
  if (is_dilated(&w)) return read_dilated_max(r, x, &w, in);
  return oc_onnx_give_image_of(r, oc_graph_add(r->out->g, OC_OP(r->out->g, max_pool), &in, 1, &a), x);
}

/* How many of the elements of a window from `begin` on lie before `end`, and not before `first`. */
static int64_t overlap(const oc_onnx_window *w, int axis, int64_t begin, int64_t first, int64_t end) {
  const int64_t step = w->dilation[axis];
  const int64_t without = oc_ceil_div(oc_max_i64(0, first - begin), step),
                with = oc_ceil_div(oc_max_i64(0, end - begin), step);
  return oc_max_i64(1, oc_min_i64(w->kernel[axis], with) - without);
}

/* The sums of windows, or the means of what they have of the image, become means; with `counted` those with
 * zeros of the padding, but without what ceil_mode adds. */
static oc_status weigh_windows(oc_onnx_reader *r, const oc_onnx_window *w, const oc_onnx_value *x, bool sums,
                               bool counted, oc_node *y) {
  const oc_shape s = oc_node_shape(r->out->g, *y), map = OC_SHAPE(s.dim[1], s.dim[2], 1);
  int64_t size[2];
  void *room;
  TRY(oc_graph_status(r->out->g, r->err));
  TRY(oc_onnx_take_room(r, &map, sizeof(float), &room));
  sizes_of(x, size);
  for (int64_t i = 0; i < map.dim[0]; i++)
    for (int64_t k = 0; k < map.dim[1]; k++) {
      double part = 1;
      for (int axis = 0; axis < 2; axis++) {
        const int64_t begin = (axis ? k : i) * w->stride[axis] - w->pad[2 * axis],
                      inside = overlap(w, axis, begin, 0, size[axis]),
                      padded = overlap(w, axis, begin, -w->pad[2 * axis], size[axis] + w->counted[axis]);
        part *= (double)(sums ? 1 : inside) / (double)(counted ? padded : inside);
      }
      ((float *)room)[i * map.dim[1] + k] = (float)part;
    }
  *y = oc_multiply(r->out->g, *y, oc_onnx_weight_of(r, x, map, room, false));
  return oc_graph_status(r->out->g, r->err);
}

/* The sums of dilated windows: a convolution with ones. */
static oc_status sum_windows(oc_onnx_reader *r, const oc_onnx_window *w, oc_node in, oc_node *y) {
  oc_conv2d_options o = oc_conv2d_defaults();
  const oc_shape shape = OC_SHAPE(w->kernel[0], w->kernel[1], 1, oc_node_shape(r->out->g, in).dim[3]);
  int64_t count = 0;
  void *ones;
  TRY(oc_onnx_take_room(r, &shape, sizeof(float), &ones));
  (void)oc_onnx_elements(&shape, &count);
  for (int64_t i = 0; i < count; i++) ((float *)ones)[i] = 1;
  o.groups = shape.dim[3];
  o.padding = OC_PAD_EXPLICIT;
  memcpy(o.stride, w->stride, sizeof o.stride);
  memcpy(o.dilation, w->dilation, sizeof o.dilation);
  memcpy(o.pad, w->pad, sizeof o.pad);
  *y = oc_conv2d(r->out->g, in, oc_onnx_made_weight(r, "ones", shape, ones), &o);
  return oc_graph_status(r->out->g, r->err);
}

oc_status oc_onnx_read_AveragePool(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in, y;
  oc_onnx_window w;
  oc_pool_attrs a;
  int64_t counted;
  TRY(oc_onnx_only(r, (const char *const[]){"auto_pad", "ceil_mode", "count_include_pad", "dilations",
                                            "kernel_shape", "pads", "strides", NULL}));
  TRY(oc_onnx_get_int(r, "count_include_pad", 0, &counted));
  TRY(read_pool(r, &x, &in, &w, &a));
  const bool sums = is_dilated(&w), pads = a.pad[0] || a.pad[1] || a.pad[2] || a.pad[3];
  if (sums) TRY(sum_windows(r, &w, in, &y));
  if (!sums) y = oc_graph_add(r->out->g, OC_OP(r->out->g, mean_pool), &in, 1, &a);
  if (sums || (counted && pads)) TRY(weigh_windows(r, &w, x, sums, counted != 0, &y));
  return oc_onnx_give_image_of(r, y, x);
}

/* (n,c) as (n,c,1,1). */
static oc_status give_pooled(oc_onnx_reader *r, oc_node means, const oc_onnx_value *x) {
  oc_graph *g = r->out->g;
  const oc_shape s = oc_node_shape(g, means);
  TRY(oc_graph_status(g, r->err));
  return oc_onnx_give_image_of(r, oc_reshape(g, means, OC_SHAPE(s.dim[0], 1, 1, s.dim[1])), x);
}

static oc_status read_global(oc_onnx_reader *r, const oc_onnx_value **x, oc_node *image) {
  TRY(oc_onnx_only(r, (const char *const[]){NULL}));
  TRY(oc_onnx_need_node(r, 0, x));
  return oc_onnx_image(r, *x, NULL, image);
}

oc_status oc_onnx_read_GlobalAveragePool(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(read_global(r, &x, &in));
  return give_pooled(r, oc_global_mean_pool(r->out->g, in), x);
}

oc_status oc_onnx_read_GlobalMaxPool(oc_onnx_reader *r) {
  const oc_onnx_value *x;
  oc_node in;
  TRY(read_global(r, &x, &in));
  return give_pooled(r, oc_reduce_max(r->out->g, in, 1u << 1 | 1u << 2), x);
}
