/* conv_read.c: reads the arguments of `ocellus conv`. */
#include "lecture/conv.h"
#include "lecture/filters.h"
#include "ocellus/data.h"
#include <string.h>

/* ---- x, w and b ---------------------------------------------------------------------------------------- */

static oc_status read_x(const cli_call *call, cli_slide *s, oc_error *err) {
  const char *w = cli_get(call, OPTION_W)->text;
  cli_slide_input x;
  CLI_TRY(cli_slide_input_of(call, "Write, for example, `ocellus conv --x 1,3,2,4 --w 1,2`.", &x, err));
  if (w && strcmp(w, "-") == 0 && strcmp(x.text, "-") == 0)
    return cli_fail(err, OC_E_ARGUMENT, "--w", "Put one of them in a file.",
                    "expected two inputs, but standard input is used for both x and w");
  CLI_TRY(cli_array_read_channels(x.where, x.text, cli_get(call, OPTION_BACKGROUND)->text, &s->x, err));
  return cli_array_background(call, x.text, &s->x, err);
}

static oc_status read_w(const cli_call *call, cli_slide *s, oc_error *err) {
  const cli_value *w = cli_get(call, OPTION_W), *kernel = cli_get(call, OPTION_KERNEL);
  if (w->given == kernel->given)
    return cli_fail(
        err, OC_E_ARGUMENT, w->given ? "--kernel" : "", "Use, for example, --w 1,2 or --kernel blur.",
        w->given ? "--w and --kernel are mutually exclusive" : "expected a kernel: --w W or --kernel NAME");
  if (kernel->given) return cli_kernel_make(kernel->text, &s->w, err);
  const oc_status status = cli_array_read_channels("--w", w->text, NULL, &s->w, err);
  if (status != OC_OK && cli_kernel_make(w->text, &s->w, NULL) == OC_OK)
    snprintf(err->hint, sizeof err->hint, "Use --kernel %s: '%s' is the name of a kernel.", w->text, w->text);
  return status;
}

/* True if the kernel has a plane for each channel of x. */
static oc_status check_channels(const char *w, const cli_slide *s, oc_error *err) {
  const int64_t channels = s->w.planes / s->w.outputs;
  if (s->x.rank > 3)
    return cli_fail(err, OC_E_DATA, "x", "Give one image: rows x columns x channels.",
                    "expected an input of at most 3 axes, got 4");
  if (!s->sums || channels == s->x.planes) return OC_OK;
  return cli_fail(err, OC_E_DATA, w,
                  "Use a kernel with the axes rows x columns x channels, and optionally outputs.",
                  "the kernel has %lld channel%s, but x has %lld", (long long)channels,
                  channels == 1 ? "" : "s", (long long)s->x.planes);
}

/* ---- options ------------------------------------------------------------------------------------------- */

static bool given(const cli_call *call, int option) {
  return cli_get(call, option)->given;
}

static bool pads(const oc_convolve2d_options *o) {
  const bool none = !o->pad[0] && !o->pad[1] && !o->pad[2] && !o->pad[3];
  return o->mode != OC_CONVOLVE_VALID && !(o->mode == OC_CONVOLVE_EXPLICIT && none);
}

/* The kind of output determines which of its options have an effect. */
static oc_status check_effects(const cli_call *call, const cli_slide *s, const oc_convolve2d_options *o,
                               oc_error *err) {
  static const int edge[] = {OPTION_BOUNDARY, OPTION_FILL, 0}, fill[] = {OPTION_FILL, 0},
                   shown[] = {OPTION_STEPS, OPTION_COMPARE, OPTION_USES, OPTION_SLIDE_LOOP, 0},
                   levels[] = {OPTION_LEVELS, 0};
  const bool json = given(call, OPTION_JSON), silent = given(call, OPTION_QUIET);
  const cli_value *out = cli_get(call, OPTION_OUT);
  if (!pads(o)) CLI_TRY(cli_no_effects(call, edge, "without padding", err));
  if (o->boundary != OC_BOUNDARY_FILL)
    CLI_TRY(cli_no_effects(call, fill, "with boundary wrap or symmetric", err));
  CLI_TRY(cli_slide_check_effects(call, shown, err));
  const bool drawn = s->x.image && !s->sums && !json && !silent;
  if (!drawn && !(out->given && oc_image_has_extension(out->text)))
    CLI_TRY(cli_no_effects(call, levels, "where no image is drawn or written", err));
  return OC_OK;
}

static oc_status read_options(const cli_call *call, const cli_slide *s, oc_convolve2d_options *o,
                              oc_error *err) {
  const cli_value *mode = cli_get(call, OPTION_MODE), *pad = cli_get(call, OPTION_PAD),
                  *boundary = cli_get(call, OPTION_BOUNDARY);
  *o = oc_convolve2d_defaults();
  while (strcmp(oc_convolve_mode_name(o->mode), mode->text) != 0) o->mode++;
  if (pad->given) {
    o->mode = OC_CONVOLVE_EXPLICIT;
    CLI_TRY(cli_slide_pad(call, s, o->pad, err));
  }
  CLI_TRY(cli_pair_read("--stride", cli_get(call, OPTION_STRIDE)->text, s->line, o->stride, err));
  CLI_TRY(cli_pair_read("--dilation", cli_get(call, OPTION_DILATION)->text, s->line, o->dilation, err));
  const char *kind = boundary->given ? boundary->text : s->x.image ? "symmetric" : "zero";
  while (strcmp(oc_boundary_name(o->boundary), kind) != 0) o->boundary++;
  o->fill = cli_get(call, OPTION_FILL)->real;
  o->correlate = cli_get(call, OPTION_CORRELATE)->given;
  return check_effects(call, s, o, err);
}

static oc_status read_layer(const cli_call *call, cli_slide *s, oc_error *err) {
  const cli_value *b = cli_get(call, OPTION_BIAS), *activation = cli_get(call, OPTION_ACTIVATION);
  const int64_t outputs = s->sums ? s->w.outputs : s->x.planes;
  s->layer = b->given || activation->given;
  while (activation->given && strcmp(oc_activation_name(s->activation), activation->text) != 0)
    s->activation++;
  if (!b->given) return OC_OK;
  CLI_TRY(cli_array_read("--bias", b->text, NULL, &s->b, err));
  if (cli_array_count(&s->b) == outputs) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--bias", "", "got %lld values, but the result has %lld channel%s",
                  (long long)cli_array_count(&s->b), (long long)outputs, outputs == 1 ? "" : "s");
}

oc_status cli_conv_read(const cli_call *call, cli_slide *s, oc_convolve2d_options *o, oc_error *err) {
  const cli_value *w = cli_get(call, OPTION_W);
  CLI_TRY(read_x(call, s, err));
  CLI_TRY(read_w(call, s, err));
  s->sums = s->w.rank > 2;
  s->line = s->x.rank == 1 && s->w.rank == 1;
  CLI_TRY(check_channels(w->given ? w->text : "--kernel", s, err));
  if (s->line) {
    cli_array_lie_down(&s->x);
    cli_array_lie_down(&s->w);
  }
  CLI_TRY(read_options(call, s, o, err));
  CLI_TRY(read_layer(call, s, err));
  s->mode = oc_convolve_mode_name(o->mode);
  s->correlate = o->correlate;
  s->fill = o->fill;
  return OC_OK;
}
