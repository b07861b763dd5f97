#!/bin/bash
# clang-format over all C files. Usage: tools/format.sh [--check]
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(command -v clang-format-14 || true)
if [ -z "$program" ]; then
  echo "format.sh: clang-format-14 is missing; tools/setup.sh format installs it" >&2
  exit 69
fi
files() { find include src helper cli tests examples bench -name '*.[ch]' -print0; }
if [ "${1:-}" = --check ]; then
  if ! files | xargs -0 -r "$program" --dry-run -Werror --ferror-limit=1; then
    echo "format.sh: run make format" >&2
    exit 1
  fi
else
  files | xargs -0 -r "$program" -i
fi
