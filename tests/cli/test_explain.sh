#!/usr/bin/env bash
# ocellus explain xo: every number of the story fits the others, both bars are met, and wrong images are refused.
. "$(dirname "$0")/_lib.sh"

say "the story"
run explain xo
has_code 0 "explain xo"
err_empty "explain xo"
for chapter in 'white is 1' 'features, made by hand' 'at row 1, column 1' 'maps of matches' ReLU Pooling 'The same again' 'The vote' \
  'Shifted, rotated' 'features that it has learned'; do
  out_has "^[0-9]+  .*$chapter" "chapter: $chapter"
done
out_has '  sum 9, mean 9/9 = 1$' "the falling line matches wholly"
out_has '  sum -9, mean -9/9 = -1$' "the negative of the falling line under it"
first_image=$(sed -n '/^5  ReLU/,/^6 /p' .out | grep -E '^ +\.78 ')
check "ReLU changes the first row of the slide's map" grep -qE '^ +\.78 +0 +\.11 +\.33 +\.56 +0 +\.33 ' <<< "$first_image"
out_has '^In this image, [1-9][0-9]+ of the 147 values do' "ReLU changes something on the first image"
out_has '^147 values become 48' "and so does pooling"
out_has 'together: it is an X .* 1.00 .* 0.00$' "the verdict"
run explain xo --at 3,3
out_has '  sum 9, mean 9/9 = 1$' "the cross matches wholly in the middle"

say "JSON"
run explain xo --json
json_is 'o[0]["hand"]["correct"] >= 950 and o[0]["learned"]["correct"] >= 995 and o[0]["tested_on"]' '1000' "both bars"
json_is 'o[0]["schema"], len(o[0]["told"]["image"]), "picture" in o[0]["told"]' "('ocellus.explain-xo/3', 9, False)" "the image, called so"
json_is 'len(o[0]["versions"])' '12' "six versions of each letter"
json_is 'all(v["learned"]["verdict"] == v["label"] for v in o[0]["versions"])' 'True' "all of them right"
json_is 'o[0]["told"]["hand"]["match"][1][3][3]' '1.0' "the cross in the middle of the X"
votes='all(abs(sum(x * w[c] for x, w in zip(v[e]["values"], o[0][e]["weights"])) + o[0][e]["bias"][c] - v[e]["votes"][c]) < 1e-4
  for v in o[0]["versions"] for e in ("hand", "learned") for c in (0, 1))'
json_is "$(tr -d '\n' <<< "$votes")" 'True' "values and weights add up to the votes"
cp .out first
run explain xo --json --threads 1
check "the same bits on one thread" cmp -s first .out
run explain xo 'xo[3]' --seed 9 --json
json_is 'o[0]["told"]["name"], o[0]["told"]["label"]' "('xo[3]', None)" "an image of one's own"

say "every kind of image can be stepped through"
letter=O
for kind in clean shifted rotated scaled thick noisy; do
  [ $letter = O ] && letter=X || letter=O # both, and each kind once: a run trains a network
  run explain xo --kind $kind --letter $letter --json
  json_is 'o[0]["told"]["name"], o[0]["told"]["label"]' "('$kind', '$letter')" "$kind $letter"
  json_is '[v for v in o[0]["versions"] if (v["name"], v["label"]) == (o[0]["told"]["name"], o[0]["told"]["label"])] == [o[0]["told"]]' \
    'True' "the same image as among the versions"
  json_is 'all(b == max(0, a) for m, r in zip(o[0]["told"]["hand"]["match"], o[0]["told"]["hand"]["relu"])
    for p, q in zip(m, r) for a, b in zip(p, q))' 'True' "ReLU is that of the map"
done
run explain xo --kind shifted
out_has '^1  The image' "as text"
has_code 0 "explain --kind"

say "a page"
run explain xo --html page.html
has_code 0 "explain --html"
check "it names nothing from outside" bash -c '! grep -qE "https?://|src=|href=" page.html'
run explain xo --html no/such/page.html
has_code 73 "a folder that is not there"

say "bad input"
refused 64 'no walkthrough for .xy.' explain xy
refused 64 '--at: must be ROW,COLUMN, each 0 to 6, got .7,0.' explain xo --at 7,0
refused 64 '--at: must be ROW,COLUMN, each 0 to 6, got .1.' explain xo --at 1
refused 64 '--at: must be ROW,COLUMN, each 0 to 6, got .1,2,3.' explain xo --at 1,2,3
refused 64 '--kind: needs no image, got .xo\[3\].' explain xo 'xo[3]' --kind clean
refused 64 '--letter: needs no image, got .xo\[3\].' explain xo 'xo[3]' --letter O
refused 64 '--kind: must be one of clean, shifted, rotated, scaled, thick, noisy, got .tilted.' explain xo --kind tilted
refused 65 'but the model expects' explain xo 'digits[0]'
refused 66 'nothing.png' explain xo nothing.png
refused 64 'xo\[0:2\]: expected one image, got 2' explain xo 'xo[0:2]'
refused 64 'xo: the selection is out of range: there are 2000 images, 0 to 1999' explain xo 'xo[999999]'
finish
