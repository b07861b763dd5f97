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
out_has 'true convolution and cross-correlation differ at 2 of 2 positions' "--compare: turning"
out_has 'same \(1 before, 0 after\) and TensorFlow.s same \(0 before, 0 after\) differ' "--compare: padding"

say "channels"
colors='1 2 3;4 5 6;7 8 9 | 0 1 0;1 0 1;0 1 0 | 2 2 2;2 2 2;2 2 2'
two='1 0;0 1 | 1 2;3 4 | 0 0;0 -1 || 0 0;0 -1 | 1 2;3 4 | 1 0;0 1'
run conv --x "$colors" --w "$two" --mode valid -q
out_is $'9 11\n15 17\n8 7\n5 4' "the sum over three channels, for each of two outputs"
run conv --x "$colors" --w "$two" --mode valid --bias -9,-5 --activation relu --at 1,0,1
out_has '^  y\[1,0,1\] = 5, the sum over the channels$' "one window traced"
out_has '^    channel 1, sum 5$' "with the sum of each channel"
out_has '^     1  0       4  3       4  0$' "and its products, the kernel turned"
out_has '^  a\[1,0,1\] = 5 \+ -5 = 0$' "the pre-activation"
out_has '^  h\[1,0,1\] = relu\(0\) = 0$' "the feature map"
out_has '^  h = relu\(a\)$' "all of it"
run conv --x "$colors" --w "$two" --mode valid --correlate --bias -9,-5 --activation relu --steps --json
json_is '[sum(c["sum"] for c in s["channels"]) == s["y"] and max(0, s["a"]) == s["h"] for s in o[0]["steps"]] == [True] * 8' \
  True "as networks do, every step in JSON"
json_is 'o[0]["result"] == o[0]["h"] and o[0]["a"][1][0][0] == o[0]["y"][1][0][0] - 5' True "y, a and h in JSON"
printf '1 2 3\n4 5 6\n7 8 9\n' > r.csv
run conv --x "r.csv|0 1 0;1 0 1;0 1 0|2 2 2;2 2 2;2 2 2" --w "$two" --mode valid --out y.npy
has_code 0 "a file for a channel"
run conv y.npy --w '1|1' --mode valid -q
out_is $'17 18\n20 21' "the result is a .npy of rank 3"
run conv --x "$colors" --w "$two" --html page.html --at 2,2,1 -q
check "the page begins at the traced window" grep -q 'sums:true,planes:2,channels:3,start:17' page.html
rm -f r.csv y.npy page.html

say "how often each number is used; the loops of the slides"
run conv --x 1,1,1,1,1 --w 1,1,1 --mode full --uses
out_has '^  3 3 3 3 3$' "full evens out the edges"
run conv --x 1,1,1,1,1 --w 1,1,1 --mode valid --uses --json
json_is 'o[0]["uses"]' '[1.0, 2.0, 3.0, 2.0, 1.0]' "valid does not"
run conv --x '1 2 3;4 5 6' --w '1 1;1 1' --mode valid --uses --json
json_is 'o[0]["uses"]' '[[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]]' "in two dimensions"
run conv --x 1,2 --w 1,0,3,1,2 --mode valid
out_has 'floor\(\(5 \+ 2\*0 - 2\)/1\) \+ 1 = 4' "the formula when the two change places"

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
python3 "$here/make_data.py" pgm gray.pgm 12 9
run conv gray.pgm --kernel identity --out same.pgm -q
check "identity leaves an image as it is" cmp gray.pgm same.pgm
run conv gray.pgm --kernel sobel-x
has_code 0 "an image in the terminal"
out_has '12 x 9 values from' "its numbers in short"
if [ "$minimal" != 1 ]; then
  python3 "$here/make_data.py" png color.png 12 9 3
  run conv color.png --kernel box:3 --out box.png -q
  has_code 0 "a color image"
  python3 - <<'PY'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = b"".join(b"\0" + b"\0\0\0\xff" * 2 + b"\0\0\0\0" * 2 for _ in range(2))
