#!/usr/bin/env bash
# Training: what it prints where, what it writes, and which folder it takes.
. "$(dirname "$0")/_lib.sh"
epoch='^Epoch [0-9]{2,} Training Avg\. Loss: +[0-9]+\.[0-9]{4}  Validation Acc: +[01]\.[0-9]{4}  (best|    )  [0-9.]+ s$'

say "text"
run train digits:600:100 --net tiny --lr 1e-3 --epochs 2
has_code 0 "two epochs"
check "standard output has two epochs and the test accuracy, and no more" test "$(grep -cE "$epoch" .out)-$(wc -l < .out)" = 2-5
out_has '^         Training Avg\. Acc:  +[01]\.[0-9]{4}  Validation Loss: +[0-9]+\.[0-9]{4}$' "both parts have both figures"
out_has '^Test Acc: +[01]\.[0-9]{4}  \([0-9]+ of 100; 95% interval' "the test accuracy has its interval"
err_has '^Data  digits:600:100: 10 classes, 28x28x1' "the data is named"
err_has '^      500 training, 100 validation \(last:100\), 100 test images' "the data is described on standard error"
err_has '^Run   run-1$' "the run folder is named"
err_has 'ocellus test run-1 digits:600:100' "what to do next is said"
check "no animation and no escape codes" bash -c '! grep -qP "[\r\e]" .out .err'
for f in model.safetensors last.safetensors metrics.jsonl run.json; do check "run-1/$f is there" test -s "run-1/$f"; done
check "metrics.jsonl has a line an epoch" test "$(wc -l < run-1/metrics.jsonl)" = 2
check "run.json is finished and keeps the options" python3 -c 'import json
run = json.load(open("run-1/run.json"))
command = run["provenance"]["command"]
assert run["status"] == "finished" and command["data"] == "digits:600:100"
assert command["options"]["lr"] == "1e-3" and command["options"]["net"] == "tiny"'

say "X and O"
refused 78 'larger than' train xo
err_has "hint: .*--net 'conv 3x3x8" "a net that does not fit is answered with one that does"
run train xo --net 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --lr 1e-3 --epochs 1 --json --out xo
has_code 0 "an epoch"
out_is_json_lines "in JSON"
json_is 'o[-2]["accuracy"] > 0.8' True "X and O are told apart"

say "augmentation"
run train digits:120:20 --net 'dense CLASSES' --epochs 1 --quiet --augment 'shift 2,rotate 1e1' --out augmented
has_code 0 "--augment"
check "run.json has the canonical form" grep -q '"augment": "shift 2, rotate 10"' augmented/run.json
run train --resume augmented --epochs 2 --quiet
has_code 0 "a resumed run takes it from the record"
refused 64 "error: --augment: unknown transform 'rotat'" train digits:120:20 --augment 'rotat 10'
err_has 'Did you mean rotate' "the right name is suggested"

say "folders"
run train digits:120:20 --net tiny --epochs 1 --quiet
check "the next run goes into run-2" test -s run-2/model.safetensors
check "--quiet leaves no message but warnings" test -z "$(grep -vE '^(Warning|  )' .err)"
check "--quiet leaves the results" test "$(grep -cE "$epoch" .out)" = 1
run train digits:120:20 --net tiny --epochs 1 --out run-2 --force
has_code 0 "--force replaces a run"
run train digits:120:20 --net tiny --epochs 1 --out deep/er/run
has_code 0 "--out makes the folders on the way"

say "JSON"
run train digits:600:100 --net tiny --lr 1e-3 --epochs 2 --json
has_code 0 "--json"
out_is_json_lines "every line is an object"
check "each passes json.tool" bash -c 'while IFS= read -r l; do python3 -m json.tool <<< "$l" || exit 1; done < .out'
json_is '[x["type"] for x in o]' "['start', 'epoch', 'epoch', 'test', 'end']" "start, epochs, test, end"
json_is 'all(x["schema"] == "ocellus.train/2" for x in o)' True "every object names its schema"
json_is 'all(k in o[1] for k in "epoch loss penalty train_loss train_accuracy train_metrics valid_loss valid_accuracy train_seconds valid_seconds images_per_second step_ms best".split())' True "an epoch has all its members"
json_is '0 < o[2]["loss"] < o[1]["loss"] < 3 and 0 <= o[1]["valid_accuracy"] <= 1 and o[1]["best"] is True and o[2]["epoch"] == 2' True "with sensible values"
json_is 'o[3]["count"] == 100 and o[3]["low"] <= o[3]["accuracy"] <= o[3]["high"]' True "the test lies in its interval"

