/* slide.h: a window that slides, with everything that is known about it: shared by conv and pool, which print it as
 * text, as JSON and as a page. */
#ifndef OC_CLI_SLIDE_H
#define OC_CLI_SLIDE_H
#include "array.h"
#include "json.h"

typedef struct cli_slide {
  cli_array x, y;
  cli_array w;               /* the kernel as given; data NULL: pooling */
  bool line;                 /* one dimension: axes[0] has one place, the numbers lie along axes[1] */
  bool correlate;            /* the kernel is not turned round */
  double fill;               /* what lies beyond the edge, where axes[].boundary says so */
  oc_pool_kind kind;         /* of pooling */
  oc_convolve_axis axes[2];  /* rows, columns */
  const char *schema, *mode; /* "ocellus.conv/1", "same" */
} cli_slide;
void cli_slide_release(cli_slide *s);

/* Tap (i, j) of the window at place (row, column) of a plane. */
typedef struct cli_tap {
  bool outside;  /* beyond the edge */
  double value;  /* of x there, or the fill value */
  double weight; /* of the kernel as it lies there; 1 for pooling */
  double product;
} cli_tap;
cli_tap cli_slide_tap(const cli_slide *s, int64_t plane, const int64_t place[2], int64_t i, int64_t j);
/* x at (row, column) counted from its own corner, so that what lies beyond the edge is below 0 or from the size on. */
double cli_slide_value(const cli_slide *s, int64_t plane, int64_t row, int64_t column, bool *outside);
double cli_slide_weight(const cli_slide *s, int64_t i, int64_t j);

/* "true convolution", "cross-correlation", "max pooling", "mean pooling". */
const char *cli_slide_name(const cli_slide *s);
/* "floor((8 + 2*2 - 5)/1) + 1 = 8". Into at least 160 bytes. Returns `text`. */
const char *cli_slide_formula(const oc_convolve_axis *a, char *text, size_t size);
/* How many NaN are in x and w. */
int64_t cli_slide_nan(const cli_slide *s);

/* The result; large ones only in numbers about them. */
void cli_slide_print_result(const cli_terminal *t, const cli_slide *s);
/* One line for each direction: the formula with its numbers. */
void cli_slide_print_sizes(const cli_terminal *t, const cli_slide *s);
/* Every window: what it covers, the kernel, the products, the sum. */
oc_status cli_slide_print_steps(const cli_terminal *t, const cli_slide *s, oc_error *err);

/* The slide as an object with "schema"; `steps` adds every window. NULL if there is no memory. */
json_t *cli_slide_json(const cli_slide *s, bool steps);
/* Rows of numbers, and of planes where there are several. */
json_t *cli_array_json(const cli_array *a);
/* Prints the object with all digits of its numbers, and releases it. */
oc_status cli_slide_json_print(json_t *object, oc_error *err);
/* --steps, in text or JSON, is for windows that a person can read: OC_E_ARGUMENT beyond 10000. */
oc_status cli_slide_check_steps(const cli_slide *s, oc_error *err);

/* One file for a browser, without network: each place of the result can be pressed and shows its window. */
oc_status cli_slide_html(const cli_slide *s, const char *path, oc_error *err);

#endif
