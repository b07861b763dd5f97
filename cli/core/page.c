/* page.c: prints help pages for a terminal, 80 columns wide, and the pieces they share with Markdown. */
#include "core/page.h"
#include <string.h>

enum { COLUMNS = 80, OPTION_COLUMNS = 24 };

/* Prints one paragraph or kept line. Returns the text after it. */
static const char *write_paragraph(FILE *stream, const char *text, int indent, int columns) {
  int used = 0;
  while (*text && *text != '\n') {
    size_t length = strcspn(text, " \n");
    bool first = used == 0;
    if (!first && used + 1 + (int)length > columns) {
      fputc('\n', stream);
      first = true;
    }
    if (first) {
      fprintf(stream, "%*s", indent, "");
      used = indent;
    } else {
      fputc(' ', stream);
      used++;
    }
    fwrite(text, 1, length, stream);
    used += (int)length;
    text += length;
    while (*text == ' ') text++;
  }
  fputc('\n', stream);
  return *text ? text + 1 : text;
}

void cli_page_text(FILE *stream, const char *text, int indent, int columns) {
  while (*text) {
    size_t line = strcspn(text, "\n");
    if (*text != ' ') {
      text = write_paragraph(stream, text, indent, columns);
      continue;
    }
    fprintf(stream, "%*s%.*s\n", indent, "", (int)line, text);
    text += line + (text[line] == '\n');
  }
}

static void write_clean(FILE *stream, const char *text, size_t length) {
  const char *end = text + length;
  char piece[OC_ESCAPE_ROOM];
  while (text < end && oc_escape_next(&text, piece) > 0) fputs(piece, stream);
}

void cli_page_labeled(const cli_terminal *t, const char *label, const char *text) {
  const size_t indent = strlen(label), room = (size_t)t->columns > indent ? (size_t)t->columns - indent : 1;
  fputs(label, t->stream);
  while (t->live && strlen(text) > room) {
    size_t cut = room;
    while (cut > 0 && text[cut] != ' ') cut--;
    if (cut == 0) break; /* a word that is longer than the line */
    write_clean(t->stream, text, cut);
    fprintf(t->stream, "\n%*s", (int)indent, "");
    text += cut + 1;
  }
  write_clean(t->stream, text, strlen(text));
  fputc('\n', t->stream);
}

const char *cli_page_option(const cli_option *o, char *text, size_t size) {
  char letter[8] = "";
  if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
  snprintf(text, size, "%s--%s%s%s", letter, o->name, o->value ? " " : "", o->value ? o->value : "");
  return text;
}

static void append_text(char *text, size_t size, const char *before, const char *more) {
  size_t used = strlen(text);
  snprintf(text + used, size - used, "%s%s", before, more);
}

const char *cli_page_meaning(const cli_option *o, char *text, size_t size) {
  char range[96];
  cli_range_text(o, range, sizeof range);
  snprintf(text, size, "%s", o->help);
  const char *before = " (";
  for (int i = 0; o->choices && o->choices != cli_color_choices && o->choices[i]; i++) {
    append_text(text, size, i ? ", " : before, o->choices[i]);
    before = "; ";
  }
  if (range[0]) append_text(text, size, before, range);
  if (range[0]) before = "; ";
  const char *usual = o->fallback ? o->fallback : o->usual;
  if (usual) append_text(text, size, before, "default: ");
  if (usual) append_text(text, size, "", usual);
  if (range[0] || usual || *before == ';') append_text(text, size, "", ")");
  return text;
}

static void write_option(FILE *stream, const cli_option *o) {
  char left[64], meaning[512];
  cli_page_option(o, left, sizeof left);
  cli_page_meaning(o, meaning, sizeof meaning);
  int indent = o->letter ? 2 : 6, used = indent + (int)strlen(left);
  fprintf(stream, "%*s%s", indent, "", left);
  if (used + 2 > OPTION_COLUMNS) {
    fputc('\n', stream);
    cli_page_text(stream, meaning, OPTION_COLUMNS, COLUMNS);
    return;
  }
  /* the first line follows the name, so the paragraph is set at the full indent and its margin cut off
   */
  fprintf(stream, "%*s", OPTION_COLUMNS - used, "");
  const char *rest = meaning;
  size_t room = COLUMNS - OPTION_COLUMNS, cut = strlen(rest);
  if (cut > room) {
    cut = room;
    while (cut > 0 && rest[cut] != ' ') cut--;
  }
  fprintf(stream, "%.*s\n", (int)cut, rest);
  if (rest[cut]) cli_page_text(stream, rest + cut + 1, OPTION_COLUMNS, COLUMNS);
}

void cli_page_command(FILE *stream, const cli_command *command) {
  fprintf(stream, "ocellus %s: %s\n\n", command->name, command->summary);
  fprintf(stream, "Usage: ocellus %s%s%s [OPTIONS]\n\n", command->name, *command->operands ? " " : "",
          command->operands);
  cli_page_text(stream, command->text, 0, COLUMNS);
  fprintf(stream, "\nOptions:\n");
  for (int i = CLI_COMMON_COUNT; i < command->option_count; i++) write_option(stream, &command->options[i]);
  for (int i = 0; i < CLI_COMMON_COUNT; i++) write_option(stream, &command->options[i]);
  fprintf(stream, "\nExamples:\n");
  for (int i = 0; command->examples[i]; i++) fprintf(stream, "  %s\n", command->examples[i]);
}

void cli_page_topic(FILE *stream, const cli_topic *topic) {
  fprintf(stream, "%s: %s\n\n", topic->name, topic->summary);
  cli_page_text(stream, topic->text, 0, COLUMNS);
  if (topic->list) {
    fputc('\n', stream);
    topic->list(stream);
  }
}

void cli_page_overview(FILE *stream, const cli_book *book) {
  fprintf(stream, "ocellus %s: train and use small image classifiers\n\n", oc_version());
  fprintf(stream, "Usage: ocellus COMMAND [OPERANDS] [OPTIONS]\n\nCommands:\n");
  const cli_command *command;
  const cli_topic *topic;
  for (int i = 0; (command = cli_command_at(book, i)); i++)
    fprintf(stream, "  %-15s %s\n", command->name, command->summary);
  fprintf(stream, "\nMore help:\n");
  for (int i = 0; (topic = cli_topic_at(book, i)); i++)
    fprintf(stream, "  help %-10s %s\n", topic->name, topic->summary);
  fprintf(stream, "\n`ocellus COMMAND --help` explains a command. To begin with: ocellus demo\n");
}
