#!/bin/bash
# Runs one fuzz target of build/fuzz. New inputs go to build/fuzz/found/NAME; what breaks it to build/fuzz/crash-*.
# Usage: tools/fuzz-one.sh NAME SECONDS
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
log=build/fuzz/$name.log
if ! "build/fuzz/fuzz_$name" -max_total_time="$2" -timeout=60 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
  -artifact_prefix="build/fuzz/crash-$name-" "build/fuzz/found/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
  tail -n 60 "$log" >&2
  echo "fuzz-one.sh: $name broke; the input is in build/fuzz/crash-$name-*; add it to tests/fuzz/corpus/$name" >&2
  exit 1
fi
awk -v name="$name" '/number_of_executed_units/ {print name ": " $2 " inputs tried"}' "$log"
