/* svg.c: a surface that writes SVG (W3C, SVG 1.1): text stays text, colors are classes of the style in
 * palette.c, values are attributes of the marks. Coordinates have one decimal, in any locale. */
#include "draw/surface.h"
#include "base/error.h"
#include "draw/svg.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct svg {
  oc_surface surface; /* the first member: a surface is an svg */
  oc_text text;
} svg;

static oc_text *text_of(oc_surface *surface) {
  return &((svg *)(void *)surface)->text;
}

/* ---- words --------------------------------------------------------------------------------------------- */

/* A text, which is escaped for terminals already, also for XML. */
static void put_xml(oc_text *t, const char *text) {
  for (size_t n; *text; text += n) {
    n = strcspn(text, "<>&\"'");
    oc_text_add_bytes(t, text, n);
    if (!text[n]) return;
    oc_text_add(t, "&#%d;", text[n]);
    n++;
  }
}

static void put_tenths(oc_text *t, const char *before, double value) {
  const long tenths = lround(value * 10);
  oc_text_add(t, "%s%s%ld", before, tenths < 0 ? "-" : "", labs(tenths) / 10);
  if (tenths % 10) oc_text_add(t, ".%ld", labs(tenths) % 10);
}

static void put_attribute(oc_text *t, const char *name, double value) {
  oc_text_add(t, " %s", name);
  put_tenths(t, "=\"", value);
  oc_text_add(t, "\"");
}

static void put_class(oc_text *t, const oc_paint *paint, char kind) {
  if (paint->look == OC_LOOK_GRID)
    oc_text_add(t, " class=\"grid\"");
  else
    oc_text_add(t, " class=\"%c%d\"", kind, paint->color);
}

/* Closes the element's tag, with the value as an attribute and in words. */
static void end_mark(oc_text *t, const oc_paint *paint, const char *element) {
  char number[OC_NUMBER_TEXT];
  if (!paint->is_data) {
    oc_text_add(t, "/>\n");
    return;
  }
  if (paint->has_x) oc_text_add(t, " data-x=\"%s\"", oc_number_text(paint->x, number, sizeof number));
  oc_text_add(t, " data-value=\"%s\"><title>", oc_number_text(paint->value, number, sizeof number));
  for (int i = 0; i < 3; i++) {
    put_xml(t, paint->names[i]);
    if (*paint->names[i]) oc_text_add(t, i == 1 && *paint->names[2] ? " / " : ", ");
  }
  if (paint->has_x) oc_text_add(t, "%s: ", oc_label_number(paint->x, number));
  oc_text_add(t, "%s</title></%s>\n", oc_label_number(paint->value, number), element);
}

/* ---- the surface --------------------------------------------------------------------------------------- */

static void svg_rect(oc_surface *surface, const oc_box *b, const oc_paint *paint) {
  oc_text *t = text_of(surface);
  oc_text_add(t, "<rect");
  put_class(t, paint, 'f');
  put_attribute(t, "x", b->x);
  put_attribute(t, "y", b->y);
  put_attribute(t, "width", b->width);
  put_attribute(t, "height", b->height);
  if (paint->opacity < 1)
    oc_text_add(t, " fill-opacity=\".%02ld\"", lround(fmin(0.99, paint->opacity) * 100));
  end_mark(t, paint, "rect");
}

static void svg_line(oc_surface *surface, const double *points, int64_t count, const oc_paint *paint) {
  oc_text *t = text_of(surface);
  oc_text_add(t, "<polyline");
  put_class(t, paint, 'l');
  oc_text_add(t, " points=\"");
  for (int64_t i = 0; i < count; i++) {
    put_tenths(t, i ? " " : "", points[2 * i]);
    put_tenths(t, ",", points[2 * i + 1]);
  }
  oc_text_add(t, "\"/>\n");
}

static void svg_dot(oc_surface *surface, const double point[2], double radius, const oc_paint *paint) {
  oc_text *t = text_of(surface);
  oc_text_add(t, "<circle");
  put_class(t, paint, 'f');
  put_attribute(t, "cx", point[0]);
  put_attribute(t, "cy", point[1]);
  put_attribute(t, "r", radius);
  end_mark(t, paint, "circle");
}

static void svg_words(oc_surface *surface, const oc_words *w) {
  static const char *const anchors[] = {"start", "middle", "end"};
  static const char *const looks[] = {"ink", "grid", "ink", "soft", "paper", "dark"};
  oc_text *t = text_of(surface);
  oc_text_add(t, "<text class=\"%s\"", w->bold ? "title" : looks[w->look]);
  put_attribute(t, "x", w->x);
  put_attribute(t, "y", w->y);
  if (w->anchor != OC_ANCHOR_START) oc_text_add(t, " text-anchor=\"%s\"", anchors[w->anchor]);
  if (w->upright) {
    put_tenths(t, " transform=\"rotate(-90 ", w->x);
    put_tenths(t, " ", w->y);
    oc_text_add(t, ")\"");
  }
  oc_text_add(t, ">");
  if (w->whole && strcmp(w->whole, w->text) != 0) {
    oc_text_add(t, "<title>");
    put_xml(t, w->whole);
    oc_text_add(t, "</title>");
  }
  put_xml(t, w->text);
  oc_text_add(t, "</text>\n");
}

/* ---- elements ------------------------------------------------------------------------------------------ */

static const oc_surface functions = {svg_rect, svg_line, svg_dot, svg_words};

static void begin_svg(oc_text *t, double height, const char *name) {
  oc_text_add(t,
              "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\"%s width=\"%d\" height=\"%ld\" "
              "viewBox=\"0 0 %d %ld\">\n",
              name, OC_CHART_WIDTH, lround(height), OC_CHART_WIDTH, lround(height));
}

/* The chart in words, for screen readers. */
static void put_about(oc_text *t, const oc_chart *c) {
  oc_text_add(t, "<title>");
  put_xml(t, c->title);
  oc_text_add(t, "</title>\n<desc>");
  put_xml(t, c->about);
  oc_text_add(t, "</desc>\n");
}

oc_status oc_chart_svg(const oc_chart *chart, char **text, oc_error *err) {
  if (text) *text = NULL;
  NEED(chart, text);
  svg s = {.surface = functions};
  begin_svg(&s.text, oc_layout_height(chart), " role=\"img\"");
  put_about(&s.text, chart);
  oc_layout_draw(chart, &s.surface, 0);
  oc_text_add(&s.text, "</svg>\n");
  *text = oc_text_take(&s.text);
  return *text ? OC_OK : oc_fail_memory(err, 1);
}

char *oc_svg_file(const oc_chart *const *charts, int count) {
  svg s = {.surface = functions};
  double height = 0, y = 0;
  for (int i = 0; i < count; i++) height += oc_layout_height(charts[i]);
  oc_text_add(&s.text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  begin_svg(&s.text, height, "");
  oc_text_add(&s.text, "<style>%s</style>\n<rect class=\"paper\" width=\"%d\" height=\"%ld\"/>\n",
              oc_chart_style(), OC_CHART_WIDTH, lround(height));
  for (int i = 0; i < count; i++) {
    oc_text_add(&s.text, "<g role=\"img\">");
    put_about(&s.text, charts[i]);
    oc_layout_draw(charts[i], &s.surface, y);
    oc_text_add(&s.text, "</g>\n");
    y += oc_layout_height(charts[i]);
  }
  oc_text_add(&s.text, "</svg>\n");
  return oc_text_take(&s.text);
}
