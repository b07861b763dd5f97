/* chart.h: describes a chart once, and shows it as SVG, as PNG or as text for a terminal.
 *
 *   const double epochs[] = {1, 2, 3}, losses[] = {2.3, 0.4, 0.2};
 *   const oc_chart_form form = {.title = "Loss", .x = {.label = "epoch"}, .y = {.label = "loss"}};
 *   const oc_mark line = {
 *       .kind = OC_MARK_LINE, .name = "training", .count = 3, .x = epochs, .values = losses};
 *   oc_chart *chart;
 *   if (oc_chart_create(&form, &chart, &err) != OC_OK) return 1;
 *   if (oc_chart_add(chart, &line, &err) == OC_OK)
 *     oc_chart_save((const oc_chart *const[]){chart}, 1, "loss.svg", &err);
 *   oc_chart_free(chart);
 *
 * All texts may come from a file or a person: they are escaped as by oc_escape, and again for SVG. A value
 * that is not finite is a gap. Labels that are too long are cut with an ellipsis; SVG has the whole label as
 * a title of the mark.
 *
 * Threads: a chart that is not changed may be shown from any thread. */
#ifndef OCELLUS_CHART_H
#define OCELLUS_CHART_H
#include "status.h"
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_chart oc_chart;

/* Colors of marks, from 0: those of Okabe and Ito (2008), which color-blind people can distinguish. 0 is
 * blue, 1 is vermilion. */
enum { OC_CHART_COLORS = 8, OC_CHART_MAX_NAMES = 65536, OC_CHART_MAX_COLUMNS = 200, OC_CHART_MAX_MARKS = 64 };

typedef struct oc_chart_axis {
  const char *label;        /* "epoch"; NULL: none */
  const char *const *names; /* of categories, name_count of them; NULL: an axis of numbers */
  int64_t name_count;       /* at most OC_CHART_MAX_NAMES */
  double low, high; /* range of numbers; low >= high (default): that of the values. Numbers beyond it are
                             * at its edge, and so are those beyond 4e307. */
} oc_chart_axis;

typedef struct oc_chart_form {
  const char *title; /* one line */
  const char *about; /* the chart in words and numbers, for those who do not see it; NULL: none */
  oc_chart_axis x, y;
} oc_chart_form;

typedef enum oc_mark_kind {
  OC_MARK_LINE = 0, /* values over x */
  OC_MARK_POINTS,   /* the same as single points */
  OC_MARK_BARS,     /* values along x, one for each name of y */
  OC_MARK_CELLS     /* a matrix: a row for each name of y, a column for each of at most
                     * OC_CHART_MAX_COLUMNS names of x */
} oc_mark_kind;

typedef struct oc_mark {
  oc_mark_kind kind;
  const char *name;     /* for the legend; NULL: none */
  int color;            /* 0 to OC_CHART_COLORS - 1 */
  int64_t count;        /* of the values: one for each name, of cells rows x columns */
  const double *x;      /* of lines and points, count of them, in rising order */
  const double *values; /* count of them */
  /* Of cells: those of the diagonal take the color, all others the next one, each on its own scale. */
  bool diagonal;
} oc_mark;

/* Makes an empty chart. It copies all texts; the caller frees *out with oc_chart_free. OC_E_ARGUMENT: too
 * many names. OC_E_MEMORY. */
OC_API oc_status oc_chart_create(const oc_chart_form *form, oc_chart **out, oc_error *err);
/* Adds a mark, which lies above earlier ones; copies its values. Of a line with more than 500 values it keeps
 * the least and the largest of each stretch, so that no peak is lost. On failure the chart is as before.
 * OC_E_ARGUMENT: a color, kind or count out of range, or not one value for each name, or too many marks.
 * OC_E_MEMORY. */
OC_API oc_status oc_chart_add(oc_chart *chart, const oc_mark *mark, oc_error *err);
/* Frees a chart. NULL is fine. */
OC_API void oc_chart_free(oc_chart *chart);

/* What a terminal can show. */
typedef struct oc_chart_view {
  int columns;  /* 20 to 10000 */
  int colors;   /* 0: none; 256; or 1 << 24. Fewer than 256 are none */
  bool unicode; /* false: ASCII, except for the characters of labels */
} oc_chart_view;
/* Writes the chart as lines for a terminal. The caller frees *text with oc_free. OC_E_ARGUMENT: columns out
 * of range. OC_E_MEMORY. */
OC_API oc_status oc_chart_text(const oc_chart *chart, const oc_chart_view *view, char **text, oc_error *err);

/* Writes the chart as an <svg> element for a page, which has oc_chart_style among its styles. Each mark has
 * its value as `data-value`, in digits that read back to the same bits; points of lines have `data-x` too.
 * The same chart gives the same text. The caller frees *text with oc_free. OC_E_MEMORY. */
OC_API oc_status oc_chart_svg(const oc_chart *chart, char **text, oc_error *err);
/* Returns the style of charts in a page, for light and dark. Static storage. */
OC_API const char *oc_chart_style(void);
/* Writes charts below each other into one file: .svg, which needs nothing else, or .png, of twice the size.
 * The file is replaced whole or not at all. `count` is 1 to OC_CHART_MAX_MARKS. OC_E_ARGUMENT: another
 * ending, or a chart that is too high for PNG. OC_E_UNSUPPORTED: PNG without cairo. OC_E_CANT_CREATE,
 * OC_E_IO: as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_chart_save(const oc_chart *const *charts, int count, const char *path, oc_error *err);

/* Bytes of a hash source, with its closing 0. */
enum { OC_PAGE_HASH = 52 };
/* Writes the source "sha256-..." by which the Content-Security-Policy of a page allows this text of a style
 * or script (W3C CSP 3). Returns `out`, the caller's. */
OC_API const char *oc_page_hash(const char *text, char out[OC_PAGE_HASH]);

#ifdef __cplusplus
}
#endif
#endif
