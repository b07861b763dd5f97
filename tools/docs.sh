#!/bin/bash
# make docs: the site in build/docs/html, which needs no network to be read. Figures are drawn by the program itself.
set -euo pipefail
cd "$(dirname "$0")/.."
export OCELLUS_DOCS=$PWD/build/docs
ocellus=build/release/ocellus
figures=$OCELLUS_DOCS/figures/figures # the inner folder is its name on the site

tools/setup.sh docs
tools/python.sh docs/site/requirements.txt .venv-docs
mkdir -p "$figures"

echo "Drawing the figures"
"$ocellus" conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode same --html "$figures/conv1d.html" --quiet >/dev/null
"$ocellus" conv --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --w '1 0 3; 1 2 1; 0 1 1' --pad 1 --html "$figures/conv2d.html" \
  --quiet >/dev/null
"$ocellus" pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --size 2 --html "$figures/pool.html" --quiet >/dev/null
"$ocellus" explain xo --html "$figures/xo.html" >/dev/null
"$ocellus" train digits:2000:200 --net 'conv 5x5x4 relu | maxpool 2 | conv 3x3x6 relu | maxpool 2 | dense CLASSES' \
  --lr 3e-3 --epochs 2 --out "$OCELLUS_DOCS/run" --force --quiet >/dev/null
"$ocellus" trace "$OCELLUS_DOCS/run" 'digits[5]' --at 'conv_2/activation[3,5,1]' --html "$figures/trace.html" >/dev/null

echo "Reading the headers"
doxygen docs/site/Doxyfile
echo "Making the pages"
.venv-docs/bin/sphinx-build -q -W --keep-going -b html -c docs/site -d "$OCELLUS_DOCS/doctrees" . "$OCELLUS_DOCS/html"
if grep -rnE '(–|—)[a-z]' "$OCELLUS_DOCS/html" --include='*.html' | head -5 | grep .; then
  echo "docs.sh: an option has become a dash of typography in the lines above" >&2
  exit 1
fi
printf '<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=docs/index.html"><title>Ocellus</title>\n' \
  > "$OCELLUS_DOCS/html/index.html"
echo "The site: $OCELLUS_DOCS/html/index.html"
