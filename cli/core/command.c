/* command.c: finding a command, and the options of a call. */
#include "core/command.h"
#include "core/suggest.h"
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
  char hint[256] = "`ocellus help` lists the commands";
  if (near.best) snprintf(hint, sizeof hint, "did you mean %s? `ocellus help` lists the commands", near.best);
  return cli_fail(err, OC_E_ARGUMENT, name, hint, "is not a command");
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
  return cli_fail(err, OC_E_ARGUMENT, where, "leave it out", "has no effect %s", why);
}

oc_status cli_no_effects(const cli_call *call, const int *list, const char *why, oc_error *err) {
  for (; *list; list++) CLI_TRY(cli_no_effect(call, *list, why, err));
  return OC_OK;
}
