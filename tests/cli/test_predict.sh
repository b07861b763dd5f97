#!/usr/bin/env bash
# Prediction and measuring: indices, kinds of images, forms of output.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist mnist "$gz" 600 100
t10k=mnist/t10k-images-idx3-ubyte$gz
run train mnist --net tiny --lr 1e-2 --epochs 5 --out run-1 --quiet
has_code 0 "a model"

say "indices"
labels() { awk '{print $2}' .out | tr '\n' ' '; }
run predict run-1 "${t10k}[0:10]"
has_code 0 "ten images"
err_empty "predict"
check "a line an image" test "$(wc -l < .out)" = 10
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
out_is_json_lines "--json: an object an image"
json_is '[x["label"] for x in o], [x["index"] for x in o]' '([0, 1, 2], [0, 1, 2])' "with label and index"
json_is 'all(len(x["top"]) == 2 and len(x["probabilities"]) == 10 and x["top"][0]["probability"] == max(x["probabilities"]) for x in o)' True "top and probabilities agree"
run predict run-1 "${t10k}[0:3]" --draw
check "--draw off a terminal: ASCII only, at most 80 columns" python3 -c 'lines = open(".out").read().splitlines()
assert all(l.isascii() and len(l) <= 80 for l in lines[3:]) and any("@" in l or "#" in l for l in lines[3:])'

say "images"
python3 "$here/make_data.py" pgm seven.pgm 28 28
run predict run-1 seven.pgm
check "PGM, named without an index" grep -qE '^seven.pgm  7  ' .out
run predict run-1 'seven.pgm[0]'
check "PGM with an index" grep -qE '^seven.pgm\[0\]  7  ' .out
if [ "$minimal" = 1 ]; then
  skip "PNG: this build does without"
else
  python3 "$here/make_data.py" png seven.png 28 28 1
  python3 "$here/make_data.py" png color.png 28 28 3
  run predict run-1 seven.png color.png
  check "PNG in gray and in color" test "$(labels)" = "7 7 "
  python3 "$here/make_data.py" png large.png 32 30 1
  run predict run-1 large.png seven.png large.png
  check "an image of another size" test "$(labels)" = "7 7 7 "
  err_has 'note: 2 images of other sizes were fitted into 28x28 gray' "said once"
fi
refused 66 'nothing.png' predict run-1 nothing.png
refused 64 'seven.pgm: the selection is out of range: there is 1 image, number 0' predict run-1 'seven.pgm[1]'
refused 64 'digits: the selection is out of range: there are [0-9]+ images, 0 to [0-9]+' predict run-1 'digits[-100000:]'

say "one of several cannot be read"
: > none.png
printf 'P5 28 28 255\nshort' > cut.pgm
run predict run-1 seven.pgm none.png cut.pgm nowhere.pgm "seven.pgm[3]" seven.pgm
has_code 65 "the first reason"
check "the good ones are answered, before and after" test "$(grep -cE '^seven.pgm  7  ' .out)" = 2
check "a line each" test "$(wc -l < .out)" = 6
out_has '^none.png  error: the file is empty' "an empty file"
out_has '^cut.pgm  error: truncated' "a cut one"
out_has '^nowhere.pgm  error: no such file' "one that is not there"
out_has '^seven.pgm\[3\]  error: .*there is 1 image, number 0$' "an index that is not there"
err_has 'error: 4 of 6 images failed; the first: none.png: the file is empty' "the end says how many"
run predict run-1 nowhere.pgm seven.pgm --json --top 2
has_code 66 "the first reason, --json"
out_is_json_lines "--json"
json_is 'o[0]["file"], "no such file" in o[0]["error"], "label" in o[0], o[1]["label"]' "('nowhere.pgm', True, False, 7)" "an object each"
run predict run-1 mnist
check "a folder: all of its test part, in order" test "$code-$(labels | cut -c1-8)-$(wc -l < .out)" = "0-0 1 2 3 -100"

