#!/usr/bin/env bash
# What a terminal gets that a file does not: the live line, colors, images in half blocks.
. "$(dirname "$0")/_lib.sh"
if ! command -v script > /dev/null; then
  skip "no script(1) (Debian: bsdutils) to make a terminal with"
  finish
fi
# Runs the program on a terminal of its own; all it prints lies in .out.
on_terminal() { # COLUMNS ARGUMENTS..
  local columns=$1 line
  shift
  line=$(printf '%q ' "$OCELLUS" "$@")
  script -qec "stty cols $columns rows 24 2> /dev/null; $line" .typescript < /dev/null > .out 2> .err
  code=$?
}
export TERM=xterm-256color COLORTERM=
train=(train digits:12000:100 --net tiny --epochs 1 --force --out r)

say "the live line"
on_terminal 80 "${train[@]}"
has_code 0 "a training on a terminal"
check "it is drawn again and again" test "$(grep -aoP '\rEpoch 01/1 ' .out | wc -l)" -ge 2
check "with images/s, loss and time left" grep -aqP '\rEpoch 01/1 .*%  [0-9]+ images/s  loss [0-9.]+  left ' .out
check "at most ten times a second" python3 -c 'import re
text = open(".out", "rb").read().decode()
seconds = float(re.search(r"Validation Acc.*?([0-9.]+) s\b", re.sub("\x1b\\[[0-9;]*[mK]", "", text)).group(1))
assert text.count("\rEpoch 01/1") <= 10 * (seconds + 1) + 1'
check "it never fills the width" python3 -c 'import re
text = open(".out", "rb").read().decode()
for line in re.findall(r"\r(Epoch 01/1 [^\r\n]*?)\x1b\[K", text):
    assert len(re.sub("\x1b\\[[0-9;]*[mK]", "", line)) < 80, line'
on_terminal 40 "${train[@]}"
check "nor on a narrow terminal" python3 -c 'import re
text = open(".out", "rb").read().decode()
lines = re.findall(r"\r(Epoch 01/1 [^\r\n]*?)\x1b\[K", text)
assert lines
for line in lines:
    assert len(re.sub("\x1b\\[[0-9;]*[mK]", "", line)) < 40, line'
on_terminal 80 predict r 'digits[0:2]' --proba
check "all probabilities: lines that fit, and nothing missing" python3 -c 'import re
lines = re.sub("\x1b\\[[0-9;]*[mK]", "", open(".out", "rb").read().decode()).split("\r\n")[:-1]
assert len(lines) == 4 and max(map(len, lines)) <= 80, lines
assert [len(re.findall(r"  [01]\.[0-9]{4}", "".join(lines[i:i + 2]))) for i in (0, 2)] == [10, 10], lines
assert [line.startswith("    ") for line in lines] == [False, True] * 2, lines'
run predict r 'digits[0:2]' --proba
check "a line an image where there is no terminal" test "$(wc -l < .out)" -eq 2
on_terminal 80 "${train[@]}" --quiet
check "--quiet: no live line" bash -c '! grep -aqP "\rEpoch" .out'
TERM=dumb on_terminal 80 "${train[@]}"
check "TERM=dumb: no live line, no escape codes" bash -c '! grep -aqP "\e|\rEpoch" .out'
"$OCELLUS" "${train[@]}" > .out 2> .err
check "no terminal: no live line, no escape codes" bash -c '! grep -aqP "\e|\r" .out .err'

say "colors"
on_terminal 80 show xo --samples 2
check "images in 256 colors as half blocks" grep -aqP '\e\[38;5;[0-9]+m.*▀' .out
COLORTERM=truecolor on_terminal 80 show xo --samples 2
check "in 24 bits where the terminal says so" grep -aqP '\e\[38;2;[0-9]+;[0-9]+;[0-9]+m.*▀' .out
NO_COLOR=1 on_terminal 80 show xo --samples 2
check "NO_COLOR: none" bash -c '! grep -aqP "\e\[" .out'
NO_COLOR='' on_terminal 80 show xo --samples 2
check "an empty NO_COLOR does not count" grep -aqP '\e\[38;5;' .out
on_terminal 80 show xo --samples 2 --color never
check "--color never: none" bash -c '! grep -aqP "\e\[" .out'
LC_ALL=C on_terminal 80 show xo --samples 2
check "no UTF-8: no block characters" bash -c '! grep -aq "▀" .out'
"$OCELLUS" show xo --samples 2 --color always > .out
check "--color always: in a file too" grep -aqP '\e\[38;5;' .out
NO_COLOR=1 "$OCELLUS" show xo --samples 2 --color always > .out
check "--color beats NO_COLOR" grep -aqP '\e\[38;5;' .out
FORCE_COLOR=1 "$OCELLUS" show xo --samples 2 > .out
check "FORCE_COLOR: in a file too" grep -aqP '\e\[38;5;' .out
"$OCELLUS" show xo --samples 2 > .out
check "a file gets none" bash -c '! grep -aqP "\e\[" .out'
on_terminal 80 trian
check "an error is in color" grep -aqP '\e\[31merror:' .out
finish
