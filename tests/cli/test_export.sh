#!/usr/bin/env bash
# ocellus export: what it writes, what it refuses, and a file of ONNX in the place of a model.
. "$(dirname "$0")/_lib.sh"
run train digits:80:20 --net 'conv 3x3x4 relu | maxpool 2 | dense CLASSES' --epochs 1 --lr 1e-2 --out run-1
has_code 0 "a model to export"

say "arguments"
refused 64 '--to: must be given' export run-1
refused 64 '--to' export run-1 --to zzz
refused 64 '--out: must be given' export run-1 --to onnx
refused 64 '--opset' export run-1 --to onnx -o a.onnx --opset 12
refused 64 '--opset' export run-1 --to onnx -o a.onnx --opset 22
refused 66 'absent' export absent --to onnx -o a.onnx
check "no file is left" test ! -e a.onnx
if [ "$minimal" = 1 ]; then
  refused 69 'ONNX is unsupported: this build has no protobuf-c' export run-1 --to onnx -o a.onnx
  finish
fi

say "a file"
run export run-1 --to onnx -o a.onnx
has_code 0 "export"
out_empty "export"
refused 73 'a.onnx: already exists' export run-1 --to onnx -o a.onnx
mkdir folder
refused 73 'folder: already exists' export run-1 --to onnx -o folder
cp a.onnx before.onnx
run export run-1 --to onnx -o a.onnx --force
has_code 0 "export --force"
check "the same bytes" cmp a.onnx before.onnx
refused 73 'absent/a.onnx' export run-1 --to onnx -o absent/a.onnx

say "a file of ONNX is a model, whatever its name"
cp a.onnx model.bin
for name in a.onnx model.bin; do
  run show "$name"
  has_code 0 "show $name"
  out_has 'conv_1' "its layers"
done
run predict run-1 'digits[0:5]' --proba --json
cp .out expected
run predict model.bin 'digits[0:5]' --proba --json
has_code 0 "predict"
check "the same answers" python3 - "$work/expected" "$work/.out" <<'P'
import json, sys
def numbers(x):
    if isinstance(x, dict):
        for v in x.values(): yield from numbers(v)
    elif isinstance(x, list):
        for v in x: yield from numbers(v)
    elif isinstance(x, float):
        yield x
a, b = ([n for line in open(p) for n in numbers(json.loads(line))] for p in sys.argv[1:])
sys.exit(not (len(a) == len(b) > 10 and all(abs(x - y) < 1e-5 for x, y in zip(a, b))))
P
run test run-1 digits:80:20
grep -o 'ccuracy.*' .out | head -1 > expected
run test a.onnx digits:80:20
has_code 0 "test"
check "the same accuracy" grep -qF "$(cat expected)" "$work/.out"
run plan a.onnx --inference
has_code 0 "plan"
run export a.onnx --to onnx -o again.onnx
has_code 0 "an imported model is exported again"

say "damaged files"
head -c 300 a.onnx > short.onnx
refused 65 'short.onnx: not an ONNX file, or truncated' show short.onnx
printf '\x08\x08\x3a\x00' > empty.onnx
run show empty.onnx
check "an empty graph is refused" test "$code" -ne 0 -a "$code" -lt 100
finish
