#!/usr/bin/env bash
# conv and pool: the lecture's numbers on the command line, from every kind of input, to every kind of output.
. "$(dirname "$0")/_lib.sh"
square='1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' kernel='1 0 3; 1 2 1; 0 1 1'
out_is() { check "$2" test "$(cat .out)" = "$1"; }

say "the lecture's examples"
run conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode same
has_code 0 "conv of two lists"
err_empty "conv of two lists"
out_has '^ +5 14 16 26 24 34 19 22$' "the slide's result"
out_has 'floor\(\(8 \+ 2\*2 - 5\)/1\) \+ 1 = 8' "the formula with its numbers"
run conv --x "$square" --w "$kernel" --pad 1 --quiet
out_is $'11 25 32 13\n19 25 24 13\n13 28 25 17\n11 17 14 9' "the first example in two dimensions"
run conv --x '2 1 2; 5 0 1; 1 7 3' --w '.5 .7 .4; .3 .4 .1; .5 1 .5' --pad 1 --stride 2
out_has '^ +4.6 1.6$' "the second: first row"
out_has '^ +7.5 2.9$' "the second: second row"

say "steps"
run conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --steps
out_has '^ +x padded +0 +0 \| 1 +3 +2 +4 +5 +6 +1 +3 \| 0 +0' "the padded input"
check "a window for each place" test "$(grep -c 'sum' .out)" -eq 8
out_has '0 +0 +3 +0 +2 +sum 5$' "the first products and their sum"
run conv --x "$square" --w "$kernel" --pad 1 --steps
out_has 'y\[0,0\] = 11' "a window in two dimensions"
out_has '0  1  3 \*  1  2  1 =  0  2  3' "window, kernel turned round, products"
run conv --x 1,2,3 --w 1,2 --steps --json
json_is '[sum(sum(s["products"], [])) == s["result"] for s in o[0]["steps"]]' '[True, True, True]' \
  "the products of each step add up to its result"

say "modes, stride, dilation, boundaries"
run conv --x 1,2,3,4 --w 1,2 --mode full -q
out_is '1 4 7 10 8' "full"
run conv --x 1,2,3,4 --w 1,2 --mode valid --stride 2 -q
out_is '4 10' "valid with a stride"
run conv --x 1,2,3,4 --w 1,2 --mode valid --dilation 2 -q
out_is '5 8' "a dilation"
run conv --x 1,2,3,4 --w 1,2,4 --boundary wrap -q
out_is '20 11 18 21' "wrap"
run conv --x 1,2 --w 1,2,3,4,5 --mode valid -q
out_is '4 7 10 13' "a kernel longer than the input"
run conv --x 1,2,3 --w 1,10 --pad 1,0 --fill 5 -q
out_is '51 12 23' "padding on one side, with a fill value"
run conv --x 1,2,3,4 --w 1,2 --stride 2 --compare --json
json_is 'o[0]["turning"]["correlation"], o[0]["padding"]["same"], o[0]["padding"]["tf_same"]' \
  '([2.0, 8.0], [1.0, 7.0], [4.0, 10.0])' "--compare as JSON"
run conv --x 1,2,3,4 --w 1,2 --stride 2 --compare
out_has 'true convolution and cross-correlation differ at 2 of 2 places' "--compare: turning"
out_has 'same \(1 before, 0 after\) and TensorFlow.s same \(0 before, 0 after\) differ' "--compare: padding"

