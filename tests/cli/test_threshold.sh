#!/usr/bin/env bash
# test --threshold-for: the lowest probability of answers that are right; what a model with it answers.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist mnist "$gz" 400 100
run train mnist --net 'dense CLASSES' --lr 1e-2 --epochs 3 --out run-1 --quiet

say "a threshold"
run test run-1 mnist --threshold-for 0.9 --save sure.safetensors
has_code 0 "test --threshold-for"
out_has '^Threshold 0\.[0-9]{4}: [0-9]+ of [0-9]+ images have an answer, of which (0\.9[0-9]*|1\.0000) are right$' "it says what it does"
out_has '^Wrote sure\.safetensors$' "and what it wrote"
run test run-1 mnist --threshold-for 0.9 --json
json_is 'o[0]["split"], o[0]["threshold"]["right"] >= 0.9 * o[0]["threshold"]["answered"]' "('valid', True)" "on the validation set, as JSON"
probability=$(json 'o[0]["threshold"]["probability"]')

say "a model with it"
run show sure.safetensors --verify
has_code 0 "its sums match"
run predict sure.safetensors mnist --json
json_is "all(x['known'] == (x['probability'] >= $probability) for x in o), {x['known'] for x in o}" '(True, {False, True})' "predict says which answers are known"
known=$(json 'sum(not x["known"] for x in o)')
run predict sure.safetensors mnist
check "and in lines" test "$(grep -c '  unknown: below 0\.' .out)" = "$known"
run predict run-1 mnist
check "a model without it knows all" test "$(grep -c unknown .out)" = 0
run export sure.safetensors --to c --out sure
check "C has it" grep -q '^#define MODEL_THRESHOLD 0\.' sure/model.h

say "refusals"
refused 64 "--save: has no effect without --threshold-for" test run-1 mnist --save x.safetensors
refused 73 "sure\.safetensors: already exists" test run-1 mnist --threshold-for 0.9 --save sure.safetensors
refused 64 "threshold-for" test run-1 mnist --threshold-for 0
refused 64 "threshold-for" test run-1 mnist --threshold-for 1.5
refused 64 "tta: has no effect with --threshold-for" test run-1 mnist --threshold-for 0.9 --tta shift
finish
