/* pool.c: `ocellus pool`: pooling by hand, and what it does to a picture that moves. */
#include "command.h"
#include "drawing.h"
#include "slide.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_X = CLI_COMMON_COUNT,
  OPTION_KIND,
  OPTION_SIZE,
  OPTION_STRIDE,
  OPTION_MODE,
  OPTION_PAD,
  OPTION_STEPS,
  OPTION_SHIFT,
  OPTION_OUT,
  OPTION_HTML,
  OPTION_JSON,
  OPTION_QUIET,
};

static const char *const kinds[] = {"max", "mean", NULL};
static const char *const modes[] = {"valid", "tf-same", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_X] = {.name = "x", .kind = CLI_TEXT, .value = "X", .help = "the input, if it is no operand"},
    [OPTION_KIND] = {.name = "kind",
                     .kind = CLI_CHOICE,
                     .value = "KIND",
                     .fallback = "max",
                     .choices = kinds,
                     .help = "what becomes of a window"},
    [OPTION_SIZE] =
        {.name = "size", .kind = CLI_TEXT, .value = "N|RxC", .fallback = "2", .help = "size of the window"},
    [OPTION_STRIDE] = {.name = "stride",
                       .kind = CLI_TEXT,
                       .value = "S|RxC",
                       .help = "step of the window; its size, if not given"},
    [OPTION_MODE] =
        {.name = "mode",
         .kind = CLI_CHOICE,
         .value = "MODE",
         .fallback = "valid",
         .choices = modes,
         .help = "valid leaves out what fills no window; tf-same has ceil(n/stride) places, as TensorFlow"},
    [OPTION_PAD] =
        {.name = "pad",
         .kind = CLI_TEXT,
         .value = "P",
         .help = "padding in numbers: P on each side, RxC for rows and columns, or TOP,BOTTOM,LEFT,RIGHT "
                 "(BEFORE,AFTER for a list)"},
    [OPTION_STEPS] = {.name = "steps", .help = "show every window"},
    [OPTION_SHIFT] = {.name = "shift",
                      .help =
                          "move the input by one, in each direction, and count what changes before and after "
                          "pooling"},
    [OPTION_OUT] = {.name = "out",
                    .letter = 'o',
                    .kind = CLI_TEXT,
                    .value = "FILE",
                    .help = "write the result: .png, .pgm, .ppm, .npy, .csv or .txt"},
    [OPTION_HTML] = {.name = "html",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "write a page to click through the windows"},
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
    [OPTION_QUIET] = {.name = "quiet",
                      .letter = 'q',
                      .help = "print the numbers of the result, with all digits, alone"},
};

static const char *const examples[] = {
    "ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --steps",
    "ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --kind mean --html pool.html",
    "ocellus pool --x 1,3,2,4,5,6,1,3 --size 3 --stride 2 --mode tf-same",
    "ocellus pool seven.png --size 4 --shift",
    "ocellus pool seven.png --kind mean --size 2x1 --out flat.png --quiet",
    NULL,
};

static const char text[] =
    "Slides a window over x and keeps the largest number in it, or the mean. X is numbers (1,3,2,4 or rows "
    "'1 3; 2 4'), a .npy, .csv or text file with a row on each line, a PNG, PGM or PPM picture, or - for "
    "standard input. One row or one column is a list; each channel of a "
    "colour picture is pooled alone. Padding never wins a maximum and is not counted in a mean.\n\n"
    "--shift shows the local invariance of the lecture: a picture that moves by one pixel changes many of "
    "its pixels, "
    "but fewer of its pooled ones.";

/* ---- computing ---------------------------------------------------------------------------------------------- */

static oc_status pool(const cli_array *x, const oc_pool2d_options *o, oc_convolve_axis axes[2], cli_array *y,
                      oc_error *err) {
  const oc_pool2d_sizes sizes = {x->planes, x->rows, x->columns, 1};
  CLI_TRY(oc_pool2d_axes(&sizes, o, axes, err));
  CLI_TRY(cli_array_create(x->rank, x->planes, axes[0].out, axes[1].out, y, err));
  y->picture = x->picture;
  return oc_pool2d(&sizes, x->data, o, y->data, err);
}

