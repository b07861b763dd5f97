#!/bin/bash
# Fetches the node tests of ONNX out of the PyPI wheel onnx 1.17.0, pinned by its SHA-256, unless they are there: each a
# graph (model.onnx) with tensors that go in and come out (.pb). The environment of the tests has another version of onnx,
# whose wheel has no such files. Usage: tools/node-tests.sh [FOLDER] (build/node-tests)
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/node-tests}
if [ -e "$folder/whole" ]; then exit 0; fi

rm -rf "$folder"
mkdir -p "$folder"
cat >"$folder/requirements.txt" <<'R'
onnx==1.17.0 --hash=sha256:4a183c6178be001bf398260e5ac2c927dc43e7746e8638d6c05c20e321f8c949
R
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary=:all: \
  --python-version 3.11 --platform manylinux2014_x86_64 --require-hashes --requirement "$folder/requirements.txt" \
  --dest "$folder" </dev/null
.venv/bin/python - "$folder" <<'P'
import pathlib, sys, zipfile
folder = pathlib.Path(sys.argv[1])
wheel, = folder.glob("*.whl")
parts = tuple(f"onnx/backend/test/data/{kind}/" for kind in ("node", "pytorch-converted", "pytorch-operator"))
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(folder, [name for name in archive.namelist() if name.startswith(parts)])
wheel.unlink()
P
touch "$folder/whole" # last: a folder that was cut short is made again
