/* slide_text.c: prints a slide in a terminal. In one dimension the kernel is drawn under the padded input,
 * one position further in each step; otherwise window, kernel and products stand side by side. */
#include "core/message.h"
#include "lecture/slide.h"
#include <math.h>
#include <string.h>

enum { MAX_ROWS = 64, MAX_COLUMNS = 64, MARGIN = 2, LABEL = 8 };

static const char *style_code(const cli_terminal *t, cli_text_style l) {
  return cli_style(t, l);
}

/* ---- result and sizes ---------------------------------------------------------------------------------- */

static void print_summary(FILE *f, const cli_array *a) {
  double low = INFINITY, high = -INFINITY, sum = 0;
  char from[32], to[32], mean[32];
  const int64_t count = cli_array_count(a);
  for (int64_t i = 0; i < count; i++) {
    low = fmin(low, a->data[i]);
    high = fmax(high, a->data[i]);
    sum += a->data[i];
  }
  fprintf(f, "  %lld x %lld", (long long)a->rows, (long long)a->columns);
  if (a->planes > 1) fprintf(f, " x %lld", (long long)a->planes);
  fprintf(f, " values from %s to %s, mean %s; --out FILE writes them\n", cli_number(low, from, sizeof from),
          cli_number(high, to, sizeof to), cli_number(sum / (double)count, mean, sizeof mean));
}

void cli_array_show(const cli_terminal *t, const cli_array *y) {
  if (y->image || y->columns > MAX_COLUMNS || y->rows > MAX_ROWS) {
    print_summary(t->stream, y);
    return;
  }
  const int width = cli_numbers_width(y->data, cli_array_count(y));
  for (int64_t p = 0; p < y->planes; p++) {
    if (y->planes > 1) fprintf(t->stream, "%s  channel %lld\n", p ? "\n" : "", (long long)p);
    for (int64_t i = 0; i < y->rows; i++) {
      fprintf(t->stream, "  %s", style_code(t, CLI_BOLD));
      cli_numbers_print(t->stream, y->data + (p * y->rows + i) * y->columns, y->columns, width);
      fprintf(t->stream, "%s\n", style_code(t, CLI_PLAIN));
    }
  }
}

void cli_slide_print_result(const cli_terminal *t, const cli_slide *s) {
  if (s->layer) fprintf(t->stream, "  y\n");
  cli_array_show(t, &s->y);
  if (!s->layer) return;
  fprintf(t->stream, "\n  a = y + b\n");
  cli_array_show(t, &s->a);
  fprintf(t->stream, "\n  h = %s(a)\n", oc_activation_name(s->activation));
  cli_array_show(t, &s->h);
}

void cli_slide_print_sizes(const cli_terminal *t, const cli_slide *s) {
  char text[160];
  if (!s->line)
    fprintf(t->stream, "  %srows%s     %s\n", style_code(t, CLI_DIM), style_code(t, CLI_PLAIN),
            cli_slide_formula(&s->axes[0], text, sizeof text));
  fprintf(t->stream, "  %s%s%s  %s\n", style_code(t, CLI_DIM), s->line ? "size   " : "columns",
          style_code(t, CLI_PLAIN), cli_slide_formula(&s->axes[1], text, sizeof text));
  if (s->axes[1].swapped) fprintf(t->stream, "  the kernel is longer than x: they are swapped\n");
}

/* ---- steps in one dimension ---------------------------------------------------------------------------- */

static int wider(int width, double value) {
  char text[32];
  const int length = (int)strlen(cli_number(value, text, sizeof text));
  return length > width ? length : width;
}

/* Columns for any number that a step shows. */
static int widest(const cli_slide *s) {
  int width = cli_numbers_width(s->x.data, cli_array_count(&s->x));
  cli_window w = {.plane = -1};
  if (!s->w.data) return width;
  width = (int)fmax(width, cli_numbers_width(s->w.data, cli_array_count(&s->w)));
  width = wider(width, s->fill);
  while (cli_slide_next(s, &w.plane, w.place))
    for (w.channel = 0; w.channel < cli_slide_channels(s); w.channel++)
      for (int64_t k = 0; k < s->w.rows * s->w.columns; k++)
        width = wider(width, cli_slide_tap(s, &w, k / s->w.columns, k % s->w.columns).product);
  return width;
}

