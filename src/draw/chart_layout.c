/* chart_layout.c: places a chart on a surface: title, legend, axes, marks. */
#include "draw/surface.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
  EDGE = 12,       /* around everything */
  TITLE = 28,      /* height of the title */
  LEGEND = 22,     /* height of a line of the legend */
  PLOT = 220,      /* height of a plot of lines */
  FOOT = 40,       /* ticks and label of the x axis */
  NUMBERS = 52,    /* width of the ticks of the y axis */
  BAR = 13,        /* height of a bar */
  BAND_GAP = 6,    /* between the bars of two names */
  MAX_NAME = 24,   /* columns of a name at the left */
  MAX_BELOW = 14,  /* columns of a name below */
  MAX_LEGEND = 28, /* columns of a name in the legend */
  MAX_LABEL = 40,  /* columns of the label of an axis */
  MAX_TITLE = 80,
  SWATCH = 17, /* width of what stands before a name in the legend */
  LARGEST_CELL = 40,
  SMALLEST_CELL = 3
};
#define COLUMN 6.7 /* width of a character, on average */

typedef struct plan {
  const oc_chart *c;
  oc_surface *surface;
  oc_box plot;   /* what the axes enclose */
  oc_scale x, y; /* of axes of numbers */
  double band;   /* height of a row of names */
  double cell;   /* width of a column of names; 0: numbers */
  int legend_lines;
} plan;

/* ---- sizes --------------------------------------------------------------------------------------------- */

static int bar_marks(const oc_chart *c) {
  int count = 0;
  for (int i = 0; i < c->mark_count; i++) count += c->marks[i].kind == OC_MARK_BARS;
  return count;
}

static double names_width(const oc_axis *axis, int most) {
  int longest = 1;
  for (int64_t i = 0; i < axis->count; i++) {
    const int columns = oc_label_columns(axis->names[i]);
    if (columns > longest) longest = columns;
  }
  return (longest < most ? longest : most) * COLUMN + 8;
}

/* Where the entry of a mark stands: moves x and line on from those of the entry before. */
static void place_entry(const oc_drawn_mark *m, double *x, double *end, int *line) {
  char text[OC_LABEL_ROOM];
  const double width = SWATCH + oc_label_columns(oc_label_cut(m->name, MAX_LEGEND, true, text)) * COLUMN + 18;
  if (*end + width > OC_CHART_WIDTH - EDGE && *end > EDGE) {
    *end = EDGE;
    ++*line;
  }
  *x = *end;
  *end += width;
}

static int legend_lines(const oc_chart *c) {
  double x, end = EDGE;
  int line = 0;
  for (int i = 0; i < c->mark_count; i++)
    if (*c->marks[i].name) place_entry(&c->marks[i], &x, &end, &line);
  return end > EDGE ? line + 1 : 0;
}

/* Rows of names need a height each; columns share the width. */
static plan plan_of(const oc_chart *c, oc_surface *surface, double top) {
  plan p = {.c = c, .surface = surface, .legend_lines = legend_lines(c)};
  const double side = *c->y.label ? 18 : 0;
  const double left = EDGE + side + (c->y.names ? names_width(&c->y, MAX_NAME) : NUMBERS);
  p.plot = (oc_box){left, top + EDGE + TITLE + LEGEND * p.legend_lines, OC_CHART_WIDTH - EDGE - left, PLOT};
  p.x = oc_scale_of(c, true);
  p.y = oc_scale_of(c, false);
  if (c->x.names && c->x.count > 0) {
    p.cell = fmin(LARGEST_CELL, fmax(SMALLEST_CELL, floor(p.plot.width / (double)c->x.count)));
    p.plot.width = p.cell * (double)c->x.count;
  }
  if (c->y.names) {
    p.band = p.cell > 0 ? p.cell : BAR * fmax(1, bar_marks(c)) + BAND_GAP;
    p.plot.height = p.band * fmax(1, (double)c->y.count);
    if (p.cell == 0) p.plot.width -= NUMBERS; /* for the values after the bars */
  }
  return p;
}

