/* slide.h: holds a sliding window with all its data, for conv and pool, which print it as
 * text, as JSON and as a page. */
#ifndef OC_CLI_SLIDE_H
#define OC_CLI_SLIDE_H
#include "lecture/array.h"
#include "core/json.h"

typedef struct cli_slide {
  cli_array x, y;
  cli_array w;               /* the kernel as given; data NULL: pooling */
  bool line;                 /* one dimension: axes[0] has one position, the values are along axes[1] */
  bool sums;                 /* over the channels of x, with a plane of w for each; else each channel alone */
  bool correlate;            /* the kernel is not flipped */
  double fill;               /* the padding value, if axes[].boundary is fill */
  oc_pool_kind kind;         /* of pooling */
  oc_convolve_axis axes[2];  /* rows, columns */
  const char *schema, *mode; /* "ocellus.conv/2", "same" */
  bool layer;                /* a and h are computed: a = y + b, h = activation(a) */
  oc_activation activation;
  cli_array b, a, h;  /* of a layer; b.data NULL: 0 */
  bool traced;        /* of all windows only the one at `at` is shown */
  int64_t at[2], out; /* its position and its plane of y */
} cli_slide;
void cli_slide_release(cli_slide *s);

/* How many channels of x are added up in each number of y. */
static inline int64_t cli_slide_channels(const cli_slide *s) {
  return s->sums ? s->x.planes : 1;
}
/* The last computed one of y, a and h. */
static inline const cli_array *cli_slide_result(const cli_slide *s) {
  return s->layer ? &s->h : &s->y;
}
/* Where a number of y, a and h stands in their data. */
static inline int64_t cli_slide_index(const cli_slide *s, int64_t plane, const int64_t place[2]) {
  return (plane * s->y.rows + place[0]) * s->y.columns + place[1];
}
/* "--at": "3", "3,5" or "3,5,1", for a list, a matrix and several planes. */
oc_status cli_slide_trace(cli_slide *s, const char *at, oc_error *err);
/* Goes on to the next window to be shown, from plane -1: false after the last. */
bool cli_slide_next(const cli_slide *s, int64_t *plane, int64_t place[2]);

/* Tap (i, j) of the window at position (row, column) of plane `plane` of y, in channel c of the sum. */
typedef struct cli_tap {
  bool outside;  /* beyond the edge */
  double value;  /* of x there, or the fill value */
  double weight; /* of the kernel as it lies there; 1 for pooling */
  double product;
} cli_tap;
typedef struct cli_window {
  int64_t plane, place[2], channel;
} cli_window;
cli_tap cli_slide_tap(const cli_slide *s, const cli_window *w, int64_t i, int64_t j);
/* The sum of the products of one channel. */
double cli_slide_channel_sum(const cli_slide *s, const cli_window *w);
/* x at (row, column) counted from its own corner, so that positions beyond the edge are below 0 or at least
 * the size. */
double cli_slide_value(const cli_slide *s, int64_t plane, int64_t row, int64_t column, bool *outside);

/* "true convolution", "cross-correlation", "max pooling", "mean pooling". */
/* The mode, or that --pad gave the padding. */
const char *cli_slide_padding(const cli_slide *s);
const char *cli_slide_name(const cli_slide *s);
/* "floor((8 + 2*2 - 5)/1) + 1 = 8". Into at least 160 bytes. Returns `text`. */
const char *cli_slide_formula(const oc_convolve_axis *a, char *text, size_t size);
/* How many NaN are in x and w. */
int64_t cli_slide_nan(const cli_slide *s);

/* Rows of numbers for reading, or, of large arrays and images, some numbers about them. */
void cli_array_show(const cli_terminal *t, const cli_array *a);
/* The result, and what it came from in a layer. */
void cli_slide_print_result(const cli_terminal *t, const cli_slide *s);
/* One line for each direction: the formula with its numbers. */
void cli_slide_print_sizes(const cli_terminal *t, const cli_slide *s);
/* Every window: what it covers, the kernel, the products, the sum. */
oc_status cli_slide_print_steps(const cli_terminal *t, const cli_slide *s, oc_error *err);

/* The slide as an object with "schema"; `steps` adds every window. NULL if there is no memory. */
json_t *cli_slide_json(const cli_slide *s, bool steps);
/* Rows of numbers, and of planes where there are several; "nan", "inf" and "-inf" where JSON has no
 * number. */
json_t *cli_array_json(const cli_array *a);
/* Prints the object with all digits of its numbers, and releases it. */
oc_status cli_slide_json_print(json_t *object, oc_error *err);
/* --steps, in text or JSON, is for windows that a person can read: OC_E_ARGUMENT beyond 10000. */
oc_status cli_slide_check_steps(const cli_slide *s, oc_error *err);

/* One file for a browser, without network: each position of the result can be selected and shows its
 * window. */
oc_status cli_slide_html(const cli_slide *s, const char *path, oc_error *err);

#endif
