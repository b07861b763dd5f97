#!/usr/bin/env bash
# ocellus draw: the numbers are those of the model file and of the engine; terminal, JSON and .npy; what is not there.
. "$(dirname "$0")/_lib.sh"
run train digits:200:20 --net 'conv 5x5x4 relu | maxpool 2 | conv 3x3x6 tanh | dense 20 relu | dense CLASSES' --epochs 1 --out r
has_code 0 "a model to look into"

say "kinds"
run draw
has_code 0 "draw alone"
out_has '^ocellus draw filters MODEL +the weights' "filters"
out_has '^ocellus draw features MODEL IMAGE +the maps' "features"

say "filters are the bytes of the model file"
cat > same.py <<'PYTHON'
import json, struct, sys
drawn, path = json.load(open(sys.argv[1])), sys.argv[2]
raw = open(path, "rb").read()
size, = struct.unpack("<Q", raw[:8])
tensor = json.loads(raw[8:8 + size])[drawn["tensor"]]
begin, end = tensor["data_offsets"]
wanted = struct.unpack(f"<{(end - begin) // 4}f", raw[8 + size + begin:8 + size + end])
def flat(v):
    return [x for item in v for x in flat(item)] if isinstance(v, list) else [v]
got = flat(drawn["values"])
assert struct.pack(f"<{len(got)}f", *got) == struct.pack(f"<{len(wanted)}f", *wanted), "other numbers"
print(tensor["shape"], drawn["shape"])
PYTHON
for layer in conv_1 conv_2 fc_3 fc_4 conv_2/_weights conv_2/_weights:0; do
  run draw filters r --layer $layer --json
  check "$layer: every bit" python3 same.py .out r/model.safetensors
done
run draw filters r --json
json_is 'o[0]["schema"], o[0]["kind"], o[0]["of"], o[0]["tensor"], o[0]["shape"]' \
  "('ocellus.draw/1', 'filters', ['r'], 'conv_1/_weights', [5, 5, 1, 4])" "the first convolution if no layer is named"
run draw filters r --layer fc_3 --json
json_is 'o[0]["shape"]' '[10, 10, 6, 20]' "a dense layer on maps has weights for their places"
run draw filters r --layer fc_4 --json
json_is 'o[0]["shape"]' '[20, 10]' "one on units has not"

say "features are the engine's values"
run draw features r 'digits[5]' --layer conv_2 --json
cp .out conv_2
json_is 'o[0]["tensor"], o[0]["shape"]' "('conv_2/activation', [10, 10, 6])" "the last tensor of the layer"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --json
cp .out traced
check "the same number as trace" python3 -c 'import json
a = json.load(open("conv_2"))["values"][3][5][1]; b = json.load(open("traced"))["steps"][0]["value"]
assert a == b, (a, b)'
run draw features r 'digits[5]' --layer probabilities --json
cp .out probabilities
run predict r 'digits[5]' --proba --json
check "and as predict" python3 -c 'import json
a = json.load(open("probabilities"))["values"]; b = json.loads(open(".out").readline())["probabilities"]
b = list(b.values()) if isinstance(b, dict) else b
assert len(a) == 10 and max(abs(x - y) for x, y in zip(a, b)) < 1e-6, (a, b)'
run draw features r 'digits[5]' --layer conv_1/net_pre-activation --json
json_is 'o[0]["shape"], min(x for r in o[0]["values"] for c in r for x in c) < 0' '([24, 24, 4], True)' "any tensor, here before ReLU"

