#!/usr/bin/env bash
# Bad data, networks, models and folders: one clear error with the right exit code, and nothing written.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist good "$gz" 60 20
images=train-images-idx3-ubyte$gz labels=train-labels-idx1-ubyte$gz
# A folder like `good` in which one file was changed by Python, given its bytes as `b`, without gzip.
spoil() { # FOLDER FILE EXPRESSION
  cp -r good "$1"
  python3 - "$1/$2" "$3" <<'P'
import gzip, struct, sys
path, expression = sys.argv[1:]
packed = path.endswith(".gz")
b = gzip.open(path).read() if packed else open(path, "rb").read()
b = eval(expression)
open(path, "wb").write(gzip.compress(b) if packed else b)
P
}

say "data files"
refused 66 'nowhere' train nowhere
refused 66 'nowhere.png' show nowhere.png
mkdir empty
refused 66 'empty' train empty
spoil truncated "$images" 'b[:-1]'
refused 65 "truncated/$images" train truncated
spoil long "$images" 'b + b"x"'
refused 65 "long/$images" train long
spoil magic "$images" 'b"\x01" + b[1:]'
refused 65 "magic/$images" train magic
spoil type "$images" 'b[:2] + b"\x0d" + b[3:]'
refused 65 "type/$images" train type
spoil huge "$images" 'b[:4] + b"\xff" * 12 + b[16:]'
refused 65 "huge/$images" train huge
spoil none "$images" 'b""'
refused 65 "none/$images" train none
spoil counts "$labels" 'b[:4] + struct.pack(">I", 59) + b[8:-1]'
refused 65 'counts/' train counts
spoil class_gap "$labels" 'b[:-1] + b"\xff"'
run train class_gap --net tiny --epochs 1 --quiet # 256 classes, most of them without an image: odd, but sound
cp -r good unlabeled
rm "unlabeled/$labels"
refused 66 'labels' train unlabeled
mkdir only_test
cp good/t10k* only_test
refused 65 'no training set' train only_test
if [ "$minimal" != 1 ]; then
  cp -r good corrupt
  python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[len(b) // 2] ^= 255
open(sys.argv[1], "wb").write(b)' "corrupt/$images"
  refused 65 "corrupt/$images" train corrupt
  cp -r good cut
  truncate -s -20 "cut/$images"
  refused 65 "cut/$images" train cut
fi
rm -rf run-1

say "what is no data, no table, no model"
for file in "$here"/../bad/data/kind-*; do
  [ -f "$file" ] || continue
  name=$(basename "$file")
  case $name in *packed-page.gz) continue ;; esac # inflated as data alone
  what=$(awk -F '\t' -v n="$name" '$1 == n { print $3 }' "$here/../bad/data/expected.txt" | sed 's/; .*//; s/[()]/./g')
  case $name in *.safetensors) ;; *) refused 65 "$name: .*$what" show "$file" ;; esac
  refused 65 "$name: .*$what" train "$file"
  [ "$name" != kind-pixels.csv ] || what="a table of text .CSV." # a list as data, which may be wrong in itself
  case $name in *.safetensors) ;; *) refused 65 "$name: expected a safetensors file, got ${what#is }" predict "$file" x ;; esac
  case $name in *.csv | *-table | *-semicolons | *.npy | *.bin) ;; *) refused 65 "$name: expected numbers, got ${what#is }" conv "$file" --kernel blur ;; esac
done
for name in kind-images; do refused 66 "$name: holds " train "$here/../bad/data/$name"; done
refused 65 "2 of 2 images are unreadable; the first: .*cat/1.jpg" train "$here/../bad/data/kind-classes"
mkdir -p lines/$'a\nb' lines/c && echo x >lines/$'a\nb'/1 && echo x >lines/c/1
refused 65 "2 of 2 images are unreadable; the first: lines/a.nb/1: " train lines
check "a line's end in a name is shown as one" test "$(wc -l < .err)" = 2
refused 65 'an IDX file' predict "$here/../bad/data/good.idx" x
if [ "$(id -u)" != 0 ]; then
  cp -r good closed
  chmod 0 "closed/$labels"
  refused 66 "closed/$labels: cannot open.*these are the labels of closed/$images" train closed
fi

say "the memory that a file takes follows from its bytes"
small() { (ulimit -v 260000; exec "$OCELLUS" "$@") > .out 2> .err < /dev/null; }
if ! small version; then
  skip "memory: a sanitizer takes more by itself"
