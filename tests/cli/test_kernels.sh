#!/usr/bin/env bash
# --kernels: recorded in the run, and the same bits when it is resumed, by a run that was made with --tune too.
. "$(dirname "$0")/_lib.sh"
tuned=$here/../golden/tuned-run
train=(train digits:640:64 --net 'conv 3x3x8 relu | conv 3x3x8 relu | dense CLASSES' --lr 1e-3)
kernels='conv_1/Conv2D=f32_conv_block_gemm_portable;conv_2/Conv2D=f32_conv_block_gemm_portable'

# same_tensors A B: the same names, types, shapes and bytes.
same_tensors() {
  python3 -c 'import json, struct, sys
def read(path):
    b = open(path, "rb").read()
    n, = struct.unpack("<Q", b[:8])
    head, body = json.loads(b[8:8 + n]), b[8 + n:]
    head.pop("__metadata__")
    return {k: (e["dtype"], e["shape"], body[slice(*e["data_offsets"])]) for k, e in head.items()}
a, b = map(read, sys.argv[1:])
assert len(a) > 3 and a == b' "$1" "$2"
}
other_tensors() { ! same_tensors "$1" "$2"; }

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
has_code 0 "it goes on"
check "to the bits that it would have had" same_tensors "$tuned/whole.safetensors" tuned/last.safetensors
check "with its kernels" grep -qF '"kernels": "conv_2/Conv2D=f32_conv_block_gemm_portable"' tuned/run.json
options=(--net 'conv 3x3x8 | maxpool 6 | conv 3x3x8 relu | globalmeanpool | dense CLASSES' --lr 1e-2 --epochs 2)
run train digits:640:64 "${options[@]}" --kernels 'conv_2/Conv2D=f32_conv_block_gemm_portable' --out named
check "which --kernels gives today" same_tensors "$tuned/whole.safetensors" named/last.safetensors
run train digits:640:64 "${options[@]}" --out planned
check "and the planner's choice does not" other_tensors "$tuned/whole.safetensors" planned/last.safetensors
refused 64 '^ocellus train: error: --tune: was removed; --kernels takes a recorded choice' train digits:640:64 --tune --out no
check "and leaves nothing behind" test ! -e no
finish
