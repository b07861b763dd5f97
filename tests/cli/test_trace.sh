#!/usr/bin/env bash
# ocellus trace: the products behind one number, as text and as JSON; names and places that are not there.
. "$(dirname "$0")/_lib.sh"
run train digits:200:20 --net 'conv 5x5x4 relu | maxpool 2 | conv 3x3x6 relu | dense CLASSES' --epochs 1 --out r
has_code 0 "a model to look into"

say "text"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]'
has_code 0 "trace"
out_has '^receptive field: rows 6 to 15, columns 10 to 19' "the receptive field: 3 of 2 of 5"
out_has '^  36 products of maxpool_1/MaxPool and conv_2/_weights' "3 x 3 x 4 products"
out_has 'and 24 smaller ones' "the twelve largest"
out_has 'computed here .* by the engine .* difference' "the check"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --terms 0
check "--terms 0: all of them" test "$(grep -c ' = .* \* .*\[' "$work/.out")" -eq 36

say "JSON"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --json
json_is '[len(s["terms"]) for s in o[0]["steps"]]' '[1, 2, 36]' "activation, bias, sum"
json_is 'all(abs(s["computed"] - s["value"]) <= 1e-6 * s["scale"] + 1e-7 for s in o[0]["steps"])' 'True' "they agree"
json_is 'abs(sum(t["value"] * t["weight"] for t in o[0]["steps"][2]["terms"]) - o[0]["steps"][2]["computed"]) < 1e-7' \
  'True' "the terms add up (nine digits are printed)"

say "a gradient"
run trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7 --json
has_code 0 "trace --gradient"
json_is 'len(o[0]["sum"]["terms"])' '100' "a term for each of 10 x 10 places"
json_is 'abs(o[0]["sum"]["computed"] - o[0]["sum"]["value"]) <= 1e-6 * o[0]["sum"]["scale"] + 1e-9' 'True' \
  "the sum is the engine's gradient"
run trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7
out_has '^loss [0-9.]+ for class 7' "the loss"
out_has 'finite difference in float64' "and the difference"
run trace r 'digits[5]' --gradient 'conv_2/_biases[3]'
out_has 'the sum of gradients/.* over 100 places' "a bias"
refused 64 '99 is not one of 0 to 9' trace r 'digits[5]' --gradient 'conv_2/_biases[3]' --label 99
refused 64 'which has the shape \(6,\)' trace r 'digits[5]' --gradient 'conv_2/_biases[6]'

say "a page"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --html page.html
has_code 0 "trace --html"
check "a row for each of 36 products, 2 terms of the bias and 1 value; 3 headings" test "$(grep -c '^<tr>' page.html)" -eq 42
check "it names nothing from outside" bash -c '! grep -qE "https?://|<script" page.html'
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --html no/such/page.html
has_code 73 "a folder that is not there"

say "bad input"
refused 64 'either --at or --gradient' trace r 'digits[5]'
refused 64 "no tensor 'conv_2/activaton'" trace r 'digits[5]' --at 'conv_2/activaton[3,5,1]'
err_has 'did you mean conv_2/activation' "the nearest name"
refused 64 'which has the shape \(\?, 10, 10, 6\)' trace r 'digits[5]' --at 'conv_2/activation[10,0,0]'
refused 64 'NAME\[i,j' trace r 'digits[5]' --at 'conv_2/activation'
refused 64 'but one is wanted' trace r 'digits[0:2]' --at 'conv_2/activation[0,0,0]'
refused 69 'softmax' trace r 'digits[5]' --at 'probabilities[0]'
refused 66 'nothing.png' trace r nothing.png --at 'conv_2/activation[0,0,0]'
refused 65 'never resized' trace r 'xo[0]' --at 'conv_2/activation[0,0,0]'
finish
