#!/usr/bin/env bash
# Every example in the help is run, as a shell would, in a folder that has what the examples name.
. "$(dirname "$0")/_lib.sh"
if [ "$minimal" = 1 ]; then
  skip "the examples need gzip and PNG, which this build does without"
  finish
fi
mkdir bin
ln -s "$OCELLUS" bin/ocellus
PATH=$work/bin:$PATH
python3 "$here/make_data.py" mnist mnist .gz 300 100
cp mnist/t10k-* .
python3 "$here/make_data.py" png seven.png 28 28 1
python3 - <<'P'
import os, random
random.seed(3)
for i in range(20):
    os.makedirs(f"photos/{i % 2}", exist_ok=True)
    with open(f"photos/{i % 2}/{i}.pgm", "wb") as file:
        file.write(b"P5 28 28 255\n" + bytes(random.randrange(256) for _ in range(28 * 28)))
P
run train mnist --net tiny --lr 1e-3 --epochs 1 --out run-1
has_code 0 "a run for the examples"
python3 - <<'P'
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28, 28, 1), }".ljust(117) + "\n"
for name, shape in (("image.npy", header), ("channels.npy", header.replace("28, 28, 1", "1, 28, 28"))):
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + len(shape).to_bytes(2, "little") + shape.encode() + bytes(4 * 28 * 28))
P
run export run-1 --to onnx -o model.onnx
run run model.onnx --feed image=channels.npy --fetch image=input_0.pb --fetch probabilities=output_0.pb
has_code 0 "tensors for the examples"
cp "$here/../golden/blocks/resnet.onnx" resnet18.onnx
cp "$here/../golden/blocks/mobilenetv2.onnx" mobilenet.onnx
seq 10 > imagenet.txt
for c in $("$OCELLUS" completion bash | sed -n "s/^    \([a-z]*\)) words='.*/\1/p"); do
  while IFS= read -r line; do
    case $line in "ocellus fetch "[a-z]*) # tests/cli/test_fetch.sh has a server of its own
      skip "$line: needs the network"
      continue ;;
    esac
    bash -c "$line" > .out 2> .err < /dev/null
    code=$?
    has_code 0 "$line"
  done < <("$OCELLUS" help "$c" | sed -n '/^Examples:/,$p' | sed -n 's/^  //p')
done

say "the lecture's commands"
commands=$("$OCELLUS" help lecture | sed -n 's/^  //p')
check "there are some" test "$(grep -c '^ocellus' <<< "$commands")" -ge 14
while IFS= read -r line; do
  bash -c "$line" > .out 2> .err < /dev/null
  code=$?
  has_code 0 "$line"
done <<< "$commands"
finish
