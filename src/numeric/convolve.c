/* convolve.c: convolves in one and two dimensions, by definition. NumPy and SciPy differ in how they place
 * "same" and in what they do with a kernel longer than the input; both sets of rules come down to how much
 * padding there is before and after, and then one loop does it all. */
#include "base/error.h"
#include "base/options.h"
#include "numeric/axis.h"

static const char where[] = "convolution";

oc_convolve1d_options oc_convolve1d_defaults(void) {
  return (oc_convolve1d_options){
      .struct_size = sizeof(oc_convolve1d_options), .mode = OC_CONVOLVE_FULL, .stride = 1, .dilation = 1};
}

oc_convolve2d_options oc_convolve2d_defaults(void) {
  return (oc_convolve2d_options){.struct_size = sizeof(oc_convolve2d_options),
                                 .mode = OC_CONVOLVE_FULL,
                                 .stride = {1, 1},
                                 .dilation = {1, 1}};
}

static oc_status check_choices(oc_convolve_mode mode, oc_boundary boundary, oc_error *err) {
  if (*oc_convolve_mode_name(mode) == '?')
    return oc_fail(err, OC_E_ARGUMENT, where, "Use a value of oc_convolve_mode.", "unknown mode %d",
                   (int)mode);
  if (*oc_boundary_name(boundary) == '?')
    return oc_fail(err, OC_E_ARGUMENT, where, "Use a value of oc_boundary.", "unknown boundary %d",
                   (int)boundary);
  return OC_OK;
}

/* The kernel, as the longer of the two, is laid over all of x: zeros stand where x is not. */
static void pad_valid(oc_convolve_axis *a, bool changed_places) {
  a->swapped = changed_places;
  if (!changed_places) return;
  a->before = a->after = a->extent - a->size;
  a->boundary = OC_BOUNDARY_FILL;
}

/* ---- one dimension ------------------------------------------------------------------------------------- */

/* NumPy cuts "same" out of the full result, as long as the longer of the two. numpy.correlate of a kernel
 * longer than the input computes the other way round and reverses, which moves the odd element to the other
 * end. */
static void pad_same_as_numpy(oc_convolve_axis *a, bool correlate) {
  const bool longer = a->extent > a->size;
  const int64_t shorter = longer ? a->size : a->extent, out = longer ? a->extent : a->size;
  const int64_t first = longer && correlate ? shorter / 2 : (shorter - 1) / 2;
  a->before = a->extent - 1 - first;
  a->after = out + a->extent - 1 - a->size - a->before;
}

static oc_status pad_1d(oc_convolve_axis *a, const oc_convolve1d_options *o, oc_error *err) {
  switch (o->mode) {
  case OC_CONVOLVE_DEFAULT: /* resolved before */
  case OC_CONVOLVE_FULL:
    a->before = a->after = a->extent - 1;
    break;
  case OC_CONVOLVE_SAME:
    pad_same_as_numpy(a, o->correlate);
    break;
  case OC_CONVOLVE_VALID:
    pad_valid(a, a->extent > a->size);
    break;
  case OC_CONVOLVE_TF_SAME:
    oc_axis_pad_tf_same(a);
    break;
  case OC_CONVOLVE_EXPLICIT:
    return oc_axis_pad(a, o->pad[0], o->pad[1], "", err);
  }
  return OC_OK;
}

static oc_convolve1d_options options_1d(const oc_convolve1d_options *options) {
  oc_convolve1d_options o = oc_convolve1d_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  if (o.mode == OC_CONVOLVE_DEFAULT) o.mode = OC_CONVOLVE_FULL;
  if (!o.stride) o.stride = 1;
  if (!o.dilation) o.dilation = 1;
  return o;
}

oc_status oc_convolve1d_axis(int64_t n, int64_t m, const oc_convolve1d_options *options,
                             oc_convolve_axis *axis, oc_error *err) {
  NEED(axis);
  const oc_convolve1d_options o = options_1d(options);
  *axis = (oc_convolve_axis){
      .size = n, .kernel = m, .stride = o.stride, .dilation = o.dilation, .boundary = o.boundary};
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_convolve1d_options", err));
  TRY(check_choices(o.mode, o.boundary, err));
  TRY(oc_axis_begin(axis, "", err));
  TRY(pad_1d(axis, &o, err));
  TRY(oc_axis_finish(axis, "", err));
  return oc_axis_countable("the result", &axis->out, 1, err);
}

