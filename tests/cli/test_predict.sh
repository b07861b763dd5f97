#!/usr/bin/env bash
# Prediction and measuring: indices, kinds of pictures, forms of output.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist mnist "$gz" 600 100
t10k=mnist/t10k-images-idx3-ubyte$gz
run train mnist --net tiny --lr 1e-2 --epochs 5 --out run-1 --quiet
has_code 0 "a model"

say "indices"
labels() { awk '{print $2}' .out | tr '\n' ' '; }
run predict run-1 "${t10k}[0:10]"
has_code 0 "ten pictures"
err_empty "predict"
check "a line a picture" test "$(wc -l < .out)" = 10
check "each names file, index, class and probability" test "$(grep -cE '^mnist/t10k-[^ ]*\[[0-9]\]  [0-9]  [01]\.[0-9]{4}$' .out)" = 10
check "the answers are right" test "$(labels)" = "0 1 2 3 4 5 6 7 8 9 "
run predict run-1 "${t10k}[5]"
check "[5]" test "$(labels)" = "5 "
run predict run-1 "${t10k}[:3]"
check "[:3]" test "$(labels)" = "0 1 2 "
run predict run-1 "${t10k}[-3:]"
check "[-3:]" test "$(labels)" = "7 8 9 "
run predict run-1 "${t10k}[-1]"
check "[-1]" test "$(labels)" = "9 "
run predict run-1 "$t10k"
check "all of them" test "$(wc -l < .out)" = 100
run predict run-1/model.safetensors "${t10k}[1]" "${t10k}[2]"
check "several files, a model by its file" test "$(labels)" = "1 2 "
run predict run-1 'mnist[3]'
check "a folder: its test part" test "$(labels)" = "3 "
run predict run-1 'digits[0:2]'
check "built-in data" test "$code-$(wc -l < .out)" = 0-2
cp "$t10k" "odd[1]"
run predict run-1 "odd[1]"
check "a file whose name ends in [..] is a file" test "$code-$(wc -l < .out)" = 0-100

say "forms"
run predict run-1 "${t10k}[4]" --top 3
check "--top 3: three classes, best first" python3 -c 'w = open(".out").read().split()[1:]
p = [float(x) for x in w[1::2]]
assert len(p) == 3 and w[0] == "4" and p == sorted(p, reverse=True)'
run predict run-1 "${t10k}[4]" --proba
check "--proba: all classes in order, sum 1" python3 -c 'w = open(".out").read().split()[1:]
assert w[::2] == [str(i) for i in range(10)] and abs(sum(map(float, w[1::2])) - 1) < 1e-3'
run predict run-1 "${t10k}[0:3]" --json --top 2 --proba
out_is_json_lines "--json: an object a picture"
json_is '[x["label"] for x in o], [x["index"] for x in o]' '([0, 1, 2], [0, 1, 2])' "with label and index"
json_is 'all(len(x["top"]) == 2 and len(x["probabilities"]) == 10 and x["top"][0]["probability"] == max(x["probabilities"]) for x in o)' True "top and probabilities agree"
run predict run-1 "${t10k}[0:3]" --draw
check "--draw off a terminal: ASCII only, at most 80 columns" python3 -c 'lines = open(".out").read().splitlines()
assert all(l.isascii() and len(l) <= 80 for l in lines[3:]) and any("@" in l or "#" in l for l in lines[3:])'

say "pictures"
python3 "$here/make_data.py" pgm seven.pgm 28 28
run predict run-1 seven.pgm
check "PGM, named without an index" grep -qE '^seven.pgm  7  ' .out
run predict run-1 'seven.pgm[0]'
check "PGM with an index" grep -qE '^seven.pgm\[0\]  7  ' .out
if [ "$minimal" = 1 ]; then
  skip "PNG: this build does without"
else
  python3 "$here/make_data.py" png seven.png 28 28 1
  python3 "$here/make_data.py" png colour.png 28 28 3
  run predict run-1 seven.png colour.png
  check "PNG in grey and in colour" test "$(labels)" = "7 7 "
  python3 "$here/make_data.py" png large.png 32 30 1
  refused 65 'large.png: is 32x30x1 .*28x28x1' predict run-1 large.png
fi
refused 66 'nothing.png' predict run-1 nothing.png

say "measuring"
run test run-1 mnist
has_code 0 "test"
err_empty "test"
out_has '^Accuracy [01]\.[0-9]{4}  \([0-9]+ of 100; 95 % interval [01]\.[0-9]+ to [01]\.[0-9]+\)' "accuracy with its interval"
out_has '^class +pictures +precision +recall +F1' "a table of the classes"
check "a row a class, then the mean" test "$(grep -cE '^([0-9]|mean) +(10|100)( +[01]\.[0-9]{4}){3}$' .out)" = 11
check "a matrix of ten rows" test "$(sed -n '/^Truth/,$p' .out | grep -cE '^[0-9]( +([0-9]+|\.)){10}$')" = 10
run test run-1 mnist --json
out_is_json_lines "test --json"
json_is 'sum(map(sum, o[0]["confusion"])) == o[0]["count"] == 100' True "the matrix counts every picture"
json_is 'sum(o[0]["confusion"][i][i] for i in range(10)) == o[0]["correct"]' True "its diagonal the right ones"
json_is 'abs(o[0]["accuracy"] - o[0]["correct"] / 100) < 1e-9 and o[0]["low"] < o[0]["accuracy"] <= o[0]["high"]' True "accuracy and interval"
for part in valid train; do
  run test run-1 mnist --part $part --json
  json_is 'o[0]["part"]' $part "--part $part"
done
finish
