/* command.c: finds a command, and the options of a call. */
#include "core/command.h"
#include "core/suggest.h"
#include <stdarg.h>
#include <string.h>

const cli_command *cli_command_at(const cli_book *book, int index) {
  return index >= 0 && index < book->command_count ? book->commands[index] : NULL;
}

const cli_topic *cli_topic_at(const cli_book *book, int index) {
  return index >= 0 && index < book->topic_count ? &book->topics[index] : NULL;
}

const cli_command *cli_command_find(const cli_book *book, const char *name) {
  const cli_command *command;
  for (int i = 0; (command = cli_command_at(book, i)); i++)
    if (strcmp(command->name, name) == 0) return command;
  return NULL;
}

oc_status cli_fail_command(const cli_book *book, const char *name, oc_error *err) {
  cli_suggestion near = {.word = name};
  const cli_command *command;
  const cli_topic *topic;
  for (int i = 0; (command = cli_command_at(book, i)); i++) cli_suggest(&near, command->name);
  for (int i = 0; (topic = cli_topic_at(book, i)); i++) cli_suggest(&near, topic->name);
  char hint[256] = "See the commands with `ocellus help`.";
  if (near.best)
    snprintf(hint, sizeof hint, "Did you mean %s? See the commands with `ocellus help`.", near.best);
  return cli_fail(err, OC_E_ARGUMENT, name, hint, "unknown command");
}

const cli_value *cli_get_named(const cli_call *call, const char *name) {
  for (int i = 0; i < call->command->option_count; i++)
    if (strcmp(call->command->options[i].name, name) == 0) return cli_get(call, i);
  return NULL;
}

oc_status cli_no_effect(const cli_call *call, int option, const char *why, oc_error *err) {
  char where[64];
  if (!cli_get(call, option)->given) return OC_OK;
  snprintf(where, sizeof where, "--%s", call->command->options[option].name);
  return cli_fail(err, OC_E_ARGUMENT, where, "Leave it out.", "has no effect %s", why);
}

oc_status cli_no_effects(const cli_call *call, const int *list, const char *why, oc_error *err) {
  for (; *list; list++) CLI_TRY(cli_no_effect(call, *list, why, err));
  return OC_OK;
}

/* ---- room for tables ----------------------------------------------------------------------------------- */

static oc_status fail_room(const char *what, oc_error *err) {
  return cli_fail(err, OC_E_INTERNAL, "", "", "no room for the %s of a command", what);
}

oc_status cli_room_take_table(cli_room *room, cli_command *command, cli_option **out, oc_error *err) {
  const size_t left = sizeof room->options / sizeof *room->options - room->option_count;
  if (left < CLI_OPTIONS_MAX) return fail_room("options", err);
  *out = room->options + room->option_count;
  memcpy(*out, command->options, (size_t)command->option_count * sizeof **out);
  room->option_count += CLI_OPTIONS_MAX;
  command->options = *out;
  return OC_OK;
}

oc_status cli_room_take_words(cli_room *room, const char *(*name_at)(int index), const char *const **out,
                              oc_error *err) {
  const char **words = room->words + room->word_count;
  const size_t left = sizeof room->words / sizeof *room->words - room->word_count;
  size_t n = 0;
  for (; n < left && name_at((int)n); n++) words[n] = name_at((int)n);
  if (n == left) return fail_room("choices", err);
  words[n] = NULL;
  room->word_count += n + 1;
  *out = words;
  return OC_OK;
}

oc_status cli_room_take_text(cli_room *room, const char **out, oc_error *err, const char *format, ...) {
  const size_t left = sizeof room->text - room->text_used;
  char *text = room->text + room->text_used;
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(text, left, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= left) return fail_room("texts", err);
  room->text_used += (size_t)length + 1;
  *out = text;
  return OC_OK;
}
