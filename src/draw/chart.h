/* chart.h (internal): what the files of src/draw share. Data flows one way: chart.c holds a description,
 * chart_scale.c gives ranges and ticks, chart_layout.c places everything on a surface, svg.c and cairo.c are
 * surfaces; chart_text.c places characters itself. */
#ifndef OC_DRAW_CHART_H
#define OC_DRAW_CHART_H
#include "base/memory.h"
#include "base/text.h"
#include "ocellus/chart.h"
#include "ocellus/number.h"

typedef struct oc_axis {
  const char *label;        /* "": none */
  const char *const *names; /* NULL: numbers */
  int64_t count;
  double low, high; /* low >= high: of the values */
} oc_axis;

typedef struct oc_drawn_mark {
  oc_mark_kind kind;
  const char *name; /* "": none */
  int color;
  bool diagonal;
  int64_t count;
  const double *x, *values;
} oc_drawn_mark;

struct oc_chart {
  oc_arena arena; /* of all texts, which are escaped, and values */
  const char *title, *about;
  oc_axis x, y;
  oc_drawn_mark marks[OC_CHART_MAX_MARKS];
  int mark_count;
};

/* ---- colors (palette.c) -------------------------------------------------------------------------------- */

typedef struct oc_rgb {
  uint8_t r, g, b;
} oc_rgb;
/* On a light or a dark background. */
oc_rgb oc_palette(int color, bool dark);

/* ---- labels (label.c) ---------------------------------------------------------------------------------- */

enum { OC_LABEL_ROOM = 160 };
/* Columns of a terminal that the text takes: 2 for wide characters of East Asia, 0 for combining ones. */
int oc_label_columns(const char *text);
/* The text cut to `columns`, the last of them an ellipsis ("~" in ASCII) if it is longer. Returns `out`. */
const char *oc_label_cut(const char *text, int columns, bool unicode, char out[OC_LABEL_ROOM]);
/* "0.9714", "12", "1.5e+06": at most 4 digits unless it is an integer; "-" for a gap. Returns `out`. */
const char *oc_label_number(double value, char out[OC_NUMBER_TEXT]);

/* ---- ranges (chart_scale.c) ---------------------------------------------------------------------------- */

typedef struct oc_scale {
  double low, high, step; /* ticks at the multiples of step in [low, high] */
} oc_scale;
/* Of the numbers on an axis: positions (`of_x`) or values of all marks. */
oc_scale oc_scale_of(const oc_chart *c, bool of_x);
/* 0 at low and below it, 1 at high and above it. */
double oc_scale_at(const oc_scale *s, double value);
/* The i-th tick; false past the last one. */
bool oc_scale_tick(const oc_scale *s, int i, double *value);
/* The largest value of cells on or off the diagonal (of all if it is not set apart); 0 if there is none. */
double oc_cells_most(const oc_drawn_mark *m, int64_t columns, bool on_diagonal);
/* True if cell i takes the color of the mark itself. */
bool oc_cell_is_first(const oc_drawn_mark *m, int64_t columns, int64_t i);

#endif
