/* slide_command.c: reads and shows a sliding window, for `ocellus conv` and `ocellus pool`. */
#include "lecture/slide_command.h"
#include "core/drawing.h"
#include <stdlib.h>
#include <string.h>

/* The index of an option that both commands have. */
static int index_of(const cli_call *call, const char *name) {
  int i = 0;
  while (strcmp(call->arguments.options[i].name, name) != 0) i++;
  return i;
}

static const cli_value *option_value(const cli_call *call, const char *name) {
  return cli_get(call, index_of(call, name));
}

static bool given(const cli_call *call, const char *name) {
  return option_value(call, name)->given;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

oc_status cli_slide_input_of(const cli_call *call, const char *hint, cli_slide_input *x, oc_error *err) {
  const bool is_option = given(call, "x"), is_operand = call->arguments.operand_count > 0;
  if (is_operand && is_option)
    return cli_fail(err, OC_E_ARGUMENT, "--x", "", "expected one input, got %s and --x",
                    cli_operand(call, 0));
  if (!is_operand && !is_option)
    return cli_fail(err, OC_E_ARGUMENT, "", hint, "expected an input: X or --x X");
  *x = is_operand ? (cli_slide_input){"X", cli_operand(call, 0)}
                  : (cli_slide_input){"--x", option_value(call, "x")->text};
  return OC_OK;
}

oc_status cli_slide_pad(const cli_call *call, const cli_slide *s, int64_t pad[4], oc_error *err) {
  if (given(call, "mode"))
    return cli_fail(err, OC_E_ARGUMENT, "--pad", "", "--pad and --mode are mutually exclusive");
  return cli_pad_read("--pad", option_value(call, "pad")->text, s->line, pad, err);
}

oc_status cli_slide_check_effects(const cli_call *call, const int *shown, oc_error *err) {
  const int at[] = {index_of(call, "at"), 0}, quiet[] = {index_of(call, "quiet"), 0};
  const bool silent = given(call, "quiet");
  if (given(call, "json")) CLI_TRY(cli_no_effects(call, quiet, "with --json", err));
  if (silent) CLI_TRY(cli_no_effects(call, shown, "with --quiet", err));
  if (silent && !given(call, "html")) CLI_TRY(cli_no_effects(call, at, "with --quiet", err));
  if (!given(call, "steps")) return OC_OK;
  return cli_no_effects(call, at, "with --steps, which shows every window", err);
}

/* ---- showing ------------------------------------------------------------------------------------------- */

/* Draws input and result, side by side if they have the same size. */
static oc_status draw_slide(const cli_call *call, const cli_slide *s, cli_levels levels, oc_error *err) {
  const cli_array *shown[2] = {&s->x, cli_slide_result(s)};
  cli_drawing d[2] = {{.pixels = cli_array_pixels(shown[0], CLI_LEVELS_CLAMP)},
                      {.pixels = cli_array_pixels(shown[1], levels)}};
  const bool whole = d[0].pixels && d[1].pixels;
  const bool same = s->x.rows == s->y.rows && s->x.columns == s->y.columns;
  cli_draw_caption(&d[0], 0, 1, "x");
  cli_draw_caption(&d[1], 0, 1, "y");
  for (int i = 0; whole && i < (same ? 1 : 2); i++) {
    const oc_image_shape size = {shown[i]->rows, shown[i]->columns, shown[i]->planes};
    cli_draw(&call->out, size, d + i, same ? 2 : 1);
  }
  for (int i = 0; i < 2; i++) free((void *)(uintptr_t)d[i].pixels);
  return whole ? OC_OK : cli_fail_memory(err);
}

static bool shows_windows(const cli_call *call) {
  return given(call, "steps") || given(call, "at");
}

static void print_head(const cli_terminal *t, const cli_slide *s) {
  const bool filled = s->axes[1].boundary == OC_BOUNDARY_FILL && s->fill != 0;
  char fill[32];
  fprintf(t->stream, "%s%s%s, %s", cli_style(t, CLI_BOLD), cli_slide_name(s), cli_style(t, CLI_PLAIN),
          cli_slide_padding(s));
  if (s->w.data)
    fprintf(t->stream, ", beyond the edge: %s",
            filled ? cli_number(s->fill, fill, sizeof fill) : oc_boundary_name(s->axes[1].boundary));
  fputs("\n\n", t->stream);
}

static oc_status print_text(const cli_call *call, const cli_slide *s, const cli_slide_output *o,
                            oc_error *err) {
  const cli_terminal *t = &call->out;
  const int64_t nan = cli_slide_nan(s);
  print_head(t, s);
  if (shows_windows(call)) {
    CLI_TRY(cli_slide_print_steps(t, s, err));
    fputc('\n', t->stream);
  }
  if (s->x.image && !s->sums) CLI_TRY(draw_slide(call, s, o->levels, err));
  cli_slide_print_result(t, s);
  fputc('\n', t->stream);
  cli_slide_print_sizes(t, s);
  if (nan)
    fprintf(t->stream, "  NaN      %lld in %s\n", (long long)nan,
            s->w.data ? "x and w; kept: every sum that meets one is NaN"
                      : "x; kept: every window that holds one gives NaN");
  return o->print_more(call, o->context, err);
}

static oc_status print_json(const cli_call *call, const cli_slide *s, const cli_slide_output *o,
                            oc_error *err) {
  json_t *object = cli_slide_json(s, shows_windows(call));
  const oc_status status = object ? o->add_json(object, call, o->context, err) : OC_OK;
  if (status == OC_OK) return cli_slide_json_print(object, err);
  json_decref(object);
  return status;
}

oc_status cli_slide_show(const cli_call *call, const cli_slide *s, const cli_slide_output *o, oc_error *err) {
  const cli_value *out = option_value(call, "out"), *html = option_value(call, "html");
  if (shows_windows(call)) CLI_TRY(cli_slide_check_steps(s, err));
  if (html->given) CLI_TRY(cli_slide_html(s, html->text, err));
  if (out->given) CLI_TRY(cli_array_save(cli_slide_result(s), out->text, o->levels, err));
  if (given(call, "json")) return print_json(call, s, o, err);
  if (!given(call, "quiet")) return print_text(call, s, o, err);
  if (!out->given) cli_array_print(stdout, cli_slide_result(s));
  return OC_OK;
}
