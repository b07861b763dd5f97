/* convolution.c: see convolution.h. */
#include "lecture/convolution.h"
#include "core/message.h"
#include <math.h>
#include <string.h>

/* ---- computing ----------------------------------------------------------------------------------------- */

static int64_t inputs_of(const cli_slide *s) {
  return cli_array_count(&s->x) + cli_array_count(&s->w);
}

/* Where nothing lies beyond the edge, a kernel costs no more than what it meets of x. Elsewhere each of its
 * numbers counts at each position, and a kernel longer than x makes that more than either justifies. */
static oc_status check_work(const cli_slide *s, const oc_convolve2d_options *o,
                            const oc_convolve_axis axes[2], oc_error *err) {
  const double kernel = (double)axes[0].kernel * (double)axes[1].kernel,
               x = (double)axes[0].size * (double)axes[1].size, most = 4e9;
  const double products = (double)axes[0].out * (double)axes[1].out * kernel * (double)s->x.planes;
  const bool all = axes[1].boundary != OC_BOUNDARY_FILL || o->fill != 0;
  if (!all || kernel <= x || products <= most) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--w", "Use a kernel no longer than x, or boundary zero.",
                  "too many products beyond the edge: %.0f; the limit is %.0f", products, most);
}

static oc_status convolve_line(const cli_slide *s, const oc_convolve2d_options *options,
                               oc_convolve_axis axes[2], cli_array *y, oc_error *err) {
  const oc_convolve1d_options o = {.mode = options->mode,
                                   .pad = {options->pad[2], options->pad[3]},
                                   .stride = options->stride[1],
                                   .dilation = options->dilation[1],
                                   .boundary = options->boundary,
                                   .fill = options->fill,
                                   .correlate = options->correlate};
  CLI_TRY(oc_convolve1d_axis(s->x.columns, s->w.columns, &o, &axes[1], err));
  axes[0] = (oc_convolve_axis){.size = 1,
                               .kernel = 1,
                               .stride = 1,
                               .dilation = 1,
                               .extent = 1,
                               .out = 1,
                               .boundary = axes[1].boundary};
  CLI_TRY(check_work(s, options, axes, err));
  CLI_TRY(cli_array_create_result(1, 1, 1, axes[1].out, inputs_of(s), y, err));
  return oc_convolve1d(s->x.data, s->x.columns, s->w.data, s->w.columns, &o, y->data, err);
}

/* The library adds up channels that lie together in memory; here each is a plane. */
static oc_status convolve_sums(const cli_slide *s, const oc_convolve2d_sizes *sizes,
                               const oc_convolve2d_options *options, cli_array *y, oc_error *err) {
  oc_matrix x = {0}, w = {0}, sums = {0};
  const int64_t places[3] = {y->rows, y->columns, y->planes};
  oc_status status = cli_array_join(&s->x, &x, err);
  if (status == OC_OK) status = cli_array_join(&s->w, &w, err);
  if (status == OC_OK) status = oc_matrix_create(3, places, &sums, err);
  if (status == OC_OK) status = oc_convolve2d(sizes, x.data, w.data, options, sums.data, err);
  cli_array_release(y);
  if (status == OC_OK) status = cli_array_split(&sums, y, err);
  if (status == OC_OK) y->rank = s->w.rank == 4 ? 3 : 2; /* a kernel without outputs gives no channels */
  oc_matrix_release(&x);
  oc_matrix_release(&w);
  oc_matrix_release(&sums);
  return status;
}

oc_status cli_convolve(const cli_slide *s, const oc_convolve2d_options *options, oc_convolve_axis axes[2],
                       cli_array *y, oc_error *err) {
  const cli_array *x = &s->x, *w = &s->w;
  oc_convolve2d_sizes sizes = {x->planes, x->rows, x->columns, 1, w->rows, w->columns, 1};
  if (s->line) return convolve_line(s, options, axes, y, err);
  if (s->sums) {
    sizes.batch = 1;
    sizes.channels = x->planes;
    sizes.outputs = w->outputs;
  }
  const int64_t planes = s->sums ? w->outputs : x->planes;
  CLI_TRY(oc_convolve2d_axes(&sizes, options, axes, err));
  CLI_TRY(
      cli_array_create_result(planes > 1 ? 3 : 2, planes, axes[0].out, axes[1].out, inputs_of(s), y, err));
  if (s->sums) return convolve_sums(s, &sizes, options, y, err);
  y->image = x->image;
  return oc_convolve2d(&sizes, x->data, w->data, options, y->data, err);
}

