/* interrupt.h: handles Ctrl-C during training. The first one (or SIGTERM, or a closed terminal) requests a
 * stop after the step, the second quits immediately. */
#ifndef OC_CLI_INTERRUPT_H
#define OC_CLI_INTERRUPT_H
#include <stdbool.h>

/* From now on, Ctrl-C ends the program with exit code 130. Files that are being written stay as they were. */
void cli_interrupt_start(void);
/* From now on, the first signal only requests a stop. */
void cli_interrupt_begin(void);
bool cli_interrupt_asked(void);
/* Signals do again what they did after cli_interrupt_start. */
void cli_interrupt_end(void);

#endif