say "both parts side by side"
run train digits:600:100 --net tiny --lr 1e-3 --epochs 2 --json --out running
metrics='[[e[k] for k in ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy", "train_metrics")] for e in o if e["type"] == "epoch"]'
cp .out running.json
json_is 'all(e["loss"] == e["train_loss"] and e["penalty"] == 0 for e in o[1:3])' True "without --l2 the loss is the cross-entropy"
check "metrics.jsonl has the same figures" python3 -c 'import json
keys = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy", "train_metrics")
read = lambda f: [[m[k] for k in keys] for m in map(json.loads, open(f)) if "epoch" in m and m.get("type", "epoch") == "epoch"]
assert read("running/metrics.jsonl") == read("running.json") and len(read("running.json")) == 2 and read("running.json")[0][4] == "running"'
run train digits:600:100 --net tiny --lr 1e-3 --epochs 2 --json --out full --train-metrics full
json_is '[e["train_metrics"] for e in o[1:3]]' "['full', 'full']" "--train-metrics full is labeled"
cp .out full.json
check "and changes no weight" cmp running/model.safetensors full/model.safetensors
run test full digits:600:100 --split train --json
a=$(json '"%.4f %.4f" % (o[0]["loss"], o[0]["accuracy"])')
cp full.json .out
check "it is what ocellus test --split train says of the last epoch" test "$a" = "$(json '"%.4f %.4f" % (o[2]["train_loss"], o[2]["train_accuracy"])')"
run train digits:600:100 --net tiny --lr 1e-3 --epochs 1 --out full --force --train-metrics full
out_has '^Epoch 01 Training Loss: +[0-9.]+  Validation Acc:' "without Avg. in the text"
run train digits:600:100 --net tiny --lr 1e-3 --epochs 1 --l2 0.1 --out l2
out_has '  L2 penalty: [0-9.]+$' "the penalty of --l2 stands beside the loss"

say "a training that failed says so"
run train digits:300:30 --net 'dense CLASSES' --lr 1e-12 --epochs 2 --quiet --out stuck
has_code 0 "a learning rate of nearly 0"
err_has '^Warning: this training run seems to have failed:$' "is warned of, --quiet or not"
err_has '^ +the training loss began at [0-9.]+ and never fell 1% below that' "with the reason"
check "with three things to try" test "$(grep -c '^         - ' .err)" = 3
run train digits:300:30 --net 'dense CLASSES' --lr 1e-12 --epochs 2 --json --out stuck --force
json_is '"never fell" in o[-1]["warning"]' True "in JSON too"
run train digits:300:30 --net tiny --lr 1e-2 --epochs 5 --json --out learned
json_is '[o[-1]["warning"]]' '[None]' "one that learned is not warned of"
run train digits:64:50 --valid 0 --net 'conv 3x3x4 relu | batchnorm | dense CLASSES' --epochs 1 --lr 1e18 --out n -q
has_code 1 "weights that the last step ruined"
err_has 'batchnorm_1: epoch 1, after its 1 step,' "the layer is named, and the steps are counted right"

