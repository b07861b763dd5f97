#!/usr/bin/env bash
# ocellus import: a file of ONNX of another program becomes a model for all commands.
. "$(dirname "$0")/_lib.sh"
block=$here/../golden/blocks/resnet.onnx
printf '%s\n' cat dog hen cow pig fox owl bee ant elk > animals.txt
if [ "$minimal" = 1 ]; then
  refused 69 'ONNX is unsupported: this build has no protobuf-c' import "$block" --white 1 -o a.safetensors
  finish
fi

say "arguments"
refused 64 '--out: must be given' import "$block" --white 1
refused 64 'does not say how pixels become its input' import "$block" -o a.safetensors
refused 64 '--white' import "$block" -o a.safetensors --white 0
refused 64 '--mean: must be one number or three' import "$block" -o a.safetensors --mean 1,2
refused 64 '--mean: must be one number or three' import "$block" -o a.safetensors --mean 1,2,3,4
refused 64 '--deviation: must be one number or three' import "$block" -o a.safetensors --deviation x
refused 64 'must be 0 to 1, which is white, got 124' import "$block" -o a.safetensors --mean 124
head -3 animals.txt > three.txt
refused 65 "three.txt: 3 names for the model's 10 classes" import "$block" -o a.safetensors --white 1 --classes three.txt
refused 66 'absent' import absent.onnx -o a.safetensors --white 1
check "no file is left" test ! -e a.safetensors

say "a file without a rule is no model to predict with"
run show "$block"
out_has 'the file does not say how they become the input' "show says so"
run show "$block" --json
json_is 'o[0]["preprocessing"]' None "and in JSON"
refused 69 'no rule for images' predict "$block" 'xo[0]'

say "a model"
run import "$block" -o a.safetensors --classes animals.txt --mean 0.485,0.456,0.406 --deviation 0.229,0.224,0.225
has_code 0 "import"
out_empty "import"
refused 73 'a.safetensors: already exists' import "$block" -o a.safetensors --white 1
run import "$block" -o b.safetensors --white 255 --mean 123.675,116.28,103.53 --deviation 58.395,57.12,57.375 --classes animals.txt
for name in a b; do
  run predict $name.safetensors 'xo[0:5]' --proba
  sed 's/\([0-9]\.[0-9]\{3\}\)[0-9]*/\1/g' .out > $name.txt
done
check "the same numbers on another scale" cmp a.txt b.txt
run show a.safetensors --verify
out_has 'cat dog hen' "its classes"
out_has '123\.7, 58\.4; 116\.3, 57\.12; 103\.5, 57\.3[78]' "its means"
run predict a.safetensors 'xo[0]' 'xo[1]'
has_code 0 "predict"
out_has '^xo\[0\]  (cat|dog|hen|cow|pig|fox|owl|bee|ant|elk)  ' "with the names"
run plan a.safetensors --inference
has_code 0 "plan"
run export a.safetensors --to onnx -o again.onnx
has_code 0 "export to ONNX"
refused 64 '--white: has no effect on a file that has its rule' import again.onnx -o c.safetensors --white 1
run export a.safetensors --to c --prefix block
has_code 0 "export to C"
run train xo:60:20 --from a.safetensors --epochs 2 --lr 1e-2 --fine-tune 1 --out tuned --quiet
has_code 0 "train --from, with fine-tuning"
run test tuned xo:60:20
has_code 0 "test"
finish