say "inputs and outputs"
run conv --x "$square" --w "$kernel" --out y.npy -q
out_empty "--quiet with --out"
run conv --x "$square" --w "$kernel" --out y.csv -q
check "CSV and .npy hold the same" python3 -c 'import struct
b = open("y.npy", "rb").read()
values = [float(n) for line in open("y.csv") for n in line.split(",")]
assert b[:6] == b"\x93NUMPY" and list(struct.unpack("<16d", b[-128:])) == values and values[:3] == [11, 25, 32]'
run conv y.npy --w 1 --mode valid -q
out_is $'11 25 32 13\n19 25 24 13\n13 28 25 17\n11 17 14 9' ".npy is read again"
run conv y.csv --w 1 -q
out_is $'11 25 32 13\n19 25 24 13\n13 28 25 17\n11 17 14 9' ".csv is read again"
echo '1 2 3' | "$OCELLUS" conv - --w 1,1 -q > .out
out_is '1 3 5' "standard input"
seq 5 | "$OCELLUS" conv - --w 1,1,1 -q > .out
out_is '3 6 9 12 9' "a column of numbers is a list"
run conv --x '1;2;3' --w '1;1' -q
out_is '1 3 5' "in an argument too, and of both"
run conv --x '1;2;3' --w '1 1;0 0' --mode full -q
out_is $'1 1\n2 2\n3 3\n0 0' "beside a matrix it keeps its shape"
run conv --x '1 2 3' --w '1 0;1 0' --mode full -q
out_is $'1 2 3 0\n1 2 3 0' "a row too"
seq 4 | "$OCELLUS" pool - -q > .out
out_is '2 4' "pool of a column"
printf '1;2\r\n3;4\r\n' > semicolon.csv
run conv semicolon.csv --w 1 --mode valid -q
out_is $'1 2\n3 4' "semicolons separate numbers in a file"
python3 "$here/make_data.py" pgm grey.pgm 12 9
run conv grey.pgm --kernel identity --out same.pgm -q
check "identity leaves a picture as it is" cmp grey.pgm same.pgm
run conv grey.pgm --kernel sobel-x
has_code 0 "a picture in the terminal"
out_has '12 x 9 numbers from' "its numbers in short"
if [ "$minimal" != 1 ]; then
  python3 "$here/make_data.py" png colour.png 12 9 3
  run conv colour.png --kernel box:3 --out box.png -q
  has_code 0 "a colour picture"
  run show box.png
  out_has '12x9x3' "the PNG is a colour picture of the same size"
fi
run conv --x 1,nan,3 --w 1,1
out_has 'NaN +1 in x and w' "NaN is counted"
out_has '^ +1 nan nan$' "and kept"
run conv --x 0.1,0.2 --w 1,1 -q
out_is '0.1 0.30000000000000004' "--quiet has all digits"

say "pages"
run conv --x "$square" --w "$kernel" --pad 1 --html page.html
has_code 0 "--html"
check "the page needs nothing from elsewhere" bash -c '! grep -qiE "https?:|//[a-z]|src=|href=|@import" page.html'
check "the page holds the result" grep -q 'result:\[11,25,32,13,19,25,24,13,13,28,25,17,11,17,14,9\]' page.html
check "the page holds the padded input" grep -q 'padded:\[0,0,0,0,0,0,0,1,3,2,4,0,' page.html

say "pooling"
run pool --x "$square" -q
out_is $'6 4\n4 3' "the largest"
run pool --x "$square" --kind mean -q
out_is $'3.75 2.5\n2.5 1.75' "the mean"
run pool --x 1,3,2,4,5,6,1,3 --size 3 --stride 2 --mode tf-same -q
out_is '3 5 6 3' "of a list, as TensorFlow pads"
run pool --x "$square" --steps
out_has 'y\[0,0\] = 6, the largest of' "its steps"
run pool --x "$square" --shift --json
json_is '[(s["moved"], s["inputs_changed"], s["outputs_changed"]) for s in o[0]["shift"]][1]' "('left', 12, 1)" \
  "what changes when the input moves"