open("ink.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 4, 2, 8, 6, 0, 0, 0)) +
                            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
PY
  for c in 'conv --w 1' 'pool --size 1'; do
    run $c ink.png -q
    check "black ink on transparency stays visible: $c" test "$(head -1 .out)" = '0 0 255 255'
    err_has 'ink.png: transparent pixels are read as white' "which is said"
    run $c ink.png -q --background '#000080'
    check "another background" test "$(tail -1 .out)" = '0 0 128 128'
    err_empty "nothing is said then"
  done
  rm -f ink.png
  run show box.png
  out_has '12x9x3' "the PNG is a color image of the same size"
  cp "$here/../bad/data/good-exif-big.jpg" name-without-meaning.png # nine wide, three high, on its side
  run show name-without-meaning.png
  out_has '9x3x1' "a JPEG by its content, turned as EXIF says"
  run conv name-without-meaning.png --kernel identity -q
  check "its numbers" test "$(tail -1 .out)" = '136 136 136'
  check "from standard input" test "$("$OCELLUS" conv - --kernel identity -q < name-without-meaning.png | tail -1)" = '136 136 136'
  refused 65 'cut.jpg: corrupt JPEG: truncated: the end marker is missing after' conv "$here/../bad/data/cut.jpg" --w 1
  rm name-without-meaning.png
fi
run conv "$here/../bad/data/good.bmp" --w 1 -q
check "a BMP, whose first row is at its end" test "$(head -1 .out)" = '0 9 200'
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

run pool --x "$square" --shift
out_has '^  right +12 of 16 \(75.0%\), 1.3125 +4 of 4 \(100.0%\), 1.25$' "where pooling does not help"
run pool --x '0 0 0 0 0 0; 0 9 0 0 5 0; 0 0 0 0 0 0; 0 0 0 0 0 0; 0 7 0 0 6 0; 0 0 0 0 0 0' --size 3 --shift
check "where it helps in each direction" test "$(grep -cE '8 of 36 .22.2%., 1.5 +0 of 4 .0.0%., 0$' .out)" -eq 4
run pool --x '1 9; 2 3' --beside '9 0; 4 8'
out_has '4 of 4 \(100.0%\), 6 +0 of 1 \(0.0%\), 0$' "two unlike inputs with one result"
run pool --x '1 9; 2 3' --at 0,0
out_has '^  y\[0,0\] = 9, the largest of$' "one window of it"

say "bad input"
printf '1,5;2,5\n3,5;4,5\n' | tee decimal.csv | "$OCELLUS" conv - --w 1 > .out 2> .err
err_has "standard input: line 1, column 4: ';' separates numbers here" "decimal commas"
refused 65 "decimal.csv: line 1, column 4: ';' separates numbers" pool decimal.csv
err_has 'hint: Write decimal numbers with a point' "and how to write them"
printf '1 3; 2 4' > rows.txt
refused 65 "rows.txt: line 1, column 4: ';'" conv rows.txt --w 1
err_has 'In a file, write each row on its own line: 1 3 on one line, 2 4 on the next\.' "rows of an argument in a file"
printf '\000\000\000\030ftypisom\033[31m' > clip.mp4
refused 65 'clip.mp4: expected numbers, got a video' conv clip.mp4 --w 1
err_has 'hint: .*PNG' "what can be read"
check "no binary reaches the terminal" bash -c '! LC_ALL=C grep -q "[^ -~]" .err'
printf '<!DOCTYPE html>\n<p>404' > page.csv
refused 65 'page.csv: expected numbers, got an HTML' pool page.csv
printf '\x1b[31mred\n' > red.txt
refused 65 "red.txt: line 1, column 1: expected a number, got '.x1b\[31mred'" conv --x 1 --w red.txt
check "no escape reaches the terminal" bash -c '! LC_ALL=C grep -q "[^ -~]" .err'
printf 'P7\n2 1\n1 0\n' > bits.pbm
refused 65 "bits.pbm: unsupported kind P7: expected P1 to P6" conv bits.pbm --w 1
printf 'words' | gzip > words.gz
refused 65 'words.gz: expected numbers, got a file compressed with gzip' conv words.gz --w 1
rm decimal.csv rows.txt clip.mp4 page.csv red.txt bits.pbm words.gz
refused 65 '--x: line 1, column 7: row 2 .*has 1 number, but row 1 has 2' conv --x '1 2; 3' --w 1
refused 65 "--w: line 1, column 3: expected a number, got 'a'" conv --x 1 --w 1,a
refused 65 "expected a number, got 'blur'" conv --x 1 --w blur
err_has "Use --kernel blur: 'blur' is the name of a kernel" 'a kernel given by name where numbers go'
refused 64 '--x: must not be empty' conv --x '' --w 1
refused 65 'expected numbers, got none' conv --x ' ' --w 1
refused 66 'none.npy: cannot open' conv none.npy --w 1
refused 64 'must be at least 1, got 0|stride must be at least 1' conv --x 1,2 --w 1 --stride 0
refused 64 "expected an integer or two .*got '1.5'" conv --x 1,2 --w 1 --stride 1.5
refused 64 'covers 4, more than the padded input.s 0 \+ 2 \+ 0 = 2' conv --x 1,2 --w 1,2,3,4 --pad 0
refused 64 'padding -1' conv --x 1,2 --w 1 --pad -1
refused 64 'covers 11 \(3 with dilation 5\)' conv --x 1,2,3 --w 1,2,3 --dilation 5 --pad 1
refused 64 'input 2x3 and kernel 3x1' conv --x '1 2 3; 4 5 6' --w '1; 2; 3' --mode valid
refused 64 '--pad and --mode' conv --x 1 --w 1 --pad 1 --mode full
refused 64 'expected one input|mutually exclusive' conv --x 1 --w 1 --kernel blur
refused 64 'expected a kernel' conv --x 1
refused 64 'expected an input' conv --w 1
refused 64 'both x and w' conv - --w -
refused 64 "unknown kernel 'blurr'" conv --x 1 --kernel blurr
err_has 'Did you mean blur\?' "a wrong kernel is answered with the right one"
refused 64 'takes no parameter' conv --x 1 --kernel blur:3
refused 64 'must be 0.1 to 40' conv --x 1 --kernel gaussian:0
refused 64 '--fill: has no effect with boundary wrap' conv --x 1 --w 1 --fill 0 --boundary wrap
refused 64 '--boundary: has no effect without padding' conv --x 1,2 --w 1 --mode valid --boundary wrap
refused 64 '--fill: has no effect without padding' conv --x 1,2 --w 1 --pad 0 --fill 2
refused 64 '--quiet: has no effect with --json' conv --x 1,2 --w 1 --json -q
for o in --steps --compare --uses --slide-loop '--at 0'; do
  refused 64 'has no effect with --quiet' conv --x 1,2 --w 1 -q $o
done
refused 64 '--background: has no effect without an image' conv --x 1,2 --w 1 --background white
refused 64 '--background: has no effect without an image' pool --x 1,2 --background white
refused 64 '--at: has no effect with --steps' conv --x 1,2 --w 1 --steps --at 0
refused 64 '--levels: has no effect where no image' conv --x 1,2 --w 1 --levels clamp
for o in --steps --shift '--beside 2,1' '--at 0'; do refused 64 'has no effect with --quiet' pool --x 1,2 -q $o; done
refused 64 '--quiet: has no effect with --json' pool --x 1,2 --json -q
refused 64 "--stride: expected one number for a list, got '2x1'" conv --x 1,2 --w 1 --stride 2x1
refused 64 "--size: expected one number for a list, got '2x1'" pool --x '1;2' --size 2x1
refused 64 '--at: index 2 is out of range: the result has 2' conv --x 1,2 --w 1 --at 2
refused 64 "--at: must be ROW,COLUMN, as in 3,5, got '1'" conv --x '1 2;3 4' --w 1 --at 1
refused 64 '--beside: shape 1 x 3 x 1 differs' pool --x 1,2 --beside 1,2,3
refused 64 '--slide-loop: unsupported by the lecture.s loop: dilation' conv --x 1,2,3 --w 1,2,3 --dilation 2 --slide-loop
refused 65 'the kernel has 1 channel, but x has 2' conv --x '1|2' --w '1 || 2'
refused 64 '3 channels do not divide evenly among 2 outputs' conv --x '1|2' --w '1|2||3'
refused 65 'channel 1 is 1 x 1, but channel 0 is 1 x 2' conv --x '1 2|2' --w '1|2'
refused 64 'channel 1 is empty' conv --x '1 2|' --w '1|2'
refused 64 '--bias: got 1 values.*2 channels' conv --x '1|2' --w '1|2||3|4' --bias 1

say "as much as the input justifies"
refused 64 'too many values: 2000000002 from 5' conv --x 1,2,3 --w 1,2 --pad 1000000000
refused 64 'too many values: 1000000003' conv --x 1,2,3 --w 1,2 --dilation 1000000000 --mode full
refused 64 'windows of 1000000000' pool --x 1,2,3 --size 1000000000 --stride 1 --mode tf-same --steps
bounded() ( # within 1 GB of memory
  ulimit -v 1000000
  "$OCELLUS" "$@" > .out 2> .err < /dev/null
)
if bounded --version; then # not where a sanitizer takes terabytes
  for most in 1073741824 2147483648 9223372036854775807 99999999999999999999; do
    for o in '--stride' '--dilation' '--pad' '--mode full --stride' '--mode full --dilation' '--mode tf-same --dilation'; do
      for w in 1,2 '1 2;3 4'; do
        bounded conv --x 1,2,3 --w "$w" $o $most --json
        code=$?
        check "conv $o $most: answered or refused" test $code -eq 0 -o $code -eq 64
      done
    done
    for o in '--size' '--stride' '--pad' '--mode tf-same --size' '--mode tf-same --stride 1 --size' '--size 3 --pad'; do
      bounded pool --x '1 2;3 4' $o $most --json --shift
      code=$?
      check "pool $o $most: answered or refused" test $code -eq 0 -o $code -eq 64
    done
  done
  bounded conv --x 1,2,3 --w 1,2 --pad 2097000 --json
  code=$?
  check "the largest result that is justified fits" test $code -eq 0
else
  skip "the largest values: this build needs more than 1 GB by itself"
fi
run pool --x 1,2,3 --size 1000000000 --mode tf-same -q
out_is 3 "a window far larger than the input"
seq 300000 > long.txt
run conv --x 1,2,3 --w long.txt --mode valid -q
run conv --x 1,2,3 --w long.txt --uses
has_code 0 "and counted"
refused 64 'too many products beyond the edge' conv --x 1,2,3 --w long.txt --fill 1
refused 64 'too many products beyond the edge' conv --x 1,2,3 --w long.txt --boundary wrap
run conv --x 1,2,3 --w long.txt --mode valid -q
check "a kernel far longer than the input, in time" test "$(tr ' ' '\n' < .out | tail -1)" = 1799992
rm long.txt
refused 64 'name must end in' conv --x 1 --w 1 --out y.txtx
refused 73 'nowhere/y.csv' conv --x 1 --w 1 --out nowhere/y.csv
refused 64 'must be at least 1, got 0|stride must be at least 1' pool --x 1,2 --stride 0
refused 64 'covers 3 columns' pool --x 1,2 --size 3
refused 64 'padding 2 and 2 of the columns must be less' pool --x 1,2,3 --pad 2
head -c 100 /dev/zero > zero.npy
refused 65 'zero.npy' conv zero.npy --w 1
printf '\x93NUMPY\x01\x00\xff\x00{' > cut.npy
refused 65 'cut.npy: truncated' conv cut.npy --w 1
printf '\x89PNG\r\n\x1a\nxxxx' > cut.png
[ "$minimal" = 1 ] || refused 65 'cut.png: corrupt PNG' conv cut.png --w 1
seq 1000 | tr '\n' ' ' > long.txt
refused 64 'the limits are 4096' conv long.txt --w "$(seq 5000 | tr '\n' ' ')" --html page.html
check "nothing was written" test "$(ls)" = "$(printf '%s\n' cut.npy cut.png long.txt zero.npy)"
say "memory follows from the file"
if [ "$minimal" = 0 ]; then
  python3 - <<'PYTHON'
import struct, zlib
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
side = 7000  # a flat image: 49 million numbers from 50 kB
open("flat.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
                            chunk(b"IDAT", zlib.compress(bytes((side + 1) * side), 9)) + chunk(b"IEND", b""))
PYTHON
  refused 65 'flat.png: 7000x7000x1 values need 441 MB; for a file of 0.0 MB the limit is 200 MB' conv flat.png --kernel blur
  check "in 260 MB" bash -c "ulimit -v 400000; \"$OCELLUS\" pool flat.png --size 2 2>&1 | grep -q 'values need'"
fi

finish
