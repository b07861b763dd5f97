/* page_man.c: prints the pages of page.c as one manual page, ocellus(1), in the man macros of roff. */
#include "core/page.h"
#include <string.h>

/* Text in which roff finds nothing to do: backslashes and dashes as they are, no line that begins with a
 * request. */
static void write_roff(FILE *stream, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (i == 0 && (text[i] == '.' || text[i] == '\'')) fputs("\\&", stream);
    if (text[i] == '\\')
      fputs("\\e", stream);
    else if (text[i] == '-')
      fputs("\\-", stream);
    else
      fputc(text[i], stream);
  }
}

/* Paragraphs, and runs of lines that begin with a space as they stand. */
static void write_text(FILE *stream, const char *text) {
  bool kept = false;
  while (*text) {
    size_t line = strcspn(text, "\n");
    if ((*text == ' ') != kept) {
      kept = !kept;
      fputs(kept ? ".nf\n" : ".fi\n", stream);
    }
    if (line == 0)
      fputs(".PP", stream);
    else
      write_roff(stream, text, line);
    fputc('\n', stream);
    text += line + (text[line] == '\n');
  }
  if (kept) fputs(".fi\n", stream);
}

static void write_command(FILE *stream, const cli_command *c) {
  fprintf(stream, ".SS \"ocellus %s", c->name);
  if (*c->operands) fputc(' ', stream);
  write_roff(stream, c->operands, strlen(c->operands));
  fprintf(stream, "\"\n");
  write_text(stream, c->text);
  for (int n = 0; n < c->option_count; n++) {
    const cli_option *o = &c->options[(n + CLI_COMMON_COUNT) % c->option_count];
    char left[64], meaning[512];
    fputs(".TP\n.B ", stream);
    cli_page_option(o, left, sizeof left);
    write_roff(stream, left, strlen(left));
    fputc('\n', stream);
    cli_page_meaning(o, meaning, sizeof meaning);
    write_roff(stream, meaning, strlen(meaning));
    fputc('\n', stream);
  }
  fputs(".PP\nExamples:\n.nf\n", stream);
  for (int i = 0; c->examples[i]; i++) {
    fputs("  ", stream);
    write_roff(stream, c->examples[i], strlen(c->examples[i]));
    fputc('\n', stream);
  }
  fputs(".fi\n", stream);
}

void cli_page_man(FILE *stream, const cli_book *book) {
  const cli_command *command;
  const cli_topic *topic;
  fprintf(stream, ".TH OCELLUS 1 \"\" \"ocellus %s\" \"User Commands\"\n", oc_version());
  fputs(".SH NAME\n"
        "ocellus \\- train and use small image classifiers\n"
        ".SH SYNOPSIS\n"
        ".B ocellus\n"
        "COMMAND [OPERANDS] [OPTIONS]\n"
        ".SH COMMANDS\n",
        stream);
  for (int i = 0; (command = cli_command_at(book, i)); i++) write_command(stream, command);
  for (int i = 0; (topic = cli_topic_at(book, i)); i++) {
    fprintf(stream, ".SH \"%s\"\n", topic->name);
    write_text(stream, topic->text);
    if (!topic->list) continue;
    fputs(".nf\n", stream);
    topic->list(stream); /* indented lines without backslashes: nothing in them is a request */
    fputs(".fi\n", stream);
  }
}
