#!/usr/bin/env bash
# What the program prints on a terminal of 80 columns fits it: tables of every command, and all help but the examples in it,
# which are lines to be copied, and warnings, which are sentences.
. "$(dirname "$0")/_lib.sh"
if ! command -v script > /dev/null; then
  skip "no script(1) (Debian: bsdutils) to make a terminal with"
  finish
fi
export TERM=xterm-256color COLORTERM=
cat > widest.py <<'PYTHON'
import re, sys
text = open(".typescript.out", "rb").read().decode("utf-8", "replace")
text = re.sub("\x1b\\[[0-9;]*[A-Za-z]", "", text)
wide = [l for l in re.split("[\r\n]+", text) if len(l) > 80 and not l.startswith(("  ocellus ", "Warning: "))]
assert text.strip(), "nothing was printed"
assert not wide, wide[:3]
PYTHON
fits() { # ARGUMENTS..
  script -qec "stty cols 80 rows 24 2> /dev/null; $(printf '%q ' "$OCELLUS" "$@")" .typescript < /dev/null > .typescript.out 2> .err
  code=$?
  cp .typescript.out .out
  has_code 0 "ocellus $*"
  check "fits 80 columns" python3 widest.py
}
run train digits:300:60 --net 'conv 5x5x4 relu | maxpool 2 | conv 3x3x6 relu | dense CLASSES' --epochs 1 --out r

say "networks and models"
long='conv 5x5x4096 relu | residual { conv 3x3x4096 relu same | conv 3x3x4096 same } project | conv 1x1x16 | dense CLASSES'
for net in lecture tiny 'conv 3x3x32 relu same' "$long"; do
  fits show "$net"
done
fits plan lecture
fits plan "$long"
fits show "$long" --input 224x224x3
fits plan r --inference
fits show r
fits bench tiny --steps 1
fits bench 'residual { residual { conv 3x3x4 relu same | conv 3x3x4 same } project } project | dense CLASSES' --only parts --steps 1 --batch 8
fits bench 'dense CLASSES' --only prediction --steps 1 --batch 100000 --input 2x2x1

say "data, scores, images"
fits show digits
fits show xo
fits test r digits:300:60
fits predict r 'digits[0:3]' --top 5
fits train digits:300:60 --net tiny --epochs 2 --out r2
fits draw
fits draw filters r
fits draw features r 'digits[3]'
fits trace r 'digits[5]' --at 'probabilities[3]'
fits trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7

say "the lecture"
fits explain xo
fits conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --steps
fits conv --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --w '1 0 3; 1 2 1; 0 1 1' --pad 1 --steps
fits pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --size 2 --shift

say "help"
fits help
run help
pages=$(grep -oE '^  [a-z]+  ' .out | tr -d ' ' | sort -u)
check "help lists its pages" test "$(wc -w <<< "$pages")" -gt 12
for page in $pages; do fits help "$page"; done
finish
