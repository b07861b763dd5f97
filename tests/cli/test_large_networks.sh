#!/usr/bin/env bash
# Networks that are larger than memory: show and plan describe them without having them; what would compute with them
# does so in pieces, or says how much is missing.
. "$(dirname "$0")/_lib.sh"
[ -n "${ASAN_OPTIONS:-}" ] && { skip "a sanitizer needs more address space than the limit"; finish; }
limited() { # ARGUMENTS..: the program with at most 1 GB of address space
  (ulimit -v 1000000 && exec "$OCELLUS" "$@") > .out 2> .err < /dev/null
  code=$?
}
if ! (ulimit -v 1000000) 2> /dev/null; then
  skip "no ulimit -v here"
  finish
fi
limited version
[ $code -eq 0 ] || { skip "the program does not start with 1 GB of address space (a sanitizer?)"; finish; }

say "show and plan allocate no weights"
huge='conv 5x5x4096 relu | conv 5x5x16384 relu | conv 1x1x16 | dense CLASSES' # 1.7e9 weights: 6.7 GB
limited show "$huge" --input 224x224x3
has_code 0 "show of 6.7 GB of weights"
out_has '^conv_2 .* 1,677,737,984 ' "the number of them"
out_has '^The parameters take 6\.[0-9] GiB' "and what they take"
limited plan "$huge" --input 224x224x3
has_code 0 "plan of it"
out_has '^total: .*memory: arena [0-9.]+ KB' "with its memory"
limited plan "$huge" --input 224x224x3 --inference --batch 1
has_code 0 "plan of a prediction"
limited show lecture --classes 65536 --json
json_is 'o[0]["parameters"] > 60000000' True "the most classes"
limited plan lecture --classes 65536 --batch 1000000
has_code 0 "and the largest batch"
limited show 'conv 1x1x16 | globalmeanpool | dense CLASSES' --input 65536x65536x1024
has_code 0 "the largest images"
limited plan 'conv 1x1x16 | globalmeanpool | dense CLASSES' --input 65536x65536x1024 --batch 1000000
check "a plan of them, or how large it is" bash -c "[ $code -eq 0 ] || grep -qE 'is too large|holds at most' .err"

say "the plan is that of a model with memory"
run train digits:60:20 --net 'conv 5x5x4 relu | maxpool 2 | dense CLASSES' --epochs 1 --out r
run plan r --batch 32
cp .out of_model
run plan 'conv 5x5x4 relu | maxpool 2 | dense CLASSES' --batch 32
check "training" cmp .out of_model
run plan r --batch 32 --inference
cp .out of_model
run plan 'conv 5x5x4 relu | maxpool 2 | dense CLASSES' --batch 32 --inference
check "inference" cmp .out of_model
run plan lecture --threads 1
out_has 'for each of 1 threads' "--threads counts for a network alone too"

say "predictions in pieces"
run train digits:8:4 --net 'conv 1x1x1024 relu | dense CLASSES' --epochs 1 --batch 1 --out wide # 256 images would take 0.8 GB
has_code 0 "a network with wide values"
limited predict wide 'digits[0:140]' --json
has_code 0 "predict in 1 GB"
check "all of them" test "$(wc -l < .out)" -eq 140
cp .out all
limited test wide digits:8:20
has_code 0 "test in 1 GB"
for i in 0 139; do
  limited predict wide "digits[$i]" --json
  cp .out one
  check "image $i is the same alone" python3 -c 'import json, sys
one, all = json.loads(open("one").readline()), [json.loads(l) for l in open("all")]
other = all[int(sys.argv[1])]
assert one["label"] == other["label"], (one, other)' $i
done
limited draw features wide 'digits[0]' --maps 1
has_code 0 "draw in 1 GB"
limited trace wide 'digits[0]' --at 'fc_2/net_pre-activation[3]' --terms 1
has_code 0 "trace in 1 GB"
out_has '802816 products' "of all its terms"

say "or refused, with the number"
limited bench 'dense 60000 | dense CLASSES' --input 224x224x1 --only prediction --batch 1 --steps 1 # 12 GB
has_code 71 "bench of 12 GB"
err_has 'too little memory for the variables of the network: 11\.[0-9] GiB needed, 1\.0 GiB available' "how much is missing"
limited bench lecture --input 4096x4096x3 --only prediction --batch 1 --steps 1
check "images that are too large: an answer, or refused with a number" bash -c "[ $code -eq 0 ] || grep -qE 'GiB|bytes|limit is 2' .err"
finish
