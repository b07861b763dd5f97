/* options.c: reads command lines. Long options as --name value or --name=value, short ones as -q,
 * -qf, -o value or -ovalue; options and operands in any order; "--" ends the options. */
#include "core/options.h"
#include "core/former_options.h"
#include "core/message.h"
#include "core/suggest.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_color_choices[] = {"auto", "always", "never", NULL};

/* ---- values -------------------------------------------------------------------------------------------- */

const char *cli_range_text(const cli_option *o, char *text, size_t size) {
  text[0] = 0;
  if (o->kind != CLI_WHOLE && o->kind != CLI_REAL) return text;
  if (o->kind == CLI_WHOLE && o->high < CLI_WHOLE_MAX)
    snprintf(text, size, "%.0f to %.0f", o->low, o->high);
  else if (o->kind == CLI_WHOLE)
    snprintf(text, size, "%.0f or more", o->low);
  else if (isinf(o->high))
    snprintf(text, size, o->above ? "above %g" : "%g or more", o->low);
  else
    snprintf(text, size, "%s%g%s, %s%g", o->above ? "above " : "", o->low, o->above ? "" : " or more",
             o->below ? "below " : "at most ", o->high);
  return text;
}

static bool in_range(const cli_option *o, double x) {
  return !(x < o->low || x > o->high || (o->above && x == o->low) || (o->below && x == o->high));
}

static oc_status fail_range(const cli_option *o, const char *where, const char *text, oc_error *err) {
  char range[96];
  const bool whole = o->kind == CLI_WHOLE;
  const char *most =
      whole && o->high >= CLI_WHOLE_MAX ? ", at most 2^53 - 1" : ""; /* help need not state it */
  return cli_fail(err, OC_E_ARGUMENT, where, "", "must be %s, %s%s, got %s",
                  whole ? "an integer" : "a finite number", cli_range_text(o, range, sizeof range), most,
                  text);
}

static oc_status read_whole(const cli_option *o, const char *where, const char *text, cli_value *v,
                            oc_error *err) {
  char *end = NULL;
  errno = 0;
  long long whole = strtoll(text, &end, 10);
  if (end == text || *end)
    return cli_fail(err, OC_E_ARGUMENT, where, "", "expected an integer, got '%s'", text);
  if (errno == ERANGE || !in_range(o, (double)whole)) return fail_range(o, where, text, err);
  v->whole = whole;
  return OC_OK;
}

static oc_status read_real(const cli_option *o, const char *where, const char *text, cli_value *v,
                           oc_error *err) {
  char *end = NULL;
  double real = strtod(text, &end);
  if (end == text || *end)
    return cli_fail(err, OC_E_ARGUMENT, where, "", "expected a number, got '%s'", text);
  if (!isfinite(real) || !in_range(o, real)) return fail_range(o, where, text, err);
  v->real = real;
  return OC_OK;
}

static oc_status read_choice(const cli_option *o, const char *where, const char *text, oc_error *err) {
  cli_suggestion near = {.word = text};
  char list[200] = "", hint[256] = "";
  for (int i = 0; o->choices[i]; i++) {
    if (strcmp(o->choices[i], text) == 0) return OC_OK;
    cli_suggest(&near, o->choices[i]);
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", o->choices[i]);
  }
  if (near.best) snprintf(hint, sizeof hint, "Did you mean %s?", near.best);
  return cli_fail(err, OC_E_ARGUMENT, where, hint, "must be one of %s, got '%s'", list, text);
}

oc_status cli_arguments_set(cli_arguments *a, int option, const char *text, oc_error *err) {
  const cli_option *o = &a->options[option];
  cli_value *v = &a->values[option];
  char where[64];
  snprintf(where, sizeof where, "--%s", o->name);
  oc_status status = OC_OK;
  if (o->kind == CLI_WHOLE)
    status = read_whole(o, where, text, v, err);
  else if (o->kind == CLI_REAL)
    status = read_real(o, where, text, v, err);
  else if (o->kind == CLI_CHOICE)
    status = read_choice(o, where, text, err);
  else if (o->kind == CLI_TEXT && !*text)
    status = cli_fail(err, OC_E_ARGUMENT, where, "", "must not be empty: expected %s", o->value);
  if (status == OC_OK) v->text = text;
  return status;
}

int cli_option_find(const cli_arguments *a, const char *name) {
  for (int i = 0; i < a->option_count; i++)
    if (strcmp(a->options[i].name, name) == 0) return i;
  return -1;
}

