/* drawing.h: images in a terminal. Where there is color, a character cell shows two pixels, one above the
 * other, as the upper half block in two colors; elsewhere a cell shows the mean of the two as a shade of
 * ASCII. Either way a cell is one pixel wide and two high, as cells of a terminal are. Images that are too
 * large are averaged down. */
#ifndef OC_CLI_DRAWING_H
#define OC_CLI_DRAWING_H
#include "ocellus/data.h"
#include "core/terminal.h"

enum { CLI_CAPTION_LINES = 3 };

typedef struct cli_drawing {
  const uint8_t *pixels;                  /* HWC, 1 or 3 channels; of others the first is shown */
  char caption[CLI_CAPTION_LINES][160];   /* UTF-8 and escapes allowed; "" leaves the line out of all */
  int caption_columns[CLI_CAPTION_LINES]; /* how many columns each takes */
} cli_drawing;

/* Draws images of one size side by side, as many rows of them as needed. */
void cli_draw(const cli_terminal *t, oc_image_shape size, const cli_drawing *drawings, int count);
/* Columns that one of `count` images of this size gets. */
int cli_draw_columns(const cli_terminal *t, oc_image_shape size, int count);
/* Sets a line of the caption; `columns` are counted by the caller, since escapes take none. */
void cli_draw_caption(cli_drawing *d, int line, int columns, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