say "what is seen through an image"
if [ "$minimal" = 1 ]; then
  skip "PNG: this build does without"
else
  python3 - <<'P'
import struct, zlib
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
def write(name, value, size): # gray and alpha; the upper half is nothing, the lower half ink
    rows = b"".join(b"\0" + bytes([value, 0 if y < size // 2 else 255]) * size for y in range(size))
    open(name, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 4, 0, 0, 0)) +
                           chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
write("black.png", 0, 28)
write("white.png", 255, 28)
write("small.png", 0, 9)
P
  run predict run-1 black.png black.png white.png --draw
  check "black ink lies on white, white ink on black" python3 -c 'rows = [l[1:] for l in open(".out").read().splitlines()]
dark, light = " " * 28, "@" * 28
drawn = [l for l in rows if len(l) >= 28 and set(l) <= {" ", "@"}]
assert drawn[:14] == [light] * 7 + [dark] * 7 and drawn[-14:] == [dark] * 7 + [light] * 7, drawn'
  check "that is said once" test "$(grep -c 'note: black.png: transparent pixels are read as white, because the ink is dark' .err)" = 1
  run show black.png
  err_has 'note: black.png: transparent pixels are read as white' "show says it too"
  run trace run-1 black.png --at 'conv_1/net_pre-activation[0,0,0]'
  has_code 0 "trace"
  err_has 'note: black.png: transparent pixels are read as white' "trace says it too"
  run explain xo small.png
  has_code 0 "explain"
  err_has 'note: small.png: transparent pixels are read as white' "explain says it too"
  for color in white 255 '#ffffff'; do
    run predict run-1 black.png --proba --background "$color"
    check "--background $color: nothing is said of it" test "$(grep -c transparent .err)" = 0
    cp .out "as-$color"
  done
  check "two names of one color" cmp as-white as-255
  check "and the third" cmp as-white 'as-#ffffff'
  run predict run-1 black.png --proba
  check "which is what is chosen for black ink" cmp as-white .out
  run predict run-1 black.png --proba --background black
  check "on black it is another image" test "$(cmp -s as-white .out; echo $?)" = 1
  run show black.png --background '#ff0000'
  out_has 'Image  28x28x3' "a color makes an image in color"
  for c in "predict run-1" show "explain xo"; do
    refused 64 "--background: must be black, white" $c black.png --background blue
    refused 64 '--background: has no effect' $c 'xo[0]' --background white
  done
  refused 64 '--background: has no effect' predict run-1 seven.pgm --background white
fi

say "measuring"
run test run-1 mnist
has_code 0 "test"
err_empty "test"
out_has '^Accuracy [01]\.[0-9]{4}  \([0-9]+ of 100; 95% interval [01]\.[0-9]+ to [01]\.[0-9]+\)' "accuracy with its interval"
out_has '^class +images +precision +recall +F1' "a table of the classes"
check "a row a class, then the mean" test "$(grep -cE '^([0-9]|mean) +(10|100)( +[01]\.[0-9]{4}){3}$' .out)" = 11
check "a matrix of ten rows" test "$(sed -n '/^Truth/,$p' .out | grep -cE '^[0-9]( +([0-9]+|\.)){10}$')" = 10
run test run-1 mnist --json
out_is_json_lines "test --json"
json_is 'sum(map(sum, o[0]["confusion"])) == o[0]["count"] == 100' True "the matrix counts every image"
json_is 'sum(o[0]["confusion"][i][i] for i in range(10)) == o[0]["correct"]' True "its diagonal the right ones"
json_is 'abs(o[0]["accuracy"] - o[0]["correct"] / 100) < 1e-9 and o[0]["low"] < o[0]["accuracy"] <= o[0]["high"]' True "accuracy and interval"
for part in valid train; do
  run test run-1 mnist --split $part --json
  json_is 'o[0]["split"]' $part "--split $part"
done
finish
