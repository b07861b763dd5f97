#!/usr/bin/env bash
# ocellus run: any tensors in and out of a graph, compared with what was expected, and what is refused.
. "$(dirname "$0")/_lib.sh"
# npy FILE TYPE SHAPE VALUES..: a .npy file, such as npy x.npy f '2,3' 1 2 3 4 5 6 (f: float32, q: int64, d: float64)
npy() {
  python3 - "$@" <<'P'
import struct, sys
path, kind, shape, *values = sys.argv[1:]
sizes = tuple(int(n) for n in shape.split(",") if n)
numbers = [(int if kind == "q" else float)(v) for v in values]
head = "{'descr': '<%s', 'fortran_order': False, 'shape': %r, }" % ({"f": "f4", "q": "i8", "d": "f8"}[kind], sizes)
head += " " * (63 - (10 + len(head)) % 64) + "\n"
open(path, "wb").write(b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + struct.pack("<%d%s" % (len(numbers), kind), *numbers))
P
}
run train digits:80:20 --net 'conv 3x3x4 relu | maxpool 2 | dense CLASSES' --epochs 1 --lr 1e-2 --out run-1
has_code 0 "a model"
# shellcheck disable=SC2046
npy x.npy f '2,28,28,1' $(seq 0 0.001 1.567)
# shellcheck disable=SC2046
npy double.npy d '2,28,28,1' $(seq 0 0.001 1.567)
npy short.npy f '2,28,28' $(seq 0 0.001 1.567)

say "a model"
run run run-1 --feed tf_x=x.npy --fetch conv_1/activation=a.npy --fetch probabilities=p.npy
has_code 0 "run"
out_has '^conv_1/activation  float32 \(2, 26, 26, 4\)  min .* mean .* max ' "what a tensor holds"
out_has '^probabilities  float32 \(2, 10\)  min ' "in the order of the fetches"
check "two files" test -s a.npy -a -s p.npy
run run run-1 --feed tf_x=double.npy --expect p.npy
has_code 0 "without --fetch: the answers, here of float64"
out_has 'difference ' "and their difference"
run run run-1 --feed tf_x=x.npy --fetch probabilities --fetch conv_1/activation --expect p.npy --expect a.npy --json
has_code 0 "two expectations"
out_is_json_lines "JSON"
json_is 'o[0]["schema"]' ocellus.run/1 "its schema"
json_is '[r["name"] for r in o[0]["results"]]' "['probabilities', 'conv_1/activation']" "names"
json_is 'o[0]["results"][0]["shape"]' '[2, 10]' "a shape"
json_is 'max(r["difference"] for r in o[0]["results"]) < 1e-6' True "differences"
run run run-1/model.safetensors --feed tf_x=x.npy --threads 1 --expect p.npy
has_code 0 "a file, one thread"

say "differences"
npy other.npy f '2,10' 9 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1
run run run-1 --feed tf_x=x.npy --expect other.npy
has_code 65 "a difference over the tolerance"
err_has 'probabilities: differs from other.npy by .* at \[0,0\]: got .*, expected 9; the tolerance is 0.0001' "where it is largest"
run run run-1 --feed tf_x=x.npy --expect other.npy --tolerance 10
has_code 0 "within the tolerance"
run run run-1 --feed tf_x=x.npy --expect x.npy
has_code 65 "another shape"
err_has 'x.npy: expected float32 \(2, 28, 28, 1\), got float32 \(2, 10\)' "the error has both"
npy whole.npy q 2 1 2
run run run-1 --feed tf_x=x.npy --expect whole.npy
has_code 65 "another type"
npy nan.npy f '2,10' nan 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1
run run run-1 --feed tf_x=x.npy --expect nan.npy --tolerance 1e6
has_code 65 "a number is not NaN"
err_has 'by inf at \[0,0\]' "and infinitely far from it"

# shellcheck disable=SC2046
npy expected.npy f '2,10' $(seq 1 20)
run run run-1 --feed tf_x=x.npy --fetch probabilities=expected.npy --expect expected.npy
has_code 65 "a result that replaces what was expected is compared first"


say "integers are equal or not, however large"
npy large.npy q 1 9007199254740993
npy near.npy q 1 9007199254740992
cat > integers.py <<'P'
def field(number, payload):
    return bytes([number << 3 | 2, len(payload)]) + payload
