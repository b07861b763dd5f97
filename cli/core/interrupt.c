/* interrupt.c: handles Ctrl-C. A signal handler can only reach a global, so this file holds the program's
 * only one that changes. */
#include "core/interrupt.h"
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

enum { EXIT_INTERRUPTED = 130, SIGNALS = 3 };
static const int asking[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t asked;

static void on_signal(int signal_number) {
  (void)signal_number;
  if (asked) _exit(EXIT_INTERRUPTED);
  asked = 1;
}

static void on_interrupt(int signal_number) {
  (void)signal_number;
  _exit(EXIT_INTERRUPTED);
}

/* A signal that is ignored on purpose (nohup) stays ignored. */
static void set_handler(int signal_number, void (*handler)(int)) {
  struct sigaction old, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN) return;
  sigaction(signal_number, &action, NULL);
}

static void set_all(void (*handler)(int)) {
  for (int i = 0; i < SIGNALS; i++) set_handler(asking[i], handler);
}

void cli_interrupt_start(void) {
  set_handler(SIGINT, on_interrupt);
}

void cli_interrupt_begin(void) {
  asked = 0;
  set_all(on_signal);
  /* A reader that goes away (| head) must not end a training run: the failed write does, after saving. */
  signal(SIGPIPE, SIG_IGN);
}

bool cli_interrupt_asked(void) {
  return asked != 0;
}

void cli_interrupt_end(void) {
  set_all(SIG_DFL);
  cli_interrupt_start();
  signal(SIGPIPE, SIG_DFL);
}
