/* convolve.h: computes convolution and pooling by hand: float64, plain arrays, every rule of NumPy and SciPy.
 *
 * A window slides over x, which is extended beyond its edges; each position gives the sum of the products
 * with the kernel:
 *
 *   y[o] = sum over j of v[j] * x~[o*stride + j*dilation - before]      v = w flipped (true convolution)
 *                                                                       v = w (cross-correlation)
 *   length = floor((n + before + after - ((m-1)*dilation + 1)) / stride) + 1
 *
 * Lecture: "Performing Discrete Convolutions", "Determining the Size of the Convolutional Output",
 * "Subsampling". These functions are for inspection and for checks; networks use the operations of graph.h.
 * NaN and infinity in x or w are kept: they reach only the positions whose windows contain them. Sums run
 * over the rows, then the columns, then the channels of a window.
 *
 * Threads: all functions may be called from any thread; they hold no state. Arrays are the caller's, and
 * results must not overlap inputs unless a function allows it. */
#ifndef OCELLUS_CONVOLVE_H
#define OCELLUS_CONVOLVE_H
#include "tensor.h"
#ifdef __cplusplus
extern "C" {
#endif

/* The amount of padding, with M = (m-1)*dilation + 1 for the length of the dilated kernel.
 *
 *   mode       before, after                               output length with stride 1
 *   full       M-1 on each side                            n + M - 1
 *   same       1-D: M/2 before, the rest of M-1 after      max(n, M)  (numpy.convolve, numpy.correlate)
 *              2-D: the same for true convolution; for     n          (scipy.signal.convolve2d, correlate2d)
 *              cross-correlation (M-1)/2 before
 *   valid      none                                        n - M + 1
 *   tf-same    as ceil(n/stride) positions need, halved;    n          (TensorFlow's padding="SAME")
 *              an odd element goes to the end
 *   explicit   as in `pad`
 *
 * A kernel that is longer than x is swapped with x. Then "valid" has length M - n + 1, and the kernel covers
 * all of x at each position. In 2-D one of the two must be at least as large as the other in both directions.
 * In 1-D "same" then has length M, and NumPy begins with (n-1)/2 of the full result, or n/2 for
 * numpy.correlate. */
typedef enum oc_convolve_mode {
  OC_CONVOLVE_DEFAULT = 0, /* full for a convolution, valid for pooling */
  OC_CONVOLVE_FULL,
  OC_CONVOLVE_SAME,
  OC_CONVOLVE_VALID,
  OC_CONVOLVE_TF_SAME,
  OC_CONVOLVE_EXPLICIT
} oc_convolve_mode;

/* The values beyond the edge of 1 2 3: fill 0 0 1 2 3 0 0; wrap 2 3 1 2 3 1 2; symmetric 2 1 1 2 3 3 2. */
typedef enum oc_boundary { OC_BOUNDARY_FILL = 0, OC_BOUNDARY_WRAP, OC_BOUNDARY_SYMMETRIC } oc_boundary;

/* "default", "full", "same", "valid", "tf-same", "explicit"; "?" for other values. Static storage. */
OC_API const char *oc_convolve_mode_name(oc_convolve_mode mode);
/* "zero", "wrap", "symmetric"; "?" for other values. Static storage. */
OC_API const char *oc_boundary_name(oc_boundary boundary);
/* Returns the index of the element of x, 0..n-1, that position i has, for any i; -1 for the fill value. n >=
 * 1. */
OC_API int64_t oc_boundary_index(oc_boundary boundary, int64_t i, int64_t n);

/* The resolved sizes of one direction. */
typedef struct oc_convolve_axis {
  int64_t size, kernel, stride, dilation; /* n, m */
  int64_t extent;                         /* (m-1)*dilation + 1 */
  int64_t before, after;                  /* padding; "valid" of a kernel longer than x has some too: M - n */
  int64_t out;                            /* floor((size + before + after - extent) / stride) + 1 */
  oc_boundary boundary;                   /* as given; fill where "valid" has swapped the two */
  bool swapped; /* "valid" has swapped kernel and x: out is also floor((extent + 2*0 - size) / stride) + 1 */
} oc_convolve_axis;

/* Counts how many windows contain each of the `size` elements of this direction, into counts[0 .. size-1]: 3
 * 3 3 3 3 for "full", 1 2 3 2 1 for "valid", with 5 elements and a kernel of 3. For rows and columns,
 * multiply the two. */
OC_API void oc_convolve_uses(const oc_convolve_axis *axis, int64_t *counts);

/* ---- one dimension ------------------------------------------------------------------------------------- */

typedef struct oc_convolve1d_options {
  size_t struct_size;    /* sizeof(oc_convolve1d_options); 0: that of version 0.1 */
  oc_convolve_mode mode; /* default OC_CONVOLVE_FULL, as in NumPy */
  int64_t pad[2];        /* before, after; >= 0, for OC_CONVOLVE_EXPLICIT */
  int64_t stride;        /* >= 1; 0: 1 (default) */
  int64_t dilation;      /* >= 1; 0: 1 (default) */
  oc_boundary boundary;  /* default OC_BOUNDARY_FILL */
  double fill;           /* padding value; default 0; zeros are skipped, not multiplied */
  bool correlate;        /* false (default): true convolution */
} oc_convolve1d_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_convolve1d_options oc_convolve1d_defaults(void);

/* Computes sizes and padding for x of n and w of m values, into *axis. `options` may be NULL for the
 * defaults. OC_E_ARGUMENT: an option is out of range, x or w is empty, or the dilated kernel is longer
 * than the padded x. */
OC_API oc_status oc_convolve1d_axis(int64_t n, int64_t m, const oc_convolve1d_options *options,
                                    oc_convolve_axis *axis, oc_error *err);
/* Convolves x (n values) with w (m values). y has the length that oc_convolve1d_axis returns and must
 * not overlap x or w. Errors as of oc_convolve1d_axis; OC_E_MEMORY. */
OC_API oc_status oc_convolve1d(const double *x, int64_t n, const double *w, int64_t m,
                               const oc_convolve1d_options *options, double *y, oc_error *err);

/* ---- two dimensions ------------------------------------------------------------------------------------ */

typedef struct oc_convolve2d_options {
  size_t struct_size;    /* sizeof(oc_convolve2d_options); 0: that of version 0.1 */
  oc_convolve_mode mode; /* default OC_CONVOLVE_FULL, as in SciPy */
  int64_t pad[4];        /* top, bottom, left, right; >= 0, for OC_CONVOLVE_EXPLICIT */
  int64_t stride[2];     /* rows, columns; >= 1; 0: 1 (default) */
  int64_t dilation[2];   /* rows, columns; >= 1; 0: 1 (default) */
  oc_boundary boundary;  /* default OC_BOUNDARY_FILL; positions in a corner follow it in both directions */
  double fill;           /* padding value; default 0; zeros are skipped, not multiplied */
  bool correlate;        /* false (default): true convolution, the kernel flipped in both directions */
} oc_convolve2d_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_convolve2d_options oc_convolve2d_defaults(void);

/* x (batch,rows,columns,channels) NHWC, w (kernel_rows,kernel_columns,channels,outputs) HWIO,
 * y (batch,out,out,outputs); all >= 1, batch >= 0. Channels are added, as in a layer of a network. */
typedef struct oc_convolve2d_sizes {
  int64_t batch, rows, columns, channels, kernel_rows, kernel_columns, outputs;
} oc_convolve2d_sizes;

/* Computes sizes and padding, axes[0] for the rows, axes[1] for the columns. `options` may be NULL.
 * OC_E_ARGUMENT: an option or a size is out of range, or the dilated kernel is larger than the padded x. */
OC_API oc_status oc_convolve2d_axes(const oc_convolve2d_sizes *sizes, const oc_convolve2d_options *options,
                                    oc_convolve_axis axes[2], oc_error *err);
/* Convolves the batch x with w; y has the sizes that oc_convolve2d_axes returns and must not overlap x or
 * w. Errors as of oc_convolve2d_axes; OC_E_MEMORY. */
OC_API oc_status oc_convolve2d(const oc_convolve2d_sizes *sizes, const double *x, const double *w,
                               const oc_convolve2d_options *options, double *y, oc_error *err);

/* ---- bias and activation ------------------------------------------------------------------------------- */

/* The function applied to the pre-activation a. */
typedef enum oc_activation {
  OC_ACTIVATION_NONE = 0, /* a */
  OC_ACTIVATION_RELU,     /* max(0, a) */
  OC_ACTIVATION_SIGMOID,  /* 1 / (1 + exp(-a)) */
  OC_ACTIVATION_TANH
} oc_activation;
/* "none", "relu", "sigmoid", "tanh"; "?" for other values. Static storage. */
OC_API const char *oc_activation_name(oc_activation activation);

typedef struct oc_activate_options {
  size_t struct_size;       /* sizeof(oc_activate_options); 0: that of version 0.1 */
  oc_activation activation; /* phi; default OC_ACTIVATION_NONE */
  const double *b;          /* one value per output; NULL (default): 0 */
} oc_activate_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_activate_options oc_activate_defaults(void);
/* Computes a = y + b and h = phi(a), for `places` (positions) times `outputs` values y as oc_convolve2d
 * returns them. `options` may be NULL. `h` may be NULL; a and h may be y itself. NaN stays NaN. Lecture:
 * "Working with Multiple Input or Color Channels". OC_E_ARGUMENT for an unknown activation, or for fewer than
 * 0 positions or 1 output. */
OC_API oc_status oc_convolve_activate(const double *y, int64_t places, int64_t outputs,
                                      const oc_activate_options *options, double *a, double *h,
                                      oc_error *err);

/* ---- pooling ------------------------------------------------------------------------------------------- */

typedef enum oc_pool_kind { OC_POOL_MAX = 0, OC_POOL_MEAN } oc_pool_kind;

typedef struct oc_pool2d_options {
  size_t struct_size;    /* sizeof(oc_pool2d_options); 0: that of version 0.1 */
  oc_pool_kind kind;     /* default OC_POOL_MAX. A window with NaN in it gives NaN, of either kind */
  int64_t size[2];       /* rows, columns; >= 1; 0: 2 (default) */
  int64_t stride[2];     /* rows, columns; >= 1; 0 (default): as `size` */
  oc_convolve_mode mode; /* OC_CONVOLVE_VALID (default), OC_CONVOLVE_TF_SAME or OC_CONVOLVE_EXPLICIT */
  /* top, bottom, left, right; 0 .. size-1. Padding is never the maximum, and a mean does not count it */
  int64_t pad[4];
} oc_pool2d_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_pool2d_options oc_pool2d_defaults(void);

/* x (batch,rows,columns,channels), y (batch,out,out,channels); each channel separately. */
typedef struct oc_pool2d_sizes {
  int64_t batch, rows, columns, channels;
} oc_pool2d_sizes;

/* Computes sizes and padding, axes[0] for the rows, axes[1] for the columns. `options` may be NULL.
 * OC_E_ARGUMENT: an option or a size is out of range, or the window is larger than the padded x. */
OC_API oc_status oc_pool2d_axes(const oc_pool2d_sizes *sizes, const oc_pool2d_options *options,
                                oc_convolve_axis axes[2], oc_error *err);
/* Pools the batch x; y has the sizes that oc_pool2d_axes returns and must not overlap x. Errors as of
 * oc_pool2d_axes. */
OC_API oc_status oc_pool2d(const oc_pool2d_sizes *sizes, const double *x, const oc_pool2d_options *options,
                           double *y, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
