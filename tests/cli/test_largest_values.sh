#!/usr/bin/env bash
# Every numeric option of every command with its largest value, in 1 GB of address space: see largest_values.py.
. "$(dirname "$0")/_lib.sh"
python3 "$here/largest_values.py" > "$work/report" 2>&1
code=$?
check "each is answered, refused, or at work and ends cleanly on SIGINT" test $code -eq 0
grep -v '^ok' "$work/report"
finish
