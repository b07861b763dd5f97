/* chart_text.c: draws a chart for a terminal. With color, a cell of the terminal shows two dots, one above
 * the other, as half blocks; without, one, as a letter of its series. Colors of the background stay the
 * terminal's own. */
#include "base/error.h"
#include "draw/chart.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 14, LEFT = 9, MAX_NAME = 24, MAX_WIDTH = 160 };

typedef struct screen {
  const oc_chart *c;
  oc_chart_view view;
  bool colors;
  oc_text *t;
} screen;

/* ---- colors -------------------------------------------------------------------------------------------- */

/* The nearest color of the cube of 6x6x6 among the 256. */
static int of_256(oc_rgb c) {
  return 16 + 36 * ((c.r + 25) / 51) + 6 * ((c.g + 25) / 51) + (c.b + 25) / 51;
}

/* 38 is the color of what is written, 48 that of the ground. */
static void set_rgb(const screen *s, int ground, oc_rgb c) {
  if (s->view.colors > 256)
    oc_text_add(s->t, "\033[%d;2;%d;%d;%dm", ground, c.r, c.g, c.b);
  else
    oc_text_add(s->t, "\033[%d;5;%dm", ground, of_256(c));
}

static void set_color(const screen *s, int ground, int color) {
  if (s->colors) set_rgb(s, ground, oc_palette(color, true));
}

static void reset(const screen *s) {
  if (s->colors) oc_text_add(s->t, "\033[0m");
}

static void spaces(const screen *s, int count) {
  oc_text_add(s->t, "%*s", count > 0 ? count : 0, "");
}

/* A label in exactly so many columns. */
static void put_label(const screen *s, const char *label, int columns, bool right) {
  char text[OC_LABEL_ROOM];
  oc_label_cut(label, columns, s->view.unicode, text);
  const int room = columns - oc_label_columns(text);
  if (right) spaces(s, room);
  oc_text_add(s->t, "%s", text);
  if (!right) spaces(s, room);
}

static char letter_of(int nth) {
  return "o+x*#@%&"[nth % OC_CHART_COLORS];
}

/* ---- title and legend ---------------------------------------------------------------------------------- */

static void put_legend(const screen *s) {
  char text[OC_LABEL_ROOM];
  int column = 0;
  for (int i = 0; i < s->c->mark_count; i++) {
    const oc_drawn_mark *m = &s->c->marks[i];
    if (!*m->name) continue;
    oc_label_cut(m->name, MAX_NAME, s->view.unicode, text);
    const int columns = oc_label_columns(text) + 4;
    if (column > 0 && column + columns > s->view.columns) {
      oc_text_add(s->t, "\n");
      column = 0;
    }
    set_color(s, 38, m->color);
    oc_text_add(s->t, "%s%c", column ? "  " : " ", s->colors ? ' ' : letter_of(i));
    if (s->colors) oc_text_add(s->t, "▀");
    reset(s);
    oc_text_add(s->t, " %s", text);
    column += columns + (s->colors ? 1 : 0);
  }
  if (column > 0) oc_text_add(s->t, "\n");
}

static void put_title(const screen *s) {
  char text[OC_LABEL_ROOM];
  const int most = s->view.columns < OC_LABEL_ROOM / 2 ? s->view.columns : OC_LABEL_ROOM / 2;
  oc_text_add(s->t, "%s%s%s\n", s->colors ? "\033[1m" : "",
              oc_label_cut(s->c->title, most, s->view.unicode, text), s->colors ? "\033[0m" : "");
}

/* ---- lines --------------------------------------------------------------------------------------------- */

/* Dots: the number of a mark from 1 on, 0 for none. */
typedef struct grid {
  int width, height; /* in dots */
  uint8_t *dots;
  oc_scale x, y;
} grid;

static void set_dot(grid *g, int x, int y, int mark) {
  if (x >= 0 && x < g->width && y >= 0 && y < g->height) g->dots[y * g->width + x] = (uint8_t)(mark + 1);
}

static void dot_of(const grid *g, const oc_drawn_mark *m, int64_t i, int dot[2]) {
  dot[0] = (int)lround(oc_scale_at(&g->x, m->x[i]) * (g->width - 1));
  dot[1] = (int)lround((1 - oc_scale_at(&g->y, m->values[i])) * (g->height - 1));
}

