/* page.h: prints help from the tables of commands and options, for a terminal and as Markdown
 * (docs/cli.md). */
#ifndef OC_CLI_PAGE_H
#define OC_CLI_PAGE_H
#include "core/command.h"

void cli_page_overview(FILE *stream, const cli_book *book);
void cli_page_command(FILE *stream, const cli_command *command);
void cli_page_topic(FILE *stream, const cli_topic *topic);
/* Everything in one Markdown document. */
void cli_page_markdown(FILE *stream, const cli_book *book);
/* Everything in one manual page, ocellus(1). */
void cli_page_man(FILE *stream, const cli_book *book);
/* Paragraphs, broken at `columns`, each line after `indent` spaces; lines that begin with a space stay as
 * they are. */
void cli_page_text(FILE *stream, const char *text, int indent, int columns);
/* "Net   conv 5x5x32 relu | ..": a label and a text, broken at the width of a terminal, one line elsewhere.
 * What could steer the terminal (the text may be a stranger's) is printed as "?". */
void cli_page_labeled(const cli_terminal *t, const char *label, const char *text);
/* "--epochs N", "-q, --quiet": how an option is written. Returns `text`. */
const char *cli_page_option(const cli_option *o, char *text, size_t size);
/* Writes the meaning of an option with its range and default, without a period. Returns `text`. */
const char *cli_page_meaning(const cli_option *o, char *text, size_t size);

#endif
