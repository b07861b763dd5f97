#!/bin/bash
# Makes .venv with the packages of tests/requirements.txt, unless it is there and has just these.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=tests/requirements.txt
have=.venv/requirements.txt
if [ -x .venv/bin/python ] && cmp -s "$wanted" "$have"; then exit 0; fi

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3)
echo "Making .venv for the test oracles ($("$python" --version))"
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --requirement "$wanted" </dev/null
cp "$wanted" "$have" # last: a .venv that was cut short is made again
