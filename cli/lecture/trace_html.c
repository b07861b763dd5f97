/* trace_html.c: see trace_page.h. Names of tensors hold letters, digits and _ . - / only, so nothing needs
 * escaping. */
#include "core/message.h"
#include "core/document.h"
#include "lecture/trace_page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 12, MAX_PIXELS = 65536 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Ocellus: how a value "
    "is computed"
    "</title>\n<style>\n"
    ":root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1b2430; --soft: #66727f; "
    "--line: #d8dee6;\n"
    "  --plus: 37, 99, 235; --minus: 217, 70, 40; --mark: #e08600; }\n"
    "@media (prefers-color-scheme: dark) { :root { --paper: #12161c; --card: #1b212a; --ink: #e6ebf1; "
    "--soft: #97a3b0;\n"
    "  --line: #333d49; --plus: 88, 146, 255; --minus: 255, 112, 80; --mark: #ffb020; } }\n"
    "body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }\n"
    "main { max-width: 900px; margin: 0 auto; padding: 28px 20px 48px; }\n"
    "h1 { font-size: 1.5rem; } h2 { font: 600 1.05rem ui-monospace, monospace; margin: 0; overflow-wrap: "
    "anywhere; }\n"
    ".soft { color: var(--soft); }\n"
    "details, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: "
    "14px 18px;\n"
    "  margin: 14px 0; overflow-x: auto; }\n"
    "summary { cursor: pointer; color: var(--soft); }\n"
    "table { border-collapse: collapse; font: 13px/1.5 ui-monospace, monospace; }\n"
    "td, th { padding: 1px 12px 1px 0; text-align: right; } th { color: var(--soft); font-weight: 500; }\n"
    "td.at { text-align: left; }\n"
    "i { display: inline-block; height: 9px; border-radius: 2px; background: rgb(var(--plus)); }\n"
    "i.minus { background: rgb(var(--minus)); }\n"
    "svg { max-width: 100%; height: auto; border-radius: 6px; }\n"
    "</style>\n</head>\n<body>\n<main>\n<h1>How a value is computed</h1>\n";

const char *cli_trace_place(const int64_t *index, int rank, char *out, size_t size) {
  size_t used = (size_t)snprintf(out, size, "[");
  for (int i = 0; i < rank && used < size; i++)
    used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? "," : "", (long long)index[i]);
  if (used < size) snprintf(out + used, size - used, "]");
  return out;
}

/* The image as squares, with the frame on top. */
static void write_image(FILE *f, const cli_trace_page *p) {
  const int64_t h = p->size.height, w = p->size.width, c = p->size.channels;
  if (h * w > MAX_PIXELS) return;
  fprintf(
      f,
      "<div class=\"card\"><svg viewBox=\"0 0 %lld %lld\" width=\"%lld\" shape-rendering=\"crispEdges\">\n",
      (long long)w, (long long)h, (long long)(w > 60 ? 720 : w * SCALE));
  fprintf(f, "<rect width=\"%lld\" height=\"%lld\"/>\n", (long long)w, (long long)h);
  for (int64_t i = 0; i < h * w; i++) {
    const uint8_t *v = p->pixels + i * c;
    if (v[0] || (c == 3 && (v[1] || v[2])))
      fprintf(f, "<rect x=\"%lld\" y=\"%lld\" width=\"1\" height=\"1\" fill=\"rgb(%d,%d,%d)\"/>\n",
              (long long)(i % w), (long long)(i / w), v[0], v[c == 3 ? 1 : 0], v[c == 3 ? 2 : 0]);
  }
  fprintf(f,
          "<rect x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"%lld\" fill=\"none\" stroke=\"#ffb020\" "
          "stroke-width=\".3\"/>\n</svg>\n<p class=\"soft\">In the frame: the pixels that can change the "
          "value, rows %lld to %lld, columns %lld to %lld.</p></div>\n",
          (long long)p->columns[0], (long long)p->rows[0], (long long)(p->columns[1] - p->columns[0] + 1),
          (long long)(p->rows[1] - p->rows[0] + 1), (long long)p->rows[0], (long long)p->rows[1],
          (long long)p->columns[0], (long long)p->columns[1]);
}

static void write_term(FILE *f, const oc_trace_step *s, const oc_trace_term *t, double most) {
  char x[128], w[128];
  const double share = most > 0 ? fabs(t->product) / most : 0;
  fprintf(f, "<tr><td>%.7g</td><td class=\"at\"><i class=\"%s\" style=\"width:%dpx\"></i></td>", t->product,
          t->product < 0 ? "minus" : "plus", (int)(120 * share));
  if (t->bias)
    fprintf(f, "<td></td><td class=\"at\"></td>");
  else
    fprintf(f, "<td>%.7g</td><td class=\"at\">%s</td>", t->value,
            cli_trace_place(t->x, s->input_rank, x, sizeof x));
  if (s->weights && (t->bias || s->weights_rank > 1 || t->weight != 1))
    fprintf(f, "<td>%.7g</td><td class=\"at\">%s</td>", t->weight,
            cli_trace_place(t->w, s->weights_rank, w, sizeof w));
  fputs("</tr>\n", f);
}

static void write_step(FILE *f, const oc_trace_step *s, bool open) {
  char index[128];
  double most = 0;
  for (int64_t i = 0; i < s->count; i++) most = fmax(most, fabs(s->terms[i].product));
  fprintf(f,
          "<details%s><summary><h2>%s%s = %.7g</h2>%s, %lld terms. In float64 %.9g, by the engine %.9g, "
          "difference %.2g</summary>\n<table>\n<tr><th>%s</th><th></th><th colspan=\"2\">%s</th>",
          open ? " open" : "", s->name, cli_trace_place(s->index, s->rank, index, sizeof index), s->value,
          s->op, (long long)s->count, s->computed, s->value, fabs(s->computed - s->value),
          strcmp(s->op, "softmax") == 0 ? "fraction" : "product", s->input);
  if (s->weights) fprintf(f, "<th colspan=\"2\">%s</th>", s->weights);
  fputs("</tr>\n", f);
  for (int64_t i = 0; i < s->count; i++) write_term(f, s, &s->terms[i], most);
  fputs("</table></details>\n", f);
}

oc_status cli_trace_html(const cli_trace_page *p, const char *path, oc_error *err) {
  cli_document page;
  CLI_TRY(cli_document_open(&page, err));
  FILE *f = page.stream;
  fputs(head, f);
  fprintf(f, "<p>%s</p>\n", p->about);
  write_image(f, p);
  for (int i = 0; i < p->count; i++) write_step(f, &p->steps[i], p->steps[i].count < 100 || p->count == 1);
  fputs("</main>\n</body>\n</html>\n", f);
  return cli_document_save(&page, path, err);
}
