/* main.c: finds the command, reads its arguments, runs it, prints its error, and turns its status into an
 * exit code. */
#include "core/command.h"
#include "core/json.h"
#include "core/failure.h"
#include "core/interrupt.h"
#include "ocellus/session.h"
#include "core/page.h"
#include "topics.h"
#include <signal.h>

#define CLI_ROW(name) extern const cli_command cli_command_##name;
#include "commands/commands.def"
#undef CLI_ROW

static const cli_command *const commands[] = {
#define CLI_ROW(name) &cli_command_##name,
#include "commands/commands.def"
#undef CLI_ROW
};

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

/* Options before the command. */
enum { OPTION_VERSION = CLI_COMMON_COUNT };
static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_VERSION] = {.name = "version", .letter = 'V', .help = "print the version"},
};

static oc_status check_operands(const cli_call *call, oc_error *err) {
  const cli_command *c = call->command;
  int count = call->arguments.operand_count;
  char hint[256];
  if (count >= c->least && (c->most < 0 || count <= c->most)) return OC_OK;
  snprintf(hint, sizeof hint, "Use `ocellus %s%s%s [OPTIONS]`; see `ocellus help %s`.", c->name,
           *c->operands ? " " : "", c->operands, c->name);
  if (count < c->least)
    return cli_fail(err, OC_E_ARGUMENT, "", hint, "expected %s, got %s", c->operands,
                    count ? "only a part of it" : "nothing");
  return cli_fail(err, OC_E_ARGUMENT, cli_operand(call, c->most), hint, "unexpected operand");
}

static oc_status run_command(cli_call *call, const char *color, int argc, char **argv, oc_error *err) {
  const cli_command *c = call->command;
  if (cli_asks_for_help(argc, argv)) {
    cli_page_command(stdout, c);
    return OC_OK;
  }
  cli_arguments_begin(&call->arguments, c->options, c->option_count);
  (void)cli_arguments_set(&call->arguments, CLI_OPTION_COLOR, color, NULL);
  CLI_TRY(cli_arguments_read(&call->arguments, argc, argv, false, err));
  CLI_TRY(check_operands(call, err));
  CLI_TRY(oc_environment_check(err));
  call->out = cli_terminal_of(stdout, cli_get(call, CLI_OPTION_COLOR)->text);
  call->err = cli_terminal_of(stderr, cli_get(call, CLI_OPTION_COLOR)->text);
  return c->run(call, err);
}

/* Reads the options before the command, then the command. */
static oc_status run_program(cli_call *call, int argc, char **argv, oc_error *err) {
  cli_arguments global;
  cli_arguments_begin(&global, options, CLI_OPTION_COUNT(options));
  CLI_TRY(cli_arguments_read(&global, argc, argv, true, err));
  if (global.values[CLI_OPTION_HELP].given) {
    cli_page_overview(stdout, call->book);
    return OC_OK;
  }
  if (global.values[OPTION_VERSION].given) {
    printf("ocellus %s\n", oc_version());
    return OC_OK;
  }
  if (global.operand_count == 0) {
    cli_page_overview(stdout, call->book);
    return OC_OK;
  }
  call->command = cli_command_find(call->book, global.operands[0]);
  if (!call->command) return cli_fail_command(call->book, global.operands[0], err);
  return run_command(call, global.values[CLI_OPTION_COLOR].text, global.operand_count - 1,
                     global.operands + 1, err);
}

/* The commands as they are, or as copies that hold what the library lists. */
static oc_status extend_commands(cli_command *copies, const cli_command **list, cli_room *room,
                                 oc_error *err) {
  for (int i = 0; i < COUNT(commands); i++) {
    list[i] = commands[i];
    if (!commands[i]->extend) continue;
    copies[i] = *commands[i];
    CLI_TRY(copies[i].extend(&copies[i], room, err));
    list[i] = &copies[i];
  }
  return OC_OK;
}

int main(int argc, char **argv) {
  oc_error err = {0};
  cli_room room = {.option_count = 0};
  cli_command copies[COUNT(commands)];
  const cli_command *list[COUNT(commands)];
  cli_interrupt_start();
  cli_json_watch();
  signal(SIGXFSZ, SIG_IGN); /* standard output at the limit of `ulimit -f` is an error to report */
  const cli_book book = {list, COUNT(commands), cli_topics, cli_topic_count};
  cli_call call = {
      .book = &book, .program = argc > 0 ? argv[0] : "ocellus", .err = cli_terminal_of(stderr, "auto")};
  oc_status status = extend_commands(copies, list, &room, &err);
  if (status == OC_OK) status = run_program(&call, argc - 1, argv + 1, &err);
  oc_status written = cli_flush_output(status == OC_OK ? &err : NULL);
  if (status == OC_OK) status = written;
  if (status == OC_OK) return 0;
  cli_failure_explain(&call, &err);
  cli_print_error(&call.err, call.command ? call.command->name : NULL, &err);
  return oc_status_exit_code(status);
}
