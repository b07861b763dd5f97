/* command.h: defines commands. A command is one file that ends in CLI_COMMAND(name, ...) and a row in
 * commands/commands.def.
 *
 * A command prints results on standard output and messages on standard error, returns a status, and leaves
 * errors to main.c, which prints them and turns the status into the exit code. */
#ifndef OC_CLI_COMMAND_H
#define OC_CLI_COMMAND_H
#include "core/message.h"
#include "core/options.h"
#include "core/terminal.h"
#include <stdio.h>

/* A subject of help that is not a command: "ocellus help net". */
typedef struct cli_topic {
  const char *name, *summary;
  const char *text;           /* as in cli_command */
  void (*list)(FILE *stream); /* prints lines from the library's lists; NULL: none */
} cli_topic;

/* All commands and topics of the program, in the order of `ocellus help`. */
typedef struct cli_book {
  const struct cli_command *const *commands;
  int command_count;
  const cli_topic *topics;
  int topic_count;
} cli_book;

/* What commands' tables get from the library's lists when the program starts: rows, words and texts, as long
 * as main() runs. */
typedef struct cli_room {
  cli_option options[2 * CLI_OPTIONS_MAX];
  const char *words[128];
  char text[8192];
  size_t option_count, word_count, text_used;
} cli_room;

/* A command that was called, with its arguments read and checked. */
typedef struct cli_call {
  const cli_book *book;
  const struct cli_command *command;
  /* as it was called: "ocellus", "build/release/ocellus"; for words that can be typed again */
  const char *program;
  cli_arguments arguments;
  cli_terminal out, err; /* what standard output and standard error can show */
} cli_call;

typedef struct cli_command {
  const char *name;
  const char *summary;  /* one line, without a period */
  const char *operands; /* "MODEL DATA" */
  int least, most;      /* how many operands; most -1: any number */
  /* paragraphs of help, separated by an empty line; a line that begins with a space stays */
  const char *text;
  const cli_option *options; /* option_count rows, beginning with CLI_COMMON_OPTIONS */
  int option_count;
  const char *const *examples; /* lines for a shell, closed by NULL; tests/cli runs every one */
  oc_status (*run)(const cli_call *call, oc_error *err);
  /* Takes what the library lists into the command's table, which is a copy in `room` afterwards; NULL:
   * nothing. */
  oc_status (*extend)(struct cli_command *command, cli_room *room, oc_error *err);
} cli_command;

#define CLI_COMMAND(id, ...)                                                                                 \
  extern const cli_command cli_command_##id;                                                                 \
  const cli_command cli_command_##id = {.name = #id, __VA_ARGS__}

/* For `extend`. A copy of the command's table, which the command has from then on, with room for
 * CLI_OPTIONS_MAX rows. */
oc_status cli_room_take_table(cli_room *room, cli_command *command, cli_option **out, oc_error *err);
/* Makes choices of the words that name_at(0), name_at(1) and so on return, up to NULL. */
oc_status cli_room_take_words(cli_room *room, const char *(*name_at)(int index), const char *const **out,
                              oc_error *err);
/* A text of the room. */
oc_status cli_room_take_text(cli_room *room, const char **out, oc_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The i-th command or topic, or NULL past the end; and a command by name, NULL if there is none. */
const cli_command *cli_command_at(const cli_book *book, int index);
const cli_topic *cli_topic_at(const cli_book *book, int index);
const cli_command *cli_command_find(const cli_book *book, const char *name);
/* OC_E_ARGUMENT, with the command that was probably meant. */
oc_status cli_fail_command(const cli_book *book, const char *name, oc_error *err);

/* The value of an option of the call. */
static inline const cli_value *cli_get(const cli_call *call, int option) {
  return &call->arguments.values[option];
}
/* The i-th value of an option that repeats; NULL past the last. */
static inline const char *cli_get_repeated(const cli_call *call, int option, int i) {
  for (int k = 0; k < call->arguments.repeated_count; k++)
    if (call->arguments.repeated[k].option == option && i-- == 0) return call->arguments.repeated[k].text;
  return NULL;
}
/* The value of the option of this name, NULL if the command has none. */
const cli_value *cli_get_named(const cli_call *call, const char *name);
/* If the option is given: OC_E_ARGUMENT, "--NAME: has no effect WHY". */
oc_status cli_no_effect(const cli_call *call, int option, const char *why, oc_error *err);
/* The same for the first option of `list`, closed by 0, that is given. */
oc_status cli_no_effects(const cli_call *call, const int *list, const char *why, oc_error *err);
/* The i-th operand. */
static inline const char *cli_operand(const cli_call *call, int i) {
  return call->arguments.operands[i];
}

#endif
