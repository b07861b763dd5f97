/* help.c: `ocellus help`. */
#include "core/page.h"
#include <string.h>

enum { OPTION_MARKDOWN = CLI_COMMON_COUNT, OPTION_MAN };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_MARKDOWN] = {.name = "markdown", .help = "print all pages as one Markdown document"},
    [OPTION_MAN] = {.name = "man", .help = "print all pages as one manual page, for man(1)"},
};

static const char *const examples[] = {"ocellus help", "ocellus help train", "ocellus help net", NULL};

static oc_status cmd_help(const cli_call *call, oc_error *err) {
  if (cli_get(call, OPTION_MARKDOWN)->given) {
    cli_page_markdown(stdout, call->book);
    return OC_OK;
  }
  if (cli_get(call, OPTION_MAN)->given) {
    cli_page_man(stdout, call->book);
    return OC_OK;
  }
  if (call->arguments.operand_count == 0) {
    cli_page_overview(stdout, call->book);
    return OC_OK;
  }
  const char *name = cli_operand(call, 0);
  const cli_command *command = cli_command_find(call->book, name);
  if (command) {
    cli_page_command(stdout, command);
    return OC_OK;
  }
  const cli_topic *topic;
  for (int i = 0; (topic = cli_topic_at(call->book, i)); i++) {
    if (strcmp(topic->name, name) != 0) continue;
    cli_page_topic(stdout, topic);
    return OC_OK;
  }
  return cli_fail_command(call->book, name, err);
}

CLI_COMMAND(help, .summary = "print help on a command or a topic", .operands = "[COMMAND|TOPIC]", .least = 0,
            .most = 1,
            .text = "Prints the page of a command or a topic. Without an operand, lists all commands and "
                    "topics.",
            .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_help);