run pool --x '7 7 7; 7 7 7' --shift --json
json_is '{s["inputs_changed"] + s["outputs_changed"] for s in o[0]["shift"]}' '{0}' "nothing, if all is equal"
run pool --x "$square" --html pool.html
has_code 0 "pool --html"
rm -f ./*.html ./*.npy ./*.csv ./*.pgm ./*.png

say "bad input"
printf '1,5;2,5\n3,5;4,5\n' | tee decimal.csv | "$OCELLUS" conv - --w 1 > .out 2> .err
err_has "standard input: line 1, column 4: ';' separates numbers here" "decimal commas"
refused 65 "decimal.csv: line 1, column 4: ';' separates numbers" pool decimal.csv
err_has 'hint: Write decimal numbers with a point' "and how to write them"
printf '1 3; 2 4' > rows.txt
refused 65 "rows.txt: line 1, column 4: ';'" conv rows.txt --w 1
err_has 'each row is a line of its own' "rows of an argument in a file"
printf '\377\330\377\340\000\020JFIF\033[31m' > photo.jpg
refused 65 'photo.jpg: ' conv photo.jpg --w 1
check "no binary reaches the terminal" bash -c '! LC_ALL=C grep -q "[^ -~]" .err'
rm decimal.csv rows.txt photo.jpg
refused 65 '--x: line 1, column 7: row 2 .*has 1 number, but row 1 has 2' conv --x '1 2; 3' --w 1
refused 65 "--w: line 1, column 3: 'a' is not a number" conv --x 1 --w 1,a
refused 65 "'blur' is not a number" conv --x 1 --w blur
err_has "kernel's name: --kernel blur" 'a kernel given by name where numbers go'
refused 64 '--x: is empty' conv --x '' --w 1
refused 65 'there is no number' conv --x ' ' --w 1
refused 66 'none.npy: cannot open' conv none.npy --w 1
refused 64 'stride 0' conv --x 1,2 --w 1 --stride 0
refused 64 "'1.5' is neither a whole number" conv --x 1,2 --w 1 --stride 1.5
refused 64 'covers 4, more than the padded input.s 0 \+ 2 \+ 0 = 2' conv --x 1,2 --w 1,2,3,4 --pad 0
refused 64 'padding -1' conv --x 1,2 --w 1 --pad -1
refused 64 'covers 11 \(3 with dilation 5\)' conv --x 1,2,3 --w 1,2,3 --dilation 5 --pad 1
refused 64 'input 2x3 and kernel 3x1' conv --x '1 2 3; 4 5 6' --w '1; 2; 3' --mode valid
refused 64 '--pad and --mode' conv --x 1 --w 1 --pad 1 --mode full
refused 64 'given twice' conv --x 1 --w 1 --kernel blur
refused 64 'needs a kernel' conv --x 1
refused 64 'needs an input' conv --w 1
refused 64 'both x and w' conv - --w -
refused 64 "'blurr' is no kernel" conv --x 1 --kernel blurr
err_has 'did you mean blur\?' "a wrong kernel is answered with the right one"
refused 64 'takes no number' conv --x 1 --kernel blur:3
refused 64 'from 0.1 to 40' conv --x 1 --kernel gaussian:0
refused 64 'nothing is filled with boundary wrap' conv --x 1 --w 1 --fill 2 --boundary wrap
refused 64 'name must end in' conv --x 1 --w 1 --out y.txtx
refused 73 'nowhere/y.csv' conv --x 1 --w 1 --out nowhere/y.csv
refused 64 'stride 0' pool --x 1,2 --stride 0
refused 64 'covers 3 columns' pool --x 1,2 --size 3
refused 64 'padding 2 and 2 of the columns must be less' pool --x 1,2,3 --pad 2
head -c 100 /dev/zero > zero.npy
refused 65 'zero.npy' conv zero.npy --w 1
printf '\x93NUMPY\x01\x00\xff\x00{' > cut.npy
refused 65 'cut.npy: truncated' conv cut.npy --w 1
printf '\x89PNG\r\n\x1a\nxxxx' > cut.png
[ "$minimal" = 1 ] || refused 65 'cut.png: corrupt PNG' conv cut.png --w 1
seq 1000 | tr '\n' ' ' > long.txt
refused 64 'a page shows at most 4096' conv long.txt --w "$(seq 5000 | tr '\n' ' ')" --html page.html
check "nothing was written" test "$(ls)" = "$(printf '%s\n' cut.npy cut.png long.txt zero.npy)"
finish