/* "|" stands between padding and input. */
static void print_padded(const cli_terminal *t, const cli_slide *s, int width) {
  const oc_convolve_axis *a = &s->axes[1];
  char text[32];
  fprintf(t->stream, "  %-*s", LABEL, "x padded");
  for (int64_t i = -a->before; i < a->size + a->after; i++) {
    bool outside;
    const double value = cli_slide_value(s, 0, 0, i, &outside);
    const bool bar = (i == 0 && a->before > 0) || (i == a->size && a->after > 0);
    const bool hole = outside && !s->w.data; /* in pooling nothing is there */
    fprintf(t->stream, " %s%s%*s%s", bar ? "|" : " ", style_code(t, outside ? CLI_DIM : CLI_BOLD), width,
            hole ? "." : cli_number(value, text, sizeof text), style_code(t, CLI_PLAIN));
  }
  fputc('\n', t->stream);
}

/* One line of a step: `what` of each tap under its position in the padded input. */
static void print_taps(const cli_terminal *t, const cli_slide *s, int64_t out, int width, char what) {
  const oc_convolve_axis *a = &s->axes[1];
  const cli_window w = {.place = {0, out}};
  char text[32];
  int64_t end = 0; /* cells written */
  for (int64_t j = 0; j < a->kernel; j++) {
    const cli_tap tap = cli_slide_tap(s, &w, 0, j);
    const double value = what == 'w' ? tap.weight : what == 'p' ? tap.product : tap.value;
    const int64_t cell = out * a->stride + j * a->dilation;
    cli_repeat(t, " ", (int)(cell - end) * (width + 2));
    fprintf(t->stream, "  %*s", width,
            what == 'x' && tap.outside ? "." : cli_number(value, text, sizeof text));
    end = cell + 1;
  }
  cli_repeat(t, " ", (int)(a->before + a->size + a->after - end) * (width + 2));
}

static void print_line_step(const cli_terminal *t, const cli_slide *s, int64_t out, int width) {
  char label[32], text[32];
  snprintf(label, sizeof label, "y[%lld]", (long long)out);
  fprintf(t->stream, "  %-*s%s", LABEL, label, style_code(t, s->w.data ? CLI_YELLOW : CLI_PLAIN));
  print_taps(t, s, out, width, s->w.data ? 'w' : 'x');
  fputs(style_code(t, CLI_PLAIN), t->stream);
  if (s->w.data) {
    fprintf(t->stream, "\n  %*s", LABEL, "");
    print_taps(t, s, out, width, 'p');
  }
  fprintf(t->stream, "   %s %s%s%s\n",
          s->w.data                ? "sum"
          : s->kind == OC_POOL_MAX ? "max"
                                   : "mean",
          style_code(t, CLI_GREEN), cli_number(s->y.data[out], text, sizeof text), style_code(t, CLI_PLAIN));
}

/* ---- steps in two -------------------------------------------------------------------------------------- */

/* Row i of a block of taps. */
static void print_block(const cli_terminal *t, const cli_slide *s, const cli_window *w, int64_t i, int width,
                        char what) {
  char text[32];
  for (int64_t j = 0; j < s->axes[1].kernel; j++) {
    const cli_tap tap = cli_slide_tap(s, w, i, j);
    const double value = what == 'w' ? tap.weight : what == 'p' ? tap.product : tap.value;
    const bool dim = what == 'x' && tap.outside;
    fprintf(t->stream, "%s%s%*s%s", j ? " " : "",
            style_code(t, dim           ? CLI_DIM
                          : what == 'w' ? CLI_YELLOW
                                        : CLI_PLAIN),
            width, dim && !s->w.data ? "." : cli_number(value, text, sizeof text), style_code(t, CLI_PLAIN));
  }
}

static void print_block_heads(const cli_terminal *t, const cli_slide *s, int width) {
  const int block = (int)s->axes[1].kernel * (width + 1) - 1;
  const int cell = block < 8 ? 8 : block;
  if (!s->w.data) return;
  fprintf(t->stream, "    %s%-*s   %-*s   %s%s\n", style_code(t, CLI_DIM), cell, "window", cell,
          s->correlate ? "kernel" : "flipped", "products", style_code(t, CLI_PLAIN));
}