/* ---- two dimensions ------------------------------------------------------------------------------------ */

static const char *const direction[2] = {"rows", "columns"};

/* SciPy swaps the two as a whole: one must cover the other in both directions. */
static oc_status pad_valid_2d(oc_convolve_axis axes[2], oc_error *err) {
  const bool shorter = axes[0].size < axes[0].extent || axes[1].size < axes[1].extent;
  const bool longer = axes[0].size > axes[0].extent || axes[1].size > axes[1].extent;
  if (shorter && longer)
    return oc_fail(
        err, OC_E_ARGUMENT, where, "Use padding, or another kernel.",
        "mode valid needs one of input %lldx%lld and kernel %lldx%lld to be at least as large as the other "
        "in both directions",
        (long long)axes[0].size, (long long)axes[1].size, (long long)axes[0].extent,
        (long long)axes[1].extent);
  for (int i = 0; i < 2; i++) pad_valid(&axes[i], shorter);
  return OC_OK;
}

static oc_status pad_2d(oc_convolve_axis axes[2], const oc_convolve2d_options *o, oc_error *err) {
  if (o->mode == OC_CONVOLVE_VALID) return pad_valid_2d(axes, err);
  for (int i = 0; i < 2; i++) {
    oc_convolve_axis *a = &axes[i];
    if (o->mode == OC_CONVOLVE_FULL) a->before = a->after = a->extent - 1;
    if (o->mode == OC_CONVOLVE_SAME) {
      a->before = (o->correlate ? a->extent - 1 : a->extent) / 2;
      a->after = a->extent - 1 - a->before;
    }
    if (o->mode == OC_CONVOLVE_TF_SAME) oc_axis_pad_tf_same(a);
    if (o->mode == OC_CONVOLVE_EXPLICIT)
      TRY(oc_axis_pad(a, o->pad[2 * i], o->pad[2 * i + 1], direction[i], err));
  }
  return OC_OK;
}

static oc_convolve2d_options options_2d(const oc_convolve2d_options *options) {
  oc_convolve2d_options o = oc_convolve2d_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  if (o.mode == OC_CONVOLVE_DEFAULT) o.mode = OC_CONVOLVE_FULL;
  for (int i = 0; i < 2; i++) {
    if (!o.stride[i]) o.stride[i] = 1;
    if (!o.dilation[i]) o.dilation[i] = 1;
  }
  return o;
}

static oc_status check_counts(const oc_convolve2d_sizes *s, const oc_convolve_axis axes[2], oc_error *err) {
  TRY(oc_axis_countable("the input", (int64_t[]){s->rows, s->columns, s->channels, s->batch}, 4, err));
  TRY(oc_axis_countable("the kernel", (int64_t[]){s->kernel_rows, s->kernel_columns, s->channels, s->outputs},
                        4, err));
  return oc_axis_countable("the result", (int64_t[]){axes[0].out, axes[1].out, s->outputs, s->batch}, 4, err);
}

oc_status oc_convolve2d_axes(const oc_convolve2d_sizes *s, const oc_convolve2d_options *options,
                             oc_convolve_axis axes[2], oc_error *err) {
  NEED(s, axes);
  const oc_convolve2d_options o = options_2d(options);
  const int64_t size[2] = {s->rows, s->columns}, kernel[2] = {s->kernel_rows, s->kernel_columns};
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_convolve2d_options", err));
  TRY(check_choices(o.mode, o.boundary, err));
  TRY(oc_axis_expect("batch", "", s->batch, 0, err));
  TRY(oc_axis_expect("number of input channels", "", s->channels, 1, err));
  TRY(oc_axis_expect("number of output channels", "", s->outputs, 1, err));
  for (int i = 0; i < 2; i++) {
    axes[i] = (oc_convolve_axis){.size = size[i],
                                 .kernel = kernel[i],
                                 .stride = o.stride[i],
                                 .dilation = o.dilation[i],
                                 .boundary = o.boundary};
    TRY(oc_axis_begin(&axes[i], direction[i], err));
  }
  TRY(pad_2d(axes, &o, err));
  for (int i = 0; i < 2; i++) TRY(oc_axis_finish(&axes[i], direction[i], err));
  return check_counts(s, axes, err);
}