static oc_status read_options(const cli_call *call, const cli_slide *s, oc_pool2d_options *o, oc_error *err) {
  const cli_value *mode = cli_get(call, OPTION_MODE), *pad = cli_get(call, OPTION_PAD),
                  *stride = cli_get(call, OPTION_STRIDE);
  *o = oc_pool2d_defaults();
  o->kind = strcmp(cli_get(call, OPTION_KIND)->text, "max") == 0 ? OC_POOL_MAX : OC_POOL_MEAN;
  o->mode = strcmp(mode->text, "valid") == 0 ? OC_CONVOLVE_VALID : OC_CONVOLVE_TF_SAME;
  CLI_TRY(cli_pair_read("--size", cli_get(call, OPTION_SIZE)->text, o->size, err));
  if (s->line) o->size[0] = 1;
  o->stride[0] = o->size[0];
  o->stride[1] = o->size[1];
  if (stride->given) CLI_TRY(cli_pair_read("--stride", stride->text, o->stride, err));
  if (stride->given && (o->stride[0] == 0 || o->stride[1] == 0)) /* which the library takes for the size */
    return cli_fail(err, OC_E_ARGUMENT, "--stride", "",
                    "stride 0: a window that does not move has no end; use 1 or more");
  if (s->line) o->stride[0] = 1;
  if (pad->given && mode->given)
    return cli_fail(err, OC_E_ARGUMENT, "--pad", "",
                    "--pad and --mode both say how much padding there is; give one");
  if (!pad->given) return OC_OK;
  o->mode = OC_CONVOLVE_EXPLICIT;
  CLI_TRY(cli_pad_read("--pad", pad->text, s->line, o->pad, err));
  if (s->line) o->pad[0] = o->pad[1] = 0;
  return OC_OK;
}

/* ---- a picture that moves ----------------------------------------------------------------------------------- */

typedef struct movement {
  const char *name;
  int64_t rows, columns;          /* how far */
  int64_t before, after;          /* numbers that change */
  double mean_before, mean_after; /* how much, in the mean over all */
} movement;

/* What comes in at the edge repeats the edge. */
static oc_status moved(const cli_array *x, const movement *m, cli_array *out, oc_error *err) {
  CLI_TRY(cli_array_create(x->rank, x->planes, x->rows, x->columns, out, err));
  for (int64_t p = 0, n = 0; p < x->planes; p++)
    for (int64_t i = 0; i < x->rows; i++)
      for (int64_t j = 0; j < x->columns; j++, n++) {
        const int64_t row = oc_boundary_index(OC_BOUNDARY_SYMMETRIC, i - m->rows, x->rows);
        const int64_t column = oc_boundary_index(OC_BOUNDARY_SYMMETRIC, j - m->columns, x->columns);
        out->data[n] = x->data[(p * x->rows + row) * x->columns + column];
      }
  return OC_OK;
}

static void compare(const cli_array *a, const cli_array *b, int64_t *changed, double *mean) {
  const int64_t count = cli_array_count(a);
  double sum = 0;
  *changed = 0;
  for (int64_t i = 0; i < count; i++) {
    const bool nan = isnan(a->data[i]) && isnan(b->data[i]);
    if (nan || a->data[i] == b->data[i]) continue;
    ++*changed;
    sum += fabs(a->data[i] - b->data[i]);
  }
  *mean = sum / (double)count;
}

static oc_status measure(const cli_slide *s, const oc_pool2d_options *o, movement *m, oc_error *err) {
  cli_array x = {0}, y = {0};
  oc_convolve_axis axes[2];
  oc_status status = moved(&s->x, m, &x, err);
  if (status == OC_OK) status = pool(&x, o, axes, &y, err);
  if (status == OC_OK) {
    compare(&s->x, &x, &m->before, &m->mean_before);
    compare(&s->y, &y, &m->after, &m->mean_after);
  }
  cli_array_release(&x);
  cli_array_release(&y);
  return status;
}

enum { MOVEMENTS = 4 };
static const movement movements[MOVEMENTS] = {{.name = "right", .columns = 1},
                                              {.name = "left", .columns = -1},
                                              {.name = "down", .rows = 1},
                                              {.name = "up", .rows = -1}};

/* Of a list, only the first two make sense. */
static int movement_count(const cli_slide *s) {
  return s->line ? 2 : MOVEMENTS;
}

static oc_status print_shift(const cli_call *call, const cli_slide *s, const oc_pool2d_options *o,
                             oc_error *err) {
  const cli_terminal *t = &call->out;
  const int64_t before = cli_array_count(&s->x), after = cli_array_count(&s->y);
  fprintf(t->stream, "\n  %s%-11s %-28s %s%s\n", cli_style(t, CLI_BOLD), "moved by 1",
          "changed before pooling", "changed after", cli_style(t, CLI_PLAIN));
  for (int i = 0; i < movement_count(s); i++) {
    movement m = movements[i];
    char left[64], right[64];
    CLI_TRY(measure(s, o, &m, err));
    snprintf(left, sizeof left, "%lld of %lld (%.1f %%)", (long long)m.before, (long long)before,
             100.0 * (double)m.before / (double)before);
    snprintf(right, sizeof right, "%lld of %lld (%.1f %%)", (long long)m.after, (long long)after,
             100.0 * (double)m.after / (double)after);
    fprintf(t->stream, "  %-11s %-28s %s\n", m.name, left, right);
  }
  return OC_OK;
}

