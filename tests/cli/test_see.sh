#!/usr/bin/env bash
# Charts and reports: the numbers are those of the run; golden output of terminals; hostile names; damaged and missing files.
. "$(dirname "$0")/_lib.sh"
golden=$here/../golden/charts
cp -r "$golden/run" run

say "in the terminal, at 80 and 132 columns"
on_terminal() { # COLUMNS ARGUMENTS..
  local columns=$1 line
  shift
  line=$(printf '%q ' "$OCELLUS" "$@")
  script -qec "stty cols $columns rows 40 2> /dev/null; $line" .typescript < /dev/null 2> .err | tr -d '\r' > .out
}
for kind in curves lr confusion classes; do
  for columns in 80 132; do
    for color in never always; do
      if ! command -v script > /dev/null; then
        skip "$kind at $columns columns, color $color: no script(1) (Debian: bsdutils) to make a terminal with"
        continue
      fi
      TERM=xterm-256color COLORTERM= on_terminal $columns draw $kind run --color $color
      file=$golden/$kind-$columns-$color.txt
      [ "${OCELLUS_GOLDEN:-}" = write ] && cp .out "$file"
      check "$kind at $columns columns, color $color" cmp .out "$file"
    done
  done
  run draw $kind run
  check "$kind through a pipe: no color" bash -c '! grep -q "$(printf "\033")" .out'
  check "$kind: no line of more than 80 columns" python3 -c 'import unicodedata
for line in open(".out"):
    assert sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line.rstrip("\n")) <= 80, line'
done
COLORTERM=truecolor run draw curves run --color always
check "24 bits where the terminal says so" grep -q $'\033\[38;2;' .out

say "values are those of the run"
for kind in curves lr confusion classes; do
  run draw $kind run -o $kind.svg
  has_code 0 "draw $kind -o"
  out_has "^Wrote $kind.svg\$" "what was written"
done
cat > values.py <<'PYTHON'
import json
import xml.etree.ElementTree as tree
SVG = "{http://www.w3.org/2000/svg}"
def marks(name, shape):
    return [float(e.get("data-value")) for e in tree.parse(name).iter(SVG + shape) if e.get("data-value")]
epochs = [json.loads(line) for line in open("run/metrics.jsonl")]
column = lambda key: [e[key] for e in epochs if e[key] is not None]
best = epochs[5]
wanted = [*column("train_loss"), *column("valid_loss"), best["valid_loss"],
          *column("train_accuracy"), *column("valid_accuracy"), best["valid_accuracy"]]
assert marks("curves.svg", "circle") == wanted, (marks("curves.svg", "circle"), wanted)
assert marks("lr.svg", "circle") == column("learning_rate")
test = json.load(open("run/evaluation.json"))
matrix = [[0] * 3 for _ in range(3)]
for truth, answer, count in test["confusion"]:
    matrix[truth][answer] = count
assert marks("confusion.svg", "rect") == [v for row in matrix for v in row]
assert marks("classes.svg", "rect") == [c["precision"] for c in test["classes"]] + [c["recall"] for c in test["classes"]]
names = [e.text for e in tree.parse("classes.svg").iter(SVG + "title")]
assert test["classes"][2]["class"] in names, names
PYTHON
check "data-value is what metrics.jsonl and evaluation.json have" python3 values.py

say "a real run"
run train digits:600:100 --net 'dense CLASSES' --epochs 2 --lr 1e-3 --schedule cosine --out real
has_code 0 "a run"
run draw confusion real -o stored.svg
run draw confusion real --data digits:600:100 -o measured.svg
has_code 0 "--data"
check "measured again: the same" cmp stored.svg measured.svg
run draw confusion real/model.safetensors --data digits:600:100 -o model.svg
check "of a model file, too" cmp stored.svg model.svg
run test real digits:600:100 --json
json_is '[[t, a, c] for t, row in enumerate(o[0]["confusion"]) for a, c in enumerate(row) if c] == json.load(open("real/evaluation.json"))["confusion"]' True "evaluation.json is what ocellus test says"
refused 65 'real/model.safetensors: a model file has no evaluation' draw confusion real/model.safetensors
cp -r real resumed
python3 -c 'import json
run = json.load(open("resumed/run.json")); run["best_epoch"] += 1; json.dump(run, open("resumed/run.json", "w"))'
refused 65 'resumed: the run has no evaluation on a test set' draw confusion resumed
err_has '--data' "what to do"

say "several runs"
run draw compare run real
has_code 0 "compare"
out_has '^ o run +\+ real' "both are named"
run draw compare run real -o compare.svg
check "their test accuracies" grep -q 'data-value="0.8166666666666667"' compare.svg
refused 64 'expected RUN RUN \.\., got 1 operand' draw compare run
refused 64 'at most 8 runs, got 9' draw compare run run run run run run run run run

