/* surface.h: what a chart is drawn on: rectangles, lines, dots and texts, in units of 1/96 inch from the top
 * left corner. A back end fills in the functions; chart_layout.c calls them. */
#ifndef OC_DRAW_SURFACE_H
#define OC_DRAW_SURFACE_H
#include "draw/chart.h"

/* What a shape looks like, and what it stands for. */
typedef enum oc_look {
  OC_LOOK_MARK = 0,
  OC_LOOK_GRID,
  OC_LOOK_INK,
  OC_LOOK_SOFT,
  OC_LOOK_PAPER,
  OC_LOOK_DARK /* on a light page and on a dark one */
} oc_look;
typedef struct oc_paint {
  oc_look look;
  int color;      /* of a mark */
  double opacity; /* of a rectangle */
  bool has_x;
  double x, value;      /* of the data; read if `names` is not NULL */
  const char *names[3]; /* the series, the row and the column, "" for none: for those who point at it */
  bool is_data;
} oc_paint;

typedef enum oc_anchor { OC_ANCHOR_START = 0, OC_ANCHOR_MIDDLE, OC_ANCHOR_END } oc_anchor;
typedef struct oc_words {
  double x, y; /* of the anchor, on the base line */
  const char *text;
  const char *whole; /* the label that `text` is cut from; NULL: the same */
  oc_anchor anchor;
  oc_look look;
  bool bold, upright; /* the heading; turned to read upwards */
} oc_words;

typedef struct oc_box {
  double x, y, width, height;
} oc_box;

typedef struct oc_surface oc_surface;
struct oc_surface {
  void (*rect)(oc_surface *surface, const oc_box *box, const oc_paint *paint);
  /* Through count points x, y, x, y and so on. */
  void (*line)(oc_surface *surface, const double *points, int64_t count, const oc_paint *paint);
  void (*dot)(oc_surface *surface, const double point[2], double radius, const oc_paint *paint);
  void (*words)(oc_surface *surface, const oc_words *words);
};

enum { OC_CHART_WIDTH = 720 };
/* The height that a chart takes; its width is OC_CHART_WIDTH. */
double oc_layout_height(const oc_chart *c);
/* Draws the chart with its top at `y`. */
void oc_layout_draw(const oc_chart *c, oc_surface *surface, double y);

#endif
