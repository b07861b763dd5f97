/* conv.c: `ocellus conv`: convolution by hand, with every window to be seen. */
#include "lecture/conv.h"
#include <math.h>

static const char *const modes[] = {"full", "same", "valid", "tf-same", NULL};
static const char *const boundaries[] = {"zero", "wrap", "symmetric", NULL};
static const char *const activations[] = {"none", "relu", "sigmoid", "tanh", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_X] = CLI_SLIDE_X_ROW,
    [OPTION_W] = {.name = "w", .kind = CLI_TEXT, .value = "W", .help = "kernel, as values or a file"},
    [OPTION_BACKGROUND] = CLI_BACKGROUND_ROW,
    [OPTION_KERNEL] = {.name = "kernel",
                       .kind = CLI_TEXT,
                       .value = "NAME",
                       .help = "kernel by name, see above"},
    [OPTION_MODE] = {.name = "mode",
                     .kind = CLI_CHOICE,
                     .value = "MODE",
                     .fallback = "same",
                     .choices = modes,
                     .help = "amount of padding"},
    [OPTION_PAD] = CLI_SLIDE_PAD_ROW,
    [OPTION_STRIDE] = {.name = "stride",
                       .kind = CLI_TEXT,
                       .value = "S|RxC",
                       .fallback = "1",
                       .help = "stride of the window"},
    [OPTION_DILATION] = {.name = "dilation",
                         .kind = CLI_TEXT,
                         .value = "D|RxC",
                         .fallback = "1",
                         .help = "distance between neighbors in the kernel"},
    [OPTION_BOUNDARY] = {.name = "boundary",
                         .kind = CLI_CHOICE,
                         .value = "KIND",
                         .choices = boundaries,
                         .help = "kind of padding beyond the edge",
                         .usual = "zero; symmetric for images"},
    [OPTION_FILL] = {.name = "fill",
                     .kind = CLI_REAL,
                     .value = "V",
                     .fallback = "0",
                     .low = -1e300,
                     .high = 1e300,
                     .help = "padding value, instead of zero"},
    [OPTION_CORRELATE] = {.name = "correlate", .help = "cross-correlate: do not flip the kernel"},
    [OPTION_BIAS] = {.name = "bias",
                     .kind = CLI_TEXT,
                     .value = "B",
                     .help = "bias b of A = Y + b: one value per output channel"},
    [OPTION_ACTIVATION] = {.name = "activation",
                           .kind = CLI_CHOICE,
                           .value = "PHI",
                           .choices = activations,
                           .help = "activation PHI: show the feature map H = PHI(A) next to Y and A"},
    [OPTION_STEPS] = {.name = "steps", .help = "show every window: padded input, kernel, products, sum"},
    [OPTION_AT] = CLI_SLIDE_AT_ROW,
    [OPTION_COMPARE] =
        {.name = "compare",
         .help = "compare true convolution with cross-correlation, and mode same with TensorFlow's"},
    [OPTION_USES] = {.name = "uses", .help = "count the windows that each value of x is in"},
    [OPTION_SLIDE_LOOP] =
        {.name = "slide-loop",
         .help = "compare with the result of the lecture's loop, whose bounds are wrong for strides above "
                 "1 and some paddings"},
    [OPTION_LEVELS] = {.name = "levels",
                       .kind = CLI_CHOICE,
                       .value = "HOW",
                       .choices = cli_levels_choices,
                       .help = "mapping from values to gray levels",
                       .usual = "absolute for kernels that sum to 0, otherwise clamp"},
    [OPTION_OUT] = CLI_SLIDE_OUT_ROW,
    [OPTION_HTML] = CLI_SLIDE_HTML_ROW,
    [OPTION_JSON] = CLI_SLIDE_JSON_ROW,
    [OPTION_QUIET] = CLI_SLIDE_QUIET_ROW,
};

static const char *const examples[] = {
    "ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode same --steps",
    "ocellus conv --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --w '1 0 3; 1 2 1; 0 1 1' --pad 1",
    "ocellus conv --x '2 1 2; 5 0 1; 1 7 3' --w '.5 .7 .4; .3 .4 .1; .5 1 .5' --pad 1 --stride 2 --html "
    "steps.html",
    "ocellus conv --x 1,2,3,4 --w 1,2 --stride 2 --compare",
    "ocellus conv --x '1 2; 3 4 | 5 6; 7 8' --w '1 0; 0 1 | 1 -1; 0 2' --mode valid --bias -9 --activation "
    "relu --at 0,0",
    "ocellus conv seven.png --kernel gaussian:1.5 --out blurred.png",
    "ocellus conv seven.png --kernel sobel-x --correlate --levels middle --out edges.png --quiet",
    "seq 10 | ocellus conv - --w 1,-1 --mode valid --json",
    NULL,
};

