/* failure.h: adds option names and typed words to an error of the library. */
#ifndef OC_CLI_FAILURE_H
#define OC_CLI_FAILURE_H
#include "core/command.h"

/* Names the option that an error is about, and the preset or built-in data that a misspelt word was meant to
 * be. */
void cli_failure_explain(const cli_call *call, oc_error *err);

#endif
