#!/usr/bin/env bash
# Are HEIC and AVIF decoded by ocellus-heif next to the program or in libexec, and is one that is missing, or dies, an error
# that names the file?
. "$(dirname "$0")/_lib.sh"

data=$here/../bad/data
"$OCELLUS" version --libraries | grep -q '^libheif .* opened' || { say "SKIPPED: no libheif"; pass "no libheif here"; finish; }
helper=$(dirname "$OCELLUS")/ocellus-heif
here_too() { cp "$data/good.heic" a.heic && cp "$data/good.avif" b.avif; }
here_too

run conv a.heic --kernel identity --out a.npy
has_code 0 "a HEIC image is an image"
run conv b.avif --kernel identity --out b.npy
has_code 0 "an AVIF image is one"
run help data
out_has 'HEIC, AVIF' "help names the formats"

# ---- where the program is ------------------------------------------------------------------------------------------------
mkdir -p one/bin one/libexec
cp "$OCELLUS" one/bin/ocellus
OCELLUS=$work/one/bin/ocellus
refused 69 'a.heic: cannot decode HEIC and AVIF: the program ocellus-heif was found neither in .*/one/bin nor in .*/one/bin/../libexec' \
  conv a.heic --kernel identity
cp "$helper" one/libexec/
run conv a.heic --kernel identity --out c.npy
has_code 0 "found in libexec"
check "the same pixels" cmp a.npy c.npy
mkdir other
(cd other && PATH=$work/one/bin:$PATH ocellus conv ../a.heic --kernel identity --out d.npy) > .out 2> .err
code=$?
has_code 0 "found by a program that is itself found in PATH"

# ---- what it may do ------------------------------------------------------------------------------------------------------
mkdir broken
echo "no library" > broken/libheif.so.1
export LD_LIBRARY_PATH=$work/broken
refused 69 'a.heic: unsupported without libheif: ocellus-heif cannot load it' conv a.heic --kernel identity
err_has 'Debian: libheif1' "the package is named"
unset LD_LIBRARY_PATH

fake() { printf '#!/bin/sh\n%s\n' "$1" > one/bin/ocellus-heif && chmod +x one/bin/ocellus-heif; }
fake 'kill -SEGV $$'
refused 65 'a.heic: cannot decode HEIC: ocellus-heif was ended by signal 11' conv a.heic --kernel identity
refused 65 'b.avif: cannot decode AVIF: ocellus-heif was ended by signal 11' conv b.avif --kernel identity

# A death is one unreadable image of a folder.
mkdir -p photos/x photos/y
for i in 1 2 3 4 5 6; do
  printf 'P5 4 4 255\n%016d' "$i" > "photos/x/$i.pgm"
  printf 'P5 4 4 255\nabcdefgh%08d' "$i" > "photos/y/$i.pgm"
done
cp a.heic photos/x/photo.heic
run doctor photos --json
has_code 0 "doctor ends well"
check "one finding names it" test "$(grep -c 'unreadable.*photo.heic' .out)" = 1
refused 65 'photo.heic: cannot decode HEIC: ocellus-heif was ended by signal 11' train photos --out run --epochs 1 --net 'dense CLASSES'
rm one/bin/ocellus-heif
run doctor photos --json
check "with the true program there is none" test "$(grep -c 'unreadable' .out)" = 0
finish
