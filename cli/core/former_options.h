/* former_options.h: options of earlier versions, with their replacements for the error message. */
#ifndef OC_CLI_FORMER_OPTIONS_H
#define OC_CLI_FORMER_OPTIONS_H

/* What replaced option --name ("was removed; ..."), NULL if no command ever had it. Static. */
const char *cli_former_option(const char *name);

#endif
