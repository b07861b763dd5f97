#!/usr/bin/env bash
# Ctrl-C: finish the step, save, print how to resume, exit with 130. A resumed run ends with the same bits.
. "$(dirname "$0")/_lib.sh"
train=(train xo:24000:500 --net 'conv 3x3x32 relu | conv 3x3x32 relu | dropout 0.5 | dense CLASSES' --lr 1e-4)
set -m # or what runs in the background would ignore SIGINT
# The SHA-256 that a model file or a checkpoint says its tensors have.
tensors() {
  python3 -c 'import json, struct, sys
b = open(sys.argv[1], "rb").read()
print(json.loads(b[8:8 + struct.unpack("<Q", b[:8])[0]])["__metadata__"]["sha256"])' "$1"
}

# Starts a training run in the background, sends it a signal once a line matches, and waits for its end.
interrupted() { # SIGNAL PATTERN ARGUMENTS..
  local signal=$1 pattern=$2
  shift 2
  rm -f .out .err
  touch .out .err
  "$OCELLUS" "$@" > .out 2> .err < /dev/null &
  local pid=$! tries=0
  until grep -qE "$pattern" .out .err || [ $((tries += 1)) -gt 600 ]; do sleep 0.05; done
  sleep 0.1
  kill "-$signal" "$pid"
  wait "$pid"
  code=$?
}
say "a run without interruption"
run "${train[@]}" --epochs 3 --out whole
has_code 0 "three epochs"

say "interrupted and resumed"
interrupted INT '^Epoch 01' "${train[@]}" --epochs 3 --out parts
has_code 130 "Ctrl-C"
err_has 'stopped in epoch [123] after step' "it says where it stopped"
err_has 'Continue with .ocellus train --resume parts.\.' "it says how to go on"
check "run.json says so" grep -q '"status": "interrupted"' parts/run.json
check "the checkpoint is there" test -s parts/last.safetensors
interrupted TERM 'Run   parts' train --resume parts --threads 1
has_code 130 "SIGTERM"
run train --resume parts
has_code 0 "the rest"
err_has 'Run   parts \(resumed\)' "it says that it resumes"
for f in model last; do
  check "the tensors of $f.safetensors have the same bits" test "$(tensors whole/$f.safetensors)" = "$(tensors parts/$f.safetensors)"
done
check "metrics.jsonl has the same losses" python3 -c 'import json
read = lambda f: [(m["epoch"], m["loss"], m["valid_accuracy"]) for m in map(json.loads, open(f))]
assert read("whole/metrics.jsonl") == read("parts/metrics.jsonl")'

say "more epochs"
run train --resume parts --epochs 4 --json
has_code 0 "a fourth epoch"
json_is '[x["epoch"] for x in o if x["type"] == "epoch"]' '[4]' "only that one is run"
run train --resume parts
has_code 0 "resuming what is finished"
err_has 'all 4 epochs are already done' "says so"
cp parts/run.json before.json
refused 64 'error: --epochs: 3 is less than the epochs that the run in parts/last.safetensors has begun, 4' train --resume parts --epochs 3
check "and its record stays" cmp parts/run.json before.json

say "before the first epoch is over"
interrupted INT 'Run   early' "${train[@]}" --epochs 3 --out early
has_code 130 "Ctrl-C in the first epoch"
run test early xo
has_code 66 "there is no model yet"
err_has 'no epoch has finished yet' "and the error says why"

say "other data"
run train digits:100:10 --resume early
has_code 64 "a run does not go on with other data"

say "other kernels"
run train xo:60:10 --net 'conv 3x3x4 relu | dense CLASSES' --epochs 1 --out kernels
OCELLUS_REFUSE=winograd run train --resume kernels --epochs 2
has_code 64 "a run does not go on with other kernels"
err_has 'refused_kernels' "and the error says so"

say "another instruction-set level"
OCELLUS_CPU=portable run train xo:60:10 --net 'conv 3x3x4 relu | dense CLASSES' --epochs 1 --out level
if [ "$("$OCELLUS" version | sed -n 's/^instructions: //p')" = portable ]; then
  skip "this machine has no level but the portable one"
else
  run train --resume level --epochs 2
  has_code 64 "without --any-isa"
  err_has 'instruction_set is .* had "portable"' "a run does not go on at another level"
  err_has 'hint: .*--any-isa' "and the hint says how it does"
  run train --resume level --epochs 2 --any-isa
  has_code 0 "with --any-isa"
  err_has 'Note  the run had portable so far: .*bits differ from those of an uninterrupted run' "it says what that costs"
  check "and so does run.json" grep -q '"earlier_instruction_sets": "portable"' level/run.json
  run train --resume level --epochs 3 --quiet
  has_code 0 "and goes on from there"
  check "which is not forgotten" grep -q '"earlier_instruction_sets": "portable"' level/run.json
fi
refused 64 '^ocellus train: error: --any-isa:' train digits:60:10 --any-isa

say "more epochs: what help says of each schedule is what happens"
"$OCELLUS" help optimizers | sed '1,/^Schedules:/d' > .help
for schedule in $("$OCELLUS" help --markdown | sed -n 's/^| `--schedule NAME`.*(\(.*\); default.*/\1/p' | tr -d ,); do
  run train digits:120:10 --net 'dense CLASSES' --schedule $schedule --epochs 2 --out s-$schedule --quiet
  run train --resume s-$schedule --epochs 2 --quiet
  has_code 0 "$schedule: the same number of epochs"
  err_quiet "$schedule"
  run train --resume s-$schedule --epochs 3 --quiet
  if sed -n "/^  $schedule\$/,/^  [a-z]*\$/p" .help | grep -q "may change --epochs"; then
    has_code 0 "$schedule: more epochs, as help says"
  else
    has_code 64 "$schedule: no other number of epochs, as help says"
    err_has "error: --epochs: schedule $schedule is planned for the run.s 2 epochs" "and the message names the option"
    run train --resume s-$schedule
    check "nor is it offered" test "$(grep -c -- '--epochs N continues' .err)" -eq 0
  fi
done

say "hyperparameters are of the run"
options=(--net 'dense CLASSES' --optimizer adamw --beta1 0.5 --weight-decay 0.25 --valid 0)
run train digits:120:10 "${options[@]}" --epochs 2 --out h-whole --quiet
run train digits:120:10 "${options[@]}" --epochs 1 --out h-parts --quiet
run train --resume h-parts --epochs 2 --quiet
has_code 0 "a run with hyperparameters goes on"
check "with the same bits" cmp h-whole/model.safetensors h-parts/model.safetensors
check "run.json records what was given" grep -q '"beta1": "0.5"' h-parts/run.json
check "and what all of them were" grep -q '"beta2": 0.999' h-parts/run.json
refused 64 '--beta1: must not change when resuming h-parts' train --resume h-parts --beta1 0.75

say "a run of a newer version"
cp -r level newer
sed -i 's/"format_version": 3/"format_version": 4/' newer/run.json
refused 65 'newer/run.json: unsupported format_version 4: expected 1 to 3' train --resume newer

say "twice"
"$OCELLUS" "${train[@]}" --epochs 50 --out twice > .out 2> .err < /dev/null &
pid=$!
sleep 1
kill -INT $pid $pid
kill -INT $pid 2> /dev/null
wait $pid
code=$?
has_code 130 "Ctrl-C twice"
finish
