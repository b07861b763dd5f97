/* slide_json.c: a slide as a JSON object. */
#include "json.h"
#include "message.h"
#include "slide.h"
#include <stdlib.h>

static json_t *rows_json(const double *values, int64_t rows, int64_t columns) {
  json_t *list = json_array();
  for (int64_t i = 0; i < rows; i++) {
    json_t *row = json_array();
    for (int64_t j = 0; j < columns; j++)
      (void)json_array_append_new(row, cli_json_real(values[i * columns + j]));
    (void)json_array_append_new(list, row);
  }
  return list;
}

json_t *cli_array_json(const cli_array *a) {
  const int64_t plane = a->rows * a->columns;
  if (a->rank == 1) {
    json_t *list = json_array();
    for (int64_t i = 0; i < a->columns; i++) (void)json_array_append_new(list, cli_json_real(a->data[i]));
    return list;
  }
  if (a->rank == 2) return rows_json(a->data, a->rows, a->columns);
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

static json_t *step_json(const cli_slide *s, int64_t plane, const int64_t place[2]) {
  json_t *window = json_array(), *products = json_array();
  for (int64_t i = 0; i < s->axes[0].kernel; i++) {
    json_t *values = json_array(), *row = json_array();
    for (int64_t j = 0; j < s->axes[1].kernel; j++) {
      const cli_tap tap = cli_slide_tap(s, plane, place, i, j);
      const bool hole = tap.outside && !s->w.data;
      (void)json_array_append_new(values, hole ? json_null() : cli_json_real(tap.value));
      (void)json_array_append_new(row, cli_json_real(tap.product));
    }
    (void)json_array_append_new(window, values);
    (void)json_array_append_new(products, row);
  }
  json_t *step =
      json_pack("{s:[I,I], s:o, s:o}", "place", (json_int_t)place[0], (json_int_t)place[1], "window", window,
                "result", cli_json_real(s->y.data[(plane * s->y.rows + place[0]) * s->y.columns + place[1]]));
  if (s->y.planes > 1) (void)json_object_set_new(step, "channel", json_integer(plane));
  if (s->w.data)
    (void)json_object_set_new(step, "products", products);
  else
    json_decref(products);
  return step;
}

static json_t *steps_json(const cli_slide *s) {
  json_t *list = json_array();
  for (int64_t p = 0; p < s->y.planes; p++)
    for (int64_t i = 0; i < s->y.rows; i++)
      for (int64_t j = 0; j < s->y.columns; j++)
        (void)json_array_append_new(list, step_json(s, p, (int64_t[]){i, j}));
  return list;
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
  (void)json_object_set_new(object, "result", cli_array_json(&s->y));
  if (steps) (void)json_object_set_new(object, "steps", steps_json(s));
  return object;
}

oc_status cli_slide_json_print(json_t *object, oc_error *err) {
  char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
  json_decref(object);
  const bool whole = text && !cli_json_ran_out();
  if (whole) puts(text);
  free(text);
  return whole ? cli_flush_output(err) : cli_fail_memory(err);
}