/* Prints window, kernel and products of one channel side by side. */
static void print_channel(const cli_terminal *t, const cli_slide *s, const cli_window *w, int width) {
  const int block = (int)s->axes[1].kernel * (width + 1) - 1, gap = block < 8 ? 8 - block : 0;
  char text[32];
  if (s->sums)
    fprintf(t->stream, "    channel %lld, sum %s\n", (long long)w->channel,
            cli_number(cli_slide_channel_sum(s, w), text, sizeof text));
  for (int64_t i = 0; i < s->axes[0].kernel; i++) {
    fprintf(t->stream, "    ");
    print_block(t, s, w, i, width, 'x');
    if (s->w.data) {
      const bool middle = i == s->axes[0].kernel / 2;
      fprintf(t->stream, "%*s %s ", gap, "", middle ? "*" : " ");
      print_block(t, s, w, i, width, 'w');
      fprintf(t->stream, "%*s %s ", gap, "", middle ? "=" : " ");
      print_block(t, s, w, i, width, 'p');
    }
    fputc('\n', t->stream);
  }
}

/* "y[0,3,1]": its position, without the row of a list and the channel of a single one. */
static void print_place(const cli_terminal *t, const cli_slide *s, const cli_window *w, const char *name) {
  fprintf(t->stream, "  %s[", name);
  if (!s->line) fprintf(t->stream, "%lld,", (long long)w->place[0]);
  fprintf(t->stream, "%lld", (long long)w->place[1]);
  if (s->y.planes > 1) fprintf(t->stream, ",%lld", (long long)w->plane);
  fprintf(t->stream, "] = ");
}

static void print_layer(const cli_terminal *t, const cli_slide *s, const cli_window *w) {
  const int64_t at = cli_slide_index(s, w->plane, w->place);
  const double b = s->b.data ? s->b.data[w->plane] : 0;
  char from[32], text[32];
  print_place(t, s, w, "a");
  fprintf(t->stream, "%s + ", cli_number(s->y.data[at], from, sizeof from));
  fprintf(t->stream, "%s = %s\n", cli_number(b, from, sizeof from),
          cli_number(s->a.data[at], text, sizeof text));
  print_place(t, s, w, "h");
  fprintf(t->stream, "%s(%s) = %s%s%s\n", oc_activation_name(s->activation), text, style_code(t, CLI_GREEN),
          cli_number(s->h.data[at], from, sizeof from), style_code(t, CLI_PLAIN));
}

static void print_block_step(const cli_terminal *t, const cli_slide *s, const cli_window *w, int width) {
  const double y = s->y.data[cli_slide_index(s, w->plane, w->place)];
  char text[32];
  print_place(t, s, w, "y");
  fprintf(t->stream, "%s%s%s", style_code(t, CLI_GREEN), cli_number(y, text, sizeof text),
          style_code(t, CLI_PLAIN));
  fprintf(t->stream, "%s\n",
          s->sums                  ? ", the sum over the channels"
          : s->w.data              ? ""
          : s->kind == OC_POOL_MAX ? ", the largest of"
                                   : ", the mean of");
  for (cli_window c = *w; c.channel < cli_slide_channels(s); c.channel++) print_channel(t, s, &c, width);
  if (s->layer) print_layer(t, s, w);
}

/* True if the padded input fits on a line. */
static bool fits(const cli_terminal *t, const cli_slide *s, int width) {
  const oc_convolve_axis *a = &s->axes[1];
  const int64_t cells = a->before + a->size + a->after;
  return s->line && !s->layer && MARGIN + LABEL + cells * (width + 2) + 16 <= (t->live ? t->columns : 160);
}

oc_status cli_slide_print_steps(const cli_terminal *t, const cli_slide *s, oc_error *err) {
  CLI_TRY(cli_slide_check_steps(s, err));
  const int width = widest(s);
  cli_window w = {.plane = -1};
  const bool line = fits(t, s, width);
  if (line)
    print_padded(t, s, width);
  else
    print_block_heads(t, s, width);
  while (cli_slide_next(s, &w.plane, w.place))
    if (line)
      print_line_step(t, s, w.place[1], width);
    else
      print_block_step(t, s, &w, width);
  return OC_OK;
}
