#!/bin/bash
# Installs the Debian packages of some sections of tools/packages.txt, if any of them is missing.
# Usage: tools/setup.sh SECTION...    (build, test, docs, format, optional)
# Says nothing and needs no network when all are there. Elsewhere than on Debian it only lists what should be there.
set -euo pipefail
cd "$(dirname "$0")"

packages() { awk -v wanted="[$1]" '/^#/ || NF == 0 {next} /^\[/ {on = ($1 == wanted); next} on {print $1}' packages.txt; }
installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

missing=() extra=()
for section in "$@"; do
  names=$(packages "$section")
  if [ -z "$names" ]; then
    echo "setup.sh: tools/packages.txt has no section [$section]" >&2
    exit 64
  fi
  for name in $names; do
    if ! command -v dpkg-query >/dev/null; then
      extra+=("$name")
    elif ! installed "$name"; then
      if [ "$section" = optional ]; then extra+=("$name"); else missing+=("$name"); fi
    fi
  done
done

if ! command -v apt-get >/dev/null; then
  echo "setup.sh: this is not Debian; the build needs what these packages hold: ${extra[*]}" >&2
  exit 0
fi
[ ${#missing[@]} -gt 0 ] || [ ${#extra[@]} -gt 0 ] || exit 0

sudo=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "setup.sh: run as root, or install these packages: ${missing[*]}" >&2
    [ ${#missing[@]} -eq 0 ] && exit 0
    exit 77
  fi
  sudo=(sudo)
fi
install() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null; }

echo "Installing: ${missing[*]} ${extra[*]}"
"${sudo[@]}" apt-get update -qq </dev/null || echo "setup.sh: no fresh package lists; trying with the old ones" >&2
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}" >/dev/null
for name in "${extra[@]}"; do
  install "$name" >/dev/null 2>&1 || echo "setup.sh: $name is optional and could not be installed; going on without it" >&2
done