say "in the terminal"
run draw filters r
has_code 0 "draw filters"
out_has '^conv_1/_weights \(5, 5, 1, 4\)$' "which tensor"
out_has '^4 maps of 5x5$' "how many"
out_has '^Black is -[0-9.]+, white [0-9.]+, 0 the gray between' "the scale"
out_has '^ \[0\] +\[1\] +\[2\] +\[3\]' "their numbers"
check "no line is longer than 80 columns" bash -c '! grep -qE "^.{81}" .out'
run draw features r 'digits[5]'
out_has '^conv_1/activation \(24, 24, 4\)$' "features"
out_has '^Black is 0, white' "nothing is negative behind ReLU"
check "each map is drawn: 2 rows of them with 12 lines each" test "$(wc -l < .out)" -eq 31
run draw filters r --layer conv_2 --maps 5
out_has 'of which 5 are drawn' "--maps"
out_has '^ \[0,0\] +\[1,0\] +\[2,0\] +\[3,0\] +\[0,1\]' "input and output of each"
run draw filters r --layer conv_2 --maps 0
check "--maps 0: all 24" test "$(grep -o '\[[0-9],[0-9]\]' .out | sort -u | wc -l)" -eq 24
run draw features r 'digits[5]' --layer fc_3
out_has '^1 map of 4x5$' "units as a square"
TERM=xterm-256color run draw filters r --color always
check "color" grep -q $'\033\[48;5;' .out

say "a file"
run draw features r 'digits[5]' --layer conv_2 -o maps.npy
out_empty "draw -o"
check "NumPy's format, float64" python3 -c 'import json, struct
raw = open("maps.npy", "rb").read()
assert b"(10, 10, 6, )" in raw[:128] and b"<f8" in raw[:128], raw[:128]
values = [x for r in json.load(open("conv_2"))["values"] for c in r for x in c]
size = struct.unpack("<H", raw[8:10])[0]
assert [struct.pack("<f", v) for v in struct.unpack("<600d", raw[10 + size:])] == [struct.pack("<f", v) for v in values]'
run draw filters r -o kernels.npy
check "a rank of 4" grep -q '(5, 5, 1, 4, )' kernels.npy

say "a residual network"
run train digits:100:20 --net 'conv 3x3x4 relu same | residual { conv 3x3x4 relu same | conv 3x3x4 same } | dense CLASSES' --epochs 1 --out b
run draw filters b --layer residual_1/conv_2 --json
json_is 'o[0]["tensor"]' 'residual_1/conv_2/_weights' "a layer within a block"
refused 64 'several layers with filters' draw filters b --layer residual_1
err_has 'residual_1/conv_2/_weights, residual_1/conv_3/_weights' "which of them"
run draw features b 'digits[0]' --layer residual_1 --json
json_is 'o[0]["shape"]' '[28, 28, 4]' "what comes out of the block"

say "a network with branches"
run train digits:100:20 --net '{ conv 3x3x4 same bn relu ; conv 1x1x4 } add | { ; maxpool 1 } concat | dense CLASSES' --epochs 1 --out c
run draw filters c --layer add_1/conv_2 --json
json_is 'o[0]["tensor"]' 'add_1/conv_2/_weights' "a layer of a branch"
run draw features c 'digits[0]' --layer concat_1 --json
json_is 'o[0]["shape"]' '[28, 28, 8]' "the channels of both branches"
run trace c 'digits[0]' --at 'add_1/conv_2/net_pre-activation[3,5,2]'
run plan c

say "bad input"
refused 64 'feature: unknown kind of drawing' draw feature r
err_has 'Did you mean features\?' "a suggestion"
refused 64 'expected MODEL IMAGE, got 1 operand' draw features r
refused 64 'expected MODEL, got 2 operands' draw filters r 'digits[5]'
refused 64 'not a layer with filters' draw filters r --layer maxpool_1
err_has 'conv_1/_weights, conv_2/_weights, fc_3/_weights' "which there are"
refused 64 'not a layer or' draw features r 'digits[5]' --layer conv_9
err_has 'conv_1, maxpool_1, conv_2, fc_3, fc_4' "the layers"
refused 64 'not a layer or' draw features r 'digits[5]' --layer labels
refused 64 'not a layer or' draw features r 'digits[5]' --layer conv_1/_weights
refused 64 'must end in .npy' draw filters r -o k.png
refused 64 'no effect with --json' draw filters r --json --maps 3
refused 64 'no effect with --out' draw filters r -o k.npy --maps 3
refused 64 'only a PNG or BMP can have' draw features r 'digits[0]' --background white
refused 64 'digits\[0:2\]: expected one image, got 2' draw features r 'digits[0:2]'
refused 66 'nothing' draw filters nothing
refused 73 'no/such' draw filters r -o no/such/k.npy
finish
