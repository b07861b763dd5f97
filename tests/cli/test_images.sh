#!/usr/bin/env bash
# Images of any size: train's options for them, the rule in the model, and reports of images unlike the training images.
. "$(dirname "$0")/_lib.sh"

say "training on other shapes"
run train digits:300:50 --net 'dense CLASSES' --epochs 1 --quiet --out r --size 20x24 --channels 3 --resize stretch \
  --background '#102030' --standardize none
has_code 0 "train"
run show r
out_has 'Input +20x24x3' "the shape"
out_has 'fitted into 20x24 color by stretching \(stretch\); background #102030' "the rule"
out_has 'Pixels +divided by 255' "the standardizer"
run show r --json
json_is 'o[0]["preprocessing"]' "{'shape': [20, 24, 3], 'resize': 'stretch', 'background': '#102030', 'mixed_sizes': False}" "the rule, --json"
json_is 'o[0]["standardize"]' "{'how': 'none', 'means': [0.0, 0.0, 0.0], 'deviations': [255.0, 255.0, 255.0]}" "the standardizer, --json"
run test r digits:300:50
has_code 0 "test"
run train --resume r --epochs 2 --quiet
has_code 0 "resume keeps the options"
run show r
out_has 'size 20x24 .*--channels 3 .*--resize stretch .*--background .#102030. .*--standardize none' "which the command shows"
refused 64 '--size: must not change' train --resume r --size 9
refused 64 '--size: must be N or HxW, each 1 to 65536, got .0.' train digits:20:5 --size 0
refused 64 "--size: must be N or HxW, each 1 to 65536, got .3x." train digits:20:5 --size 3x
refused 64 '--background: must be black, white' train digits:20:5 --background blue
refused 64 '--channels' train digits:20:5 --channels 2

say "a run in color is standardized by channel"
run train digits:200:20 --net 'dense CLASSES' --epochs 1 --quiet --out c --channels 3
run show c
out_has 'Pixels +each minus the mean of its channel, divided by the standard deviation: ' "shown"
out_has 'without their ends \(crop\)' "and cropped"

say "unlike the training images"
run train digits:300:50 --net 'dense CLASSES' --epochs 1 --quiet --out g
python3 - <<'P'
import struct
dark = bytes(250 - 240 * (9 < x < 15 and 4 < y < 24) for y in range(28) for x in range(28))
flat = bytes([90]) * 784
wide = bytes(255 * (9 < x < 15 and 4 < y < 24) for y in range(28) for x in range(56))
for name, pixels, size in (("dark", dark, b"28 28"), ("flat", flat, b"28 28"), ("wide", wide, b"56 28")):
    open(name + ".pgm", "wb").write(b"P5 " + size + b" 255\n" + pixels)
light = bytes(255 - v for v in dark)
open("light.pgm", "wb").write(b"P5 28 28 255\n" + light)
P
run predict g dark.pgm flat.pgm wide.pgm light.pgm --json --proba
cp .out auto
json_is '[x.get("unlike") for x in o]' "[['inverted'], ['empty'], ['aspect'], None]" "what they are"
json_is '[x.get("inverted") for x in o]' "[True, None, None, None]" "which was read with light for dark"
json_is 'o[0]["probabilities"] == o[3]["probabilities"]' True "so that it is the same image"
err_has 'note: dark.pgm: inverted .*, unlike the training images; read with light for dark' "words for it"
err_has 'note: wide.pgm: of another aspect ratio, unlike the training images' "and for the ratio"
run predict g light.pgm dark.pgm --json --proba --invert no
json_is 'o[0]["probabilities"] != o[1]["probabilities"]' True "--invert no"
run predict g light.pgm dark.pgm --json --invert yes
json_is '[x.get("inverted") for x in o]' "[True, True]" "--invert yes"
run predict g 'digits:10:40' --json
json_is 'sum("unlike" in x for x in o) <= 1' True "hardly any false alarm"
finish