static void join(grid *g, const int a[2], const int b[2], int mark) {
  const int dx = b[0] - a[0], dy = b[1] - a[1];
  const int steps = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
  for (int k = 0; k <= steps; k++) {
    const double share = steps ? (double)k / steps : 0;
    set_dot(g, a[0] + (int)lround(dx * share), a[1] + (int)lround(dy * share), mark);
  }
}

/* A point of its own, as a cross where dots are small. */
static void set_point(grid *g, const int at[2], int mark) {
  set_dot(g, at[0], at[1], mark);
  if (g->height == ROWS) return;
  for (int d = -1; d <= 1; d += 2) {
    set_dot(g, at[0] + d, at[1], mark);
    set_dot(g, at[0], at[1] + d, mark);
  }
}

static void trace_mark(grid *g, const oc_drawn_mark *m, int mark) {
  int last[2] = {0, 0}, here[2];
  bool joined = false;
  for (int64_t i = 0; i < m->count; i++) {
    const bool there = isfinite(m->x[i]) && isfinite(m->values[i]);
    if (there) {
      dot_of(g, m, i, here);
      if (m->kind == OC_MARK_POINTS)
        set_point(g, here, mark);
      else
        join(g, joined ? last : here, here, mark);
      memcpy(last, here, sizeof last);
    }
    joined = there;
  }
}

/* The color of a dot as that of what is written (38) or of the ground (48), unless it is set already; 0: the
 * terminal's own. */
static void change_color(const screen *s, int ground, int dot, int *last) {
  if (dot == *last) return;
  *last = dot;
  if (dot > 0)
    set_color(s, ground, s->c->marks[dot - 1].color);
  else if (s->colors)
    oc_text_add(s->t, "\033[%dm", ground + 1);
}

/* Columns up to the last dot. */
static int row_end(const screen *s, const grid *g, int row) {
  const int rows = s->colors ? 2 : 1;
  for (int x = g->width - 1; x >= 0; x--)
    for (int k = 0; k < rows; k++)
      if (g->dots[(rows * row + k) * g->width + x]) return x + 1;
  return 0;
}

static void put_dots(const screen *s, const grid *g, int row) {
  int front = 0, back = 0;
  const int end = row_end(s, g, row);
  for (int x = 0; x < end; x++) {
    if (!s->colors) {
      const int dot = g->dots[row * g->width + x];
      oc_text_add(s->t, "%c", dot ? letter_of(dot - 1) : ' ');
      continue;
    }
    const int upper = g->dots[2 * row * g->width + x], lower = g->dots[(2 * row + 1) * g->width + x];
    change_color(s, 48, upper && lower ? lower : 0, &back);
    if (upper || lower) change_color(s, 38, upper ? upper : lower, &front);
    oc_text_add(s->t, "%s", upper ? "▀" : lower ? "▄" : " ");
  }
  if (front || back) reset(s);
}

/* Each tick in the row in which it is, at the left. */
static const char *tick_at(const grid *g, int row, char text[OC_NUMBER_TEXT]) {
  double value;
  for (int i = 0; oc_scale_tick(&g->y, i, &value); i++)
    if ((int)lround((1 - oc_scale_at(&g->y, value)) * (ROWS - 1)) == row) return oc_label_number(value, text);
  return "";
}

static void put_line_end(const screen *s) { /* without spaces at the end */
  while (s->t->size > 0 && s->t->data[s->t->size - 1] == ' ') s->t->data[--s->t->size] = 0;
  oc_text_add(s->t, "\n");
}

/* The ends of the x axis, and its label between them. */
static void put_x_axis(const screen *s, const grid *g) {
  char low[OC_NUMBER_TEXT], high[OC_NUMBER_TEXT];
  oc_label_number(g->x.low, low);
  oc_label_number(g->x.high, high);
  const int room = g->width - (int)strlen(low) - (int)strlen(high);
  const int before = (room - oc_label_columns(s->c->x.label)) / 2;
  spaces(s, LEFT);
  oc_text_add(s->t, "%s", s->view.unicode ? "└" : "+");
  for (int i = 0; i < g->width; i++) oc_text_add(s->t, "%s", s->view.unicode ? "─" : "-");
  oc_text_add(s->t, "\n");
  spaces(s, LEFT + 1);
  oc_text_add(s->t, "%s", low);
  spaces(s, before);
  oc_text_add(s->t, "%s", before > 0 ? s->c->x.label : "");
  spaces(s, room - (before > 0 ? before + oc_label_columns(s->c->x.label) : 0));
  oc_text_add(s->t, "%s", high);
  put_line_end(s);
}

