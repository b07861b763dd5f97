/* completion.c: `ocellus completion`: a script for a shell, made from the tables of commands and options. A
 * shell is a row of shells[]. */
#include "core/command.h"
#include <string.h>

static const cli_option options[] = {CLI_COMMON_OPTIONS};
static const char *const examples[] = {"ocellus completion bash", "ocellus completion zsh > _ocellus",
                                       "ocellus completion fish > ocellus.fish", NULL};

/* `text` between single quotes: each of `special` (a shell's own) after a backslash, a quote as the shell
 * requires. */
static void print_quoted(const char *text, const char *special, const char *quote) {
  for (; *text; text++) {
    if (*text == '\'')
      fputs(quote, stdout);
    else
      printf("%s%c", strchr(special, *text) ? "\\" : "", *text);
  }
}

static void print_words(const char *const *words) {
  for (int i = 0; words[i]; i++) printf("%s%s", i ? " " : "", words[i]);
}

/* ---- bash ---------------------------------------------------------------------------------------------- */

static void bash_options(const cli_command *c) {
  printf("    %s) words='", c->name);
  for (int i = 0; i < c->option_count; i++) printf("%s--%s", i ? " " : "", c->options[i].name);
  printf("';;\n");
}

/* After an option with a fixed list of values: those. */
static void bash_choices(const cli_command *c) {
  for (int i = CLI_COMMON_COUNT; i < c->option_count; i++) {
    if (!c->options[i].choices) continue;
    printf("    '%s --%s') COMPREPLY=($(compgen -W '", c->name, c->options[i].name);
    print_words(c->options[i].choices);
    printf("' -- \"$word\")); return;;\n");
  }
}

static void bash(const cli_book *book) {
  const cli_command *c;
  printf("_ocellus() {\n  local word=${COMP_WORDS[COMP_CWORD]} words='' i\n"
         "  COMPREPLY=()\n  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W '");
  for (int i = 0; (c = cli_command_at(book, i)); i++) printf("%s%s", i ? " " : "", c->name);
  printf(
      "' -- \"$word\"))\n    return\n  fi\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}\" in\n");
  for (int i = 0; (c = cli_command_at(book, i)); i++) bash_choices(c);
  printf("  esac\n  case ${COMP_WORDS[1]} in\n");
  for (int i = 0; (c = cli_command_at(book, i)); i++) bash_options(c);
  printf("  esac\n  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); fi\n}\n"
         "complete -o default -F _ocellus ocellus\n");
}

/* ---- zsh ----------------------------------------------------------------------------------------------- */

/* '(-q --quiet)'{-q,--quiet}'[only results]' or '--epochs[..]:N:' */
static void zsh_option(const cli_option *o) {
  if (o->letter)
    printf("        '(-%c --%s)'{-%c,--%s}'[", o->letter, o->name, o->letter, o->name);
  else
    printf("        '--%s[", o->name);
  print_quoted(o->help, "[]\\", "'\\''");
  printf("]");
  if (o->kind != CLI_FLAG) printf(":%s:", o->value);
  if (o->choices) {
    printf("(");
    print_words(o->choices);
    printf(")");
  } else if (o->kind == CLI_TEXT) {
    printf("_files");
  }
  printf("' \\\n");
}

static void zsh(const cli_book *book) {
  const cli_command *c;
  printf("_ocellus() {\n  local -a commands=(\n");
  for (int i = 0; (c = cli_command_at(book, i)); i++) {
    printf("    '%s:", c->name);
    print_quoted(c->summary, ":\\", "'\\''");
    printf("'\n");
  }
  printf("  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n"
         "  shift words\n  ((CURRENT--))\n  case $words[1] in\n");
  for (int i = 0; (c = cli_command_at(book, i)); i++) {
    printf("    %s)\n      _arguments -s \\\n", c->name);
    for (int k = 0; k < c->option_count; k++) zsh_option(&c->options[k]);
    printf("        '*:file:_files'\n      ;;\n");
  }
  printf("  esac\n}\nif [[ $funcstack[1] == _ocellus ]]; then\n  _ocellus \"$@\"\nelse\n"
         "  compdef _ocellus ocellus\nfi\n");
}

/* ---- fish ---------------------------------------------------------------------------------------------- */

static void fish_option(const cli_command *c, const cli_option *o) {
  printf("complete -c ocellus -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
  if (o->letter) printf(" -s %c", o->letter);
  if (o->choices) {
    printf(" -xa '");
    print_words(o->choices);
    printf("'");
  } else if (o->kind != CLI_FLAG) {
    printf(o->kind == CLI_TEXT ? " -r" : " -x");
  }
  printf(" -d '");
  print_quoted(o->help, "\\", "\\'");
  printf("'\n");
}

static void fish(const cli_book *book) {
  const cli_command *c;
  for (int i = 0; (c = cli_command_at(book, i)); i++) {
    printf("complete -c ocellus -n __fish_use_subcommand -f -a %s -d '", c->name);
    print_quoted(c->summary, "\\", "\\'");
    printf("'\n");
    for (int k = 0; k < c->option_count; k++) fish_option(c, &c->options[k]);
  }
}

/* ---- the command --------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *first; /* what the script must begin with */
  void (*print)(const cli_book *book);
} shells[] = {{"bash", "", bash}, {"zsh", "#compdef ocellus\n", zsh}, {"fish", "", fish}};

static oc_status cmd_completion(const cli_call *call, oc_error *err) {
  for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
    if (strcmp(cli_operand(call, 0), shells[i].name) != 0) continue;
    printf("%s# %s completion of ocellus %s\n", shells[i].first, shells[i].name, oc_version());
    shells[i].print(call->book);
    return OC_OK;
  }
  return cli_fail(err, OC_E_ARGUMENT, cli_operand(call, 0), "Write, for example, `ocellus completion bash`.",
                  "unknown shell: expected bash, zsh or fish");
}

CLI_COMMAND(completion, .summary = "print a completion script for a shell", .operands = "SHELL", .least = 1,
            .most = 1,
            .text = "SHELL is bash, zsh or fish. `make install` installs all three where the shells find "
                    "them. To install one by hand, for one user:\n"
                    "  ocellus completion bash > ~/.local/share/bash-completion/completions/ocellus\n"
                    "  ocellus completion zsh > _ocellus       (in a folder of $fpath)\n"
                    "  ocellus completion fish > ~/.config/fish/completions/ocellus.fish",
            .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_completion);
