/* conv.c: `ocellus conv`: convolution by hand, with every window to be seen. */
#include "command.h"
#include "convolution.h"
#include "drawing.h"
#include "kernels.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_X = CLI_COMMON_COUNT,
  OPTION_W,
  OPTION_KERNEL,
  OPTION_MODE,
  OPTION_PAD,
  OPTION_STRIDE,
  OPTION_DILATION,
  OPTION_BOUNDARY,
  OPTION_FILL,
  OPTION_CORRELATE,
  OPTION_STEPS,
  OPTION_COMPARE,
  OPTION_LEVELS,
  OPTION_OUT,
  OPTION_HTML,
  OPTION_JSON,
  OPTION_QUIET,
};

static const char *const modes[] = {"full", "same", "valid", "tf-same", NULL};
static const char *const boundaries[] = {"zero", "wrap", "symmetric", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_X] = {.name = "x", .kind = CLI_TEXT, .value = "X", .help = "the input, if it is no operand"},
    [OPTION_W] = {.name = "w",
                  .kind = CLI_TEXT,
                  .value = "W",
                  .help = "the kernel, in numbers or from a file"},
    [OPTION_KERNEL] = {.name = "kernel",
                       .kind = CLI_TEXT,
                       .value = "NAME",
                       .help = "a kernel by its name, see above"},
    [OPTION_MODE] = {.name = "mode",
                     .kind = CLI_CHOICE,
                     .value = "MODE",
                     .fallback = "same",
                     .choices = modes,
                     .help = "how much padding there is"},
    [OPTION_PAD] =
        {.name = "pad",
         .kind = CLI_TEXT,
         .value = "P",
         .help = "padding in numbers: P on each side, RxC for rows and columns, or TOP,BOTTOM,LEFT,RIGHT "
                 "(BEFORE,AFTER for a list)"},
    [OPTION_STRIDE] =
        {.name = "stride", .kind = CLI_TEXT, .value = "S|RxC", .fallback = "1", .help = "step of the window"},
    [OPTION_DILATION] = {.name = "dilation",
                         .kind = CLI_TEXT,
                         .value = "D|RxC",
                         .fallback = "1",
                         .help = "distance between neighbours in the kernel"},
    [OPTION_BOUNDARY] = {.name = "boundary",
                         .kind = CLI_CHOICE,
                         .value = "KIND",
                         .choices = boundaries,
                         .help = "what lies beyond the edge; zero, for pictures symmetric, if not given"},
    [OPTION_FILL] = {.name = "fill",
                     .kind = CLI_REAL,
                     .value = "V",
                     .fallback = "0",
                     .low = -1e300,
                     .high = 1e300,
                     .help = "instead of zero beyond the edge"},
    [OPTION_CORRELATE] = {.name = "correlate", .help = "cross-correlation: do not turn the kernel round"},
    [OPTION_STEPS] = {.name = "steps", .help = "show every window: padded input, kernel, products, sum"},
    [OPTION_COMPARE] = {.name = "compare",
                        .help =
                            "set true convolution beside cross-correlation, and same beside TensorFlow's"},
    [OPTION_LEVELS] =
        {.name = "levels",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .choices = cli_levels_choices,
         .help = "how numbers become grey; absolute for kernels that sum to 0, otherwise clamp, if not "
                 "given"},
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
    "ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode same --steps",
    "ocellus conv --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --w '1 0 3; 1 2 1; 0 1 1' --pad 1",
    "ocellus conv --x '2 1 2; 5 0 1; 1 7 3' --w '.5 .7 .4; .3 .4 .1; .5 1 .5' --pad 1 --stride 2 --html "
    "steps.html",
    "ocellus conv --x 1,2,3,4 --w 1,2 --stride 2 --compare",
    "ocellus conv seven.png --kernel gaussian:1.5 --out blurred.png",
    "ocellus conv seven.png --kernel sobel-x --correlate --levels middle --out edges.png --quiet",
    "seq 10 | ocellus conv - --w 1,-1 --mode valid --json",
    NULL,
};

static const char text[] =
    "Slides a kernel w over x; each place gives the sum of the products. True convolution, as in the "
    "lecture, "
    "turns the kernel round first; --correlate, as networks do, does not.\n\n"
    "X and W are numbers (1,3,2,4 or rows '1 3; 2 4'), a .npy, .csv or text file, a PNG, PGM or PPM picture, "
    "or - for "
    "standard input. In a file or on standard input each line is a row, with blanks, or tabs, commas or "
    "semicolons between its numbers. One row or one column is a list, except beside a matrix, where it "
    "keeps its shape. "
    "Two lists are convolved in one dimension, with the rules of numpy.convolve and "
    "numpy.correlate; "
    "anything else in two, with those of scipy.signal.convolve2d and correlate2d. Each channel of a colour "
    "picture "
    "is convolved alone.\n\n"
    "Kernels by name (3x3 if not said otherwise):\n"
    "  identity blur sharpen edges laplace emboss sobel-x sobel-y prewitt-x prewitt-y\n"
    "  box[:N]            N x N, all equal (N is 3 if not given)\n"
    "  gaussian[:SIGMA]   out to three sigma (SIGMA is 1 if not given)\n"
    "They are as they are usually printed, which is for cross-correlation: sobel-x and the like change their "
    "sign "
    "when they are turned round.\n\n"
    "Modes, for a kernel of m numbers (m stands for its spread length with --dilation):\n"
    "  full      m-1 on each side: every place where the two touch\n"
    "  same      as many places as x has, with stride 1; an odd zero in front\n"
    "  valid     no padding: only places where the kernel lies inside\n"
    "  tf-same   TensorFlow's: ceil(n/stride) places, the odd one at the end";

