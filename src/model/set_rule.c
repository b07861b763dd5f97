/* set_rule.c: gives a model the rule for images that its file lacks. */
#include "base/options.h"
#include "model/model.h"
#include "ocellus/rule.h"
#include "ops/ops.h"
#include <math.h>
#include <string.h>

oc_rule_options oc_rule_defaults(void) {
  return (oc_rule_options){.struct_size = sizeof(oc_rule_options)};
}

bool oc_model_has_rule(const oc_model *m) {
  return m && !m->no_rule;
}

/* ---- options ------------------------------------------------------------------------------------------- */

static oc_status check_numbers(const oc_rule_options *o, oc_error *err) {
  for (int i = 0; i < o->numbers; i++) {
    if (o->mean && !(o->mean[i] >= 0 && o->mean[i] <= o->white))
      return oc_fail(err, OC_E_ARGUMENT, "mean", "Say with `white` what a white pixel is: 1 or 255.",
                     "must be 0 to %g, which is white, got %g", o->white, o->mean[i]);
    if (o->deviation && !(o->deviation[i] > 0 && isfinite(o->deviation[i])))
      return oc_fail(err, OC_E_ARGUMENT, "deviation", "", "must be above 0, got %g", o->deviation[i]);
  }
  return OC_OK;
}

static oc_status check_options(const oc_model *m, const oc_rule_options *o, oc_error *err) {
  if (!m->no_rule)
    return oc_fail(err, OC_E_ARGUMENT, "model", "Use it as it is.", "has a rule for images already");
  if (m->size.channels != 1 && m->size.channels != 3)
    return oc_fail(err, OC_E_UNSUPPORTED, "model", "", "takes images of %lld channels; 1 or 3 are possible",
                   (long long)m->size.channels);
  if ((int)o->resize < OC_RESIZE_AUTO || o->resize > OC_RESIZE_STRETCH)
    return oc_fail(err, OC_E_ARGUMENT, "resize", "", "no such way: %d", (int)o->resize);
  if (!(o->white > 0 && o->white <= 65535))
    return oc_fail(err, OC_E_ARGUMENT, "white", "Use 1 or 255.", "must be above 0, at most 65535, got %g",
                   o->white);
  const bool any = o->mean || o->deviation;
  if (any ? o->numbers != 1 && o->numbers != m->size.channels : o->numbers != 0)
    return oc_fail(err, OC_E_ARGUMENT, "numbers", "Give one mean and deviation, or one for each channel.",
                   "%d numbers for %lld channels", o->numbers, (long long)m->size.channels);
  if (o->bgr && m->size.channels != 3)
    return oc_fail(err, OC_E_ARGUMENT, "bgr", "Leave it out.", "the model takes gray images");
  return check_numbers(o, err);
}

/* ---- standardization ----------------------------------------------------------------------------------- */

/* What a model has whose file has no means. */
static bool does_nothing(const oc_standardizer *s) {
  bool nothing = s->how == OC_STANDARDIZE_PIXEL && s->deviation == 1;
  for (int64_t i = 0; nothing && i < s->count; i++) nothing = s->mean[i] == 0;
  return nothing;
}

/* Where value i of an image, or of its channels, is in a network that takes blue before green before red. */
static int64_t place_of(const oc_model *m, const oc_rule_options *o, int64_t i) {
  const int64_t channels = m->size.channels, c = i % channels;
  return o->bgr ? i - c + channels - 1 - c : i;
}

/* Room for `count` means; with as many deviations, or one. */
static oc_status reserve(oc_standardizer *s, int64_t count, bool pixels, oc_error *err) {
  s->how = pixels ? OC_STANDARDIZE_PIXEL : OC_STANDARDIZE_CHANNEL;
  s->mean = oc_memory_array((size_t)count, sizeof *s->mean);
  if (!pixels) s->deviations = oc_memory_array((size_t)count, sizeof *s->deviations);
  return s->mean && (pixels || s->deviations) ? OC_OK : oc_fail_memory(err, (size_t)count * sizeof(double));
}

