/* pool_shift.c: compares two inputs before and after pooling. */
#include "core/message.h"
#include "lecture/pool.h"
#include <math.h>

oc_status cli_pool(const cli_array *x, const oc_pool2d_options *o, oc_convolve_axis axes[2], cli_array *y,
                   oc_error *err) {
  const oc_pool2d_sizes sizes = {x->planes, x->rows, x->columns, 1};
  CLI_TRY(oc_pool2d_axes(&sizes, o, axes, err));
  CLI_TRY(cli_array_create_result(x->rank, x->planes, axes[0].out, axes[1].out, cli_array_count(x), y, err));
  y->image = x->image;
  return oc_pool2d(&sizes, x->data, o, y->data, err);
}

/* Where two arrays of one size are not equal. */
typedef struct difference {
  int64_t changed, count;
  double mean; /* of |difference| over all */
} difference;

typedef struct movement {
  const char *name;
  int64_t rows, columns; /* how far */
} movement;

/* The edge is repeated beyond it. */
static oc_status moved(const cli_array *x, const movement *m, cli_array *out, oc_error *err) {
  CLI_TRY(cli_array_create(x->rank, x->planes, x->rows, x->columns, out, err));
  for (int64_t p = 0, n = 0; p < x->planes; p++)
    for (int64_t i = 0; i < x->rows; i++)
      for (int64_t j = 0; j < x->columns; j++, n++) {
        const int64_t row = oc_boundary_index(OC_BOUNDARY_SYMMETRIC, i - m->rows, x->rows);
        const int64_t column = oc_boundary_index(OC_BOUNDARY_SYMMETRIC, j - m->columns, x->columns);
        out->data[n] = x->data[(p * x->rows + row) * x->columns + column];
      }
  return OC_OK;
}

static difference compare(const cli_array *a, const cli_array *b) {
  difference d = {.count = cli_array_count(a)};
  for (int64_t i = 0; i < d.count; i++) {
    const bool nan = isnan(a->data[i]) && isnan(b->data[i]);
    if (nan || a->data[i] == b->data[i]) continue;
    d.changed++;
    d.mean += fabs(a->data[i] - b->data[i]) / (double)d.count;
  }
  return d;
}

/* x of the slide against `other`, before pooling (d[0]) and after (d[1]). */
static oc_status measure(const cli_slide *s, const oc_pool2d_options *o, const cli_array *other,
                         difference d[2], oc_error *err) {
  cli_array y = {0};
  oc_convolve_axis axes[2];
  CLI_TRY(cli_pool(other, o, axes, &y, err));
  d[0] = compare(&s->x, other);
  d[1] = compare(&s->y, &y);
  cli_array_release(&y);
  return OC_OK;
}

static oc_status measure_move(const cli_slide *s, const oc_pool2d_options *o, const movement *m,
                              difference d[2], oc_error *err) {
  cli_array x = {0};
  CLI_TRY(moved(&s->x, m, &x, err));
  oc_status status = measure(s, o, &x, d, err);
  cli_array_release(&x);
  return status;
}

enum { MOVEMENTS = 4 };
static const movement movements[MOVEMENTS] = {{.name = "right", .columns = 1},
                                              {.name = "left", .columns = -1},
                                              {.name = "down", .rows = 1},
                                              {.name = "up", .rows = -1}};

/* Of a list, only the first two make sense. */
static int movement_count(const cli_slide *s) {
  return s->line ? 2 : MOVEMENTS;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void print_head(const cli_terminal *t, const char *what) {
  fprintf(t->stream, "\n  %s%-11s %-32s %s%s\n", cli_style(t, CLI_BOLD), what, "not equal in x, mean change",
          "not equal in y, mean change", cli_style(t, CLI_PLAIN));
}

static void print_row(const cli_terminal *t, const char *name, const difference d[2]) {
  fprintf(t->stream, "  %-11s", name);
  for (int i = 0; i < 2; i++) {
    char text[96], mean[32];
    snprintf(text, sizeof text, "%lld of %lld (%.1f%%), %s", (long long)d[i].changed, (long long)d[i].count,
             100.0 * (double)d[i].changed / (double)d[i].count, cli_number(d[i].mean, mean, sizeof mean));
    fprintf(t->stream, " %-*s", i ? 0 : 32, text);
  }
  fputc('\n', t->stream);
}

oc_status cli_pool_shift_print(const cli_terminal *t, const cli_slide *s, const oc_pool2d_options *o,
                               oc_error *err) {
  print_head(t, "shift by 1");
  for (int i = 0; i < movement_count(s); i++) {
    difference d[2];
    CLI_TRY(measure_move(s, o, &movements[i], d, err));
    print_row(t, movements[i].name, d);
  }
  return OC_OK;
}

/* ---- another input ------------------------------------------------------------------------------------- */

oc_status cli_pool_beside_read(const cli_slide *s, const char *what, const char *background, cli_array *other,
                               oc_error *err) {
  CLI_TRY(cli_array_read("--beside", what, background, other, err));
  if (s->line) cli_array_lie_down(other);
  if (other->rows == s->x.rows && other->columns == s->x.columns && other->planes == s->x.planes)
    return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--beside", "Give an input of the same shape.",
                  "shape %lld x %lld x %lld differs from that of x, %lld x %lld x %lld",
                  (long long)other->rows, (long long)other->columns, (long long)other->planes,
                  (long long)s->x.rows, (long long)s->x.columns, (long long)s->x.planes);
}

oc_status cli_pool_beside_print(const cli_terminal *t, const cli_slide *s, const oc_pool2d_options *o,
                                const cli_array *other, oc_error *err) {
  difference d[2];
  CLI_TRY(measure(s, o, other, d, err));
  print_head(t, "x and x2");
  print_row(t, "beside", d);
  return OC_OK;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void add_differences(json_t *object, const difference d[2]) {
  static const char *const names[2][3] = {{"inputs", "inputs_changed", "mean_input_change"},
                                          {"outputs", "outputs_changed", "mean_output_change"}};
  for (int i = 0; i < 2; i++) {
    (void)json_object_set_new(object, names[i][0], json_integer(d[i].count));
    (void)json_object_set_new(object, names[i][1], json_integer(d[i].changed));
    (void)json_object_set_new(object, names[i][2], cli_json_real(d[i].mean));
  }
}

oc_status cli_pool_shift_json(json_t *object, const cli_slide *s, const oc_pool2d_options *o, oc_error *err) {
  json_t *list = json_array();
  (void)json_object_set_new(object, "shift", list);
  for (int i = 0; i < movement_count(s); i++) {
    difference d[2];
    CLI_TRY(measure_move(s, o, &movements[i], d, err));
    json_t *row = json_pack("{s:s}", "moved", movements[i].name);
    add_differences(row, d);
    (void)json_array_append_new(list, row);
  }
  return OC_OK;
}

oc_status cli_pool_beside_json(json_t *object, const cli_slide *s, const oc_pool2d_options *o,
                               const cli_array *other, oc_error *err) {
  difference d[2];
  CLI_TRY(measure(s, o, other, d, err));
  json_t *beside = json_object();
  add_differences(beside, d);
  (void)json_object_set_new(object, "beside", beside);
  return OC_OK;
}
