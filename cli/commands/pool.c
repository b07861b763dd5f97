/* pool.c: `ocellus pool`: pooling by hand, and what it does to an image that moves. */
#include "lecture/pool.h"
#include <string.h>

static const char *const kinds[] = {"max", "mean", NULL};
static const char *const modes[] = {"valid", "tf-same", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_X] = CLI_SLIDE_X_ROW,
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
    [OPTION_PAD] = CLI_SLIDE_PAD_ROW,
    [OPTION_STEPS] = {.name = "steps", .help = "show every window"},
    [OPTION_AT] = CLI_SLIDE_AT_ROW,
    [OPTION_SHIFT] =
        {.name = "shift",
         .help = "shift the input by one in each direction; count the values that change and their mean "
                 "change, before and after pooling"},
    [OPTION_BESIDE] =
        {.name = "beside",
         .kind = CLI_TEXT,
         .value = "X2",
         .help = "another input of the same shape, for example with noise, to count changes against"},
    [OPTION_OUT] = CLI_SLIDE_OUT_ROW,
    [OPTION_HTML] = CLI_SLIDE_HTML_ROW,
    [OPTION_JSON] = CLI_SLIDE_JSON_ROW,
    [OPTION_QUIET] = CLI_SLIDE_QUIET_ROW,
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
    "rows '1 3; 2 4'), a .npy, .csv or text file with one row per line, an image (see "
    "`ocellus help data`), or - for standard input. One row or one column is a list. Each channel of a "
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

/* ---- computing ----------------------------------------------------------------------------------------- */

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
  if (!pad->given) return OC_OK;
  o->mode = OC_CONVOLVE_EXPLICIT;
  CLI_TRY(cli_slide_pad(call, s, o->pad, err));
  if (s->line) o->pad[0] = o->pad[1] = 0;
  return OC_OK;
}

/* ---- showing ------------------------------------------------------------------------------------------- */

static oc_status print_more(const cli_call *call, const void *context, oc_error *err) {
  const job *j = context;
  const cli_terminal *t = &call->out;
  if (cli_get(call, OPTION_SHIFT)->given) CLI_TRY(cli_pool_shift_print(t, &j->s, &j->o, err));
  return j->other.data ? cli_pool_beside_print(t, &j->s, &j->o, &j->other, err) : OC_OK;
}

static oc_status add_json(json_t *object, const cli_call *call, const void *context, oc_error *err) {
  const job *j = context;
  if (cli_get(call, OPTION_SHIFT)->given) CLI_TRY(cli_pool_shift_json(object, &j->s, &j->o, err));
  return j->other.data ? cli_pool_beside_json(object, &j->s, &j->o, &j->other, err) : OC_OK;
}

static oc_status compute(const cli_call *call, job *j, oc_error *err) {
  cli_slide *s = &j->s;
  oc_pool2d_options *o = &j->o;
  static const int shown[] = {OPTION_STEPS, OPTION_SHIFT, OPTION_BESIDE, 0};
  const cli_value *at = cli_get(call, OPTION_AT), *beside = cli_get(call, OPTION_BESIDE);
  const char *background = cli_get(call, OPTION_BACKGROUND)->text;
  cli_slide_input x;
  CLI_TRY(cli_slide_input_of(call, "Write, for example, `ocellus pool --x '1 3; 2 4'`.", &x, err));
  CLI_TRY(cli_array_read(x.where, x.text, background, &s->x, err));
  CLI_TRY(cli_array_background(call, x.text, &s->x, err));
  CLI_TRY(cli_slide_check_effects(call, shown, err));
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
  const cli_slide_output output = {CLI_LEVELS_CLAMP, print_more, add_json, &j};
  if (status == OC_OK) status = cli_slide_show(call, &j.s, &output, err);
  cli_slide_release(&j.s);
  cli_array_release(&j.other);
  return status;
}

CLI_COMMAND(pool, .summary = "pool lists, matrices or images, step by step", .operands = "[X]", .least = 0,
            .most = 1, .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options),
            .examples = examples, .run = cmd_pool);
