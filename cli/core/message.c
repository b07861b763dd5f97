/* message.c: makes and prints errors, in one place each. */
#include "core/message.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

oc_status cli_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format,
                   ...) {
  va_list arguments;
  va_start(arguments, format);
  oc_error_fill(err, code, where, hint, format, arguments);
  va_end(arguments);
  return code;
}

oc_status cli_fail_memory(oc_error *err) {
  return cli_fail(err, OC_E_MEMORY, "", "", "out of memory");
}

oc_status cli_fail_errno(oc_error *err, oc_status code, const char *where, const char *verb,
                         const char *hint) {
  const int cause = errno;
  return cli_fail(err, cause == ENOMEM ? OC_E_MEMORY : code, where, hint, "cannot %s: %s", verb,
                  strerror(cause));
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
  fprintf(t->stream, "ocellus %s: %snote:%s ", command, cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN));
  cli_put(t->stream, text);
  fputc('\n', t->stream);
}

oc_status cli_flush_output(oc_error *err) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return OC_OK;
  return cli_fail(err, OC_E_IO, "standard output", "", "cannot write: %s",
                  errno ? strerror(errno) : "write error");
}

void cli_put(FILE *stream, const char *text) {
  char piece[OC_ESCAPE_ROOM];
  while (oc_escape_next(&text, piece) > 0) fputs(piece, stream);
}

static bool is_harmless(const char *text) {
  char piece[OC_ESCAPE_ROOM];
  for (const char *from = text;; from = text) {
    const size_t n = oc_escape_next(&text, piece);
    if (n == 0) return true;
    if (n != (size_t)(text - from) || memcmp(piece, from, n) != 0) return false;
  }
}

/* What a terminal must not get, as $'\x1b', which shells understand. */
static void quote_bytes(const char *word, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "$'");
  for (; *word && used + 6 < size; word++) {
    const bool plain = *word >= ' ' && *word < 127 && *word != '\'' && *word != '\\';
    used += (size_t)snprintf(text + used, size - used, plain ? "%c" : "\\x%02x", (unsigned char)*word);
  }
  snprintf(text + used, size - used, "'");
}

const char *cli_shell_word(const char *word, char *text, size_t size) {
  static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+=@%";
  bool plain = *word && word[strspn(word, safe)] == 0;
  if (!plain && size >= 16 && !is_harmless(word)) return quote_bytes(word, text, size), text;
  size_t used = (size_t)snprintf(text, size, "%s", plain ? word : "'");
  if (plain || size < 3) return text;
  for (; *word && used + 6 < size; word++)
    used += (size_t)snprintf(text + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
  snprintf(text + used, size - used, "'");
  return text;
}
