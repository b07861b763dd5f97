#!/usr/bin/env bash
# Training of data without a usual recipe: is what was not given chosen, printed as a command that gives the same bits, recorded,
# and what is given respected? And is the test set of data that has none made of images that were never trained on?
. "$(dirname "$0")/_lib.sh"

# photos FOLDER CLASSES IMAGES CHANNELS SIDE [SMALLEST]: folders of classes with images of about SIDE pixels; the last class has
# SMALLEST images.
photos() {
  python3 - "$@" <<'P'
import os, random, sys
folder, classes, images, channels, side = sys.argv[1], *map(int, sys.argv[2:6])
smallest = int(sys.argv[6]) if len(sys.argv) > 6 else images
r = random.Random(3)
for c in range(classes):
    os.makedirs(f"{folder}/class {c}")
    for i in range(smallest if c == classes - 1 else images):
        w, h = side + r.randrange(5), side + 8 + r.randrange(5)
        row = [bytes(min(255, r.randrange(90) + 165 * (x * classes // w == c) * (k == c % channels)) for x in range(w) for k in range(channels))
               for _ in range(4)]
        open(f"{folder}/class {c}/{i}.p{'pm' if channels == 3 else 'gm'}", "wb").write(
            b"P%d %d %d 255\n" % (6 if channels == 3 else 5, w, h) + b"".join(row[y % 4] for y in range(h)))
P
}
# weights RUN: the weights of its model, without what the file says of where they come from.
weights() {
  python3 -c 'import hashlib, struct, sys
file = open(sys.argv[1] + "/model.safetensors", "rb").read()
print(hashlib.sha256(file[8 + struct.unpack("<Q", file[:8])[0]:]).hexdigest())' "$1"
}
# value OPTION: what was chosen for it, in a JSON object of .out.
value() { json '{c["option"]: c["value"] for c in o[0]["choice"]}.get("'"$1"'")'; }
quick=(--minutes 0.001 --threads 1)

say "the printed command gives the same bits"
photos color 3 30 3 60
run train color "${quick[@]}" --epochs 2 --seed 5 --out a
has_code 0 "train"
err_has '^Chosen for 72 training images of 3 classes, what was not given:$' "says so"
err_has '^      size            32: images are typically 7[0-9]x6[0-9], in color$' "a reason"
err_has '^      augment         resizedcrop 0.4: each image is another one in each of 2 epochs; add flip where mirrored images are as good$' "and a hint"
err_has '^Note  the smallest class has 24 training images, which are few' "few images"
command=$(grep '^  .* train color ' .err)
check "which has all that was given" bash -c '[[ $1 == *" --epochs 2"* && $1 == *" --seed 5"* && $1 != *minutes* ]]' - "$command"
for option in size preset batch optimizer lr schedule augment; do
  check "and --$option" bash -c '[[ $1 == *" --$2 "* ]]' - "$command" "$option"
done
eval "$command --out b" > .out 2> .err
code=$?
has_code 0 "the command"
check "nothing is left to choose" bash -c '! grep -q "^Chosen for" .err'
check "the same weights" test "$(weights a)" = "$(weights b)"
check "the same epochs" python3 -c 'import json
a, b = ([json.loads(l) for l in open(f + "/metrics.jsonl")] for f in "ab")
assert [x["train_loss"] for x in a] == [x["train_loss"] for x in b] and len(a) == 2'
check "run.json has the choice" python3 -c 'import json
p = json.load(open("a/run.json"))["provenance"]
chosen = {c["option"]: c["value"] for c in p["choice"]}
assert chosen["size"] == "32" and all(c["reason"] for c in p["choice"])
assert p["command"]["options"]["lr"] == chosen["lr"] and "minutes" not in p["command"]["options"]
assert "choice" not in json.load(open("b/run.json"))["provenance"]'
run train color "${quick[@]}" --epochs 2 --seed 5 --out a2 --threads 2 --quiet
check "chosen again: the same file" cmp a/model.safetensors a2/model.safetensors
err_quiet "--quiet"

say "resume uses what was recorded"
run train color "${quick[@]}" --epochs 1 --schedule constant --out c --quiet
cp -r c one
run train --resume c --epochs 2 --quiet
has_code 0 "resume"
check "the choice stays in the record" python3 -c 'import json
a, b = (json.load(open(f + "/run.json"))["provenance"]["choice"] for f in ("c", "one"))
assert a == b'
run train color "${quick[@]}" --epochs 2 --schedule constant --out c2 --quiet
check "the weights of an uninterrupted run" test "$(weights c)" = "$(weights c2)"
refused 64 '--minutes: must not change' train --resume c --minutes 3

say "as JSON"
run train color "${quick[@]}" --epochs 1 --json --out j
out_is_json_lines "train --json"
json_is 'o[0]["type"], o[1]["type"]' "('choice', 'start')" "the choice comes first"
json_is '[o[0][k] for k in ("minutes", "train_images", "classes", "smallest_class", "largest_class")]' "[0.001, 72, 3, 24, 24]" "what it follows from"
json_is 'o[0]["typical_shape"][2]' 3 "and its channels"
json_is 'all(c["reason"] and c["option"] and c["value"] for c in o[0]["choice"])' True "with reasons"
eval "$(json 'o[0]["command"]') --json --out j2" > .out 2> .err
check "its command gives the same weights" test "$(weights j)" = "$(weights j2)"
json_is 'o[0]["type"]' start "and chooses nothing"

say "what is given is kept"
tiny='dense CLASSES'
for given in "--size 20" "--size 20x24" "--preset vgg" "--batch 7" "--optimizer nesterov" "--lr 0.5" "--schedule cosine" \
  "--augment none" "--channels 1" "--augment flip" "--sampling balanced" "--class-weights balanced" "--l2 0.1" \
  "--label-smoothing 0.2" "--no-shuffle" "--resize pad"; do
  # shellcheck disable=SC2086 # words
  run train color "${quick[@]}" --epochs 1 --json --out k --force $given
  has_code 0 "$given"
  name=${given#--} && name=${name%% *}
  json_is '"'"$name"'" in [c["option"] for c in o[0]["choice"]]' False "$given is not chosen"
  json_is '"'"$given"'" in o[0]["command"]' True "$given is in the command"
done
run train color "${quick[@]}" --epochs 1 --json --out k --force --optimizer sgd
check "the learning rate is that of the given optimizer" test "$(value lr)" = 0.1
run train color "${quick[@]}" --epochs 1 --json --out k --force --net "$tiny"
json_is '[c["option"] for c in o[0]["choice"]]' "['size', 'batch', 'optimizer', 'lr', 'schedule', 'augment']" "--net: only the rest"
json_is 'o[1]["net"]' "dense 3" "of this net"
run train color "${quick[@]}" --json --out k --force --preset vgg --size 16
check "a preset's number of epochs is no request" test "$(value epochs)" = 1
refused 78 'net text, line 1' train color --net 'conv 9x9x'
refused 64 '--minutes: must be a finite number, above 0' train color --minutes 0
refused 64 '--minutes: ' train color --minutes nan
refused 64 '--minutes: ' train color --minutes 1e9
refused 64 '--size: must be' train color --size 0
refused 64 '--momentum' train color --momentum 0.5

say "other data"
photos gray 2 20 1 20
run train gray "${quick[@]}" --json --out k --force --epochs 1
check "small images keep their size" test "$(value size)" = 21 -o "$(value size)" = 22
json_is '"rotate 10" in str(o[0]["choice"])' True "gray images are rotated too"
photos many 1000 3 1 16
run train many "${quick[@]}" --json --out k --force --epochs 1
has_code 0 "1,000 classes"
json_is 'o[0]["classes"]' 1000 "counted"
photos uneven 3 40 1 16 10
run train uneven "${quick[@]}" --json --out k --force --epochs 1
check "uneven classes get weights" test "$(value class-weights)-$(value sampling)" = balanced-None
photos rare 3 60 1 16 4
run train rare "${quick[@]}" --json --out k --force --epochs 1
check "very uneven classes come again" test "$(value class-weights)-$(value sampling)" = None-balanced
run train rare "${quick[@]}" --json --out k --force --epochs 1 --no-shuffle
check "but not without shuffling" test "$code-$(value sampling)" = 0-None
run train rare --json --minutes 1e5 --out k --force --epochs 1 --net "$tiny" --size 16
has_code 0 "very many minutes"
python3 - <<'P'
import struct, zipfile
def npy(shape, data):
    head = "{'descr': '|u1', 'fortran_order': False, 'shape': %r, }" % (shape,)
    head += " " * (63 - (len(head) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data
labels = bytes(i % 4 for i in range(80))
with zipfile.ZipFile("one.npz", "w") as z:
    z.writestr("x.npy", npy((80, 12, 20, 3), b"".join(bytes((i * 7 + k + 60 * (i % 4)) % 256 for k in range(720)) for i in range(80))))
    z.writestr("y.npy", npy((80,), labels))
P
if [ "$minimal" = 0 ] && "$OCELLUS" show one.npz > /dev/null 2>&1; then
  run train one.npz "${quick[@]}" --epochs 1 --json --out n
  check "arrays of one shape keep it" test "$(value size)" = 16x27
  json_is '[o[1][k] for k in ("train_images", "valid_images", "test_images")]' "[64, 8, 8]" "and are divided"
  run test n one.npz --json
  json_is 'o[0]["count"]' 8 "test"
  few=(train one.npz "${quick[@]}" --per-class 5 --schedule constant --quiet)
  run "${few[@]}" --epochs 1 --out n5
  run train --resume n5 --epochs 2 --quiet
  has_code 0 "a few of them, resumed with the shape that was chosen"
  run "${few[@]}" --epochs 2 --out n5-whole
  check "and the weights of an uninterrupted run" test "$(weights n5)" = "$(weights n5-whole)"
else
  skip "this build reads no .npz"
fi

say "the lecture's data keeps its defaults"
python3 "$here/make_data.py" mnist mnist "$gz" 60 20
run train mnist --net "$tiny" --epochs 1 --json --out m
json_is '[o[0]["type"], o[0]["split"]]' "['start', 'stratified:10:123']" "MNIST's files"
json_is '[o[0]["command"]["options"].get(k) for k in ("lr", "schedule", "augment", "size")]' "['1e-4', 'constant', 'none', None]" "with the defaults of each option"
run train digits:60:20 --net "$tiny" --epochs 1 --json --out d
json_is 'o[0]["type"]' start "built-in data"
run train digits:60:20 --net "$tiny" --epochs 1 --json --out d2 --minutes 1
json_is 'o[0]["type"]' choice "unless minutes are given"
eval "$(json 'o[0]["command"]') --quiet --out d3" > .out 2> .err
check "the command then needs no minutes" test "$(weights d2)" = "$(weights d3)"

say "a test set for data that has none"
run train color "${quick[@]}" --epochs 1 --net "$tiny" --json --out t
json_is 'o[1]["split"]' "stratified:9:123,test:stratified:9:123" "a tenth each"
json_is '[x["count"] for x in o if x["type"] == "test"]' "[9]" "which is tested after training"
a=$(json '[x["accuracy"] for x in o if x["type"] == "test"][0]')
run test t color --json
json_is '[o[0]["count"], o[0]["accuracy"]]' "[9, $a]" "and by ocellus test: the same images"
run test t/model.safetensors color --split valid --json
json_is 'o[0]["count"]' 9 "the validation set"
err_empty "of which nothing is said"
run test t color --split train --json
json_is 'o[0]["count"]' 72 "the training set"
err_has 'note: color: the model was trained on these images' "of which it is said"
run test t color --split train --valid 5 --json
json_is 'o[0]["count"]' 76 "another validation set leaves the test set out"
refused 65 'color: the model was trained on some of these images' test t color --split all
refused 64 '--valid: has no effect' test t color --split all --valid 3
photos new 3 4 3 40
refused 65 'new: has no test set, and is not the data that the model was trained on' test t new
run test t new --split all --json
json_is 'o[0]["count"]' 12 "other data is a test set as a whole"
cp -r color changed
rm "changed/class 0/1.ppm"
refused 65 'changed: has no test set, and is not the data' test t changed
run train color "${quick[@]}" --epochs 1 --net "$tiny" --json --out t0 --test 0
json_is '[o[1]["split"], o[1]["test_images"]]' "['stratified:15:123', 0]" "--test 0: none, as before"
refused 65 'color: has no test set' test t0 color
refused 65 'color: the model was trained on some' test t0 color --split all
run train color "${quick[@]}" --epochs 1 --net "$tiny" --json --out t5 --test 30 --valid stratified:6:4 --seed 2
json_is 'o[1]["split"]' "stratified:6:4,test:stratified:30:2" "--test 30"
run train --resume t5 --epochs 1 --json
json_is '[o[0]["split"], o[0]["test_images"]]' "['stratified:6:4,test:stratified:30:2', 30]" "a resumed run has it again"
run test t5 color --json
json_is 'o[0]["count"]' 30 "and so has its test"
check "no image is in two sets" python3 -c 'import json, subprocess, sys
counts = [json.loads(subprocess.check_output([sys.argv[1], "test", "t5", "color", "--split", s, "--json"]))["count"] for s in ("train", "valid", "test")]
assert counts == [54, 6, 30], counts' "$OCELLUS"
refused 64 "error: --test: invalid test split 'foo'" train color --test foo
refused 64 "error: --valid: invalid validation split 'foo'" train color --valid foo
refused 64 'test: 90 test images leave none for training' train color --test 90
refused 64 'valid: 60 validation images leave none for training: the data has 60' train color --test 30 --valid 60
refused 64 "invalid" train color --test "$(printf '9%.0s' $(seq 300))"
run train mnist --net "$tiny" --epochs 1 --json --out mt --test 5
json_is '[o[0]["split"], o[0]["test_images"]]' "['stratified:10:123', 20]" "a test set of its own stays"
mkdir parts && cp -r color parts/train && cp -r new parts/test
run train parts "${quick[@]}" --epochs 1 --net "$tiny" --json --out p
json_is '[o[1]["split"], o[1]["test_images"]]' "['stratified:15:123', 12]" "of folders too"
run test p parts --json
json_is 'o[0]["count"]' 12 "and is tested"
refused 64 '--split: all is for data without a test set' test p parts --split all

say "names that could steer a terminal, and the words after training"
mv gray $'gr\e[31may'
run train $'gr\e[31may' "${quick[@]}" --epochs 1 --net "$tiny" --out e
has_code 0 "train"
check "nothing raw" bash -c '! grep -q $'"'\\e'"' .err'
command=$(sed -n 's/^  \(.* predict e .*\)$/\1/p' .err)
eval "$command" > .out 2> .err
code=$?
has_code 0 "the command that predicts a test image"

say "images that cannot be read"
cp -r new bad
echo P6 > "bad/class 1/2.ppm"
refused 65 'class 1/2.ppm: ' train bad
err_has 'Or leave it out with --skip; `ocellus doctor` finds all such files' "the hint"
run train bad --size 16 --channels 3 --net "$tiny" --epochs 1 --quiet --out b2
has_code 65 "met while training"
err_has 'leave it out with --skip' "the same hint"

say "the background of images in folders"
run show color --background white
has_code 0 "show FOLDER --background"
refused 64 '--background: has no effect' show mnist --background white
refused 64 '--background: must be black' show color --background blue
finish
