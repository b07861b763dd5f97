/* terminal.h: describes what a stream can show. Determined once for each stream; off a terminal everything is
 * plain ASCII, 80 columns wide, without color. */
#ifndef OC_CLI_TERMINAL_H
#define OC_CLI_TERMINAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct cli_terminal {
  FILE *stream;
  bool live;    /* a terminal whose last line can be drawn again */
  bool unicode; /* block characters can be shown */
  int colors;   /* 0: none; 8, 256, or 1 << 24 */
  int columns;
} cli_terminal;

/* `color` is "auto", "always" or "never"; "auto" looks at the terminal, TERM, COLORTERM, NO_COLOR and
 * FORCE_COLOR. */
cli_terminal cli_terminal_of(FILE *stream, const char *color);

typedef enum cli_text_style {
  CLI_PLAIN = 0,
  CLI_BOLD,
  CLI_DIM,
  CLI_RED,
  CLI_GREEN,
  CLI_YELLOW
} cli_text_style;
/* The escape sequence for a look, "" where there are no colors. Static storage. */
const char *cli_style(const cli_terminal *t, cli_text_style look);

/* A bar of `width` columns of which `share` (0..1) is filled, as text without color; `size` bytes are enough
 * if they are 3 * width + 1. Returns `text`. */
const char *cli_bar(const cli_terminal *t, double share, int width, char *text, size_t size);
/* `count` spaces, or other characters, on the stream. */
void cli_repeat(const cli_terminal *t, const char *what, int count);

#endif
