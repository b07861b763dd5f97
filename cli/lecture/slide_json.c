/* slide_json.c: writes a slide as a JSON object. */
#include "core/json.h"
#include "core/message.h"
#include "lecture/slide.h"
#include <math.h>
#include <stdlib.h>

/* Numbers that JSON cannot express are strings: "nan", "inf", "-inf". */
static json_t *number_json(double value) {
  char text[32];
  return isfinite(value) ? json_real(value) : json_string(oc_number_text(value, text, sizeof text));
}

static json_t *rows_json(const double *values, int64_t rows, int64_t columns) {
  json_t *list = json_array();
  for (int64_t i = 0; i < rows; i++) {
    json_t *row = json_array();
    for (int64_t j = 0; j < columns; j++)
      (void)json_array_append_new(row, number_json(values[i * columns + j]));
    (void)json_array_append_new(list, row);
  }
  return list;
}

json_t *cli_array_json(const cli_array *a) {
  const int64_t plane = a->rows * a->columns;
  if (a->rank == 1) {
    json_t *list = json_array();
    for (int64_t i = 0; i < a->rows * a->columns; i++)
      (void)json_array_append_new(list, number_json(a->data[i]));
    return list;
  }
  if (a->planes == 1) return rows_json(a->data, a->rows, a->columns);
  json_t *list = json_array();
  for (int64_t p = 0; p < a->planes; p++)
    (void)json_array_append_new(list, rows_json(a->data + p * plane, a->rows, a->columns));
  return list;
}

static json_t *axis_json(const oc_convolve_axis *a) {
  char formula[160];
  return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "input", (json_int_t)a->size, "kernel",
                   (json_int_t)a->kernel, "before", (json_int_t)a->before, "after", (json_int_t)a->after,
                   "stride", (json_int_t)a->stride, "dilation", (json_int_t)a->dilation, "output",
                   (json_int_t)a->out, "formula", cli_slide_formula(a, formula, sizeof formula));
}

/* What one channel of a window covers, and what that gives. */
static json_t *window_json(const cli_slide *s, const cli_window *w) {
  json_t *window = json_array(), *products = json_array();
  for (int64_t i = 0; i < s->axes[0].kernel; i++) {
    json_t *values = json_array(), *row = json_array();
    for (int64_t j = 0; j < s->axes[1].kernel; j++) {
      const cli_tap tap = cli_slide_tap(s, w, i, j);
      const bool hole = tap.outside && !s->w.data;
      (void)json_array_append_new(values, hole ? json_null() : number_json(tap.value));
      (void)json_array_append_new(row, number_json(tap.product));
    }
    (void)json_array_append_new(window, values);
    (void)json_array_append_new(products, row);
  }
  json_t *object = json_pack("{s:o}", "window", window);
  if (s->w.data)
    (void)json_object_set_new(object, "products", products);
  else
    json_decref(products);
  return object;
}

static json_t *channels_json(const cli_slide *s, cli_window w) {
  json_t *list = json_array();
  for (w.channel = 0; w.channel < s->x.planes; w.channel++) {
    json_t *object = window_json(s, &w);
    (void)json_object_set_new(object, "sum", number_json(cli_slide_channel_sum(s, &w)));
    (void)json_array_append_new(list, object);
  }
  return list;
}

static json_t *step_json(const cli_slide *s, const cli_window *w) {
  const int64_t at = cli_slide_index(s, w->plane, w->place);
  json_t *step = s->sums ? json_pack("{s:o}", "channels", channels_json(s, *w)) : window_json(s, w);
  (void)json_object_set_new(step, "place",
                            json_pack("[I,I]", (json_int_t)w->place[0], (json_int_t)w->place[1]));
  (void)json_object_set_new(step, "result", number_json(cli_slide_result(s)->data[at]));
  if (s->y.planes > 1)
    (void)json_object_set_new(step, s->sums ? "output" : "channel", json_integer(w->plane));
  if (!s->layer) return step;
  (void)json_object_set_new(step, "y", number_json(s->y.data[at]));
  (void)json_object_set_new(step, "a", number_json(s->a.data[at]));
  (void)json_object_set_new(step, "h", number_json(s->h.data[at]));
  return step;
}

static json_t *steps_json(const cli_slide *s) {
  json_t *list = json_array();
  cli_window w = {.plane = -1};
  while (cli_slide_next(s, &w.plane, w.place)) (void)json_array_append_new(list, step_json(s, &w));
  return list;
}

/* "result" is h; y and a are how it came about. */
static void add_layer(json_t *object, const cli_slide *s) {
  if (s->b.data) (void)json_object_set_new(object, "bias", cli_array_json(&s->b));
  (void)json_object_set_new(object, "activation", json_string(oc_activation_name(s->activation)));
  (void)json_object_set_new(object, "y", cli_array_json(&s->y));
  (void)json_object_set_new(object, "a", cli_array_json(&s->a));
  (void)json_object_set_new(object, "h", cli_array_json(&s->h));
}

json_t *cli_slide_json(const cli_slide *s, bool steps) {
  json_t *object =
      json_pack("{s:s, s:s, s:s, s:I, s:o}", "schema", s->schema, "operation", cli_slide_name(s), "mode",
                s->mode, "nan", (json_int_t)cli_slide_nan(s), "columns", axis_json(&s->axes[1]));
  if (!object) return NULL;
  if (!s->line) (void)json_object_set_new(object, "rows", axis_json(&s->axes[0]));
  if (s->w.data) {
    (void)json_object_set_new(object, "boundary", json_string(oc_boundary_name(s->axes[1].boundary)));
    (void)json_object_set_new(object, "kernel", cli_array_json(&s->w));
  }
  (void)json_object_set_new(object, "result", cli_array_json(cli_slide_result(s)));
  if (s->layer) add_layer(object, s);
  if (steps) (void)json_object_set_new(object, "steps", steps_json(s));
  return object;
}

oc_status cli_slide_json_print(json_t *object, oc_error *err) {
  return cli_json_print_with(object, 0, err);
}
