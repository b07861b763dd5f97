#!/usr/bin/env bash
# Training with the layers of another model: does --from take them, does the result work like any model, are its bits those of a
# resumed run and of the printed command, is what contradicts refused in words, and does --per-class draw what it says?
. "$(dirname "$0")/_lib.sh"

# photos FOLDER CLASSES IMAGES SIDE: folders of classes, with a bright bar at the place of the class.
photos() {
  python3 - "$@" <<'P'
import os, random, sys
folder, classes, images, side = sys.argv[1], *map(int, sys.argv[2:5])
r = random.Random(4)
for c in range(classes):
    os.makedirs(f"{folder}/class {c}")
    for i in range(images):
        rows = [bytes(r.randrange(90) + 160 * (y * classes // side == c) for x in range(side)) for y in range(side)]
        open(f"{folder}/class {c}/{i}.pgm", "wb").write(b"P5 %d %d 255\n" % (side, side) + b"".join(rows))
P
}
# sum RUN: of the weights and the optimizer's state.
sum() {
  python3 -c 'import json, struct, sys
file = open(sys.argv[1] + "/last.safetensors", "rb").read()
print(json.loads(file[8:8 + struct.unpack("<Q", file[:8])[0]])["__metadata__"]["sha256"])' "$1"
}
# tensors FILE..: the names of tensors that all the files have with the same bytes.
tensors() {
  python3 - "$@" <<'P'
import json, struct, sys
def read(path):
    file = open(path, "rb").read()
    size, = struct.unpack("<Q", file[:8])
    header = json.loads(file[8:8 + size])
    header.pop("__metadata__")
    return {name: file[8 + size:][slice(*entry["data_offsets"])] for name, entry in header.items()}
first, *others = [read(path) for path in sys.argv[1:]]
print(" ".join(sorted(name for name in first if all(o.get(name) == first[name] for o in others))))
P
}
photos many 4 30 20
photos few 3 20 28
run train many --net 'conv 3x3x6 bn relu | maxpool 2 | dense 16 relu | dropout 0.3 | dense CLASSES' --size 16 --epochs 4 --lr 1e-3 \
  --batch 16 --optimizer adam --schedule constant --augment none --out base --quiet
has_code 0 "a model to take layers from"

say "frozen layers"
run train few --from base --out frozen
has_code 0 "train --from"
err_has '^Chosen for 48 training images of 3 classes, what was not given:$' "says what was chosen"
err_has '^      epochs          [0-9]+: the last layer alone is trained, on features that are computed once$' "and why"
err_has '^Frozen 4 layers, whose features of the images are computed once and kept' "says what is frozen"
out_has '^Test Acc: ' "and tests it"
check "the layers are the base's" test "$(tensors base/model.safetensors frozen/model.safetensors)" = \
  "conv_1/_weights conv_1/bn/beta conv_1/bn/gamma conv_1/bn/moving_mean conv_1/bn/moving_variance fc_2/_biases fc_2/_weights input/deviation input/mean"
run show frozen
has_code 0 "show"
out_has 'dense 3|dense CLASSES' "another last layer"
out_has 'class 2' "the new classes"
run predict frozen "few/class 1/3.pgm"
has_code 0 "predict"
run test frozen few
has_code 0 "test"

say "--freeze counts as show does"
run show base
number=$(sed -n 's/^\([0-9]*\)  fc_2 .*/\1/p' .out)
check "a number" test "$number" = 3
out_has '^1  conv_1 ' "from 1"
out_has '^   total ' "the total has none"
for n in "$number" $((number - 1)); do
  run train few --from base --freeze "$n" --epochs 1 --out "to-$n" --quiet
  has_code 0 "--freeze $n"
done
check "that layer is kept" test "$(tensors base/model.safetensors "to-$number/model.safetensors" | grep -c fc_2/_weights)" = 1
check "the one before alone" test "$(tensors base/model.safetensors "to-$((number - 1))/model.safetensors" | grep -Eo 'conv_1/_weights|fc_2/_weights')" = conv_1/_weights

say "the same bits"
run train few --from base --out again --quiet --threads 1
check "of another number of threads" test "$(sum frozen)" = "$(sum again)"
run train few --from base --out small --cache 1 --quiet
check "without memory for features" test "$(sum frozen)" = "$(sum small)"
run train few --from base --epochs 9 --fine-tune 2 --out whole --quiet
run train few --from base --epochs 9 --fine-tune 2 --out parts --quiet
constant=(--per-class 10 --schedule constant --lr 1e-3 --batch 8)
run train few --from base "${constant[@]}" --epochs 4 --out four --quiet
run train few --from base "${constant[@]}" --epochs 2 --out two-and-two --quiet
mv base gone
run train --resume two-and-two --epochs 4
has_code 0 "resume for more epochs without the base"
check "of a run that got more epochs" test "$(sum four)" = "$(sum two-and-two)"
rm parts/model.safetensors parts/metrics.jsonl
run train --resume parts
has_code 0 "resume without the base"
err_has 'all 11 epochs are already done' "knows its epochs"
check "of a run that is resumed" test "$(sum whole)" = "$(sum parts)"
refused 64 'belongs to the run|requires|cannot|--freeze' train --resume parts --freeze 0
mv gone base

say "all layers"
run train few --from base --epochs 3 --fine-tune 2 --out tuned
has_code 0 "train --fine-tune"
err_has '^All layers are trained now \(--fine-tune\)$' "says so"
out_has '^Epoch 05 ' "after the others"
check "its layers are others then" test "$(tensors base/model.safetensors tuned/last.safetensors)" = \
  "conv_1/bn/moving_mean conv_1/bn/moving_variance input/deviation input/mean"
run train few --from base --freeze 0 --epochs 2 --out all
has_code 0 "train --freeze 0"
run train few --from base --freeze 2 --epochs 2 --augment 'shift 2' --out two
has_code 0 "train --freeze 2"
err_has '^Frozen 2 layers, which compute each training image again in each epoch \([0-9.]+ million multiply-adds\)$' "says what augmentation costs"
err_has 'because --augment changes the images' "and why"

say "JSON and records"
run train few --from base --epochs 2 --fine-tune 1 --json --out json
has_code 0 "train --json"
out_is_json_lines "lines"
json_is '[x for x in o if x["type"] == "frozen"][0]["layers"]' 4 "frozen layers"
json_is '[x for x in o if x["type"] == "frozen"][0]["features_kept"]' True "kept features"
json_is '[x.get("fine_tuning", False) for x in o if x["type"] == "epoch"]' '[False, False, True]' "the epochs of all layers"
check "run.json" python3 -c 'import json
run = json.load(open("json/run.json"))
options, training = run["provenance"]["command"]["options"], run["provenance"]["training"]
assert options["from"] == "base" and options["fine-tune"] == "1" and "net" not in options
assert training["freeze"] == 4 and training["fine_tune"] == 1 and training["frozen_epochs"] == 2 == run["epochs"]
assert run["epochs_done"] == 3'

say "a few images of each class"
run train few --per-class 5 --net tiny --size 28 --epochs 1 --lr 1e-3 --batch 8 --out drawn --json
has_code 0 "train --per-class"
json_is '[x for x in o if x["type"] == "start"][0]["train_images"]' 15 "as many as asked for"
json_is '[x for x in o if x["type"] == "start"][0]["test_images"]' 6 "the test set stays"
run train few --per-class 50 --net tiny --size 28 --epochs 1 --lr 1e-3 --batch 8 --out all-drawn
err_has 'the smallest class has 16 training images, fewer than --per-class 50' "says where there are fewer"

say "refused in words"
refused 64 'has no effect with --from' train few --from base --net lenet5
refused 64 'has no effect with --from' train few --from base --size 32
refused 64 'requires --from' train few --freeze all
refused 64 'must be all or a number of layers' train few --from base --freeze some
refused 64 'must be all or 1 to 4' train few --from base --freeze 5
refused 64 'no layers are frozen' train few --from base --freeze 0 --fine-tune 2
refused 64 'no layers are frozen' train few --fine-tune 2
refused 64 'has no effect without --fine-tune' train few --from base --fine-tune-lr 1e-4
refused 64 'mixtures' train few --from base --augment 'mixup 0.2'
refused 66 'make backbone' train few --from efficientnet-lite0
refused 64 'per-class' train few --per-class 0
check "and nothing is left behind" bash -c '! ls -d run-* 2> /dev/null'

say "a model in the folder for data"
mkdir -p home/ocellus
mv base home/ocellus/known
XDG_DATA_HOME=$work/home run train few --from known --epochs 1 --out known
has_code 0 "train --from NAME"
finish
