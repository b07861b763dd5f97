#!/usr/bin/env bash
# ocellus fetch, and data by its name: what the program adds to tests/unit/test_fetch.c. It uses no server of others.
. "$(dirname "$0")/_lib.sh"
export XDG_DATA_HOME=$work/data

say "names"
refused 64 'zzz: unknown data set' fetch zzz
refused 64 '--mirror: an address must begin with http' fetch mnist --mirror ftp://localhost/
refused 66 'mnist: this data set is not on this machine yet' train mnist
err_has '`ocellus fetch`' "and the hint says how to get it"
refused 66 'http://127.0.0.1:9/train-images-idx3-ubyte.gz: curl: \(7\)' fetch mnist --mirror http://127.0.0.1:9
check "no file is left" test -z "$(ls "$XDG_DATA_HOME/ocellus/mnist")"

say "data that is there"
python3 "$here/make_data.py" mnist "$XDG_DATA_HOME/ocellus/mnist" "$gz" 60 20
run show mnist
has_code 0 "show mnist"
out_has 'training 50, validation 10, test 20' "its parts"
rm "$XDG_DATA_HOME"/ocellus/mnist/t10k-labels*
refused 66 'mnist: this data set is not on this machine yet' show mnist # half of it is not it
python3 "$here/make_data.py" mnist "$XDG_DATA_HOME/ocellus/fashion-mnist" "$gz" 60 20
run show fashion-mnist
out_has 'Ankle boot' "Fashion-MNIST's classes have names"
python3 "$here/make_data.py" mnist mnist "$gz" 30 10
run show mnist
out_has 'training 25, validation 5, test 10' "a folder of this name comes first"
finish
