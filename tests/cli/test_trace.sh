#!/usr/bin/env bash
# ocellus trace: the products that make one number, as text and as JSON; names and positions that do not exist.
. "$(dirname "$0")/_lib.sh"
run train digits:200:20 --net 'conv 5x5x4 relu | maxpool 2 | conv 3x3x6 relu | dense CLASSES' --epochs 1 --out r
has_code 0 "a model to look into"

say "text"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]'
has_code 0 "trace"
out_has '^receptive field: rows 6 to 15, columns 10 to 19' "the receptive field: 3 of 2 of 5"
out_has '^  36 products of maxpool_1/MaxPool and conv_2/_weights' "3 x 3 x 4 products"
out_has 'and 24 smaller ones' "the twelve largest"
out_has 'in float64 .* by the engine .* difference' "the check"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --terms 0
check "--terms 0: all of them" test "$(grep -c ' = .* \* .*\[' "$work/.out")" -eq 36

say "JSON"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --json
json_is '[len(s["terms"]) for s in o[0]["steps"]]' '[1, 2, 36]' "activation, bias, sum"
json_is 'all(abs(s["computed"] - s["value"]) <= 1e-6 * s["scale"] + 1e-7 for s in o[0]["steps"])' 'True' "they agree"
json_is 'abs(sum(t["value"] * t["weight"] for t in o[0]["steps"][2]["terms"]) - o[0]["steps"][2]["computed"]) < 1e-7' \
  'True' "the terms add up (nine digits are printed)"

say "a probability"
run trace r 'digits[5]' --at 'probabilities[7]'
has_code 0 "trace of a probability"
out_has '^  the fraction of each of the 10 values of fc_3/net_pre-activation' "what its terms are"
check "a share of each class" test "$(grep -c ' = exp(' .out)" -eq 10
run trace r 'digits[5]' --at 'probabilities[7]' --json
json_is '[s["op"] for s in o[0]["steps"]]' "['softmax', 'bias_add', 'matmul']" "and on with the logit"
json_is 'abs(sum(t["product"] for t in o[0]["steps"][0]["terms"]) - 1) < 1e-6' 'True' "the shares are 1 together"
run trace r 'digits[5]' --at 'probabilities[7]' --html probability.html
check "a page of fractions" grep -q '<th>fraction</th>' probability.html

say "a gradient"
run trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7 --json
has_code 0 "trace --gradient"
json_is 'len(o[0]["sum"]["terms"])' '100' "a term for each of 10 x 10 places"
json_is 'o[0]["quantity"], o[0]["factor"], o[0]["value"] == o[0]["sum"]["value"]' \
  "('d loss / d conv_2/_weights[1,1,0,3]', 'd loss / d conv_2/Conv2D', True)" "a gradient, called so"
json_is 'abs(o[0]["sum"]["computed"] - o[0]["sum"]["value"]) <= 1e-6 * o[0]["sum"]["scale"] + 1e-9' 'True' \
  "the sum is the engine's gradient"
run trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7
out_has '^loss [0-9.]+ for class 7' "the loss"
out_has '^weight conv_2/_weights\[1,1,0,3\] = ' "the weight"
out_has '^gradient d loss / d conv_2/_weights\[1,1,0,3\] = ' "the gradient, called so"
out_has '^  and d loss / d conv_2/Conv2D \(gradients/' "and what its second factor is the gradient of"
out_has 'finite difference in float64' "and the difference"
run trace r 'digits[5]' --gradient 'conv_2/_biases[3]'
out_has '^  the sum over 100 positions' "a bias"
out_has '^  of d loss / d conv_2/net_pre-activation \(gradients/' "of which gradient"
run trace r 'digits[5]' --gradient 'conv_2/_weights[1,1,0,3]' --label 7 --html gradient.html
check "the page calls it a gradient too" grep -q '<h2>d loss / d conv_2/_weights\[1,1,0,3\] = ' gradient.html
check "and its factor" grep -q '>d loss / d conv_2/Conv2D</th>' gradient.html
refused 64 '99 is not one of 0 to 9' trace r 'digits[5]' --gradient 'conv_2/_biases[3]' --label 99
refused 64 '--gradient conv_2/_biases\[6\]: out of range for conv_2/_biases of shape \(6,\)' trace r 'digits[5]' --gradient 'conv_2/_biases[6]'

