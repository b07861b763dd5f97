/* json.h: results for other programs. Every object says what it is: "schema": "ocellus.COMMAND/VERSION"; the
 * version changes when a member changes its meaning or goes away. One object is one line. */
#ifndef OC_CLI_JSON_H
#define OC_CLI_JSON_H
#include "message.h"
#include <jansson.h>

/* A number, or null if it is not finite, which JSON cannot say. */
json_t *cli_json_real(double value);
/* A text; bytes that are not UTF-8 (a file name may hold any) become "?". */
json_t *cli_json_text(const char *text);
/* Prints the object on standard output as one line, sends it off, and releases it. NULL (no memory) is an
 * error. */
oc_status cli_json_print(json_t *object, oc_error *err);

#endif
