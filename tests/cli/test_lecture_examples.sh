#!/usr/bin/env bash
# examples/lecture/*.c: each prints what tests/golden/lecture says, within the tolerances given there; those that don't train
# long, with the portable kernels too. All take --help, and refuse unknown arguments. OCELLUS_ACCEPT=1 writes the golden
# files again: look at the difference before keeping it.
. "$(dirname "$0")/_lib.sh"
sources=$here/../../examples/lecture
golden=$here/../golden

# prints_golden NAME LEVEL: runs it; LEVEL "" is the best that the machine has.
prints_golden() {
  (if [ -n "$2" ]; then export OCELLUS_CPU=$2; fi; exec "$programs/$1") > "$work/.out" 2> "$work/.err" < /dev/null
  code=$?
  has_code 0 "$1 ${2:-best level}"
  if [ "${OCELLUS_ACCEPT:-}" = 1 ]; then
    cp -n "$work/.out" "$golden/lecture/$1.txt"
    python3 "$golden/compare.py" "$work/.out" "$golden/lecture/$1.txt" --accept
  fi
  check "$1 ${2:-best level}: prints what it should" python3 "$golden/compare.py" "$work/.out" "$golden/lecture/$1.txt"
}

# run_program NAME ARGUMENTS..
run_program() {
  "$programs/$1" "${@:2}" > "$work/.out" 2> "$work/.err" < /dev/null
  code=$?
}

programs=$(dirname "$OCELLUS")/examples/lecture
for source in "$sources"/*.c; do
  name=$(basename "$source" .c)
  check "$name: at most 100 lines" test "$(wc -l < "$source")" -le 100
  check "$name: the README has it" grep -q "^| .$name. |" "$sources/README.md"
  run_program "$name" --help
  has_code 0 "$name --help"
  out_has "^Usage: $name .*\\[--help\\]" "$name --help: says how to call it"
  run_program "$name" --no-such-option
  has_code 64 "$name --no-such-option"
  err_has "no-such-option" "$name: names what it does not know"
  if [ "$minimal" = 1 ] && [ "$name" = 15_tensorboard ]; then
    skip "$name needs protobuf-c, which this build does without"
    continue
  fi
  prints_golden "$name" ""
  case $name in
    06_fitting | 06_ensemble | 09* | 11* | 13* | 14*) ;;
    *) prints_golden "$name" portable ;;
  esac
done

say "what the slides list is there by name and shape, and other names only if asked for"
run_program 10_low_level
check "19 lines of layers" test "$(grep -cE ' (conv_[12]|fc_[34])/' "$work/.out")" -eq 19
check "four headings" test "$(grep -cE '^Building [1-4](st|nd|rd|th) layer:$' "$work/.out")" -eq 4
check "no other names" bash -c '! grep -qE "Reshape:|one_hot|MaxPool|gradients|Adam|Equal|Cast" "$1"' _ "$work/.out"
run_program 10_low_level --all
out_has 'conv_1/_weights/Adam' "--all has the rest"
run_program 10_convtest --rows 5 --columns 3 --stride 2 --valid
out_has 'convtest/Conv2D:0 \(\?, 12, 13, 32\)' "another kernel, strides, padding VALID"
run_program 10_fctest --activation none
check "no activation" test "$(grep -c activation:0 "$work/.out")" -eq 1 # net_pre-activation alone
run_program 10_fctest --activation sigmoid
out_has 'fctest/activation:0 \(\?, 32\)' "another activation"

say "training goes on from a saved epoch"
run_program 11_training digits:600:100 --epochs 1 --learning-rate 1e-3 --folder ./a/
has_code 0 "one epoch"
run_program 11_training digits:600:100 --epochs 1 --learning-rate 1e-3 --folder ./a/ --load 1
out_has '^Loading model from ./a/$' "says what it loads"
out_has '^Epoch 02 ' "the second epoch"
check "the file has the epoch in its name" test -s a/cnn-model.ckpt-2.safetensors
run_program 13_prediction digits:600:100 --folder ./a/ --epoch 3
has_code 1 "no such epoch"
err_has 'cnn-model.ckpt-3' "names the file"
err_has '^Train to this epoch first: 11_training --epochs 3' "says how to make it"
printf 'no tensors' > a/cnn-model.ckpt-3.safetensors
run_program 13_prediction digits:600:100 --folder ./a/ --epoch 3
check "another hint for a file that is damaged" bash -c '! grep -q 11_training "$1"' _ "$work/.err"
finish
