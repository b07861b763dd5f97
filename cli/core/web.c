/* web.c: see web.h. */
#include "core/web.h"
#include "ocellus/chart.h"
#include <stdarg.h>
#include <string.h>

static const char page_style[] =
    ":root{color-scheme:light dark}"
    "body{margin:0;background:#f6f7f9;color:#1b2430;font:16px/1.5 system-ui,sans-serif}"
    "main{max-width:50rem;margin:0 auto;padding:1.5rem 1rem 3rem;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem}h3{font-size:1.05rem;margin-top:1.75rem}"
    "figure,.card{margin:1rem 0;padding:.25rem;background:#fff;border:1px solid #d8dee6;border-radius:8px}"
    "figure{overflow-x:auto}figure .chart{min-width:30rem}"
    ".card{padding:.75rem 1rem}.soft{color:#5a6672}"
    "table{border-collapse:collapse;font-size:.9rem;width:100%}"
    "th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #d8dee6}"
    "th{font-weight:500;color:#5a6672;overflow-wrap:normal}.number{text-align:right}"
    "pre{margin:0;white-space:pre-wrap;font:.85rem/1.6 ui-monospace,monospace}"
    "@media (prefers-color-scheme:dark){body{background:#12161c;color:#e6ebf1}"
    "figure,.card{background:#1b212a;border-color:#333d49}th,td{border-color:#333d49}"
    ".soft,th{color:#a5b0bc}}"
    "@media (max-width:30rem){table{font-size:.75rem}th,td{padding-right:.4rem}}"
    "@media print{body{background:#fff}figure,tr{break-inside:avoid}}";

void cli_web_text(FILE *f, const char *text) {
  char piece[OC_ESCAPE_ROOM];
  while (oc_escape_next(&text, piece) > 0) {
    const char *entity = strcmp(piece, "<") == 0    ? "&lt;"
                         : strcmp(piece, ">") == 0  ? "&gt;"
                         : strcmp(piece, "&") == 0  ? "&amp;"
                         : strcmp(piece, "\"") == 0 ? "&quot;"
                         : strcmp(piece, "'") == 0  ? "&#39;"
                                                    : piece;
    fputs(entity, f);
  }
}

void cli_web_begin(FILE *f, const char *title, const char *style) {
  const char *const styles[] = {page_style, oc_chart_style(), style ? style : ""};
  char hash[OC_PAGE_HASH];
  fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src",
        f);
  for (int i = 0; i < 3; i++)
    if (*styles[i]) fprintf(f, " '%s'", oc_page_hash(styles[i], hash));
  fputs("\">\n<title>", f);
  cli_web_text(f, title);
  fputs("</title>\n", f);
  for (int i = 0; i < 3; i++)
    if (*styles[i]) fprintf(f, "<style>%s</style>\n", styles[i]);
  fputs("</head><body><main>\n<h1>", f);
  cli_web_text(f, title);
  fputs("</h1>\n", f);
}

void cli_web_end(FILE *f) {
  fputs("</main></body></html>\n", f);
}

void cli_web_row_of(FILE *f, const char *heading, const char *text) {
  fprintf(f, "<tr><th scope=\"row\">%s</th><td>", heading);
  cli_web_text(f, text);
  fputs("</td></tr>\n", f);
}

void cli_web_row(FILE *f, const char *heading, const char *format, ...) {
  char text[2048];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  cli_web_row_of(f, heading, text);
}
