/* pool.c: `ocellus pool`: pooling by hand, and what it does to an image that moves. */
#include "lecture/pool.h"
#include "core/drawing.h"
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"max", "mean", NULL};
static const char *const modes[] = {"valid", "tf-same", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_X] = {.name = "x", .kind = CLI_TEXT, .value = "X", .help = "input, instead of the operand X"},
    [OPTION_BACKGROUND] = CLI_BACKGROUND_ROW,
    [OPTION_KIND] = {.name = "kind",
                     .kind = CLI_CHOICE,
                     .value = "KIND",
                     .fallback = "max",
                     .choices = kinds,
                     .help = "result of a window"},
    [OPTION_SIZE] =
        {.name = "size", .kind = CLI_TEXT, .value = "N|RxC", .fallback = "2", .help = "size of the window"},
    [OPTION_STRIDE] = {.name = "stride",
                       .kind = CLI_TEXT,
                       .value = "S|RxC",
                       .help = "stride of the window",
                       .usual = "its size"},
    [OPTION_MODE] = {.name = "mode",
                     .kind = CLI_CHOICE,
                     .value = "MODE",
                     .fallback = "valid",
                     .choices = modes,
                     .help = "amount of padding; valid skips incomplete windows, tf-same has ceil(n/stride) "
                             "positions, as in TensorFlow"},
    [OPTION_PAD] =
        {.name = "pad",
         .kind = CLI_TEXT,
         .value = "P",
         .help = "explicit padding: P on each side, RxC for rows and columns, or TOP,BOTTOM,LEFT,RIGHT "
                 "(BEFORE,AFTER for a list)"},
    [OPTION_STEPS] = {.name = "steps", .help = "show every window"},
    [OPTION_AT] = {.name = "at",
                   .kind = CLI_TEXT,
                   .value = "POSITION",
                   .help = "only window to show, by its position in the result: I of a list, ROW,COLUMN or "
                           "ROW,COLUMN,CHANNEL"},
    [OPTION_SHIFT] =
        {.name = "shift",
         .help = "shift the input by one in each direction; count the values that change and their mean "
                 "change, before and after pooling"},
    [OPTION_BESIDE] =
        {.name = "beside",
         .kind = CLI_TEXT,
         .value = "X2",
         .help = "another input of the same shape, for example with noise, to count changes against"},
    [OPTION_OUT] = {.name = "out",
                    .letter = 'o',
                    .kind = CLI_TEXT,
                    .value = "FILE",
                    .help = "output file for the result: .png, .pgm, .ppm, .npy, .csv or .txt"},
    [OPTION_HTML] = {.name = "html",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "output file for a page to click through the windows"},
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
    [OPTION_QUIET] = {.name = "quiet",
                      .letter = 'q',
                      .help = "print only the values of the result, with all digits"},
};

static const char *const examples[] = {
    "ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --steps",
    "ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --kind mean --html pool.html",
    "ocellus pool --x 1,3,2,4,5,6,1,3 --size 3 --stride 2 --mode tf-same",
    "ocellus pool --x '0 0 0; 0 9 0; 0 0 0' --size 3 --shift",
    "ocellus pool --x '1 9; 2 3' --beside '9 0; 4 8'",
    "ocellus pool seven.png --size 4 --shift",
    "ocellus pool seven.png --kind mean --size 2x1 --out flat.png --quiet",
    NULL,
};

static const char text[] =
    "Slides a window over x and returns its maximum or its mean. X is values (1,3,2,4 or "
    "rows '1 3; 2 4'), a .npy, .csv or text file with one row per line, a PNG, PGM or PPM "
    "image, or - for standard input. One row or one column is a list. Each channel of a "
    "color image is pooled separately. Padding never is the maximum, and a mean does not "
    "count it.\n\n"
    "--shift shows the limits of the lecture's local invariance. The maximum of a window "
    "stays the same while it moves inside the window, and changes when a larger value "
    "enters. The command counts the values that differ before and after the shift, as a "
    "fraction of all, and prints the mean of |difference|. The values at the edge are "
    "repeated beyond it.\n\n"
    "Values are shown with 6 digits. The output of --quiet, --json and files has all digits.";

