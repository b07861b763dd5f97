/* message.h: prints messages to standard error. */
#ifndef OC_CLI_MESSAGE_H
#define OC_CLI_MESSAGE_H
#include "ocellus/status.h"
#include "core/terminal.h"

/* Fills `err` (may be NULL) and returns `code`; `where` and `hint` may be "". */
oc_status cli_fail(oc_error *err, oc_status code, const char *where, const char *hint, const char *format,
                   ...) __attribute__((format(printf, 5, 6)));
oc_status cli_fail_memory(oc_error *err);
/* "cannot VERB: " and the system's reason; OC_E_MEMORY instead of `code` if that is a lack of memory. */
oc_status cli_fail_errno(oc_error *err, oc_status code, const char *where, const char *verb,
                         const char *hint);
/* "ocellus train: error: WHERE: MESSAGE" and, on a line of its own, the hint. `command` may be NULL. */
void cli_print_error(const cli_terminal *t, const char *command, const oc_error *err);
/* "ocellus predict: note: .." on standard error. */
void cli_note(const cli_terminal *t, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Prints text that came from a file or a person: what could steer the terminal is escaped (oc_escape). */
void cli_put(FILE *stream, const char *text);
/* The same as a text for printf, cut where it is longer than a name should be; it lives to the end of the
 * block. */
enum { CLI_SHOWN_ROOM = 256 };
#define CLI_SHOWN(text) oc_escape((text), (char[CLI_SHOWN_ROOM]){0}, CLI_SHOWN_ROOM)
/* Sends what standard output still holds; OC_E_IO if any of it could not be written. */
oc_status cli_flush_output(oc_error *err);
/* A word as one would type it in a shell: in quotes if it needs them. Returns `text`. */
const char *cli_shell_word(const char *word, char *text, size_t size);

#define CLI_TRY(expression)                                                                                  \
  do {                                                                                                       \
    oc_status try_status_ = (expression);                                                                    \
    if (try_status_ != OC_OK) return try_status_;                                                            \
  } while (0)

#endif
