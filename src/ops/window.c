/* window.c: computes padding and sizes of sliding windows. Compiled once, with the float operations. */
#include "ops/window.h"
#include <string.h>
#include "base/checked.h"
#include "base/options.h"

#ifdef OC_OPS_FLOAT
#define LL(x) ((long long)(x))

static const char *const axis_name[2] = {"rows", "columns"};

static bool in_range(int64_t value, int64_t least) {
  return value >= least && value <= OC_MAX_WINDOW;
}

/* TensorFlow's SAME: as many outputs as strides fit into the image, o = ceil(size/stride); an odd element
 * goes to the end. */
static void same_padding(int64_t size, int64_t extent, int64_t stride, int64_t pad[2]) {
  const int64_t out = oc_ceil_div(size, stride);
  const int64_t total = oc_max_i64((out - 1) * stride + extent - size, 0);
  pad[0] = total / 2;
  pad[1] = total - total / 2;
}

void oc_window_padding(oc_padding mode, int64_t size, int64_t kernel, int64_t stride, int64_t dilation,
                       int64_t pad[2]) {
  pad[0] = pad[1] = 0;
  if (!in_range(size, 0) || !in_range(kernel, 1) || !in_range(stride, 1) || !in_range(dilation, 1)) return;
  const int64_t extent = oc_window_extent(kernel, dilation);
  if (mode == OC_PAD_FULL) pad[0] = pad[1] = extent - 1;
  if (mode == OC_PAD_SAME && size > 0) same_padding(size, extent, stride, pad);
}

static oc_status expect_range(const char *what, int axis, int64_t value, int64_t least, const char *where,
                              const char *hint, oc_error *err) {
  if (in_range(value, least)) return OC_OK;
  return oc_fail(err, OC_E_NET, where, hint, "%s %lld of the %s is out of range: %lld to %lld", what,
                 LL(value), axis_name[axis], LL(least), LL(OC_MAX_WINDOW));
}

/* Rows and columns of a window. */
typedef struct window {
  const int64_t *kernel, *stride, *dilation, *pad;
} window;

/* Both axes of the output, or the message that names both sizes. */
static oc_status window_outputs(const window *v, const oc_shape *x, const char *where, int64_t out[2],
                                oc_error *err) {
  int64_t extent[2], padded[2];
  bool fits = true;
  for (int i = 0; i < 2; i++) {
    const int64_t size = x->dim[1 + i], *pad = v->pad + 2 * i;
    TRY(expect_range("size", i, size, 0, where, "Use smaller images.", err));
    extent[i] = oc_window_extent(v->kernel[i], v->dilation[i]);
    padded[i] = size + pad[0] + pad[1];
    if (extent[i] > padded[i])
      fits = false;
    else
      out[i] = (padded[i] - extent[i]) / v->stride[i] + 1;
  }
  if (fits) return OC_OK;
  const bool dilated = v->dilation[0] != 1 || v->dilation[1] != 1;
  return oc_fail(err, OC_E_NET, where,
                 "Use a smaller kernel, more padding, or fewer pooling layers before it.",
                 "kernel %lldx%lld%s is larger than the padded input %lldx%lld", LL(extent[0]), LL(extent[1]),
                 dilated ? " (with dilation)" : "", LL(padded[0]), LL(padded[1]));
}

static oc_status expect_rank_4(const char *what, const oc_shape *s, const char *axes, const char *where,
                               oc_error *err) {
  char text[128];
  if (s->rank == 4) return OC_OK;
  return oc_fail(err, OC_E_NET, where, "Give it four axes with oc_reshape.",
                 "%s has the shape %s, but must have 4 axes: %s", what, oc_shape_text(s, text, sizeof text),
                 axes);
}

/* Channels must be cut evenly, and w must be made for one group's input channels. */
static oc_status check_groups(const oc_conv2d_attrs *a, int64_t ic, const oc_shape *w, const char *where,
                              oc_error *err) {
  const int64_t oc = w->dim[3];
  if (a->groups < 1 || ic % a->groups || oc % a->groups)
    return oc_fail(err, OC_E_NET, where, "Use groups that divide both, such as 1.",
                   "groups %lld do not divide %lld input and %lld output channels", LL(a->groups), LL(ic),
                   LL(oc));
  if (w->dim[2] == ic / a->groups) return OC_OK;
  return oc_fail(err, OC_E_NET, where,
                 "Make the weights (rows, columns, input channels / groups, output channels).",
                 "the weights take %lld channels, but the input has %lld in %lld groups", LL(w->dim[2]),
                 LL(ic), LL(a->groups));
}

oc_status oc_conv2d_shape(const oc_conv2d_attrs *a, const oc_shape *x, const oc_shape *w, const char *where,
                          oc_shape *y, oc_error *err) {
  TRY(expect_rank_4("x", x, "(n, rows, columns, channels)", where, err));
  TRY(expect_rank_4("w", w, "(rows, columns, input channels / groups, output channels)", where, err));
  for (int i = 0; i < 2; i++) {
    TRY(expect_range("kernel size", i, w->dim[i], 1, where, "Give the kernel at least one row and column.",
                     err));
    TRY(expect_range("stride", i, a->stride[i], 1, where, "Use, for example, 1.", err));
    TRY(expect_range("dilation", i, a->dilation[i], 1, where, "Use, for example, 1.", err));
    for (int side = 0; side < 2; side++)
      TRY(expect_range("padding", i, a->pad[2 * i + side], 0, where, "Use padding of at least 0.", err));
    if (a->kernel[i] != w->dim[i])
      return oc_fail(err, OC_E_INTERNAL, where, "Create the node with oc_conv2d.",
                     "kernel size %lld of the attributes is not %lld as in the weights", LL(a->kernel[i]),
                     LL(w->dim[i]));
  }
  TRY(check_groups(a, x->dim[3], w, where, err));
  int64_t out[2];
  TRY(window_outputs(&(window){a->kernel, a->stride, a->dilation, a->pad}, x, where, out, err));
  *y = OC_SHAPE(x->dim[0], out[0], out[1], w->dim[3]);
  return OC_OK;
}