typedef struct job {
  cli_slide s;
  oc_pool2d_options o;
  cli_array other; /* the input of --beside */
} job;

/* ---- computing ---------------------------------------------------------------------------------------------- */

static oc_status read_options(const cli_call *call, const cli_slide *s, oc_pool2d_options *o, oc_error *err) {
  const cli_value *mode = cli_get(call, OPTION_MODE), *pad = cli_get(call, OPTION_PAD),
                  *stride = cli_get(call, OPTION_STRIDE);
  *o = oc_pool2d_defaults();
  o->kind = strcmp(cli_get(call, OPTION_KIND)->text, "max") == 0 ? OC_POOL_MAX : OC_POOL_MEAN;
  o->mode = strcmp(mode->text, "valid") == 0 ? OC_CONVOLVE_VALID : OC_CONVOLVE_TF_SAME;
  CLI_TRY(cli_pair_read("--size", cli_get(call, OPTION_SIZE)->text, s->line, o->size, err));
  o->stride[0] = o->size[0];
  o->stride[1] = o->size[1];
  if (stride->given) CLI_TRY(cli_pair_read("--stride", stride->text, s->line, o->stride, err));
  if (pad->given && mode->given)
    return cli_fail(err, OC_E_ARGUMENT, "--pad", "", "--pad and --mode are mutually exclusive");
  if (!pad->given) return OC_OK;
  o->mode = OC_CONVOLVE_EXPLICIT;
  CLI_TRY(cli_pad_read("--pad", pad->text, s->line, o->pad, err));
  if (s->line) o->pad[0] = o->pad[1] = 0;
  return OC_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------------ */

static oc_status draw(const cli_call *call, const cli_slide *s, oc_error *err) {
  const cli_array *shown[2] = {&s->x, &s->y};
  for (int i = 0; i < 2; i++) {
    const oc_image_shape size = {shown[i]->rows, shown[i]->columns, shown[i]->planes};
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

static bool shows_windows(const cli_call *call) {
  return cli_get(call, OPTION_STEPS)->given || cli_get(call, OPTION_AT)->given;
}

static oc_status print_text(const cli_call *call, const job *j, oc_error *err) {
  const cli_slide *s = &j->s;
  const cli_terminal *t = &call->out;
  const int64_t nan = cli_slide_nan(s);
  fprintf(t->stream, "%s%s%s, %s\n\n", cli_style(t, CLI_BOLD), cli_slide_name(s), cli_style(t, CLI_PLAIN),
          cli_slide_padding(s));
  if (shows_windows(call)) {
    CLI_TRY(cli_slide_print_steps(t, s, err));
    fputc('\n', t->stream);
  }
  if (s->x.image) CLI_TRY(draw(call, s, err));
  cli_slide_print_result(t, s);
  fputc('\n', t->stream);
  cli_slide_print_sizes(t, s);
  if (nan)
    fprintf(t->stream, "  NaN      %lld in x; kept: every window that holds one gives NaN\n", (long long)nan);
  if (cli_get(call, OPTION_SHIFT)->given) CLI_TRY(cli_pool_shift_print(t, s, &j->o, err));
  return j->other.data ? cli_pool_beside_print(t, s, &j->o, &j->other, err) : OC_OK;
}

static oc_status print_json(const cli_call *call, const job *j, oc_error *err) {
  const cli_slide *s = &j->s;
  json_t *object = cli_slide_json(s, shows_windows(call));
  oc_status status = OC_OK;
  if (object && cli_get(call, OPTION_SHIFT)->given) status = cli_pool_shift_json(object, s, &j->o, err);
  if (object && status == OC_OK && j->other.data)
    status = cli_pool_beside_json(object, s, &j->o, &j->other, err);
  if (status == OC_OK) return cli_slide_json_print(object, err);
  json_decref(object);
  return status;
}

static oc_status show(const cli_call *call, const job *j, oc_error *err) {
  const cli_slide *s = &j->s;
  const cli_value *out = cli_get(call, OPTION_OUT), *html = cli_get(call, OPTION_HTML);
  if (shows_windows(call)) CLI_TRY(cli_slide_check_steps(s, err));
  if (html->given) CLI_TRY(cli_slide_html(s, html->text, err));
  if (out->given) CLI_TRY(cli_array_save(&s->y, out->text, CLI_LEVELS_CLAMP, err));
  if (cli_get(call, OPTION_JSON)->given) return print_json(call, j, err);
  if (!cli_get(call, OPTION_QUIET)->given) return print_text(call, j, err);
  if (!out->given) cli_array_print(stdout, &s->y);
  return OC_OK;
}

static oc_status check_effects(const cli_call *call, oc_error *err) {
  static const int shown[] = {OPTION_STEPS, OPTION_SHIFT, OPTION_BESIDE, 0}, at[] = {OPTION_AT, 0},
                   quiet[] = {OPTION_QUIET, 0};
  const bool silent = cli_get(call, OPTION_QUIET)->given;
  if (cli_get(call, OPTION_JSON)->given) CLI_TRY(cli_no_effects(call, quiet, "with --json", err));
  if (silent) CLI_TRY(cli_no_effects(call, shown, "with --quiet", err));
  if (silent && !cli_get(call, OPTION_HTML)->given) CLI_TRY(cli_no_effects(call, at, "with --quiet", err));
  if (!cli_get(call, OPTION_STEPS)->given) return OC_OK;
  return cli_no_effects(call, at, "with --steps, which shows every window", err);
}

static oc_status compute(const cli_call *call, job *j, oc_error *err) {
  cli_slide *s = &j->s;
  oc_pool2d_options *o = &j->o;
  const cli_value *x = cli_get(call, OPTION_X), *at = cli_get(call, OPTION_AT),
                  *beside = cli_get(call, OPTION_BESIDE);
  const int operands = call->arguments.operand_count;
  if (operands && x->given)
    return cli_fail(err, OC_E_ARGUMENT, "--x", "", "expected one input, got %s and --x",
                    cli_operand(call, 0));
  if (!operands && !x->given)
    return cli_fail(err, OC_E_ARGUMENT, "", "Write, for example, `ocellus pool --x '1 3; 2 4'`.",
                    "expected an input: X or --x X");
  const char *what = operands ? cli_operand(call, 0) : x->text,
             *background = cli_get(call, OPTION_BACKGROUND)->text;
  CLI_TRY(cli_array_read(operands ? "X" : "--x", what, background, &s->x, err));
  CLI_TRY(cli_array_background(call, what, &s->x, err));
  CLI_TRY(check_effects(call, err));
  s->line = s->x.rank == 1;
  cli_array_lie_down(&s->x);
  CLI_TRY(read_options(call, s, o, err));
  s->kind = o->kind;
  s->mode = oc_convolve_mode_name(o->mode);
  if (beside->given) CLI_TRY(cli_pool_beside_read(s, beside->text, background, &j->other, err));
  CLI_TRY(cli_pool(&s->x, o, s->axes, &s->y, err));
  return at->given ? cli_slide_trace(s, at->text, err) : OC_OK;
}

static oc_status cmd_pool(const cli_call *call, oc_error *err) {
  job j = {.s.schema = "ocellus.pool/2"};
  oc_status status = compute(call, &j, err);
  if (status == OC_OK) status = show(call, &j, err);
  cli_slide_release(&j.s);
  cli_array_release(&j.other);
  return status;
}

CLI_COMMAND(pool, .summary = "pool lists, matrices or images, step by step", .operands = "[X]", .least = 0,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_pool);