oc_status cli_activate(cli_slide *s, oc_error *err) {
  const cli_array *y = &s->y;
  const int64_t places = y->rows * y->columns;
  CLI_TRY(cli_array_create(y->rank, y->planes, y->rows, y->columns, &s->a, err));
  CLI_TRY(cli_array_create(y->rank, y->planes, y->rows, y->columns, &s->h, err));
  oc_activate_options o = {.activation = s->activation};
  for (int64_t p = 0, at = 0; p < y->planes; p++, at += places) {
    o.b = s->b.data ? s->b.data + p : NULL;
    CLI_TRY(oc_convolve_activate(y->data + at, places, 1, &o, s->a.data + at, s->h.data + at, err));
  }
  s->a.image = s->h.image = y->image;
  return OC_OK;
}

/* ---- comparing ----------------------------------------------------------------------------------------- */

typedef struct side {
  char name[64];
  cli_array y;
  oc_convolve_axis axes[2];
} side;

typedef struct comparison {
  side a, b;
  bool same_size;
  int64_t differ; /* positions, if they have the same size */
} comparison;

/* More than rounding apart; NaN is equal to NaN. */
static bool differs(double a, double b) {
  if (isnan(a) || isnan(b)) return isnan(a) != isnan(b);
  return a != b && !(fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b)));
}

static void count_differences(comparison *c) {
  const cli_array *a = &c->a.y, *b = &c->b.y;
  c->same_size = a->rows == b->rows && a->columns == b->columns;
  c->differ = 0;
  for (int64_t i = 0; c->same_size && i < cli_array_count(a); i++)
    c->differ += differs(a->data[i], b->data[i]);
}

static oc_convolve2d_options options_of(const cli_slide *s) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  return (oc_convolve2d_options){.mode = OC_CONVOLVE_EXPLICIT,
                                 .pad = {r->before, r->after, c->before, c->after},
                                 .stride = {r->stride, c->stride},
                                 .dilation = {r->dilation, c->dilation},
                                 .boundary = c->boundary,
                                 .fill = s->fill,
                                 .correlate = s->correlate};
}

static oc_status fill_side(const cli_slide *s, const oc_convolve2d_options *o, side *to, oc_error *err) {
  return cli_convolve(s, o, to->axes, &to->y, err);
}

/* Convolves the same windows with the kernel flipped or not flipped. */
static oc_status compare_turning(const cli_slide *s, comparison *c, oc_error *err) {
  oc_convolve2d_options o = options_of(s);
  snprintf(c->a.name, sizeof c->a.name, "true convolution");
  snprintf(c->b.name, sizeof c->b.name, "cross-correlation");
  o.correlate = false;
  CLI_TRY(fill_side(s, &o, &c->a, err));
  o.correlate = true;
  CLI_TRY(fill_side(s, &o, &c->b, err));
  count_differences(c);
  return OC_OK;
}

static void name_padding(side *p, const char *name, bool line) {
  const oc_convolve_axis *r = &p->axes[0], *c = &p->axes[1];
  if (line)
    snprintf(p->name, sizeof p->name, "%s (%lld before, %lld after)", name, (long long)c->before,
             (long long)c->after);
  else
    snprintf(p->name, sizeof p->name, "%s (%lld,%lld,%lld,%lld)", name, (long long)r->before,
             (long long)r->after, (long long)c->before, (long long)c->after);
}

/* The same padding on each side as far as it goes, and TensorFlow's, which looks at the stride. */
static oc_status compare_same(const cli_slide *s, comparison *c, oc_error *err) {
  oc_convolve2d_options o = options_of(s);
  o.mode = OC_CONVOLVE_SAME;
  CLI_TRY(fill_side(s, &o, &c->a, err));
  o.mode = OC_CONVOLVE_TF_SAME;
  CLI_TRY(fill_side(s, &o, &c->b, err));
  name_padding(&c->a, "same", s->line);
  name_padding(&c->b, "TensorFlow's same", s->line);
  count_differences(c);
  return OC_OK;
}