/* The rule, and after it what the network begins with: of a pixel p, ((p white/255 - m) / d - M) / D. */
static oc_status combine(const oc_model *m, const oc_rule_options *o, oc_standardizer *out, oc_error *err) {
  const oc_standardizer *s = &m->standardizer;
  const bool nothing = does_nothing(s), pixels = !nothing && !s->deviations;
  const int64_t count = pixels ? s->count : m->size.channels;
  *out = (oc_standardizer){.count = s->count, .channels = m->size.channels};
  if (pixels && o->numbers > 1)
    return oc_fail(err, OC_E_UNSUPPORTED, "mean, deviation", "Give one number for all channels.",
                   "the network begins with means of single pixels");
  TRY(reserve(out, count, pixels, err));
  for (int64_t i = 0; i < count; i++) {
    const int64_t from = place_of(m, o, i), at = o->numbers > 1 ? from : 0;
    const double mean = o->mean ? o->mean[at] : 0, deviation = o->deviation ? o->deviation[at] : 1,
                 inner_mean = nothing ? 0 : (double)s->mean[from],
                 inner_deviation = nothing  ? 1
                                   : pixels ? s->deviation
                                            : s->deviations[from];
    out->mean[i] = (float)((mean + deviation * inner_mean) * 255 / o->white);
    *(pixels ? &out->deviation : &out->deviations[i]) = deviation * inner_deviation * 255 / o->white;
  }
  return OC_OK;
}

/* ---- blue before green before red ---------------------------------------------------------------------- */

/* The variable of a convolution without groups, with the image as its input. */
static bool takes_image(const oc_model *m, int32_t op, int *variable) {
  const oc_graph *g = m->graph;
  const oc_op_info *info = oc_graph_info(g, op);
  if (strcmp(info->op->name, "conv2d") != 0 || ((const oc_conv2d_attrs *)info->attrs)->groups != 1)
    return false;
  *variable = oc_variable_index(m->session, oc_node_name(g, oc_graph_input(g, op, 1)));
  return *variable >= 0;
}

static bool reads_image(const oc_model *m, int32_t op) {
  const oc_op_info *info = oc_graph_info(m->graph, op);
  for (int i = 0; i < info->n_in; i++)
    if (oc_node_index(oc_graph_input(m->graph, op, i)) == oc_node_index(m->nodes.x)) return true;
  return false;
}

/* Exchanges the first and the last of three channels of a kernel (kh,kw,3,o). */
static void exchange(float *w, const oc_shape *s) {
  const int64_t units = s->dim[3];
  for (int64_t at = 0; at < s->dim[0] * s->dim[1]; at++, w += 3 * units)
    for (int64_t i = 0; i < units; i++) {
      const float red = w[i];
      w[i] = w[2 * units + i];
      w[2 * units + i] = red;
    }
}

/* Exchanges red and blue in the weights of all that takes the image. */
static oc_status exchange_colors(oc_model *m, oc_error *err) {
  int variable;
  for (int32_t op = 0; op < m->graph->count; op++)
    if (reads_image(m, op) && !takes_image(m, op, &variable))
      return oc_fail(err, OC_E_UNSUPPORTED, "bgr", "Export the model for red, green, blue.",
                     "'%.60s' takes the image, but it is not a convolution without groups",
                     oc_graph_info(m->graph, op)->name);
  for (int32_t op = 0; op < m->graph->count; op++)
    if (reads_image(m, op) && takes_image(m, op, &variable)) {
      const oc_tensor t = oc_variable_value(m->session, variable);
      exchange(t.data, &t.shape);
    }
  return OC_OK;
}

/* ---- the rule ------------------------------------------------------------------------------------------ */

static oc_status take_rule(oc_model *m, const oc_rule_options *o, oc_error *err) {
  const oc_preprocessing before = m->preprocessing;
  const bool gray = m->size.channels == 1;
  m->preprocessing.resize = o->resize != OC_RESIZE_AUTO ? o->resize : gray ? OC_RESIZE_PAD : OC_RESIZE_CROP;
  oc_status status = oc_preprocessing_note(m, err);
  if (status == OC_OK && o->bgr) status = exchange_colors(m, err);
  if (status != OC_OK) m->preprocessing = before;
  return status;
}

oc_status oc_model_set_rule(oc_model *m, const oc_rule_options *options, oc_error *err) {
  oc_rule_options o = oc_rule_defaults();
  oc_standardizer s = {0};
  NEED(m);
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_rule_options", err));
  if (o.white == 0) o.white = 1;
  TRY(check_options(m, &o, err));
  oc_status status = combine(m, &o, &s, err);
  if (status == OC_OK) status = take_rule(m, &o, err);
  if (status != OC_OK) {
    oc_standardizer_release(&s);
    return status;
  }
  oc_standardizer_release(&m->standardizer);
  m->standardizer = s;
  m->no_rule = false;
  return OC_OK;
}
