#!/usr/bin/env bash
# Does `version` name every library, and say which are missing on this machine?
. "$(dirname "$0")/_lib.sh"

run version --libraries
has_code 0 "version --libraries"
for name in zlib libpng libjpeg-turbo jansson protobuf-c xxHash libwebp giflib libtiff libheif cairo; do
  out_has "^$name +[0-9-][0-9.]* +(linked|opened|missing|absent) +[A-Za-z]" "$name has a version, a state and a license"
done
run version --libraries --json
out_is_json_lines "--json prints an object"
json_is "o[0]['schema']" ocellus.version/1 "its schema"
json_is "all(l['version'] for l in o[0]['libraries'] if l['state'] in ('linked', 'opened'))" True "a version where there is one"
json_is "all(l['name'] and l['license'] and l['use'] for l in o[0]['libraries'])" True "a name, a license and a use"
run version --json
json_is "'libraries' in o[0]" False "only when asked for"

# A file with the library's name that is not a library: the loader refuses it, as if there were none.
mkdir broken
for name in libwebp.so.7 libgif.so.7 libtiff.so.6 libheif.so.1 libcairo.so.2; do echo "no library" > "broken/$name"; done
LD_LIBRARY_PATH=$work/broken run version --libraries --json
json_is "[l['name'] for l in o[0]['libraries'] if l['state'] == 'opened']" "[]" "a broken library is not opened"
LD_LIBRARY_PATH=$work/broken run version --libraries
if [ "$minimal" = 1 ]; then
  out_has "^libwebp +- +absent" "absent from this build"
else
  out_has "^libwebp +- +(missing .*Debian: libwebp7|absent)" "the package that has it is named"
fi
finish