/* ---- reading ------------------------------------------------------------------------------------------------ */

static oc_status read_x(const cli_call *call, cli_slide *s, oc_error *err) {
  const cli_value *x = cli_get(call, OPTION_X);
  const int operands = call->arguments.operand_count;
  if (operands && x->given)
    return cli_fail(err, OC_E_ARGUMENT, "--x", "", "the input is given twice: %s and --x",
                    cli_operand(call, 0));
  if (!operands && !x->given)
    return cli_fail(err, OC_E_ARGUMENT, "", "for example: ocellus conv --x 1,3,2,4 --w 1,2",
                    "needs an input: X or --x X");
  const char *what = operands ? cli_operand(call, 0) : x->text, *w = cli_get(call, OPTION_W)->text;
  if (w && strcmp(w, "-") == 0 && strcmp(what, "-") == 0)
    return cli_fail(err, OC_E_ARGUMENT, "--w", "put one of them in a file",
                    "standard input cannot be both x and w");
  return cli_array_read(operands ? "X" : "--x", what, &s->x, err);
}

static oc_status read_w(const cli_call *call, cli_slide *s, oc_error *err) {
  const cli_value *w = cli_get(call, OPTION_W), *kernel = cli_get(call, OPTION_KERNEL);
  if (w->given == kernel->given)
    return cli_fail(err, OC_E_ARGUMENT, w->given ? "--kernel" : "", "for example --w 1,2 or --kernel blur",
                    w->given ? "the kernel is given twice: --w and --kernel"
                             : "needs a kernel: --w W or --kernel NAME");
  if (kernel->given) return cli_kernel_make(kernel->text, &s->w, err);
  const oc_status status = cli_array_read("--w", w->text, &s->w, err);
  if (status != OC_OK) {
    if (cli_kernel_make(w->text, &s->w, NULL) == OC_OK)
      snprintf(err->hint, sizeof err->hint, "%s is a kernel's name: --kernel %s", w->text, w->text);
    return status;
  }
  if (s->w.planes == 1) return OC_OK;
  return cli_fail(err, OC_E_DATA, w->text, "use a grey picture or a matrix",
                  "a kernel has no channels, but this has %lld", (long long)s->w.planes);
}

