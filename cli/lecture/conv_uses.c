/* conv_uses.c: counts the windows that contain each value of x, which full padding makes equal. */
#include "lecture/conv.h"
#include <stdlib.h>

/* The counts of both directions multiplied, as many as a plane of x has numbers. */
static oc_status count_uses(const cli_slide *s, cli_array *out, oc_error *err) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  int64_t *rows = calloc((size_t)(r->size + c->size), sizeof *rows), *columns = rows + r->size;
  if (!rows) return cli_fail_memory(err);
  oc_status status = cli_array_create(s->line ? 1 : 2, 1, r->size, c->size, out, err);
  if (status == OC_OK) {
    oc_convolve_uses(r, rows);
    oc_convolve_uses(c, columns);
    for (int64_t i = 0; i < r->size * c->size; i++)
      out->data[i] = (double)rows[i / c->size] * (double)columns[i % c->size];
  }
  free(rows);
  return status;
}

oc_status cli_uses_print(const cli_terminal *t, const cli_slide *s, oc_error *err) {
  cli_array uses;
  CLI_TRY(count_uses(s, &uses, err));
  fprintf(t->stream, "\n"
                     "  number of windows that contain each value of x\n");
  cli_array_show(t, &uses);
  cli_array_release(&uses);
  return OC_OK;
}

oc_status cli_uses_json(json_t *object, const cli_slide *s, oc_error *err) {
  cli_array uses;
  CLI_TRY(count_uses(s, &uses, err));
  (void)json_object_set_new(object, "uses", cli_array_json(&uses));
  cli_array_release(&uses);
  return OC_OK;
}
