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
# A page says behind "figure:" which command draws what it embeds; tests/cli/test_pages.sh checks that it is one of the page's
# own, so that text and figure are of the same numbers and the same network.
mkdir -p "$OCELLUS_DOCS/run" && ln -sfn "$PWD/$ocellus" "$OCELLUS_DOCS/run/ocellus"
( cd "$OCELLUS_DOCS/run"
  PATH=$PWD:$PATH
  ocellus train digits:2000:200 --net lecture --lr 1e-3 --epochs 1 --out run-lecture --force --quiet >/dev/null )
cat docs/lecture/*.md | sed -nE '/^<!-- figure: /{N;s/^<!-- figure: (.*) -->\n<iframe src="[^"]*\/([a-z0-9]+\.html)".*/\1 --html \2/p}' |
  while read -r command; do
    (cd "$OCELLUS_DOCS/run" && PATH=$PWD:$PATH bash -c "$command" </dev/null >/dev/null && mv "${command##* }" "$figures/")
  done

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
