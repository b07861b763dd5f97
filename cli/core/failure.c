/* failure.c: see failure.h. */
#include "core/failure.h"
#include "ocellus/net.h"
#include "core/suggest.h"
#include <string.h>

/* "learning_rate" of the library is --lr here; others differ in their dashes alone. */
static bool is_field(const char *field, const char *option) {
  if (strcmp(field, "learning_rate") == 0) field = "lr";
  while (*field && (*field == *option || (*field == '_' && *option == '-'))) field++, option++;
  return *field == 0 && *option == 0;
}

static void set_where(oc_error *err, const char *option, const char *rest) {
  char where[sizeof err->where];
  snprintf(where, sizeof where, "--%.60s%s%.180s", option, *rest ? " " : "", rest);
  memcpy(err->where, where, sizeof where);
}

/* An error about a field of the library's options, about the text of an option, or about the text of
 * --net. */
static void name_option(const cli_call *call, oc_error *err) {
  char text[sizeof err->where];
  for (int i = 0; i < call->command->option_count; i++) {
    const cli_option *o = &call->command->options[i];
    const cli_value *v = cli_get(call, i);
    if (err->code == OC_E_ARGUMENT && is_field(err->where, o->name)) {
      set_where(err, o->name, "");
      return;
    }
    if (!v->given || !v->text || o->kind != CLI_TEXT) continue; /* no text: it was refused */
    const bool about =
        err->code == OC_E_ARGUMENT && strcmp(err->where, oc_escape(v->text, text, sizeof text)) == 0;
    if (about || (err->code == OC_E_NET && strcmp(o->name, "net") == 0)) {
      set_where(err, o->name, err->where);
      return;
    }
  }
}

/* An error about the windows of conv and pool: its first word gives the option. */
static void name_window(const cli_call *call, oc_error *err) {
  static const char *const options[][2] = {{"stride", "stride"},
                                           {"padding", "pad"},
                                           {"dilation", "dilation"},
                                           {"the kernel", "size"},
                                           {"the kernel", "w"}};
  if (err->code != OC_E_ARGUMENT || (strcmp(err->where, "window") != 0 && strcmp(err->where, "pooling") != 0))
    return;
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    if (strncmp(err->message, options[i][0], strlen(options[i][0])) == 0 &&
        cli_get_named(call, options[i][1])) {
      set_where(err, options[i][1], "");
      return;
    }
}

/* The unknown word: a net text of one word, or an operand that is not a file. NULL: none. */
static const char *unknown_word(const cli_call *call, const oc_error *err) {
  const cli_value *net = cli_get_named(call, "net");
  if (err->code == OC_E_NET && net && net->given && net->text) return net->text;
  if (err->code != OC_E_NET && err->code != OC_E_NO_INPUT) return NULL;
  for (int i = 0; i < call->arguments.operand_count; i++)
    if (err->code == OC_E_NET || strcmp(err->where, cli_operand(call, i)) == 0) return cli_operand(call, i);
  return NULL;
}

static void suggest_name(const cli_call *call, oc_error *err) {
  static const char *const data[] = {"digits", "xo"}; /* built in */
  const char *word = unknown_word(call, err), *name;
  if (!word || strpbrk(word, " |/\n{")) return;
  cli_suggestion near = {.word = word};
  const bool nets = err->code == OC_E_NET || strstr(call->command->operands, "NET");
  for (int i = 0; nets && (name = oc_net_preset_name(i)); i++) cli_suggest(&near, name);
  for (size_t i = 0; err->code == OC_E_NO_INPUT && i < sizeof data / sizeof data[0]; i++)
    cli_suggest(&near, data[i]);
  if (near.best && strcmp(near.best, word) != 0) /* which is right elsewhere */
    snprintf(err->hint, sizeof err->hint, "Did you mean %s?", near.best);
}

/* Writes "--clip-norm 1" for "clip_norm 1" in a hint: the command has options, no fields. */
static void name_options_in_hint(const cli_call *call, oc_error *err) {
  for (int i = 0; i < call->command->option_count; i++) {
    const char *option = call->command->options[i].name;
    char field[64], hint[sizeof err->hint];
    snprintf(field, sizeof field, "%s", option);
    for (char *dash = field; (dash = strchr(dash, '-')); dash++) *dash = '_';
    char *at = strstr(err->hint, field);
    if (!at || !strchr(field, '_')) continue;
    snprintf(hint, sizeof hint, "%.*s--%s%s", (int)(at - err->hint), err->hint, option, at + strlen(field));
    memcpy(err->hint, hint, sizeof hint);
  }
}

void cli_failure_explain(const cli_call *call, oc_error *err) {
  if (!call->command || call->arguments.option_count == 0) return;
  suggest_name(call, err);
  name_window(call, err);
  name_option(call, err);
  name_options_in_hint(call, err);
}