static const char text[] =
    "Slides a kernel w over x. Each position gives the sum of the products. True "
    "convolution, as in the lecture, flips the kernel first. With --correlate it is not "
    "flipped, as in networks.\n\n"
    "X and W are values (1,3,2,4 or rows '1 3; 2 4'), a .npy, .csv or text file, an image "
    "(see `ocellus help data`), or - for standard input. In a file or on standard input each line is a "
    "row, with spaces, tabs, commas or semicolons between its values. One row or one column "
    "is a list, except together with a matrix, where it keeps its shape. Two lists are "
    "convolved in one dimension, with the rules of numpy.convolve and numpy.correlate. "
    "Everything else is convolved in two, with the rules of scipy.signal.convolve2d and "
    "correlate2d.\n\n"
    "Channels are separated by |, each as values or a file ('r.csv | g.csv | b.csv'), or are "
    "the third axis of a .npy file. A kernel has as many channels as x, and || precedes "
    "those of each further output. It can also be a .npy file with the axes rows, columns, "
    "channels and, with rank 4, outputs. Each output is the sum over the channels. The "
    "options --bias and --activation make a feature map of it. A kernel without channels is "
    "applied to each channel of x separately.\n\n"
    "Values are shown with 6 digits. The output of --quiet, --json and files has all "
    "digits.\n\n"
    "Kernels by name (3x3 unless stated):\n"
    "  identity blur sharpen edges laplace emboss sobel-x sobel-y prewitt-x prewitt-y\n"
    "  box[:N]            N x N, all equal (default: 3)\n"
    "  gaussian[:SIGMA]   out to three sigma (default: 1)\n"
    "They are written as usual, for cross-correlation: sobel-x and similar kernels change "
    "their sign when flipped.\n\n"
    "Modes, for a kernel of length m (with --dilation, m is the dilated length):\n"
    "  full      m-1 on each side: every position where kernel and x overlap\n"
    "  same      as long as x, with stride 1; an odd zero goes in front\n"
    "  valid     no padding: only positions where the kernel lies inside x\n"
    "  tf-same   TensorFlow's: length ceil(n/stride); an odd zero goes at the end";

/* ---- showing ------------------------------------------------------------------------------------------- */

static cli_levels levels_of(const cli_call *call, const cli_slide *s) {
  double sum = 0, size = 0;
  if (cli_get(call, OPTION_LEVELS)->given) return cli_levels_of(cli_get(call, OPTION_LEVELS)->text);
  for (int64_t i = 0; i < cli_array_count(&s->w); i++) {
    sum += s->w.data[i];
    size += fabs(s->w.data[i]);
  }
  return fabs(sum) <= 1e-9 * size ? CLI_LEVELS_ABSOLUTE : CLI_LEVELS_CLAMP;
}

static oc_status print_more(const cli_call *call, const void *context, oc_error *err) {
  const cli_slide *s = context;
  const cli_terminal *t = &call->out;
  if (cli_get(call, OPTION_USES)->given) CLI_TRY(cli_uses_print(t, s, err));
  if (cli_get(call, OPTION_SLIDE_LOOP)->given) CLI_TRY(cli_slide_loop_print(t, s, err));
  if (!cli_get(call, OPTION_COMPARE)->given) return OC_OK;
  fputc('\n', t->stream);
  return cli_compare_print(t, s, err);
}

static oc_status add_json(json_t *object, const cli_call *call, const void *context, oc_error *err) {
  const cli_slide *s = context;
  if (cli_get(call, OPTION_USES)->given) CLI_TRY(cli_uses_json(object, s, err));
  if (cli_get(call, OPTION_SLIDE_LOOP)->given) CLI_TRY(cli_slide_loop_json(object, s, err));
  return cli_get(call, OPTION_COMPARE)->given ? cli_compare_json(object, s, err) : OC_OK;
}

static oc_status convolve(const cli_call *call, cli_slide *s, oc_error *err) {
  oc_convolve2d_options o;
  const cli_value *at = cli_get(call, OPTION_AT);
  CLI_TRY(cli_conv_read(call, s, &o, err));
  CLI_TRY(cli_convolve(s, &o, s->axes, &s->y, err));
  if (s->layer) CLI_TRY(cli_activate(s, err));
  if (cli_get(call, OPTION_SLIDE_LOOP)->given) CLI_TRY(cli_slide_loop_check(s, err));
  return at->given ? cli_slide_trace(s, at->text, err) : OC_OK;
}

static oc_status cmd_conv(const cli_call *call, oc_error *err) {
  cli_slide s = {.schema = "ocellus.conv/2"};
  oc_status status = convolve(call, &s, err);
  const cli_slide_output output = {levels_of(call, &s), print_more, add_json, &s};
  if (status == OC_OK) status = cli_slide_show(call, &s, &output, err);
  cli_slide_release(&s);
  return status;
}

CLI_COMMAND(conv, .summary = "convolve lists, matrices or images, step by step", .operands = "[X]",
            .least = 0, .most = 1, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_conv);
