#!/usr/bin/env bash
# export --int8 and --to int8, budget --int8: the table, refusals, and a microcontroller that runs the self-test.
. "$(dirname "$0")/_lib.sh"
embedded=$here/../embedded
python3 "$here/make_data.py" mnist mnist "$gz" 300 100
run train mnist --net tiny --lr 2e-3 --epochs 2 --out run-1 --quiet

say "C"
run export run-1 --to c --int8 --calibrate mnist --calibrate-count 50 --selftest
has_code 0 "export --int8"
out_has '^conv_2/Conv2D +conv2d, relu +[0-9]+\.[0-9]$' "a ratio for each layer"
out_has '^Calibrated on 50 images: accuracy [01]\.[0-9]{4} in float32, [01]\.[0-9]{4} in int8$' "what it costs"
out_has '^Flash  [0-9]+ bytes' "what it takes"
cp model-c/model.c before.c
run export run-1 --to c --int8 --calibrate mnist --calibrate-count 50 --selftest --force --json
json_is 'o[0]["int8"]["images"], len(o[0]["int8"]["layers"])' '(50, 10)' "the same as JSON"
check "the same model and images give the same bytes" cmp before.c model-c/model.c
run export run-1 --to c --int8 --calibrate mnist --out plain
flash=$(sed -n 's/^Flash *\([0-9]*\) .*/\1/p' .out)
run budget run-1 --int8 --flash 16k --ram 8k
has_code 0 "budget --int8"
check "says what export says" test "$flash" = "$(sed -n 's/^Flash *\([0-9]*\) .*/\1/p' .out)"

say "a file for other programs"
run export run-1 --to int8 --calibrate mnist -o run-1-int8.safetensors
has_code 0 "export --to int8"
refused 73 'already exists' export run-1 --to int8 --calibrate mnist -o run-1-int8.safetensors

say "a microcontroller: 16 KB of flash, 8 KB of RAM"
if command -v arm-none-eabi-gcc > .out && command -v qemu-system-arm > .out; then
  machine='-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 -Os'
  check "the code compiles" arm-none-eabi-gcc -std=c99 -pedantic -Wall -Wextra -Werror $machine -c -o plain.o plain/model.c
  size=$(arm-none-eabi-size plain.o | awk 'NR == 2 {print $1 + $2}')
  check "code and weights take $size bytes, under 16384" test "$size" -lt 16384
  check "the self-test compiles" arm-none-eabi-gcc -std=gnu11 -Wall -Wextra -Werror -Imodel-c $machine -ffunction-sections \
    -nostartfiles -Wl,--gc-sections -T "$embedded/cortex-m4.ld" -o m4.elf "$embedded/start.c" model-c/model.c -lm
  timeout 120 qemu-system-arm -M mps2-an386 -nographic -semihosting -kernel m4.elf > .out 2> .err < /dev/null
  code=$?
  has_code 0 "the self-test passes"
  ram=$(awk '/^(stack|scratch) / {sum += $2} END {print sum + 28 * 28}' .err)
  check "scratch, stack and image take $ram bytes, under 8192" test "$ram" -lt 8192 -a "$ram" -gt 784
else
  skip "Cortex-M4: no arm-none-eabi-gcc or qemu-system-arm"
fi

say "refusals"
refused 64 '--calibrate: must be given' export run-1 --to c --int8 --out x
refused 64 'calibrate: has no effect without --int8' export run-1 --to c --calibrate mnist --out x
refused 64 '--calibrate: must be given' export run-1 --to int8 -o x.safetensors
refused 64 '--out: must be given' export run-1 --to int8 --calibrate mnist
refused 64 'int8: has no effect with --to onnx' export run-1 --to onnx --int8 -o x.onnx
refused 64 'calibrate-count' export run-1 --to c --int8 --calibrate mnist --calibrate-count 0 --out x
refused 66 'absent' export run-1 --to c --int8 --calibrate absent --out x
mkdir empty
refused 66 'empty' export run-1 --to c --int8 --calibrate empty --out x
run train digits:60:20 --net 'conv 3x3x4 prelu | dense CLASSES' --epochs 1 --out run-2 --quiet
refused 69 'has no form in int8' export run-2 --to c --int8 --calibrate digits:60 --out x
check "nothing is left" test ! -e x -a ! -e x.safetensors
finish
