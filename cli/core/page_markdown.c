/* page_markdown.c: the same pages as Markdown. docs/cli.md is this output; a test holds the two together. */
#include "core/page.h"
#include <string.h>

/* A cell of a table: "|" would end it. */
static void write_cell(FILE *stream, const char *text) {
  for (; *text; text++) {
    if (*text == '|') fputc('\\', stream);
    fputc(*text, stream);
  }
}

/* Paragraphs as they are, runs of lines that begin with a space as blocks of code. */
static void write_text(FILE *stream, const char *text) {
  bool code = false;
  while (*text) {
    size_t line = strcspn(text, "\n");
    if ((*text == ' ') != code) {
      code = !code;
      fprintf(stream, "```\n");
    }
    fprintf(stream, "%.*s\n", (int)line, text);
    text += line + (text[line] == '\n');
  }
  if (code) fprintf(stream, "```\n");
}

static void write_options(FILE *stream, const cli_command *command) {
  fprintf(stream, "\n| option | what it does |\n|---|---|\n");
  for (int n = 0; n < command->option_count; n++) {
    const cli_option *o = &command->options[(n + CLI_COMMON_COUNT) % command->option_count];
    char left[64], meaning[512];
    fprintf(stream, "| `");
    write_cell(stream, cli_page_option(o, left, sizeof left));
    fprintf(stream, "` | ");
    write_cell(stream, cli_page_meaning(o, meaning, sizeof meaning));
    fprintf(stream, " |\n");
  }
}

static void write_command(FILE *stream, const cli_command *command) {
  fprintf(stream, "\n## ocellus %s\n\n", command->name);
  fprintf(stream, "`ocellus %s%s%s [OPTIONS]`: %s.\n\n", command->name, *command->operands ? " " : "",
          command->operands, command->summary);
  write_text(stream, command->text);
  write_options(stream, command);
  fprintf(stream, "\n```sh\n");
  for (int i = 0; command->examples[i]; i++) fprintf(stream, "%s\n", command->examples[i]);
  fprintf(stream, "```\n");
}

void cli_page_markdown(FILE *stream, const cli_book *book) {
  const cli_command *command;
  const cli_topic *topic;
  fprintf(
      stream,
      "# The program `ocellus`\n\nMade by `ocellus help --markdown` from the tables that the program itself "
      "reads; do not edit it by hand.\n\n```sh\nocellus demo\nocellus help\n```\n");
  for (int i = 0; (command = cli_command_at(book, i)); i++) write_command(stream, command);
  for (int i = 0; (topic = cli_topic_at(book, i)); i++) {
    fprintf(stream, "\n## help %s: %s\n\n", topic->name, topic->summary);
    write_text(stream, topic->text);
    if (!topic->list) continue;
    fprintf(stream, "\n```\n");
    topic->list(stream);
    fprintf(stream, "```\n");
  }
}