static oc_status put_lines(const screen *s, oc_error *err) {
  char text[OC_NUMBER_TEXT];
  const int width = s->view.columns - LEFT - 2;
  grid g = {.width = width < MAX_WIDTH ? width : MAX_WIDTH, .height = s->colors ? 2 * ROWS : ROWS};
  g.x = oc_scale_of(s->c, true);
  g.y = oc_scale_of(s->c, false);
  g.dots = oc_memory_array((size_t)g.width, (size_t)g.height);
  if (!g.dots) return oc_fail_memory(err, (size_t)g.width);
  for (int i = 0; i < s->c->mark_count; i++) trace_mark(&g, &s->c->marks[i], i);
  for (int row = 0; row < ROWS; row++) {
    const char *tick = tick_at(&g, row, text);
    put_label(s, tick, LEFT - 1, true);
    oc_text_add(s->t, " %s", s->view.unicode ? *tick ? "┤" : "│" : "|");
    put_dots(s, &g, row);
    put_line_end(s);
  }
  put_x_axis(s, &g);
  oc_memory_free(g.dots);
  return OC_OK;
}

/* ---- bars ---------------------------------------------------------------------------------------------- */

static int name_columns(const oc_axis *axis) {
  int longest = 1;
  for (int64_t i = 0; i < axis->count; i++) {
    const int columns = oc_label_columns(axis->names[i]);
    if (columns > longest) longest = columns;
  }
  return longest < MAX_NAME ? longest : MAX_NAME;
}

static void put_bar(const screen *s, const oc_scale *x, double value, int width, int nth) {
  static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double share = isfinite(value) ? fmin(1, fmax(0, oc_scale_at(x, value))) : 0;
  const int filled = (int)lround(share * width * 8);
  set_color(s, 38, s->c->marks[nth].color);
  for (int i = 0; i < filled / 8; i++) oc_text_add(s->t, s->colors ? "█" : "%c", letter_of(nth));
  if (s->colors) oc_text_add(s->t, "%s", eighths[filled % 8]);
  reset(s);
  spaces(s, width - filled / 8 - (s->colors && filled % 8 ? 1 : 0));
}

static void put_bars(const screen *s) {
  enum { NUMBER = 8, WIDEST = 60 };
  char text[OC_NUMBER_TEXT];
  const oc_scale x = oc_scale_of(s->c, true);
  const int names = name_columns(&s->c->y), room = s->view.columns - names - NUMBER - 3;
  const int width = room < 4 ? 4 : room > WIDEST ? WIDEST : room;
  for (int64_t i = 0; i < s->c->y.count; i++) {
    bool first = true;
    for (int k = 0; k < s->c->mark_count; k++) {
      const oc_drawn_mark *m = &s->c->marks[k];
      if (m->kind != OC_MARK_BARS) continue;
      put_label(s, first ? s->c->y.names[i] : "", names, false);
      oc_text_add(s->t, "  ");
      put_bar(s, &x, m->values[i], width, k);
      put_label(s, oc_label_number(m->values[i], text), NUMBER, true);
      oc_text_add(s->t, "\n");
      first = false;
    }
  }
}

/* ---- cells --------------------------------------------------------------------------------------------- */

static int digits_of(const oc_drawn_mark *m) {
  char text[OC_NUMBER_TEXT];
  int most = 1;
  for (int64_t i = 0; i < m->count; i++) {
    const int digits = (int)strlen(oc_label_number(m->values[i], text));
    if (digits > most) most = digits;
  }
  return most;
}