say "a product of 0 and a negative number is 0"
for option in "--gradient conv_1/_weights[2,2,0,1] --label 7" "--at conv_2/activation[3,5,1]"; do
  run trace r 'digits[5]' $option --terms 0
  check "$option: no -0 as text" bash -c '! grep -qE "(^|[ =*])-0( |$)" "$1"' _ "$work/.out"
  check "$option: but products that are 0" grep -qE "^ +0 = " "$work/.out"
  run trace r 'digits[5]' $option --json
  check "$option: no -0 in JSON" bash -c '! grep -qE -- "-0(\.0)?[],} ]" "$1"' _ "$work/.out"
done

say "what is not finite is never an answer"
python3 - r/model.safetensors overflow.safetensors << 'END'
import array, json, struct, sys
data = open(sys.argv[1], "rb").read()
size, = struct.unpack("<Q", data[:8])
header, body, made = json.loads(data[8:8 + size]), data[8 + size:], b""
for name, t in header.items():
    if name != "__metadata__" and t["dtype"] == "F32":
        values = array.array("f", body[slice(*t["data_offsets"])])
        most = max(map(abs, values)) or 1
        factor = 3e38 / most if name == "conv_2/_weights" else 1
        t["dtype"], new = "F64", array.array("d", [v * factor for v in values]).tobytes()
    elif name != "__metadata__":
        new = body[slice(*t["data_offsets"])]
    else:
        continue
    t["data_offsets"], made = [len(made), len(made) + len(new)], made + new
text = json.dumps(header).encode()
open(sys.argv[2], "wb").write(struct.pack("<Q", len(text)) + text + made)
END
for option in "--at conv_2/activation[3,5,1]" "--at probabilities[7]" "--gradient conv_2/_weights[1,1,0,3]"; do
  for form in "" --json "--html overflow.html"; do
    refused 1 'first seen in conv_2/Conv2D' trace overflow.safetensors 'digits[5]' $option $form
    err_has 'trace: error: conv_2: ' "$option $form: the layer"
  done
done
check "no page was written" test ! -e overflow.html
run trace overflow.safetensors 'digits[5]' --at 'maxpool_1/MaxPool[3,5,1]'
has_code 0 "before that layer all is well"

say "a page"
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --html page.html
has_code 0 "trace --html"
check "a row for each of 36 products, 2 terms of the bias and 1 value; 3 headings" test "$(grep -c '^<tr>' page.html)" -eq 42
check "it names nothing from outside" bash -c '! grep -qE "https?://|<script" page.html'
run trace r 'digits[5]' --at 'conv_2/activation[3,5,1]' --html no/such/page.html
has_code 73 "a folder that is not there"

say "bad input"
refused 64 'either --at or --gradient' trace r 'digits[5]'
refused 64 "--at conv_2/activaton\[3,5,1\]: unknown tensor .conv_2/activaton." trace r 'digits[5]' --at 'conv_2/activaton[3,5,1]'
err_has 'Did you mean conv_2/activation\? See the layers with .ocellus show MODEL.\.' "the nearest name"
refused 64 '--at conv_2/activation\[10,0,0\]: out of range for conv_2/activation of shape \(\?, 10, 10, 6\)' trace r 'digits[5]' --at 'conv_2/activation[10,0,0]'
refused 64 '--at conv_2/activation: missing index for conv_2/activation of shape \(\?, 10, 10, 6\)' trace r 'digits[5]' --at 'conv_2/activation'
refused 64 'expected one image' trace r 'digits[0:2]' --at 'conv_2/activation[0,0,0]'
refused 69 'labels: labels is an index that argmax selects by comparing fc_3/net_pre-activation, not a sum' trace r 'digits[5]' --at labels
refused 64 '--at probabilities\[10\]: out of range for probabilities of shape \(\?, 10\)' trace r 'digits[5]' --at 'probabilities[10]'
refused 66 'nothing.png' trace r nothing.png --at 'conv_2/activation[0,0,0]'
run trace r 'xo[0]' --at 'conv_2/activation[0,0,0]'
has_code 0 "an image of another size"
err_has 'note: 1 image of another size was fitted into 28x28 gray' "which is said"
finish
