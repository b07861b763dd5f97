#!/usr/bin/env bash
# What the program loads before its first line runs: the C library, zlib, libpng, libjpeg and jansson, and never anything else.
# Every other library belongs into a module that is opened on first use, or into the program itself.
# Usage: needed.sh PROGRAM
set -u
allowed='^(libc|libm|libz|libpng16|libjpeg|libjansson|ld-linux[a-z0-9-]*)[.]so([.][0-9]+)*$'
list=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
[ -n "$list" ] || { echo "$1 has no list of libraries"; exit 1; }
other=$(printf '%s\n' $list | grep -Ev "$allowed")
[ -z "$other" ] || { echo "loaded at the start of $1:" $other; exit 1; }
printf 'ok    %s\n' $list
