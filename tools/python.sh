#!/bin/bash
# Makes a virtual environment with the packages of a requirements file, unless it is there and has just these.
# Usage: tools/python.sh [REQUIREMENTS FOLDER]    (tests/requirements.txt .venv: the test oracles)
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=${1:-tests/requirements.txt}
folder=${2:-.venv}
have=$folder/requirements.txt
if [ -x "$folder/bin/python" ] && cmp -s "$wanted" "$have"; then exit 0; fi

python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3)
echo "Making $folder with what $wanted names ($("$python" --version))"
rm -rf "$folder"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --requirement "$wanted" </dev/null
cp "$wanted" "$have" # last: an environment that was cut short is made again