static double foot_of(const oc_chart *c) {
  const double names = c->x.names ? names_width(&c->x, MAX_BELOW) : 18;
  return names + (*c->x.label ? FOOT - 18 : 4);
}

double oc_layout_height(const oc_chart *c) {
  const plan p = plan_of(c, NULL, 0);
  return p.plot.y + p.plot.height + foot_of(c) + EDGE;
}

/* ---- axes ---------------------------------------------------------------------------------------------- */

static void put(const plan *p, oc_words words) {
  p->surface->words(p->surface, &words);
}

static void draw_rule(const plan *p, double x0, double y0, double x1, double y1) {
  const double points[] = {x0, y0, x1, y1};
  p->surface->line(p->surface, points, 2, &(oc_paint){.look = OC_LOOK_GRID});
}

static void draw_y_numbers(const plan *p) {
  const oc_box *b = &p->plot;
  char text[OC_NUMBER_TEXT];
  double value;
  for (int i = 0; oc_scale_tick(&p->y, i, &value); i++) {
    const double y = b->y + b->height * (1 - oc_scale_at(&p->y, value));
    draw_rule(p, b->x, y, b->x + b->width, y);
    put(p, (oc_words){.x = b->x - 6,
                      .y = y + 4,
                      .text = oc_label_number(value, text),
                      .anchor = OC_ANCHOR_END,
                      .look = OC_LOOK_SOFT});
  }
}

static void draw_x_numbers(const plan *p) {
  const oc_box *b = &p->plot;
  char text[OC_NUMBER_TEXT];
  double value;
  for (int i = 0; oc_scale_tick(&p->x, i, &value); i++) {
    const double x = b->x + b->width * oc_scale_at(&p->x, value);
    draw_rule(p, x, b->y, x, b->y + b->height);
    put(p, (oc_words){.x = x,
                      .y = b->y + b->height + 16,
                      .text = oc_label_number(value, text),
                      .anchor = OC_ANCHOR_MIDDLE,
                      .look = OC_LOOK_SOFT});
  }
}

/* Names that would lie on each other are left out; their marks have them as titles. */
static void draw_y_names(const plan *p) {
  char text[OC_LABEL_ROOM];
  const int64_t step = (int64_t)ceil(12 / p->band);
  for (int64_t i = 0; i < p->c->y.count; i += step) {
    const char *name = p->c->y.names[i];
    put(p, (oc_words){.x = p->plot.x - 6,
                      .y = p->plot.y + p->band * ((double)i + 0.5) + 4,
                      .text = oc_label_cut(name, MAX_NAME, true, text),
                      .whole = name,
                      .anchor = OC_ANCHOR_END,
                      .look = OC_LOOK_INK});
  }
}

static void draw_x_names(const plan *p) {
  char text[OC_LABEL_ROOM];
  const int64_t step = (int64_t)ceil(12 / p->cell);
  for (int64_t i = 0; i < p->c->x.count; i += step) {
    const char *name = p->c->x.names[i];
    put(p, (oc_words){.x = p->plot.x + p->cell * ((double)i + 0.5) + 4,
                      .y = p->plot.y + p->plot.height + 6,
                      .text = oc_label_cut(name, MAX_BELOW, true, text),
                      .whole = name,
                      .anchor = OC_ANCHOR_END,
                      .look = OC_LOOK_INK,
                      .upright = true});
  }
}

static void draw_labels(const plan *p) {
  const oc_axis *x = &p->c->x, *y = &p->c->y;
  char text[OC_LABEL_ROOM];
  if (*x->label)
    put(p, (oc_words){.x = p->plot.x + p->plot.width / 2,
                      .y = p->plot.y + p->plot.height + foot_of(p->c) - 4,
                      .text = oc_label_cut(x->label, MAX_LABEL, true, text),
                      .whole = x->label,
                      .anchor = OC_ANCHOR_MIDDLE,
                      .look = OC_LOOK_SOFT});
  if (*y->label)
    put(p, (oc_words){.x = EDGE + 10,
                      .y = p->plot.y + p->plot.height / 2,
                      .text = oc_label_cut(y->label, (int)(p->plot.height / COLUMN), true, text),
                      .whole = y->label,
                      .anchor = OC_ANCHOR_MIDDLE,
                      .look = OC_LOOK_SOFT,
                      .upright = true});
}

