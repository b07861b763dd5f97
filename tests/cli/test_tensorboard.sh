#!/usr/bin/env bash
# Training with --tensorboard: what is written where, what is printed, and what is refused.
. "$(dirname "$0")/_lib.sh"
net='conv 3x3x4 relu | maxpool 2 | dense CLASSES'
train() { run train xo:240:40 --net "$net" --lr 1e-3 --epochs 2 "$@"; }

train --out probe --tensorboard probe-logs
if [ "$code" = 69 ]; then
  say "a build without protobuf-c"
  err_has 'protobuf-c' "says what it lacks"
  check "no run folder" test ! -e probe
  check "no folder for TensorBoard" test ! -e probe-logs
  finish
  exit
fi

say "what it writes"
has_code 0 "a training"
check "one file" bash -c 'set -- probe-logs/events.out.tfevents.*; test $# = 1 -a -s "$1"'
err_has '^  tensorboard --logdir probe-logs$' "how to look at it is said"
train --out plain --quiet
check "the model is the same without" cmp probe/model.safetensors plain/model.safetensors
check "run.json does not tell the folder" bash -c '! grep -q probe-logs probe/run.json'
train --out deep --tensorboard a/b/c --quiet
check "folders are made on the way" test -d a/b/c
err_quiet "--quiet"

say "resuming"
run train --resume probe --epochs 3 --tensorboard probe-logs --quiet
has_code 0 "with --tensorboard"
check "a second file" bash -c 'set -- probe-logs/events.out.tfevents.*; test $# = 2'
run train --resume probe --epochs 3 --tensorboard probe-logs --quiet
check "no file when nothing is left to do" bash -c 'set -- probe-logs/events.out.tfevents.*; test $# = 2'

say "refused before anything is written"
echo x > file
for folder in file file/logs /proc /proc/logs; do
  train --out none --tensorboard "$folder" --quiet
  has_code 73 "--tensorboard $folder"
  check "one error" test "$(grep -c 'error:' .err)" = 1
  err_has 'hint: .*TensorBoard' "that says what to do"
  check "no run folder" test ! -e none
done
train --out none --tensorboard '' --quiet
has_code 64 "--tensorboard ''"
check "no run folder" test ! -e none
finish
