/* json.h: prints results for other programs. Every object names its schema: "schema":
 * "ocellus.COMMAND/VERSION"; the version changes when a member changes its meaning or goes away. One object
 * is one line. */
#ifndef OC_CLI_JSON_H
#define OC_CLI_JSON_H
#include "core/message.h"
#include <jansson.h>

/* Begins to record when jansson gets no memory, which it does not always report. Called once, before any
 * other of its functions. */
void cli_json_watch(void);
/* Reads text. Ends the program, with the exit code of OC_E_MEMORY, if memory runs out meanwhile: jansson
 * would read on with a gap, or fail an assertion of its own. `problem` may be NULL. NULL: the text is not
 * JSON, or has a key twice. */
json_t *cli_json_parse(const char *text, size_t size, json_error_t *problem);
/* A number, or null if it is not finite, which JSON cannot express. */
json_t *cli_json_real(double value);
/* A text; bytes that are not UTF-8 (a file name may hold any) become "?". */
json_t *cli_json_text(const char *text);
/* The object as one line of ASCII, to be freed with free; NULL if memory ran out here or while it was made.
 * Releases it. */
char *cli_json_line(json_t *object);
/* Prints that line on standard output and sends it off. OC_E_MEMORY if there is none. */
oc_status cli_json_print(json_t *object, oc_error *err);
/* The same with flags of json_dumps. Reals read back to the same bits. */
oc_status cli_json_print_with(json_t *object, size_t flags, oc_error *err);

#endif
