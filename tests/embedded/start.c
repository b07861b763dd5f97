/* start.c: runs the self-test of an exported model on a Cortex-M4 without an operating system, as in
 * qemu-system-arm -M mps2-an386 -semihosting. Prints the bytes of the stack that were used; the exit code is
 * that of the self-test, from 0 on. */
#include "model.h"

enum { SYS_WRITE0 = 4, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026, PAINT = 0x5A };

extern char data_from[], data_begin[], data_end[], bss_begin[], bss_end[], stack_begin[], stack_end[];
extern int main(void);

static float scratch[MODEL_SCRATCH_BYTES / sizeof(float)];

static void call_host(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print_number(const char *before, unsigned value) {
  char digits[12], *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  call_host(SYS_WRITE0, before);
  call_host(SYS_WRITE0, at);
  call_host(SYS_WRITE0, "\n");
}

/* The part below this function's own frame. */
static unsigned painted_bytes(void) {
  unsigned count = 0;
  while (stack_begin + count < stack_end && stack_begin[count] == PAINT) count++;
  return count;
}

int main(void) {
  char *now;
  __asm__ volatile("mov %0, sp" : "=r"(now));
  for (volatile char *p = stack_begin; p < now - 128; p++) *p = PAINT;
  const int status = model_selftest(scratch);
  print_number("stack ", (unsigned)(stack_end - stack_begin) - painted_bytes());
  print_number("scratch ", sizeof scratch);
  return -status;
}

static void reset(void) {
  *(volatile unsigned *)0xE000ED88 |= 0xFu << 20; /* CPACR: floating point */
  __asm__ volatile("dsb; isb");
  for (char *to = data_begin, *from = data_from; to < data_end;) *to++ = *from++;
  for (volatile char *p = bss_begin; p < bss_end; p++) *p = 0;
  const int report[2] = {APPLICATION_EXIT, main()};
  call_host(SYS_EXIT_EXTENDED, report);
  for (;;) {
  }
}

typedef struct vectors {
  const void *stack;
  void (*reset)(void);
} vectors;
__attribute__((section(".vectors"), used)) static const vectors table = {stack_end, reset};
