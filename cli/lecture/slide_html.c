/* slide_html.c: writes a slide as a page for a browser: one file, no network. The page is fixed text
 * (slide_page.h) around one object with all values. The page computes what a window covers; the results are
 * computed here. */
#include "core/message.h"
#include "core/document.h"
#include "lecture/slide.h"
#include "lecture/slide_page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CELLS = 4096, MAX_PLANES = 16 };

/* A number as JavaScript writes it. */
static void write_number(FILE *f, double value) {
  char text[32];
  if (isfinite(value))
    fputs(oc_number_text(value, text, sizeof text), f);
  else
    fputs(isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity", f);
}

static void write_numbers(FILE *f, const char *name, const double *values, int64_t count) {
  fprintf(f, ",\n%s:[", name);
  for (int64_t i = 0; i < count; i++) {
    if (i) fputc(',', f);
    write_number(f, values[i]);
  }
  fputc(']', f);
}

/* The input with its padding, plane by plane. */
static void write_padded(FILE *f, const cli_slide *s) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  const char *comma = "";
  fprintf(f, ",\npadded:[");
  for (int64_t p = 0; p < s->x.planes; p++)
    for (int64_t i = -r->before; i < r->size + r->after; i++)
      for (int64_t j = -c->before; j < c->size + c->after; j++) {
        bool outside;
        fputs(comma, f);
        write_number(f, cli_slide_value(s, p, i, j, &outside));
        comma = ",";
      }
  fputc(']', f);
}

static void write_axis(FILE *f, const char *name, const oc_convolve_axis *a) {
  char formula[160];
  fprintf(f,
          ",\n%s:{size:%lld,kernel:%lld,stride:%lld,dilation:%lld,before:%lld,after:%lld,out:%lld,formula:\"%"
          "s\"}",
          name, (long long)a->size, (long long)a->kernel, (long long)a->stride, (long long)a->dilation,
          (long long)a->before, (long long)a->after, (long long)a->out,
          cli_slide_formula(a, formula, sizeof formula));
}

static void write_data(FILE *f, const cli_slide *s) {
  const char *kind = s->w.data ? "conv" : s->kind == OC_POOL_MAX ? "max" : "mean";
  const bool empty = s->axes[0].boundary == OC_BOUNDARY_FILL && s->fill == 0; /* padding is not multiplied */
  fprintf(
      f,
      "const "
      "D={name:\"%s\",kind:\"%s\",mode:\"%s\",boundary:\"%s\",empty:%s,line:%s,turned:%s,sums:%s,planes:%lld,"
      "channels:%lld,start:%lld",
      cli_slide_name(s), kind, s->mode, oc_boundary_name(s->axes[1].boundary), empty ? "true" : "false",
      s->line ? "true" : "false", s->w.data && !s->correlate ? "true" : "false", s->sums ? "true" : "false",
      (long long)s->y.planes, (long long)cli_slide_channels(s),
      s->traced ? (long long)cli_slide_index(s, s->out, s->at) : 0);
  write_axis(f, "rows", &s->axes[0]);
  write_axis(f, "columns", &s->axes[1]);
  write_padded(f, s);
  if (s->w.data) write_numbers(f, "kernel", s->w.data, cli_array_count(&s->w));
  write_numbers(f, "result", s->y.data, cli_array_count(&s->y));
  if (s->layer) {
    fprintf(f, ",\nactivation:\"%s\"", oc_activation_name(s->activation));
    if (s->b.data) write_numbers(f, "bias", s->b.data, cli_array_count(&s->b));
    write_numbers(f, "a", s->a.data, cli_array_count(&s->a));
    write_numbers(f, "h", s->h.data, cli_array_count(&s->h));
  }
  fputs("};\n", f);
}

static oc_status check_size(const cli_slide *s, oc_error *err) {
  const oc_convolve_axis *r = &s->axes[0], *c = &s->axes[1];
  const int64_t rows = r->size + r->before + r->after, columns = c->size + c->before + c->after;
  if (rows <= MAX_CELLS && columns <= MAX_CELLS && rows * columns <= MAX_CELLS &&
      r->out * c->out <= MAX_CELLS && r->kernel * c->kernel <= MAX_CELLS && s->x.planes <= MAX_PLANES &&
      s->y.planes <= MAX_PLANES)
    return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--html", "Use a smaller input, such as 60 x 60.",
                  "the padded input is too large for a page: %lld x %lld x %lld; the limits are %d values "
                  "and %d channels",
                  (long long)rows, (long long)columns, (long long)s->x.planes, MAX_CELLS, MAX_PLANES);
}

oc_status cli_slide_html(const cli_slide *s, const char *path, oc_error *err) {
  cli_document page;
  CLI_TRY(check_size(s, err));
  CLI_TRY(cli_document_open(&page, err));
  FILE *f = page.stream;
  for (size_t i = 0; i < sizeof page_head / sizeof page_head[0]; i++) fputs(page_head[i], f);
  write_data(f, s);
  for (size_t i = 0; i < sizeof page_tail / sizeof page_tail[0]; i++) fputs(page_tail[i], f);
  return cli_document_save(&page, path, err);
}
