#!/usr/bin/env bash
# A run that is killed anywhere and resumed leaves the same files as one that is not: model.safetensors, run.json and
# metrics.jsonl to the byte, except times.
. "$(dirname "$0")/_lib.sh"
# Only the last epochs are worse, so that the best model is older than the checkpoint.
train=(train digits:900:100 --net 'conv 3x3x4 relu | maxpool 2 | dropout 0.3 | dense CLASSES' --epochs 6 --lr 3e-3
  --schedule cosine --warmup 0.5 --ema 0.9 --label-smoothing 0.1 --sampling balanced --valid 150 --seed 7 --quiet)
# run.json and metrics.jsonl without their times.
timeless() {
  python3 -c 'import json, sys
times = {"started", "seconds", "train_seconds", "valid_seconds", "images_per_second", "step_ms"}
lines = open(sys.argv[1] + "/metrics.jsonl").read().splitlines()
for text in [open(sys.argv[1] + "/run.json").read()] + lines:
    print(json.dumps({k: v for k, v in json.loads(text).items() if k not in times}))' "$1"
}
same_files() { # WHAT FOLDER
  check "$1: model.safetensors has the same bytes" cmp whole/model.safetensors "$2/model.safetensors"
  check "$1: run.json and metrics.jsonl are the same, except times" cmp <(timeless whole) <(timeless "$2")
  check "$1: no other file is left" test "$(ls -A "$2")" = "$(ls -A whole)"
}

say "without interruption"
start=$(date +%s%N)
run "${train[@]}" --out whole
took=$((($(date +%s%N) - start) / 1000000)) # ms
has_code 0 "a run of six epochs"

say "killed at 10 moments or more"
kills=0
for i in $(seq 60); do
  [ $kills -lt 10 ] || break
  before=$kills
  rm -rf parts
  while :; do
    if [ -e parts/last.safetensors ] && [ -e parts/run.json ]; then how=(train --resume parts --quiet); else how=("${train[@]}" --out parts --force); fi
    "$OCELLUS" "${how[@]}" > /dev/null 2> .err &
    pid=$!
    sleep "$(python3 -c 'import random, sys; print(random.uniform(0, float(sys.argv[1]) / 1000))' "$took")"
    kill -9 $pid 2> /dev/null
    wait $pid 2> /dev/null
    [ $? -eq 137 ] || break # it ended by itself, with evaluation.json, which follows the end of training
    kills=$((kills + 1))
    [ -s .err ] && break
  done
  cmp -s whole/model.safetensors parts/model.safetensors && cmp -s <(timeless whole) <(timeless parts) &&
    [ "$(ls -A parts)" = "$(ls -A whole)" ] || break
  [ $kills -gt $before ] || took=$((took * 2 / 3 + 10)) # it was faster than the first one
done
check "killed $kills times" test $kills -ge 10
same_files "after $kills kills" parts
check "no resume failed" test ! -s .err

say "killed between the model and the checkpoint"
run "${train[@]}" --epochs 6 --out late
cp -r late before
run train digits:900:100 --net 'conv 3x3x4 relu | maxpool 2 | dropout 0.3 | dense CLASSES' --epochs 1 --out other -q
cp other/model.safetensors late/model.safetensors # a model that is not the checkpoint's
echo '{"epoch": 7}' >> late/metrics.jsonl
: > late/.ocellus-123456789-0.tmp
run train --resume late --quiet
has_code 0 "a resume"
same_files "the model and the metrics are put back, the temporary file is gone" late
finish
