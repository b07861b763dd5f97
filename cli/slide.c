/* slide.c: see slide.h: one window at a time, and the formula of the sizes. */
#include "slide.h"
#include "message.h"
#include <string.h>

enum { MOST_STEPS = 10000 };

void cli_slide_release(cli_slide *s) {
  cli_array_release(&s->x);
  cli_array_release(&s->y);
  cli_array_release(&s->w);
}

double cli_slide_value(const cli_slide *s, int64_t plane, int64_t row, int64_t column, bool *outside) {
  const oc_convolve_axis *a = s->axes;
  const int64_t i = oc_boundary_index(a[0].boundary, row, a[0].size);
  const int64_t j = oc_boundary_index(a[1].boundary, column, a[1].size);
  *outside = row < 0 || row >= a[0].size || column < 0 || column >= a[1].size;
  if (i < 0 || j < 0) return s->fill;
  return s->x.data[(plane * s->x.rows + i) * s->x.columns + j];
}

double cli_slide_weight(const cli_slide *s, int64_t i, int64_t j) {
  if (!s->w.data) return 1;
  const int64_t rows = s->w.rows, columns = s->w.columns;
  return s->correlate ? s->w.data[i * columns + j] : s->w.data[(rows - 1 - i) * columns + columns - 1 - j];
}

cli_tap cli_slide_tap(const cli_slide *s, int64_t plane, const int64_t place[2], int64_t i, int64_t j) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  cli_tap tap;
  tap.value = cli_slide_value(s, plane, place[0] * r->stride + i * r->dilation - r->before,
                              place[1] * c->stride + j * c->dilation - c->before, &tap.outside);
  tap.weight = cli_slide_weight(s, i, j);
  const bool nothing = tap.outside && r->boundary == OC_BOUNDARY_FILL && s->fill == 0;
  tap.product = nothing ? 0 : tap.value * tap.weight;
  return tap;
}

const char *cli_slide_name(const cli_slide *s) {
  if (s->w.data) return s->correlate ? "cross-correlation" : "true convolution";
  return s->kind == OC_POOL_MAX ? "max pooling" : "mean pooling";
}

const char *cli_slide_formula(const oc_convolve_axis *a, char *text, size_t size) {
  char padding[64], extent[64];
  if (a->before == a->after)
    snprintf(padding, sizeof padding, "2*%lld", (long long)a->before);
  else
    snprintf(padding, sizeof padding, "%lld + %lld", (long long)a->before, (long long)a->after);
  if (a->dilation == 1)
    snprintf(extent, sizeof extent, "%lld", (long long)a->kernel);
  else
    snprintf(extent, sizeof extent, "((%lld - 1)*%lld + 1)", (long long)a->kernel, (long long)a->dilation);
  snprintf(text, size, "floor((%lld + %s - %s)/%lld) + 1 = %lld", (long long)a->size, padding, extent,
           (long long)a->stride, (long long)a->out);
  return text;
}

int64_t cli_slide_nan(const cli_slide *s) {
  int64_t count = oc_count_nan(s->x.data, cli_array_count(&s->x));
  return s->w.data ? count + oc_count_nan(s->w.data, cli_array_count(&s->w)) : count;
}

oc_status cli_slide_check_steps(const cli_slide *s, oc_error *err) {
  const int64_t count = cli_array_count(&s->y);
  if (count <= MOST_STEPS) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--steps", "use a smaller input, or a larger stride",
                  "the result has %lld numbers, each with a window; at most %d are shown", (long long)count,
                  MOST_STEPS);
}
