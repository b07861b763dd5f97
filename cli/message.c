/* message.c: errors are made in one place and printed in one place. */
#include "message.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

oc_status cli_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format,
                   ...) {
  if (!err) return code;
  err->code = code;
  snprintf(err->where, sizeof err->where, "%s", where);
  snprintf(err->hint, sizeof err->hint, "%s", hint);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(err->message, sizeof err->message, format, arguments);
  va_end(arguments);
  return code;
}

oc_status cli_fail_memory(oc_error *err) {
  return cli_fail(err, OC_E_MEMORY, "", "", "out of memory");
}

void cli_print_error(const cli_terminal *t, const char *command, const oc_error *err) {
  fprintf(t->stream, "ocellus%s%s: ", command ? " " : "", command ? command : "");
  if (err->code != OC_E_INTERRUPTED) /* which was wished for */
    fprintf(t->stream, "%serror:%s ", cli_style(t, CLI_RED), cli_style(t, CLI_PLAIN));
  if (err->where[0]) fprintf(t->stream, "%s: ", err->where);
  fprintf(t->stream, "%s\n", err->message[0] ? err->message : oc_status_text(err->code));
  if (err->hint[0])
    fprintf(t->stream, "  %shint:%s %s\n", cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN), err->hint);
}

void cli_note(const cli_terminal *t, const char *command, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(t->stream, "ocellus %s: %snote:%s %s\n", command, cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN),
          text);
}

oc_status cli_flush_output(oc_error *err) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return OC_OK;
  return cli_fail(err, OC_E_IO, "standard output", "", "cannot write: %s",
                  errno ? strerror(errno) : "write error");
}

const char *cli_shell_word(const char *word, char *text, size_t size) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+=@%";
  bool plain = *word && word[strspn(word, safe)] == 0;
  size_t used = (size_t)snprintf(text, size, "%s", plain ? word : "'");
  if (plain || size < 3) return text;
  for (; *word && used + 6 < size; word++)
    used += (size_t)snprintf(text + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
  snprintf(text + used, size - used, "'");
  return text;
}
