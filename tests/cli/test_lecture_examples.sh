#!/usr/bin/env bash
# examples/lecture/*.c: each prints what tests/golden/lecture says; those that don't train long, with the portable kernels
# too. OCELLUS_ACCEPT=1 writes the golden files anew: look at the difference before keeping it.
. "$(dirname "$0")/_lib.sh"
sources=$here/../../examples/lecture
golden=$here/../golden/lecture

# prints_golden NAME LEVEL: runs it; LEVEL "" is the best that the machine has.
prints_golden() {
  local program
  program=$(dirname "$OCELLUS")/examples/lecture/$1
  (if [ -n "$2" ]; then export OCELLUS_CPU=$2; fi; exec "$program") > "$work/.out" 2> "$work/.err" < /dev/null
  code=$?
  has_code 0 "$1 ${2:-best level}"
  if [ "${OCELLUS_ACCEPT:-}" = 1 ]; then cp "$work/.out" "$golden/$1.txt"; fi
  check "$1 ${2:-best level}: prints what it should" cmp "$work/.out" "$golden/$1.txt"
}

for source in "$sources"/*.c; do
  name=$(basename "$source" .c)
  check "$name: at most 80 lines" test "$(wc -l < "$source")" -le 80
  check "$name: the README has it" grep -q "^| .$name. |" "$sources/README.md"
  if [ "$minimal" = 1 ] && [ "$name" = 15_tensorboard ]; then
    skip "$name needs protobuf-c, which this build does without"
    continue
  fi
  prints_golden "$name" ""
  case $name in
    09* | 11* | 13* | 14*) ;;
    *) prints_golden "$name" portable ;;
  esac
done
finish
