#!/usr/bin/env bash
# bench: its figures agree with each other. No test depends on how fast anything is.
. "$(dirname "$0")/_lib.sh"

say "as JSON"
run bench tiny --seconds 0.02 --threads 2 --json
has_code 0 "bench tiny"
err_empty "bench tiny"
out_is_json_lines "every line is an object"
json_is '[x["type"] for x in o if x["type"] != "part"]' "['machine', 'training', 'prediction', 'prediction', 'prediction', 'prediction']" "machine, training, predictions"
json_is '[x["batch"] for x in o if "batch" in x]' '[64, 1, 8, 64, 1000]' "the batches"
json_is '{x["threads"] for x in o if "threads" in x}' '{2}' "the threads"
json_is 'all(0 < x["min_ms"] <= x["p10_ms"] <= x["median_ms"] and x["steps"] >= 5 for x in o if "min_ms" in x)' True "best, p10 and median in order"
json_is 'min(o[0][k] for k in ("flops_one", "flops_all", "read_one", "read_all")) > 1e8' True "the machine can do something"
json_is 'len({x["name"] for x in o if x["type"] == "part"}) > 10 and all(x["ms"] >= 0 for x in o if x["type"] == "part")' True "the parts of a step"
json_is 'sum(x["flops"] for x in o if x["type"] == "part") == [x["flops"] for x in o if x["type"] == "training"][0]' True "parts and step have the same flops"

say "one thing only"
run bench tiny --only training --steps 7 --batch 3 --json
json_is 'len(o), o[0]["steps"], o[0]["batch"]' '(1, 7, 3)' "one measurement of 7 steps"
run bench 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --input 9x8x3 --classes 4 --only prediction --batch 2 --steps 2 --json
json_is 'o[0]["type"], o[0]["net"]' "('prediction', 'conv 3x3x8 relu | maxpool 2 | dense 4')" "a net text"
json_is '1 <= o[0]["flops"] / (2 * 2 * (7 * 6 * 8 * 27 + 3 * 3 * 8 * 4)) < 1.2' True "its flops: those of the sums for two images, and little more"

say "for people"
run bench tiny --seconds 0.02
has_code 0 "text"
for l in Machine Training Prediction Parts; do out_has "^$l " "$l"; done
out_has '^  peak +[0-9.]+ GFLOP/s one thread' "the peak"
out_has '^  batch 1000 .*% of peak$' "shares of it"
check "ASCII" python3 -c 'assert open(".out").read().isascii()'

say "a model"
run train digits:200:50 --net tiny --epochs 1 --out run-1 --quiet
run bench run-1 --only training --steps 2 --json
json_is '"dense 10" in o[0]["net"]' True "its network"

say "a model without a net text"
run export run-1 --to onnx -o run-1.onnx
run bench run-1.onnx --only prediction --batch 3 --steps 2 --json
has_code 0 "an ONNX file"
json_is 'o[0]["type"], o[0]["net"], o[0]["batch"], o[0]["flops"] > 1e5' "('prediction', 'run-1.onnx', 3, True)" "its predictions"
refused 69 'net text' bench run-1.onnx --only training

say "loading"
run bench --only loading --data digits:500:50 --workers 2 --json
json_is '[(x["type"], x["epoch"], x["images"], x["height"], x["channels"]) for x in o]' "[('loading', 1, 500, 28, 1), ('loading', 2, 500, 28, 1)]" "two epochs of all training images"
json_is 'all(abs(x["images_per_second"] * x["seconds"] - 500) < 1e-6 and x["workers"] == 2 for x in o)' True "rates"
run bench --only loading --data digits:500:50 --input 14x20x3 --json
json_is 'o[0]["height"], o[0]["width"], o[0]["channels"]' '(14, 20, 3)' "the size of --input"
run bench --only loading --data digits:500:50
out_has '^Loading     digits:500:50' "text"
out_has '^  epoch 2 .* images/s$' "the second epoch"

say "refusals"
refused 64 'data' bench --only loading
refused 64 'data' bench --only machine --data digits
refused 64 'workers' bench --workers 2
for option in classes threads steps seconds; do refused 64 "$option" bench --only loading --data digits --"$option" 3; done
refused 66 'missing' bench --only loading --data missing
refused 64 'only' bench --only speed
refused 64 'batch' bench --batch 0
refused 64 'size|input' bench lecture --input 28
refused 66 'no-such' bench no-such.safetensors
finish