oc_status cli_arguments_give(cli_arguments *a, int option, const char *text, oc_error *err) {
  a->values[option].given = true;
  if (a->options[option].repeats) {
    if (a->repeated_count == CLI_REPEATED_MAX)
      return cli_fail(err, OC_E_ARGUMENT, a->options[option].name, "", "more than %d options",
                      CLI_REPEATED_MAX);
    a->repeated[a->repeated_count++] = (cli_repeated){option, text};
  }
  return cli_arguments_set(a, option, text, err);
}

void cli_arguments_begin(cli_arguments *a, const cli_option *options, int count) {
  *a = (cli_arguments){.options = options, .option_count = count};
  for (int i = 0; i < count; i++)
    if (options[i].fallback) (void)cli_arguments_set(a, i, options[i].fallback, NULL);
}

/* ---- the command line ---------------------------------------------------------------------------------- */

typedef struct reader {
  cli_arguments *a;
  int argc, next; /* the next argument to look at */
  char **argv;
  oc_error *err;
} reader;

static oc_status parse_option_value(reader *r, int option, const char *typed, const char *text) {
  const cli_option *o = &r->a->options[option];
  if (o->kind != CLI_FLAG && !text) {
    const char *next = r->next < r->argc ? r->argv[r->next] : NULL;
    if (!next || strncmp(next, "--", 2) == 0)
      return cli_fail(r->err, OC_E_ARGUMENT, typed, "", "expected a value: %s %s", typed, o->value);
    text = next;
    r->next++;
  }
  return cli_arguments_give(r->a, option, text ? text : "", r->err);
}

static oc_status read_long(reader *r, const char *argument) {
  const char *name = argument + 2, *equals = strchr(name, '=');
  size_t length = equals ? (size_t)(equals - name) : strlen(name);
  char typed[64], hint[256] = "";
  snprintf(typed, sizeof typed, "--%.*s", (int)(length < 60 ? length : 60), name);
  cli_suggestion near = {.word = typed + 2};
  for (int i = 0; i < r->a->option_count; i++) {
    const cli_option *o = &r->a->options[i];
    if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) {
      if (o->kind == CLI_FLAG && equals)
        return cli_fail(r->err, OC_E_ARGUMENT, typed, "", "takes no value, got '%s'", equals + 1);
      return parse_option_value(r, i, typed, equals ? equals + 1 : NULL);
    }
    cli_suggest(&near, o->name);
  }
  const char *became = cli_former_option(typed + 2);
  if (became) return cli_fail(r->err, OC_E_ARGUMENT, typed, "", "%s", became);
  if (near.best) snprintf(hint, sizeof hint, "Did you mean --%s?", near.best);
  return cli_fail(r->err, OC_E_ARGUMENT, typed, hint, "unknown option");
}

static oc_status read_letters(reader *r, const char *argument) {
  for (const char *c = argument + 1; *c; c++) {
    char typed[3] = {'-', *c, 0};
    int i = 0;
    while (i < r->a->option_count && r->a->options[i].letter != *c) i++;
    if (i == r->a->option_count) return cli_fail(r->err, OC_E_ARGUMENT, typed, "", "unknown option");
    if (r->a->options[i].kind != CLI_FLAG) return parse_option_value(r, i, typed, c[1] ? c + 1 : NULL);
    oc_status status = parse_option_value(r, i, typed, NULL);
    if (status != OC_OK) return status;
  }
  return OC_OK;
}

oc_status cli_arguments_read(cli_arguments *a, int argc, char **argv, bool stop, oc_error *err) {
  reader r = {a, argc, 0, argv, err};
  bool only_operands = false;
  a->operands = argv;
  a->operand_count = 0;
  while (r.next < argc) {
    char *argument = argv[r.next++];
    oc_status status = OC_OK;
    if (only_operands || argument[0] != '-' || !argument[1]) {
      if (stop) {
        a->operands = argv + r.next - 1;
        a->operand_count = argc - (r.next - 1);
        return OC_OK;
      }
      argv[a->operand_count++] = argument;
    } else if (strcmp(argument, "--") == 0) {
      only_operands = true;
    } else {
      status = argument[1] == '-' ? read_long(&r, argument) : read_letters(&r, argument);
    }
    if (status != OC_OK) return status;
  }
  return OC_OK;
}

bool cli_asks_for_help(int argc, char **argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) return true;
  return false;
}
