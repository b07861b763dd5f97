#!/usr/bin/env bash
# The promise: an epoch of the lecture's network ends with the same weights, bit for bit, for 1, 2, 3 and 8 threads, at
# each instruction-set level that this CPU has. Batches of 64, the last one short; dropout and Adam included.
. "$(dirname "$0")/_lib.sh"

# SHA-256 of all weights of a model file: what follows its header.
weights() {
  python3 - "$1" <<'PYTHON'
import hashlib, struct, sys
data = open(sys.argv[1], "rb").read()
print(hashlib.sha256(data[8 + struct.unpack("<Q", data[:8])[0]:]).hexdigest())
PYTHON
}

for level in portable avx2 avx512; do
  export OCELLUS_CPU=$level
  if ! "$OCELLUS" version | grep -qw "$level"; then
    skip "level $level: this CPU has none"
    continue
  fi
  first=
  for threads in 1 2 3 8; do
    run train digits:440:20 --valid 40 --epochs 1 --threads $threads --out "run-$level-$threads"
    has_code 0 "$level, $threads threads"
    hash=$(weights "run-$level-$threads/model.safetensors")
    first=${first:-$hash}
    say "$level, $threads threads: $hash"
    check "$level: $threads threads give the weights of one" test "$hash" = "$first" -a ${#hash} = 64
  done
done
unset OCELLUS_CPU
finish
