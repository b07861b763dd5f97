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

finish
