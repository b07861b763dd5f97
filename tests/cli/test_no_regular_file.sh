#!/usr/bin/env bash
# A pipe, a device, a folder or a loop of links where a file is expected is refused immediately, by its kind, wherever a file is
# read; a closed folder is named. Nothing writes to the pipes here, so a program that opens one as a file waits forever.
. "$(dirname "$0")/_lib.sh"
run train digits:100:10 --net 'conv 3x3x2 relu | dense CLASSES' --epochs 1 --out m --quiet
has_code 0 "a model"
mkdir a-folder
ln -s loop-b loop-a
ln -s loop-a loop-b
put() { # KIND NAME
  case $1 in
    pipe) mkfifo "$2" ;;
    device) ln -s /dev/zero "$2" ;;
    loop) ln -s "$work/loop-a" "$2" ;;
    folder) ln -s "$work/a-folder" "$2" ;;
  esac
}
declare -A says=([pipe]='(got|is) a pipe' [device]='(got|is) a device' [loop]='symbolic link loop' [folder]='expected a file, got a folder')

# The program must end by itself, with one error that says what the file is.
is_refused() { # PATTERN ARGUMENTS..
  local pattern=$1
  shift
  timeout 20 "$OCELLUS" "$@" > .out 2> .err < /dev/null
  code=$?
  if [ $code -ge 64 ] && [ $code -le 78 ] && [ "$(grep -c error: .err)" -eq 1 ] && grep -qE -- "$pattern" .err; then
    pass "refused with $code: $*"
  else
    fail "should be refused with /$pattern/: $*"
  fi
}
for kind in pipe device loop folder; do
  for ending in '' .safetensors .npy .csv .txt .png .pgm -images-idx3-ubyte .gz; do put "$kind" "$kind$ending"; done
  what=${says[$kind]}
  model="$what|has no model"
  for ending in .npy .csv .txt .png .pgm; do
    is_refused "$what" conv $kind$ending --w 1,1
    is_refused "$what" conv 1,2,3 --w $kind$ending
    is_refused "$what" pool $kind$ending
  done
  is_refused "$model" test $kind.safetensors digits:10:10
  is_refused "$model" predict $kind.safetensors 'digits:10:10[0]'
  is_refused "$model" show $kind.safetensors
  is_refused "$model" plan $kind.safetensors
  is_refused "$model" bench $kind.safetensors
  [ $kind = folder ] && what='folder' # of data, which has none
  for ending in '' .png .pgm -images-idx3-ubyte .gz; do
    is_refused "$what" train $kind$ending --out x
    is_refused "$what" test m $kind$ending
    is_refused "$what" predict m $kind$ending
    is_refused "$what" show $kind$ending
    is_refused "$what" trace m $kind$ending --at 'probabilities[0]'
    is_refused "$what" explain xo $kind$ending
  done
  what=${says[$kind]}
  for file in model.safetensors last.safetensors run.json metrics.jsonl; do
    rm -rf broken
    cp -r m broken
    rm broken/$file
    put $kind broken/$file
    [ $file = model.safetensors ] && is_refused "$model" test broken digits:10:10
    case $file-$kind in # a link where a file is written is replaced itself
      last* | run* | *-pipe) is_refused "$what|cannot replace a file of a special kind" train --resume broken --epochs 2 --quiet ;;
    esac
  done
  rm -rf mnist
  mkdir mnist
  for part in train t10k; do
    put $kind mnist/$part-images-idx3-ubyte
    : > mnist/$part-labels-idx1-ubyte
  done
  is_refused "$what" train mnist --out x
done
check "no run was begun" test ! -e x

say "a closed folder"
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$OCELLUS" 2> /dev/null; then
  chmod 755 .
  mkdir closed
  cp -r m closed/m
  cp -r m locked
  printf '1,2\n3,4\n' > closed/x.csv
  chmod 700 closed locked
  as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$OCELLUS" "$@" > .out 2> .err < /dev/null; code=$?; }
  for command in 'test closed/m digits:10:10' 'show closed/m' 'predict closed/m/model.safetensors digits:10:10[0]' 'test m closed/x' \
    'train closed/data' 'conv closed/x.csv --w 1' 'train --resume closed/m' 'plan closed/m'; do
    as_nobody $command
    check "refused ($code), and the closed folder named: $command" test "$code" -ge 64 -a "$(grep -c 'no permission for the folder .*closed' .err)" -eq 1
  done
  for command in 'test locked digits:10:10' 'show locked' 'train locked' 'train --resume locked' 'predict m locked'; do
    as_nobody $command
    check "refused ($code), and said to be closed: $command" test "$code" -ge 64 -a "$(grep -cE 'locked.*(no permission|Permission denied)' .err)" -eq 1
  done
else
  skip "another user cannot be tried here"
fi
finish
