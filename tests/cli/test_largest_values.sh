#!/usr/bin/env bash
# Every numeric option of every command with its largest value, in 1 GB of address space: see largest_values.py.
. "$(dirname "$0")/_lib.sh"
check "each is answered, refused, or at work and ends cleanly on SIGINT" python3 "$here/largest_values.py"
[ "$failed" -eq 0 ] || python3 "$here/largest_values.py" | grep -v '^ok'
finish
