/* web.h: pages for a browser: one file without script and network, light and dark, readable on a phone. What
 * a page may load or run stands in its Content-Security-Policy: its own styles by their hash, images within
 * the page, nothing else. So a text that got into it unescaped could not run. */
#ifndef OC_CLI_WEB_H
#define OC_CLI_WEB_H
#include <stdio.h>

/* Begins a page up to <main>. `style` comes after the style of all pages and of charts; NULL: none. */
void cli_web_begin(FILE *f, const char *title, const char *style);
void cli_web_end(FILE *f);
/* Writes a text, which may come from a file or a person: escaped for a terminal and for HTML. */
void cli_web_text(FILE *f, const char *text);
/* Writes a row of a table: a heading and a text, which is escaped. */
void cli_web_row_of(FILE *f, const char *heading, const char *text);
/* The same with a short text made by `format`. */
void cli_web_row(FILE *f, const char *heading, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
