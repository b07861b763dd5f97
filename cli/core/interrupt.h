/* interrupt.h: Ctrl-C during a training. The first one (or SIGTERM, or a terminal that goes away) asks for a
 * stop after the step, the second quits at once. */
#ifndef OC_CLI_INTERRUPT_H
#define OC_CLI_INTERRUPT_H
#include <stdbool.h>

void cli_interrupt_begin(void);
bool cli_interrupt_asked(void);
/* Signals do again what they did before. */
void cli_interrupt_end(void);

#endif
