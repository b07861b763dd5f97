#!/usr/bin/env bash
# show and plan: a network, a model, data; as text and as JSON.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist mnist "$gz" 300 100

say "networks"
run show lecture
has_code 0 "show lecture"
err_empty "show lecture"
for l in conv_1 maxpool_1 conv_2 maxpool_2 fc_3 fc_4; do out_has "^$l " "it lists $l"; done
out_has '^conv_1 +\(\?, 24, 24, 32\) +832 ' "conv_1 has the shape and parameters of the lecture"
out_has '^fc_3 +\(\?, 1024\) +1,049,600 ' "and fc_3"
run show lecture --json
json_is 'o[0]["parameters"], o[0]["layers"][0]["output"]' '(1111946, [24, 24, 32])' "the same as JSON"
run show 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --input 32x32x3 --classes 5 --json
json_is 'o[0]["input"], len(o[0]["classes"]), o[0]["layers"][0]["parameters"]' '([32, 32, 3], 5, 224)' "a net text, for images of another size"
run show tiny --json
json_is '0 < o[0]["parameters"] < 10000' True "tiny has under 10,000 parameters"

say "what nobody said is stated, not refused"
run show 'conv 3x3x32 relu same'
has_code 0 "layers without classes"
out_has '^Input +28x28x1, assumed' "the input that it assumes"
out_has '^Classes +none: it ends in \(\?, 28, 28, 32\)' "and that it has no classes"
out_has '^conv_1 +\(\?, 28, 28, 32\) +320 ' "the layer of the slide: 3x3, 32 maps of 28x28"
run show 'conv 3x3x32 relu same' --input 32x32x3
out_has '^Input +32x32x3$' "an input that was given is not assumed"
run show 'conv 3x3x32 relu same' --json
json_is 'o[0]["type"], o[0]["input"], o[0]["input_assumed"], o[0]["classes"]' "('network', [28, 28, 1], True, [])" "the same as JSON"
run show 'dense CLASSES'
out_has '^Classes +10, assumed' "classes that nobody gave"
refused 78 'net text, line 1, column 1: the last layer must return \(\?, 5\), one value per class, got \(\?, 28, 28, 32\)' show 'conv 3x3x32 relu same' --classes 5
refused 78 'net text, line 1, column 1: the last layer must return \(\?, 10\), one value per class, got \(\?, 28, 28, 32\)' plan 'conv 3x3x32 relu same'

say "the graph"
run show lecture --graph
has_code 0 "show --graph"
out_has '^  conv_1/_weights:0 \(5, 5, 1, 32\) float32$' "a variable"
out_has '^  conv_1/net_pre-activation:0 \(\?, 24, 24, 32\) float32$' "a tensor"
out_has '^  tf_x:0 \(\?, 28, 28, 1\) float32$' "the images"
out_has '^  labels:0 \(\?,\) int32$' "the answer"
check "8 variables" test "$(sed -n '/^Variables/,/^Tensors/p' .out | grep -c ':0 ')" -eq 8
run show lecture --graph --json
json_is 'len(o[0]["variables"]), [t["shape"] for t in o[0]["tensors"] if t["name"] == "probabilities"]' '(8, [[None, 10]])' "as JSON"
refused 64 'no effect on data' show digits --graph
refused 78 'net text, line 1, column 1: the last layer must return \(\?, 10\), one value per class, got \(\?, 28, 28, 32\)' show 'conv 3x3x32 relu same' --graph

