/* conv_slide_loop.c: runs the loops of the lecture's conv1d and conv2d, as they are printed there:
 *
 *   for i in range(0, int(len(x)/s), s)       x without padding, and s twice: too few positions, or too many
 *   for i in range(0, int((n - m)/s)+1, s)    n with padding: the number of positions, but steps of s again
 *
 * Each gives the sum over x_padded[i:i+m], which NumPy cuts off at the end of x_padded. */
#include "lecture/conv.h"

/* One direction of it. */
typedef struct loop {
  int64_t end, count; /* range(0, end, s) and its length */
  int64_t fit;        /* those of them whose window lies inside the padded x */
} loop;

static loop loop_of(const cli_slide *s, const oc_convolve_axis *a) {
  const int64_t last = a->size + a->before + a->after - a->kernel;
  loop l = {.end = s->line ? a->size / a->stride : last / a->stride + 1};
  l.count = (l.end + a->stride - 1) / a->stride;
  l.fit = l.count < a->out ? l.count : a->out;
  return l;
}

/* Only cases that its arguments x, w, p and s can express. */
oc_status cli_slide_loop_check(const cli_slide *s, oc_error *err) {
  const char *what = NULL;
  for (int i = 0; i < 2; i++) {
    const oc_convolve_axis *a = &s->axes[i];
    if (a->before != a->after) what = "padding that differs before and after";
    if (a->dilation != 1) what = "dilation";
    if (a->boundary != OC_BOUNDARY_FILL) what = "boundary other than zero";
    if (a->swapped) what = "mode valid with a kernel longer than x";
  }
  if (s->fill != 0) what = "fill value other than 0";
  if (s->correlate) what = "cross-correlation";
  if (s->x.planes > 1) what = "channels";
  if (!what) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--slide-loop", "Give --pad P and at most --stride with it.",
                  "unsupported by the lecture's loop: %s", what);
}

/* The number at window `i` of a line that reaches beyond the padded x. NumPy stretches one number, or none,
 * over the kernel; any other length is an error. False for that. */
static bool cut_window(const cli_slide *s, int64_t i, double *value) {
  const oc_convolve_axis *a = &s->axes[1];
  const int64_t first = i * a->stride - a->before, left = a->size + a->after - first;
  bool outside;
  *value = 0;
  if (left > 1 || (left < 1 && a->kernel != 1)) return false;
  for (int64_t j = 0; left == 1 && j < a->kernel; j++)
    *value += cli_slide_value(s, 0, 0, first, &outside) * s->w.data[a->kernel - 1 - j];
  return true;
}

/* How many numbers it gives of a line before an error; all if there is none. */
static int64_t until_error(const cli_slide *s, const loop *l) {
  double value;
  int64_t i = l->fit;
  while (s->line && i < l->count && cut_window(s, i, &value)) i++;
  return i;
}

static oc_status run_loop(const cli_slide *s, const loop l[2], cli_array *out, oc_error *err) {
  const int64_t rows = s->line ? 1 : l[0].count, columns = until_error(s, &l[1]);
  *out = (cli_array){0};
  if (rows == 0 || columns == 0) return OC_OK; /* an empty range */
  CLI_TRY(cli_array_create(s->line ? 1 : 2, 1, rows, columns, out, err));
  for (int64_t n = 0; n < rows * columns; n++)
    if (n % columns < l[1].fit)
      out->data[n] = s->y.data[n / columns * s->y.columns + n % columns];
    else
      (void)cut_window(s, n % columns, &out->data[n]);
  return OC_OK;
}

static void print_range(const cli_terminal *t, const cli_slide *s, int axis, const char *name) {
  const oc_convolve_axis *a = &s->axes[axis];
  const long long stride = (long long)a->stride, padded = (long long)(a->size + a->before + a->after);
  if (s->line)
    fprintf(t->stream, "  for %s in range(0, int(%lld/%lld), %lld)\n", name, (long long)a->size, stride,
            stride);
  else
    fprintf(t->stream, "  for %s in range(0, int((%lld - %lld)/%lld)+1, %lld)\n", name, padded,
            (long long)a->kernel, stride, stride);
}

oc_status cli_slide_loop_print(const cli_terminal *t, const cli_slide *s, oc_error *err) {
  cli_array y;
  const loop l[2] = {loop_of(s, &s->axes[0]), loop_of(s, &s->axes[1])};
  CLI_TRY(run_loop(s, l, &y, err));
  const int64_t count = y.data ? cli_array_count(&y) : 0;
  fprintf(t->stream,
          "\n"
          "  the lecture's loop gives %lld of %lld values\n",
          (long long)count, (long long)cli_array_count(&s->y));
  if (!s->line) print_range(t, s, 0, "i");
  print_range(t, s, 1, s->line ? "i" : "j");
  if (y.data) cli_array_show(t, &y);
  if (s->line && count < l[1].count)
    fprintf(t->stream, "  and then a NumPy error: at i = %lld fewer than %lld values are left\n",
            (long long)(count * s->axes[1].stride), (long long)s->axes[1].kernel);
  cli_array_release(&y);
  return OC_OK;
}

oc_status cli_slide_loop_json(json_t *object, const cli_slide *s, oc_error *err) {
  cli_array y;
  const loop l[2] = {loop_of(s, &s->axes[0]), loop_of(s, &s->axes[1])};
  CLI_TRY(run_loop(s, l, &y, err));
  const bool stops = s->line && (y.data ? cli_array_count(&y) : 0) < l[1].count;
  (void)json_object_set_new(object, "slide_loop",
                            json_pack("{s:o, s:b}", "result", y.data ? cli_array_json(&y) : json_array(),
                                      "stops_with_error", stops));
  cli_array_release(&y);
  return OC_OK;
}