say "a report"
run report run
out_has '^Wrote report.html$' "what was written"
cp report.html first.html
run report run -o report.html
check "the same run gives the same bytes" cmp first.html report.html
cat > page.py <<'PYTHON'
import base64, hashlib, html.parser, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
styles = re.findall(r"<style>(.*?)</style>", page, re.S)
policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
assert policy.startswith("default-src 'none'"), policy
for style in styles:
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy, "a style without its hash"
assert len(styles) == policy.count("sha256-") and "unsafe" not in policy
class Reader(html.parser.HTMLParser):
    open = []
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "iframe", "object", "link", "img"), tag
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "href", "style"), (tag, name)
Reader().feed(page)
assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", page)
assert len(page) < 5_000_000
PYTHON
check "one file, no script, styles allowed by their hash" python3 page.py report.html
for word in 'conv 3x3x8 relu | maxpool 2 | dense 3' '600 for training, 100 for validation' 'finished after 8 epochs' \
  '0.8167 (98 of 120 images' 'SHA-256 0000' 'A processor, avx2, 2 threads' 'ocellus train photos --net'; do
  check "it has: $word" grep -qF -- "$word" report.html
done
check "a run without a model says so" grep -q 'no model that can be read' report.html
check "no absolute path, no user" bash -c '! grep -qE "/home|someone|$(hostname)|$(pwd)" report.html'
run report "$PWD/real" -o real.html
check "nor those of this machine" bash -c '! grep -qF -e "$PWD" -e "$(hostname)" real.html'
check "the table of layers" grep -q '<td>fc_1</td><td>dense 10</td>' real.html
run report run real -o two.html
check "several runs" grep -q '<h1>2 training runs</h1>' two.html
check "as a page" python3 page.py two.html
cp -r run no-test
rm no-test/evaluation.json
run report no-test -o no-test.html
check "without a test part: not measured" grep -q 'not measured' no-test.html

say "demo ends with one"
run demo --images 100 --epochs 1 --out demo
out_has '^Wrote demo/report.html' "where it is"
check "as a page" python3 page.py demo/report.html

say "hostile names"
evil='<script>alert("1")</script>'
mkdir "evil"
python3 - <<'PYTHON'
import json
names = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "\x1b[31mred\x07", "a\u202eb", "\u0645\u0631\u062d\u0628\u0627", "x" * 200]
test = {"schema": "ocellus.evaluation/1", "epoch": 6, "count": 12, "correct": 6, "accuracy": 0.5, "low": 0.2, "high": 0.8, "loss": 1,
        "classes": [{"class": n, "count": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5} for n in names],
        "confusion": [[i, j, 1] for i in range(6) for j in (i, (i + 1) % 6)]}
json.dump(test, open("evil/evaluation.json", "w"))
run = json.load(open("run/run.json"))
command = run["provenance"]["command"]
command["data"] = names[0].replace("/", "|")
command["options"]["net"] = names[1]
run["provenance"]["training"]["net"] = names[2]
run["machine"]["cpu"] = names[0]
run["status"] = names[1]
json.dump(run, open("evil/run.json", "w"))
PYTHON
cp run/metrics.jsonl evil
mv evil "${evil//\//|}"
run report "${evil//\//|}" -o evil.html
has_code 0 "a report of it"
check "nothing of it runs" python3 page.py evil.html
for kind in confusion classes; do
  run draw $kind "${evil//\//|}"
  check "$kind: no control character in the terminal" bash -c '! grep -qP "[\x00-\x09\x0b-\x1f\x7f]|\x{202e}" .out'
  run draw $kind "${evil//\//|}" -o evil.svg
  check "$kind: an SVG without script" python3 -c 'import xml.etree.ElementTree as tree
for e in tree.parse("evil.svg").iter():
    assert not e.tag.endswith(("script", "img")), e.tag
    assert not any(k.startswith("on") for k in e.keys())'
done

say "many classes"
mkdir many
cp run/run.json run/metrics.jsonl many
python3 -c 'import json
json.dump({"schema": "ocellus.evaluation/1", "epoch": 6, "count": 3000, "correct": 1000, "accuracy": 1 / 3, "low": 0.3, "high": 0.4, "loss": 1,
  "classes": [{"class": f"class {i}", "count": 3, "precision": None if i == 5 else i / 1000, "recall": 1 / 3, "f1": None if i == 5 else i / 1500} for i in range(1000)],
  "confusion": [[i, (i * k) % 1000, 1 + (k > 1 and i < 40)] for i in range(1000) for k in (1, 7, 13)]}, open("many/evaluation.json", "w"))'
run draw confusion many
out_has 'the 30 most confused of 1000 classes' "confusion: the worst"
run draw classes many
out_has 'the 60 of 1000 classes with the lowest F1' "classes: the worst"
run report many -o many.html
check "the report stays small" python3 page.py many.html