say "epoch files"
epochs() { (cd "$1" && ls epoch-*.safetensors 2> /dev/null | sort -V | tr '\n' ' '); }
run train digits:120:20 --net tiny --lr 1e-3 --epochs 3 --quiet --out all --keep all
check "--keep all" test "$(epochs all)" = "epoch-1.safetensors epoch-2.safetensors epoch-3.safetensors "
run show all/epoch-2.safetensors
has_code 0 "an epoch file is a model"
run test all/epoch-2.safetensors digits:120:20 --split valid --json
a=$(json 'o[0]["accuracy"]')
cp all/metrics.jsonl .out
check "and has the validation accuracy of its epoch" test "$a" = "$(json 'o[1]["valid_accuracy"]')"
run train digits:120:20 --net tiny --lr 1e-3 --epochs 3 --quiet --out two --keep 2
check "--keep 2" test "$(epochs two)" = "epoch-2.safetensors epoch-3.safetensors "
check "a kept epoch is the same file" cmp all/epoch-3.safetensors two/epoch-3.safetensors
run train --resume two --epochs 5 --quiet
check "a resumed run goes on counting" test "$(epochs two)" = "epoch-4.safetensors epoch-5.safetensors "
run train --resume two --epochs 6 --quiet --keep 1
check "and may keep other ones" test "$(epochs two)" = "epoch-6.safetensors "
run train digits:120:20 --net tiny --lr 1e-3 --epochs 3 --quiet --out two --force --keep best
check "--keep best keeps one, the best" test "$(epochs two)" = "epoch-$(python3 -c 'import json; print(json.load(open("two/run.json"))["best_epoch"])').safetensors "
check "which has the weights of model.safetensors" cmp two/model.safetensors two/epoch-*.safetensors
refused 64 '^ocellus.*--keep' train digits:120:20 --keep some
refused 64 '--keep' train digits:120:20 --keep 0
check "run.json counts the epochs" grep -q '"epochs_done": 3' two/run.json

say "options reach the training"
run train digits:600:100 --net tiny --epochs 1 --json --seed 1 --out s1
a=$(json 'o[1]["loss"]')
run train digits:600:100 --net tiny --epochs 1 --json --seed 2 --out s2
check "another seed, another loss" test "$a" != "$(json 'o[1]["loss"]')"
run train digits:600:100 --net tiny --epochs 1 --json --seed 1 --threads 1 --out s3
check "the same seed, the same loss, on one thread too" test "$a" = "$(json 'o[1]["loss"]')"
check "and the same model file" cmp s1/model.safetensors s3/model.safetensors
for option in "--batch 32" "--lr 1e-2" "--optimizer sgd" "--optimizer momentum --momentum 0.5" "--l2 0.1" "--weight-decay 0.5" \
  "--beta1 0.5" "--beta2 0.5" "--epsilon 1" "--schedule linear" "--schedule cosine --end-factor 0.5" "--optimizer nesterov" \
  "--clip-norm 1e-3" "--no-shuffle" "--net lenet5" "--schedule onecycle" "--warmup 0.5" "--label-smoothing 0.1" \
  "--sampling balanced"; do
  # shellcheck disable=SC2086
  run train digits:600:100 --net tiny --epochs 1 --json --seed 1 --out o --force $option
  check "$option changes the loss" test "$code-$a" != "0-$(json 'o[1]["loss"]')" -a "$code" = 0
done
run train xo:600:100 --net 'conv 3x3x4 relu | dropout 0.5 | dense CLASSES' --epochs 1 --json --seed 1 --out o --force
a=$(json 'o[1]["loss"]')
run train xo:600:100 --net 'conv 3x3x4 relu | dropout 0.5 | dense CLASSES' --dropout 0 --epochs 1 --json --seed 1 --out o --force
check "--dropout 0 changes the loss" test "$code-$a" != "0-$(json 'o[1]["loss"]')" -a "$code" = 0
json_is '"dropout 0 " in o[0]["net"] + " " or "dropout" not in o[0]["net"]' True "and is in the net text"
run train digits:600:100 --net tiny --epochs 1 --json --valid 0 --out v --force
json_is 'o[1]["valid_accuracy"]' None "--valid 0: no validation accuracy"
run train digits:600:100 --net tiny --epochs 1 --json --valid 7 --out v --force
json_is '[o[0]["valid_images"], o[0]["split"]]' "[7, 'last:7']" "--valid 7 of built-in data"

