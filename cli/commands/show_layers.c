/* show_layers.c: prints the table of layers and their cost. Columns are as wide as their content; a text that
 * does not fit next to them is broken into lines. */
#include "commands/show.h"
#include <string.h>

enum {
  NAME,
  OUTPUT,
  PARAMETERS,
  MULTIPLY_ADDS,
  VALUES,
  COLUMNS,
  CELL = 128,
  MIN_TEXT = 12,
  USUAL_VALUES = 9
};

cli_totals cli_layers_sum(const oc_layer_summary *layers, int count) {
  cli_totals t = {0};
  for (int i = 0; i < count; i++) {
    t.parameters += layers[i].parameters;
    t.multiply_adds += layers[i].multiply_adds;
    t.bytes += layers[i].activation_bytes;
  }
  return t;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* "3,274,634". */
static void grouped(int64_t value, char *text) {
  char digits[32];
  int n = snprintf(digits, sizeof digits, "%lld", (long long)value), used = 0;
  for (int i = 0; i < n; i++) {
    if (i > 0 && (n - i) % 3 == 0) text[used++] = ',';
    text[used++] = digits[i];
  }
  text[used] = 0;
}

static void bytes_text(double bytes, char *text) {
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  int unit = 0;
  if (bytes < 10240) {
    snprintf(text, CELL, "%.0f B", bytes);
    return;
  }
  for (bytes /= 1024; bytes >= 1024 && unit < 5; unit++) bytes /= 1024;
  snprintf(text, CELL, "%.1f %s", bytes, units[unit]);
}

typedef struct row {
  char cell[COLUMNS][CELL];
  const char *text;
} row;

/* `digits`: of the largest number of a layer; 0: without numbers. */
static void read_name(int number, const char *name, int digits, row *r) {
  char text[16] = "";
  if (number > 0 && digits > 0) snprintf(text, sizeof text, "%d", number);
  snprintf(r->cell[NAME], CELL, "%*s%s%s", digits, text, digits ? "  " : "", name);
}

static void read_row(const oc_layer_summary *layer, int number, int digits, row *r) {
  read_name(number, layer->name, digits, r);
  oc_shape_text(&layer->output, r->cell[OUTPUT], CELL);
  grouped(layer->parameters, r->cell[PARAMETERS]);
  grouped(layer->multiply_adds, r->cell[MULTIPLY_ADDS]);
  bytes_text((double)layer->activation_bytes, r->cell[VALUES]);
  r->text = layer->text;
}

static void read_total(const cli_totals *sum, int digits, row *r) {
  read_name(0, "total", digits, r);
  r->cell[OUTPUT][0] = 0;
  grouped(sum->parameters, r->cell[PARAMETERS]);
  grouped(sum->multiply_adds, r->cell[MULTIPLY_ADDS]);
  bytes_text((double)sum->bytes, r->cell[VALUES]);
  r->text = "";
}

static void read_heading(int digits, row *r) {
  *r = (row){{"", "output", "parameters", "multiply-adds", "values"}, "text"};
  read_name(0, "layer", digits, r);
}

typedef struct widths {
  int column[COLUMNS], all; /* all: where the text begins */
  int text;                 /* the longest */
} widths;

static void widen(const row *r, widths *w) {
  for (int c = 0; c < COLUMNS; c++) {
    const int length = (int)strlen(r->cell[c]);
    if (length > w->column[c]) w->column[c] = length;
  }
  w->all = 2; /* between name and output one blank more, and before the text */
  for (int c = 0; c < COLUMNS; c++) w->all += w->column[c] + 1;
  const int length = (int)strlen(r->text);
  if (length > w->text) w->text = length;
}

/* Prints as much of a text as fits, cut at a space. Returns the rest. */
static const char *print_piece(const cli_terminal *t, const char *text, int room) {
  int cut = (int)strlen(text);
  if (cut > room)
    for (cut = room; cut > 0 && text[cut] != ' ';) cut--;
  if (cut == 0) cut = (int)strlen(text); /* a word that is longer than the line */
  fprintf(t->stream, "%.*s\n", cut, text);
  text += cut;
  return *text == ' ' ? text + 1 : text;
}

static void print_row(const cli_terminal *t, const row *r, const widths *w) {
  const bool beside = t->columns - w->all >= MIN_TEXT;
  for (int c = 0; c < COLUMNS; c++)
    fprintf(t->stream, "%*s%*s", c == OUTPUT ? 2 : c > OUTPUT, "",
            c < PARAMETERS ? -w->column[c] : w->column[c], r->cell[c]);
  const char *text = r->text;
  int indent = w->all;
  if (beside && *text) {
    fputs("  ", t->stream);
    text = print_piece(t, text, t->columns - indent);
  } else {
    fputc('\n', t->stream);
    indent = 4;
  }
  while (*text) {
    cli_repeat(t, " ", indent);
    text = print_piece(t, text, t->columns - indent);
  }
}

void cli_layers_print(const cli_terminal *t, const oc_layer_summary *layers, int count, bool numbered) {
  const cli_totals sum = cli_layers_sum(layers, count);
  const int digits = numbered ? snprintf(NULL, 0, "%d", count) : 0;
  widths w = {0};
  row r, heading;
  char bytes[CELL];
  read_heading(digits, &heading);
  widen(&heading, &w);
  read_total(&sum, digits, &r);
  widen(&r, &w);
  for (int i = 0; i < count; i++) {
    read_row(&layers[i], i + 1, digits, &r);
    widen(&r, &w);
  }
  const int more = USUAL_VALUES - w.column[VALUES]; /* tables of most networks look alike */
  if (more > 0 && w.all + more + w.text <= t->columns) {
    w.column[VALUES] += more;
    w.all += more;
  }
  fprintf(t->stream, "\n%s", cli_style(t, CLI_BOLD));
  print_row(t, &heading, &w);
  fputs(cli_style(t, CLI_PLAIN), t->stream);
  for (int i = 0; i < count; i++) {
    read_row(&layers[i], i + 1, digits, &r);
    print_row(t, &r, &w);
  }
  read_total(&sum, digits, &r);
  print_row(t, &r, &w);
  bytes_text(4 * (double)sum.parameters, bytes);
  fprintf(t->stream,
          "\n"
          "The parameters take %s. Multiply-adds and values are per image;\n"
          "`ocellus plan` shows the memory of a step.\n",
          bytes);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static json_t *layer_json(const oc_layer_summary *layer) {
  json_t *shape = json_array();
  for (int i = 1; i < layer->output.rank; i++)
    (void)json_array_append_new(shape, json_integer(layer->output.dim[i]));
  return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I}", "name", layer->name, "text", layer->text, "output",
                   shape, "parameters", (json_int_t)layer->parameters, "multiply_adds",
                   (json_int_t)layer->multiply_adds, "activation_bytes", (json_int_t)layer->activation_bytes);
}

json_t *cli_layers_json(const oc_layer_summary *layers, int count) {
  json_t *list = json_array();
  for (int i = 0; i < count; i++) (void)json_array_append_new(list, layer_json(&layers[i]));
  return list;
}
