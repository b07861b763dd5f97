/* draw_terminal.c: draws a figure in the terminal: its maps as small images of grays, all on one scale. */
#include "commands/draw.h"
#include "core/drawing.h"
#include <math.h>
#include <stdlib.h>

enum { NARROW = 10, GAP = 2 }; /* columns of a map, at least; between two of them */

/* A figure as images: `maps` of rows x columns numbers, each drawn as scale x scale pixels. */
typedef struct sheet {
  const float *values;
  int64_t rows, columns, inputs, outputs; /* maps = inputs * outputs */
  int64_t places;                         /* of a map: the last row of a former list may be shorter */
  int64_t count;                          /* of all values */
  int64_t scale;
  int64_t odd;          /* values that are not finite: drawn black */
  float least, largest; /* which value is black, which white */
} sheet;

static void read_sizes(sheet *s, const oc_shape *shape) {
  const int64_t *dim = shape->dim;
  s->rows = s->columns = s->inputs = s->outputs = 1;
  if (shape->rank < 3) { /* as near to a square as whole rows allow */
    s->places = dim[0];
    s->columns = (int64_t)ceil(sqrt((double)dim[0]));
    s->rows = (dim[0] + s->columns - 1) / s->columns;
    if (shape->rank == 2) s->outputs = dim[1];
  } else {
    s->rows = dim[0];
    s->columns = dim[1];
    s->places = dim[0] * dim[1];
    s->inputs = shape->rank == 4 ? dim[2] : 1;
    s->outputs = dim[shape->rank - 1];
  }
  s->scale = s->columns < NARROW ? (NARROW + s->columns - 1) / s->columns : 1;
}

/* Where 0 is the least, it is black; otherwise it is the gray in the middle, so that signs are seen. */
static void read_range(sheet *s) {
  float low = 0, high = 0;
  for (int64_t i = 0; i < s->count; i++) {
    const float v = s->values[i];
    if (!isfinite(v)) s->odd++;
    if (isfinite(v) && v < low) low = v;
    if (isfinite(v) && v > high) high = v;
  }
  s->largest = fmaxf(high, -low);
  s->least = low < 0 ? -s->largest : 0;
}

static uint8_t gray(const sheet *s, int64_t map, int64_t row, int64_t column) {
  const int64_t input = map % s->inputs, output = map / s->inputs;
  const int64_t place = row * s->columns + column;
  const int64_t at = (place * s->inputs + input) * s->outputs + output;
  if (place >= s->places || !isfinite(s->values[at]) || !(s->largest > s->least)) return 0;
  return (uint8_t)lround(255 * ((double)s->values[at] - (double)s->least) /
                         ((double)s->largest - (double)s->least));
}

static void fill_sheet(const sheet *s, int64_t map, uint8_t *pixels) {
  const int64_t width = s->columns * s->scale;
  for (int64_t i = 0; i < s->rows * s->scale; i++)
    for (int64_t j = 0; j < width; j++) pixels[i * width + j] = gray(s, map, i / s->scale, j / s->scale);
}

static void caption(const sheet *s, int64_t map, cli_drawing *d) {
  char words[64];
  int n;
  if (s->inputs > 1)
    n = snprintf(words, sizeof words, "[%lld,%lld]", (long long)(map % s->inputs),
                 (long long)(map / s->inputs));
  else
    n = snprintf(words, sizeof words, "[%lld]", (long long)map);
  cli_draw_caption(d, 0, n, "%s", words);
}

/* One row of maps, side by side: `pixels` has room for it. */
static void draw_row(const cli_terminal *t, const sheet *s, int64_t first, int count, uint8_t *pixels) {
  enum { MAX = 8 };
  const oc_image_shape size = {s->rows * s->scale, s->columns * s->scale, 1};
  cli_drawing drawings[MAX] = {{0}};
  for (int i = 0; i < count && i < MAX; i++) {
    uint8_t *to = pixels + i * size.height * size.width;
    fill_sheet(s, first + i, to);
    drawings[i].pixels = to;
    if (s->inputs * s->outputs > 1) caption(s, first + i, &drawings[i]);
  }
  cli_draw(t, size, drawings, count);
}

static void print_head(const cli_terminal *t, const cli_figure *f, const sheet *s, int64_t shown) {
  char shape[128];
  const int64_t maps = s->inputs * s->outputs;
  fprintf(t->stream, "%s%s %s%s\n", cli_style(t, CLI_BOLD), f->tensor,
          oc_shape_text(&f->values.shape, shape, sizeof shape), cli_style(t, CLI_PLAIN));
  fprintf(t->stream, "%lld %s of %lldx%lld", (long long)maps, maps == 1 ? "map" : "maps", (long long)s->rows,
          (long long)s->columns);
  if (s->inputs > 1) fprintf(t->stream, ", each [input, output]");
  if (shown < maps) fprintf(t->stream, ", of which %lld are drawn (--maps 0: all)", (long long)shown);
  if (s->odd)
    fprintf(t->stream, "\n%lld of %lld values are not finite; they are black.", (long long)s->odd,
            (long long)s->count);
  if (s->least < 0)
    fprintf(t->stream, "\nBlack is %.3g, white %.3g, 0 the gray between.\n\n", (double)s->least,
            (double)s->largest);
  else
    fprintf(t->stream, "\nBlack is 0, white %.3g.\n\n", (double)s->largest);
}

oc_status cli_draw_in_terminal(const cli_terminal *t, const cli_figure *f, int64_t most, oc_error *err) {
  sheet s = {.values = f->values.data};
  CLI_TRY(oc_shape_count(&f->values.shape, 1, &s.count, err));
  read_sizes(&s, &f->values.shape);
  read_range(&s);
  const int64_t maps = s.inputs * s.outputs, shown = most && most < maps ? most : maps;
  const int64_t width = s.columns * s.scale, fit = (t->columns - 2 + GAP) / (width + GAP);
  const int beside = fit < 1 ? 1 : fit > 6 ? 6 : (int)fit;
  uint8_t *pixels = calloc((size_t)(s.rows * s.scale * beside), (size_t)width);
  if (!pixels) return cli_fail_memory(err);
  print_head(t, f, &s, shown);
  for (int64_t i = 0; i < shown; i += beside) {
    if (i > 0) fputc('\n', t->stream);
    draw_row(t, &s, i, shown - i < beside ? (int)(shown - i) : beside, pixels);
  }
  free(pixels);
  return OC_OK;
}