else
  for file in "$here"/../bad/data/* "$here"/../fuzz/corpus/image/*; do # all are small: 200 MB, and 60 for the program itself
    for c in show "conv --kernel blur -q"; do
      small $c "$file"
      code=$?
      case $code in 0 | 64 | 65 | 66) ;; *) fail "ocellus $c $(basename "$file")" ;; esac
    done
  done
  pass "260 MB are enough for every bad file"
fi

say "networks"
for net in 'conv 5x5x8 rleu | dense CLASSES' 'conv 5x5 | dense CLASSES' 'conv 29x29x4 | dense CLASSES' 'dense 7' \
  'convolve 3x3x4 | dense CLASSES' 'dropout 1 | dense CLASSES' 'residual { dense 10' '|'; do
  refused 78 '.' train good --net "$net"
done
refused 78 'net text, line 1, column [0-9]+' train good --net 'conv 5x5x8 rleu | dense CLASSES'
check "the message has a caret" grep -q '\^' .err

say "models"
run train good --net tiny --epochs 1 --lr 1e-3 --out model --quiet
has_code 0 "a model to spoil"
file=model/model.safetensors
refused 66 'nowhere' test nowhere good
refused 66 'has no model.safetensors' test empty good
refused 65 'images|safetensors' test "good/$images" good
head -c 1000 "$file" > cut.safetensors
refused 65 'cut.safetensors' predict cut.safetensors "good/t10k-images-idx3-ubyte$gz"
: > none.safetensors
refused 65 'none.safetensors' show none.safetensors
python3 - "$file" <<'P'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[-1] ^= 1
open("flipped.safetensors", "wb").write(b)
b[-1] ^= 1
b[:8] = b"\xff" * 7 + b"\x7f"
open("header.safetensors", "wb").write(b)
P
refused 65 'flipped.safetensors.*SHA-256' show flipped.safetensors
refused 65 'header.safetensors' show header.safetensors
python3 - "$file" <<'P'
import struct, sys
b = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", b[:8])[0]
h = b[8:8 + n].replace(b'"format_version":"4"', b'"format_version":"99"')
assert b'"99"' in h
h += b" " * (-len(h) % 8)
open("newer.safetensors", "wb").write(struct.pack("<Q", len(h)) + h + b[8 + n:])
P
refused 69 'newer.safetensors.*99' show newer.safetensors

say "images of another size"
python3 "$here/make_data.py" mnist small "$gz" 20 10 14 14
run test model small
has_code 0 "test fits them"
err_has 'note: 10 images of other sizes were fitted into 28x28 gray' "and says so once"
run predict model "small/t10k-images-idx3-ubyte${gz}[0]"
has_code 0 "predict fits them"
err_has 'note: 1 image of another size was fitted into 28x28 gray' "and says so"

say "options that need images in files"
printf 'a\n' > names
refused 64 '--skip has no effect: these images are not single files' train good --skip names
refused 64 '--truncated has no effect: these images are not single files' train good --truncated accept
rm names

say "indices"
t10k=good/t10k-images-idx3-ubyte$gz
refused 64 'there are 20 images, 0 to 19' predict model "${t10k}[20]"
refused 64 'there are 20 images' predict model "${t10k}[0:21]"
refused 64 'there are 20 images' predict model "${t10k}[-21:]"
refused 64 'the selection from' predict model "${t10k}[5:5]"
refused 64 'invalid image selection' predict model "${t10k}[a]"
refused 64 'invalid image selection' predict model "${t10k}[]"
refused 64 'invalid image selection' predict model "${t10k}[1:2:3]"
refused 64 "must be at most 10, the number of classes" predict model "${t10k}[0]" --top 11

say "folders"
rm -rf run-1
refused 73 'already holds a run' train good --net tiny --epochs 1 --out model
err_has '--resume model' "the error says how to go on"
: > file
refused 73 'file' train good --net tiny --epochs 1 --out file
refused 73 'expected a folder' train good --net tiny --epochs 1 --out file/run
if [ "$(id -u)" -eq 0 ]; then
  refused 73 'proc' train good --net tiny --epochs 1 --out /proc/ocellus
else
  mkdir locked
  chmod 500 locked
  refused 73 'locked' train good --net tiny --epochs 1 --out locked/run
fi
refused 66 'run.json' train --resume empty
mkdir broken
echo '{"command": ' > broken/run.json
refused 65 'broken/run.json' train --resume broken
echo '{"epochs": 1}' > broken/run.json
refused 65 'the data and options of the run are missing' train --resume broken
refused 64 '--lr: must not change' train --resume model --lr 1
check "no run folder was left behind" test ! -e run-1

say "a loss that is not finite"
run train good --net tiny --epochs 3 --lr 1e30 --optimizer sgd --out diverged
has_code 1 "a huge learning rate"
err_has 'epoch [0-9]+, (step [0-9]+ of|after its [0-9]+ steps?).*loss is' "the error names epoch and step"
err_has 'hint: .*\(--clip-norm 1\)' "the hint names the option"
check "run.json says that it failed" grep -q '"status": "failed"' diverged/run.json
finish
