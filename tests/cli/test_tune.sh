#!/usr/bin/env bash
# --tune and --kernels: measured once, kept in the user's cache, recorded in the run, and the same bits when it is resumed.
. "$(dirname "$0")/_lib.sh"
export XDG_CACHE_HOME=$work/cache
train=(train digits:640:64 --net 'conv 3x3x8 relu | conv 3x3x8 relu | dense CLASSES' --lr 1e-3)
kernels='conv_1/Conv2D=f32_conv_block_gemm_portable;conv_2/Conv2D=f32_conv_block_gemm_portable'

say "measured once"
run "${train[@]}" --epochs 1 --tune --out first
has_code 0 "--tune"
err_has '^Tuned ' "says what it found"
check "it measured" bash -c '! grep -q "measured before" .err'
check "it is in the user's cache" test -s cache/ocellus/kernels.json
run "${train[@]}" --epochs 1 --tune --out second
err_has 'measured before' "the second time it knows"
check "the same model" cmp first/model.safetensors second/model.safetensors
run "${train[@]}" --epochs 1 --tune --batch 16 --out third
check "another batch is measured anew" bash -c '! grep -q "measured before" .err'

say "by name"
run "${train[@]}" --epochs 2 --kernels "$kernels" --out whole
has_code 0 "--kernels"
check "run.json has it" grep -qF "\"kernels\": \"$kernels\"" whole/run.json
run "${train[@]}" --epochs 1 --kernels "$kernels" --out parts
run train --resume parts --epochs 2
has_code 0 "resumed"
check "with the same bits" cmp <(tail -c 180000 whole/model.safetensors) <(tail -c 180000 parts/model.safetensors)
run train --resume parts --epochs 3 --kernels "$kernels"
has_code 64 "kernels of a run that goes on"

say "what is refused"
run "${train[@]}" --epochs 1 --tune --kernels "$kernels" --out no
has_code 64 "both"
run "${train[@]}" --epochs 1 --kernels 'conv_1/Conv2D=fast' --out no
has_code 64 "no kernel"
err_has 'hint: .*ocellus plan' "says where the names are"
run_nowhere() { (unset XDG_CACHE_HOME HOME; exec "$OCELLUS" "${train[@]}" --epochs 1 --tune --out no) > .out 2> .err; code=$?; }
run_nowhere
has_code 64 "no folder to keep it"
echo '{"mine": 1}' > cache/ocellus/kernels.json
run "${train[@]}" --epochs 1 --tune --out no
has_code 65 "a file that is another's"
check "stays as it is" grep -qx '{"mine": 1}' cache/ocellus/kernels.json
check "nothing was left behind" test ! -e no
finish