static void release(comparison *c) {
  cli_array_release(&c->a.y);
  cli_array_release(&c->b.y);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

/* Prints a row, with the values that differ from the other side marked. */
static void print_row(const cli_terminal *t, const side *p, const side *other, int64_t row, int width) {
  char text[32];
  const int64_t columns = p->y.columns;
  for (int64_t j = 0; j < columns; j++) {
    const double value = p->y.data[row * columns + j];
    const bool mark = other && differs(value, other->y.data[row * columns + j]);
    fprintf(t->stream, "%s%*s%s%s", cli_style(t, mark ? CLI_YELLOW : CLI_PLAIN), width,
            cli_number(value, text, sizeof text), mark ? "*" : " ", cli_style(t, CLI_PLAIN));
  }
}

static void print_beside(const cli_terminal *t, const comparison *c, int width) {
  const int block = (int)c->a.y.columns * (width + 1), heading = (int)strlen(c->a.name);
  const int left = block > heading ? block : heading;
  fprintf(t->stream, "  %-*s    %s\n", left, c->a.name, c->b.name);
  for (int64_t i = 0; i < c->a.y.rows; i++) {
    fprintf(t->stream, "  ");
    print_row(t, &c->a, &c->b, i, width);
    cli_repeat(t, " ", left - block + 4);
    print_row(t, &c->b, &c->a, i, width);
    fputc('\n', t->stream);
  }
}

static void print_below(const cli_terminal *t, const side *p, const side *other, int width) {
  fprintf(t->stream, "  %s\n", p->name);
  for (int64_t i = 0; i < p->y.rows; i++) {
    fprintf(t->stream, "  ");
    print_row(t, p, other, i, width);
    fputc('\n', t->stream);
  }
}

static void print_comparison(const cli_terminal *t, const comparison *c) {
  enum { MAX = 64 };
  const cli_array *a = &c->a.y, *b = &c->b.y;
  const int wa = cli_numbers_width(a->data, cli_array_count(a)),
            wb = cli_numbers_width(b->data, cli_array_count(b));
  const int width = wa > wb ? wa : wb;
  if (!c->same_size)
    fprintf(t->stream, "  %lld x %lld values compared with %lld x %lld\n", (long long)a->rows,
            (long long)a->columns, (long long)b->rows, (long long)b->columns);
  else if (c->differ == 0)
    fprintf(t->stream, "  %s and %s: the same values\n", c->a.name, c->b.name);
  else
    fprintf(t->stream, "  %s and %s differ at %lld of %lld positions\n", c->a.name, c->b.name,
            (long long)c->differ, (long long)cli_array_count(a));
  if ((c->same_size && c->differ == 0) || a->planes > 1 || a->columns > MAX || a->rows > MAX) return;
  if (c->same_size && 2 * a->columns * (width + 1) + 8 <= t->columns) {
    print_beside(t, c, width);
    return;
  }
  print_below(t, &c->a, c->same_size ? &c->b : NULL, width);
  print_below(t, &c->b, c->same_size ? &c->a : NULL, width);
}

oc_status cli_compare_print(const cli_terminal *t, const cli_slide *s, oc_error *err) {
  oc_status (*const compare[2])(const cli_slide *, comparison *, oc_error *) = {compare_turning,
                                                                                compare_same};
  oc_status status = OC_OK;
  for (int i = 0; i < 2 && status == OC_OK; i++) {
    comparison c = {0};
    status = compare[i](s, &c, err);
    if (status == OC_OK && i) fputc('\n', t->stream);
    if (status == OC_OK) print_comparison(t, &c);
    release(&c);
  }
  return status;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

oc_status cli_compare_json(json_t *object, const cli_slide *s, oc_error *err) {
  oc_status (*const compare[2])(const cli_slide *, comparison *, oc_error *) = {compare_turning,
                                                                                compare_same};
  static const char *const names[2][3] = {{"turning", "convolution", "correlation"},
                                          {"padding", "same", "tf_same"}};
  oc_status status = OC_OK;
  for (int i = 0; i < 2 && status == OC_OK; i++) {
    comparison c = {0};
    status = compare[i](s, &c, err);
    if (status == OC_OK)
      (void)json_object_set_new(object, names[i][0],
                                json_pack("{s:o, s:o, s:o}", names[i][1], cli_array_json(&c.a.y), names[i][2],
                                          cli_array_json(&c.b.y), "differ",
                                          c.same_size ? json_integer(c.differ) : json_null()));
    release(&c);
  }
  return status;
}
