#!/bin/bash
# Can a stranger's program use what `make install` installed: with pkg-config (shared and static) and with CMake? And is
# all of it gone after uninstalling? Needs OCELLUS_BUILD and OCELLUS_SOURCE; works in the current folder.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
prefix=$PWD/prefix
rm -rf prefix consumer

cmake --install "$OCELLUS_BUILD" --prefix "$prefix" >install.log
cp "$OCELLUS_BUILD/install_manifest.txt" manifest.txt
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name ocellus.pc)")
libdir=$(dirname "$PKG_CONFIG_PATH")
version=$(pkg-config --modversion ocellus)

expect() { # expect COMMAND...: prints the version of the installed library
  local got
  got=$("$@")
  if [ "$got" != "$version" ]; then
    echo "$*: printed '$got', not '$version'" >&2
    exit 1
  fi
}

# The .pc file and the CMake files name the prefix that was configured, so pkg-config is told the one of this test.
flags() { pkg-config --define-variable=prefix="$prefix" --define-variable=libdir="$libdir" \
  --define-variable=includedir="$prefix/include" "$@" ocellus; }
# shellcheck disable=SC2046
gcc "$here/consumer.c" $(flags --cflags --libs) -o consumer_shared
LD_LIBRARY_PATH=$libdir expect ./consumer_shared
# shellcheck disable=SC2046
gcc "$here/consumer.c" $(flags --cflags) "$libdir/libocellus.a" $(flags --static --libs | sed 's/-locellus//') -o consumer_static
expect ./consumer_static

cmake -S "$here" -B consumer -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >cmake.log
cmake --build consumer >>cmake.log
expect consumer/shared
expect consumer/static

"$prefix/bin/ocellus" version | grep -qF "$version"

bash "$OCELLUS_SOURCE/tools/uninstall.sh" manifest.txt >uninstall.log
left=$(find "$prefix" -not -type d)
if [ -n "$left" ] || [ -e "$prefix/include/ocellus" ]; then
  echo "uninstalling left behind: $left $prefix/include" >&2
  exit 1
fi
