#!/usr/bin/env bash
# What training takes whatever the optimizer is: is it said, recorded, resumed and refused?
. "$(dirname "$0")/_lib.sh"
train=(train digits:60:10 --net 'dense CLASSES')

say "patience"
run "${train[@]}" --lr 1e-30 --epochs 9 --patience 2 --out stuck
has_code 0 "training that ends early"
err_has '^Note  training ended early: no epoch after epoch 1 was better$' "it says why"
check "three epochs" test "$(wc -l < stuck/metrics.jsonl)" = 3
run train --resume stuck
has_code 0 "resuming it"
err_has 'training ended early' "nothing is left to do, with the patience that it had"
run train --resume stuck --patience 3 --json
json_is '[x["type"] for x in o]' "['start', 'epoch', 'test', 'end']" "more patience, one more epoch"
json_is 'o[-1]["ended_early"]' True "in JSON too"
refused 64 '--patience: no validation set' "${train[@]}" --valid 0 --patience 2

say "warm-up"
run "${train[@]}" --warmup 1.5 --epochs 2 --out warm --quiet
has_code 0 "a warm-up"
check "it is recorded" grep -q '"warmup": 1.5' warm/run.json
refused 64 '--warmup: must be less than the number of epochs, got 2' "${train[@]}" --warmup 2 --epochs 2
refused 64 '--warmup' train --resume warm --warmup 1

say "averaged weights"
run train digits:600:100 --net tiny --lr 1e-2 --epochs 4 --ema 0.9 --out averaged
has_code 0 "training that averages"
check "a line for each epoch" test "$(grep -cE '^         Averaged weights +Validation Acc: +[01]\.[0-9]{4}  Loss: [0-9.]+(  better)?$' .out)" = 4
run train digits:600:100 --net tiny --lr 1e-2 --epochs 4 --ema 0.9 --out again --json
best='max((x["averaged_accuracy"] if x["averaged"] else x["valid_accuracy"]) for x in o if x["type"] == "epoch")'
json_is "o[-1]['best_accuracy'] == $best" True "the better of both decides"
json_is '[x["averaged"] for x in o if x["type"] == "epoch" and x["epoch"] == o[-1]["best_epoch"]] == [o[-1]["averaged"]]' True "and is said"
json_is '"averaged_loss" in o[1]' True "with the loss"
check "metrics.jsonl has it too" grep -q '"averaged_accuracy"' again/metrics.jsonl
refused 64 '--ema: must be a finite number, 0 or more, below 1, got 1' "${train[@]}" --ema 1

say "views"
run test again digits:600:100 --json
json_is '[o[0]["tta"]]' "['none']" "one view, if nothing is said"
run test again digits:600:100 --json --tta shift
json_is '[o[0]["tta"], o[0]["count"]]' "['shift', 100]" "several on request"
run test again digits:600:100 --tta flip-shift
out_has '^Views    flip-shift$' "in words too"
run predict again 'digits:600:100[0:2]' --proba
cp .out one
run predict again 'digits:600:100[0:2]' --proba --tta flip
check "predict averages them" bash -c '! cmp -s .out one && [ "$(wc -l < .out)" = "$(wc -l < one)" ]'
refused 64 '--tta: must be one of none, flip, shift, flip-shift' test again digits:600:100 --tta rotate

say "uneven classes"
run "${train[@]}" --epochs 1 --class-weights balanced --sampling balanced --label-smoothing 0.2 --out even --quiet
has_code 0 "balanced"
for option in '"class_weights": "balanced"' '"sampling": "balanced"' '"label_smoothing": 0.2'; do
  check "$option is recorded" grep -q "$option" even/run.json
done
run train --resume even --epochs 2 --quiet
has_code 0 "and resumed"
refused 64 '--sampling: must be one of uniform, balanced' "${train[@]}" --sampling equal
refused 64 '--sampling: balanced sampling draws the order of the images' "${train[@]}" --sampling balanced --no-shuffle

finish