static void draw_axes(const plan *p) {
  const oc_chart *c = p->c;
  if (c->y.names)
    draw_y_names(p);
  else
    draw_y_numbers(p);
  if (c->x.names)
    draw_x_names(p);
  else
    draw_x_numbers(p);
  draw_labels(p);
}

static void draw_swatch(const plan *p, const oc_drawn_mark *m, double x, double y) {
  const oc_paint paint = {.color = m->color, .opacity = 1};
  const double height = m->kind == OC_MARK_LINE ? 3 : 10;
  if (m->kind == OC_MARK_POINTS)
    p->surface->dot(p->surface, (const double[]){x + 6, y}, 5, &paint);
  else
    p->surface->rect(p->surface, &(oc_box){x, y - height / 2, 12, height}, &paint);
}

static void draw_legend(const plan *p) {
  char text[OC_LABEL_ROOM];
  double x, end = EDGE;
  int line = 0;
  for (int i = 0; i < p->c->mark_count; i++) {
    const oc_drawn_mark *m = &p->c->marks[i];
    if (!*m->name) continue;
    place_entry(m, &x, &end, &line);
    const double y = p->plot.y - LEGEND * (p->legend_lines - line) + 4;
    draw_swatch(p, m, x, y);
    oc_label_cut(m->name, MAX_LEGEND, true, text);
    put(p, (oc_words){.x = x + SWATCH, .y = y + 4, .text = text, .whole = m->name, .look = OC_LOOK_INK});
  }
}

/* ---- marks --------------------------------------------------------------------------------------------- */

static void place(const plan *p, double x, double y, double point[2]) {
  point[0] = p->plot.x + p->plot.width * oc_scale_at(&p->x, x);
  point[1] = p->plot.y + p->plot.height * (1 - oc_scale_at(&p->y, y));
}

static bool is_there(const oc_drawn_mark *m, int64_t i) {
  return isfinite(m->values[i]) && isfinite(m->x[i]);
}

/* In pieces between gaps. */
static void draw_line(const plan *p, const oc_drawn_mark *m) {
  enum { PIECE = 1024 };
  double points[2 * PIECE];
  int64_t n = 0;
  const oc_paint paint = {.color = m->color, .opacity = 1};
  for (int64_t i = 0; i <= m->count; i++) {
    const bool ends = i == m->count || !is_there(m, i) || n == PIECE;
    if (ends && n > 1) p->surface->line(p->surface, points, n, &paint);
    if (ends) n = 0;
    if (i < m->count && is_there(m, i)) place(p, m->x[i], m->values[i], points + 2 * n++);
  }
}

static void draw_points(const plan *p, const oc_drawn_mark *m, double radius) {
  for (int64_t i = 0; i < m->count; i++) {
    if (!is_there(m, i)) continue;
    double point[2];
    const oc_paint paint = {.color = m->color,
                            .opacity = 1,
                            .is_data = true,
                            .has_x = true,
                            .x = m->x[i],
                            .value = m->values[i],
                            .names = {m->name, "", ""}};
    place(p, m->x[i], m->values[i], point);
    p->surface->dot(p->surface, point, radius, &paint);
  }
}

