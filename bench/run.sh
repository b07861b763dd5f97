#!/bin/sh
# Builds the benchmark programs, makes a virtual environment with the peers (once), runs everything side by side and
# writes bench/results/<date>-<machine>.json. Usage: bench/run.sh [options of bench/run.py]
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh build
cmake --preset release >/dev/null
cmake --build --preset release
if [ ! -x .venv-bench/bin/python ] || ! cmp -s bench/requirements.txt .venv-bench/requirements.txt; then
  python3 -m venv .venv-bench
  .venv-bench/bin/pip install --quiet --requirement bench/requirements.txt
  cp bench/requirements.txt .venv-bench/requirements.txt
fi
.venv-bench/bin/python bench/run.py --build build/release "$@"
.venv-bench/bin/python bench/report.py