static oc_status read_options(const cli_call *call, const cli_slide *s, oc_convolve2d_options *o,
                              oc_error *err) {
  const cli_value *mode = cli_get(call, OPTION_MODE), *pad = cli_get(call, OPTION_PAD),
                  *boundary = cli_get(call, OPTION_BOUNDARY);
  *o = oc_convolve2d_defaults();
  while (strcmp(oc_convolve_mode_name(o->mode), mode->text) != 0) o->mode++;
  if (pad->given && mode->given)
    return cli_fail(err, OC_E_ARGUMENT, "--pad", "",
                    "--pad and --mode both say how much padding there is; give one");
  if (pad->given) {
    o->mode = OC_CONVOLVE_EXPLICIT;
    CLI_TRY(cli_pad_read("--pad", pad->text, s->line, o->pad, err));
  }
  CLI_TRY(cli_pair_read("--stride", cli_get(call, OPTION_STRIDE)->text, o->stride, err));
  CLI_TRY(cli_pair_read("--dilation", cli_get(call, OPTION_DILATION)->text, o->dilation, err));
  const char *kind = boundary->given ? boundary->text : s->x.picture ? "symmetric" : "zero";
  while (strcmp(oc_boundary_name(o->boundary), kind) != 0) o->boundary++;
  o->fill = cli_get(call, OPTION_FILL)->real;
  o->correlate = cli_get(call, OPTION_CORRELATE)->given;
  if (o->fill != 0 && o->boundary != OC_BOUNDARY_FILL)
    return cli_fail(err, OC_E_ARGUMENT, "--fill", "", "nothing is filled with boundary %s", kind);
  return OC_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------------ */

static cli_levels levels_of(const cli_call *call, const cli_slide *s) {
  double sum = 0, size = 0;
  if (cli_get(call, OPTION_LEVELS)->given) return cli_levels_of(cli_get(call, OPTION_LEVELS)->text);
  for (int64_t i = 0; i < s->w.rows * s->w.columns; i++) {
    sum += s->w.data[i];
    size += fabs(s->w.data[i]);
  }
  return fabs(sum) <= 1e-9 * size ? CLI_LEVELS_ABSOLUTE : CLI_LEVELS_CLAMP;
}

/* Input and result, beside each other if they have the same size. */
static oc_status draw(const cli_call *call, const cli_slide *s, oc_error *err) {
  cli_drawing d[2] = {0};
  uint8_t *x = cli_array_pixels(&s->x, CLI_LEVELS_CLAMP), *y = cli_array_pixels(&s->y, levels_of(call, s));
  const oc_picture_size sx = {s->x.rows, s->x.columns, s->x.planes},
                        sy = {s->y.rows, s->y.columns, s->y.planes};
  if (x && y) {
    d[0].pixels = x;
    d[1].pixels = y;
    cli_draw_caption(&d[0], 0, 1, "x");
    cli_draw_caption(&d[1], 0, 1, "y");
    const bool same = s->x.rows == s->y.rows && s->x.columns == s->y.columns;
    cli_draw(&call->out, sx, d, same ? 2 : 1);
    if (!same) cli_draw(&call->out, sy, d + 1, 1);
  }
  free(x);
  free(y);
  return x && y ? OC_OK : cli_fail_memory(err);
}

static oc_status print_text(const cli_call *call, const cli_slide *s, oc_error *err) {
  const cli_terminal *t = &call->out;
  const int64_t nan = cli_slide_nan(s);
  fprintf(t->stream, "%s%s%s, %s, beyond the edge: ", cli_style(t, CLI_BOLD), cli_slide_name(s),
          cli_style(t, CLI_PLAIN), s->mode);
  char fill[32];
  const bool filled = s->axes[1].boundary == OC_BOUNDARY_FILL && s->fill != 0;
  fprintf(t->stream, "%s\n\n",
          filled ? cli_number(s->fill, fill, sizeof fill) : oc_boundary_name(s->axes[1].boundary));
  if (cli_get(call, OPTION_STEPS)->given) {
    CLI_TRY(cli_slide_print_steps(t, s, err));
    fputc('\n', t->stream);
  }
  if (s->x.picture) CLI_TRY(draw(call, s, err));
  cli_slide_print_result(t, s);
  fputc('\n', t->stream);
  cli_slide_print_sizes(t, s);
  if (nan)
    fprintf(t->stream, "  NaN      %lld in x and w; kept: every sum that meets one is NaN\n", (long long)nan);
  if (!cli_get(call, OPTION_COMPARE)->given) return OC_OK;
  fputc('\n', t->stream);
  return cli_compare_print(t, s, err);
}

static oc_status print_json(const cli_call *call, const cli_slide *s, oc_error *err) {
  const bool steps = cli_get(call, OPTION_STEPS)->given;
  if (steps) CLI_TRY(cli_slide_check_steps(s, err));
  json_t *object = cli_slide_json(s, steps);
  oc_status status = OC_OK;
  if (object && cli_get(call, OPTION_COMPARE)->given) status = cli_compare_json(object, s, err);
  if (status == OC_OK) return cli_slide_json_print(object, err);
  json_decref(object);
  return status;
}

static oc_status show(const cli_call *call, const cli_slide *s, oc_error *err) {
  const cli_value *out = cli_get(call, OPTION_OUT), *html = cli_get(call, OPTION_HTML);
  if (cli_get(call, OPTION_STEPS)->given) CLI_TRY(cli_slide_check_steps(s, err));
  if (html->given) CLI_TRY(cli_slide_html(s, html->text, err));
  if (out->given) CLI_TRY(cli_array_save(&s->y, out->text, levels_of(call, s), err));
  if (cli_get(call, OPTION_JSON)->given) return print_json(call, s, err);
  if (!cli_get(call, OPTION_QUIET)->given) return print_text(call, s, err);
  if (!out->given) cli_array_print(stdout, &s->y);
  return OC_OK;
}

static oc_status convolve(const cli_call *call, cli_slide *s, oc_error *err) {
  oc_convolve2d_options o;
  CLI_TRY(read_x(call, s, err));
  CLI_TRY(read_w(call, s, err));
  s->line = s->x.rank == 1 && s->w.rank == 1;
  if (s->line) {
    cli_array_lie_down(&s->x);
    cli_array_lie_down(&s->w);
  }
  CLI_TRY(read_options(call, s, &o, err));
  s->mode = oc_convolve_mode_name(o.mode);
  s->correlate = o.correlate;
  s->fill = o.fill;
  return cli_convolve(&s->x, &s->w, s->line, &o, s->axes, &s->y, err);
}

static oc_status run(const cli_call *call, oc_error *err) {
  cli_slide s = {.schema = "ocellus.conv/1"};
  oc_status status = convolve(call, &s, err);
  if (status == OC_OK) status = show(call, &s, err);
  cli_slide_release(&s);
  return status;
}

CLI_COMMAND(conv, .summary = "convolve numbers or pictures, step by step", .operands = "[X]", .least = 0,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = run);
