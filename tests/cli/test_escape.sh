#!/usr/bin/env bash
# Text from files, names and options never steers the terminal: ESC, other control characters (of Latin-1 too), bytes that are
# not UTF-8 and characters that turn the direction of writing round are put everywhere that a file can carry text.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist data "" 60 20
run train data --net 'dense CLASSES' --epochs 1 --quiet --out run
has_code 0 "a model"
evil=$(printf 'a\033[31mb\007c\033]0;d\007e\177f\302\233g\377h\342\200\256i')

# harmless WHAT [PATTERN]: neither output has anything for a terminal to obey; with PATTERN, the text is there, made visible.
is_harmless() {
  ! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c' .out .err &&
    iconv -f UTF-8 -t UTF-8 .out .err && [ "$(cat .out .err | wc -c)" -gt 0 ] && cat .out .err | grep -qF -- "${1:-}"
}
harmless() { check "$1" is_harmless "${@:2}"; }
seen='\x1b[31m'

say "names of files and folders"
cp data/t10k-images-idx3-ubyte "$evil-images-idx3-ubyte"
cp data/t10k-labels-idx1-ubyte "$evil-labels-idx1-ubyte"
run predict run "$evil-images-idx3-ubyte[0:2]"
has_code 0 "predict"
harmless "predict prints the name of a file" "$seen"
run predict run "$evil-images-idx3-ubyte[0]" --json
out_is_json_lines "predict --json"
harmless "predict --json"
run show "$evil-images-idx3-ubyte" --samples 1
harmless "show prints it" "$seen"
run show "$evil-images-idx3-ubyte" --json
harmless "show --json"
printf 'broken' > "$evil"
for c in "predict run" "predict run run" "test run" show train "trace run --at x" conv "pool --size 2" "explain xo" bench plan; do
  run $c "$evil"
  harmless "ocellus $c: a file that cannot be read"
  run $c "nothing-$evil"
  harmless "ocellus $c: a file that is not there"
done
cp -r data "data-$evil"
logs=(--tensorboard "logs-$evil")
[ "$minimal" = 1 ] && logs=()
run train "data-$evil" --net 'dense CLASSES' --epochs 1 --out "run-$evil" "${logs[@]}"
has_code 0 "train"
harmless "train: data, run, what to do next" "$seen"
run show "run-$evil"
harmless "show: the command of a run" '$'
run train --resume "run-$evil" --epochs 1
harmless "train --resume"
run train "data-$evil" --net 'dense CLASSES' --epochs 1 --out "run-$evil"
harmless "a run that is there already" "$seen"

say "options and operands"
for c in "train data --epochs" "train data --lr" "train data --optimizer" "train data --preset" \
  "show lecture --input" "show lecture --classes" "show data --color" "trace run data --at" "trace run data --gradient" "conv 1,2 --w" \
  "conv 1,2 --mode" "pool 1,2 --size" "explain xo --at" "predict run data --background" "help" ""; do
  run $c "$evil"
  harmless "ocellus $c TEXT" "$seen"
done
run train data --net "$evil"
harmless "a net text" # whose error shows the place
run train data "--$evil"
harmless "an option that is none" "$seen"

say "models"
python3 - run/model.safetensors "$evil" <<'P'
import json, struct, sys
b = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", b[:8])[0]
head, tail = json.loads(b[8:8 + n]), b[8 + n:]
evil = b"a\x1b[31mb\x7fc\xc2\x9bd\xe2\x80\xaee".decode()
def write(name, h):
    text = json.dumps(h).encode()
    text += b" " * (-len(text) % 8)
    open(name, "wb").write(struct.pack("<Q", len(text)) + text + tail)
for key in head["__metadata__"]:
    h = json.loads(json.dumps(head))
    h["__metadata__"][key] = evil
    write(f"key-{key.replace('/', '-')}.safetensors", h)
    h["__metadata__"][evil] = h["__metadata__"].pop(key)
    write(f"name-{key.replace('/', '-')}.safetensors", h)
for tensor in head:
    if tensor == "__metadata__": continue
    h = json.loads(json.dumps(head))
    h[evil] = h.pop(tensor)
    write(f"tensor-{tensor.replace('/', '-').replace(':', '-')}.safetensors", h)
    h = json.loads(json.dumps(head))
    h[tensor]["dtype"] = evil
    write(f"dtype-{tensor.replace('/', '-').replace(':', '-')}.safetensors", h)
h = json.loads(json.dumps(head))
names = json.loads(h["__metadata__"]["classes"])
for wicked in ("\u202eevil", "a\u009b31m", "a\x7f", "a\x1b[31m", "a\nb"):
    h["__metadata__"]["classes"] = json.dumps([wicked] + names[1:])
    write(f"class-{wicked.encode().hex()}.safetensors", h)
P
for file in *.safetensors; do
  run show "$file"
  harmless "show $file"
  run predict "$file" 'data[0:2]' --proba
  harmless "predict $file"
  run test "$file" data
  harmless "test $file"
done

say "a run's record"
for text in '"data": "\u001b[31m\u202e"' '"status": "\u001b[31m"' '"command": {"data": "\u001b[31m", "options": {"\u001b[31m": "\u001b[31m"}}' \
  'a\u001b' "$evil"; do
  mkdir -p spoilt
  cp run/* spoilt/
  printf '{%s}' "$text" > spoilt/run.json
  run train --resume spoilt --epochs 2
  harmless "run.json with $(printf '%.20s' "$text" | tr -dc 'a-z": ')"
done

say "tables and images"
printf '1 2\n3 \033[31m4\n' > t.csv
printf '1\n\377\n' > bytes.txt
printf '\223NUMPY\001\000\166\000{"descr": "\033[31m", "fortran_order": False, "shape": (1,), }%50s\n' ' ' > t.npy
printf 'P2 3 1 255 1 \033[31m 2' > t.pgm
for file in t.csv bytes.txt t.npy t.pgm; do
  for c in conv "pool --size 1" show "predict run"; do
    run $c "$file" 
    harmless "ocellus $c $file"
  done
done
for file in chunk-claims-escape.png good.png; do
  cp "$here/../bad/data/$file" .
  run show "$file"
  harmless "show $file"
done
finish
