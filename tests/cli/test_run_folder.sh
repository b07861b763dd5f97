#!/usr/bin/env bash
# A run folder belongs to one training at a time and holds one whole run, whatever is started, killed or refused.
. "$(dirname "$0")/_lib.sh"
tiny=(train digits:300:20 --net 'dense CLASSES' --epochs 2 --quiet)
large=(train digits:6000:20 --net 'conv 3x3x8 relu | dense 64 | dense CLASSES' --quiet)
nothing_left() { # WHAT [FOLDER]
  check "$1: no temporary file or folder is left" test -z "$(find "${2:-.}" -name '.ocellus-*' -o -name '*.ocellus-*')"
}

say "started together"
for i in 1 2 3 4; do "$OCELLUS" "${tiny[@]}" --seed $i > out.$i 2> err.$i & done
wait
check "each has a folder of its own" test "$(echo run-*)" = "run-1 run-2 run-3 run-4"
check "with the lines of its own epochs" test "$(cat run-*/metrics.jsonl | wc -l)" -eq 8
for i in 1 2 3 4; do "$OCELLUS" "${tiny[@]}" --seed $i --out same > out.$i 2> err.$i & done
wait
check "of four with one --out three are refused" test "$(cat err.* | grep -cE 'same: (another training run is writing|already holds a run)')" -eq 3
check "and one has the folder" test "$(wc -l < same/metrics.jsonl)" -eq 2

say "one training at a time"
"$OCELLUS" "${large[@]}" --epochs 1000 --out busy > /dev/null 2>&1 &
pid=$!
until [ -s busy/model.safetensors ]; do sleep 0.05; done
refused 73 'busy: another training run is writing to this folder' train --resume busy --epochs 1001
refused 73 'busy: another training run is writing to this folder' "${tiny[@]}" --out busy --force
run show busy
has_code 0 "looking at it is fine"
kill -9 $pid
wait $pid 2> /dev/null
touch killed
"$OCELLUS" train --resume busy > /dev/null 2>&1 &
pid=$!
until [ busy/last.safetensors -nt killed ]; do sleep 0.05; done
run train --resume busy --epochs 1
has_code 73 "the second --resume of one run is refused"
err_has 'busy: another training run is writing to this folder' "and told why"
kill -9 $pid
wait $pid 2> /dev/null
run train --resume busy --epochs $(($(wc -l < busy/metrics.jsonl) + 1)) --quiet
has_code 0 "the lock of a dead training is no lock"
nothing_left "after kill -9 and a resume"

say "--force"
run "${tiny[@]}" --out r
cp -r r before
echo mine > r/notes.txt
run train digits:300:20 --net 'dense 20 relu | dense CLASSES' --optimizer sgd --lr 1e30 --out r --force --quiet
has_code 1 "a new run that fails in its first epoch"
err_has 'The run in r is unchanged' "says that the old one is as it was"
for f in model last; do check "$f.safetensors is" cmp r/$f.safetensors before/$f.safetensors; done
for f in run.json metrics.jsonl; do check "$f is" cmp r/$f before/$f; done
run "${tiny[@]}" --net 'dense 5 relu | dense CLASSES' --epochs 1 --out r --force
has_code 0 "a new run that does not"
check "has taken its place" grep -q '"net": "dense 5 relu | dense 10"' r/run.json
check "with nothing of the old one" test "$(wc -l < r/metrics.jsonl)" -eq 1
check "and what was not the run's is still there" test "$(cat r/notes.txt)" = mine
nothing_left "--force"
refused 73 'already holds a run' "${tiny[@]}" --out r
set -m
"$OCELLUS" "${large[@]}" --lr 1e-9 --out r --force > .out 2> .err &
pid=$!
until [ -e .r.ocellus-new/last.safetensors ]; do sleep 0.02; done
kill -INT $pid
wait $pid
code=$?
set +m
has_code 130 "Ctrl-C in the first epoch"
err_has 'The run in r is unchanged' "says that the old one stays"
nothing_left "Ctrl-C"

say "kill -9 at 20 moments while a run is replaced"
whole=0
for i in $(seq 20); do
  "$OCELLUS" train digits:600:20 --net "dense $i relu | dense CLASSES" --epochs 3 --out r --force --quiet > /dev/null 2>&1 &
  pid=$!
  sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
  kill -9 $pid 2> /dev/null
  wait $pid 2> /dev/null
  net=$("$OCELLUS" show r 2> /dev/null | sed -n 's/^Net *//p')
  [ -n "$net" ] && grep -qF "\"$net\"" r/run.json && [ -s r/metrics.jsonl ] && "$OCELLUS" test r digits:20:20 > /dev/null 2>&1 &&
    whole=$((whole + 1))
done
check "one whole run is there each time ($whole of 20)" test $whole -eq 20
run "${tiny[@]}" --out r --force
has_code 0 "and the next training"
nothing_left "clears away what the dead left"

say "limits of the system"
(
  ulimit -f 40
  run train digits:600:50 --net 'dense 100 | dense CLASSES' --epochs 1 -q --out limited
  exit $code
)
code=$?
has_code 73 "ulimit -f"
err_has 'limited/last.safetensors: cannot write: File too large' "names the file and the reason"
check "and leaves no folder" test ! -e limited
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$OCELLUS" 2> /dev/null; then
  mkdir -m 700 closed
  chmod 755 .
  chmod 1777 "$work"
  setpriv --reuid=65534 --regid=65534 --clear-groups "$OCELLUS" "${tiny[@]}" --out closed/x > .out 2> .err
  code=$?
  has_code 73 "a closed folder"
  err_has 'closed/x: .*no permission for the folder closed \(Permission denied\)' "is named, with the system's reason"
  setpriv --reuid=65534 --regid=65534 --clear-groups "$OCELLUS" train --resume closed/x > .out 2> .err
  code=$?
  has_code 66 "resuming in a closed folder"
  err_has 'no permission for the folder closed' "is named, too"
else
  skip "another user cannot be tried here: a closed folder"
fi
if [ "$(id -u)" -eq 0 ] && mkdir few && mount -t tmpfs -o size=8m,nr_inodes=4 tmpfs few 2> /dev/null; then
  run "${tiny[@]}" --out few/run
  has_code 73 "no inodes"
  err_has 'few/run.*: cannot [a-z]+: No space left on device' "names the path and the reason"
  check "and leaves nothing" test -z "$(ls -A few)"
  umount few
else
  skip "this user may not mount a small tmpfs: a disk without inodes was not tried"
fi
ln -s b a
ln -s a b
refused 73 'a: .*symbolic link loop' "${tiny[@]}" --out a/x
finish
