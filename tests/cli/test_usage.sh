#!/usr/bin/env bash
# Mistakes on the command line: exit code 64, one error that names the option and the rule, and a suggestion.
. "$(dirname "$0")/_lib.sh"

say "commands"
run
has_code 0 "bare ocellus"
out_has '^Usage: ocellus COMMAND' "it prints short help"
err_empty "bare ocellus"
refused 64 'Did you mean train\?' trian digits
refused 64 'Did you mean predict\?' pred x
refused 64 'unknown command' zzzzzz
refused 64 'Did you mean plan\?' help pln

say "options"
refused 64 '--epoch: .*' train xo --epoch 3
err_has 'Did you mean --epochs\?' "a wrong option is answered with the right one"
refused 64 'error: --zzz: unknown option' train xo --zzz
check "nothing is near to --zzz" bash -c '! grep -q "Did you mean" .err'
refused 64 '-z: unknown option' train xo -z
refused 64 '--epochs: expected a value: --epochs N' train xo --epochs
refused 64 '--out: expected a value: --out RUN' train xo --out --json
refused 64 '--json: takes no value' train xo --json=yes
refused 64 '--versoin: unknown option' --versoin
err_has 'Did you mean --version\?' "an option without a command is corrected too"

say "values"
refused 64 "--epochs: must be an integer, 1 to 1000000, got 0" train xo --epochs 0
refused 64 "--epochs: expected an integer, got 'many'" train xo --epochs many
refused 64 "--epochs: expected an integer, got '3.5'" train xo --epochs=3.5
refused 64 "--epochs: must be an integer, 1 to 1000000, got 99999999999999999999" train xo --epochs 99999999999999999999
refused 64 "--batch: must be an integer, 1 to 1000000, got 0" train xo --batch 0
refused 64 "--batch: must be an integer, 1 to 1000000, got -5" train xo --batch -5
refused 66 'digits: cannot open' draw filters digits
check "a word that is right elsewhere is not suggested" bash -c '! grep -q "Did you mean" .err'
refused 64 'x: unexpected operand' version x
err_has 'ocellus version \[OPTIONS\]' "a command without operands"
refused 64 "--lr: must be a finite number, above 0, got nan" train xo --lr nan
refused 64 '--lr: must be a finite number, above 0, got 1e400' train xo --lr 1e400
refused 64 '--seed: must be an integer, 0 or more, at most 2.53 - 1, got 9223372036854775807' train xo --seed 9223372036854775807
refused 64 "--lr: must be a finite number, above 0, got inf" train xo --lr inf
refused 64 "--lr: must be a finite number, above 0, got 0" train xo --lr 0
refused 64 "--lr: expected a number, got '1e-4x'" train xo --lr 1e-4x
refused 64 "--dropout: must be a finite number, 0 or more, below 1, got 1" train xo --dropout 1
refused 64 "--momentum: must be a finite number, 0 or more, below 1, got 1\.5" train xo --optimizer momentum --momentum 1.5
refused 64 "--momentum: the optimizer adam has no momentum" train xo --momentum 0.9
refused 64 "--end-factor: the schedule constant has no end-factor" train xo --end-factor 0.5
err_has 'hint: with --schedule it may be given: linear, cosine' "and the hint says what takes it"
refused 64 "--beta1: the optimizer sgd has no beta1" train xo --optimizer sgd --beta1 0.5
refused 64 "--epsilon: must be a finite number, above 0, got 0" train xo --epsilon 0
refused 64 "--optimizer: must be one of sgd, .*, got 'adm'" train xo --optimizer adm
err_has 'Did you mean adam\?' "a wrong optimizer is answered with the right one"
refused 64 "--threads: must be an integer, 1 to 256, got 0" train xo --threads 0
refused 64 "--seed: must be an integer, 0 or more, at most 2\^53 - 1, got -1" train xo --seed -1
refused 64 "--net: must not be empty: expected NET" train xo --net ''
refused 64 "--color: must be one of auto, always, never, got 'blue'" train xo --color blue
refused 64 "--input: must be HxWxC" show lecture --input 28x28

say "options without effect"
run train xo:60:10 --net 'dense CLASSES' --epochs 1 --valid 5 --quiet --out m
refused 64 '--input: has no effect on data' show xo --input 9x9x1
refused 64 '--classes: has no effect on data' show xo --classes 3
refused 64 '--samples: has no effect here' show lecture --samples 3
refused 64 '--samples: has no effect here' show m --samples 3
refused 64 '--input: has no effect on a model' show m --input 9x9x1
refused 64 '--classes: has no effect on a model' show m --classes 3
refused 64 '--samples: has no effect with --json' show xo --samples 3 --json
refused 64 '--samples: has no effect with \[\.\.\.\], which selects the images' show 'xo[3]' --samples 3
refused 64 '--input: has no effect on a model' plan m --input 9x9x1
refused 64 '--classes: has no effect on a model' plan m --classes 3
refused 64 '--input: has no effect on a model' bench m --input 9x9x1
refused 64 '--classes: has no effect on a model' bench m --classes 3
refused 64 '--batch: has no effect with --only machine' bench --only machine --batch 3
refused 64 '--valid: has no effect on the test set' test m xo --valid 5
refused 64 '--draw: has no effect with --json' predict m 'xo[0]' --json --draw
refused 64 '--top: has no effect with --proba' predict m 'xo[0]' --proba --top 2
refused 64 '--label: has no effect without --gradient' trace m 'xo[0]' --at 'dense_1/net_pre-activation[0]' --label 1
refused 64 '--terms: has no effect with --json' trace m 'xo[0]' --at 'dense_1/net_pre-activation[0]' --terms 1 --json
refused 64 '--force: has no effect without --out' demo --force
refused 64 '--pictures: is now --images' demo --pictures 200
refused 64 '--part: is now --split' test m xo --part valid
refused 64 '--momentum: the optimizer adam has no momentum' train xo --momentum 0.5
rm -r m

