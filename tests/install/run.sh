#!/bin/bash
# Can a stranger's program use what `make install` installed: with pkg-config (shared and static) and with CMake? And is
# all of it gone after uninstalling? Needs OCELLUS_BUILD and OCELLUS_SOURCE; works in the current folder.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
prefix=$PWD/prefix
rm -rf prefix consumer

# Installed in one place and moved to another: all must work there.
rm -rf first
cmake --install "$OCELLUS_BUILD" --prefix "$PWD/first" >install.log
sed "s|^$PWD/first/|$prefix/|" "$OCELLUS_BUILD/install_manifest.txt" >manifest.txt
mv first "$prefix"
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

# Nothing that is installed may name the folder that was configured: the tree works wherever it was put.
if grep -rlF "$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$OCELLUS_BUILD/CMakeCache.txt")/lib" "$libdir/pkgconfig" "$libdir/cmake"; then
  echo "the files above name the configured prefix" >&2
  exit 1
fi
# The ABI: one name for each minor version before 1.0, and versions of the symbols.
soname=$(readelf -d "$libdir/libocellus.so" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
if [ "$soname" != "libocellus.so.${version%.*}" ]; then
  echo "SONAME is $soname" >&2
  exit 1
fi
if nm -D --defined-only "$libdir/libocellus.so" | grep ' oc_' | grep -v '@@OCELLUS_0\.1$'; then
  echo "the symbols above have no version" >&2
  exit 1
fi
# The README's command, and how it says that the program then finds the library.
# shellcheck disable=SC2046
gcc "$here/consumer.c" $(pkg-config --cflags --libs ocellus) -Wl,-rpath,"$(pkg-config --variable=libdir ocellus)" -o consumer_shared
expect ./consumer_shared
# shellcheck disable=SC2046
gcc "$here/consumer.c" $(pkg-config --cflags ocellus) "$libdir/libocellus.a" \
  $(pkg-config --static --libs ocellus | sed 's/-locellus//') -o consumer_static
expect ./consumer_static

# The program that decodes HEIC is in libexec for what was installed, and next to a program that contains the library.
if [ -e "$OCELLUS_BUILD/ocellus-heif" ]; then
  photo=$OCELLUS_SOURCE/tests/bad/data/good.heic
  "$prefix/bin/ocellus" conv "$photo" --kernel identity >/dev/null
  expect ./consumer_shared "$photo"
  rm -f ocellus-heif
  if ./consumer_static "$photo" 2>/dev/null; then
    echo "consumer_static finds ocellus-heif where it should not look" >&2
    exit 1
  fi
  cp "$prefix/libexec/ocellus-heif" .
  expect ./consumer_static "$photo"
fi

cmake -S "$here" -B consumer -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >cmake.log
cmake --build consumer >>cmake.log
expect consumer/shared
expect consumer/static

# As a folder of another project, the library's targets alone.
rm -rf outer
cmake -S "$here/subdirectory" -B outer -G Ninja -DOCELLUS_SOURCE="$OCELLUS_SOURCE" >outer.log

# Where no development packages are (nothing for pkg-config to find, no zlib, libpng and libjpeg): the shared library alone.
rm -rf bare bare.log
PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR=$libdir/pkgconfig cmake -S "$here" -B bare -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DSHARED_ONLY=ON \
  -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON -DCMAKE_DISABLE_FIND_PACKAGE_PNG=ON -DCMAKE_DISABLE_FIND_PACKAGE_JPEG=ON >bare.log
grep -q 'without ocellus::ocellus_static' bare.log
cmake --build bare >>bare.log
expect bare/shared

"$prefix/bin/ocellus" version | grep -qF "$version"
for file in share/man/man1/ocellus.1 share/bash-completion/completions/ocellus share/zsh/site-functions/_ocellus \
  share/fish/vendor_completions.d/ocellus.fish share/doc/ocellus/LICENSE; do
  if [ ! -s "$prefix/$file" ]; then
    echo "not installed: $file" >&2
    exit 1
  fi
done

bash "$OCELLUS_SOURCE/tools/uninstall.sh" manifest.txt >uninstall.log
left=$(find "$prefix" -not -type d)
if [ -n "$left" ] || [ -e "$prefix/include/ocellus" ]; then
  echo "uninstalling left behind: $left $prefix/include" >&2
  exit 1
fi