/* A color that is mixed with black: nothing where the value is 0. */
static oc_rgb shade(const oc_drawn_mark *m, bool first, double share) {
  const oc_rgb c = oc_palette((m->color + !first) % OC_CHART_COLORS, false);
  const double k = 0.25 + 0.75 * share;
  return (oc_rgb){(uint8_t)(c.r * k), (uint8_t)(c.g * k), (uint8_t)(c.b * k)};
}

static void put_cell(const screen *s, const oc_drawn_mark *m, int64_t i, int width, const double most[2]) {
  static const char shades[] = ".:-=+*#%@";
  char text[OC_NUMBER_TEXT];
  const bool first = oc_cell_is_first(m, s->c->x.count, i);
  const double value = m->values[i];
  const double share = value > 0 && most[first] > 0 ? value / most[first] : 0;
  const bool shaded = s->colors && value > 0;
  if (shaded) set_rgb(s, 48, shade(m, first, share));
  if (shaded) set_rgb(s, 38, (oc_rgb){255, 255, 255});
  if (width > 1)
    put_label(s, value != 0 ? oc_label_number(value, text) : ".", width, true);
  else
    oc_text_add(s->t, "%c", s->colors || !(value > 0) ? ' ' : shades[(int)lround(share * 8)]);
  if (shaded) reset(s);
}

static bool same_names(const oc_chart *c) {
  for (int64_t i = 0; i < c->x.count; i++)
    if (i >= c->y.count || strcmp(c->x.names[i], c->y.names[i]) != 0) return false;
  return true;
}

/* Where the numbers have no room, a cell is one column, as a shade. */
static void put_cells(const screen *s, const oc_drawn_mark *m) {
  const int names = name_columns(&s->c->y), across = name_columns(&s->c->x), digits = digits_of(m);
  const double most[2] = {oc_cells_most(m, s->c->x.count, false), oc_cells_most(m, s->c->x.count, true)};
  const int64_t room = s->view.columns - names - 1, wide = (across > digits ? across : digits) + 2;
  const bool named = wide * s->c->x.count <= room, numbers = (digits + 2) * s->c->x.count <= room;
  const int width = named ? (int)wide : numbers ? digits + 2 : 1;
  if (!named && same_names(s->c)) oc_text_add(s->t, "The columns are in the order of the rows.\n");
  if (named) {
    spaces(s, names + 1);
    for (int64_t k = 0; k < s->c->x.count; k++) {
      spaces(s, 2);
      put_label(s, s->c->x.names[k], width - 2, true);
    }
    oc_text_add(s->t, "\n");
  }
  for (int64_t r = 0; r < s->c->y.count; r++) {
    put_label(s, s->c->y.names[r], names, false);
    oc_text_add(s->t, " ");
    for (int64_t k = 0; k < s->c->x.count; k++) put_cell(s, m, r * s->c->x.count + k, width, most);
    put_line_end(s);
  }
}

/* ---- the chart ----------------------------------------------------------------------------------------- */

static void put_axes_in_words(const screen *s) {
  if (*s->c->y.label && *s->c->x.label && s->c->x.names)
    oc_text_add(s->t, "Rows: %s. Columns: %s.\n", s->c->y.label, s->c->x.label);
}

oc_status oc_chart_text(const oc_chart *chart, const oc_chart_view *view, char **text, oc_error *err) {
  if (text) *text = NULL;
  NEED(chart, view, text);
  if (view->columns < 20 || view->columns > 10000)
    return oc_fail(err, OC_E_ARGUMENT, "columns", "", "must be 20 to 10000, got %d", view->columns);
  oc_text t = {0};
  const screen s = {chart, *view, view->unicode && view->colors >= 256, &t};
  oc_status status = OC_OK;
  bool cells = false;
  put_title(&s);
  put_axes_in_words(&s);
  put_legend(&s);
  for (int i = 0; i < chart->mark_count; i++) {
    if (chart->marks[i].kind == OC_MARK_CELLS) put_cells(&s, &chart->marks[i]);
    cells = cells || chart->marks[i].kind == OC_MARK_CELLS;
  }
  if (chart->y.names && !cells) put_bars(&s);
  if (!chart->y.names) status = put_lines(&s, err);
  *text = status == OC_OK ? oc_text_take(&t) : NULL;
  oc_text_release(&t);
  if (status == OC_OK && !*text) status = oc_fail_memory(err, 1);
  return status;
}
