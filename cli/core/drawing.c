/* drawing.c: see drawing.h. */
#include "core/drawing.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { GAP = 2, NARROWEST = 18, MARGIN = 1 };

typedef struct color {
  int r, g, b;
} color;

typedef struct grid { /* an image drawn over `height` x `width` pixels of the terminal */
  oc_image_shape size;
  int height, width;
} grid;

int cli_draw_columns(const cli_terminal *t, oc_image_shape size, int count) {
  int room = t->columns - 2 * MARGIN, most = (room + GAP) / (NARROWEST + GAP);
  int beside = count < most ? count : most;
  int columns = (room + GAP) / (beside > 0 ? beside : 1) - GAP;
  return columns < size.width ? columns : (int)size.width;
}

static grid grid_of(const cli_terminal *t, oc_image_shape size, int count) {
  grid g = {.size = size, .width = cli_draw_columns(t, size, count)};
  g.height = (int)lround((double)size.height * g.width / (double)size.width);
  if (g.height < 1) g.height = 1;
  return g;
}

/* Mean of one channel over the part of the image that falls on pixel (row, column) of the grid; borders
 * count by the fraction of them that is inside. */
static double mean_of(const grid *g, const uint8_t *pixels, int row, int column, int64_t channel) {
  double y0 = (double)row * (double)g->size.height / g->height, y1 = y0 + (double)g->size.height / g->height;
  double x0 = (double)column * (double)g->size.width / g->width, x1 = x0 + (double)g->size.width / g->width;
  double sum = 0, area = 0;
  for (int64_t y = (int64_t)y0; y < g->size.height && (double)y < y1; y++) {
    double high = fmin(y1, (double)y + 1) - fmax(y0, (double)y);
    for (int64_t x = (int64_t)x0; x < g->size.width && (double)x < x1; x++) {
      double part = high * (fmin(x1, (double)x + 1) - fmax(x0, (double)x));
      sum += part * pixels[(y * g->size.width + x) * g->size.channels + channel];
      area += part;
    }
  }
  return area > 0 ? sum / area : 0;
}

static color pixel(const grid *g, const uint8_t *pixels, int row, int column) {
  if (row >= g->height) return (color){0, 0, 0};
  int r = (int)lround(mean_of(g, pixels, row, column, 0));
  if (g->size.channels != 3) return (color){r, r, r};
  return (color){r, (int)lround(mean_of(g, pixels, row, column, 1)),
                 (int)lround(mean_of(g, pixels, row, column, 2))};
}

/* Of the 256 colors: 24 grays from 232 on (8, 18 and so on to 238), or a cube of 6x6x6 from 16 on. */
static int of_256(color c) {
  if (c.r == c.g && c.g == c.b) {
    if (c.r < 4) return 16;
    if (c.r > 246) return 231;
    return 232 + (c.r < 8 ? 0 : (c.r - 3) / 10 > 23 ? 23 : (c.r - 3) / 10);
  }
  return 16 + 36 * ((c.r + 25) / 51) + 6 * ((c.g + 25) / 51) + (c.b + 25) / 51;
}

static void set_color(const cli_terminal *t, int ground, color c) {
  if (t->colors > 256)
    fprintf(t->stream, "\033[%d;2;%d;%d;%dm", ground, c.r, c.g, c.b);
  else
    fprintf(t->stream, "\033[%d;5;%dm", ground, of_256(c));
}

static bool same(color a, color b) {
  return a.r == b.r && a.g == b.g && a.b == b.b;
}

static void draw_blocks(const cli_terminal *t, const grid *g, const uint8_t *pixels, int row) {
  color front = {-1, 0, 0}, back = {-1, 0, 0};
  for (int column = 0; column < g->width; column++) {
    color upper = pixel(g, pixels, row, column), lower = pixel(g, pixels, row + 1, column);
    if (!same(upper, front)) set_color(t, 38, front = upper);
    if (!same(lower, back)) set_color(t, 48, back = lower);
    fputs("▀", t->stream);
  }
  fputs("\033[0m", t->stream);
}

static void draw_shades(const cli_terminal *t, const grid *g, const uint8_t *pixels, int row) {
  static const char shades[] = " .:-=+*#%@";
  for (int column = 0; column < g->width; column++) {
    color a = pixel(g, pixels, row, column), b = row + 1 < g->height ? pixel(g, pixels, row + 1, column) : a;
    double light = (0.299 * (a.r + b.r) + 0.587 * (a.g + b.g) + 0.114 * (a.b + b.b)) / 2;
    fputc(shades[(int)lround(light / 255 * 9)], t->stream);
  }
}

static void draw_captions(const cli_terminal *t, const grid *g, const cli_drawing *drawings, int count,
                          int line) {
  bool any = false;
  for (int i = 0; i < count; i++) any = any || drawings[i].caption[line][0];
  if (!any) return;
  cli_repeat(t, " ", MARGIN);
  for (int i = 0; i < count; i++) {
    fputs(drawings[i].caption[line], t->stream);
    if (i + 1 < count) cli_repeat(t, " ", g->width + GAP - drawings[i].caption_columns[line]);
  }
  fputc('\n', t->stream);
}

void cli_draw(const cli_terminal *t, oc_image_shape size, const cli_drawing *drawings, int count) {
  grid g = grid_of(t, size, count);
  bool blocks = t->unicode && t->colors >= 256;
  int beside = (t->columns - 2 * MARGIN + GAP) / (g.width + GAP);
  if (beside < 1) beside = 1;
  for (int first = 0; first < count; first += beside) {
    int n = count - first < beside ? count - first : beside;
    if (first > 0) fputc('\n', t->stream);
    for (int row = 0; row < g.height; row += 2) {
      cli_repeat(t, " ", MARGIN);
      for (int i = 0; i < n; i++) {
        if (i > 0) cli_repeat(t, " ", GAP);
        (blocks ? draw_blocks : draw_shades)(t, &g, drawings[first + i].pixels, row);
      }
      fputc('\n', t->stream);
    }
    for (int line = 0; line < CLI_CAPTION_LINES; line++) draw_captions(t, &g, drawings + first, n, line);
  }
}

void cli_draw_caption(cli_drawing *d, int line, int columns, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(d->caption[line], sizeof d->caption[line], format, arguments);
  va_end(arguments);
  d->caption_columns[line] = columns;
}