oc_status oc_pool_shape(const oc_pool_attrs *a, const oc_shape *x, const char *where, oc_shape *y,
                        oc_error *err) {
  static const int64_t no_dilation[2] = {1, 1};
  TRY(expect_rank_4("x", x, "(n, rows, columns, channels)", where, err));
  if (x->dim[1] < 1 || x->dim[2] < 1)
    return oc_fail(err, OC_E_NET, where, "Check the layers before it.",
                   "pooling needs at least 1x1 elements, got %lldx%lld", LL(x->dim[1]), LL(x->dim[2]));
  for (int i = 0; i < 2; i++) {
    TRY(expect_range("pooling size", i, a->size[i], 1, where, "Use, for example, 2.", err));
    TRY(expect_range("stride", i, a->stride[i], 1, where, "Use 0 for the window's size.", err));
    for (int side = 0; side < 2; side++) {
      const int64_t pad = a->pad[2 * i + side];
      if (pad < 0 || pad >= a->size[i])
        return oc_fail(err, OC_E_NET, where, "Use padding smaller than the window.",
                       "padding %lld of the %s is out of range: 0 to %lld, less than the window", LL(pad),
                       axis_name[i], LL(a->size[i] - 1));
    }
  }
  int64_t out[2];
  TRY(window_outputs(&(window){a->size, a->stride, no_dilation, a->pad}, x, where, out, err));
  *y = OC_SHAPE(x->dim[0], out[0], out[1], x->dim[3]);
  return OC_OK;
}

oc_pool_options oc_pool_defaults(void) {
  return (oc_pool_options){.struct_size = sizeof(oc_pool_options), .size = {2, 2}, .padding = OC_PAD_VALID};
}

bool oc_pool_attrs_of(oc_graph *g, oc_node x, const oc_pool_options *options, const char *where,
                      oc_pool_attrs *out) {
  oc_pool_options o = oc_pool_defaults();
  oc_error err;
  const oc_shape shape = oc_node_shape(g, x);
  *out = (oc_pool_attrs){0};
  if (options) OC_OPTIONS_READ(o, options);
  if (oc_options_check(o.struct_size, sizeof o, "oc_pool_options", &err) != OC_OK) {
    oc_graph_fail(g, err.code, err.where, err.hint, "%s", err.message);
    return false;
  }
  if (o.padding != OC_PAD_VALID && o.padding != OC_PAD_SAME) {
    oc_graph_fail(g, OC_E_ARGUMENT, where, "Use OC_PAD_VALID or OC_PAD_SAME.",
                  "unsupported padding mode for pooling: %d", (int)o.padding);
    return false;
  }
  for (int i = 0; i < 2; i++) {
    out->size[i] = o.size[i] ? o.size[i] : 2;
    out->stride[i] = o.stride[i] ? o.stride[i] : out->size[i];
    if (shape.rank == 4)
      oc_window_padding(o.padding, shape.dim[1 + i], out->size[i], out->stride[i], 1, out->pad + 2 * i);
  }
  return true;
}

/* ---- in TensorFlow's words ----------------------------------------------------------------------------- */

/* Rows and columns, between 1 for the sample and 1 for the channel. */
static void describe_window(const oc_attribute_sink *sink, const char *key, const int64_t rows_columns[2]) {
  sink->wholes(sink->to, key, (const int64_t[]){1, rows_columns[0], rows_columns[1], 1}, 4);
}

/* Padding in numbers back to words. */
static void describe_padding(const oc_conv2d_attrs *a, const oc_shape *x, const oc_attribute_sink *sink) {
  int64_t same[4];
  bool none = true;
  for (int i = 0; i < 4; i++) none &= a->pad[i] == 0;
  for (int i = 0; i < 2; i++)
    oc_window_padding(OC_PAD_SAME, x->dim[1 + i], a->kernel[i], a->stride[i], a->dilation[i], same + 2 * i);
  const bool is_same = memcmp(same, a->pad, sizeof same) == 0;
  sink->text(sink->to, "padding", none ? "VALID" : is_same ? "SAME" : "EXPLICIT");
  if (none || is_same) return;
  const int64_t pads[] = {0, 0, a->pad[0], a->pad[1], a->pad[2], a->pad[3], 0, 0};
  sink->wholes(sink->to, "explicit_paddings", pads, 8);
}

void oc_describe_conv2d(const oc_conv2d_attrs *a, const oc_shape *x, const oc_attribute_sink *sink) {
  describe_window(sink, "strides", a->stride);
  describe_window(sink, "dilations", a->dilation);
  describe_padding(a, x, sink);
  sink->text(sink->to, "data_format", "NHWC");
  if (a->groups > 1) sink->whole(sink->to, "groups", a->groups);
  if (a->flip) sink->flag(sink->to, "flip", true);
}

void oc_describe_pool(const oc_pool_attrs *a, const oc_shape *x, const oc_attribute_sink *sink) {
  oc_conv2d_attrs conv = {
      .kernel = {a->size[0], a->size[1]}, .stride = {a->stride[0], a->stride[1]}, .dilation = {1, 1}};
  memcpy(conv.pad, a->pad, sizeof conv.pad);
  describe_window(sink, "ksize", a->size);
  describe_window(sink, "strides", a->stride);
  describe_padding(&conv, x, sink);
  sink->text(sink->to, "data_format", "NHWC");
}
#endif
