/* former_options.h: options that commands had once. Who types one is told what became of it. */
#ifndef OC_CLI_FORMER_OPTIONS_H
#define OC_CLI_FORMER_OPTIONS_H

/* What became of option --name ("was removed; .."), NULL if no command ever had it. Static. */
const char *cli_former_option(const char *name);

#endif
