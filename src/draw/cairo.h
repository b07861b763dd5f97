/* cairo.h (internal): paints charts as PNG. */
#ifndef OC_DRAW_CAIRO_H
#define OC_DRAW_CAIRO_H
#include "draw/chart.h"

/* Adds a PNG of the charts, below each other, to `out`; `path` is for messages. OC_E_UNSUPPORTED without
 * cairo; OC_E_ARGUMENT: too high; OC_E_MEMORY. */
oc_status oc_cairo_png(const oc_chart *const *charts, int count, const char *path, oc_text *out,
                       oc_error *err);

#endif
