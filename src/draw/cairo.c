/* cairo.c: a surface that paints PNG by cairo, which is opened on first use. Its font is the system's
 * sans-serif one; cairo alone does not join letters or look for a letter in other fonts, which the SVG of a
 * browser does. */
#include "draw/cairo.h"
#include "base/error.h"
#include "base/library.h"
#include "draw/surface.h"
#include <stdio.h>
#if OC_HAVE_CAIRO
#include <cairo/cairo.h>

#define FUNCTIONS(X)                                                                                         \
  X(cairo_image_surface_create)                                                                              \
  X(cairo_create)                                                                                            \
  X(cairo_scale)                                                                                             \
  X(cairo_set_source_rgba)                                                                                   \
  X(cairo_paint)                                                                                             \
  X(cairo_rectangle)                                                                                         \
  X(cairo_arc)                                                                                               \
  X(cairo_fill)                                                                                              \
  X(cairo_move_to)                                                                                           \
  X(cairo_line_to)                                                                                           \
  X(cairo_set_line_width)                                                                                    \
  X(cairo_stroke)                                                                                            \
  X(cairo_select_font_face)                                                                                  \
  X(cairo_set_font_size)                                                                                     \
  X(cairo_text_extents)                                                                                      \
  X(cairo_show_text)                                                                                         \
  X(cairo_save)                                                                                              \
  X(cairo_restore)                                                                                           \
  X(cairo_translate)                                                                                         \
  X(cairo_rotate)                                                                                            \
  X(cairo_status)                                                                                            \
  X(cairo_destroy)                                                                                           \
  X(cairo_surface_write_to_png_stream)                                                                       \
  X(cairo_surface_destroy)
typedef struct libcairo {
  FUNCTIONS(OC_LIBRARY_MEMBER)
} libcairo;
static const char *const function_names[] = {FUNCTIONS(OC_LIBRARY_NAME) NULL};

typedef struct painter {
  oc_surface surface; /* the first member: a surface is a painter */
  libcairo lib;
  cairo_t *cr;
} painter;

static painter *painter_of(oc_surface *surface) {
  return (painter *)(void *)surface;
}

static void set_color(painter *p, oc_look look, int color, double opacity) {
  static const oc_rgb looks[] = {[OC_LOOK_GRID] = {216, 222, 230},
                                 [OC_LOOK_INK] = {27, 36, 48},
                                 [OC_LOOK_SOFT] = {90, 102, 114},
                                 [OC_LOOK_PAPER] = {255, 255, 255},
                                 [OC_LOOK_DARK] = {27, 36, 48}};
  const oc_rgb c = look == OC_LOOK_MARK ? oc_palette(color, false) : looks[look];
  p->lib.cairo_set_source_rgba(p->cr, c.r / 255.0, c.g / 255.0, c.b / 255.0, opacity);
}

static void paint_rect(oc_surface *surface, const oc_box *b, const oc_paint *paint) {
  painter *p = painter_of(surface);
  set_color(p, paint->look, paint->color, paint->opacity);
  p->lib.cairo_rectangle(p->cr, b->x, b->y, b->width, b->height);
  p->lib.cairo_fill(p->cr);
}

static void paint_line(oc_surface *surface, const double *points, int64_t count, const oc_paint *paint) {
  painter *p = painter_of(surface);
  set_color(p, paint->look, paint->color, 1);
  p->lib.cairo_set_line_width(p->cr, paint->look == OC_LOOK_GRID ? 1 : 2);
  p->lib.cairo_move_to(p->cr, points[0], points[1]);
  for (int64_t i = 1; i < count; i++) p->lib.cairo_line_to(p->cr, points[2 * i], points[2 * i + 1]);
  p->lib.cairo_stroke(p->cr);
}

static void paint_dot(oc_surface *surface, const double point[2], double radius, const oc_paint *paint) {
  painter *p = painter_of(surface);
  set_color(p, paint->look, paint->color, 1);
  p->lib.cairo_arc(p->cr, point[0], point[1], radius, 0, 6.283185307179586);
  p->lib.cairo_fill(p->cr);
}

