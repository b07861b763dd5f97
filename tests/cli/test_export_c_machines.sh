#!/usr/bin/env bash
# export --to c: does the self-test pass on other machines, as qemu runs them? What is not installed is skipped.
. "$(dirname "$0")/_lib.sh"
embedded=$here/../embedded
run train digits:400 --net tiny --epochs 1 --out run-1 --quiet
run export run-1 --to c --selftest
has_code 0 "export"
echo '#include "model.h"
static float scratch[MODEL_SCRATCH_BYTES / sizeof(float)];
int main(void) { return -model_selftest(scratch); }' > main.c
strict='-std=c99 -pedantic -Wall -Wextra -Werror -Imodel-c'

# on NAME COMPILER QEMU: a program for Linux on another processor.
on() {
  if ! command -v "$2" > .out || ! command -v "$3" > .out; then
    skip "$1: no $2 or $3"
    return
  fi
  check "$1: it compiles" "$2" $strict -O2 -static -o "main-$1" main.c model-c/model.c -lm
  check "$1: the self-test passes" "$3" "./main-$1"
}
say "processors"
on arm64 aarch64-linux-gnu-gcc qemu-aarch64
on riscv64 riscv64-linux-gnu-gcc qemu-riscv64

say "a microcontroller"
if command -v arm-none-eabi-gcc > .out && command -v qemu-system-arm > .out; then
  check "Cortex-M4: it compiles" arm-none-eabi-gcc $strict -std=gnu11 -mcpu=cortex-m4 -mthumb -mfloat-abi=hard \
    -mfpu=fpv4-sp-d16 -Os -ffunction-sections -nostartfiles -Wl,--gc-sections -T "$embedded/cortex-m4.ld" \
    -o m4.elf "$embedded/start.c" model-c/model.c -lm
  timeout 120 qemu-system-arm -M mps2-an386 -nographic -semihosting -kernel m4.elf > .out 2> .err < /dev/null
  code=$?
  has_code 0 "Cortex-M4: the self-test passes"
  err_has '^stack [0-9]+$' "and prints what it took"
  cat .err
else
  skip "Cortex-M4: no arm-none-eabi-gcc or qemu-system-arm"
fi
finish
