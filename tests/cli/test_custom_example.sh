#!/usr/bin/env bash
# examples/custom.c: an operation, a layer, an optimizer and a data source of the caller. It learns, twice to the same bits. A program
# without the operation refuses its model, in words that name the operation.
. "$(dirname "$0")/_lib.sh"
example=$(dirname "$OCELLUS")/examples/custom
"$example" > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
has_code 0 "examples/custom"
out_has "^without the registry: .*: unknown operation 'mine.swish'" "a model without its registry"
out_has '^test accuracy 0\.[6-9][0-9]* of 200 images$' "it learns"
cp custom.safetensors first.safetensors
"$example" > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
has_code 0 "examples/custom again"
check "the same bits" cmp custom.safetensors first.safetensors
run show custom.safetensors
check "the program refuses it" test "$code" -ne 0
err_has "unknown operation 'mine.swish'" "and says why"
"$example" 12x > "$work/.out" 2> "$work/.err" < /dev/null
code=$?
has_code 1 "a wrong count"
err_has 'mine.half:12x: expected NAME:TRAIN:TEST' "the source's own message"
finish
