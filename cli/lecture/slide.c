/* slide.c: see slide.h: one window at a time, and the formula of the sizes. */
#include "lecture/slide.h"
#include "core/message.h"
#include <string.h>

enum { MAX_STEPS = 10000, MAX_TAPS = 1000000 };

void cli_slide_release(cli_slide *s) {
  cli_array_release(&s->x);
  cli_array_release(&s->y);
  cli_array_release(&s->w);
  cli_array_release(&s->b);
  cli_array_release(&s->a);
  cli_array_release(&s->h);
}

double cli_slide_value(const cli_slide *s, int64_t plane, int64_t row, int64_t column, bool *outside) {
  const oc_convolve_axis *a = s->axes;
  const int64_t i = oc_boundary_index(a[0].boundary, row, a[0].size);
  const int64_t j = oc_boundary_index(a[1].boundary, column, a[1].size);
  *outside = row < 0 || row >= a[0].size || column < 0 || column >= a[1].size;
  if (i < 0 || j < 0) return s->fill;
  return s->x.data[(plane * s->x.rows + i) * s->x.columns + j];
}

static double weight(const cli_slide *s, const cli_window *w, int64_t i, int64_t j) {
  if (!s->w.data) return 1;
  const int64_t rows = s->w.rows, columns = s->w.columns;
  const double *plane = s->w.data;
  if (s->sums) plane += (w->plane * s->x.planes + w->channel) * rows * columns;
  return s->correlate ? plane[i * columns + j] : plane[(rows - 1 - i) * columns + columns - 1 - j];
}

cli_tap cli_slide_tap(const cli_slide *s, const cli_window *w, int64_t i, int64_t j) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  cli_tap tap;
  tap.value = cli_slide_value(s, s->sums ? w->channel : w->plane,
                              w->place[0] * r->stride + i * r->dilation - r->before,
                              w->place[1] * c->stride + j * c->dilation - c->before, &tap.outside);
  tap.weight = weight(s, w, i, j);
  const bool nothing = tap.outside && r->boundary == OC_BOUNDARY_FILL && s->fill == 0;
  tap.product = nothing ? 0 : tap.value * tap.weight;
  return tap;
}

double cli_slide_channel_sum(const cli_slide *s, const cli_window *w) {
  double sum = 0;
  for (int64_t i = 0; i < s->axes[0].kernel; i++)
    for (int64_t j = 0; j < s->axes[1].kernel; j++) sum += cli_slide_tap(s, w, i, j).product;
  return sum;
}

/* ---- one window ---------------------------------------------------------------------------------------- */

static oc_status check_index(const char *what, int64_t index, int64_t count, oc_error *err) {
  if (index >= 0 && index < count) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--at", "", "%s %lld is out of range: the result has %lld, 0 to %lld",
                  what, (long long)index, (long long)count, (long long)count - 1);
}

oc_status cli_slide_trace(cli_slide *s, const char *at, oc_error *err) {
  int64_t v[4] = {0};
  const int given = cli_list_read(at, ',', v), wanted = s->line ? 1 : s->y.planes > 1 ? 3 : 2;
  if (given != wanted)
    return cli_fail(err, OC_E_ARGUMENT, "--at", "", "must be %s, got '%s'",
                    wanted == 1   ? "one index, as in 3"
                    : wanted == 2 ? "ROW,COLUMN, as in 3,5"
                                  : "ROW,COLUMN,CHANNEL, as in 3,5,0",
                    at);
  if (!s->line) CLI_TRY(check_index("row", v[0], s->y.rows, err));
  CLI_TRY(check_index(s->line ? "index" : "column", v[s->line ? 0 : 1], s->y.columns, err));
  CLI_TRY(check_index("channel", v[2], s->y.planes, err));
  s->traced = true;
  s->at[0] = s->line ? 0 : v[0];
  s->at[1] = s->line ? v[0] : v[1];
  s->out = v[2];
  return OC_OK;
}

bool cli_slide_next(const cli_slide *s, int64_t *plane, int64_t place[2]) {
  if (s->traced) {
    const bool first = *plane < 0;
    *plane = s->out;
    for (int i = 0; i < 2; i++) place[i] = s->at[i];
    return first;
  }
  const int64_t next = *plane < 0 ? 0 : cli_slide_index(s, *plane, place) + 1;
  *plane = next / (s->y.rows * s->y.columns);
  place[0] = next / s->y.columns % s->y.rows;
  place[1] = next % s->y.columns;
  return *plane < s->y.planes;
}

const char *cli_slide_padding(const cli_slide *s) {
  return strcmp(s->mode, "explicit") == 0 ? "padding as given" : s->mode;
}

const char *cli_slide_name(const cli_slide *s) {
  if (s->w.data) return s->correlate ? "cross-correlation" : "true convolution";
  return s->kind == OC_POOL_MAX ? "max pooling" : "mean pooling";
}

const char *cli_slide_formula(const oc_convolve_axis *a, char *text, size_t size) {
  char padding[64], extent[64];
  if (a->before == a->after || a->swapped)
    snprintf(padding, sizeof padding, "2*%lld", a->swapped ? 0 : (long long)a->before);
  else
    snprintf(padding, sizeof padding, "%lld + %lld", (long long)a->before, (long long)a->after);
  if (a->dilation == 1)
    snprintf(extent, sizeof extent, "%lld", (long long)a->kernel);
  else
    snprintf(extent, sizeof extent, "((%lld - 1)*%lld + 1)", (long long)a->kernel, (long long)a->dilation);
  if (a->swapped)
    snprintf(text, size, "floor((%s + %s - %lld)/%lld) + 1 = %lld", extent, padding, (long long)a->size,
             (long long)a->stride, (long long)a->out);
  else
    snprintf(text, size, "floor((%lld + %s - %s)/%lld) + 1 = %lld", (long long)a->size, padding, extent,
             (long long)a->stride, (long long)a->out);
  return text;
}

int64_t cli_slide_nan(const cli_slide *s) {
  int64_t count = oc_count_nan(s->x.data, cli_array_count(&s->x));
  return s->w.data ? count + oc_count_nan(s->w.data, cli_array_count(&s->w)) : count;
}

oc_status cli_slide_check_steps(const cli_slide *s, oc_error *err) {
  const int64_t count = s->traced ? 1 : cli_array_count(&s->y);
  const double taps = (double)cli_slide_channels(s) * (double)s->axes[0].kernel * (double)s->axes[1].kernel;
  if (count > MAX_STEPS)
    return cli_fail(err, OC_E_ARGUMENT, "--steps",
                    "Use a smaller input, a larger stride, or --at for one window.",
                    "too many windows to show: %lld; the limit is %d", (long long)count, MAX_STEPS);
  if ((double)count * taps <= MAX_TAPS) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, s->traced ? "--at" : "--steps", "Use a smaller kernel or window.",
                  "too many values to show: %lld windows of %.0f; the limit is %d", (long long)count, taps,
                  MAX_TAPS);
}