static oc_status shift_json(json_t *object, const cli_slide *s, const oc_pool2d_options *o, oc_error *err) {
  json_t *list = json_array();
  (void)json_object_set_new(object, "shift", list);
  for (int i = 0; i < movement_count(s); i++) {
    movement m = movements[i];
    CLI_TRY(measure(s, o, &m, err));
    (void)json_array_append_new(
        list, json_pack("{s:s, s:I, s:I, s:o, s:I, s:I, s:o}", "moved", m.name, "inputs",
                        (json_int_t)cli_array_count(&s->x), "inputs_changed", (json_int_t)m.before,
                        "mean_input_change", cli_json_real(m.mean_before), "outputs",
                        (json_int_t)cli_array_count(&s->y), "outputs_changed", (json_int_t)m.after,
                        "mean_output_change", cli_json_real(m.mean_after)));
  }
  return OC_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------------ */

static oc_status draw(const cli_call *call, const cli_slide *s, oc_error *err) {
  const cli_array *shown[2] = {&s->x, &s->y};
  for (int i = 0; i < 2; i++) {
    const oc_picture_size size = {shown[i]->rows, shown[i]->columns, shown[i]->planes};
    cli_drawing d = {0};
    uint8_t *pixels = cli_array_pixels(shown[i], CLI_LEVELS_CLAMP);
    if (!pixels) return cli_fail_memory(err);
    d.pixels = pixels;
    cli_draw_caption(&d, 0, 1, i ? "y" : "x");
    cli_draw(&call->out, size, &d, 1);
    free(pixels);
  }
  return OC_OK;
}

static oc_status print_text(const cli_call *call, const cli_slide *s, const oc_pool2d_options *o,
                            oc_error *err) {
  const cli_terminal *t = &call->out;
  const int64_t nan = cli_slide_nan(s);
  fprintf(t->stream, "%s%s%s, %s\n\n", cli_style(t, CLI_BOLD), cli_slide_name(s), cli_style(t, CLI_PLAIN),
          s->mode);
  if (cli_get(call, OPTION_STEPS)->given) {
    CLI_TRY(cli_slide_print_steps(t, s, err));
    fputc('\n', t->stream);
  }
  if (s->x.picture) CLI_TRY(draw(call, s, err));
  cli_slide_print_result(t, s);
  fputc('\n', t->stream);
  cli_slide_print_sizes(t, s);
  if (nan)
    fprintf(t->stream, "  NaN      %lld in x; kept: every window that holds one gives NaN\n", (long long)nan);
  return cli_get(call, OPTION_SHIFT)->given ? print_shift(call, s, o, err) : OC_OK;
}

static oc_status print_json(const cli_call *call, const cli_slide *s, const oc_pool2d_options *o,
                            oc_error *err) {
  json_t *object = cli_slide_json(s, cli_get(call, OPTION_STEPS)->given);
  oc_status status = OC_OK;
  if (object && cli_get(call, OPTION_SHIFT)->given) status = shift_json(object, s, o, err);
  if (status == OC_OK) return cli_slide_json_print(object, err);
  json_decref(object);
  return status;
}

static oc_status show(const cli_call *call, const cli_slide *s, const oc_pool2d_options *o, oc_error *err) {
  const cli_value *out = cli_get(call, OPTION_OUT), *html = cli_get(call, OPTION_HTML);
  if (cli_get(call, OPTION_STEPS)->given) CLI_TRY(cli_slide_check_steps(s, err));
  if (html->given) CLI_TRY(cli_slide_html(s, html->text, err));
  if (out->given) CLI_TRY(cli_array_save(&s->y, out->text, CLI_LEVELS_CLAMP, err));
  if (cli_get(call, OPTION_JSON)->given) return print_json(call, s, o, err);
  if (!cli_get(call, OPTION_QUIET)->given) return print_text(call, s, o, err);
  if (!out->given) cli_array_print(stdout, &s->y);
  return OC_OK;
}

static oc_status compute(const cli_call *call, cli_slide *s, oc_pool2d_options *o, oc_error *err) {
  const cli_value *x = cli_get(call, OPTION_X);
  const int operands = call->arguments.operand_count;
  if (operands && x->given)
    return cli_fail(err, OC_E_ARGUMENT, "--x", "", "the input is given twice: %s and --x",
                    cli_operand(call, 0));
  if (!operands && !x->given)
    return cli_fail(err, OC_E_ARGUMENT, "", "for example: ocellus pool --x '1 3; 2 4'",
                    "needs an input: X or --x X");
  CLI_TRY(cli_array_read(operands ? "X" : "--x", operands ? cli_operand(call, 0) : x->text, &s->x, err));
  s->line = s->x.rank == 1;
  cli_array_lie_down(&s->x);
  CLI_TRY(read_options(call, s, o, err));
  s->kind = o->kind;
  s->mode = oc_convolve_mode_name(o->mode);
  return pool(&s->x, o, s->axes, &s->y, err);
}

static oc_status run(const cli_call *call, oc_error *err) {
  cli_slide s = {.schema = "ocellus.pool/1"};
  oc_pool2d_options o;
  oc_status status = compute(call, &s, &o, err);
  if (status == OC_OK) status = show(call, &s, &o, err);
  cli_slide_release(&s);
  return status;
}

CLI_COMMAND(pool, .summary = "pool numbers or pictures, step by step", .operands = "[X]", .least = 0,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = run);
