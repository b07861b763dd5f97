/* terminal.c: finds out what a stream can show. Order of precedence: --color, then NO_COLOR and FORCE_COLOR
 * (no-color.org, force-color.org), then TERM and whether it is a terminal at all. */
#include "core/terminal.h"
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_set(const char *name) {
  const char *value = getenv(name);
  return value && *value;
}

static bool contains(const char *name, const char *part) {
  const char *value = getenv(name);
  return value && strstr(value, part) != NULL;
}

static int columns_of(FILE *stream) {
  struct winsize size;
  long columns = 0;
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0) columns = size.ws_col;
  if (columns == 0 && is_set("COLUMNS")) columns = strtol(getenv("COLUMNS"), NULL, 10);
  if (columns < 20 || columns > 10000) return 80;
  return (int)columns;
}

static bool wants_color(bool able, const char *color) {
  if (strcmp(color, "auto") != 0) return strcmp(color, "always") == 0;
  if (is_set("NO_COLOR")) return false;
  return able || is_set("FORCE_COLOR");
}

static int colors_of(void) {
  if (contains("COLORTERM", "truecolor") || contains("COLORTERM", "24bit") || contains("TERM", "direct"))
    return 1 << 24;
  if (contains("TERM", "256") || !is_set("TERM")) return 256;
  return 8;
}

cli_terminal cli_terminal_of(FILE *stream, const char *color) {
  bool tty = isatty(fileno(stream)) != 0;
  const char *kind = getenv("TERM");
  bool able = tty && kind && *kind && strcmp(kind, "dumb") != 0;
  bool colored = wants_color(able, color);
  cli_terminal t = {.stream = stream, .live = able, .columns = tty ? columns_of(stream) : 80};
  t.colors = colored ? colors_of() : 0;
  t.unicode = (able || colored) && setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  return t;
}

const char *cli_style(const cli_terminal *t, cli_text_style look) {
  static const char *const codes[] = {
      [CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
      [CLI_RED] = "\033[31m",  [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m"};
  return t->colors ? codes[look] : "";
}

const char *cli_bar(const cli_terminal *t, double share, int width, char *text, size_t size) {
  static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  size_t used = 0;
  share = share > 0 ? fmin(share, 1) : 0;
  int filled = (int)lround(share * width * 8);
  text[0] = 0;
  for (int i = 0; i < width && used + 4 <= size; i++) {
    int part = filled - 8 * i;
    part = part < 0 ? 0 : part > 8 ? 8 : part;
    const char *cell = t->unicode ? eighths[part] : part >= 4 ? "#" : ".";
    size_t length = strlen(cell);
    memcpy(text + used, cell, length + 1);
    used += length;
  }
  return text;
}

void cli_repeat(const cli_terminal *t, const char *what, int count) {
  for (int i = 0; i < count; i++) fputs(what, t->stream);
}
