#!/usr/bin/env bash
# examples/mnist.c, the whole road in one program of at most 40 lines: it runs, says what it promises, and its model is
# one that the program can use. And examples/two_heads.c, in at most 80 lines, whose model answers two things.
. "$(dirname "$0")/_lib.sh"
example=$(dirname "$OCELLUS")/examples/mnist
"$example" digits:600:100 > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
has_code 0 "examples/mnist"
out_has '^epoch 3: loss [0-9.]+, validation accuracy [0-9.]+$' "progress"
out_has '^test accuracy [0-9.]+, 95% interval [0-9.]+ to [0-9.]+$' "the score"
out_has '^first test image: [0-9] with probability [0-9.]+$' "the answer"
check "at most 40 lines" test "$(wc -l < "$here/../../examples/mnist.c")" -le 40
run test mnist.safetensors digits:600:100
has_code 0 "the program reads the example's model"
"$example" /nonexistent > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
err_has 'nonexistent' "a wrong path is named"

example=$(dirname "$OCELLUS")/examples/two_heads
"$example" > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
has_code 0 "examples/two_heads"
check "digits are recognized, ink is measured" awk '
  /^digit: softmax_cross_entropy [0-9.]+, accuracy / { digits = $NF > 0.8 }
  /^ink: mean_squared_error [0-9.]+, mean_absolute_error / { ink = $NF < 0.08 }
  END { exit !(digits && ink) }' "$work/.out"
out_has '^a [0-9] is taken for a [0-9]; its ink -?[0-9.]+ -?[0-9.]+ for [0-9.]+ [0-9.]+$' "the answers"
check "at most 80 lines" test "$(wc -l < "$here/../../examples/two_heads.c")" -le 80
run predict two_heads.safetensors 'digits:10:10[0]'
out_has '  digit [0-9] [0-9.]+  ink -?[0-9.]+ -?[0-9.]+$' "the program reads its model"
finish
