#!/usr/bin/env bash
# A disk that fills up while a run is saved: an error, and the files that were there stay whole.
. "$(dirname "$0")/_lib.sh"
mkdir disk
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=600k tmpfs disk 2> /dev/null; then
  skip "this user may not mount a small tmpfs: a full disk was not tried"
  finish
fi
trap 'cd /; umount "$work/disk"; rm -rf "$work"' EXIT

# tiny's checkpoint takes some 120 kB, and as much again while it is replaced
run train digits:600:100 --net tiny --epochs 2 --lr 1e-3 --out disk/run
has_code 0 "a run that fits"
cp -r disk/run before
dd if=/dev/zero of=disk/filler bs=1k count=600 2> /dev/null
run train --resume disk/run --epochs 4
check "a full disk: exit code 73 or 74" test "$code" -eq 73 -o "$code" -eq 74
check "one error, which names a file" test "$(grep -c 'error: .*disk/run/' .err)" -eq 1
check "model.safetensors is as it was" cmp before/model.safetensors disk/run/model.safetensors
check "last.safetensors is whole" test "$(stat -c %s before/last.safetensors)" -eq "$(stat -c %s disk/run/last.safetensors)"
check "no temporary file is left" test "$(ls -A disk/run | sort | tr '\n' ' ')" = "$(ls -A before | sort | tr '\n' ' ')"
rm disk/filler
echo old > disk/report.html
for words in "report disk/run -o disk/report.html" "draw curves disk/run -o disk/curves.svg"; do
  dd if=/dev/zero of=disk/filler-2 bs=1k count=600 2> /dev/null
  run $words
  check "$words: exit code 73 or 74" test "$code" -eq 73 -o "$code" -eq 74
  check "one error" test "$(grep -c 'error: ' .err)" -eq 1
done
check "the old report is as it was" test "$(cat disk/report.html)" = old
check "nothing is half written" test "$(ls -A disk | sort | tr '\n' ' ')" = "filler-2 report.html run "
rm disk/filler-2
run train --resume disk/run --epochs 4
has_code 0 "with room again it goes on"
run train digits:600:100 --net tiny --epochs 4 --lr 1e-3 --out straight
# the tensors lie at the end of the file
check "and ends with the same bits" cmp <(tail -c 38000 straight/model.safetensors) <(tail -c 38000 disk/run/model.safetensors)

say "a tensor on a full disk"
python3 - image.npy <<'P'
import struct, sys
head = "{'descr': '<f4', 'fortran_order': False, 'shape': (512, 28, 28, 1), }"
open(sys.argv[1], "wb").write(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + bytes(512 * 784 * 4))
P
printf old > disk/maps.npy
run run straight --feed tf_x=image.npy --fetch conv_1/activation=disk/maps.npy
check "a full disk: exit code 73 or 74" test "$code" -eq 73 -o "$code" -eq 74
check "one error, which names the file" test "$(grep -c 'error: .*disk/' .err)" -eq 1
check "the file is as it was" test "$(cat disk/maps.npy)" = old

say "standard output on a full disk"
run test straight digits:600:100
"$OCELLUS" test straight digits:600:100 > /dev/full 2> .err
code=$?
has_code 74 "output that cannot be written"
err_has 'standard output: cannot write' "and the error says so"
finish