value = lambda name: field(1, name) + field(2, field(1, b"\x08\x07" + field(2, field(1, b"\x08\x01"))))  # int64 (1)
graph = field(1, field(1, b"a") + field(2, b"b") + field(4, b"Identity")) + field(2, b"g") + field(11, value(b"a")) + field(12, value(b"b"))
open("integers.onnx", "wb").write(b"\x08\x08" + field(7, graph) + field(8, b"\x10\x11"))
P
if [ "$minimal" != 1 ]; then
  python3 integers.py
  run run integers.onnx --feed a=large.npy --expect large.npy
  has_code 0 "equal"
  run run integers.onnx --feed a=large.npy --expect near.npy
  has_code 65 "2^53 + 1 is not 2^53"
fi

say "arguments"
refused 64 'tf_x: fed twice' run run-1 --feed tf_x=x.npy --feed tf_x=x.npy
refused 64 'tf_x:0: fed twice' run run-1 --feed tf_x=x.npy --feed tf_x:0=x.npy
refused 64 "--fetch: two tensors for the file 'a.npy'" run run-1 --feed tf_x=x.npy --fetch probabilities=a.npy --fetch conv_1/activation=a.npy
refused 64 '--feed: must be NAME=FILE' run run-1 --feed x.npy
refused 64 '--feed: must be NAME=FILE' run run-1 --feed =x.npy
refused 64 '--feed: must be NAME=FILE' run run-1 --feed tf_x=
refused 64 'unknown kind of file' run run-1 --feed tf_x=x.npy --fetch probabilities=p.txt
refused 64 '--tolerance: has no effect' run run-1 --feed tf_x=x.npy --tolerance 1
refused 64 'more files than results' run run-1 --feed tf_x=x.npy --expect p.npy --expect p.npy
refused 64 'absent' run run-1 --feed absent=x.npy
refused 64 'absent: unknown tensor' run run-1 --feed tf_x=x.npy --fetch absent
refused 64 'tf_x: got float32 \(2, 28, 28\), expected' run run-1 --feed tf_x=short.npy
refused 64 'tf_x: got int64' run run-1 --feed tf_x=whole.npy
refused 64 'tf_x: this placeholder has no value' run run-1 --fetch probabilities
refused 66 'absent.npy' run run-1 --feed tf_x=absent.npy
refused 66 'absent' run absent --feed tf_x=x.npy
printf '\x93NUMPY\1\0' > cut.npy
refused 65 'cut.npy: truncated' run run-1 --feed tf_x=cut.npy
refused 73 'absent/p.npy' run run-1 --feed tf_x=x.npy --fetch probabilities=absent/p.npy
check "no file is left" test ! -e absent
if [ "$minimal" = 1 ]; then
  refused 69 'ONNX is unsupported: this build has no protobuf-c' run run-1 --feed tf_x=run-1/run.json
  finish
fi
head -c 100 /dev/zero > zeros.pb
refused 65 'zeros.pb' run run-1 --feed tf_x=zeros.pb

say "a file of ONNX has its own names and axes"
run export run-1 --to onnx -o a.onnx
# shellcheck disable=SC2046
npy image.npy f '2,1,28,28' $(seq 0 0.1 156.7)
run run a.onnx --feed image=image.npy --fetch probabilities=p.pb --fetch conv_1/activation=maps.pb
has_code 0 "run"
out_has '^conv_1/activation  float32 \(2, 4, 26, 26\)' "channels before rows"
run run a.onnx --feed conv_1/activation=maps.pb --expect p.pb --tolerance 1e-6
has_code 0 "an intermediate value is fed, and the input is not needed"
run run a.onnx --feed image=image.npy --expect p.pb
has_code 0 "the outputs are what is fetched without --fetch"
refused 64 'image: this input is not fed' run a.onnx
refused 64 'absent: the file has no tensor of this name' run a.onnx --feed absent=image.npy
refused 64 'absent: the file has no tensor of this name' run a.onnx --feed image=image.npy --fetch absent
refused 64 'image: got shape \(2, 28, 28, 1\), expected' run a.onnx --feed image=x.npy
refused 64 'image: got integers, expected real numbers' run a.onnx --feed image=whole.npy
refused 64 'image: fed twice' run a.onnx --feed image=image.npy --feed image=image.npy
npy bad.npy f '1,1,28,28' nan $(seq 1 783)
run run a.onnx --feed image=bad.npy --fetch conv_1/activation
has_code 0 "NaN is computed with"
out_has 'not finite: [1-9]' "and is counted"
finish
