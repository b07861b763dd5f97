# _lib.sh: what the tests of the program share. Source it first; OCELLUS names the program. A test works in an empty
# folder of its own, says what it checks, and ends with `finish`.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${OCELLUS:?set OCELLUS to the path of the program}"
OCELLUS=$(realpath "$OCELLUS")
# Python itself: python3 may be a script that looks for a version first, and takes several times as long.
python=$(python3 -c 'import sys; print(sys.executable)')
python3() { "$python" "$@"; }
unset NO_COLOR FORCE_COLOR OCELLUS_CPU OCELLUS_REFUSE COLUMNS
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'cd /; rm -rf "$work"' EXIT
cd "$work" || exit 1
minimal=${OCELLUS_MINIMAL:-0} # a build without gzip and PNG
gz=.gz
[ "$minimal" = 1 ] && gz=
passed=0 failed=0 skipped=0 code=0

# Runs the program; its output lies in the files out and err then, its exit code in $code.
run() {
  "$OCELLUS" "$@" > "$work/.out" 2> "$work/.err" < /dev/null
  code=$?
}
say() { printf '# %s\n' "$*"; }
pass() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
fail() {
  failed=$((failed + 1))
  printf 'FAIL  %s\n      exit code %s\n' "$1" "$code"
  sed 's/^/      out: /' "$work/.out" | head -20
  sed 's/^/      err: /' "$work/.err" | head -20
}
skip() { skipped=$((skipped + 1)); printf 'SKIP  %s\n' "$1"; }
# check WHAT COMMAND..: passes if the command does.
check() {
  local what=$1
  shift
  if "$@" > /dev/null 2>&1; then pass "$what"; else fail "$what"; fi
}
has_code() { check "$2: exit code $1" test "$code" -eq "$1"; }
out_has() { check "$2" grep -qE -- "$1" "$work/.out"; }
err_has() { check "$2" grep -qE -- "$1" "$work/.err"; }
out_empty() { check "$1: nothing on standard output" test ! -s "$work/.out"; }
# With --quiet: only a warning, such as that a short training run learned too little.
err_quiet() { check "$1: nothing on standard error but warnings" bash -c '! grep -vE "^(Warning: | {9})" "$1"' - "$work/.err"; }
err_empty() { check "$1: nothing on standard error" test ! -s "$work/.err"; }
# refused CODE PATTERN ARGUMENTS..: the program refuses with this code, one error that matches, and no output.
refused() {
  local wanted=$1 pattern=$2
  shift 2
  run "$@"
  if [ "$code" -eq "$wanted" ] && grep -qE -- "$pattern" "$work/.err" && [ ! -s "$work/.out" ] &&
    [ "$(grep -c 'error:' "$work/.err")" -eq 1 ]; then
    pass "refused with $wanted: ocellus $*"
  else
    fail "should be refused with $wanted and /$pattern/: ocellus $*"
  fi
}
# Every line of standard output is a JSON object.
out_is_json_lines() {
  check "$1" python3 -c 'import json, sys
lines = open(sys.argv[1]).read().splitlines()
assert lines and all(isinstance(json.loads(line), dict) for line in lines)' "$work/.out"
}
# json EXPRESSION: evaluates it in Python with `o` = the objects of standard output.
json() {
  python3 -c 'import json, math, sys
o = [json.loads(line) for line in open(sys.argv[1])]
print(eval(sys.argv[2]))' "$work/.out" "$1"
}
json_is() { check "$3" test "$(json "$1" 2>&1)" = "$2"; }
finish() {
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
  exit
}