say "validation split"
python3 - <<'PYTHON'
import os, struct
os.mkdir("sorted")
labels = bytes(i // 30 for i in range(120))
pixels = b"".join(bytes((i * 7 + j) % 50 + 60 * (i // 30) for j in range(64)) for i in range(120))
open("sorted/train-images-idx3-ubyte", "wb").write(struct.pack(">4B3I", 0, 0, 8, 3, 120, 8, 8) + pixels)
open("sorted/train-labels-idx1-ubyte", "wb").write(struct.pack(">4BI", 0, 0, 8, 1, 120) + labels)
PYTHON
small=(--net 'dense CLASSES' --epochs 1 --lr 1e-2)
run train sorted "${small[@]}" --out st
has_code 0 "sorted labels"
err_has '100 training, 20 validation \(stratified:20:123\)' "are stratified"
check "nothing is missing" bash -c '! grep -q "has no image of" .err'
run train sorted "${small[@]}" --out la --valid last:20 --quiet
err_has '^Warning: the validation set has no image of 3 of 4 classes: 0 1 2$' "last:20 says what is missing, --quiet or not"
run train sorted "${small[@]}" --out la2 --valid last:95
err_has '^Warning: the training set has no image of 3 of 4 classes: 1 2 3$' "in the training part too"
err_has '^         they cannot be learned; --valid stratified:N takes the same fraction of each class$' "and what helps"
run train sorted "${small[@]}" --out st2 --valid stratified:2
err_has '^Warning: the validation set has no image of 2 of 4 classes: 2 3$' "a small stratified one too"
err_has '; add images of them, or take more images with --valid stratified:N$' "for which something else helps"
run train sorted "${small[@]}" --seed 5 --out s5 --json
json_is 'o[0]["split"]' stratified:20:5 "drawn by --seed"
run train sorted "${small[@]}" --seed 5 --valid stratified:10:9 --out s9 --json
json_is 'o[0]["split"]' stratified:10:9 "or by the seed of the split"
check "run.json records it" python3 -c 'import json; assert json.load(open("s9/run.json"))["provenance"]["split"] == "stratified:10:9"'
cp s9/metrics.jsonl .out
a=$(json 'o[0]["valid_accuracy"]')
run test s9 sorted --split valid --json
check "test --split valid takes the recorded split" test "$a-10" = "$(json 'o[0]["accuracy"]')-$(json 'o[0]["count"]')"
run test s9 sorted --split valid --valid last:7 --json
json_is 'o[0]["count"]' 7 "and another one if asked"
run train --resume s9 --epochs 2 --json
json_is '[o[0]["split"], o[0]["valid_images"]]' "['stratified:10:9', 10]" "a resumed run has the recorded split"
for wrong in first:3 foo stratified: -1 1.5 stratified:10: last:; do
  refused 64 "error: --valid: invalid validation split '$wrong'" train sorted "--valid=$wrong"
done
refused 64 'leave none for training' train sorted --valid 120
# A run of version 0.1.0 recorded a number, or nothing, and split off the end.
run train sorted "${small[@]}" --valid last:20 --out old
python3 - <<'PYTHON'
import json
run = json.load(open("old/run.json"))
del run["provenance"]["split"]
run["provenance"]["command"]["options"]["valid"] = "20"
json.dump(run, open("old/run.json", "w"))
PYTHON
run train --resume old --epochs 2 --json
has_code 0 "a run that recorded a number alone goes on"
json_is 'o[0]["split"]' last:20 "with the end of the file"

say "presets and schedules"
run train digits:300:50 --preset fast --epochs 2 --out fast --json
has_code 0 "--preset fast"
options='[o[0]["command"]["options"][k] for k in ("net", "lr", "schedule", "batch")]'
json_is "$options" "['fast', '4e-3', 'linear', '64']" "it stands for these options"
json_is 'sum(1 for e in o if e["type"] == "epoch")' '2' "what is given beside it wins"
run train digits:300:50 --preset fast --lr 1e-3 --schedule cosine --epochs 1 --out fast2 --json
json_is "$options" "['fast', '1e-3', 'cosine', '64']" "lr and schedule of one's own"
refused 64 '--epochs: schedule linear is planned for the run.s 2 epochs' train --resume fast --epochs 3
run train --resume fast
has_code 0 "a scheduled run that is done goes on with nothing"
refused 64 'schedule' train digits:300:50 --schedule sawtooth
refused 64 'preset' train digits:300:50 --preset slow
run train digits:300:50 --preset tiny --epochs 1 --out tiny --json
json_is "$options" "['tiny', '1e-4', 'constant', '64']" "every network of a name is a preset, with the options that suit it"
run test fast/last.safetensors digits:300:50
has_code 0 "the last epoch is a model too"

finish
