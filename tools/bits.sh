#!/bin/bash
# Prints the SHA-256 of the weights that a fixed list of small trainings ends with, at each instruction-set level of this
# machine. The same list printed before and after a change shows whether the change keeps every bit:
#
#   tools/bits.sh build/release/ocellus > before.txt; ...; tools/bits.sh build/release/ocellus | diff before.txt -
#
# tools/bits.txt is the record since sums follow a tree (docs/decisions/0026-sums-along-a-tree.md), made with gcc 12 and
# glibc 2.36. A change that means to change bits replaces it, and raises the number of the arithmetic.
#
# Usage: tools/bits.sh [PROGRAM]    (build/release/ocellus). The sum is over name, type, shape and bytes of each tensor in
# order of name, so that it does not depend on how the file lays them out. A level that the machine lacks is printed as
# "not compared". Built-in digits, one epoch, a short last batch, no validation part: nothing but the arithmetic decides.
set -euo pipefail
program=$(realpath "${1:-$(dirname "$0")/../build/release/ocellus}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset OCELLUS_REFUSE

vgg='conv 3x3x8 same relu | conv 3x3x8 same relu | maxpool 2 | conv 3x3x16 same relu | conv 3x3x16 same relu | maxpool 2'
residual='conv 3x3x8 same relu | residual { conv 3x3x8 same relu | conv 3x3x8 same } | relu | globalmeanpool | dense 10'
batchnorm='conv 3x3x8 nobias | batchnorm | relu | maxpool 2 | conv 5x5x16 relu | maxpool 2 | dense 32 relu | dense 10'
networks=("lecture|lecture" "lenet5|lenet5" "fast|fast" "vgg|$vgg | dense 64 relu | dropout 0.5 | dense 10"
  "residual|$residual" "batchnorm|$batchnorm")

weights() { # weights FILE
  python3 - "$1" <<'PYTHON'
import hashlib, json, struct, sys
data = open(sys.argv[1], "rb").read()
size = struct.unpack("<Q", data[:8])[0]
tensors, body, total = json.loads(data[8:8 + size]), data[8 + size:], hashlib.sha256()
for name in sorted(key for key in tensors if key != "__metadata__"):
    t = tensors[name]
    total.update(f"{name} {t['dtype']} {t['shape']}".encode())
    total.update(body[slice(*t["data_offsets"])])
print(total.hexdigest())
PYTHON
}

for level in portable avx2 avx512; do
  has=$(OCELLUS_CPU=$level "$program" version | grep -qw "$level" && echo yes || echo no)
  for row in "${networks[@]}"; do
    name=${row%%|*} net=${row#*|}
    if [ "$has" = no ]; then
      echo "$level $name not compared: this machine has no $level"
      continue
    fi
    OCELLUS_CPU=$level "$program" train digits:1000:10 --valid 0 --net "$net" --epochs 1 --lr 1e-3 --quiet \
      --out "$level-$name" >/dev/null
    echo "$level $name $(weights "$level-$name/model.safetensors")"
  done
done
