#!/usr/bin/env bash
# Models that answer something else than one class, as tests/unit/test_heads.c trains them (tests/golden/heads): numbers, several
# classes per image, a class together with numbers. The program prints what it can of them, and refuses the rest in words.
. "$(dirname "$0")/_lib.sh"
heads=$here/../golden/heads
python3 -c "open('a.pgm', 'wb').write(b'P5 6 6 255 ' + bytes(range(0, 252, 7)))"

say "predict"
run predict "$heads/regression.safetensors" a.pgm
has_code 0 "numbers"
err_empty "numbers"
out_has '^a\.pgm  place -0\.13333[0-9]* 0\.10817[0-9]* 0\.11562[0-9]*$' "the numbers by the output's name"
run predict "$heads/labels.safetensors" a.pgm
out_has '^a\.pgm  tags 0 0\.4488 1 0\.5476 2 0\.5362 3 0\.5187$' "a probability for each class"
run predict "$heads/both.safetensors" a.pgm a.pgm
out_has '^a\.pgm  digit 2 0\.2199  place 0\.08397[0-9]* 0\.06283[0-9]*$' "both outputs in one line"
for m in regression labels both; do
  run predict "$heads/$m.safetensors" a.pgm --json
  out_is_json_lines "$m as JSON"
  [ "$m" = both ] && json_is 'o[0]["outputs"]["digit"]["label"], len(o[0]["outputs"]["place"])' '(2, 2)' "outputs by name"
  for o in --proba --draw '--top 2'; do refused 64 'has no effect with a model that does not predict one class' predict "$heads/$m.safetensors" a.pgm $o; done
done

say "show, plan, trace"
run show "$heads/regression.safetensors"
out_has '^Outputs  place: 3 numbers$' "what it answers"
run show "$heads/labels.safetensors"
out_has '^Outputs  tags: any classes of 4: 0 1 2 3$' "several classes"
run show "$heads/both.safetensors" --json
json_is '[(x["name"], x["kind"], x["size"]) for x in o[0]["outputs"]], o[0]["classes"]' \
  "([('digit', 'class', 5), ('place', 'vector', 2)], ['0', '1', '2', '3', '4'])" "two outputs as JSON"
json_is '[h["weight"] for h in o[0]["provenance"]["training"]["heads"]]' '[1.0, 0.25]' "and how they were trained"
for m in regression labels both; do
  for o in '' --inference; do
    run plan "$heads/$m.safetensors" $o
    has_code 0 "plan $m $o"
  done
  run trace "$heads/$m.safetensors" a.pgm --at 'trunk/features[0,0,0]'
  has_code 0 "trace $m"
  out_has 'trunk/features\[0,0,0\] = ' "the value"
  refused 69 'needs more than a class label' trace "$heads/$m.safetensors" a.pgm --gradient 'trunk/w[0,0,0,0]'
done

say "labels cannot score them"
for m in regression labels both; do refused 69 'does not predict one class' test "$heads/$m.safetensors" digits:10:10; done

finish
