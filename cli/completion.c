/* completion.c: `ocellus completion`: a script for bash, made from the tables of commands and options. */
#include "command.h"
#include <string.h>

static const cli_option options[] = {CLI_COMMON_OPTIONS};
static const char *const examples[] = {"ocellus completion bash", "ocellus completion bash > ocellus.bash",
                                       NULL};

static void print_command(const cli_command *c) {
  printf("    %s) words='", c->name);
  for (int i = 0; i < c->option_count; i++) printf("%s--%s", i ? " " : "", c->options[i].name);
  printf("';;\n");
}

/* After an option with a fixed list of values: those. */
static void print_choices(const cli_command *c) {
  for (int i = CLI_COMMON_COUNT; i < c->option_count; i++) {
    if (!c->options[i].choices) continue;
    printf("    '%s --%s') COMPREPLY=($(compgen -W '", c->name, c->options[i].name);
    for (int k = 0; c->options[i].choices[k]; k++) printf("%s%s", k ? " " : "", c->options[i].choices[k]);
    printf("' -- \"$word\")); return;;\n");
  }
}

static oc_status run(const cli_call *call, oc_error *err) {
  const cli_command *c;
  if (strcmp(cli_operand(call, 0), "bash") != 0)
    return cli_fail(err, OC_E_ARGUMENT, cli_operand(call, 0), "ocellus completion bash",
                    "is not a shell known here: bash");
  printf("# bash completion of ocellus %s\n_ocellus() {\n  local word=${COMP_WORDS[COMP_CWORD]} words='' i\n"
         "  COMPREPLY=()\n  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '",
         oc_version());
  for (int i = 0; (c = cli_command_at(i)); i++) printf("%s%s", i ? " " : "", c->name);
  printf(
      "' -- \"$word\"))\n    return\n  fi\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}\" in\n");
  for (int i = 0; (c = cli_command_at(i)); i++) print_choices(c);
  printf("  esac\n  case ${COMP_WORDS[1]} in\n");
  for (int i = 0; (c = cli_command_at(i)); i++) print_command(c);
  printf("  esac\n  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); fi\n}\n"
         "complete -o default -F _ocellus ocellus\n");
  return OC_OK;
}

CLI_COMMAND(completion, .summary = "print a completion script for a shell", .operands = "SHELL", .least = 1,
            .most = 1,
            .text = "SHELL is bash. To have it in every shell: ocellus completion bash > "
                    "~/.local/share/bash-completion/completions/ocellus",
            .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = run);