/* ---- the sum ------------------------------------------------------------------------------------------- */

typedef struct convolution {
  const oc_convolve2d_sizes *sizes;
  const oc_convolve_axis *axes; /* rows, columns */
  const double *w;
  double fill;
  bool correlate;
} convolution;

/* y[k] += sum over c of x[c] * tap[c][k]; x NULL: the fill value in every channel. */
static void add_products(const convolution *v, const double *x, const double *tap, double *y) {
  const int64_t outputs = v->sizes->outputs;
  for (int64_t c = 0; c < v->sizes->channels; c++, tap += outputs) {
    const double value = x ? x[c] : v->fill;
    for (int64_t k = 0; k < outputs; k++) y[k] += value * tap[k];
  }
}

/* A fill of 0 is nothing at all, so that infinity in a kernel stays harmless where the kernel hangs over the
 * edge. */
static void taps_of(const convolution *v, int axis, int64_t out, int64_t *first, int64_t *end) {
  const oc_convolve_axis *a = &v->axes[axis];
  *first = 0;
  *end = a->kernel;
  if (v->fill == 0) oc_axis_taps(a, out, first, end);
}

/* One position of the result, `outputs` values. x: one image of the batch. */
static void one_place(const convolution *v, const double *x, int64_t row, int64_t column, double *y) {
  const oc_convolve_axis *rows = &v->axes[0], *columns = &v->axes[1];
  const int64_t channels = v->sizes->channels, outputs = v->sizes->outputs;
  int64_t first[2], end[2];
  for (int64_t k = 0; k < outputs; k++) y[k] = 0;
  taps_of(v, 0, row, &first[0], &end[0]);
  taps_of(v, 1, column, &first[1], &end[1]);
  for (int64_t i = first[0]; i < end[0]; i++) {
    const int64_t from_row = oc_axis_index(rows, row, i), ki = v->correlate ? i : rows->kernel - 1 - i;
    for (int64_t j = first[1]; j < end[1]; j++) {
      const int64_t from = oc_axis_index(columns, column, j), kj = v->correlate ? j : columns->kernel - 1 - j;
      const bool inside = from_row >= 0 && from >= 0;
      add_products(v, inside ? x + (from_row * columns->size + from) * channels : NULL,
                   v->w + (ki * columns->kernel + kj) * channels * outputs, y);
    }
  }
}

static void all_places(const convolution *v, const double *x, double *y) {
  const int64_t rows = v->axes[0].out, columns = v->axes[1].out, outputs = v->sizes->outputs;
  for (int64_t n = 0; n < v->sizes->batch; n++) {
    for (int64_t row = 0; row < rows; row++)
      for (int64_t column = 0; column < columns; column++, y += outputs) one_place(v, x, row, column, y);
    x += v->sizes->rows * v->sizes->columns * v->sizes->channels;
  }
}

oc_status oc_convolve1d(const double *x, int64_t n, const double *w, int64_t m,
                        const oc_convolve1d_options *options, double *y, oc_error *err) {
  NEED(x, w, y);
  const oc_convolve1d_options o = options_1d(options);
  const oc_convolve2d_sizes sizes = {1, 1, n, 1, 1, m, 1};
  oc_convolve_axis axes[2] = {{.size = 1, .kernel = 1, .stride = 1, .dilation = 1, .extent = 1, .out = 1}};
  TRY(oc_convolve1d_axis(n, m, &o, &axes[1], err));
  all_places(&(convolution){&sizes, axes, w, o.fill, o.correlate}, x, y);
  return OC_OK;
}

oc_status oc_convolve2d(const oc_convolve2d_sizes *sizes, const double *x, const double *w,
                        const oc_convolve2d_options *options, double *y, oc_error *err) {
  NEED(sizes, x, w, y);
  const oc_convolve2d_options o = options_2d(options);
  oc_convolve_axis axes[2];
  TRY(oc_convolve2d_axes(sizes, &o, axes, err));
  all_places(&(convolution){sizes, axes, w, o.fill, o.correlate}, x, y);
  return OC_OK;
}
