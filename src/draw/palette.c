/* palette.c: the colors of charts: Okabe and Ito, "Color Universal Design" (2008), for a light page; lighter
 * ones of the same hues for a dark page. The style of pages is made of the same rows. */
#include "draw/chart.h"

/* number, on light, on dark */
#define PALETTE(X)                                                                                           \
  X(0, 0, 114, 178, 86, 180, 233)                                                                            \
  X(1, 213, 94, 0, 255, 140, 66)                                                                             \
  X(2, 0, 130, 95, 51, 200, 155)                                                                             \
  X(3, 170, 80, 140, 224, 150, 195)                                                                          \
  X(4, 170, 115, 0, 240, 190, 70)                                                                            \
  X(5, 60, 140, 190, 140, 205, 245)                                                                          \
  X(6, 120, 110, 0, 240, 228, 66)                                                                            \
  X(7, 90, 90, 90, 190, 190, 190)

static const oc_rgb palette[OC_CHART_COLORS][2] = {
#define X(n, r, g, b, dark_r, dark_g, dark_b) [n] = {{r, g, b}, {dark_r, dark_g, dark_b}},
    PALETTE(X)
#undef X
};

oc_rgb oc_palette(int color, bool dark) {
  return palette[color][dark];
}

#define LIGHT(n, r, g, b, dark_r, dark_g, dark_b)                                                            \
  ".f" #n "{fill:rgb(" #r "," #g "," #b ")}.l" #n "{stroke:rgb(" #r "," #g "," #b ")}"
#define DARK(n, r, g, b, dark_r, dark_g, dark_b)                                                             \
  ".f" #n "{fill:rgb(" #dark_r "," #dark_g "," #dark_b ")}.l" #n "{stroke:rgb(" #dark_r "," #dark_g          \
  "," #dark_b ")}"

static const char style[] =
    ".chart{font:12px system-ui,sans-serif;max-width:100%;height:auto}"
    ".chart polyline{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".chart .title{font-weight:600;font-size:14px}"
    ".chart text,.chart .ink{fill:#1b2430}.chart .soft{fill:#5a6672}.chart .grid{stroke:#d8dee6;"
    "stroke-width:1}.chart .paper{fill:#fff}.chart .dark{fill:#1b2430}" PALETTE(LIGHT) //
    "@media (prefers-color-scheme:dark){.chart text,.chart .ink{fill:#e6ebf1}.chart .soft{fill:#a5b0bc}"
    ".chart .grid{stroke:#333d49}.chart .paper{fill:#1b212a}" PALETTE(DARK) "}";

const char *oc_chart_style(void) {
  return style;
}
