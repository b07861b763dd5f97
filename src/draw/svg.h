/* svg.h: writes charts as an SVG file. */
#ifndef OC_DRAW_SVG_H
#define OC_DRAW_SVG_H
#include "draw/chart.h"

/* All charts below each other, with their style; freed with oc_memory_free. NULL: no memory. */
char *oc_svg_file(const oc_chart *const *charts, int count);

#endif