say "operands"
refused 64 'expected DATA' train
refused 64 'expected MODEL DATA, got nothing' test
refused 64 'expected MODEL DATA, got only a part of it' test run-1
refused 64 'unexpected operand' test a b c
refused 64 'unexpected operand' version now
refused 64 'expected MODEL DATA\.\.\., got only a part of it' predict run-1

say "every option of every command, given nonsense"
"$OCELLUS" completion bash > .completion
for c in $(sed -n "s/^    \([a-z]*\)) words='.*/\1/p" .completion); do
  for o in $(sed -n "s/^    $c) words='\(.*\)';;/\1/p" .completion); do
    case $o in --*) ;; *) continue ;; esac
    for wrong in "$o=" "${o}x" "$o"; do # no value, no option, and no value again (or a flag alone)
      run $c $wrong
      [ "$code" = 0 ] && continue # a flag of a command without operands
      [ "$code" = 64 ] && [ "$(wc -l < .err)" -le 2 ] && continue_with=1 || continue_with=0
      line=$(head -1 .err)
      case $line in
        "ocellus $c: error: $o: "* | "ocellus $c: error: ${o}x: "* | "ocellus $c: error: expected "*) ;;
        *) continue_with=0 ;;
      esac
      case ${line#*error: } in *". "*) continue_with=0 ;; esac # one sentence
      [ "$continue_with" = 1 ] || fail "ocellus $c $wrong"
    done
  done
done
pass "each error is one sentence that begins with the option"
rm .completion

say "errors of the library name the option"
refused 64 '--valid: 90 validation images leave none' train xo:60:10 --valid 90
refused 64 '--valid: .*leave none' train xo:60:10 --valid last:60
refused 78 '--net net text, line 1, column 1: unknown layer' train xo --net lectrue
err_has 'Did you mean lecture\?' "a misspelt preset is answered with the right one"
refused 66 'lectrue: no such file' show lectrue
err_has 'Did you mean lecture\?' "where a file is possible too"
refused 66 'digts: no such file' train digts
err_has 'Did you mean digits\?' "as is built-in data"
refused 64 "--preset: must be one of .*, got 'fsat'" train xo --preset fsat
err_has 'Did you mean fast\?' "and --preset"
run train xo:60:10 --net 'dense CLASSES' --epochs 1 --quiet --out m
refused 64 '--at dense_9/activation\[0\]: ' trace m 'xo[0]' --at 'dense_9/activation[0]'
refused 64 '--at dense_1/net_pre-activation\[7\]: ' trace m 'xo[0]' --at 'dense_1/net_pre-activation[7]'
refused 64 '--gradient dense_1/_weights\[7\]: ' trace m 'xo[0]' --gradient 'dense_1/_weights[7]'
rm -r m

say "ways to write options"
run show lecture --json --classes=7
json_is 'o[0]["layers"][-1]["output"]' '[7]' "--name=value"
run show --classes 7 --json lecture
json_is 'o[0]["layers"][-1]["output"]' '[7]' "--name value, before the operand"
run show lecture --classes 7 --classes 8 --json
json_is 'o[0]["layers"][-1]["output"]' '[8]' "of two, the later wins"
run show --json -- lecture
has_code 0 "-- ends the options"
run --color never version
has_code 0 "--color before the command"
check "nothing was written" test -z "$(ls)"
say "windows: the option that is wrong"
refused 64 'error: --stride: stride -1 of the rows' conv '1 2; 3 4' --w '1 2; 3 4' --stride -1
refused 64 'error: --pad: padding -1 of the rows' conv '1 2; 3 4' --w '1 2; 3 4' --pad -1
refused 64 'error: --dilation: dilation -1 of the rows' conv '1 2; 3 4' --w '1 2; 3 4' --dilation -1
refused 64 'error: --size: the kernel covers 5 rows' pool '1 2; 3 4' --size 5
refused 64 'error: --pad: padding 9 and 9 of the rows' pool '1 2; 3 4' --size 2 --pad 9
refused 64 'error: --clip-norm: ' train digits:100:10 --clip-norm -1
refused 64 'error: --batch: ' train digits:100:10 --batch 0

finish