say "damaged and missing files"
cp -r run cut
printf '{"epoch":9,"train_lo' >> cut/metrics.jsonl
run draw curves cut
has_code 0 "a line that is being written"
run draw curves run -o whole.svg
run draw curves cut -o cut.svg
check "is left out" cmp whole.svg cut.svg
run report cut -o cut.html
check "and the report says so" grep -q 'not whole and was left out' cut.html
cp -r run broken
sed -i '3s/.*/{"epoch": 3, "train_loss"/' broken/metrics.jsonl
refused 65 'broken/metrics.jsonl: line 3 is not the record of an epoch' draw curves broken
cp -r run early
: > early/metrics.jsonl
refused 65 'early: has no finished epoch' draw curves early
run report early -o early.html
has_code 0 "a report of a run without an epoch"
cp -r run old
python3 -c 'import json
lines = [json.loads(line) for line in open("old/metrics.jsonl")]
open("old/metrics.jsonl", "w").writelines(json.dumps({k: v for k, v in l.items() if k != "learning_rate"}) + "\n" for l in lines)'
refused 65 'did not record the learning rate' draw lr old
cp -r run nan
sed -i 's/\(_loss\|_accuracy\)":[0-9.][0-9.]*/\1":null/g' nan/metrics.jsonl
refused 65 'no epoch of the run has a finite loss' draw curves nan
run report nan -o nan.html
has_code 0 "a report of a run that ended by NaN"
python3 - << 'PYTHON'
import json
lines = [json.loads(line) for line in open("run/metrics.jsonl")]
lines[0]["valid_loss"] = lines[-1]["valid_loss"] = None
open("nan/metrics.jsonl", "w").writelines(json.dumps(line) + "\n" for line in lines)
PYTHON
run draw curves nan -o gaps.svg
has_code 0 "a first and a last value that are missing"
check "the chart in words begins and ends with numbers" bash -c '! grep "<desc>" gaps.svg | grep -i nan'
cp -r run future
sed -i 's/"format_version": 3/"format_version": 99/' future/run.json
refused 65 'unsupported format_version 99' draw curves future
for content in '' '[]' '{}' '{"schema": "ocellus.evaluation/1", "epoch": 6}' \
  '{"schema": "ocellus.evaluation/1", "epoch": 6, "count": 1, "correct": 1, "classes": [{"class": "a", "count": 1}], "confusion": [[0, 1, 1]]}'; do
  cp -rT run bad
  printf '%s' "$content" > bad/evaluation.json
  refused 65 'bad/evaluation.json: damaged' draw confusion bad
done
mkdir empty
refused 66 'empty/run.json' draw curves empty
err_has 'folder of a training run' "what to name"
refused 66 'nothing' report nothing
refused 66 'real/model.safetensors: not a run folder' report real/model.safetensors

say "bad requests and places"
refused 64 'must end in .svg or .png' draw curves run -o curves.txt
refused 64 'no effect on charts' draw curves run --json
refused 64 'no effect on charts' draw curves run --layer conv_1
refused 64 '--data: has no effect' draw curves run --data digits
refused 64 '--data: has no effect' draw filters real --data digits
refused 73 'no/such' draw curves run -o no/such/curves.svg
refused 73 'no/such' report run -o no/such/report.html
refused 64 '/dev/full' draw curves run -o /dev/full
refused 64 '/dev/full' report run -o /dev/full
refused 73 '/proc/run.html' report run -o /proc/run.html
cp run/run.json keep.json
refused 64 'must end in .html' report run -o keep.json
check "it is as before" cmp run/run.json keep.json
refused 73 '/proc/curves.svg' draw curves run -o /proc/curves.svg
"$OCELLUS" draw curves run > /dev/full 2> .err
code=$?
has_code 74 "standard output that is full"
check "nothing half written" bash -c '! ls -A . no 2> /dev/null | grep -q "\.tmp"'
if "$OCELLUS" version --libraries | grep -q '^cairo .*opened'; then
  run draw classes run -o classes.png
  has_code 0 "PNG"
  check "it is one" python3 -c 'import struct
raw = open("classes.png", "rb").read(); assert raw[:8] == b"\x89PNG\r\n\x1a\n"
width, height = struct.unpack(">II", raw[16:24]); assert width == 1440 and 200 < height < 2000, (width, height)'
  mkdir no-cairo
  echo "no library" > no-cairo/libcairo.so.2
  LD_LIBRARY_PATH=$work/no-cairo refused 69 'without cairo' draw classes run -o none.png
  err_has 'libcairo2.*\.svg' "what to install, or to choose instead"
  check "nothing was written" test ! -e none.png
else
  refused 69 'cairo' draw classes run -o classes.png
fi
finish