static void draw_bars(const plan *p, const oc_drawn_mark *m, int nth) {
  char text[OC_NUMBER_TEXT];
  for (int64_t i = 0; i < m->count; i++) {
    const double y = p->plot.y + p->band * (double)i + BAND_GAP / 2.0 + BAR * nth;
    const double zero = p->plot.x + p->plot.width * fmax(0, oc_scale_at(&p->x, 0));
    const double end = p->plot.x + p->plot.width * oc_scale_at(&p->x, m->values[i]);
    if (!isfinite(m->values[i])) continue;
    const oc_paint paint = {.color = m->color,
                            .opacity = 1,
                            .is_data = true,
                            .value = m->values[i],
                            .names = {m->name, p->c->y.names[i], ""}};
    p->surface->rect(p->surface, &(oc_box){fmin(zero, end), y, fabs(end - zero), BAR - 1}, &paint);
    put(p, (oc_words){.x = fmax(zero, end) + 4,
                      .y = y + 10,
                      .text = oc_label_number(m->values[i], text),
                      .look = OC_LOOK_SOFT});
  }
}

/* Which text has the most contrast (WCAG 2: at least 3.5) on a cell of so much color, on a light page and on
 * a dark one: strong orange takes dark text on both, the strongest blue what the page is. */
static oc_look look_on(double share, bool first) {
  if (share <= 0.6) return OC_LOOK_INK;
  return first && share > 0.83 ? OC_LOOK_PAPER : OC_LOOK_DARK;
}

/* The number in a cell that has room for it. */
static void draw_cell_number(const plan *p, const oc_box *b, double value, oc_look look) {
  char text[OC_NUMBER_TEXT];
  oc_label_number(value, text);
  if (value == 0 || p->cell < 14 || (double)strlen(text) * COLUMN > p->cell - 2) return;
  put(p, (oc_words){.x = b->x + b->width / 2,
                    .y = b->y + b->height / 2 + 4,
                    .text = text,
                    .anchor = OC_ANCHOR_MIDDLE,
                    .look = look});
}

static void draw_cells(const plan *p, const oc_drawn_mark *m) {
  const int64_t columns = p->c->x.count;
  const double most[2] = {oc_cells_most(m, columns, false), oc_cells_most(m, columns, true)};
  const double gap = p->cell > 8 ? 1 : 0;
  for (int64_t i = 0; i < m->count; i++) {
    const bool first = oc_cell_is_first(m, columns, i);
    const double value = m->values[i], share = most[first] > 0 ? fmax(0, value) / most[first] : 0;
    if (!isfinite(value)) continue;
    const oc_box box = {p->plot.x + p->cell * (double)(i % columns),
                        p->plot.y + p->band * (double)(i / columns), p->cell - gap, p->band - gap};
    const oc_paint paint = {.color = (m->color + !first) % OC_CHART_COLORS,
                            .opacity = value > 0 ? 0.12 + 0.88 * share : 0.04,
                            .is_data = true,
                            .value = value,
                            .names = {m->name, p->c->y.names[i / columns], p->c->x.names[i % columns]}};
    p->surface->rect(p->surface, &box, &paint);
    draw_cell_number(p, &box, value, look_on(share, first));
  }
}

static void draw_marks(const plan *p) {
  int bars = 0;
  for (int i = 0; i < p->c->mark_count; i++) {
    const oc_drawn_mark *m = &p->c->marks[i];
    if (m->kind == OC_MARK_LINE) draw_line(p, m);
    if (m->kind == OC_MARK_LINE) draw_points(p, m, m->count > 100 ? 1 : 2.5);
    if (m->kind == OC_MARK_POINTS) draw_points(p, m, 5);
    if (m->kind == OC_MARK_BARS) draw_bars(p, m, bars++);
    if (m->kind == OC_MARK_CELLS) draw_cells(p, m);
  }
}

void oc_layout_draw(const oc_chart *c, oc_surface *surface, double y) {
  const plan p = plan_of(c, surface, y);
  char text[OC_LABEL_ROOM];
  put(&p, (oc_words){.x = EDGE,
                     .y = y + EDGE + 14,
                     .text = oc_label_cut(c->title, MAX_TITLE, true, text),
                     .whole = c->title,
                     .look = OC_LOOK_INK,
                     .bold = true});
  draw_legend(&p);
  draw_axes(&p);
  draw_marks(&p);
}