static void paint_words(oc_surface *surface, const oc_words *w) {
  painter *p = painter_of(surface);
  cairo_text_extents_t size;
  set_color(p, w->look, 0, 1);
  p->lib.cairo_select_font_face(p->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                                w->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  p->lib.cairo_set_font_size(p->cr, w->bold ? 14 : 11);
  p->lib.cairo_text_extents(p->cr, w->text, &size);
  p->lib.cairo_save(p->cr);
  p->lib.cairo_translate(p->cr, w->x, w->y);
  if (w->upright) p->lib.cairo_rotate(p->cr, -1.5707963267948966);
  p->lib.cairo_move_to(p->cr, -size.x_advance * w->anchor / 2, 0);
  p->lib.cairo_show_text(p->cr, w->text);
  p->lib.cairo_restore(p->cr);
}

/* ---- a file -------------------------------------------------------------------------------------------- */

enum { MAX_HEIGHT = 16000, SCALE = 2 };

static cairo_status_t add_bytes(void *text, const unsigned char *bytes, unsigned size) {
  oc_text_add_bytes(text, bytes, size);
  return ((oc_text *)text)->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static void paint_charts(painter *p, const oc_chart *const *charts, int count) {
  double y = 0;
  p->lib.cairo_scale(p->cr, SCALE, SCALE);
  set_color(p, OC_LOOK_PAPER, 0, 1);
  p->lib.cairo_paint(p->cr);
  for (int i = 0; i < count; i++) {
    oc_layout_draw(charts[i], &p->surface, y);
    y += oc_layout_height(charts[i]);
  }
}

static oc_status fail_cairo(cairo_status_t status, oc_error *err) {
  if (status == CAIRO_STATUS_NO_MEMORY) return oc_fail_memory(err, 1);
  return oc_fail(err, OC_E_INTERNAL, "", "Choose a name that ends in .svg.", "cairo failed with status %d",
                 (int)status);
}

oc_status oc_cairo_png(const oc_chart *const *charts, int count, const char *path, oc_text *out,
                       oc_error *err) {
  double height = 0;
  painter p = {.surface = {paint_rect, paint_line, paint_dot, paint_words}};
  const oc_status status = oc_library_load(OC_LIBRARY_cairo, path, function_names, &p.lib, err);
  if (status == OC_E_UNSUPPORTED && err)
    (void)snprintf(err->hint, sizeof err->hint,
                   "Install the library (Debian: libcairo2), or choose a name that ends in .svg.");
  TRY(status);
  for (int i = 0; i < count; i++) height += oc_layout_height(charts[i]);
  if (height > MAX_HEIGHT)
    return oc_fail(err, OC_E_ARGUMENT, path, "Choose a name that ends in .svg.",
                   "the drawing is too high for PNG: %.0f units, the limit is %d", height, MAX_HEIGHT);
  cairo_surface_t *pixels =
      p.lib.cairo_image_surface_create(CAIRO_FORMAT_RGB24, OC_CHART_WIDTH * SCALE, (int)(height * SCALE));
  p.cr = p.lib.cairo_create(pixels);
  paint_charts(&p, charts, count);
  cairo_status_t painted = p.lib.cairo_status(p.cr);
  if (painted == CAIRO_STATUS_SUCCESS)
    painted = p.lib.cairo_surface_write_to_png_stream(pixels, add_bytes, out);
  p.lib.cairo_destroy(p.cr);
  p.lib.cairo_surface_destroy(pixels);
  return painted == CAIRO_STATUS_SUCCESS ? OC_OK : fail_cairo(painted, err);
}

#else

oc_status oc_cairo_png(const oc_chart *const *charts, int count, const char *path, oc_text *out,
                       oc_error *err) {
  (void)charts, (void)count, (void)out;
  const oc_status status = oc_library_absent(OC_LIBRARY_cairo, path, err);
  if (err) (void)snprintf(err->hint, sizeof err->hint, "Choose a name that ends in .svg.");
  return status;
}

#endif
