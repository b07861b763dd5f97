#!/bin/bash
# Removes what `make install` installed: the files of its manifest, then the folders that are empty after that.
# Usage: tools/uninstall.sh MANIFEST [DESTDIR]
set -euo pipefail
manifest=$1 destdir=${2:-}
if [ ! -f "$manifest" ]; then
  echo "uninstall.sh: $manifest is missing: nothing that is known was installed from here" >&2
  exit 66
fi
while IFS= read -r file || [ -n "$file" ]; do
  rm -f -- "$destdir$file"
  echo "-- Removed: $destdir$file"
done <"$manifest"
while IFS= read -r file || [ -n "$file" ]; do
  case $file in */ocellus/*) rmdir --ignore-fail-on-non-empty -- "$destdir${file%/*}" 2>/dev/null || true ;; esac
done <"$manifest"
rm -f -- "$manifest"
