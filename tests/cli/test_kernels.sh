#!/usr/bin/env bash
# --kernels: recorded in the run, and the same bits when it is resumed. A run that was made with --tune, by an earlier arithmetic.
. "$(dirname "$0")/_lib.sh"
tuned=$here/../golden/tuned-run
train=(train digits:640:64 --net 'conv 3x3x8 relu | conv 3x3x8 relu | dense CLASSES' --lr 1e-3)
kernels='conv_1/Conv2D=f32_conv_block_gemm_portable;conv_2/Conv2D=f32_conv_block_gemm_portable'

same_tensors() { python3 "$here/tensors.py" same "$1" "$2"; }
other_tensors() { ! same_tensors "$1" "$2"; }
# near_tensors A B: the weights of two orders of the same sums.
near_tensors() { python3 "$here/tensors.py" near "$1" "$2" 1e-3; }

say "by name"
run "${train[@]}" --epochs 2 --kernels "$kernels" --out whole
has_code 0 "--kernels"
check "run.json has it" grep -qF "\"kernels\": \"$kernels\"" whole/run.json
run "${train[@]}" --epochs 1 --kernels "$kernels" --out parts
run train --resume parts --epochs 2
has_code 0 "resumed"
check "with the same bits" same_tensors whole/last.safetensors parts/last.safetensors
run train --resume parts --epochs 3 --kernels "$kernels"
has_code 64 "kernels of a run that goes on"
run "${train[@]}" --epochs 1 --kernels 'conv_1/Conv2D=fast' --out no
has_code 64 "no kernel"
err_has 'hint: .*ocellus plan' "says where the names are"
check "nothing was left behind" test ! -e no

say "a run that was made with --tune"
export OCELLUS_CPU=portable # which it was made at
cp -r "$tuned/run" tuned
run train --resume tuned --epochs 2
has_code 64 "the order of sums is another one now: it does not go on"
err_has 'arithmetic: the arithmetic of this version has number 2, but the run in tuned/last.safetensors had number 1' "and the error says so"
err_has 'hint: .*--any-isa' "and the hint says how it does"
check "nothing was changed" cmp "$tuned/run/last.safetensors" tuned/last.safetensors
run train --resume tuned --epochs 2 --any-isa
has_code 0 "with --any-isa"
err_has 'Note  the run had arithmetic 1 so far: .*bits differ from those of an uninterrupted run' "it says what that costs"
check "and so does run.json" grep -q '"earlier_arithmetics": "1"' tuned/run.json
check "the weights are nearly those it would have had" near_tensors "$tuned/whole.safetensors" tuned/last.safetensors
check "with its kernels" grep -qF '"kernels": "conv_2/Conv2D=f32_conv_block_gemm_portable"' tuned/run.json
options=(--net 'conv 3x3x8 | maxpool 6 | conv 3x3x8 relu | globalmeanpool | dense CLASSES' --lr 1e-2 --epochs 2)
run train digits:640:64 "${options[@]}" --kernels 'conv_2/Conv2D=f32_conv_block_gemm_portable' --out named
check "which --kernels gives" near_tensors "$tuned/whole.safetensors" named/last.safetensors
run train digits:640:64 "${options[@]}" --out planned
check "with other bits than the planner's choice" other_tensors named/last.safetensors planned/last.safetensors
run train --resume tuned --epochs 3 --json
has_code 0 "from then on it has today's arithmetic"
json_is 'o[0]["earlier_arithmetic"]' 'None' "as its next start says"
check "and the earlier one is not forgotten" grep -q '"earlier_arithmetics": "1"' tuned/run.json
refused 64 '^ocellus train: error: --tune: was removed; --kernels takes a recorded choice' train digits:640:64 --tune --out no
check "and leaves nothing behind" test ! -e no
finish