say "a model"
run train mnist --net tiny --lr 1e-3 --epochs 2 --out run-1 --quiet
run show run-1
has_code 0 "show a run"
out_has '^Input +28x28x1' "its input"
run show run-1 --verify
has_code 0 "show --verify"
err_has '^Verified: both SHA-256 sums match' "says that they are right"
cp run-1/model.safetensors changed.safetensors
printf x | dd of=changed.safetensors bs=1 seek=$(($(stat -c %s changed.safetensors) - 1)) conv=notrunc 2> .err
refused 65 'changed\.safetensors: tensor SHA-256 mismatch: computed [0-9a-f]{16}, stored [0-9a-f]{16}' show changed.safetensors --verify
refused 64 'no effect on data' show digits --verify
refused 64 'no effect on a network' show lecture --verify
run show run-1 --graph
out_has '^  conv_1/_weights:0 ' "its graph"
run show run-1
out_has '^Classes +10: 0 1 2 3 4 5 6 7 8 9' "its classes"
out_has '^1  conv_1 +\(\?, ' "its layers, numbered"
out_has '^Trained +to epoch [12], validation accuracy' "its training"
out_has '^Command +ocellus train mnist .*--lr 1e-3' "the command that made it"
run show run-1/model.safetensors --json
json_is 'o[0]["type"], o[0]["provenance"]["command"]["data"]' "('model', 'mnist')" "as JSON"

say "data"
run show mnist --samples 4
has_code 0 "show data"
out_has '^Parts +training 250, validation 50, test 100' "its parts"
check "a row a class" test "$(grep -cE '^[0-9] +25 +5 +10 ' .out)" = 10
check "ASCII, at most 80 columns" python3 -c 'assert all(l.isascii() and len(l) <= 80 for l in open(".out").read().splitlines())'
check "images are drawn" grep -qE '[@%#]{3}' .out
run show mnist --json
json_is '[(p["split"], p["count"], sum(p["per_class"])) for p in o[0]["splits"]]' "[('training', 250, 250), ('validation', 50, 50), ('test', 100, 100)]" "as JSON"
run show "mnist/t10k-images-idx3-ubyte${gz}[5:9]"
out_has '\[5\]  5 .*\[8\]  8' "some images of a file"
run show digits:60:20 --samples 0
has_code 0 "built-in data, no images"
run show xo
out_has '^X ' "xo has the class X"

say "augmentation"
run show digits:60:20 --samples 2 --augment 'cifar, rotate 20'
has_code 0 "show --augment"
out_has '^Augmented by crop 4, flip 0.5 0, rotate 20$' "the canonical form is shown"
out_has '^ \[1\] .*epoch 1 .*epoch 2 .*epoch 3' "each image has variants beside it"
cp .out first
run show digits:60:20 --samples 2 --augment 'cifar, rotate 20'
check "the same again" cmp .out first
run show digits:60:20 --samples 2 --augment 'cifar, rotate 20' --seed 5
check "other ones with another seed" bash -c '! cmp -s .out first'
run show digits:60:20 --samples 2 --augment 'flip, mixup 1, cutmix'
has_code 0 "show --augment with mixtures"
out_has '^ \[0\] .*epoch 1 .*epoch 2 .*epoch 3' "mixtures of each epoch"
out_has '^ +[ 0-9]{3}% [0-9] +[ 0-9]{3}% [0-9] +[ 0-9]{3}% [0-9]$' "each has shares and labels"
refused 64 'shift must not follow mixup or cutmix' show digits:60:20 --augment 'mixup, shift 2'
run show digits:60:20 --samples 1 --augment 'shift 30' --background white
has_code 0 "--augment with --background"
check "what is uncovered has it" grep -q '@@@@@@@@@@' .out
refused 64 'error: --background: has no effect here' show digits:60:20 --background white
refused 64 'error: --seed: has no effect without --augment' show digits:60:20 --seed 5
refused 64 'error: --augment: has no effect here: only images of DATA are drawn' show lecture --augment flip
refused 64 "error: --augment: unknown transform 'flop'" show digits:60:20 --augment flop

say "plans"
run plan lecture
has_code 0 "plan of a preset"
err_empty "plan"
check "it has many lines" test "$(wc -l < .out)" -gt 10
cp .out training
run plan lecture --inference
check "that of a prediction is shorter" test "$(wc -l < .out)" -lt "$(wc -l < training)"
out_has 'winograd' "with a kernel of Winograd's method"
OCELLUS_REFUSE=gather,winograd run plan lecture
check "none where that is refused" test -z "$(grep -v OCELLUS_REFUSE .out | grep -E 'winograd|gather')"
out_has 'winograd.*: OCELLUS_REFUSE names it' "and the plan says why"
run plan run-1 --batch 7
has_code 0 "plan of a model"
finish
