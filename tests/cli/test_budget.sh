#!/usr/bin/env bash
# budget: what networks take as C, and what export then says.
. "$(dirname "$0")/_lib.sh"

say "a network"
run budget tiny
has_code 0 "budget"
err_empty "budget"
out_has '^conv_1/Conv2D +conv2d, relu +[0-9]+ +[0-9]+ +[0-9]+$' "its steps"
out_has '^Flash  [0-9]+ bytes$' "its weights"
run budget tiny --flash 1M --ram 1M
has_code 0 "a budget that suffices"
out_has '^Flash  [0-9]+ bytes of 1048576: fits$' "says so"

say "a network that does not fit"
run budget lecture --flash 100k --ram 40k
has_code 78 "too small a budget"
out_has '^Flash  [0-9]+ bytes of 102400: does not fit$' "says what does not fit"
err_has 'lecture: does not fit' "is an error"
err_has 'The preset [a-z0-9]+ fits' "names a preset that does"
preset=$(grep -oE 'The preset [a-z0-9]+' .err | sed 's/.* //')
run budget "$preset" --flash 100k --ram 40k
has_code 0 "which fits"
run budget lecture --flash 100
err_has 'No preset fits' "or none does"

say "as export says"
python3 "$here/make_data.py" mnist mnist "$gz" 100 20
run train mnist --net 'conv 3x3x4 relu | dense CLASSES' --epochs 1 --out run-1 --quiet
run export run-1 --to c --out c
exported=$(sed -n 's/^RAM *\([0-9]*\) .*/\1/p' .out)
run budget run-1
check "the same RAM" test "$exported" = "$(sed -n 's/^RAM *\([0-9]*\) .*/\1/p' .out)"
refused 64 "input: has no effect on a model" budget run-1 --input 3x3x1
for size in 0 -1 0.5 5G 1kk 1.5.k x k nan inf 99999999999999999999; do
  refused 64 "--flash: must be a number of bytes" budget tiny --flash "$size"
done
finish
